"""Passages flow in, the vectors that are stored for them flow out; this alone knows what of a passage is encoded."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from alignment_qa import late
from alignment_qa.encoders import Encoder, Vectors, unit
from alignment_qa.store import Embedded
from alignment_qa.types import Passage

NEIGHBOURS = 0.5  # share of the passages beside it in a passage's vector


class Read(NamedTuple):
    """Of some passages: (passages, dimension) as each reads with its headings, (sentences, dimension) as all their sentences
    read, in order, `alone` and `within` their passages, (words, dimension) as their content words read in them, and for each
    passage the sentence that each of its words stands in."""

    own: Vectors
    alone: Vectors
    within: Vectors
    words: Vectors
    places: list[list[int]]


def embed(encoder: Encoder, documents: Sequence[Sequence[Passage]], headings: bool = True) -> list[list[Embedded]]:
    """What is kept of each passage of each document, its passages in order. The passage's vector reads its headings too; a
    sentence's is half of it as it reads by itself, half of it as it reads in its passage."""
    found = read(encoder, [p for document in documents for p in document], headings)
    sentences = iter(unit(found.alone + found.within).astype(np.float16))
    short = np.split(late.narrowed(found.words, encoder), np.cumsum([len(of) for of in found.places]))
    words = iter(
        [late.packed(rows, of) for rows, of in zip(short, found.places, strict=False)]
    )  # nothing after the last
    result, at = [], 0
    for document in documents:
        vectors = _with_neighbours(found.own[at : at + len(document)]).astype(np.float16)
        result.append(
            [
                Embedded(np.array([v, *islice(sentences, len(p.sentences))]), next(words))
                for v, p in zip(vectors, document, strict=True)
            ]
        )
        at += len(document)
    return result


def read(encoder: Encoder, passages: Sequence[Passage], headings: bool = True) -> Read:
    """Passages, their sentences and words as the encoder reads them; benchmarks/context.py has what a sentence alone and
    in its passage is worth. Two calls for all: the more texts, the fewer tokens of padding."""
    texts = headed(encoder, passages) if headings else [p.text for p in passages]
    spans: list[list[tuple[int, int]]] = []
    places: list[list[int]] = []
    sentences: list[str] = []
    is_word: list[bool] = []
    for text, p in zip(texts, passages, strict=True):
        before = len(text) - len(p.text) - p.start  # its headings
        own = [(before + start, before + end) for start, end in p.sentences]
        words = [(n, (at + a, at + b)) for n, (at, end) in enumerate(own) for a, b in late.content(text[at:end])]
        spans.append([*own, *(word for _, word in words)])
        places.append([n for n, _ in words])
        sentences += [text[start:end] for start, end in own]
        is_word += [False] * len(own) + [True] * len(words)
    vectors, within = encoder.encode_within(texts, spans)
    of_words = np.array(is_word, bool)
    return Read(vectors, encoder.encode(sentences), within[~of_words], within[of_words], places)


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
