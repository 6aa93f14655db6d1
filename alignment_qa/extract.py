"""Scored sentences → a quoted answer, without a model: which sentences, in which order, with nothing said twice.

The lead answers by itself; then come the fewest sentences that complete it, by document, in the document's order. A
sentence that leans on the one before it brings it along or is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from alignment_qa.answer_type import STRICT, gives_example, is_told, leads_into, mentions, says_of_each
from alignment_qa.answerable import repeats
from alignment_qa.arrange import Chosen, by_document, lists_once, whole_lists
from alignment_qa.cite import Draft, Quote
from alignment_qa.definition import classes, defines, names_first, serves
from alignment_qa.evidence import Evidence, Sentence
from alignment_qa.lexical import terms
from alignment_qa.lists import Beside, leant_on, left_out, listed
from alignment_qa.question import Question
from alignment_qa.quotable import dangling, for_example, opens_badly
from alignment_qa.retrieve import asks
from alignment_qa.support import negated, numbers
from alignment_qa.types import Detail

SAME_WORDS, SAME_MEANING = 0.8, 0.9  # share of stems held, cosine: two sentences say the same
LONGEST, CHAIN = 60, 2  # words of a predecessor that is brought along, and how many of them


@dataclass(frozen=True, slots=True)
class Composition:
    """How much is said, and in which order. Chosen by benchmarks/composition.py."""

    brief: int = 2
    """Sentences of a brief answer."""
    full: int = 8
    """Sentences of a full answer."""
    side: int = 2
    """Sentences for each side of a comparison, and for the difference itself."""
    margin: float = 1.2
    """Log-odds by which a further sentence may be less likely to answer than the lead."""
    few: int = 3
    """Sentences up to which twice the margin is allowed, without those that they lean on: an answer of one sentence is seldom whole."""
    case: float = 2.4
    """Log-odds by which a sentence that gives an example clearly comes before one that gives one in passing, where one is asked for."""
    far: float = 4.8
    """Log-odds by which such a sentence may be less likely to answer than the best of all."""
    first: float = 0.25
    """Log-odds within which an earlier sentence of its document may come before the lead."""

    def limit(self, detail: Detail) -> int:
        return self.brief if detail == "brief" else self.full


SHIPPED = Composition()


def extract(
    evidence: Evidence,
    detail: Detail = "full",
    beside: Beside = lambda passage, step: None,
    shape: Composition = SHIPPED,
) -> Iterator[Draft]:
    """The quoted answer, sentence by sentence; nothing when no sentence stands on its own, or all of it leaves out the person,
    the time or the number that is asked for and stands under no heading that asks this. `beside` finds the next passage of a
    section and the one before, over which a list may run."""
    groups = _compare(evidence, detail, beside, shape) if evidence.question.sides else []
    if not groups:
        chosen = _choose(_asked_for(evidence, shape), evidence, beside, shape, shape.limit(detail), shape.few)
        exact = evidence.question.kind in STRICT
        causal = any(_gives_cause(c.sentence) for c in chosen[:1])
        lists = any(_lists(evidence.question, c.sentence) for c in chosen[:1])
        told = bool(evidence.question.subject) or evidence.question.kind == "yes_no"
        lead_first = exact or causal or lists or told
        groups = by_document(whole_lists(chosen, evidence, beside), shape.first, lead_first, exact)
    said = [c.sentence for group in groups for c in group]
    if not is_told(evidence.question, [s.text for s in said]) and not _is_headed(evidence.question, said):
        return
    before = groups[0][0].sentence.passage.source.doc_id if groups else ""
    for group in groups:
        cut = _cut_short(group, beside)
        for position, chosen_one in enumerate(group):
            source = chosen_one.sentence.passage.source
            label = _label(chosen_one.sentence) if not position and source.doc_id != before else None
            yield _draft(chosen_one, label, position in cut)
        before = group[-1].sentence.passage.source.doc_id


def _asked_for(evidence: Evidence, shape: Composition) -> Sequence[Sentence]:
    """The sentences that may answer, best first. Where a list is asked for, what leads into one of such things comes first.
    Where an example is, those that give one, the clearer ones before others that are as near; all where there is none.
    Both where they are not much farther off than the best."""
    question, sentences = evidence.question, evidence.sentences
    if question.kind not in {"list", "example"} or not sentences:
        return sentences
    least = sentences[0].score - shape.far
    if question.kind == "list":
        lists = [s for s in sentences if s.score >= least and _lists(question, s)]
        rest = (s for s in sentences if not any(s is other for other in lists))
        return [*(replace(s, score=sentences[0].score) for s in lists), *rest]
    clear = [(s, gives_example(question, s.passage.heading, s.text)) for s in sentences]
    told = [replace(s, score=s.score + shape.case * how) for s, how in clear if how > 0 and s.score >= least]
    return sorted(told, key=lambda s: -s.score) or sentences


def _lists(question: Question, sentence: Sentence) -> bool:
    """It leads into a list of what is asked for."""
    return sentence.form == "lead_in" and leads_into(question, sentence.passage.heading, sentence.text)


def _choose(
    sentences: Sequence[Sentence], evidence: Evidence, beside: Beside, shape: Composition, limit: int, few: int
) -> list[Chosen]:
    """The lead and what completes it, in the order of choice."""
    neighbours = {(s.passage.passage_id, s.place): s for s in evidence.sentences}
    nexts = ((s, neighbours.get((s.passage.passage_id, s.place + 1))) for s in sentences)
    after = {id(s): n for s, n in nexts if _announces(s) or _goes_on(n, evidence.question)}
    sentences = [s for s in sentences if after.get(id(s), s) is not None]  # nothing would follow
    chosen: list[Chosen] = []
    replies = {id(s) for s in sentences if _replies(s, evidence.question, beside)}
    lead = _lead(sentences, evidence, shape, neighbours, limit, replies)
    if lead is None:
        return []
    settled, items, brought = evidence.question.kind in STRICT and lead.fits, 0, 0
    for sentence in (lead, *sentences):
        margin = shape.margin if len(chosen) - brought >= few or settled else 2 * shape.margin
        if sentence.score < lead.score - margin or len(chosen) >= limit:
            break
        if any(sentence is c.sentence for c in chosen) or (chosen and _says_nothing_new(sentence, evidence)):
            continue
        if sentence.form == "item" and sentence.text[:1].islower() and evidence.question.kind != "list":
            continue  # a piece of a sentence, without what leads into it
        if sentence is not lead and _defines_another(sentence, lead, evidence.question):
            continue
        if twin := next((c for c in chosen if says_the_same(sentence, c.sentence)), None):
            known = {s.passage.source.doc_id for s in (twin.sentence, *twin.also)}
            if sentence.passage.source.doc_id not in known:
                twin.also.append(sentence)
            continue
        leads = sentence is lead and id(lead) in replies
        needed = [] if leads else _leans_on(sentence, neighbours, [c.sentence for c in chosen])
        if needed is None:
            continue
        announced = after.get(id(sentence))
        if _announces(sentence) and chosen and len(chosen) + 1 >= limit:
            continue
        if needed and len(chosen) + items + _brought(sentence, needed) >= limit:
            continue
        items += _brought(sentence, needed) - len(needed)
        brought += len(needed)
        chosen.extend(Chosen(before) for before in needed)
        chosen.append(Chosen(sentence))
        if announced and len(chosen) < limit and all(announced is not c.sentence for c in chosen):
            chosen.append(Chosen(announced))
    return chosen


def _announces(sentence: Sentence) -> bool:
    """What follows is what it is about; a list's lead-in, which brings its list, is none of these."""
    return sentence.form == "plain" and sentence.text.endswith(":")


