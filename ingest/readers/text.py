"""The bytes of a plain text file flow in, a Document flows out. It alone guesses structure from lines: which newlines
are soft wraps, which lines are headings, which are list items."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from alignment_qa.sentences import is_list_item
from alignment_qa.types import Document
from ingest.readers import transcript
from ingest.readers.assemble import assemble
from ingest.readers.blocks import Block, normal, prose
from ingest.readers.decoding import decode
from ingest.readers.frontmatter import Stated, split_front_matter, stated
from ingest.readers.markup import plain, without_comments
from ingest.readers.sections import bare_heading, entry, purpose_of

_HEADER = re.compile(
    r"(title|authors?|by|date|published|url|source_url|link|licen[sc]e)[ \t]*:[ \t]+(\S.*)", re.IGNORECASE
)
_HASHES = re.compile(r"(#{1,6})[ \t]+(\S.*?)[ \t]*#*[ \t]*")
_RULE = re.compile(r"[ \t]*([-=*_~+#•·—–][ \t]?)\1{2,}[ \t]*")
_NUMBERED = re.compile(
    r"(?:(\d{1,2}(?:\.\d{1,2}){0,4})\.?|[IVX]{1,5}\.|(?:Chapter|Section|Part|Appendix)\s\w{1,4}[.:]?)\s+[A-Z“\"‘'].{1,80}"
)
_WIDEST = 130


def read(content: bytes, *, name: str = "", collection: str = "") -> Document:
    """The document in a plain text file. ReadFailed if its bytes are no text or hold no prose."""
    said, text = split_front_matter(normal(decode(content)))
    header, text = _header(text)
    return assemble(
        blocks(transcript.untimed(text)), said if said != Stated() else header, name=name, collection=collection
    )


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a text by its blank lines, wraps, marks and lone lines."""
    text = without_comments(text)
    drafting = False
    for lines in _groups(text):
        for block in _of_group(lines, drafting=drafting):
            if bare_heading(block.text) and block.kind in ("paragraph", "heading"):
                drafting = purpose_of(block.text) == "draft"
            yield block


def paragraphs(lines: list[str]) -> list[str]:
    """The lines with soft wraps joined: a line was wrapped if the next line's first word would not have fitted."""
    lines = [line for line in lines if line.strip()]
    if len(lines) < 2:
        return lines
    width = max(map(len, lines))
    wraps = [len(line) + 1 + len(after.split(maxsplit=1)[0]) > width - 2 for line, after in pairwise(lines)]
    if width > _WIDEST or width < 30 or sum(wraps) * 4 < len(wraps) * 3:
        return lines
    return [" ".join(lines)]


def _header(text: str) -> tuple[Stated, str]:
    """`Title: …` and its like on the first lines."""
    lines = text.lstrip("\n").split("\n", 12)
    fields: dict[object, object] = {}
    at = 0
    while at < len(lines) - 1 and (match := _HEADER.fullmatch(lines[at].strip())):
        fields[match[1]] = match[2]
        at += 1
    return (stated(fields), "\n".join(lines[at:])) if fields else (Stated(), text)


def _groups(text: str) -> Iterator[list[str]]:
    group: list[str] = []
    for line in text.split("\n"):
        if line.strip():
            group.append(line.rstrip())
        elif group:
            yield group
            group = []
    if group:
        yield group


def _of_group(lines: list[str], *, drafting: bool) -> Iterator[Block]:
    """The blocks in lines that no blank line parts."""
    set_apart = all(line.lstrip().startswith(">") for line in lines)
    quoted = [re.sub(r"^[ \t]{0,3}>[ \t]?", "", line) for line in lines]
    open_lines: list[str] = []
    mark = ""

    def close() -> Iterator[Block]:
        for paragraph in paragraphs([line.strip() for line in open_lines]):
            if cleaned := prose(plain(paragraph)):
                block = Block("item", f"{mark} {entry(cleaned)}") if mark else Block("paragraph", cleaned)
                yield replace(block, quoted=set_apart)
        open_lines.clear()

    for at, line in enumerate(quoted):
        under = quoted[at + 1] if at + 1 < len(quoted) else ""
        if _RULE.fullmatch(line):
            yield from close()
            mark = ""
            continue
        heading = (
            None
            if mark and line.startswith(" ")
            else _heading(line, under, alone=len(quoted) == 1, known_only=drafting)
        )
        if heading is not None or is_list_item(line):
            yield from close()
            mark = ""
        if heading is not None:
            yield heading
            continue
        if is_list_item(line):
            number = re.match(r"\s*\(?(\d{1,3})[.)]", line)
            mark = f"{number[1]}." if number else "-"
        elif mark and open_lines and not line.startswith((" ", "\t")) and len(open_lines[-1]) < 45:
            yield from close()  # a line after a short list item is no wrap of it
            mark = ""
        open_lines.append(line)
    yield from close()


def _heading(line: str, under: str, *, alone: bool, known_only: bool) -> Block | None:
    """The heading that a line is, by its own marks, by the rule under it, or because it stands alone."""
    stripped = prose(plain(line.strip()))
    if not stripped:
        return None
    if match := _HASHES.fullmatch(line.strip()):
        return Block("heading", prose(plain(match[2])), len(match[1]))
    if not is_list_item(line) and re.fullmatch(r"[ \t]*(={3,}|-{3,})[ \t]*", under) and len(stripped) <= 120:
        return Block("heading", stripped, 1 if "=" in under else 2)
    if bare_heading(stripped):
        return Block("heading", stripped, 2, bare=True)
    if not alone or known_only or stripped[-1] in ".!,;" or len(stripped) > 90:
        return None
    if match := _NUMBERED.fullmatch(stripped):
        return Block("heading", stripped, 2 + (match[1] or "").count("."), bare=True)
    if stripped.isupper() and 1 < len(stripped.split()) <= 10:
        return Block("heading", stripped, 2, bare=True)
    return None
