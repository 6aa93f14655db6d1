"""Addresses flow in, what their servers answer flows out. It alone knows how to ask politely: it says who it is, obeys
robots.txt, waits between two requests and longer when told to, asks only for what changed, and takes no more than it
asked for."""

from __future__ import annotations

import json
import random
import time
import zlib
from collections.abc import Collection as Group
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import httpcore

from alignment_qa.errors import FetchFailed
from ingest.readers import LARGEST
from ingest.sources.guard import Checked, checked_url

AGENT = "alignment-qa"
"""The name that robots.txt knows us by."""
_WHO = f"{AGENT}/0.1 (reads documents for one person's question answering; obeys robots.txt)"
_REDIRECTS, _ATTEMPTS = 5, 5
_LONGEST_WAIT = 300.0
"""Seconds that a server may make us wait before we give up on it for this run."""
_TIMEOUTS = {"connect": 20.0, "read": 60.0, "write": 60.0, "pool": 60.0}
_LONGEST = 600.0
"""Seconds for one answer, however it trickles."""
_AGAIN = frozenset({429, 500, 502, 503, 504})
_ROBOTS = frozenset({"text/plain", "text/html", "application/octet-stream", ""})


@dataclass(frozen=True, slots=True)
class Seal:
    """What a server gave to tell this version by (RFC 9110)."""

    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: where it came from after redirects, its media type in lower case, its bytes."""

    url: str
    type: str
    body: bytes
    seal: Seal


class _Passing(Exception):
    """A failure that may be over soon; `after` is how many seconds the server asked for."""

    def __init__(self, why: str, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


class Fetch:
    """One polite reader of the network. `pace` is the least number of seconds between two requests, to whichever host;
    `patience` the first wait after a failure, doubled each time; `access` is (host, name, value) of a header that the
    host's operators gave out, sent to no other host."""

    def __init__(
        self,
        *,
        pace: float = 1.0,
        patience: float = 2.0,
        allow_private: bool = False,
        access: tuple[str, str, str] | None = None,
    ) -> None:
        self.allow_private = allow_private
        self.pace = pace
        self._patience, self._access = patience, access
        self._last = -1e9
        self._robots: dict[str, Any] = {}
        self._pool = httpcore.ConnectionPool(
            max_connections=4, keepalive_expiry=30.0, network_backend=Checked(allow_private=allow_private)
        )

    def __enter__(self) -> Fetch:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.close()

    def get(
        self, url: str, types: Group[str], *, seal: Seal | None = None, api: bool = False, largest: int = LARGEST
    ) -> Page | None:
        """What is at an address; None if it is what `seal` tells of. `types` are the media types that are of use.

        `api` is for interfaces that are made for programs, of which robots.txt does not speak. Raises FetchFailed."""
        body = BytesIO()
        found = self.save(url, types, body, seal=seal, api=api, largest=largest)
        return None if found is None else Page(found.url, found.type, body.getvalue(), found.seal)

    def save(
        self, url: str, types: Group[str], to: BinaryIO, *, seal: Seal | None = None, api: bool, largest: int
    ) -> Page | None:
        """As `get`, the bytes into a file; the page that is given has none."""
        headers = {"Accept": ", ".join(sorted(types))}
        if seal and seal.etag:
            headers["If-None-Match"] = seal.etag
        if seal and seal.modified:
            headers["If-Modified-Since"] = seal.modified
        for _ in range(_REDIRECTS + 1):
            url = checked_url(url)
            if not api:
                self._ask_robots(url)
            status, told = self._patiently("GET", url, headers, None, types, to, largest)
            if status == 304 and seal is not None:
                return None
            if status < 300:
                return Page(url, _type(told), b"", Seal(told.get("etag"), told.get("last-modified")))
            url = urljoin(url, told["location"])
        raise FetchFailed(f"{url} redirects without end")

    def ask(self, url: str, question: Mapping[str, object]) -> Any:
        """What a JSON interface answers to a question that is posted to it. Raises FetchFailed."""
        body = BytesIO()
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        asked = json.dumps(question).encode()
        status, _ = self._patiently("POST", checked_url(url), headers, asked, JSON, body, LARGEST)
        if status >= 300:
            raise FetchFailed(f"{url} has moved; put its new address into the list of collections")
        return parsed(body.getvalue(), url)

    def _patiently(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        types: Group[str],
        to: BinaryIO,
        largest: int,
    ) -> tuple[int, dict[str, str]]:
        for attempt in range(_ATTEMPTS):
            try:
                to.seek(0)
                to.truncate()
                with self._answer(method, url, headers, content) as answer:
                    return self._received(url, answer, types, to, largest)
            except _Passing as failure:
                if failure.after > _LONGEST_WAIT:
                    raise FetchFailed(f"{url}: its server asks to come back in {failure.after:.0f} s") from None
                if attempt + 1 == _ATTEMPTS:
                    raise FetchFailed(f"{url}: {failure}, {_ATTEMPTS} times") from None
                wait = self._patience * 2**attempt
                time.sleep(max(failure.after, wait * random.uniform(0.75, 1.25)))
        raise AssertionError

    @contextmanager
    def _answer(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Iterator[httpcore.Response]:
        host = urlsplit(url).hostname or ""
        self._wait_for(host)
        sent = {"User-Agent": _WHO, "Accept-Encoding": "gzip", "Accept-Language": "en", **headers}
        if self._access and self._access[0] == host:
            sent[self._access[1]] = self._access[2]
        listed = [(name.encode(), value.encode()) for name, value in sent.items()]
        try:
            with self._pool.stream(
                method, url, headers=listed, content=content, extensions={"timeout": _TIMEOUTS}
            ) as answer:
                yield answer
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError) as error:
            raise _Passing(f"no whole answer ({type(error).__name__} {error})"[:200]) from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise FetchFailed(f"{url}: {type(error).__name__}") from error

    def _received(
        self, url: str, answer: httpcore.Response, types: Group[str], to: BinaryIO, largest: int
    ) -> tuple[int, dict[str, str]]:
        told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        if answer.status in _AGAIN:
            raise _Passing(f"its server answers {answer.status}", _seconds(told.get("retry-after", "")))
        if answer.status == 304 or (answer.status in (301, 302, 303, 307, 308) and "location" in told):
            return answer.status, told
        if answer.status != 200:
            raise FetchFailed(f"{url}: {_refusal(answer.status)}", answer.status)
        if _type(told) not in types:
            raise FetchFailed(f"{url}: {_type(told) or 'of no media type'}, which is not what was asked for")
        if int(told.get("content-length") or 0) > largest:
            raise FetchFailed(f"{url}: too large (over {largest >> 20} MB)")
        deadline = time.monotonic() + _LONGEST
        for piece in _unpacked(answer.iter_stream(), told.get("content-encoding", "identity"), url):
            to.write(piece)
            if to.tell() > largest:
                raise FetchFailed(f"{url}: too large (over {largest >> 20} MB)")
            if time.monotonic() > deadline:
                raise FetchFailed(f"{url}: not whole after {_LONGEST:.0f} s")
        return 200, told

    def _wait_for(self, host: str) -> None:
        pace = max(self.pace, *(rules[1] for at, rules in self._robots.items() if urlsplit(at).hostname == host), 0.0)
        time.sleep(max(0.0, self._last + pace - time.monotonic()))
        self._last = time.monotonic()

    def _ask_robots(self, url: str) -> None:
        """FetchFailed if the site's robots.txt keeps us out. A site without one lets everybody in; one whose server
        fails lets nobody in (RFC 9309)."""
        from protego import Protego

        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self._robots:
            try:
                page = self.get(origin + "/robots.txt", _ROBOTS, api=True, largest=512 * 1024)
                text = page.body.decode("utf-8", "replace") if page and page.type != "text/html" else ""
            except FetchFailed as refusal:
                if not 400 <= refusal.status < 500:
                    raise FetchFailed(f"its robots.txt cannot be had: {refusal}") from None
                text = ""
            rules = Protego.parse(text)
            self._robots[origin] = rules, min(float(rules.crawl_delay(AGENT) or 0.0), 60.0)
        if not self._robots[origin][0].can_fetch(url, AGENT):
            raise FetchFailed(f"{url}: its site's robots.txt keeps programs out")


