"""Single words → vectors, from the table in which an encoder looks up its tokens before it reads any context: near for
words of like meaning, at the cost of a lookup."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TABLE = "word_embeddings.weight"
SAMPLE = slice(1996, None, 64)
"""Rows whose mean stands for that of all; in a BERT vocabulary words begin at 1996."""

Tokens = Callable[[Sequence[str]], list[list[int]]]
"""Words → the rows of each one's tokens."""


def table_of(weights: Path) -> NDArray[np.float32] | None:
    """The (tokens, dimension) table in a safetensors file, mapped and not read; None where it has none.

    The format: eight bytes of length, a JSON header of that length, then the numbers (huggingface/safetensors, README)."""
    with weights.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    found = next((entry for name, entry in header.items() if name.endswith(TABLE)), None)
    if found is None or found["dtype"] != "F32":
        return None
    return np.memmap(weights, np.float32, "r", 8 + length + found["data_offsets"][0], tuple(found["shape"]))


def words_from(table: NDArray[np.float32] | None, tokens: Tokens) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """Words → (n, dimension) float32: the mean of each one's tokens less that of a sample of all, of length 1; zeros
    for a word without tokens, or where there is no table."""
    if table is None:
        return lambda words: np.zeros((len(words), 1), np.float32)
    mean = np.asarray(table[SAMPLE], np.float32).mean(axis=0)

    def words_of(words: Sequence[str]) -> NDArray[np.float32]:
        rows = tokens(words)
        sizes = np.array([len(row) for row in rows], np.int64)
        result = np.zeros((len(words), len(mean)), np.float32)
        if some := [row for row in rows if row]:
            held = sizes > 0
            ends = np.cumsum(sizes[held])
            sums = np.add.reduceat(table[[token for row in some for token in row]], ends - sizes[held])
            result[held] = sums / sizes[held, None] - mean
        lengths = np.linalg.norm(result, axis=1, keepdims=True)
        return (result / np.where(lengths == 0, 1, lengths)).astype(np.float32)

    return words_of
