"""Some documents of an index, searched as if there were no others: what `Assistant.within` asks.

Words are weighed as the whole index uses them; whatever is found, cited or suggested is of the chosen documents. A filter
inside Chroma costs many times an unfiltered search, so the vectors of a small choice are compared one by one, and for a
large one the search of the whole brings more, of which the chosen are kept (benchmarks/within.py measures it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np

from alignment_qa.encoders import Vectors
from alignment_qa.errors import DocumentMissing
from alignment_qa.index import Index
from alignment_qa.reading import best_of
from alignment_qa.types import Hit, Passage

EXACT = 20_000
"""Passages up to which each is compared with the question: 31 MB of vectors, kept while the choice is in use."""
SURPLUS, MORE = 2.0, 8.0
"""How many times as much as an even spread over the index would need is brought for a large choice; where that is not
enough, because the question is about what the others hold, more; and where that is not either, Chroma's filter is asked."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Names and their unit vectors."""

    names: list[str]
    vectors: Vectors

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """(name, cosine) of the k nearest, best first."""
        cosines = self.vectors @ vector
        first = np.argpartition(-cosines, k)[:k] if k < len(cosines) else np.arange(len(cosines))
        return [(self.names[at], float(cosines[at])) for at in first[np.argsort(-cosines[first], kind="stable")]]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The documents chosen, as one generation of the index has them. Rows are there where the choice is small."""

    generation: int
    doc_ids: frozenset[str]
    passages: int
    rows: _Rows | None
    questions: _Rows | None


class Scope:
    """An index narrowed to documents, each named by its id or with others by their collection. What is not searching is
    the index's own. Raises DocumentMissing for a name that is neither."""

    def __init__(self, index: Index, names: Iterable[str]) -> None:
        self._index = index
        self._names = frozenset(names)
        self._guard = Lock()
        self._held: _Chosen | None = None
        sources = index.sources()
        known = {source.doc_id for source in sources} | (collections := {s.collection for s in sources} - {""})
        if not self._names:
            raise DocumentMissing("No documents were chosen to ask within.")
        if unknown := sorted(self._names - known):
            there = f" Its collections: {', '.join(sorted(collections)[:10])}." if collections else ""
            raise DocumentMissing(f"The index has no document or collection {unknown[0]!r}.{there}")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    @property
    def doc_ids(self) -> frozenset[str]:
        """The documents that are searched; a collection's are those that are there now."""
        return self._now().doc_ids

    def near(self, question: str, k: int) -> list[tuple[str, float]]:
        """(passage id, cosine) of the k chosen passages nearest in meaning."""
        chosen, rows = self._now(), self._now().rows
        if rows is not None:
            return self._index.sought(question).nearest(lambda vector: rows.nearest(vector, k))
        _, passages = self._index.count()
        for surplus in (SURPLUS, MORE):
            wanted = int(k * surplus * passages / max(chosen.passages, 1))
            found = [row for row in self._index.near(question, wanted) if _document(row[0]) in chosen.doc_ids]
            if len(found) >= min(k, chosen.passages):
                return found[:k]
        return self._index.near(question, k, chosen.doc_ids)

    def search(self, question: str, k: int = 8) -> list[Hit]:
        """The k chosen passages nearest in meaning; scores are cosines."""
        return self._hits(self.near(question, k)[:k])

    def matching(self, question: str, k: int) -> list[tuple[str, float]]:
        """(passage id, keyword score) of the k best of the chosen passages."""
        return self._index.matching(question, k, self._now().doc_ids)

    def keywords(self, question: str, k: int = 8, role: str = "prose") -> list[Hit]:
        """The chosen passages with the highest BM25 score for the question's content words."""
        return self._index.keywords(question, k, role, self._now().doc_ids)

    def asked(self, question: str, k: int = 8) -> list[tuple[str, float]]:
        """(document id, cosine) of the chosen documents whose own questions or title are nearest, best first."""
        chosen = self._now()
        if chosen.questions is None:
            documents, _ = self._index.count()
            found = self._index.asked(question, int(k * SURPLUS * documents / len(chosen.doc_ids)))
            return [row for row in found if row[0] in chosen.doc_ids][:k]
        best: dict[str, float] = {}
        questions = chosen.questions
        for name, cosine in best_of(questions.nearest(vector, 4 * k) for vector in self._index.wordings(question)):
            best.setdefault(_document(name), cosine)
        return list(best.items())[:k]

    def asking(self, question: str) -> dict[str, float]:
        """As the index's own, of the chosen documents."""
        return self._index.openings(self.asked(question))

    def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        """Those of the passages that are visible and chosen: the last gate, whatever was searched before it."""
        doc_ids = self._now().doc_ids
        found = self._index.passages(passage_ids)
        return {name: passage for name, passage in found.items() if passage.source.doc_id in doc_ids}

    def _hits(self, found: Sequence[tuple[str, float]]) -> list[Hit]:
        known = self.passages([name for name, _ in found])
        rows = [(known[name], score) for name, score in found if name in known]
        return [Hit(passage, score, rank) for rank, (passage, score) in enumerate(rows, 1)]

    def _now(self) -> _Chosen:
        """The choice in the index as it is now."""
        sources, generation = self._index.sources(), self._index.store.generation
        with self._guard:
            if self._held is None or self._held.generation != generation:
                doc_ids = frozenset(s.doc_id for s in sources if self._names & {s.doc_id, s.collection})
                passages = self._index.store.searched(doc_ids)
                small = passages <= EXACT
                self._held = _Chosen(
                    generation, doc_ids, passages,
                    _Rows(*self._index.vectors_of(doc_ids)) if small else None,
                    _Rows(*self._index.questions_of(doc_ids)) if small else None,
                )  # fmt: skip
            return self._held


def _document(name: str) -> str:
    """The document of a passage's or a question's name."""
    return name.rpartition("-")[0]
