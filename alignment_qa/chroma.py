"""Collections of vectors in a folder or on a server, and who may write to them: the only door to Chroma.

A server is named `http(s)://host:port/name`; its collections are `name-passages`, `name-questions` and
`name-documents`, and while somebody writes there is `name-writer`. `chroma run` itself asks for no token: Chroma Cloud
does, and so does a proxy that one puts before it.
"""

from __future__ import annotations

import hashlib
import re
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from alignment_qa.config import INDEX_TOKEN, cache_folder, index_token, quiet_libraries
from alignment_qa.errors import IndexBusy, IndexUnreachable

# Recall of Chroma's graph was 0.9975 at its default of 100 and 1.0 at 300 on 20,000 real passages.
GRAPH = {"hnsw": {"space": "cosine", "ef_search": 300, "ef_construction": 200}}
PATIENCE = 60.0  # seconds that a server may take to answer; Chroma's own client would wait for ever
BATCH = 300  # rows a call: Chroma Cloud takes no more
PAGE = 5000  # rows read at a time
LEASE = 600  # seconds after its last step for which a writer that says nothing keeps others out
LOOK = 1.0  # seconds between two looks at a server's generation


def is_address(path: str | Path) -> bool:
    """Whether an index is named by a server's address and not by a folder."""
    return isinstance(path, str) and re.match(r"https?://", path) is not None


def in_folder(folder: Path) -> Any:
    """Chroma's client for a folder."""
    quiet_libraries()
    import chromadb
    from chromadb.config import Settings

    # Chroma shares what it has read among all clients of one path in a process, so that a client opened now could be as
    # stale as the oldest that is still open. Each is told of its own path to the folder: slashes and dots count in binary.
    own = "".join("/." if bit == "1" else "/" for bit in f"{next(_CONNECTIONS):b}")
    return chromadb.PersistentClient(f"{folder}{own}", Settings(anonymized_telemetry=False))


_CONNECTIONS = count(1)


def fault() -> type[Exception]:
    """What Chroma raises when a folder cannot be read or written."""
    from chromadb.errors import InternalError

    return InternalError


def collection_in(client: Any, name: str) -> Any:
    """A collection of vectors compared by cosine; made where there is none yet."""
    return client.get_or_create_collection(name, configuration=GRAPH, embedding_function=None)


class Server:
    """The collections of one index on a Chroma server. Raises IndexUnreachable wherever the server fails."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._name = parts.path.strip("/")
        if parts.username or not parts.hostname or not re.fullmatch(r"[A-Za-z0-9][\w.-]{1,60}[A-Za-z0-9]", self._name):
            raise IndexUnreachable(
                "An index on a server is named http://host:port/collection, a collection by 3 to 62 letters, digits, "
                f"dots or dashes; a token goes in {INDEX_TOKEN}."
            )
        secure = parts.scheme == "https"
        host, port = parts.hostname, parts.port or (443 if secure else 8000)
        self.address = f"{parts.scheme}://{host}:{port}/{self._name}"
        digest = hashlib.sha256(self.address.encode()).hexdigest()[:12]
        self.folder = cache_folder() / "replicas" / f"{self._name}-{digest}"
        """This machine's copy of what is beside the vectors."""
        with _told(self.address):
            self._client = _connect(host, port, secure)
        self._sessions = [client._server._session for client in (self._client, self._client._admin_client)]
        for session in self._sessions:
            session.timeout = PATIENCE
        self._seen: tuple[float, dict[str, str] | None] = (0.0, None)
        self._lease: Any = None

    def collection(self, part: str) -> Any:
        """`passages`, `questions` or `documents`, made where there is none yet."""
        with _told(self.address):
            return _Told(collection_in(self._client, f"{self._name}-{part}"), self.address)

    # what is recorded of the index: schema, encoder, origin (drawn anew when it is made anew), generation

    def facts(self, *, fresh: bool = True) -> dict[str, str] | None:
        """What is recorded, None where there is no such index. Not `fresh`: what was so at most LOOK seconds ago."""
        if fresh or time.monotonic() - self._seen[0] > LOOK:
            journal = self._find("documents")
            self._seen = time.monotonic(), None if journal is None else dict(journal.metadata)
        return self._seen[1]

    def record(self, facts: dict[str, str]) -> None:
        """Replace what is recorded, in one step."""
        self.collection("documents").modify(metadata=facts)
        self._seen = time.monotonic(), facts

    def begin(self, facts: dict[str, str]) -> dict[str, str]:
        """Record the facts of a new index, with an origin of its own, before its first document."""
        made = {**facts, "origin": uuid.uuid4().hex, "generation": "0"}
        with _told(self.address):
            self._client.create_collection(
                f"{self._name}-documents", configuration=GRAPH, embedding_function=None, metadata=made
            )
        return made

    def drop(self) -> None:
        """Delete the index from the server."""
        self.lease()
        self._delete("documents", "passages", "questions")
        self.release()

    def empty(self) -> None:
        """Throw away the vectors that are searched. Readers find the new ones with the next generation."""
        self._delete("passages", "questions")

    def _delete(self, *parts: str) -> None:
        for part in parts:
            if self._find(part) is not None:
                with _told(self.address):
                    self._client.delete_collection(f"{self._name}-{part}")

    def close(self) -> None:
        try:
            self.release()
        finally:
            self._client.close()
            for session in self._sessions:  # Chroma's client leaves them open
                session.close()

    # one writer: a server makes a collection of one name only once, which is all the lock that is needed

    def lease(self) -> None:
        """Keep other writers out until `release`, or until LEASE seconds after the last `renew`. Raises IndexBusy."""
        from chromadb.errors import ChromaError

        name = f"{self._name}-writer"
        if (old := self._find("writer")) is not None:
            by, until = old.metadata["by"], float(old.metadata["until"])
            if by != self._me() and until > time.time():
                raise IndexBusy(f"{by} is writing to {self.address}. Wait for it to end, then run the command again.")
            with _told(self.address):  # by its id: of two who find it expired the second does not harm the first's
                old.modify(name=(aside := f"{name}-{uuid.uuid4().hex[:8]}"))
                self._client.delete_collection(aside)
        try:
            with _told(self.address, but=ChromaError):
                self._lease = self._client.create_collection(name, metadata=self._until(), embedding_function=None)
        except ChromaError:
            raise IndexBusy(f"Another ingest has just begun to write to {self.address}. Wait for it to end.") from None

    def renew(self) -> None:
        """Say that we still write. Raises IndexBusy when another writer has taken over."""
        held = self._find("writer")
        if held is None or held.id != self._lease.id:
            raise IndexBusy(f"Another ingest has taken over {self.address}: this one said nothing for too long.")
        with _told(self.address):
            held.modify(metadata=self._until())

    def release(self) -> None:
        """Let others write."""
        if self._lease is not None:
            self.renew()
            with _told(self.address):
                self._client.delete_collection(f"{self._name}-writer")
            self._lease = None

    def _until(self) -> dict[str, str]:
        return {"by": self._me(), "until": str(time.time() + LEASE)}

    def _me(self) -> str:
        """This machine's copy: its own lock says that no second process of it writes."""
        return f"{socket.gethostname()}:{self.folder}"

    def _find(self, part: str) -> Any:
        """The collection, None where there is none."""
        from chromadb.errors import NotFoundError

        try:
            with _told(self.address, but=NotFoundError):
                return self._client.get_collection(f"{self._name}-{part}", embedding_function=None)
        except NotFoundError:
            return None


