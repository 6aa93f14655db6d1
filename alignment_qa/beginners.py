"""What is made of evidence and answers for somebody new to the field: introductory documents first, terms defined.

An introductory sentence comes before another where both are good enough for one answer. Whether there is an answer at
all was decided before, so nobody is told less for asking simply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alignment_qa.evidence import Evidence
from alignment_qa.extract import SHIPPED
from alignment_qa.glossary import Glossary
from alignment_qa.types import Passage

MOST = 8  # terms that are defined under an answer


def prefer(evidence: Evidence) -> Evidence:
    """The evidence with introductory documents favoured, by as much as an answer's sentences may differ anyway."""
    sentences = [
        replace(s, score=s.score + SHIPPED.margin) if _introductory(s.passage) else s for s in evidence.sentences
    ]
    return replace(
        evidence,
        sentences=tuple(sorted(sentences, key=lambda sentence: -sentence.score)),
        hits=tuple(sorted(evidence.hits, key=lambda hit: not _introductory(hit.passage))),
    )


def define(text: str, glossary: Glossary) -> Iterator[tuple[str, str]]:
    """The first few terms of a text with their definitions, each once."""
    named = dict.fromkeys(term for _, _, term in glossary.mentions(text))
    yield from ((term, glossary.definitions[term]) for term in list(named)[:MOST])


def _introductory(passage: Passage) -> bool:
    return passage.source.level == "introductory"
