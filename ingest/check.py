"""An index in, what is wrong with it out: the store against itself, vectors and keywords against the store, a
sample of the vectors against their passages, what a server keeps against this machine's copy. `repair` mends it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from alignment_qa import encoders, replica
from alignment_qa.chroma import Rows, Server, is_address, served_vectors, stored_vectors
from alignment_qa.embed import passage_vectors
from alignment_qa.errors import IndexBusy, IndexMissing, WriteFailed
from alignment_qa.index import FOLLOWING
from alignment_qa.lexical import Keywords
from alignment_qa.packing import Packed
from alignment_qa.place import take_lock, written
from alignment_qa.store import SCHEMA, Store, Vectors16
from alignment_qa.types import Document, Passage
from alignment_qa.writing import asked_of
from ingest import copies
from ingest.findings import Findings
from ingest.passages import passage_id

SAMPLE = 20  # passages that are encoded again, with those beside them
SEARCHED = 50  # vectors of some thousand that are searched for
AGREE = 0.98  # least cosine of a vector and what its text encodes to now; the encoders that may have made it keep .9976
SAME = 0.999  # least cosine of a vector in Chroma and in the store, which keeps float16


def check(place: str | Path, *, seed: int = 0) -> Findings:
    """Verify an index while no other process writes to it; one on a server with this machine's copy of it.

    Raises IndexMissing, IndexBusy, IndexUnreachable."""
    if is_address(place):
        return _check_server(str(place), seed)
    path = Path(place)
    if not (path / "passages.sqlite").exists():
        raise IndexMissing(f"No index at {path}/. Build one with: python -m ingest --index {path}")
    lock = take_lock(path)
    store = Store(path / "passages.sqlite", write=False)
    try:
        return _check(path, store, seed)
    finally:
        store.close()
        lock.release()


def _check_server(address: str, seed: int) -> Findings:
    server = Server(address)
    lock, store = None, None
    try:
        facts = server.facts()
        if facts is None:
            raise IndexMissing(f"No index at {address}. Build one with: python -m ingest --index {address}")
        lock = take_lock(server.folder, FOLLOWING)
        try:
            with written(server.folder):
                replica.follow(server, server.folder)
        except WriteFailed:
            found = Findings()
            store = Store(server.folder / "passages.sqlite", write=False)
            if not _damage(store, found):
                _passage_ids(server.folder, found)
            if found.broken:
                return found
            raise
        store = Store(server.folder / "passages.sqlite", write=False)
        found = _check(server.folder, store, seed, server)
        if server.facts() != facts:
            raise IndexBusy(f"{address} was written to while it was checked. Run the command again.")
        return found
    finally:
        if store is not None:
            store.close()
        if lock is not None:
            lock.release()
        server.close()


def _check(path: Path, store: Store, seed: int, server: Server | None = None) -> Findings:
    found = Findings()
    if _damage(store, found):
        return found
    if (schema := store.fact("schema")) != str(SCHEMA):
        found.broken.add("passages.sqlite")
        found.faults.append(f"schema {schema}, this program reads {SCHEMA}: read the documents again with --rebuild")
        return found
    found.documents, found.passages = store.count()
    found.fault("documents left half done by a run that was stopped", store.unfinished())
    found.forget |= set(found.fault("documents that a file brought and that are not here", store.lost()))
    found.unlike = bool(found.fault("copies that are none, or that still answer", copies.faults(store)))
    dimension = encoders.load(store.fact("encoder") or "").dimension
    embedded, asked = _check_store(store, dimension, found)
    check_sample(store, seed, found)
    _check_keywords(path, store, found)
    if server is not None:
        _check_journal(server, store, dimension, found)
        for name, expected in (("passages", embedded), ("questions", asked)):
            rows = served_vectors(server, name, SEARCHED)
            _compare(name, expected, *_read(rows, store, name, dimension), found)
        return found
    try:  # in another process, because a damaged graph can end the one that opens it
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            for name, expected in (("passages", embedded), ("questions", asked)):
                _compare(name, expected, *pool.submit(_vectors, path, name, dimension).result(), found)
    except BrokenProcessPool:
        found.broken.add("vectors")
        found.faults.append("vectors cannot be read: reading them ends the process")
    except Exception as error:  # whatever Chroma raises for what stands in its files
        found.broken.add("vectors")
        found.faults.append(f"vectors cannot be read: {_first_line(error)}")
    return found


def _damage(store: Store, found: Findings) -> bool:
    if damage := store.damage():
        found.broken.add("passages.sqlite")
        found.faults.append(f"passages.sqlite cannot be read ({damage})")
    return damage is not None


def _passage_ids(path: Path, found: Findings) -> Counter[str]:
    try:
        return Counter(Keywords(path / "keywords").passage_ids())
    except Exception as error:  # whatever tantivy raises for what stands in its files
        found.broken.add("keywords")
        found.faults.append(f"keywords cannot be read: {_first_line(error)}")
        return Counter()


def _check_store(store: Store, dimension: int, found: Findings) -> tuple[set[str], set[str]]:
    """Passages against their documents' texts and their own ids; vectors against their sentences. Gives the passages
    and the questions that have a place among the vectors."""
    altered, unfit, embedded, asked = set(), set(), set(), set()
    for doc_id in store.held():
        try:
            document, passages = store.document(doc_id), store.passages_of(doc_id)
        except (ValueError, TypeError, KeyError):
            document, passages = None, []
        if document is None or not passages or not _agree(document, passages):
            altered.add(doc_id)
            continue
        if store.state(doc_id) == "ready":
            embedded |= {p.passage_id for p in passages if p.role == "prose"}
            asked |= {name for name, _ in asked_of(document)}
        if not _whole(store, passages, dimension):
            unfit.add(doc_id)
    found.forget |= set(found.fault("documents whose passages are not what their text says", altered))
    found.encode |= set(found.fault("documents with vectors that are missing or no unit vectors", unfit))
    return embedded, asked


def _agree(document: Document, passages: Sequence[Passage]) -> bool:
    """Each passage is an exact span of the text and has the id of its words."""
    seen: Counter[tuple[str, str]] = Counter()
    for p in passages:
        seen[p.heading, p.text] += 1
        own = passage_id(document.source.doc_id, p.text, p.heading, seen[p.heading, p.text])
        if document.text[p.start : p.end] != p.text or p.passage_id != own:
            return False
        if not all(p.start <= start < end <= p.end for start, end in p.sentences):
            return False
    return True


def _whole(store: Store, passages: Sequence[Passage], dimension: int) -> bool:
    """Each prose passage has a unit vector for itself and for each of its sentences."""
    try:
        rows = store.vectors([p.passage_id for p in passages], dimension)
    except ValueError:
        return False
    return all(fits(p, rows.get(p.passage_id)) for p in passages)


def fits(passage: Passage, matrix: Vectors16 | None) -> bool:
    if matrix is None or passage.role != "prose":
        return matrix is None and passage.role != "prose"
    lengths = np.linalg.norm(matrix.astype(np.float32), axis=1)
    return len(matrix) == 1 + len(passage.sentences) and bool(np.all(np.abs(lengths - 1) < 0.01))


def sound(packed: Packed) -> bool:
    """Whether a document as a server keeps it agrees with itself."""
    return _agree(packed.document, packed.passages) and all(map(fits, packed.passages, packed.vectors))


def check_sample(store: Store, seed: int, found: Findings) -> None:
    """Encode some passages again, each with those beside it, which its vector reads too."""
    encoder = encoders.load(store.fact("encoder") or "")
    chosen = sorted(set(store.ready()) - found.forget - found.encode)
    headings = store.fact("headings") is None
    draw, wrong = random.Random(seed), set()
    for doc_id in draw.sample(chosen, min(SAMPLE, len(chosen))):
        prose = [p for p in store.passages_of(doc_id) if p.role == "prose"]
        if not prose:
            continue
        at = draw.randrange(len(prose))
        first = max(0, at - 1)
        made = passage_vectors(encoder, [prose[first : at + 2]], headings)[0][at - first].astype(np.float32)
        kept = store.vectors([prose[at].passage_id], encoder.dimension)[prose[at].passage_id].astype(np.float32)
        found.sampled += 1
        if float(np.min((made * kept).sum(axis=1))) < AGREE:
            wrong.add(doc_id)
    found.encode |= set(found.fault("documents whose vectors are not what their words encode to", wrong))


def _check_keywords(path: Path, store: Store, found: Findings) -> None:
    here = _passage_ids(path, found)
    if "keywords" in found.broken:
        return
    expected = store.passage_ids()
    wrong = [
        *found.fault("passages that are not in keywords", expected - here.keys()),
        *found.fault("passages in keywords that no document has", here.keys() - expected),
        *found.fault("passages that are in keywords more than once", {p for p, n in here.items() if n > 1}),
    ]
    found.restore |= {_document_of(name) for name in wrong}


def _check_journal(server: Server, store: Store, dimension: int, found: Findings) -> None:
    """What the server keeps beside the vectors, against this machine's copy of it."""
    there, differ = set(), set()
    for name, text in replica.whole(server):
        there.add(name)
        if text != replica.kept(store, name, dimension):
            differ.add(name)
    other = found.fault("documents of which the server and this machine's copy differ", differ)
    lost = found.fault("documents in this machine's copy that the server has not", set(store.held()) - there)
    found.journal |= {*other, *lost}


