"""What ingest remembers between runs: which file brought which documents, and by which marks a text is known again. The
part of the store that no answer needs; another process that only reads never looks at it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import NamedTuple

TABLES = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS brought (path TEXT NOT NULL, doc_id TEXT NOT NULL, PRIMARY KEY (path, doc_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS brought_document ON brought (doc_id);
CREATE TABLE IF NOT EXISTS addresses (
    path TEXT NOT NULL, doc_id TEXT NOT NULL, url TEXT NOT NULL, PRIMARY KEY (path, doc_id, url)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bands (band INTEGER NOT NULL, doc_id TEXT NOT NULL, PRIMARY KEY (band, doc_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bands_of_document ON bands (doc_id);
"""

_SEEN = 0
"""The band that all documents have that were looked at; no text has it."""


class Noted(NamedTuple):
    """What ingest remembers of a file. A file that was not read to its end has size -1 and no digest."""

    size: int
    modified: int
    """Nanoseconds."""
    digest: str
    """sha256 of its bytes."""
    brings: frozenset[str]
    """Ids of its documents."""


class Ledger:
    """The tables of what was read, on the connection of the store."""

    _sql: sqlite3.Connection
    _guard: RLock

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

    def note_file(
        self,
        path: str,
        size: int,
        modified: int,
        digest: str,
        doc_ids: Iterable[str],
        addresses: Iterable[tuple[str, str]] = (),
    ) -> None:
        """A file that was read to its end, and all documents that it brings. `addresses` are (document id, url) where it
        has a document that another file has brought from elsewhere."""
        with self._transaction():
            self._sql.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (path, size, modified, digest))
            self._forget_what_it_brought(path)
            self._sql.executemany("INSERT OR IGNORE INTO brought VALUES (?, ?)", [(path, d) for d in doc_ids])
            self._sql.executemany("INSERT OR IGNORE INTO addresses VALUES (?, ?, ?)", [(path, *a) for a in addresses])

    def note_documents(self, path: str, doc_ids: Iterable[str]) -> None:
        """Documents of a file that is not yet, or could not be, read to its end: the next run reads it again."""
        with self._transaction():
            self._sql.execute("INSERT OR REPLACE INTO files VALUES (?, -1, 0, '')", (path,))
            self._sql.executemany("INSERT OR IGNORE INTO brought VALUES (?, ?)", [(path, d) for d in doc_ids])

    def forget_file(self, path: str) -> None:
        with self._transaction():
            self._sql.execute("DELETE FROM files WHERE path = ?", (path,))
            self._forget_what_it_brought(path)

    def _forget_what_it_brought(self, path: str) -> None:
        for table in ("brought", "addresses"):
            self._sql.execute(f"DELETE FROM {table} WHERE path = ?", (path,))

    def addresses(self) -> dict[str, list[str]]:
        """Document id → the addresses under which its very words were also read."""
        found: dict[str, list[str]] = {}
        for doc_id, url in self._sql.execute("SELECT DISTINCT doc_id, url FROM addresses ORDER BY url"):
            found.setdefault(doc_id, []).append(url)
        return found

    def files(self) -> dict[str, Noted]:
        """path → what is noted of the file."""
        brought: dict[str, list[str]] = {}
        for path, doc_id in self._sql.execute("SELECT path, doc_id FROM brought"):
            brought.setdefault(path, []).append(doc_id)
        return {
            path: Noted(size, modified, digest, frozenset(brought.get(path, ())))
            for path, size, modified, digest in self._sql.execute("SELECT path, size, modified, digest FROM files")
        }

    def brought_below(self, folder: str) -> dict[str, list[str]]:
        """path → ids of its documents, also of copies, for the files below a folder, whose name ends with its separator."""
        rows = self._sql.execute(
            "SELECT path, doc_id FROM brought JOIN documents USING (doc_id) "
            "WHERE path >= ? AND path < ? AND state IN ('ready', 'copy')",
            (folder, folder[:-1] + chr(ord(folder[-1]) + 1)),
        )
        found: dict[str, list[str]] = {}
        for path, doc_id in rows:
            found.setdefault(path, []).append(doc_id)
        return found

    def lost(self) -> list[str]:
        """Documents that a file is noted to have brought, read to its end, and that are not here."""
        rows = self._sql.execute(
            "SELECT DISTINCT doc_id FROM brought JOIN files USING (path) WHERE size >= 0 "
            "AND doc_id NOT IN (SELECT doc_id FROM documents)"
        )
        return [row[0] for row in rows]

    # bands: what makes two texts candidates for being one (`ingest.copies`)

    def unseen(self) -> list[str]:
        """Documents of which it has not been asked yet whether they are copies."""
        rows = self._sql.execute(
            "SELECT doc_id FROM documents WHERE state IN ('ready', 'copy') "
            f"AND doc_id NOT IN (SELECT doc_id FROM bands WHERE band = {_SEEN}) ORDER BY doc_id"
        )
        return [row[0] for row in rows]

    def note_seen(self, doc_ids: Iterable[str]) -> None:
        self.note_bands([(_SEEN, doc_id) for doc_id in doc_ids])

    def note_bands(self, rows: Iterable[tuple[int, str]]) -> None:
        """(band, document id): documents that share a band may be copies of one another."""
        with self._transaction():
            self._sql.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", rows)

    def forget_bands(self) -> None:
        """Let all documents be looked at again."""
        self._sql.execute("DELETE FROM bands")

    def candidates(self, doc_id: str) -> list[str]:
        """The documents that share a band with this one."""
        rows = self._sql.execute(
            "SELECT DISTINCT other.doc_id FROM bands JOIN bands AS other USING (band) "
            f"WHERE bands.doc_id = ? AND other.doc_id != bands.doc_id AND band != {_SEEN}",
            (doc_id,),
        )
        return [row[0] for row in rows]
