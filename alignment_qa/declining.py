"""Evidence that answers nothing, or a message that asks nothing, flows in; what is said to that flows out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from alignment_qa.answer_type import ATTRIBUTES
from alignment_qa.evidence import Evidence
from alignment_qa.lexical import terms
from alignment_qa.question import is_small_talk, is_task
from alignment_qa.types import Abstention, Hit

LACKS = {"who": "says who", "when": "says when", "number": "gives such a number"}
"""What a passage would have to do, for the kinds of question whose answer must hold a thing of that kind."""
FIRST = 5  # sentences near the question of which none does it


def not_a_question(text: str, continues: bool, documents: int) -> str | None:
    """What is said to a greeting, an order or nothing at all; None for a question. `continues`: something was said before."""
    about = f"I answer questions from {documents} documents about AI alignment, with a citation for every sentence."
    if not text:
        return f"Type a question. {about}"
    if is_small_talk(text) and not (continues and not re.match(r"\W*(hi|hello|thank|bye)", text, re.I)):
        return about
    if is_task(text):
        return f"That is not something I do. {about}"
    return None


def declined(
    reason: Abstention,
    hits: Sequence[Hit],
    found: Evidence,
    *,
    chosen: bool,
    instead: str,
    said: bool,
    works: Sequence[str] = (),
) -> str:
    """Why there is no answer, and what is nearest. `chosen`: only some documents were searched; `instead` is what is said
    where there was an answer that did not stand; `said`: what answers was said before; `works` that name what is asked for."""
    nearest = list(dict.fromkeys(f"“{hit.passage.source.title}”" for hit in hits))[:3]
    where = f" Its references list: {'; '.join(f'“{work}”' for work in works)}." if works else ""
    where += f" Nearest: {', '.join(nearest)}." if nearest else ""
    what, has, does = ("The chosen documents", "have", "do") if chosen else ("The corpus", "has", "does")
    match reason:
        case Abstention.OUT_OF_SCOPE:
            return f"{what} {has} nothing about this.{where}"
        case Abstention.UNSUPPORTED:
            return instead + where
    if said:
        return f"{what} {has} no more that answers this.{where}"
    words = [word for word in surface(found.missing, found.question.text) if not ATTRIBUTES.fullmatch(word)]
    lacks = [f"No document uses the word {_either(words)}."] if words else []
    if found.features["unheard"] and not words:
        lacks.append(f"No passage uses the term “{found.question.subject}”.")
    if names := [name for name in found.unnamed if name not in words]:
        lacks.append(f"No passage near it names {_either(names)}.")
    if found.question.kind in LACKS and not any(sentence.fits for sentence in found.sentences[:FIRST]):
        lacks.append(f"No passage near it {LACKS[found.question.kind]}.")
    return " ".join([f"{what} {does} not clearly answer this.", *lacks]) + where


def surface(stems: Sequence[str], text: str) -> list[str]:
    """The question's own words for stemmed terms."""
    return [word for word in dict.fromkeys(re.findall(r"[\w-]+", text)) if set(terms(word)) & set(stems)]


def _either(words: Sequence[str]) -> str:
    return " or ".join(f"“{word}”" for word in words[:3])