JSON = frozenset({"application/json", "text/json", "application/graphql-response+json"})


def parsed(body: bytes, url: str) -> Any:
    """The JSON of an answer. Raises FetchFailed."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise FetchFailed(f"{url}: what it answers is not JSON") from None


def _unpacked(pieces: Iterator[bytes], encoding: str, url: str) -> Iterator[bytes]:
    """The bytes as they were before they were packed, never more than a megabyte at once."""
    if encoding.lower() in ("", "identity"):
        yield from pieces
        return
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise FetchFailed(f"{url}: packed as {encoding[:40]}, which was not asked for")
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for piece in pieces:
            while piece:
                yield unpacking.decompress(piece, 1 << 20)
                piece = unpacking.unconsumed_tail
        while rest := unpacking.decompress(b"", 1 << 20):
            yield rest
    except zlib.error:
        raise _Passing("what it sends cannot be unpacked") from None
    if not unpacking.eof:
        raise _Passing("what it sends breaks off")


def _type(told: Mapping[str, str]) -> str:
    return told.get("content-type", "").partition(";")[0].strip().lower()


def _seconds(text: str) -> float:
    """Of a Retry-After, which is a number of seconds or a date."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0


def _refusal(status: int) -> str:
    if status in (401, 403):
        return (
            f"its server refuses programs ({status}). Its operators may give out a header that opens it; "
            "put that into ALIGNMENT_QA_ACCESS as 'HOST NAME: VALUE'"
        )
    return "not there any more" if status in (404, 410) else f"its server answers {status}"
