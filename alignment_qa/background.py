"""Passages in, how near they are to questions about anything at all out: what being near is worth in this corpus.

The larger and the more mixed a corpus is, the nearer its nearest passages are to a question that it does not answer:
among 9,000 passages on alignment something always mentions bread, bees or the sky. So an index records how near its
passages are to everyday questions, and what is near a question counts from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

NEAREST = 3
"""Passages whose mean closeness tells whether the corpus is about a topic: one alone may be near by chance."""
ANSWERED = 0.75
"""The share of the everyday questions that a corpus may well be about: the others tell."""


@lru_cache(maxsize=1)
def questions() -> tuple[str, ...]:
    """Everyday questions from many fields, none of them about alignment."""
    return tuple(Path(__file__).with_name("everyday.txt").read_text(encoding="utf-8").split("\n")[:-1])


def closeness(cosines: Sequence[Sequence[float]]) -> float:
    """For each everyday question the cosines of its nearest passages → how near a passage is to what it is not about, in
    [-1, 1]; two digits, so that engines whose vectors differ in the fifth agree. -1 for an empty corpus."""
    means = [float(np.mean(row)) for row in cosines if len(row)]
    return round(float(np.quantile(means, 1 - ANSWERED)), 2) if means else -1.0


def above(cosine: float, background: float, usual: float) -> float:
    """A cosine as it would be where the background is `usual`: what lies between a higher background and 1 is spread between
    `usual` and 1. A lower one changes nothing: in a small corpus less is near, and what is near is no likelier to answer."""
    background = min(max(background, usual), 0.99)
    return usual + (cosine - background) * (1 - usual) / (1 - background)
