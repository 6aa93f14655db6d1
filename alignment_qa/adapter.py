"""A question's vector flows in, the vector by which its answer is sought flows out: questions are not worded as answers
are, and an encoder made for likeness brings them less near than they belong.

A linear query adapter: the vector, and what a map of low rank adds to it. `adapter.npz` is written by eval/adapt.py, from the
articles' own questions, never by hand. It is fitted for the default encoder; questions to others are left as they are.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from alignment_qa.config import DEFAULT_ENCODER
from alignment_qa.encoders import Vectors, unit

FITTED = Path(__file__).with_name("adapter.npz")


def adapt(vector: Vectors, encoder: str) -> Vectors:
    """(dimension,) unit vector of a question → (dimension,) unit vector near the sentences that answer it. The same vector
    where the encoder of that name is not the one that the map was fitted for."""
    if encoder != DEFAULT_ENCODER:
        return vector
    down, up = _map()
    moved: Vectors = unit((vector + vector @ down @ up).astype(np.float32)[None])[0]
    return moved


@lru_cache(maxsize=1)
def _map() -> tuple[Vectors, Vectors]:
    """(dimension, rank) and (rank, dimension)."""
    with np.load(FITTED) as fitted:
        return fitted["down"].astype(np.float32), fitted["up"].astype(np.float32)
