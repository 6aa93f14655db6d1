"""Documents and passages on disk: the only door to SQLite, and the one place whose word counts.

The vectors and the keyword index are made from what stands here and can be made again. A document becomes visible
only when it is complete in all three (`state` is `ready`), so a run that was killed never shows half a document.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment_qa.types import Document, Heading, Passage, Source

SCHEMA = 4
"""Changes whenever an index made before could not be read by the code after."""

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    doc_id TEXT PRIMARY KEY, state TEXT NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL,
    headings TEXT NOT NULL, questions TEXT NOT NULL, related TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passages (
    passage_id TEXT PRIMARY KEY, doc_id TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    heading TEXT NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL, sentences TEXT NOT NULL, vectors BLOB);
CREATE INDEX IF NOT EXISTS passages_of_document ON passages (doc_id, first);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS brought (path TEXT NOT NULL, doc_id TEXT NOT NULL, PRIMARY KEY (path, doc_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS brought_document ON brought (doc_id);
"""

Vectors16 = NDArray[np.float16]


class Noted(NamedTuple):
    """What ingest remembers of a file. A file that was not read to its end has size -1 and no digest."""

    size: int
    modified: int
    """Nanoseconds."""
    digest: str
    """sha256 of its bytes."""
    brings: frozenset[str]
    """Ids of its documents."""


