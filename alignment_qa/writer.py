"""A chat model with its checker and its budget: the answer's sentences, or quoted ones with the reason why not.

Here alone it is decided what a failing model costs the reader: what was written and checked stays, nothing half does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from alignment_qa import chat, cross_encoders, orders, prompt
from alignment_qa.budget import Day
from alignment_qa.chat import Spent
from alignment_qa.cite import Draft
from alignment_qa.config import Config
from alignment_qa.errors import ModelUnavailable
from alignment_qa.generate import Dropped, generate, judge_by
from alignment_qa.leaning import LEANS
from alignment_qa.lexical import terms
from alignment_qa.question import Question
from alignment_qa.support import Checker, judged
from alignment_qa.types import Detail, Passage, Turn

NEW_TERMS = 1  # content words of a rewritten question that neither it nor the conversation had
NOTHING_WORSE = 0.02  # closeness to the corpus that a rewritten question may lose


class Writer:
    """Writes answers with the configured chat model; may be used from several threads."""

    def __init__(self, model: Any, config: Config, check: Checker) -> None:
        self._model = model
        self._config = config
        self._day = Day(config.index, config.day_tokens)
        self._check = configured_checker(config) or check
        Spent().cost(config.price)  # a price that cannot be read is better told of now

    def spent(self) -> Spent:
        """A fresh count for one question."""
        return Spent(self._config.question_tokens)

    def alone(
        self, question: str, history: Sequence[Turn], plain: str, closeness: Callable[[str], float], spent: Spent
    ) -> str:
        """The question standing alone as the model puts it, where that holds against the plain way: one question, of the
        conversation's own words, that the corpus is as near to."""
        try:
            self._day.allow()
            said = chat.ask(self._model, prompt.alone(question, history), spent).strip(" \n\"'")
        except ModelUnavailable:
            return plain
        told = set(terms(" ".join([question, plain, *(turn.text for turn in history[-4:])])))
        own = set(terms(LEANS.sub(" ", question)))
        new = set(terms(said))
        fits = "\n" not in said and 0 < len(said) <= 300 and said.endswith("?") and orders.gives_orders(said) is False
        if not fits or len(new - told) > NEW_TERMS or len(own & new) < len(own) / 2:
            return plain
        return said if closeness(said) >= closeness(plain) - NOTHING_WORSE else plain

    def drafts(
        self,
        question: Question,
        passages: Sequence[Passage],
        history: Sequence[Turn],
        detail: Detail,
        *,
        spent: Spent,
        trace: dict[str, object],
        quoted: Callable[[], Iterator[Draft]],
    ) -> Iterator[Draft]:
        """Checked sentences; `quoted` ones where the model gave none. What happened is told in the trace: `dropped`, `orders`, `usage`, `model_error` or `note`."""
        dropped: list[dict[str, str]] = []
        trace["dropped"] = dropped
        trace["orders"] = [{"title": passage.source.title, "text": text} for passage, text in orders.found(passages)]
        wrote = False
        try:
            self._day.allow()
            asked = [part.alone for part in question.parts]
            for item in generate(question.text, passages, self._model, self._check, history, detail, spent, asked):
                if isinstance(item, Dropped):
                    dropped.append({"text": item.text, "reason": item.reason})
                else:
                    wrote = True
                    yield item
            if spent.cut:
                trace["note"] = "The model reached its longest answer; the end may be missing."
        except ModelUnavailable as error:
            trace["note" if wrote else "model_error"] = (
                f"{error} What it had written is shown." if wrote else str(error)
            )
            if not wrote:
                yield from quoted()
        finally:
            self._account(spent, trace)

    def _account(self, spent: Spent, trace: dict[str, object]) -> None:
        self._day.add(spent.tokens)
        trace["usage"] = {
            "input_tokens": spent.input_tokens, "output_tokens": spent.output_tokens, "estimated": spent.estimated,
        }  # fmt: skip
        if (cost := spent.cost(self._config.price)) is not None:
            trace["cost"] = round(cost, 6)


def configured_checker(config: Config) -> Checker | None:
    """The checker that the configuration names; None where it names none. Raises EncoderUnavailable, ModelUnavailable."""
    if not config.checker:
        return None
    if ":" in config.checker:
        return judged(judge_by(chat.open_model(config.checker, config.base_url, config.timeout)))
    return judged(cross_encoders.entailment_model(config.checker))