def _connect(host: str, port: int, secure: bool) -> Any:
    quiet_libraries()
    import chromadb
    from chromadb.config import Settings

    token = index_token()  # Chroma Cloud reads the first header, most proxies the second
    headers = {"X-Chroma-Token": token, "Authorization": f"Bearer {token}"} if token else None
    return chromadb.HttpClient(host, port, secure, headers, Settings(anonymized_telemetry=False))


class _Told:
    """A collection whose failures are told as ours."""

    def __init__(self, inner: Any, address: str) -> None:
        self._inner = inner
        self._address = address

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **named: Any) -> Any:
            with _told(self._address):
                return value(*arguments, **named)

        return call


@contextmanager
def _told(address: str, but: type[Exception] | None = None) -> Iterator[None]:
    """Turn what Chroma's client raises into one line; errors of the kind `but` pass."""
    try:
        yield
    except Exception as error:
        if but and isinstance(error, but):
            raise
        raise IndexUnreachable(_reason(error, address)) from error


def _reason(error: Exception, address: str) -> str:
    """Chroma's client hides the answer's status in the exceptions that its own were raised in."""
    import httpx
    from chromadb.errors import AuthorizationError, ChromaAuthError

    chain: list[BaseException] = [error]
    while inner := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(inner)
    status = next((e.response.status_code for e in chain if isinstance(e, httpx.HTTPStatusError)), None)
    if status in (401, 403) or any(isinstance(e, AuthorizationError | ChromaAuthError) for e in chain):
        return f"The Chroma server of {address} refuses the token. Set the right one in {INDEX_TOKEN}."
    if any(isinstance(e, httpx.TransportError) for e in chain):
        return f"No Chroma server answers at {address}. Start one with: chroma run --path DIR"
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return f"The Chroma server of {address} fails: {said[:200]}"


Rows = Iterator[tuple[list[str], NDArray[np.float32], list[float]]]
"""Some rows of a collection at a time: their ids, their (n, dimension) vectors, and how far from the first of them the
search finds anything (cosine distance, 0 if itself)."""


def stored_vectors(path: Path, collection: str, searched: int) -> Rows:
    """All rows of a collection of the index in a folder; `searched` of each some thousand are searched for."""
    client = in_folder(path / "vectors")
    try:
        yield from _rows(collection_in(client, collection), searched, PAGE)
    finally:
        client.close()


def served_vectors(server: Server, collection: str, searched: int) -> Rows:
    """All rows of a collection on a server; `searched` of each some hundred are searched for."""
    yield from _rows(server.collection(collection), searched, BATCH)


def _rows(rows: Any, searched: int, page: int) -> Rows:
    for at in range(0, rows.count(), page):
        part = rows.get(limit=page, offset=at, include=["embeddings"])
        vectors = np.asarray(part["embeddings"], np.float32)
        asked = list(vectors[:searched])
        found = rows.query(query_embeddings=asked, n_results=1, include=["distances"])["distances"]
        yield part["ids"], vectors, [distance for row in found for distance in row or [1.0]]
