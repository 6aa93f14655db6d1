"""What a person typed flows in; the question without the words that say how it should be answered, and that way, flow out.

"What is RLHF, in one sentence?" asks "What is RLHF?" and wants it brief: sought with the rest, those words bring passages
about sentences. In a conversation they may be all that is said: "simpler, please"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from alignment_qa.types import Detail


class Told(NamedTuple):
    """`text` is the question itself, empty where it is the last one again; `detail` for how long or for whom, None where that is
    not said; `further` where what was not said yet is wanted."""

    text: str
    detail: Detail | None = None
    further: bool = False

    @property
    def again(self) -> bool:
        """Nothing is asked but the last question in another way."""
        return not self.text and (self.further or self.detail is not None)


OFTEN = 3  # times that words of manner are taken off: "please explain to me, in short, in plain words"
Words = Sequence[tuple[Detail | None, str]]

_POLITE = r"(?:(?:and|so|ok(?:ay)?|now|please|hey|hi|can you|could you|would you|will you)\b[ ,]*)*"
_ORDER = rf"{_POLITE}(?:explain|describe|define|tell|teach|introduce|outline|summari[sz]e|break down|walk me through|help me understand|give me)\b"
_COUNT = r"(?:(?:just|only|at most) )?(?:an? (?:single|short|few|couple of)|one|two|three|four|five|\d+|few)(?:[ -](?:short|simple))?"
_WHICH = r"(?:(?:total|complete|absolute|high[ -]school|school|college|curious|smart|bright) )*"
_OLD = r"(?:[\w-]+[ -]years?[ -]olds?|\d+ ?yo)"
_RELATIVE = r"(?:grand(?:mother|father|ma|pa|parents)|mother|father|mom|mum|dad|parents|kids?|son|daughter|child(?:ren)?|boss|friends?|wife|husband|partner|colleagues?|team|family|brother|sister|students?)"
_NOVICE = rf"(?:{_WHICH}(?:beginner|newcomer|novice|lay ?(?:man|woman|person)|child|kid|teen(?:ager)?|student|toddler|outsider|non-?(?:expert|specialist|scientist|programmer)|(?:general|lay) audience|{_OLD}))"
_SOMEBODY = (
    rf"(?:my (?:\w+ )?{_RELATIVE}|(?:an?|the) {_NOVICE}|{_OLD}|(?:(?:total|complete|absolute) )?(?:beginners|newcomers|dummies|novices|lay ?(?:men|people)|outsiders|non-?(?:experts|specialists))|"
    r"(?:someone|somebody|people)(?: (?:who|new|with|without)\b[^?.!,;:]*)?)"
)
_ANYWHERE: Words = (
    (
        "brief",
        rf"(?<!\w )(?:briefly|concisely)|in (?:brief|short|a nutshell|a word)|in {_COUNT} (?:sentences?|words?|lines?)(?: or (?:less|fewer))?|"
        r"tl ?;? ?dr|(?:keep|make) (?:it|this|that|the answer|your answer) (?:short|brief|concise)|be (?:brief|concise)|"
        r"(?:(?:just )?(?:the|an?) )?(?:short|brief|quick|one[ -](?:line|sentence)|two[ -]sentence) answer",
    ),
    (
        "beginners",
        r"eli ?5|(?:like|as if|as though) i(?:['’]?m| am| were| was) (?:an? |in |new\b|\d|five\b|six\b|eight\b|ten\b|twelve\b)(?:(?!\b(?:what|how|why|who|when|which)\b)[^?.!,;:])*|"
        r"(?:in|using) (?:(?:very|really|more|much) )?(?:simple|simpler|plain|plainer|lay|lay(?:man|person|people)['’]?s|laymen['’]?s|easy|easier|everyday|ordinary|basic|non-?technical) "
        rf"(?:terms|words|language|english)|without (?:(?:the|any|using) )?(?:jargon|math(?:s|ematics)?|formulas)|for dummies|"
        rf"i(?:['’]?m| am) (?:(?:an? )?{_NOVICE}|new to (?:this|it|all this|ai(?: safety| alignment)?|the (?:field|topic|subject))|not (?:an expert|technical|a programmer))",
    ),
    (None, r"in your own words|please"),
)
"""What says how wherever it stands at an end."""
_TOLD: Words = (
    ("brief", r"(?:(?:very|really) )?(?:briefly|concisely)"),
    ("full", r"in (?:(?:more|great|greater|full|some) )?(?:detail|details|depth)|thoroughly|at length"),
)
"""What does so where it is asked what something is, or to explain it: not what "could be said briefly"."""
_ORDERED: Words = (
    (None, r"to (?:me|us)"),
    ("beginners", rf"(?<!danger )(?<!risk )(?<!risks )(?<!harm )(?<!threat )(?:to|for) {_SOMEBODY}|simply"),
)
"""And where it is to be explained: nobody is told what "would happen to a child"."""
_ALONE: Words = (
    ("brief", r"short(?:er)?|brief(?:er)?|sum (?:(?:it|this|that) )?up|summari[sz]e|summary|too long|too much"),
    (
        "beginners",
        r"simpl(?:er|y|ify)|easier|plainer|i(?:['’]?m| am) (?:confused|lost)|i (?:still |really )*(?:do|did)(?:n['’]?t| not) (?:understand|get|follow)|"
        rf"too (?:hard|difficult|complicated|complex|technical|abstract)|(?:to|for) {_SOMEBODY}|huh",
    ),
    ("full", r"longer|more detailed"),
)
"""What asks for the last answer in another way where nothing else is said."""
_SUMMARY = re.compile(
    r"^\W*(?:(?:what(?:['’]?s| is)|give me) )?(?:(?:the|an?) )?(?:tl ?;? ?dr|gist|(?:short|quick|brief) (?:summary|overview|explanation|version))(?: of| on| for| behind)? (?=\w)",
    re.I,
)
_WHAT = re.compile(r"\W*(?:so |and )?(?:how (?:do|does)|what(?:['’]?s| is| are))\b", re.I)
_FURTHER = re.compile(
    r"^\W*(?:(?:and|ok(?:ay)?|so|then|yes|please|can you|could you|would you|tell me|give me|say|show me|know|is there|do you have|i want(?: to know)?|i['’]d like(?: to know)?|any|some|much|a bit|a little|even)\b[ ,]*)*"
    r"(?:more(?: details?| information| info)?|(?:go|dig) deeper|go on|continue|keep going|elaborate|expand|(?:what|anything|something) else)"
    r"(?: (?:about|on|of) (?:it|this|that|them|these|those))?(?:,? please)?\W*$",
    re.I,
)
_GLUE = frozenset(
    "and ok okay so now then but please can could would will you i want need like answer explain describe say repeat rephrase reword put give "
    "make tell write try it me us this that again to the your last an a one version explanation just be way bit little what you said "
    "rewrite restate word phrase more much still for in".split()
)
"""Words beside those, of which a wish about the last answer is made: "can you put that in simpler terms"."""
_LOST = re.compile(
    r"^\W*(?:sorry,? )?i (?:still |really |just )*(?:do|did)(?:n['’]?t| not) (?:really |quite )?(?:understand|get)\s+(?=\w)(?!(?:it|this|that|how you|what you)\b)",
    re.I,
)


def apart(text: str) -> Told:
    """The question, and how it is to be answered; where that is said twice, the first that is found counts."""
    if _FURTHER.match(text):
        return Told("", further=True)
    if again := _again(text):
        return again
    detail: Detail | None = None
    for opening, wished in ((_LOST, "beginners"), (_SUMMARY, "brief")):
        if found := opening.match(text):
            text, detail = text[found.end() :], wished  # type: ignore[assignment]
    ordered = re.match(rf"\W*{_ORDER}", text, re.I)
    told = ordered or _WHAT.match(text)
    words = (*_ANYWHERE, *(_TOLD if told else ()), *(_ORDERED if ordered else ()))
    for _ in range(OFTEN):
        for wish, said in words:
            rest = _without(text, said)
            if rest != text and re.search(r"\w", rest):
                text, detail = rest, detail or wish
    return Told(text, detail)


def _again(text: str) -> Told | None:
    """A wish about the last answer, None where something is asked."""
    rest, detail = text, None
    for wish, said in (*_ANYWHERE, *_TOLD, *_ALONE):
        shorter = re.sub(rf"(?<![\w-])(?:{said})(?![\w-])", " ", rest, flags=re.I)
        if shorter != rest:
            rest, detail = shorter, detail or wish
    return Told("", detail) if detail and _GLUE.issuperset(re.findall(r"[\w’']+", rest.lower())) else None


def _without(text: str, said: str) -> str:
    """The text without such words at its beginning, after the order to explain something, or at its end."""
    opens = rf"^\W*(?:please )?(?:{said})(?:\s*[.,:;–—-]+|(?= {_ORDER}| (?:what|how|why|who|which|is|are|can|do|does)\b))\s*"
    sentence = rf"(?<=[?.!])\s+(?:{_ORDER} (?:(?:it|this|that|me) )*)?(?:{said})[\s?.!]*$"
    closes = rf"(?<![\s,;:(–—-])[\s,;:(–—-]+(?:(?<=, ){_ORDER} (?:(?:it|this|that|me) )*)?(?:{said})\)?(?=[\s?.!]*$)"
    for pattern in (opens, sentence, closes):
        text = re.sub(pattern, "", text, flags=re.I)
    return re.sub(rf"^(\W*{_ORDER}) (?:{said})[,:]?(?= \w)", r"\1", text, flags=re.I)
