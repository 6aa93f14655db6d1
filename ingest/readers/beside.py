"""A file's path flows in, what is stated of it in a hidden file beside it flows out: what a collection says of a document
that the document's own bytes do not (`sources`). It alone knows that file's name and how it is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from alignment_qa.types import Document, Source
from ingest.readers.frontmatter import Stated, stated

_LARGEST = 1024 * 1024


def place(path: Path) -> Path:
    """Where the statements about a file are; hidden, so that no walk takes them for a document."""
    return path.with_name(f".{path.name}.json")


def read(path: Path) -> Mapping[str, Any]:
    """All that is kept beside a file; nothing if nothing is, or if it cannot be read."""
    try:
        with place(path).open("rb") as stream:
            found = json.loads(stream.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def digest(path: Path) -> str:
    """sha256 of a file with what is stated beside it."""
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256")
    with suppress(OSError):
        found.update(place(path).read_bytes())
    return found.hexdigest()


def completed(document: Document, kept: Mapping[str, Any]) -> Document:
    """The document with what is said of it: that wins over its own statements, `otherwise` only fills what is open."""
    said, otherwise = (_stated(kept.get(name)) for name in ("said", "otherwise"))
    return replace(
        document,
        source=_filled(said, document.source, otherwise),
        questions=tuple(dict.fromkeys((*document.questions, *said.questions))),
        related=tuple(dict.fromkeys((*document.related, *said.related))),
    )


def _filled(said: Stated, own: Source, otherwise: Stated) -> Source:
    names = ("title", "url", "authors", "published", "licence", "tags")
    values = {name: getattr(said, name) or getattr(own, name) or getattr(otherwise, name) for name in names}
    return replace(own, **values, score=own.score if said.score is None else said.score)


def _stated(value: Any) -> Stated:
    return stated(value) if isinstance(value, Mapping) else Stated()
