"""Paths in, an index that agrees with them out: what is new, changed, unchanged and gone.

Only what is new or changed is read and encoded. A run that was stopped leaves whole documents behind, and the next run
goes on from there.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from alignment_qa.errors import ReadFailed
from alignment_qa.glossary import Glossary
from alignment_qa.index import Index
from alignment_qa.ledger import Noted
from alignment_qa.store import Vectors16
from alignment_qa.types import Document, Passage
from ingest import copies, readers
from ingest.carry import edited, kept
from ingest.passages import split
from ingest.readers import beside

# MiniLM reads 254 tokens; 190 leaves room for the heading path that is encoded with the passage. Passages of about
# 200 tokens found most within a budget (benchmarks/chunking.py).
SIZE, LIMIT = 190, 210
GLOSSARY = "glossary.yaml"
BATCH = 256  # passages that are encoded, stored and shown together
AHEAD = 2  # batches that are under way: one is embedded while the one before it is stored


@dataclass(slots=True)
class Report:
    """What a run did."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0
    repeated: list[tuple[str, str]] = field(default_factory=list)
    """(path, document id): texts that another file has already brought."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """(path, with the place inside a file of several documents; reason)."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """Suffixes of files in folders that are of no format we read → how many."""
    passages: int = 0
    copies: int = 0
    """Documents in the index that another answers for."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read. `key` names it in the index, `collection` is the folder that it came in."""

    path: Path
    key: str
    collection: str


@dataclass(slots=True)
class Reading:
    """A file that is being read, and what it has brought so far. Its note is written only after its documents."""

    file: File
    stat: os.stat_result
    digest: str
    brings: set[str] = field(default_factory=set)
    addresses: set[tuple[str, str]] = field(default_factory=set)
    """(document id, url) of texts that came from elsewhere before."""
    whole: bool = True


class Read(NamedTuple):
    """A place in a file and what is there. An engine that splits and embeds as well gives a document's passages, and
    a (1 + sentences, dimension) matrix for each of its prose."""

    place: str
    found: Document | ReadFailed | None
    passages: list[Passage] | None = None
    vectors: list[Vectors16] | None = None


Engine = Callable[[Iterator[Reading]], Iterator[tuple[Reading, Iterable[Read], bool]]]
"""Files → what is in them, in the same order; True with the last of a file."""

Known = Callable[[Document, Sequence[Passage]], list[Vectors16] | None]
"""A document and its passages → the vectors of its prose, None where they are not known (`carry`)."""


def sync(
    paths: Sequence[Path],
    index: Index,
    progress: Callable[[int], None] = lambda size: None,
    fields: Mapping[str, str] | None = None,
    *,
    size: int = SIZE,
    limit: int = LIMIT,
    engine: Engine | None = None,
    known_vectors: Known = lambda document, passages: None,
) -> Report:
    """Bring the index in line with files and folders. Under a given folder, a document whose file has gone goes too.

    `progress` is called with the bytes of each file once it is dealt with. `fields` says under which names the records
    of a JSONL or CSV file hold their title, text and so on (`records`). Passages have about `size` encoder tokens and
    at most `limit`; those of files that are unchanged stay as they were cut. `engine` reads elsewhere (`cluster`)."""
    report = Report()
    limit = min(limit, index.encoder.limit)
    known = index.store.files()
    seen: set[str] = set()
    shrunk: list[Reading] = []
    readings = _changed(paths, index, known, seen, report, progress)
    with _Writer(index, report, progress) as writer:
        for reading, reads, last in (engine or partial(_here, fields=fields))(readings):
            before = known.get(reading.file.key)
            for document, read in _documents(reading, reads, report):
                doc_id = document.source.doc_id
                own = before is not None and doc_id in before.brings and doc_id not in reading.brings
                if writer.has(doc_id) and not (own and _restated(document, index)):
                    if not own:
                        report.repeated.append((str(reading.file.path), doc_id))
                    reading.brings.add(doc_id)
                    if document.source.url:
                        reading.addresses.add((doc_id, document.source.url))
                    continue
                passages = read.passages
                if passages is None:
                    passages = list(split(document, index.encoder.count, size=size, limit=limit))
                if not passages:
                    report.skipped.append((str(reading.file.path), "no prose found"))
                    continue
                report.passages += len(passages)
                reading.brings.add(doc_id)
                vectors = read.vectors or known_vectors(document, passages)
                if vectors is None and own:  # it says other things of itself only
                    vectors = kept(index.store, index.encoder.dimension, document, passages)
                elif vectors is None and before is not None:
                    vectors = edited(index, before.brings - reading.brings, document, passages)
                writer.add(reading, document, passages, vectors)
            if not last:
                continue
            if not reading.whole and before:
                reading.brings |= before.brings  # what could not be read now may be what was read then
            if before and before.brings - reading.brings:
                shrunk.append(reading)
            elif reading.brings:
                writer.end(reading)
    _forget_gone(paths, index, known, seen, shrunk, report)
    for reading in shrunk:
        progress(reading.stat.st_size)
    _bring_glossary(paths, index)
    report.copies = copies.settle(index)
    index.weigh()
    return report


