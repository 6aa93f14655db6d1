"""Who may ask: every request passes here before the page, the API or MCP sees it.

Names and passwords travel by HTTP Basic, which browsers, curl and MCP clients all speak. Browsers send them, and reach
addresses of this machine, for any site that asks them to, so what another site sends is refused as well."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN = "/healthz"
_STARTING = "/gradio_api/startup-events"  # which Gradio's launch asks of itself, once
_PAUSE = 0.5  # seconds before a wrong password is answered
_CHALLENGE = (b"www-authenticate", b'Basic realm="Alignment Q&A", charset="UTF-8"')

Accounts = frozenset[bytes]
"""Digests of `name:password`."""


def accounts(text: str) -> Accounts:
    """The accounts of a text with a `name:password` a line. Raises ValueError, which never repeats the text."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    for number, line in lines:
        name, _, password = line.partition(":")
        if not name or not password:
            raise ValueError(f"Line {number} of the accounts is no name:password.")
    if not lines:
        raise ValueError("There is no account: write name:password, one a line.")
    return frozenset(_digest(line.encode()) for _, line in lines)


class Guard:
    """ASGI middleware. Without accounts anybody may ask; with them nothing but OPEN answers before a right password."""

    def __init__(self, app: ASGIApp, accounts: Accounts | None = None) -> None:
        self.app = app
        self._accounts = accounts
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] == OPEN:
            return await self.app(scope, receive, send)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if foreign(headers, scope.get("method", "GET")):
            return await _refuse(scope, send, 403, "Requests from other sites are refused.")
        if self._accounts is None or self._known(headers.get(b"authorization", "")):
            return await self.app(scope, receive, send)
        if scope["path"] == _STARTING and not self._started:
            self._started = True
            return await self.app(scope, receive, send)
        if b"authorization" in headers:
            await asyncio.sleep(_PAUSE)
        return await _refuse(scope, send, 401, "Name and password, please.", _CHALLENGE)

    def _known(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = _digest(base64.b64decode(encoded.strip(), validate=True))
        except (binascii.Error, ValueError):
            return False
        found = False
        for one in self._accounts or ():  # to the end, whichever it is
            found |= hmac.compare_digest(one, given)
        return found


def foreign(headers: dict[bytes, str], method: str) -> bool:
    """Whether a page of another site makes a browser send this. Following a link from there to here is no such thing.

    Sec-Fetch-Site is the browser's own word, which no page can set; browsers leave it out on plain HTTP to other
    machines, and then Origin has to be ours."""
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        follows = headers.get(b"sec-fetch-mode") == "navigate" and method in ("GET", "HEAD")
        return site not in ("same-origin", "none") and not follows
    origin = headers.get(b"origin")
    return origin is not None and urlsplit(origin).netloc != headers.get(b"host")


def _digest(credentials: bytes) -> bytes:
    return hashlib.sha256(credentials).digest()


async def _refuse(scope: Scope, send: Send, status: int, words: str, *more: tuple[bytes, bytes]) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers: Iterable[tuple[bytes, bytes]] = [(b"content-type", b"text/plain; charset=utf-8"), *more]
    start: Message = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": words.encode()})
