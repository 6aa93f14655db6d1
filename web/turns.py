"""What the page's script asks the server for: the first screen, a turn as it grows, kept conversations drawn again, and
that an opinion be kept.

Each is a request of its own. Gradio's events all set one value, in which a late answer could take a newer one's place,
and Gradio loads the page anew once a connection to its queue was broken."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from web import chat, render
from web.api import Busy, Desk, received

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from alignment_qa import Assistant
    from alignment_qa.feedback import Feedback

_KEPT = 16 << 20  # bytes of a conversation that a browser has kept
_FRESH = {"cache-control": "no-store", "x-accel-buffering": "no"}


def routes(assistant: Assistant, desk: Desk, feedback: Feedback | None) -> list[Route]:
    """GET welcome; POST turn, restore and rate with JSON. Without `feedback` no opinion is kept."""
    from anyio import to_thread
    from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
    from starlette.routing import Route

    from web import opinions

    async def welcome(request: Request) -> Response:
        return HTMLResponse(await to_thread.run_sync(chat.welcome, assistant), headers=_FRESH)

    async def turn(request: Request) -> Response:
        try:
            sent = await received(request)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        values = sent if isinstance(sent, dict) else {}
        return StreamingResponse(_grown(assistant, desk, values), media_type="application/x-ndjson", headers=_FRESH)

    async def restore(request: Request) -> Response:
        try:
            sent = await received(request, _KEPT)
            return JSONResponse({"turns": await to_thread.run_sync(chat.restore, assistant, sent)})
        except ValueError as error:
            return JSONResponse({"problem": str(error)})

    async def rate(request: Request) -> Response:
        if feedback is None:
            return JSONResponse({"problem": "This page keeps no opinions."})
        try:
            sent = await received(request)
        except ValueError as error:
            return JSONResponse({"problem": str(error)})
        return JSONResponse({"problem": await to_thread.run_sync(opinions.rate, assistant, feedback, sent)})

    return [
        Route("/welcome", welcome),
        *(Route(f"/{one.__name__}", one, methods=["POST"]) for one in (turn, restore, rate)),
    ]


async def _grown(assistant: Assistant, desk: Desk, sent: dict[str, Any]) -> AsyncIterator[str]:
    """The turn's HTML as it grows, a line of JSON each; what goes wrong is a turn that says so."""
    names = {"history", "detail", "number", "cited", "within"} & set(sent)
    try:
        asked = chat.asked(sent.get("question"), **{name: sent[name] for name in names})
        async for html in desk.each(chat.reply(assistant, asked)):
            yield json.dumps(html) + "\n"
    except (ValueError, Busy) as error:
        number = sent.get("number")
        place = number if type(number) is int else 0
        yield json.dumps(render.failed(place, str(sent.get("question", ""))[:2000], str(error))) + "\n"
