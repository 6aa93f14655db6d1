"""What is indexed flows in, vectors flow out again for what stands as it stood: of an index that was set aside, so that
`--rebuild` encodes only what is new, and of a document that was edited. It alone decides whether old vectors may be believed."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, groupby
from pathlib import Path

from alignment_qa.embed import passage_vectors
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


def edited(
    index: Index, before: Collection[str], document: Document, passages: Sequence[Passage]
) -> list[Vectors16] | None:
    """The vectors of the prose of a document that the same file brought otherwise `before`: those of passages that stand
    between the same two as they stood, the others encoded. None where more than MUCH of it is new."""
    known: dict[_Standing, Vectors16] = {}
    for doc_id in before if len(before) <= MANY else []:
        if index.store.state(doc_id) is None or index.store.source(doc_id).title != document.source.title:
            continue
        old = [p for p in index.passages_of(doc_id) if p.role == "prose"]
        rows = index.store.vectors([p.passage_id for p in old], index.encoder.dimension)
        known |= {
            s: rows[p.passage_id] for p, s in zip(old, _standing(old), strict=True) if fits(p, rows.get(p.passage_id))
        }
    prose = [p for p in passages if p.role == "prose"]
    found = [known.get(standing) for standing in _standing(prose)]
    new = [number for number, matrix in enumerate(found) if matrix is None]
    if len(new) > MUCH * len(prose):
        return None
    beside = sorted({n for number in new for n in (number - 1, number, number + 1) if 0 <= n < len(prose)})
    runs = [[n for _, n in run] for _, run in groupby(enumerate(beside), lambda place: place[1] - place[0])]
    headings = index.store.fact("headings") is None
    made = passage_vectors(index.encoder, [[prose[n] for n in run] for run in runs], headings)
    encoded = dict(zip(chain(*runs), chain(*made), strict=True))
    return [encoded[n] if matrix is None else matrix for n, matrix in enumerate(found)]


MANY = 100  # documents in one file up to which the one that was edited is looked for among them
MUCH = 0.5  # share of a document's passages above which it is encoded whole, with others and faster
_Standing = tuple[tuple[str, str, tuple[tuple[int, int], ...]] | None, ...]
"""What a passage's vectors are made of: heading, words and sentences of the one before, of itself, of the one after."""


def _standing(prose: Sequence[Passage]) -> list[_Standing]:
    own = [(p.heading, p.text, tuple((a - p.start, b - p.start) for a, b in p.sentences)) for p in prose]
    framed = [None, *own, None]
    return [tuple(framed[number : number + 3]) for number in range(len(own))]


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
