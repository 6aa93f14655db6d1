"""Question and passages → checked sentences from a chat model.

The model's words are cut into sentences as they stream. A sentence is handed on only when the passages that it cites,
or others that were given, carry it; markers that point nowhere are dropped, and so is what is no statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alignment_qa import orders, prompt
from alignment_qa.chat import Spent, ask, cites_itself, words
from alignment_qa.cite import Draft, Quote
from alignment_qa.errors import ModelUnavailable
from alignment_qa.lexical import terms
from alignment_qa.sentences import LIST_MARK, sentence_spans
from alignment_qa.support import Checker, verdict, wrong
from alignment_qa.types import Detail, Passage, Turn

# Not after one letter alone, where a bracket is an index: x[1].
_MARKER = re.compile(
    r"(?<!\b[A-Za-z_])\s{0,3}[\[【]\s{0,3}\^?(\d{1,3}(?:\s{0,3}[-–,;]\s{0,3}\d{1,3}){0,8})\s{0,3}[\]】]"
)
_VERBATIM = re.compile(r"`[^`\n]{1,300}`|\$(?! )[^$\n]{1,200}(?<! )\$")  # code and formulas
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\s?\([^()\s]{0,500}(?:\s\"[^\"]{0,100}\")?\)")
_LEFT_OVER = re.compile(
    r"\s{0,3}[\[【][\d\s,;–-]{0,20}$|\s{0,3}\[\s{0,3}\]|<[a-z/!][^<>]{0,300}>|\b(?:https?|ftp|file|data|javascript):\S+|\bwww\.\S+"
    r"|\b(?:[\w-]{1,63}\.){1,4}[a-z]{2,12}/\S*|\b[\w-]{1,63}\.(?:com|org|net|io|co|ai|app|dev|info|biz|xyz|ru|cn|example)\b|\S{1,64}@\S{1,64}",
    re.I,
)
_EMPHASIS = re.compile(r"(?<!\w)\*{1,3}(?=[\w“\"'(])|(?<=[\w.,:;!?)”\"'])\*{1,3}(?!\w)")
_LABEL = re.compile(r"^(\s{0,3}(?:[-*•]|\d{1,2}[.)])\s{1,3})?\*\*[^*\n]{1,60}(?::\*\*|\*\*:)\s{0,3}")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s")
_TAIL = re.compile(r"^(?:\s{0,3}[\[【][\d\s,;–-]{1,20}[\]】])+")
_ENDS = re.compile(r"[.!?][\"”’')\]】]*\s*$")
_REFUSAL = re.compile(
    r"^\W*(?:i['’]m sorry|i am sorry|sorry|i (?:cannot|can['’]?t|can not|won['’]t|am unable|am not able)|as an ai)\b",
    re.I,
)
LONGEST = 20_000  # characters of an answer that are read; a model that rambles on is cut off
LONGEST_SENTENCE = 3_000
LEADING = 2  # words before what was said already that make nothing new of it: "In conclusion, …"
TRIES = 2
TRIED = 2  # other passages that a sentence is checked against
SURE = 0.25  # share of the terms of both that a quote must share with its sentence to be highlighted alone


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence of the model that is not shown, and why."""

    text: str
    reason: str


