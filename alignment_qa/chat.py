"""Messages → words of a chat model, streamed or whole: the only door to LangChain's chat models.

Whatever a provider does (its own citations, usage blocks, reasons for ending, errors of its client) leaves here as text
with markers, tokens in `Spent`, and `ModelUnavailable` in one line that names what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alignment_qa.config import openai_key, quiet_libraries
from alignment_qa.errors import ModelUnavailable
from alignment_qa.types import Passage

Messages = Sequence[tuple[str, Any]]
"""(role, content) pairs, as LangChain's chat models take them."""

WINDOW = 8192  # tokens of context asked of Ollama, which otherwise cuts off the front of a long prompt and says nothing
_OWN_ADDRESS = ("anthropic", "ollama")
"""Providers whose servers speak another protocol than OpenAI's: `base_url` is theirs."""
_CUT = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
_REFUSED = frozenset({"content_filter", "refusal", "safety", "blocklist", "prohibited_content"})
_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|window|size)|maximum context|too (?:long|many tokens|large)|exceeds? .{0,40}tokens|\b413\b",
    re.I,
)
_PASSING = re.compile(r"\b(?:408|409|429|5\d\d)\b|time[d -]*out|rate.?limit|overload|connection (?:reset|aborted|closed)|incomplete|peer closed|protocol ?error", re.I)  # fmt: skip


@dataclass(slots=True)
class Spent:
    """Tokens sent and received for one question, and how the last reply ended (a provider's word, empty when it did not
    say). `most` tokens may be spent on it, None any number."""

    most: int | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    ended: str = ""
    estimated: bool = False
    """The provider did not count; these are a quarter of the characters."""

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def cut(self) -> bool:
        """The reply ended at the longest that the model may write."""
        return self.ended in _CUT

    def cost(self, price: str | None) -> float | None:
        """In the money of a price `IN/OUT` a million tokens; None where no price is known. Raises ValueError."""
        if not price:
            return None
        try:
            sent, received = (float(part) for part in price.split("/"))
        except ValueError:
            raise ValueError(f"The price {price!r} is not IN/OUT for a million tokens, such as 0.15/0.60") from None
        return (self.input_tokens * sent + self.output_tokens * received) / 1e6


def open_model(name: str, base_url: str | None = None, timeout: float = 60.0) -> Any:
    """The chat model of that name (`provider:model`), or of a server at `base_url`: an OpenAI-compatible one, unless the
    name is `anthropic:…` or `ollama:…`.

    Raises ModelUnavailable, naming the package, key or name that is missing."""
    quiet_libraries()
    from langchain.chat_models import init_chat_model

    provider = name.partition(":")[0]
    options: dict[str, Any] = {"temperature": 0, "timeout": timeout, "max_retries": 2}
    if provider == "ollama":
        options = {"temperature": 0, "num_ctx": WINDOW, "client_kwargs": {"timeout": timeout}}
    if base_url and provider in _OWN_ADDRESS:
        options["base_url"] = base_url
    elif base_url:
        options |= {"model_provider": "openai", "base_url": base_url, "api_key": openai_key(), "stream_usage": True}
        name = name.removeprefix("openai:")
    try:
        return init_chat_model(name, **options)
    except ImportError as error:
        package = re.search(r"pip install ['\"`]?(?:-U )?([\w-]+)", str(error))
        raise ModelUnavailable(
            f"The chat model {name!r} needs a package. Install it with: pip install "
            f"{package[1] if package else 'langchain-' + provider}"
        ) from error
    except Exception as error:
        raise ModelUnavailable(f"The chat model {name!r} cannot be used: {_one_line(error)}{_advice(error)}") from error


def cites_itself(model: Any) -> bool:
    """The provider has citations of its own (Anthropic's): documents are sent as such and come back with places in them."""
    return type(model).__module__.startswith("langchain_anthropic")


def ask(model: Any, messages: Messages, spent: Spent) -> str:
    """The whole reply to a short task. Raises ModelUnavailable."""
    return "".join(words(model, messages, spent)).strip()


