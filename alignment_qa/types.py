"""The nouns of the program: frozen values that flow from ingest to an answer. Nothing here acts.

All offsets count Unicode code points of `Document.text`, end exclusive, so that
`document.text[x.start:x.end] == x.text` holds for every span type below.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Role = Literal["prose", "references"]
"""What a part of a document is for: `references` lists works and is quoted only when somebody asks for sources."""

Support = Literal["quoted", "supported", "partial", "unsupported"]
"""How well the cited words carry a claim; `quoted` means that the claim is those words."""

Detail = Literal["brief", "full"]


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
    stand-alone `question`, the probability that the evidence `answers`, and `dropped` sentences with their reason."""

    question: str
    text: str
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    abstention: Abstention | None = None
    related: tuple[str, ...] = ()
    trace: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    text: str
