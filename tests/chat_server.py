"""Chat servers on loopback that speak their protocols as real ones do: chat completions with deltas that may cut a marker
in two, usage blocks, tool-call noise, errors with bodies, streams that are slow or break off; Anthropic's messages with
citations in blocks; Ollama's lines."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self


class ChatServer:
    """`says` is the text, or a function of the request's messages; `status` other than 200 is answered as an error, the
    first `errors` times or always; `piece` is the length of each delta; `breaks_off` cuts the stream after so many deltas;
    `pause` is waited before each; `finish` ends the stream; `noise` sends empty and tool-call deltas between."""

    path = "/v1"

    def __init__(self) -> None:
        self.says: str | Callable[[list[dict[str, Any]]], str] = ""
        self.status = 200
        self.errors: int | None = None
        self.message = ""
        self.piece = 7
        self.breaks_off: int | None = None
        self.pause = 0.0
        self.finish = "stop"
        self.noise = False
        self.requests: list[dict[str, Any]] = []
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                chat.requests.append(body)
                if chat.status != 200 and (chat.errors is None or len(chat.requests) <= chat.errors):
                    return self._json(chat.status, chat.error())
                text = chat.says if isinstance(chat.says, str) else chat.says(body["messages"])
                if not body.get("stream"):
                    return self._json(200, chat.whole(text))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for n, line in enumerate(chat.lines(text, body)):
                    if n == chat.breaks_off:
                        return None
                    time.sleep(chat.pause)
                    self.wfile.write(line.encode())
                    self.wfile.flush()
                return None

            def _json(self, status: int, value: dict[str, Any]) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_port}{self.path}"

    def __enter__(self) -> Self:
        Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def pieces(self, text: str) -> Iterator[str]:
        return (text[at : at + self.piece] for at in range(0, len(text), self.piece))

    def error(self) -> dict[str, Any]:
        return {"error": {"message": self.message or f"status {self.status}", "type": "test"}}

    def whole(self, text: str) -> dict[str, Any]:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return {"id": "1", "object": "chat.completion", "created": 1, "model": "test", "choices": [choice]}

    def lines(self, text: str, body: dict[str, Any]) -> Iterator[str]:
        yield self._delta({"role": "assistant", "content": ""})
        for piece in self.pieces(text):
            if self.noise:
                call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{"}}
                yield self._delta({"content": None})
                yield self._delta({"tool_calls": [call]})
                yield ": keep-alive\n\n"
            yield self._delta({"content": piece})
        yield self._delta({}, self.finish)
        if (body.get("stream_options") or {}).get("include_usage"):
            yield self._chunk([], {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050})
        yield "data: [DONE]\n\n"

    def _delta(self, delta: dict[str, Any], finish: str | None = None) -> str:
        return self._chunk([{"index": 0, "delta": delta, "finish_reason": finish}])

    def _chunk(self, choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> str:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "test", "choices": choices}
        return f"data: {json.dumps({**chunk, 'usage': usage} if usage else chunk)}\n\n"


class AnthropicServer(ChatServer):
    """Anthropic's messages: a block a sentence of `says`, cited where it ends in a marker, which is not sent."""

    path = ""

    def error(self) -> dict[str, Any]:
        return {"type": "error", "error": {"type": "test_error", "message": self.message or f"status {self.status}"}}

    def lines(self, text: str, body: dict[str, Any]) -> Iterator[str]:
        usage = {"input_tokens": 900, "output_tokens": 1}
        message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "claude", "stop_reason": None, "stop_sequence": None, "usage": usage}  # fmt: skip
        yield self._event("message_start", message=message)
        for index, sentence in enumerate(text.split("|")):
            words, _, number = sentence.partition("[")
            block = {"type": "text", "text": "", "citations": []} if number else {"type": "text", "text": ""}
            yield self._event("content_block_start", index=index, content_block=block)
            for piece in self.pieces(words):
                yield self._event("content_block_delta", index=index, delta={"type": "text_delta", "text": piece})
            if number:
                place = {
                    "type": "char_location", "cited_text": "cited", "document_index": int(number.rstrip("] ")) - 1,
                    "document_title": "t", "start_char_index": 0, "end_char_index": 5,
                }  # fmt: skip
                yield self._event(
                    "content_block_delta", index=index, delta={"type": "citations_delta", "citation": place}
                )
            yield self._event("content_block_stop", index=index)
        stop = {"stop_reason": "end_turn" if self.finish == "stop" else self.finish, "stop_sequence": None}
        yield self._event("message_delta", delta=stop, usage={"output_tokens": 40})
        yield self._event("message_stop")

    def _event(self, kind: str, **fields: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


class OllamaServer(ChatServer):
    """Ollama's chat: a JSON object a line."""

    path = ""

    def error(self) -> dict[str, Any]:
        return {"error": self.message or f"status {self.status}"}

    def lines(self, text: str, body: dict[str, Any]) -> Iterator[str]:
        for piece in self.pieces(text):
            yield self._line({"message": {"role": "assistant", "content": piece}, "done": False})
        counts = {"prompt_eval_count": 800, "eval_count": 30}
        yield self._line(
            {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": self.finish, **counts}
        )

    def _line(self, value: dict[str, Any]) -> str:
        return json.dumps({"model": "test", "created_at": "2026-01-01T00:00:00Z", **value}) + "\n"