def words(model: Any, messages: Messages, spent: Spent, passages: Sequence[Passage] = ()) -> Iterator[str]:
    """The reply as it streams, a provider's own citations turned into markers like [2]. Raises ModelUnavailable when the
    model cannot be reached, refuses, or breaks off."""
    sent = sum(len(str(content)) for _, content in messages) // 4
    if spent.most is not None and spent.tokens + sent > spent.most:
        raise ModelUnavailable(
            f"The question needs more than the {spent.most} tokens that are allowed for one.", shorter=True
        )
    spent.ended, counted, received, tail = "", False, 0, ""
    held: dict[int, list[str]] = {}
    try:
        for chunk in model.stream(list(messages)):
            if usage := getattr(chunk, "usage_metadata", None):
                spent.input_tokens += usage.get("input_tokens", 0)
                spent.output_tokens += usage.get("output_tokens", 0)
                counted = True
            about = chunk.response_metadata or {}
            spent.ended = str(about.get("finish_reason") or about.get("stop_reason") or about.get("done_reason") or spent.ended).lower()  # fmt: skip
            for text in _texts(chunk, passages, held):
                received += len(text)
                tail = (tail + text)[-80:]
                yield text
            if spent.most is not None and spent.tokens + (0 if counted else sent + received // 4) > spent.most:
                spent.ended = "length"
                break
        for text in _released(held, None):
            tail = (tail + text)[-80:]
            yield text
    except Exception as error:
        raise _failed(error) from error
    finally:
        if not counted:
            spent.estimated = True
            spent.input_tokens += sent
            spent.output_tokens += received // 4
    if spent.ended in _REFUSED:
        raise ModelUnavailable("The chat model declined to write about this.")
    if not spent.ended and not re.search(r"[.!?\]】\"”’)]\s*$|NO ANSWER\s*$", tail):
        raise ModelUnavailable("The chat model broke off.", again=True)


def _texts(chunk: Any, passages: Sequence[Passage], held: dict[int, list[str]]) -> Iterator[str]:
    """The texts of a chunk. Blocks that may be cited are held until the next begins: their citations come in pieces."""
    if isinstance(chunk.content, str):
        yield chunk.content
        return
    for block in chunk.content_blocks:
        if block.get("type") != "text":
            continue
        place = int(block.get("index") or 0) if str(block.get("index") or 0).isdigit() else 0
        yield from _released(held, place)
        text, marks = held.setdefault(place, ["", ""])
        for annotation in block.get("annotations") or ():
            if (number := _number(annotation, passages)) and f"[{number}]" not in marks:
                marks += f" [{number}]"
        held[place] = [text + (block.get("text") or ""), marks]


def _released(held: dict[int, list[str]], place: int | None) -> Iterator[str]:
    for done in [other for other in held if other != place]:
        yield "".join(held.pop(done))


def _number(annotation: Any, passages: Sequence[Passage]) -> int | None:
    """The number of the passage that a citation points to: by its place among the documents, else by the words cited."""
    if annotation.get("type") != "citation":
        return None
    place = (annotation.get("extras") or {}).get("document_index")
    if isinstance(place, int) and 0 <= place < len(passages):
        return place + 1
    quoted = " ".join(str(annotation.get("cited_text") or "").split())
    found = (n for n, p in enumerate(passages, 1) if quoted and quoted in " ".join(p.text.split()))
    return next(found, None)


def _failed(error: Exception) -> ModelUnavailable:
    if isinstance(error, ModelUnavailable):
        return error
    text = f"{type(error).__name__} {error}"
    shorter = bool(_TOO_LONG.search(text))
    return ModelUnavailable(
        f"The chat model did not answer: {_one_line(error)}{_advice(error)}",
        again=not shorter and bool(_PASSING.search(text)),
        shorter=shorter,
    )


def _advice(error: Exception) -> str:
    text = f"{type(error).__name__} {error}".lower()
    if "api_key" in text or "api key" in text or "authentication" in text or "401" in text:
        return " — set the provider's key in the environment (for example OPENAI_API_KEY or ANTHROPIC_API_KEY)."
    if "notfound" in text or "404" in text:
        return " — does the server have a model of that name?"
    if "ratelimit" in text or "429" in text:
        return " — wait a little, or choose another model."
    if "connect" in text:
        return " — is the server running, and is its address right?"
    if "timeout" in text or "timed out" in text:
        return " — a longer wait can be set in ALIGNMENT_QA_TIMEOUT (seconds)."
    if "infer" in text or "provider" in text:
        return " — name it as provider:model, for example openai:gpt-4o-mini or ollama:llama3.2."
    return ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
