"""Evidence and what a conversation has said flow in; the evidence that is left to say flows out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alignment_qa.evidence import Evidence
from alignment_qa.extract import says_the_same
from alignment_qa.types import Turn


def unsaid(evidence: Evidence, history: Sequence[Turn]) -> Evidence:
    """The evidence without the sentences that the answers so far hold, and without those that say the same."""
    told = _line(" ".join(turn.text for turn in history if turn.role == "assistant"))
    said = [sentence for sentence in evidence.sentences if _line(sentence.text) in told]
    left = (s for s in evidence.sentences if not any(says_the_same(s, other) for other in said))
    return replace(evidence, sentences=tuple(left))


def _line(text: str) -> str:
    return " ".join(text.split())
