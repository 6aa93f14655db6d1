"""Blocks flow in and flow out without the bracketed notes that wikis write into their text: `[summary: …]` is text,
`[todo: …]` is a draft. Arbital's pages, which now live on LessWrong, use them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingest.readers.blocks import Block

_NOTE = re.compile(r"(- )?\[(summary|todo|fixme|comment|toc|has-requisite|wants-requisite)(?:\([^()\]]{0,80}\))?:\s*")
_KEPT = "summary"
_INLINE = re.compile(
    r"[ ]?\[(?:todo|fixme|comment)\b[^\[\]]{0,800}\]|[ ]?(%{1,3})(?:note|comment|todo):.{0,3000}?\1(?!\w)"
)
_COMMENT = re.compile(r"%{1,3}(?:comment|todo):|%+$")
# Arbital's links: `[36h value-laden]`, `[applause_light applause light]`, `[-context_change]`, `[ fun]`.
_LINK = re.compile(
    r"\[(?:-|[ ]|(?=\d*[a-z])(?=[a-z]*\d)[0-9a-z]{2,4} |\d\d (?=[a-z])|[a-z]+(?:_[a-z]+){1,6} )([A-Za-z][^\[\]\n]{1,100})\]"
)


def without_notes(blocks: Iterable[Block]) -> Iterator[Block]:
    """Summaries without their brackets, other notes not at all. A note ends at the bracket that closes it, if one
    does before the next note or heading. A text that repeats an earlier paragraph, as summaries often do, goes."""
    said: set[str] = set()
    for block in _opened(_tidied(block) for block in blocks):
        if _COMMENT.match(block.text):
            continue
        if block.kind == "paragraph" and len(block.text) > 60:
            if block.text in said:
                continue
            said.add(block.text)
        yield block


def _tidied(block: Block) -> Block:
    """The block without notes inside a sentence, and with Arbital's short links (`[36h value-laden]`) as their words."""
    if block.kind == "code" or not ("[" in block.text or "%" in block.text):
        return block
    return replace(block, text=_LINK.sub(r"\1", _INLINE.sub("", block.text)))


def _opened(blocks: Iterable[Block]) -> Iterator[Block]:
    kind = ""  # of the note that is open
    depth = 0
    waiting = list(blocks)
    for at, block in enumerate(waiting):
        text = block.text
        if block.kind in ("heading", "code"):
            kind = ""
        elif match := _NOTE.match(text):
            kind, depth = match[2], 1
            if kind != _KEPT and not _closes(waiting[at:], match.end()):
                kind = ""  # never closed: only this line is the note
                continue
            text = (match[1] or "") + text[match.end() :]
            block = replace(block, text=text)
        if not kind:
            yield block
            continue
        end, depth = _end(text, depth)
        before, after = (text, "") if end < 0 else (text[:end].rstrip(), text[end + 1 :].strip())
        if kind == _KEPT and before:
            yield replace(block, text=before)
        if after:
            yield Block("paragraph", after)
        if end >= 0:
            kind = ""


def _end(text: str, depth: int) -> tuple[int, int]:
    """Where the bracket that is `depth` deep closes, or -1 and the depth at the end of the text."""
    for match in re.finditer(r"[\[\]]", text):
        depth += 1 if match.group() == "[" else -1
        if depth == 0:
            return match.start(), 0
    return -1, depth


def _closes(blocks: list[Block], start: int) -> bool:
    depth = 1
    for block in blocks[:40]:
        if block.kind == "heading":
            return False
        end, depth = _end(block.text[start:], depth)
        if end >= 0:
            return True
        start = 0
    return False
