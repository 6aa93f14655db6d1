"""A sentence of a list → its list: what leads into it and its items, each whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from alignment_qa.evidence import Sentence
from alignment_qa.quotable import Form, bare
from alignment_qa.sentences import LIST_MARK
from alignment_qa.types import Passage

LONGEST = 10  # items
FAR = 10  # passages back to where a list may begin: one of a thousand items is not walked from its first

Beside = Callable[[Passage, int], Passage | None]
"""A passage and 1 or -1 → the one after or before it under the same headings, if there is one."""


def list_of(sentence: Sentence, beside: Beside) -> list[Sentence]:
    """The lead-in and the items of the list that a sentence belongs to, also where it runs over several passages; the
    sentence itself where it is no list."""
    passage, first = _begins(sentence, beside)
    before, items = _leading(sentence, passage, first), _all(sentence, passage, first, beside)
    if len(items) < 2:
        return [sentence] if sentence.form == "item" else []
    own = next((n for n, item in enumerate(items) if item.start <= sentence.start < item.end), 0)
    skipped = max(0, own - LONGEST + 1)
    return [*before, *items[skipped : skipped + LONGEST]]


def left_out(said: Sequence[Sentence], beside: Beside) -> bool:
    """Some item is not said of the list that these sentences stand in."""
    items = _all(said[0], *_begins(said[0], beside), beside)
    return any(not any(item.start <= s.start < item.end for s in said) for item in items)


def _all(sentence: Sentence, passage: Passage, first: int, beside: Beside) -> list[Sentence]:
    """The items of the list that begins there, each whole."""
    items: list[Sentence] = []
    for _ in range(2 * FAR):
        rows = _items(passage)
        last = next((at for at in range(first, len(rows)) if rows[at] is None), len(rows))
        items += _from(sentence, passage, rows[first:last])
        after = beside(passage, 1) if last == len(rows) else None
        if after is None:
            break
        passage, first = after, 0
    return items


def lead_in(sentence: Sentence, beside: Beside) -> list[Sentence]:
    """What leads into the list that a sentence stands in; nothing for one in no list."""
    if _items(sentence.passage)[sentence.place] is None:
        return []
    return _leading(sentence, *_begins(sentence, beside))


def _begins(sentence: Sentence, beside: Beside) -> tuple[Passage, int]:
    """Where the list begins that a sentence stands in or leads into: a passage, and the place of its first item there."""
    passage, first, left = sentence.passage, sentence.place + (sentence.form == "lead_in"), FAR
    while True:
        rows = _items(passage)
        while first > 0 and rows[first - 1] is not None:
            first -= 1
        before = beside(passage, -1) if left and not first else None
        if before is None:
            return passage, first
        passage, first, left = before, len(before.sentences), left - 1


def _leading(sibling: Sentence, passage: Passage, first: int) -> list[Sentence]:
    """The sentence before a list; one of another passage only where it says by a colon that a list comes."""
    found = [_at(sibling, passage, first - 1, first - 1, "lead_in")] if first else []
    return [s for s in found if passage is sibling.passage or s.text.endswith(":")]


def listed(sentence: Sentence) -> bool:
    """It stands in a list or leads into one."""
    return sentence.form == "lead_in" or _items(sentence.passage)[sentence.place] is not None


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
