"""Every knob, as plain values, and the only reader of the environment."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from alignment_qa.errors import AlignmentQAError

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
"""The encoder that is installed as a package; every other name is one that sentence-transformers can load."""

INDEX_TOKEN = "ALIGNMENT_QA_INDEX_TOKEN"
CHAT_ACCOUNTS = "ALIGNMENT_QA_AUTH"


@dataclass(frozen=True, slots=True)
class Config:
    """What a person may choose. Each field can be set in the environment as `ALIGNMENT_QA_` + its name in capitals."""

    index: str = "index"
    """Folder of the index, or `http(s)://host:port/collection` of a Chroma server."""
    encoder: str = DEFAULT_ENCODER
    """Sentence encoder for a new index; an existing index names its own."""
    model: str | None = None
    """Chat model as `init_chat_model` takes it (`anthropic:…`, `openai:…`, `ollama:…`); None quotes."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server for `model`."""
    timeout: float = 60.0
    """Seconds that a chat model may take to answer or to send its next words."""
    checker: str | None = None
    """What checks written sentences: a cross-encoder or NLI model that sentence-transformers can load, or a chat model as
    `provider:model`; None takes the offline check."""
    price: str | None = None
    """Price of `model` a million tokens, `IN/OUT` (`0.15/0.60`), in whatever money; None tells no cost."""
    question_tokens: int | None = None
    """Tokens that the chat model may be sent and send for one question."""
    day_tokens: int | None = None
    """Tokens that the chat model may be sent and send in a day, by all who use this index."""
    k: int = 8
    """Passages that an answer may be built from."""
    pool: int = 50
    """Candidates that each retriever brings to the fusion."""
    keyword_weight: float = 0.2
    """Share of the keyword score in the fused score, the rest is closeness in meaning. Chosen by `benchmarks/retrieval.py`."""
    question_weight: float = 0.2
    """How much a document gains that says of itself that it answers such a question. Chosen by
    `benchmarks/retrieval.py`; no effect where documents name no questions."""
    least: float | None = None
    """Probability from which the evidence counts as an answer; None takes the calibrated one, 0 never declines."""
    reranker: str | None = None
    """A cross-encoder that sentence-transformers can load; None leaves the fused order."""
    feedback: str | None = None
    """File that keeps what people say of answers in the web chat; None has it beside the index."""

    @property
    def digest(self) -> str:
        """Eight hex digits that change whenever a value does that answers may hang on; addresses and files are left out."""
        values = {name: value for name, value in asdict(self).items() if name not in {"index", "base_url", "feedback"}}
        return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:8]


_OPTIONAL: dict[str, type] = {"least": float, "question_tokens": int, "day_tokens": int}
"""The types of fields that are None unless chosen and are no text."""


def from_environment(**chosen: object) -> Config:
    """The defaults, overridden by the environment, overridden by what was `chosen` (None counts as not chosen).

    Raises ValueError naming the variable whose text is not of its field's type."""
    values: dict[str, object] = {}
    for item in fields(Config):
        name = f"ALIGNMENT_QA_{item.name.upper()}"
        text = os.environ.get(name)
        if text:
            convert = _OPTIONAL.get(item.name) or (type(item.default) if isinstance(item.default, int | float) else str)
            try:
                values[item.name] = convert(text)
            except ValueError:
                raise ValueError(f"{name}={text!r} is not a {convert.__name__}") from None
    values.update({name: value for name, value in chosen.items() if value is not None})
    return Config(**values)  # type: ignore[arg-type]


def openai_key() -> str:
    """The key for an OpenAI-compatible server; local ones want some text and do not look at it."""
    return os.environ.get("OPENAI_API_KEY") or "none"


def index_token() -> str | None:
    """The token that a Chroma server asks for; never an argument, which other users of a machine can read."""
    return os.environ.get(INDEX_TOKEN) or None


def chat_accounts() -> str | None:
    """The accounts of the web chat, `name:password` a line; never an argument, which other users of a machine can read."""
    return os.environ.get(CHAT_ACCOUNTS) or None


def access() -> tuple[str, str, str] | None:
    """(host, header's name, its value) of `ALIGNMENT_QA_ACCESS`, as `www.example.org X-Reader: secret`: what the operators
    of a host may give to a program that is to read it. Raises AlignmentQAError for anything else."""
    text = os.environ.get("ALIGNMENT_QA_ACCESS")
    if not text:
        return None
    host, _, header = text.strip().partition(" ")
    name, colon, value = header.partition(":")
    if not (colon and name.strip() and value.strip()):
        raise AlignmentQAError("ALIGNMENT_QA_ACCESS is not of the form 'HOST NAME: VALUE'.")
    return host.lower(), name.strip(), value.strip()


def cache_folder() -> Path:
    """Where exported encoders, fetched documents and copies of a server's documents are kept between runs: `ALIGNMENT_QA_CACHE`, else the user's cache folder."""
    chosen = os.environ.get("ALIGNMENT_QA_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alignment-qa"


def quiet_libraries() -> None:
    """Switch off what libraries would send out or print on their own. Call before importing any of them."""
    for name, value in {
        "ANONYMIZED_TELEMETRY": "False",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "LANGSMITH_TRACING": "false",
        "LANGCHAIN_TRACING_V2": "false",
        "TOKENIZERS_PARALLELISM": "false",
        "DO_NOT_TRACK": "1",
        "RAGAS_DO_NOT_TRACK": "true",
    }.items():
        os.environ.setdefault(name, value)