def _goes_on(following: Sentence | None, question: Question) -> bool:
    """It belongs to the sentence before it: the list that was asked for, or what is told of an example."""
    if following is None:
        return False
    listed = question.kind == "list" and following.form == "lead_in"
    return listed or (question.kind == "example" and dangling(following.text))


def _leans_on(
    sentence: Sentence, neighbours: Mapping[tuple[str, int], Sentence], said: Sequence[Sentence]
) -> list[Sentence] | None:
    """The sentences before it that a sentence cannot be read without and that are not said yet: none, up to two, or
    None when that is not enough to make it stand."""
    needed: list[Sentence] = []
    first = sentence
    while dangling(first.text):
        before = neighbours.get((first.passage.passage_id, leant_on(first)))
        if before is None or len(needed) == CHAIN or len(before.text.split()) > LONGEST:
            return None
        if before.place < first.place - 1 and before.form != "lead_in":
            return None
        if any(says_the_same(before, other) for other in said):
            break
        needed.insert(0, before)
        first = before
    return needed


def _brought(sentence: Sentence, needed: Sequence[Sentence]) -> int:
    """How many sentences come with one that leans on these: they, and the items that one of them leads into."""
    return len(needed) + sum(sentence.place - before.place - 1 for before in needed if before.form == "lead_in")


