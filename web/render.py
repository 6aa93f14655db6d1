"""Answers → HTML: the one place where words of documents and people become markup, and all of them are escaped.

The markup stands in `templates/`; Jinja escapes every value put into it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alignment_qa import Abstention, Answer, Citation, Passage, Source
from alignment_qa.cite import bibtex, elsewhere, link_to, markdown, markdown_reference
from alignment_qa.glossary import Glossary
from web.blocks import NO_TERMS, WAYS, blocks, count, sided, ways

_TEMPLATES = Path(__file__).parent / "templates"

Around = Callable[[Passage], tuple[str, str]]
"""A passage → the texts before and after it in its document, for the reader's bearings; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A source as the panel shows it: the passage cut at the quoted words, which may be none."""

    key: str
    name: str
    passage_id: str
    source: Source
    heading: str
    """The path of headings below the title; empty at the document's top."""
    page: int | None
    quoting: bool
    before: str
    quote: str
    after: str
    earlier: str
    later: str
    link: str | None
    gone: bool = False
    """The documents no longer hold these words; they are shown as they were quoted."""


def shell(*, report: bool = False, keeps: bool = True) -> str:
    """The page's frame, with a tab for the report or without, and with or without a way to say what one thinks; a template of Gradio's, so it must hold no value and
    neither `{{`, `${` nor a backtick."""
    return fill("shell.html", report=report, keeps=keeps)


def welcome(documents: int, way: str, examples: Sequence[str]) -> str:
    """The first screen's words; `way` is `Assistant.way`."""
    return fill("welcome.html", documents=documents, way=way, examples=examples)


def searching(number: int, question: str, documents: int) -> str:
    """A turn before its first sentence. `number` counts the conversation's turns and makes ids unique."""
    return fill("notice.html", number=number, question=question, state="searching", documents=documents, message="")


def failed(number: int, question: str, message: str) -> str:
    """A turn that ends in an error that a person can read."""
    return fill("notice.html", number=number, question=question, state="failed", documents=0, message=message)


def turn(
    number: int,
    answer: Answer,
    around: Around,
    *,
    done: bool,
    glossary: Glossary = NO_TERMS,
    record: Mapping[str, object] | None = None,
) -> str:
    """A question with its answer, as much of it as there is. `record` is what the browser keeps of it."""
    gone = answer.trace.get("gone", ())
    excerpts = [_quoted(citation, around, gone) for citation in answer.citations]
    nearest = _nearest(answer, around) if done and answer.abstention else []
    return fill(
        "turn.html",
        number=number,
        question=answer.question,
        state="done" if done else "writing",
        answer=answer,
        blocks=blocks(answer.claims, glossary),
        sides=sided(answer) if done else [],
        names={citation.number: citation.passage.source.title for citation in answer.citations},
        excerpts=excerpts + nearest,
        nearest=nearest,
        references=references(answer.citations),
        declined=_declined(answer),
        reply=without_nearest(answer),
        ways=ways(answer.claims),
        seconds=_seconds(answer),
        markdown=markdown(answer),
        record=json.dumps(record, ensure_ascii=False) if record else "",
        dropped=_listed(answer, "dropped"),
        orders=_listed(answer, "orders"),
        read_as=str(answer.trace.get("read_as") or ""),
        note=str(answer.trace.get("note") or ""),
        problem=str(answer.trace.get("model_error") or ""),
    )


def references(citations: Sequence[Citation]) -> list[tuple[Source, tuple[int, ...]]]:
    """Each cited document once, with the numbers that quote it, in the order of the first."""
    grouped: dict[str, tuple[Source, tuple[int, ...]]] = {}
    for citation in citations:
        source = citation.passage.source
        _, numbers = grouped.get(source.doc_id, (source, ()))
        grouped[source.doc_id] = (source, (*numbers, citation.number))
    return list(grouped.values())


def without_nearest(answer: Answer) -> str:
    """What is said when there is no answer, without the list of nearest documents: the page lists them itself."""
    titles = list(dict.fromkeys(f"“{hit.passage.source.title}”" for hit in answer.hits))[:3]
    return answer.text.removesuffix(f" Nearest: {', '.join(titles)}.")


def day(published: str | None) -> str:
    """`2019-06-05` → `5 June 2019`; anything else as it stands."""
    try:
        when = date.fromisoformat(published or "")
    except ValueError:
        return published or ""
    return f"{when.day} {when:%B} {when.year}"


def host(link: str) -> str:
    """The site that a link leads to."""
    return (urlsplit(link).hostname or "").removeprefix("www.")


def web_address(source: Source) -> str | None:
    """The document's address where it is one that a browser opens; anything else could be a script."""
    return source.url if re.match(r"https?://", source.url or "") else None


def fill(template: str, **values: object) -> str:
    """A template of this package with values, each escaped."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        day=day, host=host, count=count, bibtex=bibtex, markdown_reference=markdown_reference, elsewhere=elsewhere
    )
    environment.globals.update(WAYS=WAYS)
    return environment


def _quoted(citation: Citation, around: Around, gone: object) -> Excerpt:
    passage = citation.passage
    start = min(max(citation.start - passage.start, 0), len(passage.text))
    end = min(max(citation.end - passage.start, start), len(passage.text))
    key = str(citation.number)
    excerpt = _excerpt(key, f"Source {key}", citation, (start, end), around)
    return replace(excerpt, gone=isinstance(gone, list) and citation.number in gone)


def _nearest(answer: Answer, around: Around) -> list[Excerpt]:
    """The best passage of each of the three nearest documents."""
    best: dict[str, Passage] = {}
    for hit in answer.hits:
        best.setdefault(hit.passage.source.doc_id, hit.passage)
    return [
        _excerpt(f"near-{at}", "Nearest passage", _opening(passage), (0, 0), around)
        for at, passage in enumerate(list(best.values())[:3], 1)
    ]


def _opening(passage: Passage) -> Citation:
    """The passage's first words as a citation, for a link that lands on them."""
    words = " ".join(passage.text.split()[:10])
    return Citation(0, passage, words, passage.start, passage.start)


def _excerpt(key: str, name: str, citation: Citation, marked: tuple[int, int], around: Around) -> Excerpt:
    passage = citation.passage
    text, (start, end) = passage.text, marked
    heading = passage.heading.removeprefix(passage.source.title).removeprefix(" › ")
    parts = text[:start], text[start:end], text[end:]
    link = link_to(citation)
    return Excerpt(
        key, name, passage.passage_id, passage.source, heading, citation.page, citation.quoting, *parts, *around(passage), link,
    )  # fmt: skip


def _declined(answer: Answer) -> str:
    """The heading of an answer that is none; empty for an answer and for small talk."""
    if not answer.abstention or not answer.hits:
        return ""
    return {
        Abstention.NO_EVIDENCE: "No clear answer in these documents",
        Abstention.OUT_OF_SCOPE: "Not what these documents are about",
        Abstention.UNSUPPORTED: "No answer that the documents support",
    }[answer.abstention]


def _listed(answer: Answer, name: str) -> list[Mapping[str, object]]:
    """What the trace lists under that name."""
    listed = answer.trace.get(name)
    return [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []


def _seconds(answer: Answer) -> str:
    timings = answer.trace.get("ms")
    total = timings.get("total") if isinstance(timings, Mapping) else None
    if not isinstance(total, (int, float)):
        return ""
    return f"{total / 1000:.1f} s" if total >= 100 else f"{total:.0f} ms"
