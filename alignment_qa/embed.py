"""Passages flow in, the vectors that are stored for them flow out; this alone knows what of a passage is encoded."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from alignment_qa.encoders import Encoder, Vectors, unit
from alignment_qa.store import Vectors16
from alignment_qa.types import Passage

NEIGHBOURS = 0.5  # share of the passages beside it in a passage's vector


def passage_vectors(
    encoder: Encoder, documents: Sequence[Sequence[Passage]], headings: bool = True
) -> list[list[Vectors16]]:
    """(1 + sentences, dimension) for each passage of each document, its passages in order. The passage's vector reads its
    headings too; a sentence's is half of it as it reads by itself, half of it as it reads in its passage."""
    own, alone, within = read(encoder, [p for document in documents for p in document], headings)
    sentences = iter(unit(alone + within).astype(np.float16))
    result, at = [], 0
    for document in documents:
        vectors = _with_neighbours(own[at : at + len(document)]).astype(np.float16)
        result.append(
            [np.array([v, *islice(sentences, len(p.sentences))]) for v, p in zip(vectors, document, strict=True)]
        )
        at += len(document)
    return result


def read(encoder: Encoder, passages: Sequence[Passage], headings: bool = True) -> tuple[Vectors, Vectors, Vectors]:
    """(passages, dimension) for passages with their headings, and (sentences, dimension) for all their sentences in order,
    twice: as each reads by itself, and as it reads in its passage. benchmarks/context.py has what each is worth. Two calls
    for all: the more texts, the fewer tokens of padding."""
    texts = headed(encoder, passages) if headings else [p.text for p in passages]
    spans, sentences = [], []
    for text, p in zip(texts, passages, strict=True):
        before = len(text) - len(p.text) - p.start  # its headings
        spans.append([(before + start, before + end) for start, end in p.sentences])
        sentences += [p.text[start - p.start : end - p.start] for start, end in p.sentences]
    own, within = encoder.encode_within(texts, spans)
    return own, encoder.encode(sentences), within


def headed(encoder: Encoder, passages: Sequence[Passage]) -> list[str]:
    """The text of each passage that is encoded: its headings, shortened until they fit, then its words."""
    texts = [f"{p.heading}\n{p.text}" if p.heading else p.text for p in passages]
    for i, tokens in enumerate(encoder.count(texts)):
        heading = passages[i].heading
        while tokens > encoder.limit and heading:
            heading = heading[: len(heading) // 2]
            texts[i] = f"{heading}\n{passages[i].text}" if heading else passages[i].text
            (tokens,) = encoder.count([texts[i]])
    return texts


def _with_neighbours(vectors: Vectors) -> Vectors:
    """Each passage's vector with the mean of those before and after it in its document, for what they are all about."""
    if len(vectors) < 2:
        return vectors
    beside = np.zeros_like(vectors)
    beside[1:] += vectors[:-1]
    beside[:-1] += vectors[1:]
    beside[1:-1] /= 2
    return unit(vectors + NEIGHBOURS * beside)
