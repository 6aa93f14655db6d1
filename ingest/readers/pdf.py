"""The bytes of a PDF flow in, a Document flows out. It alone knows how a PDF fails, what its metadata is worth, and
which lines of its first page are the title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from threading import Lock
from typing import Any

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import pdfblocks, pdflines
from ingest.readers.assemble import assemble
from ingest.readers.blocks import Block, normal, prose
from ingest.readers.frontmatter import Stated, iso_date, names
from ingest.readers.hyphens import HYPHEN
from ingest.readers.pdflines import Line
from ingest.readers.titles import usable

_LOCK = Lock()  # pdfium is not safe to call from two threads
_MATTER_AT_MOST = 25
"""Lines between a title and the abstract: authors, affiliations, a date."""
_DATED = re.compile(
    r"(?:(?:date|dated|published|submitted)\s*:?\s*)?([A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|\d{1,2} [A-Z][a-z]{2,8},? \d{4}|\d{4}-\d\d-\d\d)",
    re.IGNORECASE,
)
_PART_OF_NAME = re.compile(r"[A-Z]\.(?:-?[A-Z]\.)*|[^\W\d_]['’]?[^\W\d_]*[a-zß-ÿ][^\W\d_]*(?:[-’'][^\W\d_]+)*")
_PARTICLES = frozenset(("al", "bin", "da", "de", "del", "den", "der", "di", "du", "la", "le", "ter", "van", "von"))
_NO_NAMES = frozenset(
    (
        "center", "centre", "college", "conference", "department", "draft", "group", "institute", "journal", "lab", "labs",
        "paper", "preprint", "press", "proceedings", "project", "report", "research", "review", "school", "series", "studio",
        "survey", "symposium", "team", "technical", "university", "version", "working", "workshop",
    )
)  # fmt: skip
_MOST_PAGES = 5000
_DINGBAT = re.compile("[\u2701-\u27be]")
"""What the numbered letters of a font made of pictures are taken for."""


def read(content: bytes, *, name: str = "", collection: str = "") -> Document:
    """The document in a PDF. ReadFailed if it is broken, encrypted, or holds pictures of text only."""
    with _LOCK:
        found, metadata = _extracted(content)
    if sum(len(line.text.split()) for line in found) < 3:
        raise ReadFailed("a PDF without text (scanned pages?)")
    shown = "".join(line.text for line in found)
    if len(_DINGBAT.findall(shown)) * 10 > len(shown):
        raise ReadFailed("a PDF whose fonts do not say which letters they show")
    title, rest = _title(found)
    announced = prose(normal(metadata.get("Title", "")))
    said = Stated(title=announced if usable(announced) and _shares_words(announced, title) else title)
    if not said.title and usable(announced):
        said = Stated(title=announced)
    authors = [each for each in names(normal(metadata.get("Author", ""))) if re.search(r"[^\W\d_]{2,} +[^\W\d_]", each)]
    authors = authors or _authors(rest) if title else authors
    blocks = list(pdfblocks.blocks(rest))
    return assemble(
        _without_front_matter(blocks),
        Stated(title=said.title, authors=tuple(authors), published=_day(rest)),
        name=name,
        collection=collection,
    )


def _extracted(content: bytes) -> tuple[list[Line], dict[str, str]]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        encrypted = "password" in str(error).lower() or "security" in str(error).lower()
        raise ReadFailed("an encrypted PDF" if encrypted else "not a readable PDF") from None
    try:
        if len(document) > _MOST_PAGES:
            raise ReadFailed(f"a PDF of {len(document)} pages; at most {_MOST_PAGES}")
        return pdflines.lines(document), _metadata(document)
    except pypdfium2.PdfiumError:
        raise ReadFailed("not a readable PDF") from None
    finally:
        document.close()


def _metadata(document: Any) -> dict[str, str]:
    return {key: value for key, value in document.get_metadata_dict(skip_empty=True).items() if value.strip()}


def _title(lines: list[Line]) -> tuple[str, list[Line]]:
    """The largest lines in the first half of the first page, if larger than the text; and the other lines."""
    first = list(takewhile(lambda line: line.page == lines[0].page, lines))[:_MATTER_AT_MOST]
    body = pdfblocks.body_size(lines)
    largest = max((line.size for line in first if len(line.text) > 3), default=0.0)
    if largest < body * 1.15:
        return "", lines
    at = next(at for at, line in enumerate(first) if line.size == largest)
    taken = list(takewhile(lambda line: abs(line.size - largest) < 0.6, lines[at : at + 5]))
    title = prose(" ".join(line.text for line in taken).replace(HYPHEN, "-"))
    if not usable(title) or len(title.split()) > 40:
        return "", lines
    return title, lines[:at] + lines[at + len(taken) :]


def _day(lines: Sequence[Line]) -> str | None:
    """The day on a line of its own above the abstract; the file's own day is that of its making, and is not believed."""
    above = takewhile(lambda line: not line.text.casefold().startswith("abstract"), lines[:_MATTER_AT_MOST])
    return next((iso_date(match[1]) for line in above if (match := _DATED.fullmatch(line.text))), None)


def _authors(lines: Sequence[Line]) -> list[str]:
    """The people named by the row under a paper's title, where an abstract follows: several only where “and” or marks
    part them, since what follows a comma may be where somebody works."""
    above = list(takewhile(lambda line: not line.text.casefold().startswith("abstract"), lines[:_MATTER_AT_MOST]))
    if not above or len(above) == min(len(lines), _MATTER_AT_MOST):
        return []
    row = [line.text for line in above if line.page == above[0].page and abs(line.y - above[0].y) < 1]
    said = {word for line in lines for word in re.findall(r"\b[^\W\d_A-Z]\w+", line.text)}
    several = re.split(r"\s*[\d*∗†‡§¶]+[\s,]*(?:and )?|,? and |\s*&\s*|\n", "\n".join(row))
    most = None if len(several) > 1 else 1
    people = [name for part in several for name in part.strip(" ,").split(", ")[:most] if name]
    return people if all(_could_name(name, said) for name in people) else []


def _could_name(name: str, said: set[str]) -> bool:
    """Whether words could be a person's name: some, capitalised, and none of them a word of the text (`said`)."""
    words = [word for word in name.split() if word not in _PARTICLES]
    full = [word for word in words if not word.endswith(".")]
    return (
        len(words) >= 2
        and 1 <= len(full) <= 3
        and all(_PART_OF_NAME.fullmatch(word) and word.casefold() not in said | _NO_NAMES for word in words)
    )


def _shares_words(one: str, other: str) -> bool:
    """Whether a title from the metadata is the printed one, in better letters; an old draft's is not."""
    ours, theirs = (set(re.findall(r"\w{4,}", text.casefold())) for text in (one, other))
    return not other or len(ours & theirs) * 2 >= max(1, len(theirs))


def _without_front_matter(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without names and affiliations above the abstract."""
    for at, block in enumerate(blocks[:_MATTER_AT_MOST]):
        if block.kind == "heading" and block.text.casefold() == "abstract":
            said = [each for each in blocks[:at] if len(each.text.split()) > 25]
            return [*said, *blocks[at:]]
    at = 0
    while (
        at + 1 < len(blocks)
        and blocks[at].kind == blocks[at + 1].kind == "heading"
        and not blocks[at].text[:1].isdigit()
    ):
        at += 1  # names set large under the title
    return list(blocks[at:])
