"""A sentence of a list → its list: what leads into it and its items, each whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from alignment_qa.evidence import Sentence
from alignment_qa.quotable import Form, bare
from alignment_qa.sentences import LIST_MARK
from alignment_qa.types import Passage

LONGEST = 10  # items

Following = Callable[[Passage], Passage | None]
"""A passage → the one after it under the same headings, if there is one."""


def list_of(sentence: Sentence, following: Following) -> list[Sentence]:
    """The lead-in and the items of the list that a sentence belongs to, also where the list runs on in the next
    passage; the sentence itself where it is no list."""
    rows = _items(sentence.passage)
    first = last = _first(sentence, rows)
    while last < len(rows) and rows[last] is not None:
        last += 1
    items = _from(sentence, sentence.passage, rows[first:last])
    if last == len(rows) and (after := following(sentence.passage)):
        run = _items(after)
        items += _from(sentence, after, run[: next((at for at, row in enumerate(run) if row is None), len(run))])
    if len(items) < 2:
        return [sentence] if sentence.form == "item" else []
    before = [_at(sentence, sentence.passage, first - 1, first - 1, "lead_in")] if first else []
    return [*before, *items[:LONGEST]]


def lead_in(sentence: Sentence) -> list[Sentence]:
    """What leads into the list that a sentence stands in, if that is in the same passage; nothing for one in no list."""
    rows = _items(sentence.passage)
    first = _first(sentence, rows) if rows[sentence.place] is not None else 0
    return [_at(sentence, sentence.passage, first - 1, first - 1, "lead_in")] if first else []


def _first(sentence: Sentence, rows: Sequence[int | None]) -> int:
    """Where the list of a sentence begins that stands in it or leads into it."""
    first = sentence.place + (sentence.form == "lead_in")
    while first > 0 and rows[first - 1] is not None:
        first -= 1
    return first


def leant_on(sentence: Sentence) -> int:
    """The place of the sentence before it; after a list, of what leads into that, which brings the list along."""
    rows, place = _items(sentence.passage), sentence.place - 1
    if rows[sentence.place] is None:
        while place >= 0 and rows[place] is not None:
            place -= 1
    return place


def _items(passage: Passage) -> list[int | None]:
    """For each sentence of a passage the place at which its list item begins, None where it is in no list. An item may
    have several sentences: what follows it on its own line belongs to it."""
    result: list[int | None] = []
    for place, (start, _) in enumerate(passage.sentences):
        before = (
            passage.text[passage.sentences[place - 1][1] - passage.start : start - passage.start] if place else "\n"
        )
        if LIST_MARK.match(passage.text[start - passage.start :]):
            result.append(place)
        else:
            result.append(None if "\n" in before else result[-1])
    return result


def _from(sibling: Sentence, passage: Passage, rows: Sequence[int | None]) -> list[Sentence]:
    """The items, each whole, that the sentences with these rows belong to."""
    return [
        _at(sibling, passage, place, place + rows.count(place) - 1, "item")
        for place in dict.fromkeys(row for row in rows if row is not None)
    ]


def _at(sibling: Sentence, passage: Passage, place: int, last: int, form: Form) -> Sentence:
    """The sentences from one place of a passage of the sibling's document to another, as one."""
    start, _, text = bare(passage, place)
    if last > place:
        text += passage.text[passage.sentences[place][1] - passage.start : passage.sentences[last][1] - passage.start]
    return replace(
        sibling, passage=passage, place=place, start=start, end=passage.sentences[last][1], text=text, form=form
    )
