"""A chat server on loopback that speaks the chat-completions protocol as real ones do: streamed deltas that may cut a
marker in two, usage blocks, errors with bodies, streams that break off."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self


class ChatServer:
    """`says` is the text, or a function of the request's messages; `status` other than 200 is answered as an error;
    `piece` is the length of each delta; `breaks_off` cuts the stream after so many deltas."""

    def __init__(self) -> None:
        self.says: str | Callable[[list[dict[str, Any]]], str] = ""
        self.status = 200
        self.piece = 7
        self.breaks_off: int | None = None
        self.requests: list[dict[str, Any]] = []
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                chat.requests.append(body)
                if chat.status != 200:
                    return self._error()
                text = chat.says if isinstance(chat.says, str) else chat.says(body["messages"])
                if not body.get("stream"):
                    return self._whole(text)
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self._delta({"role": "assistant", "content": ""})
                for n, at in enumerate(range(0, len(text), chat.piece)):
                    if n == chat.breaks_off:
                        return None
                    self._delta({"content": text[at : at + chat.piece]})
                self._delta({}, "stop")
                self.wfile.write(b"data: [DONE]\n\n")
                return None

            def _delta(self, delta: dict[str, str], finish: str | None = None) -> None:
                choice = {"index": 0, "delta": delta, "finish_reason": finish}
                chunk = {
                    "id": "1",
                    "object": "chat.completion.chunk",
                    "created": 1,
                    "model": "test",
                    "choices": [choice],
                }
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

            def _whole(self, text: str) -> None:
                message = {"role": "assistant", "content": text}
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                self._json(
                    200,
                    {"id": "1", "object": "chat.completion", "created": 1, "model": "test", "choices": [choice]},
                )

            def _error(self) -> None:
                self._json(chat.status, {"error": {"message": f"status {chat.status}", "type": "test"}})

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
        self.address = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Self:
        Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()
