"""Claims → what the turn's template walks over: headings, paragraphs and lists of sentences, cut where a term or the last
word begins. Plain text throughout; `render` makes markup of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from alignment_qa import Answer, Claim
from alignment_qa.glossary import Glossary
from alignment_qa.types import Support

NO_TERMS = Glossary({}, {})
_UNBROKEN = 24  # longest last word, in characters, that is kept on one line with its citation numbers


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a sentence; with `meaning` where they are the first in the answer to name a term of the glossary."""

    text: str
    term: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A claim as it is set: `tail` is its last word, which stays on one line with the numbers."""

    head: tuple[Piece, ...]
    tail: tuple[Piece, ...]
    numbers: tuple[int, ...]
    support: str


@dataclass(frozen=True, slots=True)
class Block:
    kind: Literal["paragraph", "list"]
    label: str | None
    sentences: tuple[Sentence, ...]
    cut: bool = False
    """A list that has more items in its document."""


def blocks(claims: Sequence[Claim], glossary: Glossary = NO_TERMS) -> list[Block]:
    """Claims in the order they are said; a label or a change between prose and list items begins a block."""
    result: list[Block] = []
    told: set[str] = set()
    for claim in claims:
        kind: Literal["paragraph", "list"] = "list" if claim.item else "paragraph"
        said = _sentence(claim, glossary, told)
        if result and not claim.label and result[-1].kind == kind:
            result[-1] = Block(kind, result[-1].label, (*result[-1].sentences, said), claim.cut)
        else:
            result.append(Block(kind, claim.label, (said,), claim.cut))
    return result


def ways(claims: Sequence[Claim]) -> list[tuple[str, str, str]]:
    """(support, shape, words) of each way in which sentences are supported, with how many are."""
    all_ways = [claim.support for claim in claims]
    result: list[tuple[str, str, str]] = []
    for support, (shape, words) in WAYS.items():
        if number := all_ways.count(support):
            every = "All " if number == len(claims) > 1 else ""
            result.append((support, shape, f"{every}{count(number, 'sentence')} {words}"))
    return result


WAYS: dict[Support, tuple[str, str]] = {
    "quoted": ("■", "quoted word for word"),
    "recorded": ("□", "from what a document states of itself"),
    "supported": ("●", "supported by the cited words"),
    "partial": ("◐", "partly supported"),
    "unsupported": ("○", "not supported"),
}
"""A shape and words for each way in which a sentence may be supported."""


def _sentence(claim: Claim, glossary: Glossary, told: set[str]) -> Sentence:
    """`told` are the terms that the answer has named already; those that are named now are added."""
    marked: list[tuple[int, int, str]] = []
    for start, end, term in glossary.mentions(claim.text):
        if term not in told:
            told.add(term)
            marked.append((start, end, term))
    tail = claim.text.rfind(" ") + 1
    tail = next((start for start, end, _ in marked if start < tail < end), tail)  # a term is not torn in two
    if len(claim.text) - tail > _UNBROKEN:
        tail = len(claim.text)
    head, rest = (_pieces(claim.text, *span, marked, glossary) for span in ((0, tail), (tail, len(claim.text))))
    return Sentence(head, rest, claim.citations, claim.support)


def _pieces(
    text: str, start: int, end: int, marked: Sequence[tuple[int, int, str]], glossary: Glossary
) -> tuple[Piece, ...]:
    """The words of a text from start to end, cut at the terms that are marked there."""
    result: list[Piece] = []
    for first, last, term in marked:
        if start <= first and last <= end:
            result += [Piece(text[start:first]), Piece(text[first:last], term, glossary.definitions[term])]
            start = last
    return tuple(piece for piece in [*result, Piece(text[start:end])] if piece.text)


def sided(answer: Answer) -> list[tuple[str, str, tuple[Sentence, ...]]]:
    """(who, when, sentences) of each side that the answer's sentences take."""
    from alignment_qa.sides import sides  # not with the page: it brings what scores sentences

    return [
        (side.who, side.when, tuple(_sentence(claim, NO_TERMS, set()) for claim in side.claims))
        for side in sides(answer)
    ]


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
