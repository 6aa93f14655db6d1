"""Drafted sentences with the words that back them → numbered claims and citations, and their text and Markdown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote as percent

from alignment_qa.types import Answer, Citation, Claim, Hit, Passage, Source, Support

_PLACES = 3  # other addresses that a reference names


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
    cut: bool = False
    """The last item quoted of a list that has more."""


Words = tuple[str, int, int]
"""What a number stands for: a passage's id, and a span of its document's text."""


def resolve(drafts: Iterable[Draft]) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Number the quotes in the order they are first used; the same words are one citation."""
    numbers: dict[Words, int] = {}
    claims, citations = [], []
    for draft in drafts:
        used = []
        for quote in draft.quotes:
            key = (quote.passage.passage_id, quote.start, quote.end)
            if key not in numbers:
                numbers[key] = 1 + len(numbers)
                citations.append(Citation(numbers[key], quote.passage, quote.text, quote.start, quote.end))
            used.append(numbers[key])
        marks = tuple(dict.fromkeys(used))
        claims.append(Claim(draft.text, marks, draft.support, draft.label, draft.item, draft.cut))
    return tuple(claims), tuple(citations)


def renumber(answer: Answer, known: Mapping[Words, int]) -> Answer:
    """The answer as one of a conversation: words that were cited before keep their number, others count on."""
    last = max(known.values(), default=0)
    numbers: dict[int, int] = {}
    for words, number in numbered(answer).items():
        if words not in known:
            last += 1
        numbers[number] = known.get(words, last)
    claims = tuple(replace(c, citations=tuple(numbers[n] for n in c.citations)) for c in answer.claims)
    citations = tuple(replace(c, number=numbers[c.number]) for c in answer.citations)
    return replace(answer, text=text_of(claims) if claims else answer.text, claims=claims, citations=citations)


def numbered(answer: Answer) -> dict[Words, int]:
    """What the numbers of an answer stand for."""
    return {(c.passage.passage_id, c.start, c.end): c.number for c in answer.citations}


def text_of(claims: Sequence[Claim]) -> str:
    """The answer as text: each claim followed by its markers, a blank line where the source changes or a list ends,
    an ellipsis where a list has more items."""
    parts: list[str] = []
    listing = False
    for claim in claims:
        markers = "".join(f" [{number}]" for number in claim.citations)
        if claim.label:
            parts.append(f"\n\n{claim.label}: ")
        elif parts:
            parts.append("\n- " if claim.item else "\n\n" if listing else " ")
        listing = claim.item
        parts.append(claim.text + markers + "\n- …" * claim.cut)
    return "".join(parts).strip()


def reference(source: Source) -> str:
    """Authors (year). Title. Address. Other addresses. — what of it is known; without authors the year follows the title."""
    return _reference(source, ", ".join(source.authors), source.title.rstrip("."), source.url or "", elsewhere(source))


def elsewhere(source: Source) -> str:
    """Where else the work stands, in a few words; empty where it stands nowhere else."""
    more = len(source.also) - _PLACES
    places = [*source.also[:_PLACES], *([f"{more} more"] if more > 0 else [])]
    return f"Also at {', '.join(places)}" if places else ""


def cited(citation: Citation) -> str:
    """The reference of a citation, with the page, and whether the document itself quotes these words from another."""
    page = f"p. {citation.page}" if citation.page else ""
    quoting = "set as a quotation there" if citation.quoting else ""
    return ", ".join(filter(None, [reference(citation.passage.source), page, quoting]))


def markdown_reference(source: Source) -> str:
    """The reference as Markdown, its title a link where the source has a web address."""
    if not source.url or not re.match(r"https?://", source.url):
        return escape(reference(source))
    address = _address(source.url).replace("(", "%28").replace(")", "%29")
    return _reference(
        source,
        escape(", ".join(source.authors)),
        f"[{escape(source.title.rstrip('.'))}]({address})",
        "",
        escape(elsewhere(source)),
    )


def _reference(source: Source, who: str, title: str, url: str, more: str) -> str:
    year = f" ({source.year})" if source.year else ""
    head = [who + year, title] if who else [title + year]
    return re.sub(r"(?<=[?!])\. ", " ", ". ".join(filter(None, [*head, url, more])))


