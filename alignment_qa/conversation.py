"""History and a follow-up → a question that stands alone, with no model.

A follow-up is recognised by what it lacks: a noun for its pronoun, a verb, a topic. What it lacks is taken from the last
question; where there are several ways to fill it in, the corpus decides, by which of them it has something on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from alignment_qa.answer_type import NAMELESS
from alignment_qa.lexical import FUNCTION_WORDS, terms
from alignment_qa.manner import apart
from alignment_qa.question import understand
from alignment_qa.types import Turn

_OPENING = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?|then|now|also|right|well|hm+|what about|how about|and what about)\b[\s,]*)+", re.I
)
_ABOUT = re.compile(r"^\W*(?:(?:and|but|so|then|now)\b[\s,]*)?(?:what|how) about\b", re.I)
_PRONOUN = re.compile(r"\b(it|its|they|their|theirs|them|this|that|these|those|he|she|him|his|her|one|ones)\b", re.I)
_ALONE = (
    r"(?: one)?(?=\W*$|['’]s\b|\W*[,;?!]| (?:is|are|was|were|does|do|did|has|have|had|can|could|would|will|and|or|but|in|for|with|by|at|on|about|to|as|after|before|when|if|"
    r"than|from|\w+ed|begin|began|start|come|came|appear|happen|get|go|take|become|say|means?|works?|fails?|helps?|ever|also|still|really|actually|more|less|\w+er)\b)"
)
"""What follows an ordinal that names a thing by itself: not "the first two", nor "the second argument". """
_BACK = re.compile(  # this, that, these and those before a noun are no pronouns: the noun says what is meant
    rf"\b(?:it|its|they|their|theirs|them|he|she|him|his|her|the (?:former|latter|other(?: one)?)|the (?:first|second|third){_ALONE}|"
    r"the (?:term|word|phrase|name|idea|concept|notion)(?=\W*$| (?:come|mean|stem|originat|itself|first))|"
    r"(?:this|that|these|those)(?=\W*$|[,;?!]| (?:in|on|at|for|to|with|about|from|by|different|been|ever|just|and|or|too|also|even|still|really|actually|always|never|all|not|than|so|true|go|do|does|get|come|mean|work|happ?en|occur|exist|matter|fail|help|differ)\b))\b",
    re.I,
)
LEANS = re.compile(r"\b(?:it|its|they|their|them|this|that|these|those|he|she|his|her)\b", re.I)
"""Words that may stand for something said before, whatever comes after them."""
_OF_A_PERSON = re.compile(r"\b(?:he|she|him|his|her)\b", re.I)
_CLAUSE_END = re.compile(
    r"[,;.?!:]|\b(?:and|or|but|because|when|if|since|that|which|after|before|than|as|with|like|who|while)\b", re.I
)
_CHANGES = re.compile(
    r"^\W*(?:by the way|btw|speaking (?:of|about)|talking about|chang\w+ the subject|(?:on )?another (?:topic|subject|question|thing)|"
    r"(?:a |on a )?different (?:topic|subject|question|matter)|unrelated(?:ly)?)\b",
    re.I,
)
"""Words that announce another subject."""
OWN = 5
"""Content terms from which a question has a topic of its own, whatever it refers to; and BEFORE, of those in clauses before
a pronoun's own, which it may stand for. Set by hand, with an eye on MTRAG and the golden dev
follow-ups; benchmarks/constants.py tries others."""
BEFORE = 2
_BARE = re.compile(
    r"^\W*(?:why|how|how so|when|where|who|really|for example|such as|like what|example|examples|more|go on|continue|"
    r"tell me more|more details?|elaborate|explain(?: more| further| that| this)?|in what way|what else|any examples?|"
    r"can you give (?:me )?(?:an )?examples?|give (?:me )?(?:an )?examples?|what do you mean|why not|says who|according to whom|sources?)\W*$",
    re.I,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|isn.t|would) it (?:\w+ly )?(?!\w+ed (?:to|for)\b)\w+ (?:to|that|for|if)\b|\bdoes it (?:matter|make sense) \w|"
    r"\bwhat (?:does|did|would|will) it (?:takes?|makes?)\b|"
    r"\bit(?:['’]s| is| was) (?:\w+ly )?(?:hard(?:er)?|difficult|easy|easier|(?:im)?possible|important|better|best|wrong|right|dangerous|safe|necessary|enough) (?:to|never|not to)\b|"
    r"\bit(?:['’]s| is| was) (?:\w+ly )?(?:true|clear|unclear|known|(?:un)?likely|(?:im)?possible|important) (?:that|if)\b",
    re.I,
)
_THERE = re.compile(r"\b(?:in|on|from|out|over) there$", re.I)
_THAT = re.compile(r"\b(?:this|that|these|those)\b", re.I)
_ONE = re.compile(r"\bones?$", re.I)
_KIND_OF_ONE = re.compile(r"\b(?:the|an?|which|each|every|no|any|another|only) (?:[\w'’-]+ ){0,3}ones?$", re.I)
"""What tells itself which one is meant: "the sleeper agents one", but not "detect one". """
_CLAUSE = re.compile(
    r"\b(?:is|are|was|were|be|do|does|did|can|could|would|will|should|has|have|had|why|who|when|where|which|what(?:['’]?s)?|hows?|happen\w*)\b",
    re.I,
)
_WORKS = re.compile(r"\b(how (?:do|does|did|would|could|can|will)(?:n['’]t)? .+?) work\b", re.I)
"""What works, before the verb: "How does RLHF work?" """
_DONE = re.compile(r"[a-z]{2,}(?!e)[a-z]ed")
"""What was done to a thing, after its name: "How is sickle cell disease treated?" """
_NOT = re.compile(r"(?:ca|do|does|did|is|are|was|were|wo|would|could|should|has|have|had)n['’]?t")
_EVENT = re.compile(r"\b(?:it|this|that) (?:\w+ly |ever |all )?happ?en", re.I)
"""What happens is all that was asked: "Will AI take our jobs?" "When will that happen?" """
_SIDES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\bthe (?:former(?: one)?\b|first{_ALONE})",
        rf"\bthe (?:(?:other|latter)(?: one)?\b|second{_ALONE})",
        rf"\bthe third{_ALONE}",
    )
)
"""What stands for each of the things that were compared."""
_WHICH = re.compile(r"which(?: one| of (?:them|these|those|the (?:two|three)))?\b", re.I)
FEW = 2  # content words up to which "Which is cheapest?" is about what was compared
_ASK_WORDS = frozenset(
    "not difference between define explain describe mean means called example examples hard also still too "
    "need needs want wants go goes get gets make makes take takes keep keeps know knows say says said think thinks".split()
)


def standalone(question: str, history: Sequence[Turn], closeness: Callable[[str], float]) -> str:
    """The question with what it leaves out put in from the last question; unchanged when it leaves nothing out, and the last
    one itself where nothing is asked.

    `closeness` says how near the corpus is to a text, in [-1, 1]."""
    asked = [text for turn in history if turn.role == "user" and (text := apart(turn.text).text.strip())]
    if not asked:
        return question
    last, topic = "", ""
    sides: tuple[str, ...] = ()
    for text in asked:  # the last question may itself have leaned on the one before
        filled = _fill(text, last, topic, sides, closeness) if last else text
        own = topic_of(filled)
        before = topic
        if not (topic and filled != text and topic in filled):  # a topic that was put in stays the topic
            topic = topic if set(terms(own)) <= _talk() else own
        sides = understand(filled).sides or (sides if topic == before else ())
        last = filled
    if not question:
        return last
    return _fill(question, last, topic, sides, closeness)


def _fill(question: str, last: str, topic: str, sides: Sequence[str], closeness: Callable[[str], float]) -> str:
    if not topic or not question.strip() or _CHANGES.match(question):
        return question
    rest = _OPENING.sub("", question).strip(" ?.!")
    content = terms(_PRONOUN.sub(" ", rest))
    if chosen := [(stands, side) for stands, side in zip(_SIDES, sides, strict=False) if stands.search(rest)]:
        for stands, side in chosen:
            rest = stands.sub(side, rest)
        return f"{rest}?"
    if sides and _WHICH.match(rest) and len(content) <= FEW:
        return f"{rest}? ({topic})"
    if _BARE.match(rest) or not content:
        return f"{rest[:1].upper()}{rest[1:]}: {last}" if rest else last
    opens = bool(_OPENING.match(question))
    talk = set(content) <= _talk()
    if (opens or _ONE.search(rest)) and len(content) <= 3 and not talk and not _CLAUSE.search(rest):
        return _put_in_place(rest, last, topic, closeness)
    if _THERE.search(rest) or (
        _ONE.search(rest) and (_BACK.search(rest) or _THAT.search(rest) or not _KIND_OF_ONE.search(rest))
    ):
        return f"{rest}? ({topic})"
    back = _BACK.search(rest)
    if back and not _EXPLETIVE.search(rest):
        said = _CLAUSE_END.split(rest[: back.start()])[:-1]  # in clauses before the pronoun's own
        if len(content) >= OWN or len(set(terms(" ".join(said))) - _talk()) >= BEFORE:
            return question
        if _OF_A_PERSON.fullmatch(back[0]) and topic == topic.lower():
            return question
        if _EVENT.search(rest) or (topic.lower() in NAMELESS and understand(last).kind != "definition"):
            return f"{rest[:1].upper()}{rest[1:]}: {last}"  # AI is what all is about: what was asked of it is meant
        if _CLAUSE.search(topic) or len(topic.split()) > 4:
            return f"{rest}? ({topic})"
        return _BACK.sub(lambda found: _in_form(topic, found[0]), rest, count=1) + "?"
    if talk:
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
            "skeptics sceptics defenders supporters proponents opponents optimists pessimists optimistic pessimistic downside downsides drawbacks limits limitations alternatives name called observed seen ever yet study "
            "studies paper papers experiment experiments open question questions new recent latest much more "
            "advantages disadvantages benefits pros cons risks dangers steps types kinds uses costs price challenges applications requirements causes "
            "effects consequences implications components parts assumptions features options items difficulties trade-offs strengths weaknesses "
            "reasons purpose origin origins status main biggest key major most least best worst last other same certain popular common"
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
    owner = f"{topic}'" if topic.endswith("s") else f"{topic}'s"
    return owner if pronoun.lower() in {"its", "their", "theirs", "his", "her"} else topic


def topic_of(question: str) -> str:
    """What a question is about, in its own words: the subject of a definition, the sides of a comparison, else its
    longest run of content words."""
    understood = understand(question)
    if understood.sides:
        return f"{', '.join(understood.sides[:-1])} and {understood.sides[-1]}"
    if understood.subject and len(understood.subject.split()) <= 6 and not _CLAUSE.search(understood.subject):
        return understood.subject
    question = _WORKS.sub(r"\1", _OPENING.sub("", question))
    runs: list[list[str]] = [[]]
    for word in re.findall(r"[\w’'-]+", question):
        plain = word.lower()
        verb = _CLAUSE.fullmatch(plain) or _NOT.fullmatch(plain)
        if plain in FUNCTION_WORDS or plain in _ASK_WORDS or plain.endswith("ly") or verb:
            runs.append([])
        else:
            runs[-1].append(word)
    longest = max(runs, key=lambda run: sum(len(word) for word in run))
    return " ".join(longest[:-1] if len(longest) > 1 and _DONE.fullmatch(longest[-1]) else longest)
