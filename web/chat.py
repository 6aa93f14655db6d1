"""A question as the browser or an API sends it → the assistant's answer, as HTML for the page or as plain JSON.

What comes in is checked here, because anybody can send anything; what goes out of HTML is made by `render` alone."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from secrets import token_hex
from typing import TYPE_CHECKING, get_args

from alignment_qa import AlignmentQAError, Answer, Passage, Turn
from alignment_qa.cite import Words, as_json, hit_as_json, renumber
from alignment_qa.types import Detail
from web import records, render

if TYPE_CHECKING:
    from alignment_qa import Assistant

log = logging.getLogger("alignment_qa.web")

EXAMPLES = 6
_TURNS = 20  # latest turns of a conversation that are read for a follow-up
_TURN = 8000  # characters of a turn that are read
_HITS = 50  # most passages that one search may ask for
NAMES = 2000  # most documents that may be named to ask within
UNEXPECTED = "The program met an error that it did not expect. Its log, where it was started, tells more."
_RESTORED = 500  # most turns that are drawn again at a time


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what belongs to it. `number` counts the conversation's turns in the page."""

    question: str
    history: tuple[Turn, ...] = ()
    detail: Detail = "full"
    number: int = 0
    cited: Mapping[Words, int] = field(default_factory=dict)
    """What the numbers of the conversation so far stand for."""
    within: frozenset[str] | None = None
    """Documents and collections, as `Assistant.within` takes them; None asks all."""

    def of(self, assistant: Assistant) -> Assistant:
        """The assistant over the documents that are asked. Raises DocumentMissing when they are not there."""
        return assistant if self.within is None else assistant.within(self.within)


def asked(
    question: object,
    history: object = None,
    detail: object = "full",
    number: object = 0,
    cited: object = None,
    within: object = None,
) -> Asked:
    """Raises ValueError, in words for the one who asked, when a value is not what it should be."""
    if not isinstance(question, str):
        raise ValueError("The question must be text.")
    if detail not in get_args(Detail):
        raise ValueError("The detail must be brief, full or beginners.")
    if history is not None and not isinstance(history, list):
        raise ValueError('The history must be a list like [{"role": "user", "text": "…"}].')
    if within is not None and not (
        isinstance(within, list) and len(within) <= NAMES and all(isinstance(name, str) for name in within)
    ):
        raise ValueError(
            f"What to ask within must be a list of at most {NAMES:,} ids of documents or names of collections."
        )
    turns = tuple(_turn(item) for item in (history or [])[-_TURNS:])
    count = number if type(number) is int and number >= 0 else 0
    among = None if within is None else frozenset(within)
    return Asked(question, turns, detail, count, records.words_cited(cited), among)  # type: ignore[arg-type]


def welcome(assistant: Assistant) -> str:
    """The first screen, with other examples at each call."""
    documents, passages = assistant.index.count()
    return render.welcome(documents, assistant.way, examples(assistant, documents, passages))


def examples(assistant: Assistant, documents: int, passages: int) -> list[str]:
    """Main questions of the documents, in random order, those of introductory documents first."""
    easy, others = _questions(assistant, documents, passages)
    chosen = random.sample(easy, min(EXAMPLES, len(easy)))
    return chosen + random.sample(others, min(EXAMPLES - len(chosen), len(others)))


def reply(assistant: Assistant, asked: Asked) -> Iterator[str]:
    """The turn's growing HTML; the last one is whole. An error becomes a turn that says so."""
    yield render.searching(asked.number, asked.question, assistant.index.count()[0])
    try:
        answer: Answer | None = None
        for answer in asked.of(assistant).stream(asked.question, asked.history, detail=asked.detail):
            answer = renumber(answer, asked.cited)
            if answer.claims:
                yield render.turn(asked.number, answer, _bare, done=False)
        if answer is not None:
            answer = _suggest(assistant, answer)
            yield _whole(assistant, asked.number, answer, records.record(answer, token_hex(8)))
    except AlignmentQAError as error:
        yield render.failed(asked.number, asked.question, str(error))
    except Exception:
        log.exception("a question failed")
        yield render.failed(asked.number, asked.question, UNEXPECTED)


def restore(assistant: Assistant, sent: object) -> list[str]:
    """The turns of records that a browser has kept, as HTML, numbered from 1. Raises ValueError for what are none."""
    if not isinstance(sent, list) or len(sent) > _RESTORED:
        raise ValueError(f"Records come in a list, at most {_RESTORED} at a time.")
    return [
        _whole(assistant, number, records.recall(kept, assistant.index), kept) for number, kept in enumerate(sent, 1)
    ]


def answer(assistant: Assistant, asked: Asked) -> dict[str, object]:
    """The whole answer as JSON values, the same as `python -m alignment_qa --json`."""
    return as_json(asked.of(assistant).answer(asked.question, asked.history, detail=asked.detail))


def search(assistant: Assistant, asked: Asked, k: int) -> list[dict[str, object]]:
    """The k best passages as JSON values, best first."""
    return [hit_as_json(hit) for hit in asked.of(assistant).search(asked.question, max(1, min(k, _HITS)))]


@lru_cache(maxsize=1)
def _questions(assistant: Assistant, documents: int, passages: int) -> tuple[list[str], list[str]]:
    """The main questions of introductory documents and of the others; read anew when the counts have changed."""
    easy: list[str] = []
    others: list[str] = []
    for document in assistant.index.documents():
        title = document.source.title
        if main := document.questions[:1] or (title,) * title.endswith("?"):
            (easy if document.source.level == "introductory" else others).append(main[0])
    return easy, others


def _whole(assistant: Assistant, number: int, answer: Answer, kept: Mapping[str, object]) -> str:
    """A finished turn, with what the browser keeps of it."""
    index = assistant.index
    beside = lru_cache(maxsize=None)(index.passages_of)
    said = [claim.text for claim in answer.claims]
    return render.turn(
        number,
        answer,
        lambda passage: _around(passage, beside),
        done=True,
        glossary=index.glossary().helpful(said, answer.question, index.everyday, index.uses, index.count()[1]),
        record=kept,
    )


def _suggest(assistant: Assistant, answer: Answer) -> Answer:
    """Where nothing was answered, questions that are: of the nearest documents, or at least some."""
    if not answer.abstention or answer.related:
        return answer
    near = dict.fromkeys(hit.passage.source.doc_id for hit in answer.hits)
    documents = [found for doc_id in near if (found := assistant.index.document(doc_id))]
    asked = [question for document in documents for question in document.questions[:1]]
    return replace(answer, related=tuple(asked[:4]) or tuple(examples(assistant, *assistant.index.count())[:4]))


def _around(passage: Passage, beside: Callable[[str], list[Passage]]) -> tuple[str, str]:
    """The texts before and after a passage; `beside` gives a document's passages in order."""
    row = [one for one in beside(passage.source.doc_id) if one.role == passage.role]
    at = next((at for at, one in enumerate(row) if one.passage_id == passage.passage_id), None)
    if at is None:
        return "", ""
    return (row[at - 1].text if at else ""), (row[at + 1].text if at + 1 < len(row) else "")


def _bare(passage: Passage) -> tuple[str, str]:
    """While sentences still come, passages are shown without what stands around them."""
    return "", ""


def _turn(item: object) -> Turn:
    role, text = (item.get("role"), item.get("text")) if isinstance(item, Mapping) else (None, None)
    if role not in ("user", "assistant") or not isinstance(text, str):
        raise ValueError('Each turn of the history must be like {"role": "user", "text": "…"}; roles: user, assistant.')
    return Turn(role, text[:_TURN])