def _lead(
    sentences: Sequence[Sentence],
    evidence: Evidence,
    shape: Composition,
    neighbours: Mapping[tuple[str, int], Sentence],
    limit: int,
    replies: Collection[int],
) -> Sentence | None:
    """The best sentence that stands alone; if it is nearly as good, the best that defines for a definition, the best that
    gives a cause for "why", and for a person, a time or an amount the best that holds one, with what it leans on. One that is
    much better than all that stand alone leads with what it leans on, too. All that is said of those under a heading that asks
    the very question."""
    sentences = [s for s in sentences if not s.text.rstrip('”"').endswith("?")]
    alone = [s for s in sentences if id(s) in replies or not dangling(s.text)]
    alone = [s for s in alone if not opens_badly(s.text)] or alone
    if not alone:
        return None
    there = [s for s in alone if _asked(evidence.question, s)]
    if there:
        sentences = [s for s in sentences if s.passage.heading in {own.passage.heading for own in there}]
        alone = there
    least = alone[0].score - 2 * shape.margin
    if evidence.question.kind == "definition" or (evidence.question.kind == "how" and evidence.question.subject):
        near = [s for s in sentences if s.score >= least and _leans_on(s, neighbours, []) is not None]
        told = [s for s in near if s.fits or _introduces(s, alone[0])]
        names = evidence.question.called
        named = (s for s in alone if s.score >= least and any(mentions(name, s.text) for name in names))
        return min(told, key=lambda s: (dangling(s.text), _apart(names, s)), default=next(named, alone[0]))
    if evidence.question.kind in STRICT:
        fits = sorted((s for s in sentences if s.fits and s.score >= least), key=lambda s: -s.features["shows"])
        return next((s for s in fits if _leans_on(s, neighbours, []) is not None), alone[0])
    best = next((s for s in alone if _gives_cause(s) and s.score >= alone[0].score - shape.first), alone[0])
    much = [s for s in sentences if s.score > alone[0].score + shape.margin]
    leaning = ((s, _leans_on(s, neighbours, [])) for s in much)
    return next((s for s, needed in leaning if needed is not None and _brought(s, needed) < limit), best)


def _asked(question: Question, sentence: Sentence) -> bool:
    """It stands under a heading that asks the very question."""
    return asks(question.terms, sentence.passage.heading) >= SAME_WORDS


def _gives_cause(sentence: Sentence) -> bool:
    """It is asked why, and this says because of what."""
    return sentence.features["causes"] > 0


def _replies(sentence: Sentence, question: Question, beside: Beside) -> bool:
    """It is the first under such a heading: its "it" and "they" are what that asks of. Or what it is an example of is asked."""
    if question.kind == "example" and not dangling(for_example(sentence.text)):
        return True
    return sentence.place == 0 and _asked(question, sentence) and beside(sentence.passage, -1) is None


def _is_headed(question: Question, said: Sequence[Sentence]) -> bool:
    """Some of it stands under a heading that asks this in the same way, and so answers it in other words."""
    return any(repeats(question, s.passage.heading) >= SAME_WORDS for s in said)


def _opens(sentence: Sentence) -> bool:
    """Its document begins with it."""
    return sentence.passage.start == 0 and sentence.place == 0


def _introduces(sentence: Sentence, best: Sentence) -> bool:
    """It says at the head of its document what that is about, in as many words of the question as the best sentence has."""
    covers = sentence.features["covered"] >= best.features["covered"]
    return covers and _opens(sentence) and classes(sentence.passage.source.title, sentence.text)


def _tells(side: str, sentence: Sentence) -> bool:
    """It says what the side is, or at the head of a document on it what that is about."""
    title = sentence.passage.source.title
    about = _opens(sentence) and mentions(side, title) and classes(title, sentence.text)
    return about or defines(side, sentence.text)


def _apart(names: Sequence[str], definition: Sentence) -> int:
    """How far a definition is from the one that an article on what has these names begins with, which says what kind of
    thing it is."""
    opens, text = _opens(definition), definition.text
    called = [(classes(name, text), names_first(name, text)) for name in names]
    order = [
        opens and any(kind and own for kind, own in called),
        any(kind and own for kind, own in called),
        opens and any(kind or own for kind, own in called),
        any(kind for kind, _ in called),
        any(serves(name, text) for name in names),
        opens,
        True,
    ]
    return order.index(True)


