"""Evidence and what a conversation has said flow in; the evidence that is left to say flows out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alignment_qa.evidence import Evidence
from alignment_qa.extract import says_the_same
from alignment_qa.types import Turn

SAID = 1.2
"""Log-odds by which a sentence that was said must be likelier to answer than others."""


def unsaid(evidence: Evidence, history: Sequence[Turn]) -> Evidence:
    """The evidence without the sentences that the answers so far hold, and without those that say the same."""
    told = _line(" ".join(turn.text for turn in history if turn.role == "assistant"))
    said = [sentence for sentence in evidence.sentences if _line(sentence.text) in told]
    left = (s for s in evidence.sentences if not any(says_the_same(s, other) for other in said))
    return replace(evidence, sentences=tuple(left))


def said_later(evidence: Evidence, history: Sequence[Turn]) -> Evidence:
    """The evidence with what the last answer said after what is nearly as likely to answer: nobody asks on to hear the same."""
    replies = [turn.text for turn in history if turn.role == "assistant"]
    told = _line(replies[-1] if replies else "")
    if not evidence.sentences:
        return evidence
    lower = [replace(s, score=s.score - SAID) if _line(s.text) in told else s for s in evidence.sentences]
    order = sorted(zip(lower, evidence.sentences, strict=True), key=lambda pair: -pair[0].score)
    first = order[0][1]  # one that is the likeliest all the same is as likely as it was, and so are those far behind it
    return replace(evidence, sentences=(first, *(s for s, _ in order[1:])))


def _line(text: str) -> str:
    return " ".join(text.split())
