"""Question → hits: what a retriever is, and functions that make one retriever of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from alignment_qa.types import Hit

Retriever = Callable[[str, int], list[Hit]]
"""A question and how many hits are wanted → at most as many hits, best first, ranks from 1."""


def fuse(dense: Retriever, keyword: Retriever, *, weight: float, pool: int) -> Retriever:
    """A convex combination of two retrievers: weight · keyword / its best + (1 - weight) · dense scaled to [0, 1].

    Each brings `pool` candidates; one that only the other brought counts as its last. Bruch et al. (2210.11934) found
    this better than rank fusion in and out of domain, and so did we (benchmarks/retrieval.py)."""

    def search(question: str, k: int) -> list[Hit]:
        near, found = dense(question, pool), keyword(question, pool)
        passages = {hit.passage.passage_id: hit.passage for hit in (*near, *found)}
        least = min((hit.score for hit in near), default=0.0)
        spread = max((hit.score for hit in near), default=0.0) - least or 1.0
        best = max((hit.score for hit in found), default=0.0) or 1.0
        score = dict.fromkeys(passages, 0.0)
        for hit in near:
            score[hit.passage.passage_id] += (1 - weight) * (hit.score - least) / spread
        for hit in found:
            score[hit.passage.passage_id] += weight * hit.score / best
        return ranked((Hit(passages[name], value, 0) for name, value in score.items()), k)

    return search


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
