"""Passages in, hits out: the index, its one writer and its many readers.

An index is a folder: `passages.sqlite` (what stands there is true), `vectors` (Chroma) and `keywords` (tantivy), the
last two made from the first. It records its schema and its encoder. One process writes at a time; readers notice a new
generation at their next question.

On a Chroma server the vectors that are searched are the server's alone, and the server keeps all else too; each machine
has a copy of that (texts, sentence vectors, keywords) in its cache folder and follows the server (`replica`).
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from alignment_qa import encoders, replica
from alignment_qa.chroma import Server, is_address
from alignment_qa.place import encoder_name, recorded_in, take_lock, written
from alignment_qa.store import SCHEMA
from alignment_qa.writing import Writing

FOLLOWING = 600.0  # seconds to wait for another process of this machine that copies a server's documents


class Index(Writing):
    """An open index. Make one with `Index.open`; a writer must be closed (it is a context manager)."""

    @classmethod
    def open(
        cls, path: str | Path = "index", *, write: bool = False, encoder: str | None = None, headings: bool = True
    ) -> Index:
        """Open the index in a folder or at a server's address, with the encoder it was made with. `write` makes one
        where there is none (with `encoder`, or the default) and keeps other writers out until `close`. An index made
        without `headings` finds passages by their own words alone, and stays so; it is there to measure what headings
        bring.

        Raises IndexMissing, IndexMismatch, IndexBusy, IndexUnreachable, EncoderUnavailable."""
        if is_address(path):
            return cls._open_server(Server(str(path)), write, encoder, headings)
        path = Path(path)
        recorded = recorded_in(path)
        name = encoder_name(recorded, f"{path}/", write, encoder)
        lock = take_lock(path) if write else None
        with written(path) if write else nullcontext():
            return cls(path, encoders.load(name), lock, headings or recorded is not None)

    @classmethod
    def _open_server(cls, server: Server, write: bool, encoder: str | None, headings: bool) -> Index:
        """First this machine's copy is brought up to date; where another process is at it, that one is waited for."""
        lock = None
        try:
            facts = server.facts()
            name = encoder_name(facts, server.address, write, encoder)
            loaded = encoders.load(name)
            lock = take_lock(server.folder, 0 if write else FOLLOWING)
            if write:
                server.lease()
                if facts is None:
                    left_out = {} if headings else {"headings": "left out"}
                    server.begin({"schema": str(SCHEMA), "encoder": name, **left_out})
                replica.tidy(server)
            with written(server.folder):
                replica.follow(server, server.folder)
                if not write:
                    lock.release()
                return cls(server.folder, loaded, lock if write else None, server=server)
        except BaseException:
            if lock is not None:
                lock.release()
            server.close()
            raise

    def close(self) -> None:
        """Finish writing and let others in. Readers need not call it."""
        try:
            self._keywords.close()
        finally:
            self._disconnect()
            self._store.close()
            if self._lock is not None:
                self._lock.release()
            if self._server is not None:
                self._server.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with written(self.path) if self._lock is not None else nullcontext():
            try:
                if error is not None:
                    raise error
            finally:
                self.close()
