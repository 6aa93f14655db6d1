"""Several questions in one → each of them, standing alone, and whether they are better answered apart."""

from __future__ import annotations

import re
from collections.abc import Sequence

from alignment_qa import conversation, leaning
from alignment_qa.evidence import Evidence
from alignment_qa.lexical import terms
from alignment_qa.question import Part
from alignment_qa.types import Turn

_WORD = r"(?:what|who|whom|whose|why|how|when|where|which)\b"
_VERB = r"(?:is|are|was|were|can|could|does|do|did|has|have|had|should|will|would)"
_SUBJECT = r"(?:it|they|he|she|this|that|these|those|there|the|an?|we|you|i|its|their|any|people|ais?)\b"
_JOINT = re.compile(  # after "and", a verb alone may be the second of one subject: "What trains models and does research?"
    rf"(?<=\?)\s+(?:(?:and|but|or|so|then|also)\s+)*|[,;]?\s+(?:and|but)\s+(?:also\s+)?(?={_WORD}|{_VERB} {_SUBJECT})"
    rf"|,\s+(?={_WORD} {_VERB})",
    re.I,
)
_ASKS = re.compile(rf"{_WORD}|{_VERB}\b", re.I)
_CONDITION = re.compile(
    r"\W*(?:(?:and|but|so|even) )*(?:if|because|since|although|though|while|given|assuming|suppos(?:e|ing))\b", re.I
)
"""How a clause opens that asks nothing, and without which the question after it asks something else."""
MOST = 4
FIRST = 3  # hits of each part that are looked at; set by hand, benchmarks/constants.py tries others


def parts(text: str, corpus: conversation.Corpus) -> tuple[Part, ...]:
    """ "What is kelp, and why does it matter?" → "What is kelp?", "Why does kelp matter?"; at most MOST, none where the
    text asks one thing. What a part leaves out is put in from those before, as in a conversation."""
    turns: list[Turn] = []
    result = []
    for asked in _split(text)[:MOST]:
        alone = conversation.standalone(asked, turns, corpus)
        result.append(Part(asked, f"{alone[:1].upper()}{alone[1:]}"))
        turns.append(Turn("user", asked))
    return tuple(result)


def told_apart(evidence: Sequence[Evidence]) -> bool:
    """Whether parts, with the evidence for each, are better answered apart: the first asks what something is and the
    others something else of it, or the best documents of none are those of another. Of parts that nothing answers the
    documents say nothing."""
    if not evidence or all(each.abstention for each in evidence):
        return False
    subject = evidence[0].question.subject.lower()
    if subject and all(subject in each.question.text.lower() for each in evidence):
        return True
    seen: set[str] = set()
    for each in evidence:
        best = {hit.passage.source.doc_id for hit in each.hits[:FIRST] if not each.abstention}
        if seen & best:
            return False
        seen |= best
    return True


def _split(text: str) -> list[str]:
    """The questions as they were put; none where there is one, or where one is no question with words of its own."""
    found = [part.strip(" ,;?") for part in _JOINT.split(text)]
    found = _with_conditions([part for part in found if part])
    *_, last = found or [""]
    whole = text.rstrip().endswith("?") or bool(_ASKS.match(last))
    if len(found) < 2 or not whole or not all(terms(part) and _ASKS.search(part) for part in found):
        return []
    own = all(len(set(terms(part))) > 1 or leaning.LEANS.search(part) for part in found[1:])
    return [f"{part[:1].upper()}{part[1:]}?" for part in found] if own else []


def _with_conditions(found: Sequence[str]) -> list[str]:
    """The parts, each with the condition that stands before it: "If it is clever, why is it not kind" is one."""
    result: list[str] = []
    for part in found:
        if result and _CONDITION.match(result[-1]) and not re.search(_WORD, result[-1], re.I):
            result[-1] = f"{result[-1]}, {part}"
        else:
            result.append(part)
    return result
