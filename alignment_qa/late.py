"""The content words of a text, each as it reads in its place, and how well those of a question are met by them.

Late interaction (ColBERT; Khattab and Zaharia, 2004.12832): one vector says what a text is about on the whole, and what
answers a question need not be about it. So each word of the question looks for the word that is nearest to it, and the
mean of how near those are, rare words counting more, is added to how near the texts are as wholes.

Kept small: a word's vector is the mean of its tokens', brought to WIDTH dimensions and to bytes. `projection.npy` holds the
directions in which the words of the articles differ most by the default encoder; it is written by eval/adapt.py, never by hand,
and with another one `store.SCHEMA` has to be another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment_qa.config import DEFAULT_ENCODER
from alignment_qa.encoders import Encoder, Vectors, unit
from alignment_qa.lexical import FUNCTION_WORDS, terms

Words8 = NDArray[np.int8]
"""(words, 1 + width): for each the number of its sentence in its passage, then the direction of its vector."""

FITTED = Path(__file__).with_name("projection.npy")
WIDTH = 96
_WORD = re.compile(r"[^\W\d_]+n['’]t\b|([^\W_]+)")  # "couldn't" is none
_EMPTY = frozenset(FUNCTION_WORDS)
_MOST = 127  # the largest number that a byte holds


class Asked(NamedTuple):
    """The words of a question: (words, width) unit vectors, and what each counts, together 1."""

    rows: Vectors
    weights: Vectors


NOTHING = Asked(np.empty((0, 0), np.float32), np.empty(0, np.float32))
"""What a question without words looks for."""


def content(text: str) -> list[tuple[int, int]]:
    """[start, end) of each word that carries a topic."""
    return [word.span() for word in _WORD.finditer(text) if word[1] and word[1].lower() not in _EMPTY]


def terms_of(question: str) -> list[list[str]]:
    """The terms of each of its words, by which is told how rare it is."""
    return [terms(question[start:end]) for start, end in content(question)]


def width(encoder: Encoder) -> int:
    """How many numbers of a word are kept."""
    return WIDTH if encoder.name == DEFAULT_ENCODER else encoder.dimension


def narrowed(rows: Vectors, encoder: Encoder) -> Vectors:
    """(n, dimension) → (n, width) unit vectors; zeros stay so. Other encoders' are kept whole."""
    return unit(rows @ projection() if encoder.name == DEFAULT_ENCODER else rows)


def packed(rows: Vectors, places: Sequence[int]) -> Words8:
    """Narrowed vectors of a passage's words (words, width), and the sentence that each stands in, as they are kept."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    kept = np.empty((len(rows), 1 + rows.shape[1]), np.int8)
    kept[:, 0] = np.minimum(places, _MOST)
    kept[:, 1:] = np.round(rows * (_MOST / np.where(largest == 0, 1, largest)))
    return kept


def directions(words: Words8) -> Vectors:
    """(words, width) unit vectors of words that were kept."""
    return unit(words[:, 1:].astype(np.float32))


def asked(rows: Vectors, weights: Sequence[float], encoder: Encoder) -> Asked:
    """The words of a question, from their vectors (n, dimension) and weights; those that the encoder did not read are left out."""
    short = narrowed(rows, encoder)
    counts = np.array(weights, np.float32) * short.any(axis=1)
    there = counts > 0
    return Asked(short[there], counts[there] / (counts.sum() or 1.0))


def in_passages(asked: Asked, passages: Sequence[Words8]) -> list[float]:
    """For each passage how well its words meet the question's, a mean of cosines in [-1, 1]; 0 where either has none."""
    groups = [np.zeros(len(words), np.intp) for words in passages]
    return [float(row.max(initial=0.0)) for row in _met(asked, passages, groups)]


def in_sentences(asked: Asked, passages: Sequence[Words8]) -> list[Vectors]:
    """The same for each sentence of each passage, up to the last that has words."""
    return _met(asked, passages, [words[:, 0].astype(np.intp) for words in passages])


def _met(asked: Asked, passages: Sequence[Words8], groups: Sequence[NDArray[np.intp]]) -> list[Vectors]:
    """For each passage one number for each of its groups of words, which stand together in their order."""
    sizes = [int(of.max(initial=-1)) + 1 for of in groups]
    means = np.zeros(sum(sizes), np.float32)
    if len(asked.rows) and len(means):
        ahead = np.cumsum([0, *sizes[:-1]])
        group = np.concatenate([of + first for of, first in zip(groups, ahead, strict=True)])
        cosines = asked.rows @ directions(np.concatenate(passages)).T
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        means[group[starts]] = asked.weights @ np.maximum.reduceat(cosines, starts, axis=1)
    return np.split(means, np.cumsum(sizes)[:-1]) if sizes else []


@lru_cache(maxsize=1)
def projection() -> Vectors:
    """(dimension, WIDTH), its columns at right angles."""
    matrix: Vectors = np.load(FITTED).astype(np.float32)
    return matrix