def _changed(
    paths: Sequence[Path],
    index: Index,
    known: Mapping[str, Noted],
    seen: set[str],
    report: Report,
    progress: Callable[[int], None],
) -> Iterator[Reading]:
    """The files that are new, or have other bytes than when they were read."""
    for file in walk(paths, report):
        seen.add(file.key)
        try:
            stat = os.stat(file.path)
            before = known.get(file.key)
            if before and (stat.st_size, stat.st_mtime_ns) == before[:2]:
                report.unchanged += 1
                progress(stat.st_size)
                continue
            reading = Reading(file, stat, beside.digest(file.path))
        except OSError as error:
            report.skipped.append((str(file.path), (error.strerror or str(error)).lower()))
            continue
        if before and reading.digest == before.digest:
            reading.brings |= before.brings
            _note(index, reading)
            report.unchanged += 1
            progress(stat.st_size)
            continue
        yield reading


def _here(
    readings: Iterator[Reading], fields: Mapping[str, str] | None
) -> Iterator[tuple[Reading, Iterable[Read], bool]]:
    """The engine of this process: it reads; splitting and embedding follow when a document is new."""
    for reading in readings:
        parts = readers.read_all(reading.file.path, collection=reading.file.collection, fields=fields)
        yield reading, (Read(place, found) for place, found in parts), True


class _Batch(NamedTuple):
    """Documents on their way into the index, with the files that were read to their end before it was handed over."""

    stored: Future[None]
    doc_ids: set[str]
    read: list[Reading]


class _Writer:
    """Adds documents in batches, behind the reading: while one batch is stored, the next is embedded and the one after it
    read, and no more than that, whatever the corpus. Only the batches themselves are other threads' work."""

    def __init__(self, index: Index, report: Report, progress: Callable[[int], None]) -> None:
        self._index, self._report, self._progress = index, report, progress
        self._embedding, self._storing = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._batch: list[tuple[Reading, Document, list[Passage], list[Vectors16] | None]] = []
        self._read: list[Reading] = []  # to their end, since the last batch was handed over
        self._coming: deque[_Batch] = deque()

    def has(self, doc_id: str) -> bool:
        coming = any(doc_id in batch.doc_ids for batch in self._coming)
        return coming or any(row[1].source.doc_id == doc_id for row in self._batch) or self._index.store.has(doc_id)

    def add(
        self, reading: Reading, document: Document, passages: list[Passage], vectors: list[Vectors16] | None
    ) -> None:
        self._batch.append((reading, document, passages, vectors))
        if sum(len(row[2]) for row in self._batch) >= BATCH:
            self._hand_over()

    def end(self, reading: Reading) -> None:
        """The file has been read to its end; that is noted once its documents are in the index."""
        self._read.append(reading)

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        with self._storing, self._embedding:  # waits for what they are adding
            if kind is None:
                self._hand_over()
                while self._coming:
                    self._settle()
            else:
                self._embedding.shutdown(cancel_futures=True)

    def _hand_over(self) -> None:
        if len(self._coming) == AHEAD:
            self._settle()
        for reading, document, _, _ in self._batch:  # before they are there, so that a killed run leaves none unnamed
            self._index.store.note_documents(reading.file.key, [document.source.doc_id])
        documents = [(document, passages) for _, document, passages, _ in self._batch]
        prose = [[p for p in passages if p.role == "prose"] for _, passages in documents]
        embedded = self._embedding.submit(self._index.embedded, prose, [vectors for *_, vectors in self._batch])
        before = [batch.stored for batch in self._coming]
        stored = self._storing.submit(self._store, before, documents, embedded)
        self._coming.append(_Batch(stored, {document.source.doc_id for document, _ in documents}, self._read))
        self._report.added += [document.source.doc_id for document, _ in documents]
        self._batch, self._read = [], []

    def _store(
        self,
        before: Sequence[Future[None]],
        documents: Sequence[tuple[Document, Sequence[Passage]]],
        embedded: Future[list[Sequence[Vectors16]]],
    ) -> None:
        for batch in before:
            batch.result()  # nothing is stored after what could not be
        self._index.add(documents, embedded.result())

    def _settle(self) -> None:
        """Wait for the oldest batch that is coming, and note the files that are in the index with it."""
        stored, _, read = self._coming[0]
        stored.result()
        self._coming.popleft()
        for reading in read:
            _note(self._index, reading)
            self._progress(reading.stat.st_size)


