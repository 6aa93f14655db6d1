"""The library: the documents as a list to search and to choose from, each readable in the page, and their uploads.

Parts of the page go out as HTML, which `render` alone makes. Files come in here and go to an `Uploads`, which `app.py`
brings: this package knows nothing of how an index is made."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from alignment_qa import AlignmentQAError, Source
from web import chat, render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from alignment_qa import Assistant

log = logging.getLogger("alignment_qa.web")

PAGE = 50  # documents of the list, or passages of a document, that are sent at a time
CHOICES = 200  # most values that a filter offers, the most frequent ones
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Uploads(Protocol):
    """Files that people add to the index. Each call raises AlignmentQAError, in words for the one who asked."""

    limit: int
    """Bytes that a file may have."""

    def place(self, name: str) -> Path:
        """Where a file of that name is received; refused here when it is of no format that is read."""

    def add(self, name: str, received: Path) -> tuple[list[str], list[str]]:
        """Bring it in: the ids of its new documents, and what of it could not be read."""

    def remove(self, doc_id: str) -> list[str]:
        """Take out the file that brought a document: the ids of all documents that went with it."""

    def files(self) -> Mapping[str, str]:
        """Document id → the name of the file that brought it, for those that can be removed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a document must have to be listed; empty asks nothing. `words` stand in its title or its authors' names."""

    words: str = ""
    collection: str = ""
    author: str = ""
    year: str = ""
    level: str = ""

    def fits(self, source: Source) -> bool:
        text = f"{source.title} {' '.join(source.authors)}".casefold()
        return (
            all(word in text for word in self.words.casefold().split())
            and (not self.collection or source.collection == self.collection)
            and (not self.author or self.author in source.authors)
            and (not self.year or source.year == self.year)
            and (not self.level or source.level == self.level)
        )


FILTERS: dict[str, tuple[str, Callable[[Source], Iterable[str | None]]]] = {
    "collection": ("Collection", lambda source: [source.collection]),
    "author": ("Author", lambda source: source.authors),
    "year": ("Year", lambda source: [source.year]),
    "level": ("Level", lambda source: [source.level]),
}
"""Field of `Wanted` → its label, and what a document has of it."""


def choices(sources: Iterable[Source]) -> dict[str, tuple[str, list[str]]]:
    """Field → its label and the values that the documents have, in order; fields that would divide nothing are left out."""
    sources, offered = list(sources), {}
    for name, (label, has) in FILTERS.items():
        values = [frozenset(value for value in has(source) if value) for source in sources]
        if len(set(values)) > 1:
            frequent = Counter(value for held in values for value in held).most_common(CHOICES)
            offered[name] = label, sorted((value for value, _ in frequent), key=str.casefold)
    return offered


def shelf(assistant: Assistant, uploads: Uploads | None, wanted: Wanted, first: int = 0) -> str:
    """The list of documents from the `first` on."""
    return render.fill("shelf.html", **_listed(assistant.index.sources(), uploads, wanted, first))


def frame(assistant: Assistant, uploads: Uploads | None, wanted: Wanted) -> str:
    """The whole view: its filters, where files are added, and the list."""
    sources = assistant.index.sources()
    return render.fill(
        "library.html",
        filters=choices(sources), wanted=wanted, largest=(uploads.limit >> 20) if uploads else 0,
        **_listed(sources, uploads, wanted, 0),
    )  # fmt: skip


def _listed(sources: Sequence[Source], uploads: Uploads | None, wanted: Wanted, first: int) -> dict[str, object]:
    found = [source for source in sources if wanted.fits(source)]
    return {
        "found": found[first : first + PAGE],
        "first": first,
        "more": max(0, len(found) - first - PAGE),
        "total": len(sources),
        "count": len(found),
        "ids": [source.doc_id for source in found] if len(found) <= chat.NAMES else [],
        "files": uploads.files() if uploads else {},
    }


def document(
    assistant: Assistant, uploads: Uploads | None, doc_id: str, first: int = 0, sought: str = ""
) -> str | None:
    """A document to read, its passages from the `first` on, as far as the one with the id `sought` and beyond; None where
    there is no such document."""
    found = assistant.index.document(doc_id)
    if found is None:
        return None
    passages = assistant.index.passages_of(doc_id)
    place = next((at for at, passage in enumerate(passages) if passage.passage_id == sought), 0)
    end = max(first, place) + PAGE
    source, part = found.source, passages[first:end]
    below = [(p, p.heading.removeprefix(source.title).removeprefix(" › ")) for p in part]
    return render.fill(
        "document.html",
        source=source, questions=found.questions, first=first, total=len(passages), more=max(0, len(passages) - end),
        passages=[(p, heading if at == 0 or heading != below[at - 1][1] else "") for at, (p, heading) in enumerate(below)],
        link=render.web_address(source), file=uploads.files().get(doc_id) if uploads else None,
    )  # fmt: skip


def routes(assistant: Assistant, uploads: Uploads | None, *, anywhere: bool) -> list[Route]:
    """GET library, library/document?id=…; PUT library/files?name=…, DELETE library/files?id=… where there are uploads.
    Unless `anywhere`, files are taken from browsers on this machine only."""
    from anyio import to_thread
    from starlette.responses import HTMLResponse, JSONResponse
    from starlette.routing import Route

    async def listed(request: Request) -> Response:
        wanted = Wanted(**{f.name: request.query_params.get(f.name, "")[:500] for f in fields(Wanted)})
        if request.query_params.get("part") == "shelf":
            return HTMLResponse(await to_thread.run_sync(shelf, assistant, uploads, wanted, _first(request)))
        return HTMLResponse(await to_thread.run_sync(frame, assistant, uploads, wanted))

    async def read(request: Request) -> Response:
        doc_id = request.query_params.get("id", "")
        sought = request.query_params.get("passage", "")
        html = await to_thread.run_sync(document, assistant, uploads, doc_id, _first(request), sought)
        return HTMLResponse(html or render.fill("document.html", source=None), 200 if html else 404)

    async def change(request: Request) -> Response:
        assert uploads
        if not anywhere and request.url.hostname not in LOOPBACK:
            return JSONResponse({"error": "Files are added and removed on the machine that runs this program."}, 403)
        try:
            if request.method == "DELETE":
                return JSONResponse(
                    {"removed": await to_thread.run_sync(uploads.remove, request.query_params.get("id", ""))}
                )
            return await _received(request, uploads)
        except AlignmentQAError as error:  # an answer like another: browsers report anything but a success as an error
            return JSONResponse({"error": str(error)})
        except Exception:
            log.exception("an upload failed")
            return JSONResponse({"error": chat.UNEXPECTED}, 500)

    made = [Route("/library", listed), Route("/library/document", read)]
    return [*made, Route("/library/files", change, methods=["PUT", "DELETE"])] if uploads else made


async def _received(request: Request, uploads: Uploads) -> Response:
    """Take a file as it comes, piece by piece, and bring it in when it is whole."""
    from anyio import to_thread
    from starlette.responses import JSONResponse

    name, size = request.query_params.get("name", ""), 0
    place = uploads.place(name)
    try:
        with place.open("xb") as target:
            async for part in request.stream():
                if (size := size + len(part)) > uploads.limit:
                    return JSONResponse({"error": f"it is larger than {uploads.limit >> 20} MB"})
                await to_thread.run_sync(target.write, part)
        added, problems = await to_thread.run_sync(uploads.add, name, place)
        return JSONResponse({"added": added, "problems": problems})
    finally:
        with suppress(FileNotFoundError):
            place.unlink()


def _first(request: Any) -> int:
    given = request.query_params.get("first", "0")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
