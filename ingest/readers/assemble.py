"""Blocks and statements flow in, one Document flows out: its text, where each section starts, its title and its id.

It alone decides how blocks become text: a blank line between paragraphs, one line a list item or table row, code
indented by four spaces. Ids come from content, so that a file that moves keeps its id."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from itertools import dropwhile

from alignment_qa.errors import ReadFailed
from alignment_qa.sentences import sentence_spans
from alignment_qa.types import Document, Heading, Role, Source
from ingest.readers import sections, titles
from ingest.readers.blocks import Block
from ingest.readers.frontmatter import Stated
from ingest.readers.wikinotes import without_notes

_LONGEST_TITLE = 300


def assemble(
    blocks: Iterable[Block],
    stated: Stated,
    *,
    fallback_title: str = "",
    name: str = "",
    collection: str = "",
) -> Document:
    """The document of these blocks. `fallback_title` is a title that a page or a file states outside of its text;
    `name` a file's name without its suffix, of use only where nothing else tells a title."""
    body = list(dropwhile(lambda block: not block.text, without_notes(blocks)))
    title, questions, body = _title(body, stated, fallback_title)
    sorted_ = sections.sort(body)
    kept = list(sorted_.kept)
    if stated.references:
        if not kept or kept[-1][1] != "references":
            kept.append((Block("heading", "References", 2), "references"))
        kept += [(Block("item", "- " + line), "references") for line in stated.references]
    text, headings = _text(kept)
    if not any(character.isalnum() for character in text):
        raise ReadFailed("no prose found in it")
    # An id must not change with a file's name, so that it is made of what the content alone tells.
    told = title or _derived_title(text, kept)
    if not title or titles.generic(title):
        title = titles.title_of_name(name) if titles.generic(told) else told
    title = title or told
    if titles.is_question(title):
        questions.insert(0, re.sub(r"^[\d.]+\s+", "", title))
    source = Source(
        doc_id=doc_id(told, text),
        title=title,
        url=stated.url,
        authors=stated.authors,
        published=stated.published,
        licence=stated.licence,
        collection=collection,
        level=stated.level,
        tags=stated.tags,
        score=stated.score,
    )
    return Document(
        source=source,
        text=text,
        headings=tuple(headings),
        questions=_unique([*stated.questions, *questions, *sorted_.questions]),
        related=_unique([*stated.related, *sorted_.related]),
    )


def doc_id(title: str, text: str) -> str:
    """The same words have the same id wherever they lie and whenever they are read."""
    return hashlib.sha256(unicodedata.normalize("NFC", f"{title}\n{text}").encode()).hexdigest()[:16]


def _title(body: list[Block], stated: Stated, fallback: str) -> tuple[str, list[str], list[Block]]:
    """The title as far as the document has one, the questions it opens with, and the blocks after both."""
    opening, taken = titles.opening_title(body)
    title = stated.title or ("" if titles.generic(opening) else opening) or fallback or opening
    if not _same(opening, title):
        taken = 0
    # The title's own heading goes, but still ends the section before it.
    body = [
        replace(block, text="", level=1) if block.kind == "heading" and _same(block.text, title) else block
        for block in body[taken:]
    ]
    places = titles.leading_questions(body)
    questions = [body[at].text for at in places]
    body = [block for at, block in enumerate(body) if at not in places]
    if not title and questions:
        title = questions[0]
    return title[:_LONGEST_TITLE].strip(), questions, body


def _same(one: str, other: str) -> bool:
    def letters(text: str) -> str:
        return "".join(character for character in text.casefold() if character.isalnum())

    return letters(one) == letters(other) != ""


def _derived_title(text: str, kept: list[tuple[Block, Role]]) -> str:
    prose = next((block.text for block, _ in kept if block.kind in ("paragraph", "item")), text)
    spans = sentence_spans(prose)
    sentence = sections.entry(prose[spans[0][0] : spans[0][1]]) if spans else ""
    words = titles.title_of_sentence(sentence) if len(sentence.split()) > 2 else ""
    return (words or sentence.rstrip(".") or text.split("\n", 1)[0].strip())[:_LONGEST_TITLE]


def _text(kept: list[tuple[Block, Role]]) -> tuple[str, list[Heading]]:
    parts: list[str] = []
    headings: list[Heading] = []
    waiting: list[tuple[Block, Role]] = []
    length = 0
    before: Block | None = None
    for block, role in kept:
        if block.kind == "heading":
            if not block.text and not parts:
                continue  # nothing is open that it could end
            waiting.append((block, role))
            before = None
            continue
        separator = "" if not parts else "\n" if _together(before, block) else "\n\n"
        body = _indented(block.text) if block.kind == "code" else block.text
        start = length + len(separator)
        headings += [Heading(start, heading.level, heading.text, its_role) for heading, its_role in waiting]
        waiting = []
        parts += [separator, body]
        length = start + len(body)
        before = block
    return "".join(parts), headings


def _together(before: Block | None, block: Block) -> bool:
    return before is not None and before.kind == block.kind and block.kind in ("item", "row")


def _indented(code: str) -> str:
    return "\n".join("    " + line.rstrip() if line.strip() else "" for line in code.split("\n"))


def _unique(lines: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in lines if line))
