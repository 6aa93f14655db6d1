"""An index that was set aside flows in, the vectors of what it holds flow out again for documents that are cut as they were:
so that `--rebuild` encodes only what is new. It alone decides whether old vectors may be believed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from alignment_qa.index import Index
from alignment_qa.place import aside, recorded_in
from alignment_qa.store import SCHEMA, Store, Vectors16
from alignment_qa.types import Document, Passage
from ingest.check import check_sample, fits
from ingest.findings import Findings

_DAMAGED = (ValueError, TypeError, KeyError)  # what it raises for rows that say what they cannot


class Carried:
    """Vectors of the index that is replaced, if it was made as this one is."""

    def __init__(self, before: Path | None, index: Index) -> None:
        self._dimension = index.encoder.dimension
        self._store: Store | None = None
        if before is None or recorded_in(before) != {"schema": str(SCHEMA), "encoder": index.encoder.name}:
            return
        self._store = Store(before / "passages.sqlite", write=False)
        if self._believed(index.store):
            index.store.record("backends", self._store.fact("backends") or "")
        else:
            self.close()

    def _believed(self, new: Store) -> bool:
        """Whether a sample of the old vectors is what their words encode to now."""
        found = Findings()
        if self._store is None or self._store.damage() or self._store.fact("headings") != new.fact("headings"):
            return False
        try:
            check_sample(self._store, 0, found)
        except _DAMAGED:
            return False
        return found.sampled > 0 and not found.faults

    def vectors(self, document: Document, passages: Sequence[Passage]) -> list[Vectors16] | None:
        """What `passage_vectors` gives for the prose of a document; None where that has to be encoded."""
        return kept(self._store, self._dimension, document, passages) if self._store is not None else None

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def kept(store: Store, dimension: int, document: Document, passages: Sequence[Passage]) -> list[Vectors16] | None:
    """The vectors that a store has of a document's prose, if it was cut there as it is now; else None."""
    if store.state(document.source.doc_id) is None:
        return None
    try:
        old = store.passages_of(document.source.doc_id)
        rows = store.vectors([p.passage_id for p in passages], dimension)
    except _DAMAGED:
        return None
    same = [(p.passage_id, p.sentences) for p in old] == [(p.passage_id, p.sentences) for p in passages]
    if not same or not all(fits(p, rows.get(p.passage_id)) for p in passages):
        return None
    return [rows[p.passage_id] for p in passages if p.role == "prose"]


@contextmanager
def carried(place: str, index: Index) -> Iterator[Carried]:
    """What can be carried over from the index that was set aside, which is deleted once all went well."""
    before = aside(place)
    held = Carried(before, index)
    try:
        yield held
    finally:
        held.close()
    if before is not None and (before / "passages.sqlite").exists():
        shutil.rmtree(before)