def _documents(reading: Reading, reads: Iterable[Read], report: Report) -> Iterator[tuple[Document, Read]]:
    """The documents of a file; what it has that cannot be read is reported by name and reason."""
    file = reading.file
    for read in reads:
        place, found = read[:2]
        if isinstance(found, Document):
            yield found, read
        elif isinstance(found, ReadFailed):
            reading.whole = False
            report.skipped.append((f"{file.path}: {place}" if place else str(file.path), str(found)))
        else:
            report.passed_over[Path(place or file.path.name).suffix.lower() or "no suffix"] += 1


def _restated(document: Document, index: Index) -> bool:
    """Whether a document that is here says other things of itself, its authors or its licence say. Votes change daily,
    and alone are not worth encoding it again."""
    here = index.document(document.source.doc_id)
    plain = replace(document, source=replace(document.source, score=None))
    return here is not None and replace(here, source=replace(here.source, score=None, also=())) != plain


def walk(paths: Sequence[Path], report: Report) -> Iterator[File]:
    """The files to read, in a stable order; what is of no format we read is counted in the report."""
    for root in paths:
        if not root.is_dir():
            yield File(root, _key(root), root.absolute().parent.name)
            continue
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            below = Path(folder).relative_to(root).parts
            for name in sorted(name for name in names if not name.startswith(".")):
                path = Path(folder) / name
                if path.suffix.lower() in readers.SUFFIXES:
                    yield File(path, _key(path), below[0] if below else root.resolve().name)
                else:
                    report.passed_over[path.suffix.lower() or "no suffix"] += 1


def _forget_gone(
    paths: Sequence[Path],
    index: Index,
    known: Mapping[str, Noted],
    seen: set[str],
    shrunk: Sequence[Reading],
    report: Report,
) -> None:
    """Drop each document that only files brought that are gone or, as those in `shrunk`, no longer do; the notes of these
    files last, because they are all that a run that is stopped here leaves of what the next has to drop."""
    folders = [_key(path) + os.sep for path in paths if path.is_dir()]
    noted = index.store.files()
    gone = [key for key in noted if key not in seen and any(key.startswith(folder) for folder in folders)]
    now = {key: each.brings for key, each in noted.items()} | dict.fromkeys(gone, frozenset())
    now |= {reading.file.key: frozenset(reading.brings) for reading in shrunk}
    brought = frozenset().union(*now.values())
    for doc_id in dict.fromkeys(doc_id for each in known.values() for doc_id in sorted(each.brings)):
        if doc_id not in brought and index.remove(doc_id):
            report.removed.append(doc_id)
    for key in gone:
        index.store.forget_file(key)
    for reading in shrunk:
        if reading.brings:
            _note(index, reading)
        else:
            index.store.forget_file(reading.file.key)


def _bring_glossary(paths: Sequence[Path], index: Index) -> None:
    """Keep the glossary that lies in a given folder or beside it, so that questions may use its other names."""
    import yaml

    for folder in (place for path in paths if path.is_dir() for place in (path, path.absolute().parent)):
        try:
            entries = yaml.safe_load((folder / GLOSSARY).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            continue
        if isinstance(entries, list) and all(isinstance(e, dict) and "term" in e for e in entries):
            index.bring_glossary(Glossary.of(entries))
            return


def _note(index: Index, reading: Reading) -> None:
    key, stat = reading.file.key, reading.stat
    if reading.whole:
        index.store.note_file(
            key, stat.st_size, stat.st_mtime_ns, reading.digest, sorted(reading.brings), sorted(reading.addresses)
        )
    else:
        index.store.note_documents(key, sorted(reading.brings))


def _key(path: Path) -> str:
    """The absolute path as text that SQLite can keep, even when the name is not UTF-8."""
    return os.fsencode(path.absolute()).decode("utf-8", "backslashreplace")
