"""The stream that every reader yields and that becomes a Document: blocks of clean text, in reading order.

It alone knows what clean text is: Unicode NFC, nothing invisible, one space between words, no citation markers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from alignment_qa.marks import Marks

Kind = Literal["heading", "paragraph", "item", "row", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item (its text opens with `- ` or `1. `), table row, code block or heading.

    `level` is a heading's, 1 at the top. A heading with an empty text ends what the heading before it covered.
    `bare` marks a heading that was only a line of its own: its level is a guess."""

    kind: Kind
    text: str
    level: int = 0
    bare: bool = False
    quoted: bool = False
    """Set apart as a quotation: by `>`, by `<blockquote>`, by an environment or a template of that name."""
    pages: Marks = ()
    """(place in the text, page) where the format has pages."""


# Invisible: soft hyphen, zero-width and bidi controls, halves of surrogate pairs (no encoding can write them), icons of
# private fonts, tag characters (they smuggle text).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\uf8ff\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e01ef]"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NEWLINE = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

_NUMBERS = r"[1-9]\d{0,2}[a-z]?(?:\s?[,;–-]\s?[1-9]\d{0,2}[a-z]?){0,12}"
_MARKER = re.compile(
    rf"[ ]?\[(?:\^[^\]\s]{{1,60}}|(?P<numbers>{_NUMBERS})|citation needed|clarification needed|edit|note \d+)\](?:,(?=[ ]?\[[1-9]))?"
)
_PANDOC = re.compile(r"[ ]?\[[^\[\]\n]{0,40}-?@[A-Za-z][\w:.#$%&+?<>~/-]*(?:[;,][^\[\]\n]{0,120})?\]")
_LOOSE = re.compile(r"(?<=[\w)”\"’]) ([.,;:?!])(?= (?![.])|$)")
# Where a pair of numbers is an interval and a number an index: "in [1, 10]", "x[1]", "get()[2]".
_INTERVAL = re.compile(r"(?:\b(?:in|over|range|interval|between|from|within)|[∈=<>≤≥]|\\in)\s*$", re.IGNORECASE)
_INDEXED = re.compile(r"(?:(?<![^\W_])[A-Za-z]|\w*_\w*|\w*\d|\)|\]\])$")


def normal(text: str) -> str:
    """The text with the same letters, line ends as newlines, and nothing that cannot be seen."""
    text = _NEWLINE.sub("\n", text)
    return unicodedata.normalize("NFC", _CONTROL.sub("", _INVISIBLE.sub("", text)))


def prose(text: str) -> str:
    """One line of running text: markers of references removed, runs of whitespace collapsed to one space."""
    return _LOOSE.sub(r"\1", " ".join(without_markers(text).split()))


def without_markers(text: str) -> str:
    """The text without `[1]`, `[2, 3]`, `[^note]`, `[@key]`: their list does not travel with a quoted sentence."""
    if "[" not in text:
        return text
    kept: list[str] = []
    last = 0
    for match in _MARKER.finditer(text):
        if match["numbers"] and _is_value(text, match, followed_by_marker=last == match.start() > 0):
            continue
        kept.append(text[last : match.start()])
        last = match.end()
    kept.append(text[last:])
    return _PANDOC.sub("", "".join(kept))


def _is_value(text: str, match: re.Match[str], *, followed_by_marker: bool) -> bool:
    if followed_by_marker:
        return False
    before = text[max(0, match.start() - 24) : match.start()]
    if text[match.start()] == " ":
        return "," in match["numbers"] and _INTERVAL.search(before) is not None
    return bool(before) and _INDEXED.search(before) is not None