def _vectors(path: Path, name: str, dimension: int) -> tuple[list[str], list[str], int]:
    store = Store(path / "passages.sqlite", write=False)
    try:
        return _read(stored_vectors(path, name, SEARCHED), store, name, dimension)
    finally:
        store.close()


def _read(rows: Rows, store: Store, name: str, dimension: int) -> tuple[list[str], list[str], int]:
    """(ids, ids of those whose vector is not that of the store, how many a search does not find) of a collection."""
    ids: list[str] = []
    other: list[str] = []
    unfound = 0
    for here, vectors, distances in rows:
        ids += here
        unfound += sum(distance > 1 - SAME for distance in distances)
        kept = store.vectors(here, dimension) if name == "passages" else {}
        other += [
            one
            for one, vector in zip(here, vectors, strict=True)
            if one in kept and not float(vector @ kept[one][0].astype(np.float32)) >= SAME
        ]
    return ids, other, unfound


def _compare(
    name: str, expected: set[str], ids: Sequence[str], other: Sequence[str], unfound: int, found: Findings
) -> None:
    if unfound:
        found.broken.add("vectors")
        found.faults.append(f"vectors of {name} that a search does not find: {unfound}")
    wrong = [
        *found.fault(f"{name} without a vector", expected - set(ids)),
        *found.fault(f"{name} whose vector is not the store's", other),
    ]
    beyond = {one for one in set(ids) - expected if _document_of(one) not in found.forget}
    found.beyond[name] = found.fault(f"vectors of {name} that no document has", beyond)
    found.restore |= {_document_of(one) for one in wrong}


def _document_of(name: str) -> str:
    return name.rpartition("-")[0]


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
