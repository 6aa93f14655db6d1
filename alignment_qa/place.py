"""The place of an index, a folder or a server's copy: who may write there, what is recorded of it, and its end."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alignment_qa.chroma import Server, fault, is_address
from alignment_qa.config import DEFAULT_ENCODER
from alignment_qa.errors import IndexBusy, IndexMismatch, IndexMissing, WriteFailed
from alignment_qa.store import SCHEMA, Store


def aside(path: str) -> Path | None:
    """Where an index is kept while another takes its place, under a name that nobody gives one; None for one on a server,
    which is deleted first."""
    return None if is_address(path) else Path(f"{path.rstrip('/')}.before-rebuild")


def set_aside(path: str) -> None:
    """Make room for an index that is made anew. What a run that was stopped had made of it goes; the last whole one stays
    aside until the new one is done. Raises IndexBusy, IndexUnreachable."""
    if is_address(path):
        server = Server(path)
        lock = take_lock(server.folder)
        try:
            server.drop()
        finally:
            lock.release()
            server.close()
    elif (Path(path) / "passages.sqlite").exists():
        lock, before = take_lock(Path(path)), aside(path)
        try:
            if before is not None and not before.exists():
                Path(path).rename(before)
            else:
                shutil.rmtree(path)
        finally:
            lock.release()


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Say of an engine's error where it happened and what to do."""
    try:
        yield
    except (OSError, sqlite3.Error, fault()) as error:
        raise WriteFailed(
            f"Could not write to {path}/: {error}. If the disk is full, make room, and run the same command again: what was "
            f"read so far is kept. If not, see what is wrong with: python -m ingest --check --index {path}"
        ) from error


def encoder_name(recorded: dict[str, str] | None, place: str, write: bool, encoder: str | None) -> str:
    """The encoder of an index of which these facts are recorded. Raises IndexMissing, IndexMismatch."""
    named = place.rstrip("/")
    if recorded is None and not write:
        raise IndexMissing(f"No index at {place}. Build one with: python -m ingest --index {named}")
    mend = f"Make it anew with: python -m ingest --rebuild --index {named}"
    if recorded and recorded["schema"] != str(SCHEMA):
        raise IndexMismatch(
            f"The index at {place} has schema {recorded['schema']}, this program reads {SCHEMA}. {mend}"
        )
    name = recorded["encoder"] if recorded else encoder or DEFAULT_ENCODER
    if encoder and encoder != name:
        raise IndexMismatch(f"The index at {place} was made with the encoder {name!r}, not {encoder!r}. {mend}")
    return name


def recorded_in(path: Path) -> dict[str, str] | None:
    """Schema and encoder that an index records; None where there is no finished index."""
    file = path / "passages.sqlite"
    if not file.exists():
        return None
    store = Store(file, write=False)
    try:
        schema, encoder = store.fact("schema"), store.fact("encoder")
    except sqlite3.Error:
        return None
    finally:
        store.close()
    return {"schema": schema, "encoder": encoder} if schema and encoder else None


def take_lock(path: Path, patience: float = 0) -> Any:
    """The one writer's lock, to be released; waits at most `patience` seconds. Raises IndexBusy."""
    from filelock import FileLock, Timeout

    path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path / "lock")
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        raise IndexBusy(
            f"Another ingest is writing to {path}/. Wait for it to end, then run the command again."
        ) from None
    return lock
