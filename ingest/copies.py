"""An index in, which of its documents are copies of others out: cross-posts, a paper and its web page, one text under two
titles. The only door to datasketch.

Candidates share a band of minhashes (Broder 1997; Leskovec, Rajaraman, Ullman, ch. 3); then the shares of five-word
shingles that they have in common are counted. Texts are looked at one by one: in memory are those of one group alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from alignment_qa.copies import Copies
from alignment_qa.index import Index
from alignment_qa.store import Store
from alignment_qa.types import Document, Source

WORDS = 5
FEWEST = 50  # shingles; shorter texts are too easily alike
ALIKE = 0.5  # Jaccard similarity of two texts that are one: benchmarks/copies.py
ROWS, BANDS = 3, 42  # finds .996 of the pairs at ALIKE and .04 of those at a similarity of .1
_PART = 20_000  # shingles that are hashed at a time
_TOGETHER = 64  # documents whose bands are written at a time

Shingles = NDArray[np.uint64]


def settle(index: Index) -> int:
    """Decide anew wherever a document came or went; how many are copies now.

    Of a group of candidates the best stays: the one of which most is known, then the longest, then the lowest id. The next
    stays too, or is a copy of the one that stays and that it is most like; and so on. So the order of reading is of
    no consequence, and no copy differs from what is cited for it by more than 1 - ALIKE."""
    store = index.store
    unseen = store.unseen()
    for at in range(0, len(unseen), _TOGETHER):
        some = unseen[at : at + _TOGETHER]
        store.note_bands([(band, doc_id) for doc_id in some for band in bands(_shingles_of(store, doc_id))])
    of = {copy: kept for copy, kept in store.copies().of.items() if store.has(copy)}
    undecided = [*unseen, *(copy for copy, kept in of.items() if not store.has(kept))]
    done: set[str] = set()
    for doc_id in undecided:
        if doc_id not in done:
            group = _group(store, doc_id)
            done |= group
            of = {copy: kept for copy, kept in of.items() if copy not in group} | dict(_decide(store, group))
    index.settle(Copies(of, _also(store, of)))
    store.note_seen(unseen)
    return len(of)


def faults(store: Store) -> set[str]:
    """Copies whose text is not like that of the document that answers for them, and documents that are hidden or shown
    against what is recorded."""
    copies = store.copies()
    return set(store.moves(copies)) | {
        copy
        for copy, kept in copies.of.items()
        if store.state(kept) != "ready" or jaccard(_shingles_of(store, copy), _shingles_of(store, kept)) < ALIKE
    }


def shingles(text: str) -> Shingles:
    """The distinct runs of five words of a text, hashed to 64 bits; case, punctuation and line ends do not count."""
    words = np.fromiter((_hash(match[0]) for match in re.finditer(r"\w+", text.casefold())), np.uint64)
    runs = np.zeros(max(0, len(words) - WORDS + 1), np.uint64)
    for place in range(WORDS):
        runs = runs * np.uint64(0x9E3779B97F4A7C15) + words[place : place + len(runs)]
    return np.unique(runs)


def bands(found: Shingles) -> list[int]:
    """Numbers of which two texts probably share one if they are alike; none for a text that is too short."""
    if len(found) < FEWEST:
        return []
    from datasketch import MinHash

    sketch = MinHash(ROWS * BANDS, seed=1, hashfunc=int, scheme="affine64")
    for at in range(0, len(found), _PART):
        sketch.update_batch(found[at : at + _PART])
    rows = np.asarray(sketch.hashvalues).reshape(BANDS, ROWS)
    return [_hash(f"{band} {row.tolist()}") >> 1 for band, row in enumerate(rows)]


def jaccard(one: Shingles, other: Shingles) -> float:
    """Shingles that both texts have, as a share of those that either has."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both) if both else 0.0


@lru_cache(maxsize=100_000)
def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _group(store: Store, doc_id: str) -> set[str]:
    """A document with its candidates, and theirs."""
    group, waiting = {doc_id}, [doc_id]
    while waiting:
        new = set(store.candidates(waiting.pop())) - group
        group |= new
        waiting += new
    return group


def _decide(store: Store, group: set[str]) -> Iterator[tuple[str, str]]:
    """(copy, the document that answers for it)."""
    if len(group) == 1:
        return
    read = lru_cache(maxsize=64)(lambda doc_id: _shingles_of(store, doc_id))
    documents = (document for doc_id in group if (document := store.document(doc_id)))
    order = [doc_id for *_, doc_id in sorted(map(_worth, documents))]
    kept: dict[str, None] = {}
    for doc_id in order:
        near = set(store.candidates(doc_id))
        likeness = {other: jaccard(read(doc_id), read(other)) for other in kept if other in near}
        best = max(likeness, key=lambda other: likeness[other], default=None)
        if best is not None and likeness[best] >= ALIKE:
            yield doc_id, best
        else:
            kept[doc_id] = None


def _worth(document: Document) -> tuple[int, int, str]:
    """Sorts the document that should answer first."""
    source = document.source
    known = sum(map(bool, (source.url, source.authors, source.published, source.licence)))
    return -known, -len(document.text), source.doc_id


def _shingles_of(store: Store, doc_id: str) -> Shingles:
    document = store.document(doc_id)
    return shingles(document.text if document else "")


def _also(store: Store, of: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Where else the words of a document stand, its own address and title left out."""
    places = {doc_id: list(urls) for doc_id, urls in store.addresses().items() if store.has(doc_id)}
    for copy, kept in sorted(of.items()):
        source = store.source(copy)
        places.setdefault(kept, []).extend([source.url or source.title, *places.get(copy, ())])
    own = {doc_id: store.source(doc_id) for doc_id in places}
    told = {doc_id: _others(own[doc_id], sorted(set(found))) for doc_id, found in places.items() if doc_id not in of}
    return {doc_id: found for doc_id, found in told.items() if found}


def _others(source: Source, places: list[str]) -> tuple[str, ...]:
    return tuple(place for place in places if place not in (source.url, source.title))
