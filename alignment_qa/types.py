"""The nouns of the program: frozen values that flow from ingest to an answer. Nothing here acts.

All offsets count Unicode code points of `Document.text`, end exclusive, so that
`document.text[x.start:x.end] == x.text` holds for every span type below.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from alignment_qa.marks import Marks, share, value_at

Role = Literal["prose", "references"]
"""What a part of a document is for: `references` lists works and is quoted only when somebody asks for sources."""

Support = Literal["quoted", "recorded", "supported", "partial", "unsupported"]
"""How well the cited words carry a claim; `quoted` means that the claim is those words, `recorded` that it is what the document
states of itself."""

Detail = Literal["brief", "full", "beginners"]
"""How much is said, and to whom: `beginners` are told from introductory documents first, with the terms defined."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where words come from: what a reference list prints. What the document does not state is None or empty."""

    doc_id: str
    title: str
    url: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    licence: str | None = None
    collection: str = ""
    level: str | None = None
    also: tuple[str, ...] = ()
    """Where else the same work stands, found by its text: addresses, or titles of copies that have none."""
    tags: tuple[str, ...] = ()
    score: int | None = None
    """The votes of the readers where it was published, when it was read."""

    @property
    def year(self) -> str | None:
        """The four-digit year of `published` (ISO 8601 date or prefix), if it states one."""
        return self.published[:4] if self.published and self.published[:4].isdigit() else None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and what follows it: `start` is where its section's text begins; the heading's own words are not in
    the text. `level` 1 is the document's top. `role` holds until the next heading of any level."""

    start: int
    level: int
    title: str
    role: Role = "prose"


@dataclass(frozen=True, slots=True)
class Document:
    """One readable text and what is known of it. `text` is the one stored, hashed version; all spans point into it."""

    source: Source
    text: str
    headings: tuple[Heading, ...] = ()
    questions: tuple[str, ...] = ()
    """Questions that this document answers, the main one first."""
    related: tuple[str, ...] = ()
    """Questions or titles that the document itself points to."""
    pages: Marks = ()
    """(start, page) of a text that has pages: the file's own, counted from 1, whatever is printed on them."""
    quoted: Marks = ()
    """(start, 1 or 0): where the document sets words apart as a quotation, and where it goes on in its own."""


@dataclass(frozen=True, slots=True)
class Passage:
    """About 200 tokens of one document: `document.text[start:end] == text`, always.

    `sentences` are spans in the document's offsets, in order, each inside the passage. `heading` is the path of
    headings, title first, joined by ' › '; it is read by the encoder and shown to people, never quoted."""

    passage_id: str
    source: Source
    text: str
    start: int
    end: int
    heading: str
    role: Role = "prose"
    sentences: tuple[tuple[int, int], ...] = ()
    pages: Marks = ()
    quoted: Marks = ()
    """Those marks of the document that hold in the passage."""

    @property
    def page(self) -> int | None:
        """The page that it begins on."""
        return value_at(self.pages, self.start)

    @property
    def quoting(self) -> bool:
        """At least half of it is set as a quotation of another work."""
        return share(self.quoted, self.start, self.end) >= 0.5


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. `score` has the scale of its retriever; `rank` counts from 1."""

    passage: Passage
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Citation:
    """Words that back a claim. `quote` is verbatim: `document.text[start:end] == quote`."""

    number: int
    passage: Passage
    quote: str
    start: int
    end: int

    @property
    def page(self) -> int | None:
        """The page that the quote begins on."""
        return value_at(self.passage.pages, self.start)

    @property
    def quoting(self) -> bool:
        """The document itself quotes these words from another work."""
        return share(self.passage.quoted, self.start, self.end) >= 0.5


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer with the numbers of the citations that back it."""

    text: str
    citations: tuple[int, ...]
    support: Support
    label: str | None = None
    """A short neutral heading shown before the claim where the source changes; None inside a group."""
    item: bool = False
    """One item of a list, shown on a line of its own."""
    cut: bool = False
    """The last item quoted of a list that has more in its document; an ellipsis is shown after it."""


class Abstention(StrEnum):
    """Why there is no answer. Declining is an answer, never an exception."""

    NO_EVIDENCE = "no_evidence"
    """The corpus is near the topic but does not clearly answer the question; the nearest passages are shown."""
    OUT_OF_SCOPE = "out_of_scope"
    """Nothing in the corpus is about the question."""
    UNSUPPORTED = "unsupported"
    """A model wrote, but none of its sentences was supported by the passages."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the assistant says. `stream` yields growing snapshots of it; the last one is whole.

    `text` is Markdown-free plain text with markers like ` [1]` after each claim. `trace` holds plain JSON values:
    timings in milliseconds under `ms`, the retriever, the model (None when quoting), the configuration's hash, the
    stand-alone `question`, that again as `read_as` where it was put together with what the conversation had said, the
    probability that the evidence `answers`, and `dropped` sentences with their reason."""

    question: str
    text: str
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    abstention: Abstention | None = None
    related: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()
    """Terms of the answer with the glossary's definitions of them, where it is one for beginners."""
    trace: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    text: str
