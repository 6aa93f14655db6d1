"""Question and passages → checked sentences from a chat model: the only door to LangChain's chat models.

The model's words are cut into sentences as they stream. A sentence is handed on only when the passages that it cites,
or others that were given, carry it; markers that point nowhere are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alignment_qa import prompt
from alignment_qa.cite import Draft, Quote
from alignment_qa.config import openai_key, quiet_libraries
from alignment_qa.errors import ModelUnavailable
from alignment_qa.lexical import terms
from alignment_qa.sentences import LIST_MARK, sentence_spans
from alignment_qa.support import Checker, verdict
from alignment_qa.types import Detail, Passage, Turn

_MARKER = re.compile(r"\s*[\[【]\s*(\d{1,3}(?:\s*[-–,;]\s*\d{1,3}){0,8})\s*[\]】]")
_LEFT_OVER = re.compile(r"\s*[\[【][\d\s,;–-]{0,20}$|\s*\[\s*\]|!\[[^\]]{0,200}\]\([^)]{0,500}\)|https?://\S+")
_TAIL = re.compile(r"^(?:\s*[\[【][\d\s,;–-]{1,20}[\]】])+")
_ENDS = re.compile(r"[.!?][\"”’')\]】]*\s*$")
LONGEST = 20_000  # characters of an answer that are read; a model that rambles on is cut off


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence of the model that is not shown, and why."""

    text: str
    reason: str


def open_model(name: str, base_url: str | None = None, timeout: float = 60.0) -> Any:
    """The chat model of that name (`provider:model`), or of an OpenAI-compatible server at `base_url`.

    Raises ModelUnavailable, naming the package, key or name that is missing."""
    quiet_libraries()
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"temperature": 0, "timeout": timeout, "max_retries": 2}
    if base_url:
        options |= {"model_provider": "openai", "base_url": base_url, "api_key": openai_key()}
        name = name.removeprefix("openai:")
    try:
        return init_chat_model(name, **options)
    except ImportError as error:
        package = re.search(r"pip install ['\"`]?(?:-U )?([\w-]+)", str(error))
        raise ModelUnavailable(
            f"The chat model {name!r} needs a package. Install it with: pip install "
            f"{package[1] if package else 'langchain-' + name.partition(':')[0]}"
        ) from error
    except Exception as error:
        raise ModelUnavailable(f"The chat model {name!r} cannot be used: {_one_line(error)}{_advice(error)}") from error


def generate(
    question: str,
    passages: Sequence[Passage],
    model: Any,
    check: Checker,
    history: Sequence[Turn] = (),
    detail: Detail = "full",
) -> Iterator[Draft | Dropped]:
    """The written answer, a checked sentence at a time. Raises ModelUnavailable when the model cannot be reached."""
    for sentence in sentences(_stream(model, prompt.messages(question, passages, history, detail))):
        if sentence.strip(" .\"'") == prompt.NO_ANSWER:
            return
        text, numbers = markers(sentence, len(passages))
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
        if read > LONGEST:
            return
    for start, end in sentence_spans(waiting):
        whole = waiting[start:end].strip()
        if _ENDS.search(_MARKER.sub("", whole)) or whole == prompt.NO_ANSWER:
            yield whole


def markers(sentence: str, passages: int) -> tuple[str, list[int]]:
    """A sentence without its markers, and the passage numbers they name; numbers that no passage has are dropped."""
    numbers: list[int] = []
    for found in _MARKER.finditer(sentence):
        for part in re.split(r"\s*[,;]\s*", found[1]):
            ends = [int(n) for n in re.findall(r"\d+", part)]
            numbers.extend(range(ends[0], min(ends[-1], passages) + 1))
    text = _LEFT_OVER.sub("", _MARKER.sub("", sentence)).strip()
    return text, [n for n in dict.fromkeys(numbers) if 1 <= n <= passages]


def _checked(text: str, numbers: Sequence[int], passages: Sequence[Passage], check: Checker) -> Draft | Dropped:
    """The sentence with the passages that carry it: those it cites, else the one other that does."""
    cited = [passages[n - 1] for n in numbers]
    support = verdict(check(text, [s for p in cited for s in _sentences(p)]))
    if support != "supported":
        others = [p for p in passages if p not in cited]
        scored = [(check(text, _sentences(p)), -i, p) for i, p in enumerate(others)]
        if scored and verdict((best := max(scored))[0]) == "supported":
            cited, support = [best[2]], "supported"
    if support == "unsupported":
        return Dropped(text, "no passage supports it" if cited else "it cites no passage, and none supports it")
    return Draft(text, tuple(_nearest(text, p) for p in cited), support)


def _nearest(text: str, passage: Passage) -> Quote:
    """The sentence of the passage that shares most with the text."""
    words = set(terms(text))

    def shared(span: tuple[int, int]) -> float:
        held = set(terms(passage.text[span[0] - passage.start : span[1] - passage.start]))
        return len(words & held) / (len(words | held) or 1)

    start, end = max(passage.sentences or ((passage.start, passage.end),), key=shared)
    return Quote(passage, start, end)


def _sentences(passage: Passage) -> list[str]:
    return [passage.text[a - passage.start : b - passage.start] for a, b in passage.sentences] or [passage.text]


def _stream(model: Any, messages: list[tuple[str, str]]) -> Iterator[str]:
    try:
        for chunk in model.stream(messages):
            yield chunk.text if isinstance(chunk.text, str) else chunk.text()
    except Exception as error:
        raise ModelUnavailable(f"The chat model did not answer: {_one_line(error)}{_advice(error)}") from error


def _advice(error: Exception) -> str:
    text = f"{type(error).__name__} {error}".lower()
    if "api_key" in text or "api key" in text or "authentication" in text or "401" in text:
        return " — set the provider's key in the environment (for example OPENAI_API_KEY or ANTHROPIC_API_KEY)."
    if "connect" in text:
        return " — is the server running, and is its address right?"
    if "infer" in text or "provider" in text:
        return " — name it as provider:model, for example openai:gpt-4o-mini or ollama:llama3.2."
    return ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
