"""Question → hits: what a retriever is, functions that make one retriever of others, and how near a passage is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alignment_qa.encoders import Vectors
from alignment_qa.lexical import terms
from alignment_qa.types import Hit, Passage

Retriever = Callable[[str, int], list[Hit]]
"""A question and how many hits are wanted → at most as many hits, best first, ranks from 1."""


Candidates = Callable[[str, int], list[tuple[str, float]]]
"""A question and how many are wanted → (id, score), best first."""


class Searched(Protocol):
    """What the fusion asks of an `alignment_qa.index.Index`."""

    def meaning(self, question: str) -> str: ...
    def near(self, question: str, k: int) -> list[tuple[str, float]]: ...
    def matching(self, question: str, k: int) -> list[tuple[str, float]]: ...
    def words_of(self, question: str, passage_ids: Sequence[str]) -> dict[str, float]: ...
    def closeness(self, question: str, passage_ids: Sequence[str]) -> dict[str, float]: ...
    def asking(self, question: str) -> dict[str, float]: ...
    def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]: ...


NEAR, SURE = 0.3, 0.5
"""Cosine of two questions from which the one speaks for the other's document, and from which its passages are candidates
whatever else they hold. Set by hand; benchmarks/constants.py tries others, and of those below."""
APART, ALONE = 0.2, 2.0
"""Cosine by which a document must be ahead of all others for its question to be surely the one that is asked, and what
that counts beside the cosine itself. Of the articles' own questions, each asked while hidden, those ahead by .2 lead to
their article in two of three cases, those ahead by less than .05 in one of five (benchmarks/listed.py)."""


REPEATED = 1.5
"""Keyword score from which more of the same word counts no further. A passage that has each word of a question once comes to
about 1, one that has the only word of a short question many times to 2.4, and so was first whatever else it said. Set by hand; benchmarks/constants.py tries others."""


HEADED, AMONG, SHARPLY = 0.5, 40, 3
"""What it counts that the heading of a passage asks the very question, among how many candidates that is looked for, and the power
of `asks` that it counts by: a heading on the same topic is none. Set by hand; benchmarks/constants.py tries others."""


def fuse(index: Searched, *, weight: float, question_weight: float = 0.0, pool: int) -> Retriever:
    """A convex combination: weight · keyword score + (1 - weight) · closeness, both as they are. Passages of
    a document that says of itself that it answers such a question gain question_weight · (its cosine - NEAR), and those of
    the one document that is ahead of all others by more; so does a passage whose heading asks what is asked.

    Meaning is sought with names written out, words as they are: "AGI (artificial general intelligence)", sought by both,
    found what is about the name and not what is asked of it. Each side brings `pool` candidates, or `k` if those are more, and each scores all of them, also those that only the
    other brought.
    Bruch et al. (2210.11934) found the convex combination better than rank fusion, in and out of domain; benchmarks/retrieval.py
    has both, and cosines scaled to [0, 1] over the pool. Keyword scores are not scaled by their best, which takes the best of
    a poor lot for a match."""

    def search(question: str, k: int) -> list[Hit]:
        most, meant = max(pool, k), index.meaning(question)
        words = dict(index.matching(question, most))
        names = [name for name, _ in index.near(meant, most)]
        asking = index.asking(question) if question_weight else {}
        names += [name for name, cosine in asking.items() if cosine >= SURE]
        words |= index.words_of(question, [name for name in names if name not in words])
        close = index.closeness(meant, list(dict.fromkeys([*names, *words])))
        promised = _promised(asking)
        scores = {
            name: weight * min(words.get(name, 0.0), REPEATED)
            + (1 - weight) * cosine
            + question_weight * promised.get(name, 0.0)
            for name, cosine in close.items()
        }
        likely = sorted(scores, key=lambda name: (-scores[name], name))[: max(k, AMONG)]
        known, asked = index.passages(likely), set(terms(question))
        gains = {name: HEADED * asks(asked, passage.heading) ** SHARPLY for name, passage in known.items()}
        return ranked((Hit(known[name], scores[name] + gains[name], 0) for name in likely if name in known), k)

    return search


def asks(asked: Collection[str], heading: str) -> float:
    """How much the last of a passage's headings, where it is a question, asks the same as these terms of a question, in
    [0, 1]: the share of their terms that both have."""
    words = set(terms(heading.rpartition("›")[2])) if heading.endswith("?") else set()
    return len(words.intersection(asked)) / len(words.union(asked)) if words else 0.0


def _promised(asking: Mapping[str, float]) -> dict[str, float]:
    """Passage → how far its document promises to answer, from the cosine of the question with one of the document's own."""
    best, gain = max(asking.values(), default=0.0), ALONE * alone(set(asking.values()))
    return {name: max(0.0, cosine - NEAR) + gain * (cosine == best) for name, cosine in asking.items()}


def alone(cosines: Iterable[float]) -> float:
    """How surely, in [0, 1], the best of the documents' own questions is the one that is asked: it is near, and no other is."""
    best, second, *_ = *sorted(cosines, reverse=True), 0.0, 0.0
    return min(1.0, max(0.0, best)) ** 4 * min(1.0, (best - second) / APART)


CONTEXT = 0.5
"""What a passage's vector counts beside that of each of its sentences, which reads its passage already (benchmarks/context.py)."""


def in_context(passages: Sequence[NDArray[np.floating]], vector: Vectors) -> list[float]:
    """For each passage (its unit vector, then its sentences') the best cosine of a sentence's vector and CONTEXT of its own, added."""
    if not passages:
        return []
    sizes = np.array([len(rows) for rows in passages])
    first = np.cumsum(sizes) - sizes
    rows = np.concatenate(passages).astype(np.float32)
    own = np.repeat(first, sizes)
    cosines = rows @ vector
    between = np.einsum("ij,ij->i", rows, rows[own])
    cosines = (cosines + CONTEXT * cosines[own]) / np.sqrt(1 + CONTEXT**2 + 2 * CONTEXT * between)
    cosines[first[sizes > 1]] = -1.0  # a passage counts by its sentences where it has some
    return [float(value) for value in np.maximum.reduceat(cosines, first)]


def rerank(retriever: Retriever, score: Callable[[str, Sequence[str]], list[float]], *, pool: int) -> Retriever:
    """The first `pool` hits of a retriever in the order of a scorer that reads question and passage together."""

    def search(question: str, k: int) -> list[Hit]:
        hits = retriever(question, max(pool, k))
        scores = score(question, [f"{hit.passage.heading}\n{hit.passage.text}" for hit in hits])
        return ranked((replace(hit, score=value) for hit, value in zip(hits, scores, strict=True)), k)

    return search


def ranked(hits: Iterable[Hit], k: int) -> list[Hit]:
    """The k hits with the highest scores, ranked from 1; equal scores in the order of their passage ids, which are
    hashes and so carry no order of files."""
    best = sorted(hits, key=lambda hit: (-hit.score, hit.passage.passage_id))[:k]
    return [replace(hit, rank=rank) for rank, hit in enumerate(best, 1)]
