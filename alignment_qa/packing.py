"""A document with its passages and vectors flows in, text that a Chroma server can keep flows out, and back."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from alignment_qa.marks import between
from alignment_qa.store import Vectors16
from alignment_qa.types import Document, Heading, Passage, Source


class Packed(NamedTuple):
    """A document as it is brought into an index: `vectors[i]` belongs to `passages[i]`."""

    document: Document
    passages: list[Passage]
    vectors: list[Vectors16 | None]


def pack(packed: Packed) -> str:
    """All of a document as text that Chroma can keep."""
    document, passages, vectors = packed
    told: dict[str, Any] = asdict(document)
    told["passages"] = [
        [p.passage_id, p.start, p.end, p.heading, p.role, p.sentences, None if v is None else _text(v.tobytes())]
        for p, v in zip(passages, vectors, strict=True)
    ]
    return _text(zlib.compress(json.dumps(told).encode(), 1))


def unpack(text: str) -> Packed:
    """What `pack` was given."""
    told = json.loads(zlib.decompress(base64.b64decode(text)))
    said = told["source"]
    source = Source(**{**said, "authors": tuple(said["authors"]), "tags": tuple(said.get("tags", ())), "also": ()})
    pages, quoted = (tuple((at, value) for at, value in told.get(kind, ())) for kind in ("pages", "quoted"))
    document = Document(
        source, told["text"], tuple(Heading(**heading) for heading in told["headings"]),
        tuple(told["questions"]), tuple(told["related"]), pages, quoted,
    )  # fmt: skip
    passages, vectors = [], []
    for passage_id, start, end, heading, role, sentences, blob in told["passages"]:
        spans = tuple((first, last) for first, last in sentences)
        marks = between(pages, start, end), between(quoted, start, end)
        passages.append(Passage(passage_id, source, document.text[start:end], start, end, heading, role, spans, *marks))
        rows = 1 + len(spans)
        vectors.append(None if blob is None else np.frombuffer(base64.b64decode(blob), np.float16).reshape(rows, -1))
    return Packed(document, passages, vectors)


def unpacked(text: str) -> Packed | None:
    """What `pack` was given, None where the text is damaged."""
    try:
        return unpack(text)
    except (ValueError, KeyError, TypeError, zlib.error):
        return None


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
