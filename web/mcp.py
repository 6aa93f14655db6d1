"""The Model Context Protocol over HTTP: a JSON-RPC message in, its answer out (modelcontextprotocol.io, Streamable HTTP).

The server keeps no sessions and sends nothing on its own, so each POST is answered by one JSON message. The tools are
those of `api`."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from alignment_qa import AlignmentQAError
from web import chat
from web.api import TOOLS, Busy, Desk, received

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

log = logging.getLogger("alignment_qa.web")

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26")
"""Revisions of the protocol that are spoken, the newest first."""
_PARSE, _REQUEST, _METHOD, _VALUES = -32700, -32600, -32601, -32602  # JSON-RPC's own numbers of errors

Message = dict[str, Any]


async def reply(message: object, desk: Desk) -> Message | None:
    """The answer to a message; None where it wants none."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not isinstance(message.get("method"), str):
        is_answer = isinstance(message, dict) and ("result" in message or "error" in message)
        return None if is_answer else _error(None, _REQUEST, "Send one JSON-RPC 2.0 message.")
    if "id" not in message:
        return None
    number, values = message["id"], message.get("params")
    values = values if isinstance(values, dict) else {}
    match message["method"]:
        case "initialize":
            return _result(number, _introduction(values.get("protocolVersion")))
        case "ping":
            return _result(number, {})
        case "tools/list":
            return _result(number, {"tools": [
                {"name": t.name, "description": t.does, "inputSchema": t.takes, "outputSchema": t.gives,
                 "annotations": {"readOnlyHint": True, "openWorldHint": False}} for t in TOOLS.values()
            ]})  # fmt: skip
        case "tools/call":
            tool, given = TOOLS.get(str(values.get("name"))), values.get("arguments", {})
            if tool is None or not isinstance(given, dict):
                return _error(number, _VALUES, f"The tools are {', '.join(TOOLS)}; arguments are one object.")
            try:
                found = await desk.run(tool, given)
            except (ValueError, AlignmentQAError, Busy) as error:
                return _result(number, {"content": [_text(str(error))], "isError": True})
            except Exception:
                log.exception("a question failed")
                return _result(number, {"content": [_text(chat.UNEXPECTED)], "isError": True})
            told = json.dumps(found, ensure_ascii=False)
            return _result(number, {"content": [_text(told)], "structuredContent": found, "isError": False})
        case method:
            return _error(number, _METHOD, f"There is no {method[:80]} here.")


def routes(desk: Desk) -> list[Route]:
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def endpoint(request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"allow": "POST"})  # no stream of the server's own, no session
        if request.headers.get("mcp-protocol-version", VERSIONS[0]) not in VERSIONS:
            return JSONResponse(_error(None, _REQUEST, f"Protocol versions: {', '.join(VERSIONS)}."), 400)
        try:
            message = await received(request)
        except ValueError as error:
            return JSONResponse(_error(None, _PARSE, str(error)), 400)
        answer = await reply(message, desk)
        if answer is None:
            return Response(status_code=202)
        return JSONResponse(answer, 400 if answer.get("error", {}).get("code") == _REQUEST else 200)

    return [Route("/mcp", endpoint, methods=["GET", "POST", "DELETE"])]


def _introduction(wanted: object) -> Message:
    return {
        "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": "alignment-qa", "title": "Alignment Q&A", "version": "0.1.0"},
    }


def _text(words: str) -> Message:
    return {"type": "text", "text": words}


def _result(number: object, result: Message) -> Message:
    return {"jsonrpc": "2.0", "id": number, "result": result}


def _error(number: object, code: int, words: str) -> Message:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": words}}
