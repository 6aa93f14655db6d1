"""History and a follow-up → a question that stands alone, with no model.

A follow-up is recognised by what it lacks: a noun for its pronoun, a verb, a topic. What it lacks is taken from the last
question; where there are several ways to fill it in, the corpus decides, by which of them it has something on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from alignment_qa import leaning
from alignment_qa.answer_type import NAMELESS
from alignment_qa.lexical import terms
from alignment_qa.manner import apart
from alignment_qa.pointing import items, pointed, points
from alignment_qa.question import understand
from alignment_qa.talk import talk
from alignment_qa.topic import CLAUSE, OPENING, Named, Topic, topic_of, unnamed
from alignment_qa.types import Turn

OWN = 5
"""Content terms from which a question has a topic of its own, whatever it refers to; and BEFORE, of those in clauses before
a pronoun's own, which it may stand for. Set by hand, with an eye on MTRAG and the golden dev
follow-ups; benchmarks/constants.py tries others."""
BEFORE = 2
CONTEXT = 30  # words of the questions before that a question is read with, at most
FEW = 2  # content words up to which "Which is cheapest?" is about what was compared


class _Said(NamedTuple):
    """Where a conversation stands: the last question, standing alone; its topic; what it compares; and the last answer."""

    last: str = ""
    topic: Topic = Topic()
    sides: tuple[str, ...] = ()
    reply: str = ""

    @property
    def about(self) -> str:
        """What a question that names nothing is about: the topic, or all of the last question where that is unsure."""
        return self.topic.text if self.topic.sure else self._context

    @property
    def asked(self) -> str:
        """What "one of them" is one of: what was defined, or what the last question asked for."""
        return self.topic.text if understand(self.last).kind == "definition" else self._context

    @property
    def _context(self) -> str:
        asked, _, of = self.last.partition("? (")  # which says all, where what was asked of it is only talk
        said = of if of and set(terms(asked)) <= talk() else self.last
        return " ".join(re.sub(r"[()?]", " ", said).split()[:CONTEXT])


class Corpus(NamedTuple):
    """What a corpus tells of words: how near it is to a text, in [-1, 1], and what it has a name for in one."""

    closeness: Callable[[str], float]
    named: Named = unnamed


def standalone(question: str, history: Sequence[Turn], corpus: Corpus) -> str:
    """The question with what it leaves out put in from the last question, or from the list that it points at in the last
    answer; unchanged when it leaves nothing out, and the last one itself where nothing is asked."""
    said = _Said()
    for turn in history:
        if turn.role == "assistant":
            said = said._replace(reply=turn.text if items(turn.text) or not items(said.reply) else said.reply)
        elif text := apart(turn.text).text.strip():  # else the last one again, told in another way
            said = _go_on(text, said, corpus)
    if not (said.last and question):
        return question or said.last
    return _fill(question, said, corpus)


def _go_on(text: str, said: _Said, corpus: Corpus) -> _Said:
    """Where the conversation stands after that question, which may itself lean on the one before."""
    filled = _fill(text, said, corpus) if said.last else text
    topic = topic_of(text if leaning.TOO.search(text) else filled, corpus.named)
    kept = (
        filled != text and said.topic.text in filled and not leaning.TOO.search(text)
    )  # one that was put in stays the topic
    if said.topic.text and (kept or set(terms(topic.text)) <= talk()):
        topic = said.topic
    sides = understand(filled).sides or (said.sides if topic == said.topic else ())
    last = said.last if said.last and filled.endswith(f": {said.last}") else filled
    return _Said(last, topic, sides, said.reply)


def _fill(question: str, said: _Said, corpus: Corpus) -> str:
    if not said.topic.text or not question.strip() or leaning.CHANGES.match(question):
        return question
    rest = OPENING.sub("", question).strip(" ?.!")
    content = terms(leaning.PRONOUN.sub(" ", rest))
    own = len(content) >= OWN and len(set(content) - talk()) >= BEFORE
    if chosen := [(at, side) for at, side in zip(leaning.SIDES, said.sides, strict=False) if at.search(rest)]:
        for stands, side in chosen:
            rest = stands.sub(side, rest)
        return f"{rest}?"
    if said.sides and leaning.WHICH.match(rest) and len(content) <= FEW:
        return f"{rest}? ({', '.join(said.sides[:-1])} and {said.sides[-1]})"
    if in_list := pointed(rest, said.reply, corpus.named):
        return in_list
    if leaning.SOURCES.match(rest):
        return f"Where can I read more about {said.about}?"
    if reason := leaning.REASON.match(rest):
        return _because((reason[1] or reason[2]).capitalize(), said.last)
    if not own and points(rest) and len(set(content) - talk()) < BEFORE:
        return f"{rest}? ({said.asked})"
    if leaning.EXAMPLE.search(rest) and understand(said.last).kind == "definition" and set(content) <= talk():
        return f"{rest} of {said.about}?"
    if leaning.ACCORDING.match(rest):
        return f"Who says so: {said.last}"
    if leaning.BARE.match(rest) or not content:
        return f"{rest[:1].upper()}{rest[1:]}: {said.last}" if rest else said.last
    of_talk = set(content) <= talk()
    opens = bool(OPENING.match(question))
    if opens and leaning.AT.match(rest) and len(content) <= 3:
        return f"{said.last.rstrip(' ?.!')} {rest}?"
    if (opens or leaning.ONE.search(rest)) and len(content) <= 3 and not of_talk and not CLAUSE.search(rest):
        return _put_in_place(rest, said.last, said.topic.text, corpus.closeness)
    if not own and (
        leaning.THERE.search(rest)
        or leaning.OF_THEM.search(rest)
        or leaning.of_those(rest)
        or leaning.WHICH_WAS.match(rest)
    ):
        return f"{rest}? ({said.asked})"
    if leaning.ANY.match(rest) and not corpus.named(rest):
        return f"{rest}? ({said.about})"
    if leaning.TOO.search(rest) and (opens or not own):
        return f"{rest}? ({said.about})"
    if back := leaning.stands_for(rest):
        before = " ".join(leaning.CLAUSE_END.split(rest[: back.start()])[:-1])  # in clauses before the pronoun's own
        others = set(terms(before)) - talk()
        if own or leaning.NEW.search(before) or len(others) >= (1 if leaning.DETERMINED.search(before) else BEFORE):
            return question
        return _put_for(back, rest, said, corpus) or question
    return f"{rest}? ({said.asked if leaning.ONE.search(rest) else said.about})" if of_talk else question


def _put_for(back: re.Match[str], rest: str, said: _Said, corpus: Corpus) -> str | None:
    """The question with what its pronoun stands for; None where that is somebody whom nobody named."""
    topic = said.topic.text
    if leaning.OF_A_PERSON.fullmatch(back[0]) and topic == topic.lower():
        person = next(leaning.PERSON.finditer(said.reply), None)
        if person is None:
            return None
        asked = f"{rest[: back.start()]}{_in_form(person[0], back[0])}{rest[back.end() :]}?"
        alone = set(terms(leaning.PRONOUN.sub(" ", rest))) - talk() and not leaning.BACK.search(rest, back.end())
        return asked if alone else f"{asked} ({said.about})"
    whole = f"{rest[:1].upper()}{rest[1:]}: {said.last}"
    put = f"{rest[: back.start()]}{_in_form(topic, back[0])}{rest[back.end() :]}?"
    if leaning.EVENT.search(rest):
        return whole
    if topic.lower() in NAMELESS and understand(said.last).kind != "definition":
        return max(whole, put, key=corpus.closeness)  # AI is what all is about: what was asked of it may be meant
    return put if said.topic.sure and len(topic.split()) <= 4 else f"{rest}? ({said.about})"


def _because(word: str, last: str) -> str:
    """ "Why?" after "Is RLHF enough?" → "Why is RLHF enough?"; after "What is RLHF?" → "Why RLHF?", whose working "How?" asks."""
    if found := leaning.YES_NO.match(last):
        return f"{word} {found[1][:1].lower()}{found[1][1:]}?"
    understood = understand(last)
    if understood.kind == "definition" and understood.subject:
        return f"Why {understood.subject}?" if word == "Why" else f"How does {understood.subject} work?"
    return f"{word}: {last}"


def _put_in_place(rest: str, last: str, topic: str, closeness: Callable[[str], float]) -> str:
    """ "and outer?" after "Why is inner alignment hard?" → "Why is outer alignment hard?": the new words in the place
    of one of the old, wherever the corpus has most on the result."""
    new = re.sub(r"^(?:the|an?)\s+|\s*\bones?\b\s*$", "", rest, flags=re.I).strip()
    new = leaning.ABOUT.sub("", new).strip()
    candidates = [last.replace(topic, new)] if topic in last else [f"{new}?"]
    words = topic.split()
    if len(new.split()) == 1:
        candidates += [last.replace(topic, " ".join([*words[:i], new, *words[i + 1 :]])) for i in range(len(words) - 1)]
    return max(candidates, key=closeness)


def _in_form(topic: str, pronoun: str) -> str:
    owner = f"{topic}'" if topic.endswith("s") else f"{topic}'s"
    return owner if pronoun.lower() in {"its", "their", "theirs", "his", "her"} else topic
