"""History and a follow-up → a question that stands alone, with no model.

A follow-up is recognised by what it lacks: a noun for its pronoun, a verb, a topic. What it lacks is taken from the last
question; where there are several ways to fill it in, the corpus decides, by which of them it has something on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from alignment_qa.lexical import FUNCTION_WORDS, terms
from alignment_qa.question import understand
from alignment_qa.types import Turn

_OPENING = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?|then|now|also|right|well|hm+|what about|how about|and what about)\b[\s,]*)+", re.I
)
_ABOUT = re.compile(r"^\W*(?:(?:and|but|so|then|now)\b[\s,]*)?(?:what|how) about\b", re.I)
_PRONOUN = re.compile(r"\b(it|its|they|their|theirs|them|this|that|these|those|he|she|him|his|her|one|ones)\b", re.I)
_BACK = re.compile(
    r"\b(?:it|its|they|their|theirs|them|these|those|he|she|him|his|her|the (?:former|latter|other(?: one)?|first|second)|"
    r"(?:this|that)(?! (?:is|are|was|were|means?|there|an?|the|we|you|i|they|ai|it)\b))\b",
    re.I,
)
_BARE = re.compile(
    r"^\W*(?:why|how|how so|when|where|who|really|for example|such as|like what|example|examples|more|go on|continue|"
    r"tell me more|more details?|elaborate|explain(?: more| further| that| this)?|in what way|what else|any examples?|"
    r"can you give (?:me )?(?:an )?examples?|give (?:me )?(?:an )?examples?|what do you mean|why not|says who|according to whom|sources?)\W*$",
    re.I,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|isn.t|would) it (?:\w+ly )?\w+ (?:to|that|for|if)\b|\bdoes it (?:matter|make sense)\b", re.I
)
_THERE = re.compile(r"\b(?:in|on|from|out|over) there$", re.I)
_ONE = re.compile(r"\bones?$", re.I)
_CLAUSE = re.compile(
    r"\b(?:is|are|was|were|be|do|does|did|can|could|would|will|should|has|have|had|why|who|when|where|which|what(?:['’]?s)?|hows?|happen\w*)\b",
    re.I,
)
_OTHER = re.compile(r"\bthe (?:other|latter|second)(?: one)?\b", re.I)
_FIRST = re.compile(r"\bthe (?:former|first)(?: one)?\b", re.I)
_ASK_WORDS = frozenset(
    ["difference", "between", "define", "explain", "describe", "mean", "means", "called", "example", "examples", "hard"]
)


def standalone(question: str, history: Sequence[Turn], closeness: Callable[[str], float]) -> str:
    """The question with what it leaves out put in from the last question; unchanged when it leaves nothing out.

    `closeness` says how near the corpus is to a text, in [-1, 1]."""
    asked = [turn.text for turn in history if turn.role == "user"]
    if not asked:
        return question
    last, topic = "", ""
    for text in asked:  # the last question may itself have leaned on the one before
        filled = _fill(text, last, topic, closeness) if last else text
        if not (topic and filled != text and topic in filled):  # a topic that was put in stays the topic
            topic = topic_of(filled)
        last = filled
    return _fill(question, last, topic, closeness)


def _fill(question: str, last: str, topic: str, closeness: Callable[[str], float]) -> str:
    if not topic or not question.strip():
        return question
    rest = _OPENING.sub("", question).strip(" ?.!")
    content = terms(_PRONOUN.sub(" ", rest))
    sides = understand(last).sides
    if sides and (_OTHER.search(rest) or _FIRST.search(rest)):
        return _FIRST.sub(sides[0], _OTHER.sub(sides[1], rest)) + "?"
    if _BARE.match(rest) or not content:
        return f"{rest[:1].upper()}{rest[1:]}: {last}" if rest else last
    opens = bool(_OPENING.match(question))
    if (opens or _ONE.search(rest)) and len(content) <= 3 and not _CLAUSE.search(rest):
        return _put_in_place(rest, last, topic, closeness)
    if _THERE.search(rest) or (_BACK.search(rest) and _ONE.search(rest)):
        return f"{rest}? ({topic})"
    if _BACK.search(rest) and not _EXPLETIVE.search(rest):
        if _CLAUSE.search(topic) or len(topic.split()) > 4:
            return f"{rest}? ({topic})"
        return _BACK.sub(lambda found: _in_form(topic, found[0]), rest, count=1) + "?"
    if (opens and len(content) <= 2 and not _CLAUSE.search(rest)) or set(content) <= _talk():
        return f"{rest}? ({topic})"
    return question


@lru_cache(maxsize=1)
def _talk() -> frozenset[str]:
    """Terms of talk about any topic: a question of these alone is about the last one."""
    return frozenset(
        terms(
            "critics critic criticism objections objection evidence proof examples example tried try say says said think thinks agree agrees "
            "disagree disagrees people person researchers researcher experts expert everyone everybody anyone anybody someone somebody happen "
            "happens happened result results problem problems solution solutions fix fixed argument arguments history first different opinion "
            "opinions real life practice tested measured far good bad true wrong right works work matter matters important buy convinced "
            "skeptics sceptics defenders downside downsides drawbacks limits limitations alternatives name called observed seen ever yet study "
            "studies paper papers experiment experiments open question questions new recent latest much more"
        )
    )


def _put_in_place(rest: str, last: str, topic: str, closeness: Callable[[str], float]) -> str:
    """ "and outer?" after "Why is inner alignment hard?" → "Why is outer alignment hard?": the new words in the place
    of one of the old, wherever the corpus has most on the result."""
    new = re.sub(r"^(?:the|an?)\s+|\s*\bones?\b\s*$", "", rest, flags=re.I).strip()
    new = _ABOUT.sub("", new).strip()
    candidates = [last.replace(topic, new)] if topic in last else [f"{new}?"]
    words = topic.split()
    if len(new.split()) == 1:
        candidates += [last.replace(topic, " ".join([*words[:i], new, *words[i + 1 :]])) for i in range(len(words) - 1)]
    return max(candidates, key=closeness)


def _in_form(topic: str, pronoun: str) -> str:
    return f"{topic}'s" if pronoun.lower() in {"its", "their", "theirs", "his", "her"} else topic


def topic_of(question: str) -> str:
    """What a question is about, in its own words: the subject of a definition, the sides of a comparison, else its
    longest run of content words."""
    understood = understand(question)
    if understood.sides:
        return " and ".join(understood.sides)
    if understood.subject and len(understood.subject.split()) <= 6 and not _CLAUSE.search(understood.subject):
        return understood.subject
    runs: list[list[str]] = [[]]
    for word in re.findall(r"[\w’'-]+", question):
        plain = word.lower()
        if plain in FUNCTION_WORDS or plain in _ASK_WORDS or plain.endswith("ly") or _CLAUSE.fullmatch(plain):
            runs.append([])
        else:
            runs[-1].append(word)
    return " ".join(max(runs, key=lambda run: sum(len(word) for word in run)))
