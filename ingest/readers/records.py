"""JSONL and tables flow in, one document a record flows out. It alone knows what public data sets call a title, a text
and a date, and in which markup a text without a suffix is written."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from typing import Any, BinaryIO

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import html, markdown, text, transcript
from ingest.readers.assemble import assemble
from ingest.readers.blocks import normal
from ingest.readers.decoding import encoding_of
from ingest.readers.frontmatter import stated

FIELDS = {
    "title": ("title", "name", "headline"),
    "text": ("text", "body", "content", "contents", "markdown", "htmlBody", "html", "transcript", "abstract"),
    "url": ("url", "link", "source_url", "pageUrl", "address", "canonical_url"),
    "authors": ("authors", "author", "by", "creator"),
    "published": ("date_published", "published", "published_at", "postedAt", "pubdate", "date", "year"),
    "licence": ("licence", "license", "rights"),
}
"""What a document states → the names it goes by, likeliest first; the Alignment Research Dataset's among them."""

_LONGEST = 16 * 1024 * 1024
"""Bytes of one record."""
_MARKDOWN = re.compile(
    r"^#{1,6} \S|^\s{0,3}(?:[-*+]|\d+\.) \S|\]\((?:https?:|/|#)|\*\*\S[^*\n]*\*\*|^```|^> ", re.MULTILINE
)
_HTML = re.compile(r"<(?:p|div|h[1-6]|ul|ol|blockquote|article|body|br)\b[^<>]{0,500}>", re.IGNORECASE)

Record = tuple[str, Mapping[str, Any] | ReadFailed]
"""Where it stands in the file, and what it holds or why that cannot be told."""


def document(record: Mapping[str, Any] | ReadFailed, fields: Mapping[str, str], *, collection: str = "") -> Document:
    """The document of a record. `fields` maps names of FIELDS to the record's own. ReadFailed if it has no text."""
    if isinstance(record, ReadFailed):
        raise record
    told = {name: _first(record, (fields[name],) if name in fields else FIELDS[name]) for name in FIELDS}
    body = told.pop("text")
    if not isinstance(body, str) or not body.strip():
        known = ", ".join(str(name)[:40] for name in list(record)[:12])
        raise ReadFailed(f"no field holds its text (it has: {known}); name it with --fields text=NAME")
    said = stated({name: _listed(value) if name == "authors" else value for name, value in told.items()})
    return assemble(_blocks(normal(body)), said, collection=collection)


def of_lines(stream: BinaryIO) -> Iterator[Record]:
    """The records of a JSONL file, a line each."""
    number = 0
    while line := stream.readline(_LONGEST + 1):
        number += 1
        if len(line) > _LONGEST:
            while line and not line.endswith(b"\n"):
                line = stream.readline(_LONGEST)
            yield f"line {number}", ReadFailed(f"a line of over {_LONGEST >> 20} MB")
        elif line.strip():
            yield f"line {number}", _parsed(line)


def of_table(stream: BinaryIO) -> Iterator[Record]:
    """The records of a CSV or TSV file, whose first row names the fields."""
    head = stream.read(65_536)
    stream.seek(0)
    encoding = encoding_of(head)
    first = head.decode(encoding, "replace").split("\n", 1)[0]
    csv.field_size_limit(_LONGEST)
    characters = TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    rows = csv.reader(characters, delimiter=max("\t,;|", key=first.count))
    names: list[str] | None = None
    try:
        for row in rows:
            if names is None:
                names = [name.strip() for name in row]
            elif any(row):
                yield f"row {rows.line_num}", dict(zip(names, row, strict=False))
    except csv.Error as error:
        yield f"row {rows.line_num}", ReadFailed(f"the table cannot be read from here on: {error}")
    finally:
        characters.detach()  # the stream is not ours to close


def _parsed(line: bytes) -> Mapping[str, Any] | ReadFailed:
    try:
        record = json.loads(line.decode("utf-8-sig"))
        if b"\\u" in line:  # half a surrogate pair, which no encoding can write
            record = json.loads(json.dumps(record, ensure_ascii=False).encode("utf-8", "ignore"))
    except UnicodeDecodeError:
        return ReadFailed("not UTF-8")
    except (ValueError, RecursionError):
        return ReadFailed("not JSON")
    return record if isinstance(record, dict) else ReadFailed("not a JSON object")


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    folded = {str(name).casefold(): value for name, value in record.items()}
    found = (folded.get(name.casefold()) for name in names)
    return next((value for value in found if value not in (None, "", [], {})), None)


def _listed(value: Any) -> Any:
    """A list that a table had to write as text: `["Ada", "Bo"]`, `['Ada', 'Bo']`."""
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return re.findall(r"[\"']([^\"']+)[\"']", value) or value.strip("[]")
    return value


def _blocks(body: str) -> Any:
    if len(_HTML.findall(body[:20_000])) > 1:
        return html.blocks(body)
    return markdown.blocks(body) if _MARKDOWN.search(body[:20_000]) else text.blocks(transcript.untimed(body))
