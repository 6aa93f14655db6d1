"""Drafted sentences with the words that back them → numbered claims and citations, and their text and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote as percent

from alignment_qa.types import Answer, Citation, Claim, Hit, Passage, Source, Support


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a passage, by their span in the document's text."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence to be said and the quotes that back it, not yet numbered."""

    text: str
    quotes: tuple[Quote, ...]
    support: Support
    label: str | None = None
    item: bool = False
    """One item of a list, to stand on a line of its own."""


def resolve(drafts: Iterable[Draft], first: int = 1) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Number the quotes in the order they are first used; the same words are one citation."""
    numbers: dict[tuple[str, int, int], int] = {}
    claims, citations = [], []
    for draft in drafts:
        used = []
        for quote in draft.quotes:
            key = (quote.passage.passage_id, quote.start, quote.end)
            if key not in numbers:
                numbers[key] = first + len(numbers)
                citations.append(Citation(numbers[key], quote.passage, quote.text, quote.start, quote.end))
            used.append(numbers[key])
        claims.append(Claim(draft.text, tuple(dict.fromkeys(used)), draft.support, draft.label, draft.item))
    return tuple(claims), tuple(citations)


def text_of(claims: Sequence[Claim]) -> str:
    """The answer as text: each claim followed by its markers, a blank line where the source changes."""
    parts: list[str] = []
    for claim in claims:
        markers = "".join(f" [{number}]" for number in claim.citations)
        if claim.label:
            parts.append(f"\n\n{claim.label}: ")
        elif parts:
            parts.append("\n- " if claim.item else " ")
        parts.append(claim.text + markers)
    return "".join(parts).strip()


def reference(source: Source) -> str:
    """Authors (year). Title. Address. — what of it is known; without authors the year follows the title."""
    year = f" ({source.year})" if source.year else ""
    title = source.title.rstrip(".")
    head = [", ".join(source.authors) + year, title] if source.authors else [title + year]
    return ". ".join(filter(None, [*head, source.url or ""]))


def link_to(citation: Citation) -> str | None:
    """The document's web address with a text fragment that lands on the quote; None where there is none to open."""
    url = citation.passage.source.url
    if not url or not re.match(r"https?://", url):
        return None
    words = citation.quote.split()
    ends = [" ".join(words)] if len(words) <= 10 else [" ".join(words[:5]), " ".join(words[-5:])]
    return url.partition("#")[0] + "#:~:text=" + ",".join(percent(end, safe="").replace("-", "%2D") for end in ends)


def markdown(answer: Answer) -> str:
    """The answer with its references, as Markdown to keep or to paste. Text from documents is escaped."""
    lines = [f"**{escape(answer.question)}**", "", escape(answer.text), ""]
    for citation in answer.citations:
        source = citation.passage.source
        lines.append(f"{citation.number}. {escape(reference(source))} — “{escape(citation.quote)}”")
    return "\n".join(lines).strip() + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is; citation markers like [1] are left readable."""
    text = re.sub(r"([\\`*_{}<>#|~!])", r"\\\1", text)
    return re.sub(r"\[(?!\d+\])|(?<!\d)\]|(?<=\])\(", lambda found: "\\" + found[0], text)


def as_json(answer: Answer) -> dict[str, object]:
    """The answer as plain JSON values, the same in the terminal and over HTTP."""
    return {
        "question": answer.question,
        "text": answer.text,
        "abstention": answer.abstention.value if answer.abstention else None,
        "claims": [{"text": c.text, "citations": list(c.citations), "support": c.support} for c in answer.claims],
        "citations": [
            {
                "number": c.number,
                "doc_id": c.passage.source.doc_id,
                "title": c.passage.source.title,
                "url": c.passage.source.url,
                "authors": list(c.passage.source.authors),
                "published": c.passage.source.published,
                "licence": c.passage.source.licence,
                "heading": c.passage.heading,
                "passage": c.passage.text,
                "quote": c.quote,
                "start": c.start,
                "end": c.end,
            }
            for c in answer.citations
        ],
        "related": list(answer.related),
        "trace": answer.trace,
    }


def hit_as_json(hit: Hit) -> dict[str, object]:
    """A retrieved passage as plain JSON values, the same in the terminal and over HTTP."""
    passage, source = hit.passage, hit.passage.source
    return {
        "rank": hit.rank, "score": hit.score, "doc_id": source.doc_id, "title": source.title, "url": source.url,
        "heading": passage.heading, "passage": passage.text, "start": passage.start, "end": passage.end,
    }  # fmt: skip
