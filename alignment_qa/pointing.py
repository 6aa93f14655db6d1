"""A question that points at an item of the last answer's list, and that answer, flow in; the question with the item in its
place flows out: "tell me about the second one"."""

from __future__ import annotations

import re
from collections.abc import Callable

_ITEM = re.compile(r"^[ \t]*(?:[-*•–]|\(?\d{1,2}[.)])[ \t]+(?=\S)(.+)$", re.M)
_NUMBERS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_COUNTED = "one two three four five six seven eight nine ten".split()
_NTH = "|".join([*_NUMBERS, "last", "final", r"\d{1,2}(?:st|nd|rd|th)"])
_NOUN = (
    r"(?:one|point|item|bullet(?: point)?|thing|part|reason|way|approach|method|kind|type|sort|problem|argument|objection|condition|step|stage|limit|"
    r"limitation|example|case|option|idea|claim|risk|cause|answer|theory|definition|group|category|challenge|proposal|strategy|difference|question|factor|principle)"
)
_POINTS = re.compile(
    rf"\b(?:the |your |that )?(?:very )?(?P<nth>{_NTH})(?: {_NOUN}\b(?! of (?!(?:the|your|that) list))| (?P<sentence>sentence)\b(?! of)|(?=\W*$|['’]s\b| (?:mean|work|is|are|was|does|do|about|again|in|more|and|sound|seem|look)\w*\b))(?: (?:on|in|from|of) (?:the|your|that) list)?"
    rf"|\b(?:the )?(?:number|no\.?|nr\.?|point|item|bullet|#) ?#?(?P<number>\d{{1,2}}|{'|'.join(_COUNTED)})\b",
    re.I,
)
_MARK = re.compile(r"\s*\[[\d, –-]+\]|\*\*|__")
_HEAD = re.compile(r"^([^:.;,]{2,60}):\s")
_DEFINED = re.compile(
    r"^((?!(?:it|this|that|these|those|there|they|he|she|we|what|one|some|all|most) )[\w'’-]+(?: [\w'’-]+){0,4}?) (?:is|are|means?) (?:an?|the)\b",
    re.I,
)
"""What an item is a definition of."""
_CLAUSE_END = re.compile(
    r"[;:—]| – |, (?=(?:because|so|and|but|since|as|which|who|when|while|for example|for instance)\b)"
)
_ONLY = frozenset(
    "tell me more about explain describe expand elaborate on what is are was about and how so the a can you could please say give details detail "
    "mean means meant by with of again to go into deeper i you did do don't dont get understand want know".split()
)
"""Words of a question that asks for nothing but the item."""


def pointed(question: str, reply: str, named: Callable[[str], str]) -> str | None:
    """The question with what it points at in the list of that reply; None where it points at nothing there.

    `named` gives the first thing in a text that the corpus has a name for."""
    found = _POINTS.search(question)
    listed = (_sentences if found and found["sentence"] else items)(reply)
    if not found or (at := _place(found, len(listed))) is None:
        return None
    item = listed[at]
    head = None if found["sentence"] else _HEAD.match(item) or _DEFINED.match(item)
    name = re.sub(r"^(An?|The) ", lambda article: article[0].lower(), head[1]) if head else _opening(item, named(item))
    rest = f"{question[: found.start()]} {question[found.end() :]}"
    if _ONLY.issuperset(re.findall(r"[\w’']+", rest.lower())):
        return f"What is {name}?" if name else f"{_CLAUSE_END.split(item)[0]}?"
    asked = f"{question[: found.start()]}{name or 'that'}{question[found.end() :]}".strip(" ?.!")
    return f"{asked}?" if name else f"{asked}: {_CLAUSE_END.split(item)[0]}?"


def points(question: str) -> bool:
    """It names something by its place alone."""
    return bool(_POINTS.search(question))


def items(reply: str) -> list[str]:
    """The items of the lists in a reply, without their marks."""
    return [item for text in _ITEM.findall(reply) if (item := _MARK.sub("", text).strip(" .…"))]


def _sentences(reply: str) -> list[str]:
    return [
        text.strip() for text in re.split(r"(?<=[.!?])\s+(?=[A-Z“\"-])", _MARK.sub("", reply)) if len(text.split()) > 2
    ]


def _place(found: re.Match[str], count: int) -> int | None:
    word = (found["nth"] or found["number"]).lower()
    if word in {"last", "final"}:
        at = count - 1
    elif digits := re.match(r"\d+", word):
        at = int(digits[0]) - 1
    else:
        at = (_NUMBERS if word in _NUMBERS else _COUNTED).index(word)
    return at if 0 <= at < count else None


def _opening(item: str, name: str) -> str:
    """The name, where the item opens with it and it is not one of several."""
    opens = re.match(rf"(?:(?:an?|the) )?{re.escape(name)}\b(?! and\b|,| or\b)", item, re.I) if name else None
    return name if opens else ""
