"""A path flows in, its documents flow out. It alone decides by its suffix which reader takes a file, refuses what no
reader should open, and sees to it that what cannot be read stops nothing else; readers take bytes, so that a page from
the network or a file in an archive reads as a file does."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import archive, beside, docx, epub, html, latex, markdown, mediawiki, pdf, records, text, transcript

LARGEST = 64 * 1024 * 1024
"""Bytes; a larger file is a data set, not a document."""
_LARGEST_TEXT = 16 * 1024 * 1024
"""Bytes of a format that is all text; the worst that an attack made of marks costs is about 8 s a megabyte."""

_IN_VAIN = 10
"""Records without a document, after which a file is a table of something else."""

Part = tuple[str, Document | ReadFailed | None]
"""A place inside a file (empty for the file itself) and the document there, or why there is none; None: no format that
we read."""

_FORMATS = {
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".qmd": markdown.read,
    ".rmd": markdown.read,
    ".txt": text.read,
    "": text.read,
    ".html": html.read,
    ".htm": html.read,
    ".pdf": pdf.read,
    ".tex": latex.read,
    ".latex": latex.read,
    ".docx": docx.read,
    ".epub": epub.read,
    ".srt": transcript.read,
    ".vtt": transcript.read,
    ".wiki": mediawiki.read,
    ".mediawiki": mediawiki.read,
}
_COLLECTIONS: dict[str, Callable[[BinaryIO], Iterator[records.Record]]] = {
    ".jsonl": records.of_lines,
    ".ndjson": records.of_lines,
    ".csv": records.of_table,
    ".tsv": records.of_table,
}
SUFFIXES = (*_FORMATS, *_COLLECTIONS, ".xml", ".zip")
"""What is read, in lower case; the empty suffix is plain text."""
SINGLE = tuple(_FORMATS)
"""Those of a file that is one document."""


def read(path: Path, *, collection: str = "") -> Document:
    """The one document in a file. ReadFailed, with the reason in a few words, if there is none to be had."""
    found = [part for _, part in read_all(path, collection=collection) if part is not None]
    failure = next((part for part in found if isinstance(part, ReadFailed)), None)
    documents = [part for part in found if isinstance(part, Document)]
    if failure or len(documents) != 1:
        raise failure or ReadFailed(f"it holds {len(documents)} documents, not one")
    return documents[0]


def read_all(path: Path, *, collection: str = "", fields: Mapping[str, str] | None = None) -> Iterator[Part]:
    """All documents in a file, each with its place in it, and each refusal by place and reason. Never raises.

    `fields` names the fields of records, as `records.document` takes it."""
    said = beside.read(path)
    for place, part in _read_all(path, collection, fields or {}):
        yield place, beside.completed(part, said) if said and isinstance(part, Document) else part


def _read_all(path: Path, collection: str, fields: Mapping[str, str]) -> Iterator[Part]:
    try:
        with _opened(path) as stream:
            before = os.fstat(stream.fileno())
            if before.st_size > LARGEST and _suffix(path.name) in _FORMATS:
                raise ReadFailed(f"too large ({before.st_size >> 20} MB; at most {LARGEST >> 20} MB)")
            parts = _parts(stream, PurePosixPath(path.name), collection, fields, archive.Allowance())
            nothing = True
            for part in parts:
                nothing = False
                yield part
            if nothing:
                yield "", ReadFailed("no document in it")
            after = os.fstat(stream.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                yield "", ReadFailed("changed while it was read; the next run reads it again")
    except ReadFailed as refusal:
        yield "", refusal
    except OSError as error:
        yield "", ReadFailed(f"cannot be read: {(error.strerror or str(error)).lower()}")


def _parts(
    stream: BinaryIO, path: PurePosixPath, collection: str, fields: Mapping[str, str], allowance: archive.Allowance
) -> Iterator[Part]:
    suffix = _suffix(path.name)
    try:
        if suffix == ".zip":
            for member, content in archive.members(stream, allowance, lambda name: _suffix(name) in SUFFIXES):
                if not isinstance(content, bytes):
                    yield member, content
                    continue
                with BytesIO(content) as opened, allowance.deeper():
                    for place, part in _parts(opened, PurePosixPath(member), collection, fields, allowance):
                        yield f"{member}: {place}" if place else member, part
        elif suffix == ".xml":
            for page in mediawiki.pages(stream):
                reading = partial(mediawiki.read, collection=collection)
                yield (page[0], _guarded(partial(reading, page[1].encode(), title=page[0]))) if page else ("", None)
        elif suffix in _COLLECTIONS:
            waiting: list[
                Part
            ] = []  # refusals before the first document: a table of something else has nothing but them
            for number, (place, record) in enumerate(_COLLECTIONS[suffix](stream), 1):
                part = _guarded(partial(records.document, record, fields, collection=collection))
                waiting.append((place, part))
                if isinstance(part, Document) or number > _IN_VAIN:
                    yield from waiting
                    waiting.clear()
                elif number == _IN_VAIN:
                    raise ReadFailed(f"no document in its first {_IN_VAIN} records: {waiting[0][1]}")
            yield from waiting
        else:
            yield "", _guarded(partial(_one, stream, path, collection))
    except ReadFailed as refusal:
        yield "", refusal


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _one(stream: BinaryIO, path: PurePosixPath, collection: str) -> Document:
    reader = _FORMATS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(suffix for suffix in SUFFIXES if suffix)
        raise ReadFailed(f"{path.suffix} files are not supported; these are: {known}")
    content = stream.read(LARGEST + 1)
    if not content:
        raise ReadFailed("the file is empty")
    if content.startswith(b"%PDF-"):
        reader = pdf.read
    limit = LARGEST if reader in (pdf.read, docx.read, epub.read) else _LARGEST_TEXT
    if len(content) > limit:
        raise ReadFailed(f"too large (over {limit >> 20} MB)")
    return reader(content, name=path.stem, collection=collection)


def _guarded(reading: Callable[[], Document]) -> Document | ReadFailed:
    """A document or why there is none. A fault in a reader must stop no other file, and must not stay hidden."""
    try:
        return reading()
    except ReadFailed as refusal:
        return refusal
    except RecursionError:
        return ReadFailed("nested too deep")
    except Exception as error:
        logging.getLogger(__name__).exception("A reader failed")
        return ReadFailed(f"its reader failed ({type(error).__name__}: {error})"[:300])


def _opened(path: Path) -> BinaryIO:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ReadFailed("not a regular file")
        return path.open("rb")
    except FileNotFoundError:
        raise ReadFailed("a link to nothing" if path.is_symlink() else "no such file") from None
    except PermissionError:
        raise ReadFailed("permission denied") from None
    except (OSError, RuntimeError, ValueError) as error:
        # A loop of links is ELOOP here; a path with a NUL in it is a ValueError.
        looped = path.is_symlink() if "\0" not in str(path) else False
        raise ReadFailed("a link that loops" if looped else f"cannot be opened: {error}") from None
