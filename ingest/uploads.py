"""Files that people hand over in the web chat: kept in a folder beside the index, brought in and taken out as any folder is.

The folder of `index/` is `index-files/`; what is handed over lies in `index-files/uploads/`, so `uploads` is its collection.
Every `python -m ingest` of that index reads the folder too, so it outlasts `--rebuild`, and a file that is deleted there
goes from the index.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TypeVar

from alignment_qa.chroma import is_address
from alignment_qa.errors import IndexBusy, ReadFailed
from alignment_qa.index import Index
from ingest import readers
from ingest.sync import Report, sync

NAME = "uploads"
PATIENCE = 10.0  # seconds for which another run that writes to the index is waited for
_LONGEST = 200  # bytes of a file's name that are kept; file systems take 255

T = TypeVar("T")


def files_of(index: str | Path) -> Path | None:
    """The folder of files that belong to an index; None where the index is on a server, which has no place beside it."""
    if is_address(index):
        return None
    path = Path(index).absolute()
    return path.with_name(f"{path.name}-files")


class Uploads:
    """The uploads of the index in a folder. Raises IndexBusy when another run writes for too long."""

    limit = readers.LARGEST

    def __init__(self, index: Index) -> None:
        self._index = index  # to read; each change opens its own writer
        self._root = files_of(index.path)
        assert self._root
        self.folder = self._root / NAME
        self._one = Lock()  # at a time; one index has one writer

    def place(self, name: str) -> Path:
        """Where a file of that name may be received. Raises ReadFailed for a format that is not read."""
        suffix = PurePosixPath(plain(name)).suffix.lower()
        if suffix not in readers.SUFFIXES:
            known = ", ".join(one for one in readers.SUFFIXES if one)
            raise ReadFailed(f"{suffix} files are not supported; these are: {known}")
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f".{os.urandom(8).hex()}"  # a name with a dot is not read

    def add(self, name: str, received: Path) -> tuple[list[str], list[str]]:
        """Bring a received file in under its name, in place of an earlier one of that name: the ids of its new documents,
        and what of it could not be read. Raises ReadFailed, and leaves all as it was, when nothing could."""
        target = self.folder / plain(name)
        earlier = received.with_name(received.name + "-earlier")
        with self._one:
            with suppress(FileNotFoundError):
                target.replace(earlier)
            received.replace(target)
            try:
                report = self._writing(lambda index: self._taken(target, index))
            except BaseException:
                target.unlink()
                with suppress(FileNotFoundError):
                    earlier.replace(target)
                with suppress(Exception):
                    self._writing(self._follow)
                raise
            earlier.unlink(missing_ok=True)
        return report.added, [f"{_within(path, target)}{reason}" for path, reason in report.skipped]

    def remove(self, doc_id: str) -> list[str]:
        """Delete the uploaded file that brought a document: the ids of all documents that went with it.

        Raises ReadFailed when no uploaded file brought it."""
        with self._one:
            names = [path for path, doc_ids in self._brought().items() if doc_id in doc_ids]
            if not names:
                raise ReadFailed("it was not added here, so it cannot be removed here")
            for name in names:
                Path(name).unlink(missing_ok=True)
            return self._writing(self._follow).removed

    def files(self) -> dict[str, str]:
        """Document id → the name of the uploaded file that brought it."""
        return {doc_id: Path(path).name for path, doc_ids in self._brought().items() for doc_id in doc_ids}

    def _brought(self) -> Mapping[str, list[str]]:
        return self._index.store.brought_below(f"{self.folder}{os.sep}")

    def _taken(self, target: Path, index: Index) -> Report:
        report = sync([target], index)
        if not report.added and (report.skipped or report.repeated):
            told = report.skipped or [("", f"the same text is here already: {self._title(report.repeated[0][1])}")]
            raise ReadFailed("; ".join(f"{_within(path, target)}{reason}" for path, reason in told[:3]))
        return report

    def _follow(self, index: Index) -> Report:
        assert self._root
        return sync([self._root], index)

    def _title(self, doc_id: str) -> str:
        return self._index.store.source(doc_id).title

    def _writing(self, work: Callable[[Index], T]) -> T:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with Index.open(self._index.path, write=True) as index:
                    return work(index)
            except IndexBusy:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


def plain(name: str) -> str:
    """A file's name as it may stand in a folder: no path, no control characters, no dot first, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    last = "".join(sign for sign in last if sign.isprintable()).strip().lstrip(".") or "upload"
    stem, suffix = PurePosixPath(last).stem, PurePosixPath(last).suffix[:20]
    return stem.encode("utf-8", "ignore")[:_LONGEST].decode("utf-8", "ignore") + suffix


def _within(path: str, target: Path) -> str:
    """The place inside a file that a report names, for those who know the file by its name alone."""
    place = path.removeprefix(str(target)).lstrip(": ")
    return f"{place}: " if place else ""
