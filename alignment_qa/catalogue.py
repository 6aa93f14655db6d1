"""A question for who wrote one of the documents, when, or what somebody wrote → the documents that tell by what is recorded of
them. What they cite is for `bibliography`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from alignment_qa.cite import Draft, Quote, reference
from alignment_qa.index import Index
from alignment_qa.lexical import FUNCTION_WORDS, terms
from alignment_qa.scope import Scope
from alignment_qa.types import Hit, Source

ALIKE = 0.8  # share of the terms of both that a title and what is asked for have in common when they are one


def titled(topic: str, index: Index | Scope, *, dated: bool) -> list[Source]:
    """The documents of that title that name their author, and their day where they should be `dated`. One that does not may be
    about the work of that name: an article "Superintelligence" is not the book."""
    asked = _words(topic)
    known = (s for s in _sources(index) if s.authors and (s.published or not dated))
    return [source for source in known if asked and _alike(asked, _words(source.title))]


def written_by(asked: str, about: str, index: Index | Scope, hits: Sequence[Hit]) -> list[Source]:
    """The documents by an author of that name, the latest first: all, or those that name what they should be `about` in their
    title or in a passage that was found."""
    name, topic = set(terms(asked)), set(terms(about))
    theirs = [source for source in _sources(index) if any(_named(name, author) for author in source.authors)]
    if topic:
        told = (hit.passage for hit in hits if topic <= set(terms(f"{hit.passage.heading} {hit.passage.text}")))
        found = {passage.source.doc_id for passage in told}
        theirs = [s for s in theirs if topic <= set(terms(s.title)) or s.doc_id in found]
    return sorted(theirs, key=lambda source: source.published or "", reverse=True)


def drafts(sources: Sequence[Source], index: Index | Scope, limit: int, *, dated: bool = False) -> Iterator[Draft]:
    """The reference of each, with the day where that is asked for; it cites how the document begins."""
    for number, source in enumerate(sources[:limit], 1):
        passages = index.passages_of(source.doc_id)
        if not passages:
            continue
        start, end = next(iter(passages[0].sentences), (passages[0].start, passages[0].end))
        text = f"{reference(source)}, {source.published}" if dated else reference(source)
        cut = number == limit < len(sources)
        yield Draft(text, (Quote(passages[0], start, end),), "recorded", item=True, cut=cut)


def _sources(index: Index | Scope) -> Sequence[Source]:
    chosen = index.doc_ids if isinstance(index, Scope) else None
    return [source for source in index.sources() if chosen is None or source.doc_id in chosen]


def _words(title: str) -> set[str]:
    """In small letters and whole: a "Superintelligence" is not what is "superintelligent"."""
    return set(re.findall(r"[^\W_]+", title.casefold())).difference(FUNCTION_WORDS)


def _alike(one: set[str], other: set[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)


def _named(name: set[str], author: str) -> bool:
    """All of the name that is asked for is the author's, the last of the author's names among it."""
    words = terms(re.sub(r"^(.+?), (.+)$", r"\2 \1", author))  # "Reef, Ada"
    return bool(words) and words[-1] in name and name <= set(words)
