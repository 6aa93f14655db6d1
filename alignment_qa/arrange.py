"""The sentences of an answer → how they stand in it: lists whole or with what leads into them, each document's in its order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from alignment_qa.answer_type import STRICT
from alignment_qa.evidence import Evidence, Sentence
from alignment_qa.lists import Beside, lead_in, list_of
from alignment_qa.quotable import dangling, opens_badly

LISTED = 16  # sentences beyond which no further list is brought; set by hand


@dataclass(slots=True)
class Chosen:
    """A sentence in the answer, with others that say the same and what it leans on."""

    sentence: Sentence
    also: list[Sentence] = field(default_factory=list)
    item: bool = False


def whole_lists(chosen: list[Chosen], evidence: Evidence, beside: Beside) -> list[Chosen]:
    """A lead-in brings its list; an item brings lead-in and list where a list was asked for, and else the lead-in, which tells
    how it is meant, unless a person, a time or an amount was, or it defines what is asked for."""
    result: list[Chosen] = []
    for c in chosen:
        asked = c.sentence.form == "item" and evidence.question.kind == "list"
        wanted = c.sentence.form == "lead_in" or asked
        told = evidence.question.kind in STRICT or (evidence.question.kind == "definition" and c.sentence.fits)
        meant = [] if told else _meant(c.sentence, beside)
        whole = list_of(c.sentence, beside) if wanted else [*meant, c.sentence]
        if wanted and result and len(result) + len(whole) > LISTED:
            if not any(_within(whole[0], other.sentence) for other in result):
                continue
            whole = [c.sentence]  # of a list that is begun, and has too many items for all
        for sentence in whole:
            parts = [n for n, other in enumerate(result) if wanted and _within(other.sentence, sentence)]
            if not parts and any(_within(sentence, other.sentence) for other in result):
                continue
            also = c.also if _within(c.sentence, sentence) else []
            if parts:  # the item, or a sentence of it, is said already: the whole takes its place
                sentence = replace(sentence, score=max(result[n].sentence.score for n in parts))
                also = [*also, *(other for n in parts for other in result[n].also)]
            at = parts[0] if parts else len(result)
            result = [other for n, other in enumerate(result) if n not in parts]
            result.insert(at, Chosen(sentence, also, bool(wanted or meant) and sentence.form != "lead_in"))
    return result


def _meant(sentence: Sentence, beside: Beside) -> list[Sentence]:
    """What tells how the items of the list are meant that a sentence stands in, where that stands by itself."""
    return [before for before in lead_in(sentence, beside) if before.text.endswith(":") and not dangling(before.text)]


def _within(one: Sentence, other: Sentence) -> bool:
    same = one.passage.passage_id == other.passage.passage_id
    return same and other.start <= one.start and one.end <= other.end


def by_document(chosen: list[Chosen], nearly: float, lead_first: bool, exact: bool = False) -> list[list[Chosen]]:
    """Grouped by document, the lead's first, each in the document's order; the lead comes first of all unless a
    sentence as good but for `nearly`, in log-odds, stands before it, because the document's order reads better (CLAPnq
    ROUGE-L +3). An item leads with its list around it unless a person, a time or an amount is `exact`ly what was asked for."""
    groups: dict[str, list[Chosen]] = {}
    for c in chosen:
        groups.setdefault(c.sentence.passage.source.doc_id, []).append(c)
    result = [_in_order(group) for group in groups.values()]
    if not result:
        return []
    lead = chosen[0]
    first = result[0][0]
    ahead = first.item or opens_badly(first.sentence.text) or first.sentence.score < lead.sentence.score - nearly
    if first is not lead and (lead_first or ahead):
        unit = (not exact and _list_around(lead, result[0])) or [lead, *_followers(lead, result[0])]
        result[0] = [*unit, *(c for c in result[0] if not any(c is u for u in unit))]
    return result


def lists_once(groups: list[list[Chosen]]) -> list[list[Chosen]]:
    """The groups with the items of a list that several of them quote from in the first of these, in their order."""
    begun: dict[tuple[str, int], list[Chosen]] = {}
    result = []
    for group in groups:
        into = kept = list[Chosen]()
        lead = group[0]
        for c in group:
            if not c.item:
                lead, at = c, (c.sentence.passage.passage_id, c.sentence.place)
                into = begun.setdefault(at, kept) if c.sentence.form == "lead_in" else kept
            if into is kept:
                kept.append(c)
            elif c.item and not any(_within(c.sentence, other.sentence) for other in into):
                first = 1 + next(n for n, other in enumerate(into) if _within(lead.sentence, other.sentence))
                last = next((n for n in range(first, len(into)) if not into[n].item), len(into))
                into[first:last] = _in_order([*into[first:last], c])
        result += [kept] if kept else []
    return result


def _list_around(lead: Chosen, group: list[Chosen]) -> list[Chosen]:
    """The list that the lead is an item of, where it is quoted whole: what leads into it tells how its items are meant, and
    a step says little before the ones that lead to it."""
    start = at = next(n for n, c in enumerate(group) if c is lead)
    while start > 0 and group[start].item:
        start -= 1
    if not (lead.item and group[start].sentence.form == "lead_in"):
        return []
    end = next((n for n in range(at, len(group)) if not group[n].item), len(group))
    return group[start:end]


def _followers(lead: Chosen, group: list[Chosen]) -> list[Chosen]:
    """The sentences right after the lead that lean on it, and its list: they stay together."""
    result = [lead]
    for c in group:
        last = result[-1].sentence
        leans = c.sentence.passage == last.passage and c.sentence.place == last.place + 1 and dangling(c.sentence.text)
        listed = c.item and c.sentence.start > last.start and (last.form == "lead_in" or result[-1].item)
        if leans or listed:
            result.append(c)
    return result[1:]


def _in_order(group: list[Chosen]) -> list[Chosen]:
    return sorted(group, key=lambda c: (c.sentence.start, c.sentence.end))
