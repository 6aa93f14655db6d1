"""Blocks flow in, the blocks worth keeping flow out, with what the dropped ones still tell. It alone knows by a
section's heading what the section is for: a list of works, pointers elsewhere, a draft, the page's furniture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from alignment_qa.types import Role
from ingest.readers.blocks import Block

Purpose = Literal["prose", "references", "related", "questions", "draft", "furniture"]

_PURPOSES: dict[Purpose, str] = {
    "references": r"(?:primary |main |our )?sources?|(?:list of |selected |key |chapter |section )?references?(?: and notes)?"
    r"|bibliography"
    r"|(?:works|literature) cited|citations?|literature|references and further reading|sources and further reading",
    "related": r"related(?: (?:questions|articles|pages|posts|reading|answers|topics|links|concepts|entries))?"
    r"|see also|(?:further|additional|recommended|suggested) (?:reading|readings|resources|links)|external links"
    r"|read more|learn more|more resources",
    "questions": r"alternat(?:e|ive) (?:phrasings?|titles?|questions?)|other (?:phrasings?|ways to ask(?: this)?)"
    r"|also asked",
    "draft": r"scratch ?pad|scratch|removed(?: (?:text|content|material|parts?))?|notes? to self|to ?-?dos?"
    r"|(?:rough |old |early )?drafts?(?: (?:text|notes|answer))?|old versions?|cut(?: material| text)|deleted(?: text)?",
    "furniture": r"share(?: this(?: (?:page|post|article))?)?|(?:table of )?contents|on this page|in this article"
    r"|(?:\d+ )?comments?|leave a (?:comment|reply)|acknowledge?ments?|thanks|licen[sc]e|copyright|edited by.{0,80}"
    r"|(?:site )?navigation|menu|subscribe|newsletter|backlinks|revision history|changelog|footer|home"
    r"|about the authors?|author contributions|competing interests|how to cite(?: this.{0,30})?|cite this.{0,30}",
}
# Only when what follows is a list of works, which the entries themselves must show.
_FOOTNOTES = re.compile(r"(?:foot|end)?notes", re.IGNORECASE)
_PATTERNS = {purpose: re.compile(pattern, re.IGNORECASE) for purpose, pattern in _PURPOSES.items()}
_NUMBERING = re.compile(r"(?:(?:\d{1,3}|[IVXivx]{1,5}|[A-Z])(?:\.\d{1,3}){0,4}[.)]?\s+)?(.*)", re.DOTALL)
_AROUND = " \t*_#:.-–—■●▪[]()"
_ENTRY = re.compile(r"https?://|doi|arxiv|\b(?:19|20)\d\d\b|\bet\.? al\b", re.IGNORECASE)
_THANKS = re.compile(r"ackn|thanks", re.IGNORECASE)
_ADDRESSES = re.compile(r"(?:[-*•] |\d{1,3}\. )?<?https?://\S+>?(?:[\s,;]+<?https?://\S+>?){0,50}")
_STATUS = re.compile(
    r"(?:this (?:page|article|section|chapter|post|entry) is (?:still )?(?:a|being written[\w ]{0,40})?)?\s*"
    r"(?:stub|draft|work in progress|under construction|to be written|tbd|todo|coming soon)[.…! ]*",
    re.IGNORECASE,
)
"""How far a text is, said in a line of its own."""
_MARK = re.compile(r"(?:[-*+•]|\(?\d{1,3}[.)]|\[\w{1,8}\])\s+")


@dataclass(slots=True)
class Sorted:
    """The kept blocks, each with its role, and what sections that are not kept tell."""

    kept: list[tuple[Block, Role]] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


def purpose_of(title: str) -> Purpose:
    """What a section with this heading is for; prose unless the whole heading says otherwise."""
    words = title.strip(_AROUND)
    if len(words) > 100:
        return "prose"
    unnumbered = _NUMBERING.fullmatch(words)
    for candidate in (words, unnumbered[1].strip(_AROUND) if unnumbered else words):
        for purpose, pattern in _PATTERNS.items():
            if pattern.fullmatch(candidate):
                return purpose
    return "prose"


def bare_heading(line: str) -> bool:
    """Whether a line that stands alone is the heading of a section with a purpose of its own, as `Related` is."""
    stripped = line.strip()
    return 0 < len(stripped) <= 60 and stripped[-1] not in ".?!" and purpose_of(stripped) != "prose"


def sort(blocks: Iterable[Block]) -> Sorted:
    """Each section to where it belongs. A draft lasts until a heading that is not deeper than its own and is no draft;
    any other purpose until a heading that is not deeper."""
    result = Sorted()
    purpose: Purpose = "prose"
    level = 0
    for section in _sections(blocks):
        heading = section[0] if section[0].kind == "heading" else None
        if heading is not None:
            named = purpose_of(heading.text)
            if named == "prose" and _FOOTNOTES.fullmatch(heading.text.strip(_AROUND)) and _lists_works(section[1:]):
                named = "references"
            if not _inside(heading, named, purpose, level):
                purpose, level = named, heading.level
            elif purpose != "draft" and named != "prose":
                purpose = named
            if purpose == "furniture" and heading.bare and not _THANKS.match(heading.text):
                # A lone "Share" is a button, a lone "Contents" stands over its list: what follows is the article.
                section = section[1:]
                while section and section[0].kind == "item":
                    section = section[1:]
                purpose = "prose"
        _place(section, purpose, result)
    return result


def _inside(heading: Block, named: Purpose, purpose: Purpose, level: int) -> bool:
    """Whether the section of this heading belongs to the one before it."""
    if purpose == "prose":
        return False
    if heading.bare and purpose != "draft":
        return False  # the level of a bare line is a guess
    if purpose == "draft" and (named == "draft" or (heading.bare and named == "prose")):
        return True
    return heading.level > level


def _place(section: list[Block], purpose: Purpose, result: Sorted) -> None:
    body = [block for block in section if block.kind != "heading"]
    match purpose:
        case "prose":
            result.kept += [(block, "prose") for block in section if not _says_nothing(block)]
        case "references":
            result.kept += [(block, "references") for block in section if block.kind == "heading"]
            result.kept += [
                (replace(block, kind="item", text="- " + entry(block.text)), "references") for block in body
            ]
        case "questions":
            result.questions += [entry(block.text) for block in body if len(block.text) <= 300]
        case "related":
            # A paragraph of prose under "See also" says something itself; a list or a short line only points.
            pointing = [block for block in body if block.kind == "item" or len(block.text.split()) <= 25]
            said = [block for block in section if block not in pointing]
            result.related += [entry(block.text) for block in pointing if _points(block)]
            if any(block.kind != "heading" for block in said):
                result.kept += [(block, "prose") for block in said]
        case "draft" | "furniture":
            pass


def _says_nothing(block: Block) -> bool:
    """A line of addresses, or one on the state of the text."""
    if block.kind == "paragraph" and _STATUS.fullmatch(block.text):
        return True
    return _ADDRESSES.fullmatch(block.text) is not None


def _points(block: Block) -> bool:
    """Whether a line under "Related" is a title or a question, not an address or a sentence about such a list."""
    text = entry(block.text)
    if _ADDRESSES.fullmatch(text) or not 0 < len(text) <= 300 or text[-1] in ":;,":
        return False
    return text[-1] != "." or (block.kind == "item" and len(text.split()) <= 12)


def _sections(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    section: list[Block] = []
    for block in blocks:
        heading = block.kind == "heading" or (block.kind == "paragraph" and bare_heading(block.text))
        if heading and section:
            yield section
            section = []
        if heading and block.kind != "heading":
            block = Block("heading", block.text.strip(_AROUND), 2, bare=True)
        section.append(block)
    if section:
        yield section


def _lists_works(body: list[Block]) -> bool:
    return bool(body) and sum(1 for block in body if _ENTRY.search(block.text)) * 5 >= len(body) * 4


def entry(text: str) -> str:
    """The words of a list entry without its mark."""
    mark = _MARK.match(text)
    return " ".join(text[mark.end() if mark else 0 :].split())
