"""Question → hits: what a retriever is, and functions that make one retriever of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from alignment_qa.types import Hit, Passage

Retriever = Callable[[str, int], list[Hit]]
"""A question and how many hits are wanted → at most as many hits, best first, ranks from 1."""


Closeness = Callable[[str, Sequence[Passage]], list[float]]
"""A question and passages → how near each is in meaning; compares only within one question."""


def fuse(dense: Retriever, keyword: Retriever, closeness: Closeness, *, weight: float, pool: int) -> Retriever:
    """A convex combination: weight · keyword score / its best + (1 - weight) · closeness scaled to [0, 1].

    Each retriever brings `pool` candidates; the closeness of all is computed, also of those that only the keywords
    brought. Bruch et al. (2210.11934) found the convex combination better than rank fusion in and out of domain, and so
    did we."""

    def search(question: str, k: int) -> list[Hit]:
        found = keyword(question, pool)
        passages = list({hit.passage.passage_id: hit.passage for hit in (*dense(question, pool), *found)}.values())
        near = dict(zip((p.passage_id for p in passages), closeness(question, passages), strict=True))
        least = min(near.values(), default=0.0)
        spread = max(near.values(), default=0.0) - least or 1.0
        best = max((hit.score for hit in found), default=0.0) or 1.0
        words = {hit.passage.passage_id: hit.score / best for hit in found}
        return ranked(
            (
                Hit(p, weight * words.get(p.passage_id, 0.0) + (1 - weight) * (near[p.passage_id] - least) / spread, 0)
                for p in passages
            ),
            k,
        )

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