_BIBTEX = {
    **{mark: "\\" + mark for mark in "&%$#_"},
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "{": r"\textbraceleft{}", "}": r"\textbraceright{}",  # BibTeX counts braces even behind a backslash
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ARXIV = re.compile(
    r"https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5}|[a-z.-]+/\d{7})(?:v\d+)?(?:\.pdf)?$", re.I
)
_DOI = re.compile(r"https?://(?:dx\.)?doi\.org/(10\.\d{4,9}/\S+)$", re.I)


def bibtex(source: Source) -> str:
    """A BibTeX entry of what is known of a source. No source names a journal, so the type is always `misc`."""
    url = source.url if source.url and re.match(r"https?://", source.url) else ""
    arxiv, doi = _ARXIV.match(url), _DOI.match(url)
    month = re.match(r"\d{4}-(0[1-9]|1[0-2])(?!\d)", source.published or "")
    fields = {
        "author": " and ".join(map(_bibtex_name, source.authors)),
        "title": f"{{{_bibtex(source.title)}}}",  # the inner braces keep its capitals
        "year": source.year or "",
        "month": _MONTHS[int(month[1]) - 1] if month else "",
        "eprint": arxiv[1] if arxiv else "",
        "archiveprefix": "arXiv" if arxiv else "",
        "doi": _address(doi[1]) if doi else "",
        "url": _address(url),
    }
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{_key(source)},", *lines, "}"]) + "\n"


def _key(source: Source) -> str:
    """The first author's last name, the year and the title's first telling word, in plain letters; without an author
    three such words and the year."""
    name = source.authors[0] if source.authors else ""
    last = _plain(name.partition(",")[0] if "," in name else " ".join(name.split()[-1:]))
    words = [word for word in map(_plain, source.title.split()) if word not in {"", "a", "an", "the", "on", "of"}]
    year = source.year or ""
    return last + year + "".join(words[:1]) if last else ("".join(words[:3]) or f"source{source.doc_id[:8]}") + year


def _plain(text: str) -> str:
    folded = text.casefold().translate(str.maketrans("øłđı", "oldi"))
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", folded))


def _bibtex(text: str) -> str:
    return "".join(_BIBTEX.get(char, char) for char in " ".join(text.split()))


def _bibtex_name(name: str) -> str:
    """A name that BibTeX would take apart wrongly, such as a firm's with “and” in it, stays in one piece."""
    apart = name.count(",") > 1 or re.search(r"\sand\s", name, re.I)
    return f"{{{_bibtex(name)}}}" if apart else _bibtex(name)


def _address(url: str) -> str:
    return percent(url, safe=":/?#[]@!$&'()*+,;=%~")


def link_to(citation: Citation) -> str | None:
    """The document's web address with a fragment that lands on the quote, or on its page; None where there is none to open."""
    url = citation.passage.source.url
    if not url or not re.match(r"https?://", url):
        return None
    if citation.page:
        return f"{url.partition('#')[0]}#page={citation.page}"
    words = citation.quote.split()
    ends = [" ".join(words)] if len(words) <= 10 else [" ".join(words[:5]), " ".join(words[-5:])]
    return url.partition("#")[0] + "#:~:text=" + ",".join(percent(end, safe="").replace("-", "%2D") for end in ends)


def markdown(answer: Answer) -> str:
    """The answer with its references, as Markdown to keep or to paste. Text from documents is escaped."""
    lines = [f"**{escape(answer.question)}**", "", escape(answer.text), ""]
    for citation in answer.citations:
        lines.append(f"{citation.number}. {escape(cited(citation))} — “{escape(citation.quote)}”")
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
                "passage_id": c.passage.passage_id,
                "doc_id": c.passage.source.doc_id,
                "title": c.passage.source.title,
                "url": c.passage.source.url,
                "authors": list(c.passage.source.authors),
                "published": c.passage.source.published,
                "also": list(c.passage.source.also),
                "page": c.page,
                "quoting": c.quoting,
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
        "terms": dict(answer.terms),
        "trace": answer.trace,
    }


def hit_as_json(hit: Hit) -> dict[str, object]:
    """A retrieved passage as plain JSON values, the same in the terminal and over HTTP."""
    passage, source = hit.passage, hit.passage.source
    return {
        "rank": hit.rank, "score": hit.score, "doc_id": source.doc_id, "title": source.title, "url": source.url,
        "also": list(source.also), "page": passage.page, "quoting": passage.quoting,
        "heading": passage.heading, "passage": passage.text, "start": passage.start, "end": passage.end,
    }  # fmt: skip
