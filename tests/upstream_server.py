"""A web server on loopback whose every answer a test writes: it keeps what it was asked, answers 304 where an ETag or a
day still holds, and breaks off where it is told to."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Self
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """A request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """`breaks_off` sends only so many bytes of the body, and says nothing of it."""

    body: bytes | str = b""
    type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    breaks_off: int | None = None


Route = Answer | Callable[[Asked], Answer]


class Upstream:
    """`routes` maps a path to its answer, or to what gives it; everything else is not there."""

    def __init__(self, certificate: Path | None = None) -> None:
        """`certificate` is a file of a key and a certificate, with which it speaks HTTPS."""
        self.routes: dict[str, Route] = {}
        self.asked: list[Asked] = []
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                parts = urlsplit(self.path)
                content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, content)
                upstream.asked.append(asked)
                route = upstream.routes.get(parts.path, Answer("gone", status=404))
                self._send(asked, route(asked) if callable(route) else route)

            do_GET = do_POST = _answer  # the names that http.server calls

            def _send(self, asked: Asked, answer: Answer) -> None:
                seals = [("etag", "if-none-match"), ("last-modified", "if-modified-since")]
                told = {name.lower(): value for name, value in answer.headers.items()}
                if any(told.get(seal) and told[seal] == asked.headers.get(asks) for seal, asks in seals):
                    answer = Answer(b"", status=304)
                body = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.type)
                self.send_header("Content-Length", str(len(body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body[: answer.breaks_off])
                self.close_connection = answer.breaks_off is not None

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def paths(self) -> list[str]:
        """What was asked for, robots.txt apart."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
