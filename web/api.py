"""What programs may ask, over plain HTTP and MCP alike: `ask` and `search`, with the types of what goes in and comes out.

What comes in is checked by `chat.asked`, the same as for the page."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from alignment_qa import AlignmentQAError, DocumentMissing
from alignment_qa.types import Detail
from web import chat

if TYPE_CHECKING:
    from anyio import CapacityLimiter
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from alignment_qa import Assistant

log = logging.getLogger("alignment_qa.web")

AT_ONCE = 16
"""Questions answered at the same time by each way in: Gradio's API, and the page with plain HTTP and MCP. Quoting shares the
processor, so more would only make each slower; a chat model's answers mostly wait for it, so fewer would hold people up."""
LINE = 200
"""Questions that may wait before new ones are turned away."""
LARGEST = 1 << 20  # bytes of a request

Values = Mapping[str, Any]


class Busy(Exception):
    """Too many wait already."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a program may ask; `takes` and `gives` are JSON schemas, `run` raises ValueError for wrong values."""

    name: str
    does: str
    takes: dict[str, Any]
    gives: dict[str, Any]
    run: Callable[[Assistant, Values], dict[str, Any]]


def ask(assistant: Assistant, values: Values) -> dict[str, Any]:
    asked = chat.asked(
        values.get("question"), values.get("history"), values.get("detail", "full"), within=values.get("within")
    )
    return chat.answer(assistant, asked)


def search(assistant: Assistant, values: Values) -> dict[str, Any]:
    k = values.get("k", 8)
    if type(k) is not int:
        raise ValueError("k must be a whole number.")
    asked = chat.asked(values.get("question"), within=values.get("within"))
    return {"passages": chat.search(assistant, asked, k)}


def _text(does: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": does, **more}


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _list(of: Any, does: str = "") -> dict[str, Any]:
    return {"type": "array", "items": of, **({"description": does} if does else {})}


_WORDS, _NUMBER, _KNOWN = {"type": "string"}, {"type": "integer"}, {"type": ["string", "null"]}
_QUESTION = _text("the question, in words", maxLength=2000)
_WITHIN = _list(_WORDS, "ids of documents, or names of collections, to ask within; all without it")
_TURN = _object(("role", "text"), role={"enum": ["user", "assistant"]}, text=_WORDS)
_PLACE = {
    "doc_id": _WORDS,
    "title": _WORDS,
    "url": _KNOWN,
    "heading": _WORDS,
    "passage": _WORDS,
    "start": _NUMBER,
    "end": _NUMBER,
}

TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "ask",
            "Answer a question about AI alignment from the documents, with a citation for every sentence, or say that "
            "they do not answer it.",
            _object(
                ("question",),
                question=_QUESTION,
                history=_list(_TURN, "the conversation so far"),
                detail={"enum": list(get_args(Detail)), "description": "how long, or for whom; full without it"},
                within=_WITHIN,
            ),
            _object(
                ("question", "text", "abstention", "claims", "citations", "related", "trace"),
                question=_WORDS,
                text=_text("the answer with markers like [1]"),
                abstention={**_KNOWN, "description": "why there is no answer; null when there is one"},
                claims=_list(_object(("text", "citations", "support"), text=_WORDS, citations=_list(_NUMBER), support=_WORDS)),
                citations=_list(_object(("number", "quote", "title"), number=_NUMBER, quote=_WORDS, **_PLACE)),
                related=_list(_WORDS),
                trace={"type": "object"},
            ),
            ask,
        ),
        Tool(
            "search",
            "Find the passages of the documents that best fit a question.",
            _object(("question",), question=_QUESTION, k={**_NUMBER, "description": "how many, at most 50; 8 without it"}, within=_WITHIN),
            _object(("passages",), passages=_list(_object(("rank", "score", *_PLACE), rank=_NUMBER, score={"type": "number"}, **_PLACE))),
            search,
        ),
    )
}  # fmt: skip


class Desk:
    """Answers all who ask in the page, over plain HTTP and MCP, AT_ONCE at a time."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._limiter: CapacityLimiter | None = None  # made in the loop that it counts for

    async def run(self, tool: Tool, values: Values) -> dict[str, Any]:
        """What the tool gives. Raises ValueError for wrong values, AlignmentQAError, Busy."""
        from anyio import to_thread

        threads = self._threads()
        if unknown := set(values) - set(tool.takes["properties"]):
            raise ValueError(f"{tool.name} takes no {sorted(unknown)[0]!r}.")
        result: dict[str, Any] = await to_thread.run_sync(tool.run, self._assistant, values, limiter=threads)
        return result

    async def each(self, items: Iterator[str]) -> AsyncIterator[str]:
        """The items of an iterator that takes its time; it is closed when nobody waits for them any more. Raises Busy."""
        from anyio import to_thread

        threads = self._threads()
        while (item := await to_thread.run_sync(next, items, None, limiter=threads)) is not None:
            yield item

    def _threads(self) -> CapacityLimiter:
        """Those in which questions are answered. Raises Busy."""
        import anyio

        self._limiter = self._limiter or anyio.CapacityLimiter(AT_ONCE)
        if self._limiter.statistics().tasks_waiting >= LINE:
            raise Busy("Too many questions wait already. Ask again later.")
        return self._limiter

    def routes(self) -> list[Route]:
        """POST a tool's values as JSON to its name."""
        from starlette.routing import Route

        return [Route(f"/{tool.name}", self._endpoint(tool), methods=["POST"]) for tool in TOOLS.values()]

    def _endpoint(self, tool: Tool) -> Any:
        from starlette.responses import JSONResponse

        async def endpoint(request: Request) -> Response:
            try:
                values = await received(request)
                if not isinstance(values, dict):
                    raise ValueError("Send one JSON object.")
                return JSONResponse(await self.run(tool, values))
            except (ValueError, DocumentMissing) as error:
                return JSONResponse({"error": str(error)}, 400)
            except (AlignmentQAError, Busy) as error:
                return JSONResponse({"error": str(error)}, 503)
            except Exception:
                log.exception("a question failed")
                return JSONResponse({"error": chat.UNEXPECTED}, 500)

        return endpoint


async def received(request: Request, largest: int = LARGEST) -> Any:
    """The JSON that was sent, of at most so many bytes. Raises ValueError, in words for the one who sent it."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > largest:
            raise ValueError(f"More than {largest >> 20} MB was sent.")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("What was sent is no JSON.") from None
