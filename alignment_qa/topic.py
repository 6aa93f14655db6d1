"""A question → what it is about, in its own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from alignment_qa.lexical import FUNCTION_WORDS, terms
from alignment_qa.question import understand
from alignment_qa.talk import talk

Named = Callable[[str], str]
"""A text → the first thing in it that the corpus has a name for, as the text writes it; empty where there is none."""


def unnamed(text: str) -> str:
    """Stands in for a corpus that has a name for nothing."""
    return ""


class Topic(NamedTuple):
    """`sure` where the words are a name: the subject of a definition, the sides of a comparison, or one that the corpus has; else
    they are the likeliest of the question's words."""

    text: str = ""
    sure: bool = False


OPENING = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?|then|now|also|right|well|hm+|what about|how about|and what about)\b[\s,]*)+", re.I
)
CLAUSE = re.compile(
    r"\b(?:(?:is|are|was|were|do|does|did|ca|can|could|would|wo|will|should|has|have|had)(?:n['’]?t)?|be|why|who|when|where|which|what(?:['’]?s)?|hows?|happen\w*)\b",
    re.I,
)
_WORKS = re.compile(r"\b(how (?:do|does|did|would|could|can|will)(?:n['’]t)? .+?) work\b", re.I)
"""What works, before the verb: "How does RLHF work?" """
_DONE = re.compile(r"[a-z]{2,}(?!e)[a-z]ed")
"""What was done to a thing, after its name: "How is sickle cell disease treated?" """
_NOT = re.compile(r"(?:ca|do|does|did|is|are|was|were|wo|would|could|should|has|have|had)n['’]?t")
_ASKING = re.compile(r"(?:is|are|was|were|do|does|did|can|could|would|will|should|has|have|had)(?:n['’]?t)?")
"""What stands before the one that a question asks of: "Why would an AI …" """
_ARTICLES = frozenset("the a an all most some any many".split())
_ASK_WORDS = frozenset(
    "not difference between define explain describe mean means called example examples hard also still too "
    "need needs want wants go goes get gets make makes take takes keep keeps know knows say says said think thinks".split()
)


def topic_of(question: str, named: Named = unnamed) -> Topic:
    """The subject of a definition, the sides of a comparison, else what the corpus has a name for, what follows the
    auxiliary, or the longest run of content words."""
    understood = understand(question)
    if understood.sides:
        return Topic(f"{', '.join(understood.sides[:-1])} and {understood.sides[-1]}", sure=True)
    if understood.subject and len(understood.subject.split()) <= 6 and not CLAUSE.search(understood.subject):
        return Topic(understood.subject, sure=True)
    if name := named(question):
        return Topic(name, sure=True)
    runs, doer = _runs(_WORKS.sub(r"\1", OPENING.sub("", question)))
    runs = [run for run in runs if not set(terms(" ".join(run))) <= talk()] or runs
    longest = doer if doer in runs else max(runs, key=lambda run: sum(len(word) for word in run))
    return Topic(" ".join(longest[:-1] if len(longest) > 1 and _DONE.fullmatch(longest[-1]) else longest))


def _runs(question: str) -> tuple[list[list[str]], list[str]]:
    """The runs of content words between others, and the one of which the question asks: "Why would an AI …" """
    runs: list[list[str]] = [[]]
    doer: list[str] = []
    for word in re.findall(r"[\w’'-]+", question):
        plain = word.lower()
        verb = CLAUSE.fullmatch(plain) or _NOT.fullmatch(plain)
        if plain in FUNCTION_WORDS or plain in _ASK_WORDS or plain.endswith("ly") or verb:
            before = (runs[-1] is doer and plain in _ARTICLES) or bool(_ASKING.fullmatch(plain))
            runs.append([])
            doer = runs[-1] if before and not doer else doer
        else:
            runs[-1].append(word)
    return runs, doer
