"""What people say of answers and citations → rows of a local file, for whoever tends documents and questions.

The file is apart from the index, so that making the index anew, or keeping it on a server, loses nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from alignment_qa.chroma import is_address
from alignment_qa.config import Config
from alignment_qa.errors import AlignmentQAError, WriteFailed
from alignment_qa.store import connect

Verdict = Literal["right", "wrong"]

PAGES = 12_800  # of 4 KiB, the most that a file takes: anybody who can ask can also fill a disk
LONGEST = 2000  # characters of a comment that are kept

_TABLES = f"""
PRAGMA max_page_count = {PAGES};
CREATE TABLE IF NOT EXISTS opinions (
    answer_id TEXT NOT NULL, citation INTEGER NOT NULL, verdict TEXT NOT NULL, comment TEXT NOT NULL,
    answer TEXT NOT NULL, index_digest TEXT NOT NULL, said TEXT NOT NULL, PRIMARY KEY (answer_id, citation));
"""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody says of an answer, or of one of its citations: `wrong` then means that the quote does not support
    the sentence. `answer` is what `cite.as_json` gives, the question in it; `index` is `Index.digest`."""

    answer_id: str
    citation: int
    """A citation's number; 0 for the answer as a whole."""
    verdict: Verdict
    comment: str
    answer: dict[str, object]
    index: str
    said: str = ""
    """When, in ISO 8601."""


class Feedback:
    """A file of opinions; it is made with the first of them. Safe from several threads and programs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, config: Config) -> Feedback:
        """The file that is configured; else the one beside the index, or here for an index on a server."""
        if config.feedback:
            return cls(Path(config.feedback))
        index = Path(config.index.rstrip("/").rpartition("/")[2] if is_address(config.index) else config.index)
        return cls(index.resolve().with_name(f"{index.resolve().name}-feedback.sqlite"))

    def keep(self, opinion: Opinion) -> None:
        """Keep an opinion, in place of an earlier one on the same. Raises WriteFailed."""
        with self._written() as sql:
            sql.execute(
                "INSERT OR REPLACE INTO opinions VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    opinion.answer_id,
                    opinion.citation,
                    opinion.verdict,
                    opinion.comment[:LONGEST],
                    json.dumps(opinion.answer, ensure_ascii=False),
                    opinion.index,
                    opinion.said or datetime.now(UTC).isoformat(timespec="seconds"),
                ),
            )

    def withdraw(self, answer_id: str, citation: int) -> None:
        """Forget an opinion. Raises WriteFailed."""
        with self._written() as sql:
            sql.execute("DELETE FROM opinions WHERE answer_id = ? AND citation = ?", (answer_id, citation))

    def opinions(self) -> list[Opinion]:
        """All opinions, oldest first. Raises AlignmentQAError where no file holds any."""
        if not self.path.is_file():
            raise AlignmentQAError(f"No feedback at {self.path}. The web chat writes it when somebody rates an answer.")
        try:
            with closing(connect(self.path, None)) as sql:
                rows = sql.execute(
                    "SELECT answer_id, citation, verdict, comment, answer, index_digest, said FROM opinions ORDER BY said, answer_id, citation"
                ).fetchall()
        except sqlite3.Error as error:
            raise AlignmentQAError(f"{self.path} is no file of feedback: {error}") from None
        return [
            Opinion(answer_id, citation, verdict, comment, json.loads(answer), index, said)
            for answer_id, citation, verdict, comment, answer, index, said in rows
        ]

    @contextmanager
    def _written(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(connect(self.path, _TABLES)) as sql:
                yield sql
        except (sqlite3.Error, OSError) as error:
            raise WriteFailed(f"Feedback could not be kept in {self.path}: {error}.") from error