def generate(
    question: str,
    passages: Sequence[Passage],
    model: Any,
    check: Checker,
    history: Sequence[Turn] = (),
    detail: Detail = "full",
    spent: Spent | None = None,
    parts: Sequence[str] = (),
) -> Iterator[Draft | Dropped]:
    """The written answer, a checked sentence at a time. What may go better is tried again, with what was said already
    left out. Raises ModelUnavailable when the model cannot be reached, breaks off, refuses or says nothing."""
    spent = spent or Spent()
    withheld = [text for _, text in orders.found(passages)]
    said: set[tuple[str, ...]] = set()
    for tried in range(1, TRIES + 1):
        asked = prompt.messages(
            question, passages, history, detail, withheld=withheld, parts=parts, as_documents=cites_itself(model)
        )
        try:
            for item in _written(words(model, asked, spent, passages), passages, check):
                if item is None:
                    return
                key = tuple(terms(item.text))
                if key not in said and not any(key[n:] in said for n in range(1, 1 + LEADING)):
                    said.add(key)
                    yield item
            if said:
                return
            raise ModelUnavailable("The chat model sent no words.", again=True)
        except ModelUnavailable as error:
            if tried == TRIES or not (error.again or error.shorter) or (error.shorter and len(passages) < 2):
                raise
            if error.shorter:
                passages = passages[: len(passages) // 2]


def _written(pieces: Iterable[str], passages: Sequence[Passage], check: Checker) -> Iterator[Draft | Dropped | None]:
    """The sentences of one reply, checked; None for the words that say that there is no answer."""
    first = True
    for sentence in sentences(pieces):
        if _HEADING.match(sentence):
            continue
        if sentence.strip(" .\"'") == prompt.NO_ANSWER:
            yield None
            return
        text, numbers = markers(sentence, len(passages))
        if first and not numbers and _REFUSAL.match(text):
            raise ModelUnavailable("The chat model declined to write about this.")
        first = False
        item = bool(mark := LIST_MARK.match(text))
        text = text[mark.end() :] if mark else text
        if terms(text):
            checked = _checked(text, numbers, passages, check)
            yield replace(checked, item=item) if isinstance(checked, Draft) else checked


def sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Whole sentences with their markers, as soon as the next one begins; a last half sentence is not given."""
    waiting, read = "", 0
    for piece in pieces:
        waiting += piece
        read += len(piece)
        spans = sentence_spans(waiting)
        for start, end in spans[:-1]:
            tail = _TAIL.match(waiting[end:])
            yield waiting[start : end + (tail.end() if tail else 0)].strip()
        if len(spans) > 1:
            waiting = _TAIL.sub("", waiting[spans[-2][1] :]).lstrip()
        if read > LONGEST or len(waiting) > LONGEST_SENTENCE:
            return
    for start, end in sentence_spans(waiting):
        whole = waiting[start:end].strip()
        if _ENDS.search(_MARKER.sub("", whole)) or whole == prompt.NO_ANSWER:
            yield whole


def markers(sentence: str, passages: int) -> tuple[str, list[int]]:
    """A sentence without its markers, addresses, images and emphasis, a bold label before it left out, and the passage numbers it names; numbers that no passage has
    are dropped. Code and formulas stay as they are."""
    numbers: list[int] = []
    clean, before = [], 0
    sentence = _LABEL.sub(lambda found: found[1] or "", sentence)
    for kept in (*_VERBATIM.finditer(sentence), None):
        plain = sentence[before : kept.start() if kept else len(sentence)]
        plain = _LINK.sub(lambda found: f"[{found[1]}]" if found[1].isdigit() else "" if found[0][0] == "!" else found[1], plain)  # fmt: skip
        for found in _MARKER.finditer(plain):
            for part in re.split(r"\s*[,;]\s*", found[1]):
                ends = [int(n) for n in re.findall(r"\d+", part)]
                numbers.extend(range(ends[0], min(ends[-1], passages) + 1))
        clean.append(_EMPHASIS.sub("", _LEFT_OVER.sub("", _MARKER.sub("", plain))))
        if kept:
            clean.append(kept[0])
            before = kept.end()
    return "".join(clean).strip(), [n for n in dict.fromkeys(numbers) if 1 <= n <= passages]


def _checked(text: str, numbers: Sequence[int], passages: Sequence[Passage], check: Checker) -> Draft | Dropped:
    """The sentence with the passages that carry it: those it cites, else the one other that does."""
    if not orders.is_statement(text):
        return Dropped(text, "it is a question, an order or talk, and says nothing about the subject")
    if prompt.leaked(text):
        return Dropped(text, "it repeats the rules that the model was given")
    cited = [passages[n - 1] for n in numbers]
    own = [s for p in cited for s in texts_of(p)]
    support = verdict(check(text, own))
    if support != "supported":
        others = _likely(text, [p for p in passages if p not in cited])
        scored = [(check(text, texts_of(p)), -i, p) for i, p in enumerate(others)]
        if scored and verdict((best := max(scored, key=lambda row: row[:2]))[0]) == "supported":
            cited, support = [best[2]], "supported"
    if support == "unsupported" or not cited:
        no_passage = "no passage supports it" if cited else "it cites no passage, and none supports it"
        return Dropped(text, (wrong(text, own) if own else None) or no_passage)
    return Draft(text, tuple(quote for p in cited if (quote := nearest(text, p))), support)


def _likely(text: str, passages: Sequence[Passage]) -> list[Passage]:
    """The few passages that share most terms with the text: each that is tried costs as much as the one that was cited."""
    asked = set(terms(text))
    return sorted(passages, key=lambda p: -len(asked & set(terms(p.text))))[:TRIED]


def nearest(text: str, passage: Passage) -> Quote:
    """The sentence of the passage that shares most with the text; the whole passage where none shares enough to be shown
    as the one."""
    asked = set(terms(text))

    def shared(span: tuple[int, int]) -> float:
        held = set(terms(passage.text[span[0] - passage.start : span[1] - passage.start]))
        return len(asked & held) / (min(len(asked), len(held)) or 1) if len(held) > 1 else 0.0

    start, end = max(passage.sentences, key=shared, default=(passage.start, passage.end))
    return Quote(passage, start, end) if shared((start, end)) >= SURE else Quote(passage, passage.start, passage.end)


def judge_by(model: Any, limits: tuple[float, float, float] = (1.0, 0.4, 0.0)) -> Any:
    """A second chat model as a judge of sentences: yes, partly and no as probabilities. What it does not answer is no."""

    def judge(sentence: str, text: str) -> float:
        try:
            said = ask(model, prompt.check(sentence, text), Spent()).lower()
        except ModelUnavailable:
            return limits[2]
        return limits[0] if said.startswith("yes") else limits[1] if said.startswith("part") else limits[2]

    return judge


def texts_of(passage: Passage) -> list[str]:
    """What of a passage may carry a sentence: its sentences without questions and orders, its heading, its authors."""
    source = passage.source
    about = " · ".join(filter(None, [passage.heading, ", ".join(source.authors), source.published]))
    return orders.evidence(passage) + ([about] if about else [])