class Store:
    """One SQLite file. Safe from several threads."""

    def __init__(self, path: Path, *, write: bool) -> None:
        self._sql = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        if write:
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.executescript(_TABLES)
        else:
            self._sql.execute("PRAGMA query_only = ON")
        self._guard = RLock()
        self._sources: dict[str, Source] = {}
        self._counted: tuple[int, tuple[int, int]] = (-1, (0, 0))

    def close(self) -> None:
        self._sql.close()

    # facts

    def fact(self, name: str) -> str | None:
        """A recorded fact about the index, None if it is not recorded."""
        row = self._sql.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def record(self, name: str, value: str) -> None:
        self._sql.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    @property
    def generation(self) -> int:
        """Grows with every change that a reader can see."""
        return int(self.fact("generation") or 0)

    # writing: pending → ready → gone

    def put(self, document: Document, passages: Sequence[Passage], vectors: Sequence[Vectors16 | None]) -> None:
        """Keep a document and its passages, not yet visible. `vectors[i]` has one row for `passages[i]` and one for
        each of its sentences; None where a passage is found by keywords only."""
        with self._transaction():
            self._erase(document.source.doc_id)
            self._sql.execute(
                "INSERT INTO documents VALUES (?, 'pending', ?, ?, ?, ?, ?)",
                (
                    document.source.doc_id,
                    json.dumps(asdict(document.source), ensure_ascii=False),
                    document.text,
                    json.dumps([[h.start, h.level, h.title, h.role] for h in document.headings], ensure_ascii=False),
                    json.dumps(document.questions, ensure_ascii=False),
                    json.dumps(document.related, ensure_ascii=False),
                ),
            )
            self._sql.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (p.passage_id, p.source.doc_id, p.start, p.end, p.heading, p.role, p.text,
                     json.dumps(p.sentences), None if v is None else v.tobytes())
                    for p, v in zip(passages, vectors, strict=True)
                ],
            )  # fmt: skip

    def mark(self, doc_ids: Iterable[str], state: str) -> None:
        """Set the state of documents: `ready` shows them, `going` hides them."""
        with self._transaction():
            self._sql.executemany("UPDATE documents SET state = ? WHERE doc_id = ?", [(state, d) for d in doc_ids])
            self.record("generation", str(self.generation + 1))

    def erase(self, doc_id: str) -> None:
        """Delete a document and its passages; the files that brought it count as not read."""
        with self._transaction():
            self._erase(doc_id)
            self._sql.execute(
                "UPDATE files SET size = -1, digest = '' WHERE path IN (SELECT path FROM brought WHERE doc_id = ?)",
                (doc_id,),
            )
            self._sql.execute("DELETE FROM brought WHERE doc_id = ?", (doc_id,))

    def _erase(self, doc_id: str) -> None:
        self._sql.execute("DELETE FROM passages WHERE doc_id = ?", (doc_id,))
        self._sql.execute("DELETE FROM documents WHERE doc_id = ?", (doc_id,))
        self._sources.pop(doc_id, None)

    def unfinished(self) -> list[str]:
        """Documents that a killed run left between two states."""
        return [row[0] for row in self._sql.execute("SELECT doc_id FROM documents WHERE state != 'ready'")]

    def damage(self) -> str | None:
        """What SQLite finds wrong with its file, None if nothing."""
        try:
            (found,) = self._sql.execute("PRAGMA integrity_check(1)").fetchone()
            self._sql.execute("SELECT count(*) FROM files").fetchone()
        except sqlite3.Error as error:
            return str(error)
        return None if found == "ok" else str(found)

    def ready(self) -> list[str]:
        """The ids of the visible documents."""
        return [row[0] for row in self._sql.execute("SELECT doc_id FROM documents WHERE state = 'ready'")]

    def passage_ids(self) -> set[str]:
        """The ids of all visible passages."""
        rows = self._sql.execute("SELECT passage_id FROM passages JOIN documents USING (doc_id) WHERE state = 'ready'")
        return {row[0] for row in rows}

    def lost(self) -> list[str]:
        """Documents that a file is noted to have brought, read to its end, and that are not here."""
        rows = self._sql.execute(
            "SELECT DISTINCT doc_id FROM brought JOIN files USING (path) WHERE size >= 0 "
            "AND doc_id NOT IN (SELECT doc_id FROM documents)"
        )
        return [row[0] for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._guard:
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                if self._sql.in_transaction:  # SQLite itself takes back what a full disk has stopped
                    self._sql.execute("ROLLBACK")
                raise

    # files: what was read, so that unchanged files are not read again

    def note_file(self, path: str, size: int, modified: int, digest: str, doc_ids: Iterable[str]) -> None:
        """A file that was read to its end, and all documents that it brings."""
        with self._transaction():
            self._sql.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (path, size, modified, digest))
            self._sql.execute("DELETE FROM brought WHERE path = ?", (path,))
            self._sql.executemany("INSERT OR IGNORE INTO brought VALUES (?, ?)", [(path, d) for d in doc_ids])

    def note_documents(self, path: str, doc_ids: Iterable[str]) -> None:
        """Documents of a file that is not yet, or could not be, read to its end: the next run reads it again."""
        with self._transaction():
            self._sql.execute("INSERT OR REPLACE INTO files VALUES (?, -1, 0, '')", (path,))
            self._sql.executemany("INSERT OR IGNORE INTO brought VALUES (?, ?)", [(path, d) for d in doc_ids])

    def forget_file(self, path: str) -> None:
        with self._transaction():
            self._sql.execute("DELETE FROM files WHERE path = ?", (path,))
            self._sql.execute("DELETE FROM brought WHERE path = ?", (path,))

    def files(self) -> dict[str, Noted]:
        """path → what is noted of the file."""
        brought: dict[str, list[str]] = {}
        for path, doc_id in self._sql.execute("SELECT path, doc_id FROM brought"):
            brought.setdefault(path, []).append(doc_id)
        return {
            path: Noted(size, modified, digest, frozenset(brought.get(path, ())))
            for path, size, modified, digest in self._sql.execute("SELECT path, size, modified, digest FROM files")
        }

    # reading

    def count(self) -> tuple[int, int]:
        """(documents, passages) that are visible."""
        if (generation := self.generation) == self._counted[0]:
            return self._counted[1]
        (documents,) = self._sql.execute("SELECT count(*) FROM documents WHERE state = 'ready'").fetchone()
        (passages,) = self._sql.execute(
            "SELECT count(*) FROM passages JOIN documents USING (doc_id) WHERE state = 'ready'"
        ).fetchone()
        self._counted = generation, (documents, passages)
        return documents, passages

    def has(self, doc_id: str) -> bool:
        row = self._sql.execute("SELECT 1 FROM documents WHERE doc_id = ? AND state = 'ready'", (doc_id,)).fetchone()
        return row is not None

    def documents(self) -> Iterator[Document]:
        """All visible documents by title."""
        rows = self._sql.execute("SELECT doc_id FROM documents WHERE state = 'ready'").fetchall()
        found = (self.document(row[0]) for row in rows)
        return iter(sorted((d for d in found if d), key=lambda d: (d.source.title.casefold(), d.source.doc_id)))

    def document(self, doc_id: str) -> Document | None:
        row = self._sql.execute(
            "SELECT source, text, headings, questions, related FROM documents WHERE doc_id = ? AND state = 'ready'",
            (doc_id,),
        ).fetchone()
        if row is None:
            return None
        source, text, headings, questions, related = row
        return Document(
            _source(source), text, tuple(Heading(*item) for item in json.loads(headings)),
            tuple(json.loads(questions)), tuple(json.loads(related)),
        )  # fmt: skip

    def passages_of(self, doc_id: str) -> list[Passage]:
        """A document's passages in its order."""
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM passages JOIN documents USING (doc_id) "
            "WHERE doc_id = ? AND state = 'ready' ORDER BY first",
            (doc_id,),
        ).fetchall()
        return [self._passage(row) for row in rows]

    def opening(self, doc_id: str, most: int) -> list[str]:
        """The ids of a document's first prose passages, in its order."""
        rows = self._sql.execute(
            "SELECT passage_id FROM passages JOIN documents USING (doc_id) "
            "WHERE doc_id = ? AND role = 'prose' AND state = 'ready' ORDER BY first LIMIT ?",
            (doc_id, most),
        )
        return [passage_id for (passage_id,) in rows]

    def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        """Those of the passages that are visible."""
        rows = self._select(f"SELECT {_COLUMNS}", passage_ids)
        return {row[0]: self._passage(row) for row in rows}

    def vectors(self, passage_ids: Sequence[str], dimension: int) -> dict[str, Vectors16]:
        """passage id → (1 + sentences, dimension) unit vectors: the passage's, then its sentences'."""
        rows = self._select("SELECT passage_id, vectors", passage_ids)
        return {p: np.frombuffer(blob, np.float16).reshape(-1, dimension) for p, blob in rows if blob is not None}

    def _select(self, columns: str, passage_ids: Sequence[str]) -> list[tuple[Any, ...]]:
        marks = ",".join("?" * len(passage_ids))
        return self._sql.execute(
            f"{columns} FROM passages JOIN documents USING (doc_id) WHERE passage_id IN ({marks}) AND state = 'ready'",
            list(passage_ids),
        ).fetchall()

    def _passage(self, row: Sequence[Any]) -> Passage:
        passage_id, doc_id, first, last, heading, role, text, sentences = row
        spans = tuple((start, end) for start, end in json.loads(sentences))
        return Passage(passage_id, self.source(doc_id), text, int(first), int(last), heading, role, spans)

    def source(self, doc_id: str) -> Source:
        """Raises KeyError for a document that is not here."""
        if doc_id not in self._sources:
            row = self._sql.execute("SELECT source FROM documents WHERE doc_id = ?", (doc_id,)).fetchone()
            if row is None:
                raise KeyError(doc_id)
            self._sources[doc_id] = _source(row[0])
        return self._sources[doc_id]


_COLUMNS = "passage_id, doc_id, first, last, heading, role, passages.text, sentences"


def _source(text: str) -> Source:
    fields = json.loads(text)
    return Source(**{**fields, "authors": tuple(fields["authors"]), "tags": tuple(fields.get("tags", ()))})