def _compare(evidence: Evidence, detail: Detail, beside: Beside, shape: Composition) -> list[list[Chosen]]:
    """First the sentence that states the difference, if one does; then a block for each side. Nothing where a side has
    none."""
    sides, each = evidence.question.sides, 1 if detail == "brief" else shape.side
    both = [s for s in evidence.sentences if all(mentions(side, s.text) for side in sides) and not dangling(s.text)]
    least = max(s.score for s in evidence.sentences) - shape.far
    differ = (s for s in both if s.fits and s.score >= least)
    stated = sorted(differ, key=lambda s: -s.score - 2 * shape.margin * says_of_each(sides, s.text))
    groups: list[list[Chosen]] = []
    taken: list[Sentence] = []
    first = _choose(stated, evidence, beside, shape, each, few=1)  # none where they only ask for it
    if whole := whole_lists(first, evidence, beside):
        taken.extend(c.sentence for c in first)
        groups.append(whole)
    if whole and detail == "brief":
        return groups
    blocks: list[list[list[Chosen]]] = []
    for side in sides:
        others = set(sides) - {side}
        about = [
            replace(s, score=s.score + shape.margin * (3 * _tells(side, s) - _mentions_any(others, s.text)))
            for s in evidence.sentences
            if mentions(side, s.text) and not any(says_the_same(s, t) for t in taken)
        ]
        about.sort(key=lambda s: -s.score)
        block = _choose(about, evidence, beside, shape, each, few=1)
        taken.extend(c.sentence for c in block)
        if grouped := by_document(whole_lists(block, evidence, beside), shape.first, lead_first=True):
            blocks.append(grouped)
    if len(blocks) < len(sides):  # nothing on one of them: what there is on the question as a whole
        return []
    firsts = [block[0][0].sentence for block in blocks]
    if len({first.passage.source.doc_id for first in firsts}) == 1:  # one document: its order, which it writes in
        blocks.sort(key=lambda block: block[0][0].sentence.start)
    return lists_once(groups + [group for block in blocks for group in block])


def _mentions_any(sides: Collection[str], text: str) -> bool:
    return any(mentions(side, text) for side in sides)


def _defines_another(sentence: Sentence, lead: Sentence, question: Question) -> bool:
    """An item of a list defines what is asked, and this is of a list of such things and about another of them."""
    defined = question.kind == "definition" and lead.fits and lead.form == "item"
    return defined and listed(sentence) and not _mentions_any(question.called, sentence.text)


def _says_nothing_new(sentence: Sentence, evidence: Evidence) -> bool:
    """All but one of its content words are the question's own: "This is why alignment is hard." """
    return evidence.question.kind != "yes_no" and len(set(terms(sentence.text)) - set(evidence.question.terms)) < 2


def says_the_same(one: Sentence, other: Sentence) -> bool:
    if one.passage.passage_id == other.passage.passage_id and one.place == other.place:
        return True
    if negated(one.text) != negated(other.text) or numbers(one.text) != numbers(other.text):
        return False  # near in words, and perhaps the opposite: a reader must see both
    if float(one.vector @ other.vector) >= SAME_MEANING:
        return True
    words, others = set(terms(one.text)), set(terms(other.text))
    smaller = min(len(words), len(others))
    return bool(smaller) and len(words & others) / smaller >= SAME_WORDS


def _cut_short(group: Sequence[Chosen], beside: Beside) -> set[int]:
    """The positions of the last items of lists that are not quoted whole."""
    result: set[int] = set()
    said: list[Sentence] = []
    for position, chosen in enumerate(group):
        said = [*said, chosen.sentence] if chosen.item else []
        ends = not any(following.item for following in group[position + 1 : position + 2])
        if said and ends and left_out(said, beside):
            result.add(position)
    return result


def _draft(chosen: Chosen, label: str | None, cut: bool) -> Draft:
    quotes = tuple(Quote(s.passage, s.start, s.end) for s in (chosen.sentence, *chosen.also))
    return Draft(chosen.sentence.text, quotes, "quoted", label, chosen.item, cut)


def _label(sentence: Sentence) -> str:
    """Where the next words come from: the document's title, with the section that they stand in."""
    return f"From “{sentence.passage.heading or sentence.passage.source.title}”"
