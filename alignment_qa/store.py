"""Documents and passages on disk: the only door to SQLite, and the one place whose word counts.

The vectors and the keyword index are made from what stands here and can be made again. A document becomes visible
only when it is complete in all three (`state` is `ready`), so a run that was killed never shows half a document.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment_qa import ledger
from alignment_qa.copies import Copies
from alignment_qa.ledger import Ledger
from alignment_qa.marks import between
from alignment_qa.types import Document, Heading, Passage, Source

SCHEMA = 7
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
CREATE TABLE IF NOT EXISTS marks (
    doc_id TEXT NOT NULL, kind TEXT NOT NULL, first INTEGER NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY (doc_id, kind, first)) WITHOUT ROWID;
"""

Vectors16 = NDArray[np.float16]


def connect(path: Path, tables: str | None) -> sqlite3.Connection:
    """A file of SQLite, with these tables if it is to be written to; None only reads."""
    sql = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
    sql.executescript("PRAGMA query_only = ON" if tables is None else f"PRAGMA journal_mode = WAL; {tables}")
    return sql


class Store(Ledger):
    """One SQLite file. Safe from several threads."""

    def __init__(self, path: Path, *, write: bool) -> None:
        self._sql = connect(path, _TABLES + ledger.TABLES if write else None)
        self._guard = RLock()
        self._sources: dict[str, Source] = {}
        self._copies: tuple[str | None, Copies] = (None, Copies())
        self._counted: tuple[int, tuple[int, int]] = (-1, (0, 0))
        self._listed: tuple[int, list[Source]] = (-1, [])

    def close(self) -> None:
        self._sql.close()

    # facts

    def fact(self, name: str) -> str | None:
        """A recorded fact about the index, None if it is not recorded."""
        row = self._sql.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def record(self, name: str, value: str) -> None:
        self._sql.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def unrecord(self, name: str) -> None:
        """Forget a fact about the index."""
        self._sql.execute("DELETE FROM facts WHERE name = ?", (name,))

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
            for kind, marks in (("page", document.pages), ("quoted", document.quoted)):
                rows = [(document.source.doc_id, kind, first, value) for first, value in marks]
                self._sql.executemany("INSERT INTO marks VALUES (?, ?, ?, ?)", rows)

    def mark(self, doc_ids: Iterable[str], state: str) -> None:
        """Set the state of documents: `ready` shows them, `going` hides them before they are erased."""
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
            for table in ("brought", "addresses"):
                self._sql.execute(f"DELETE FROM {table} WHERE doc_id = ?", (doc_id,))

    def _erase(self, doc_id: str) -> None:
        for table in ("passages", "marks", "bands", "documents"):
            self._sql.execute(f"DELETE FROM {table} WHERE doc_id = ?", (doc_id,))
        self._sources.pop(doc_id, None)

    def settle(self, copies: Copies) -> None:
        """Hide the documents that are copies, show those that no longer are, and record which are."""
        with self._transaction():
            self._sql.executemany("UPDATE documents SET state = ? WHERE doc_id = ?", self._moves(copies))
            self.record("copies", copies.dumps())
            self.record("generation", str(self.generation + 1))

    def moves(self, copies: Copies) -> list[str]:
        """The documents that would be hidden or shown."""
        return sorted(doc_id for _, doc_id in self._moves(copies))

    def _moves(self, copies: Copies) -> list[tuple[str, str]]:
        held = self._sql.execute(f"SELECT state, doc_id FROM documents WHERE {_HELD}")
        wanted = [(state, "copy" if doc_id in copies.of else "ready", doc_id) for state, doc_id in held]
        return [(state, doc_id) for before, state, doc_id in wanted if state != before]

    def copies(self) -> Copies:
        """Which documents are copies of others."""
        text = self.fact("copies")
        if text != self._copies[0]:
            self._copies = (text, Copies.loads(text))
            self._sources.clear()
        return self._copies[1]

    def unfinished(self) -> list[str]:
        """Documents that a killed run left between two states."""
        return [row[0] for row in self._sql.execute(f"SELECT doc_id FROM documents WHERE NOT ({_HELD})")]

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

    def held(self) -> list[str]:
        """The ids of the visible documents and of their copies."""
        return [row[0] for row in self._sql.execute(f"SELECT doc_id FROM documents WHERE {_HELD}")]

    def passage_ids(self) -> set[str]:
        """The ids of all visible passages."""
        rows = self._sql.execute("SELECT passage_id FROM passages JOIN documents USING (doc_id) WHERE state = 'ready'")
        return {row[0] for row in rows}

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
        """Whether a document is here, if only as a copy."""
        return self.state(doc_id) in ("ready", "copy")

    def state(self, doc_id: str) -> str | None:
        """`ready` where a document is visible, `copy` where another answers for it; None where it is not here."""
        row = self._sql.execute("SELECT state FROM documents WHERE doc_id = ?", (doc_id,)).fetchone()
        return row[0] if row else None

    def sources(self) -> Sequence[Source]:
        """What is known of all visible documents, by title."""
        if (generation := self.generation) != self._listed[0]:
            rows = self._sql.execute("SELECT source FROM documents WHERE state = 'ready'").fetchall()
            found = sorted((_source(text) for (text,) in rows), key=lambda s: (s.title.casefold(), s.doc_id))
            self._listed = generation, found
        return self._listed[1]

    def documents(self) -> Iterator[Document]:
        """All visible documents by title."""
        rows = self._sql.execute("SELECT doc_id FROM documents WHERE state = 'ready'").fetchall()
        found = (self.document(row[0]) for row in rows)
        return iter(sorted((d for d in found if d), key=lambda d: (d.source.title.casefold(), d.source.doc_id)))

    def document(self, doc_id: str) -> Document | None:
        """A document, also one that is a copy of another."""
        row = self._sql.execute(
            f"SELECT text, headings, questions, related FROM documents WHERE doc_id = ? AND {_HELD}", (doc_id,)
        ).fetchone()
        if row is None:
            return None
        text, headings, questions, related = row
        marks = self._marks([doc_id])
        self.copies()
        return Document(
            self.source(doc_id), text, tuple(Heading(*item) for item in json.loads(headings)),
            tuple(json.loads(questions)), tuple(json.loads(related)),
            marks.get((doc_id, "page"), ()), marks.get((doc_id, "quoted"), ()),
        )  # fmt: skip

    def passages_of(self, doc_id: str) -> list[Passage]:
        """A document's passages in its order, also those of a copy."""
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM passages JOIN documents USING (doc_id) WHERE doc_id = ? AND {_HELD} ORDER BY first",
            (doc_id,),
        ).fetchall()
        return self._passages(rows)

    def beside(self, passage: Passage, step: int) -> Passage | None:
        """The passage of a document after this one (`step` 1) or before it (-1)."""
        side, edge = (
            ("first >= ? ORDER BY first", passage.end) if step > 0 else ("last <= ? ORDER BY first DESC", passage.start)
        )
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM passages JOIN documents USING (doc_id) WHERE doc_id = ? AND {_HELD} AND {side} LIMIT 1",
            (passage.source.doc_id, edge),
        ).fetchall()
        return next(iter(self._passages(rows)), None)

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
        rows = self._select(f"SELECT {_COLUMNS}", passage_ids, "state = 'ready'")
        return {passage.passage_id: passage for passage in self._passages(rows)}

    def vectors(self, passage_ids: Sequence[str], dimension: int) -> dict[str, Vectors16]:
        """passage id → (1 + sentences, dimension) unit vectors: the passage's, then its sentences'; also of copies."""
        rows = self._select("SELECT passage_id, vectors", passage_ids, _HELD)
        return {p: np.frombuffer(blob, np.float16).reshape(-1, dimension) for p, blob in rows if blob is not None}

    def searched(self, doc_ids: Collection[str]) -> int:
        """How many passages of these documents have vectors."""
        return sum(
            count for part in _parts(doc_ids)
            for (count,) in self._sql.execute(f"SELECT count(*) FROM passages WHERE {_in(part)} AND role = 'prose'", part)
        )  # fmt: skip

    def listing(self, questions: Collection[str]) -> frozenset[str]:
        """The ids of the visible documents that list one of these questions first."""
        first = "json_extract(questions, '$[0]') IN (SELECT value FROM json_each(?))"
        rows = self._sql.execute(
            f"SELECT doc_id FROM documents WHERE state = 'ready' AND {first}", (json.dumps(sorted(questions)),)
        )
        return frozenset(row[0] for row in rows)

    def vectors_of(self, doc_ids: Collection[str], dimension: int) -> tuple[list[str], NDArray[np.float32]]:
        """Ids and (n, dimension) unit vectors of the passages of these documents that have one."""
        names: list[str] = []
        rows = bytearray()
        for part in _parts(doc_ids):
            found = self._sql.execute(
                f"SELECT passage_id, substr(vectors, 1, {2 * dimension}) FROM passages "
                f"WHERE {_in(part)} AND vectors IS NOT NULL", part,
            )  # fmt: skip
            for name, vector in found:
                names.append(name)
                rows += vector
        return names, np.frombuffer(rows, np.float16).reshape(-1, dimension).astype(np.float32)

    def _select(self, columns: str, passage_ids: Sequence[str], state: str) -> list[tuple[Any, ...]]:
        return self._sql.execute(
            f"{columns} FROM passages JOIN documents USING (doc_id) WHERE passage_id IN ({_places(passage_ids)}) AND {state}",
            list(passage_ids),
        ).fetchall()

    def _passages(self, rows: Sequence[Sequence[Any]]) -> list[Passage]:
        self.copies()  # another process may have found new ones, and with them other addresses
        marks = self._marks(list({row[1] for row in rows}))
        found = []
        for passage_id, doc_id, first, last, heading, role, text, sentences in rows:
            spans = tuple((start, end) for start, end in json.loads(sentences))
            pages, quoted = (between(marks.get((doc_id, kind), ()), first, last) for kind in ("page", "quoted"))
            source = self.source(doc_id)
            found.append(Passage(passage_id, source, text, first, last, heading, role, spans, pages, quoted))
        return found

    def _marks(self, doc_ids: Sequence[str]) -> dict[tuple[str, str], tuple[tuple[int, int], ...]]:
        """(document id, kind) → its marks in order; none in an index that was made before there were any."""
        if not self._sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'marks'").fetchone():
            return {}
        rows = self._sql.execute(
            f"SELECT doc_id, kind, first, value FROM marks WHERE doc_id IN ({_places(doc_ids)}) ORDER BY doc_id, kind, first",
            list(doc_ids),
        )
        return {
            key: tuple((first, value) for *_, first, value in found)
            for key, found in groupby(rows, key=lambda row: (row[0], row[1]))
        }

    def source(self, doc_id: str) -> Source:
        """Raises KeyError for a document that is not here."""
        if doc_id not in self._sources:
            row = self._sql.execute("SELECT source FROM documents WHERE doc_id = ?", (doc_id,)).fetchone()
            if row is None:
                raise KeyError(doc_id)
            self._sources[doc_id] = replace(_source(row[0]), also=self._copies[1].also.get(doc_id, ()))
        return self._sources[doc_id]


def _places(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))


_HELD = "state IN ('ready', 'copy')"
_COLUMNS = "passage_id, doc_id, first, last, heading, role, passages.text, sentences"


def _parts(doc_ids: Collection[str]) -> Iterator[list[str]]:
    """Sorted, so many at a time as one statement takes."""
    ordered = sorted(doc_ids)
    return (ordered[at : at + 500] for at in range(0, len(ordered), 500))


def _in(part: Sequence[str]) -> str:
    return f"doc_id IN ({','.join('?' * len(part))})"


def _source(text: str) -> Source:
    fields = json.loads(text)
    return Source(**{**fields, "authors": tuple(fields["authors"]), "tags": tuple(fields.get("tags", ())), "also": ()})
