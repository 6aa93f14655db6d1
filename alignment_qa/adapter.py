"""A sentence-transformers model flows in, the same model as it reads questions flows out: questions are not worded as
their answers are, and an encoder made for likeness brings the two less near than they belong.

A low-rank adapter (LoRA, Hu et al., 2106.09685): to each weight matrix of the default encoder is added the product of two
thin ones. Passages are encoded without it. It learns the documents that it is taught and little that holds for others
(benchmarks/drawn.py), so it also knows which those are. `adapter.npz` is written by eval/adapt.py, never by hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FITTED = Path(__file__).with_name("adapter.npz")
TAUGHT = "taught"
"""What the file calls the documents that it was fitted on, each by the question that it lists first."""
DOWN, UP = "down", "up"
"""What the two factors of a layer are called in the file, before its name: (rank, inputs) and (outputs, rank), float16."""


Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sought:
    """A question, to compare with what may answer it: by the adapter with the documents that it was `taught` (their ids), as
    it is with others. Both are unit vectors (dimension,), the same one where only one is needed."""

    adapted: Vector
    plain: Vector
    taught: frozenset[str]

    def knows(self, passage_id: str) -> bool:
        """Whether a passage is of a document that the adapter was taught."""
        return passage_id.rpartition("-")[0] in self.taught

    def of(self, passage_id: str) -> Vector:
        """The vector to compare that passage with."""
        return self.adapted if self.knows(passage_id) else self.plain

    def nearest(self, search: Callable[[Vector], Iterable[tuple[str, float]]]) -> list[tuple[str, float]]:
        """(passage id, cosine), best first: of what is found near to each vector the passages that are compared with it."""
        both = [self.adapted] if self.adapted is self.plain else [self.adapted, self.plain]
        found = [row for vector in both for row in search(vector) if self.of(row[0]) is vector]
        return sorted(found, key=lambda row: -row[1])


def adapt(model: Any, factors: Mapping[str, NDArray[np.floating]] | None = None) -> Any:
    """The model itself, a SentenceTransformer, with the products of these factors, or of the fitted ones, added to its weights."""
    import torch

    if factors is None:
        with np.load(FITTED) as fitted:
            factors = dict(fitted)
    with torch.no_grad():
        for name, up in factors.items():
            kind, _, layer = name.partition(" ")
            if kind == UP:
                product = up.astype(np.float32) @ factors[f"{DOWN} {layer}"].astype(np.float32)
                model[0].model.get_submodule(layer).weight += torch.from_numpy(product)
    return model


@lru_cache(maxsize=1)
def taught() -> frozenset[str]:
    """The documents that the fitted adapter was taught, each by the question that it lists first."""
    with np.load(FITTED) as fitted:
        return frozenset(fitted[TAUGHT].tolist())


@lru_cache(maxsize=1)
def digest() -> str:
    """Eight hex digits of the fitted adapter."""
    return hashlib.sha256(FITTED.read_bytes()).hexdigest()[:8]
