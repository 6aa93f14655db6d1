"""A path flows in, a Document flows out. It alone decides by its suffix which reader takes a file, and refuses what no
reader should open; each reader takes bytes, so that a page from the network reads as a file does."""

from __future__ import annotations

import stat
from pathlib import Path

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import html, latex, markdown, pdf, text

LARGEST = 64 * 1024 * 1024
"""Bytes; a larger file is a data set, not a document."""

_FORMATS = {
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".qmd": markdown.read,
    ".txt": text.read,
    "": text.read,
    ".html": html.read,
    ".htm": html.read,
    ".pdf": pdf.read,
    ".tex": latex.read,
    ".latex": latex.read,
}
SUFFIXES = tuple(_FORMATS)
"""What `read` takes, in lower case; the empty suffix is plain text."""


def read(path: Path, *, collection: str = "") -> Document:
    """The document in a file. ReadFailed, with the reason in a few words, if there is none to be had."""
    reader = _FORMATS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(suffix for suffix in SUFFIXES if suffix)
        raise ReadFailed(f"{path.suffix} files are not supported; these are: {known}")
    content = _content(path)
    if content.startswith(b"%PDF-"):
        reader = pdf.read
    return reader(content, name=path.stem, collection=collection)


def _content(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ReadFailed("not a regular file")
        if status.st_size > LARGEST:
            raise ReadFailed(f"too large ({status.st_size >> 20} MB; at most {LARGEST >> 20} MB)")
        content = path.read_bytes()
    except FileNotFoundError:
        raise ReadFailed("a link to nothing" if path.is_symlink() else "no such file") from None
    except PermissionError:
        raise ReadFailed("permission denied") from None
    except (OSError, RuntimeError, ValueError) as error:
        # A loop of links is ELOOP here; a path with a NUL in it is a ValueError.
        looped = path.is_symlink() if "\0" not in str(path) else False
        raise ReadFailed("a link that loops" if looped else f"cannot be opened: {error}") from None
    if not content:
        raise ReadFailed("the file is empty")
    return content
