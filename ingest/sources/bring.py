"""A collection flows in, the files of its documents flow out, of which only the new and changed were fetched. It alone
decides what a failure means: one document's stops no other, and what a broken listing does not name has not gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from alignment_qa.config import cache_folder
from alignment_qa.errors import FetchFailed, WriteFailed
from ingest.readers.frontmatter import Stated, iso_date, stated
from ingest.sources import source
from ingest.sources.fetch import Fetch
from ingest.sources.original import Collection, Listing, Original
from ingest.sources.shelf import Shelf

_FEW = 10
"""Documents that may go at once however few there are; above, an interface that answers less is likelier than a
collection that has lost most of itself."""
_ODD = (AttributeError, KeyError, IndexError, TypeError, ValueError, RecursionError)


@dataclass(slots=True)
class Brought:
    """What a run fetched. `whole` says that the listing named all there is."""

    folder: Path
    files: list[Path] = field(default_factory=list)
    fetched: int = 0
    kept: int = 0
    gone: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """(address or key, reason)."""
    broken: str = ""
    """Why the listing broke off; empty if it did not."""
    whole: bool = False

    @property
    def paths(self) -> list[Path]:
        """What is to be brought in line with the index: the folder, or only what this run has seen of it."""
        return [self.folder] if self.whole else list(dict.fromkeys(self.files))


def bring(
    collection: Collection,
    fetch: Fetch,
    *,
    since: date | None = None,
    limit: int | None = None,
    narrowed: bool = False,
    progress: Callable[[str], object] = lambda title: None,
) -> Brought:
    """Fetch what is new or changed into the collection's folder. `narrowed` says that the listing is not of all that the
    collection is, so that nothing of the rest has gone."""
    shelf = _shelf(collection)
    brought = Brought(shelf.folder)
    listing = _Listed(collection, fetch, shelf, since, limit)
    seen: set[str] = set()
    for original in listing:
        seen.add(original.key)
        try:
            if shelf.has(original) or (content := original.load(shelf.seal(original.key))) is None:
                shelf.restate(original)
                brought.kept += 1
            else:
                shelf.put(original, content)
                brought.fetched += 1
        except FetchFailed as refusal:
            brought.skipped.append((str(original.said.get("url") or original.key), str(refusal)))
        except _ODD as error:
            brought.skipped.append((str(original.said.get("url") or original.key), _oddly(error)))
        except OSError as error:
            raise WriteFailed(f"{shelf.folder} cannot be written: {error.strerror or error}") from error
        if path := shelf.path(original.key):
            brought.files.append(path)
        progress(str(original.said.get("title") or original.key))
    brought.broken = listing.broken
    brought.whole = listing.whole and not narrowed
    gone = shelf.others(seen) if brought.whole else []
    if len(gone) * 2 > len(shelf) and (not seen or len(gone) > _FEW):
        brought.whole = False
        brought.broken = (
            f"its list names {len(seen)} documents where {len(shelf)} were, which is not believed "
            f"(if it is true, remove {shelf.folder})"
        )
    elif gone:
        shelf.remove(gone)
        brought.gone = gone
    return brought


def listed(
    collection: Collection, fetch: Fetch, *, since: date | None = None, limit: int | None = None
) -> Iterator[tuple[str, Stated]]:
    """What a run would see, none of it fetched: `kept` (and not fetched again), `known` (asked for anew), or `new`.
    Raises FetchFailed where the listing breaks off."""
    shelf = _shelf(collection)
    listing = _Listed(collection, fetch, shelf, since, limit)
    for original in listing:
        state = "kept" if shelf.has(original) else "known" if shelf.path(original.key) else "new"
        yield state, stated({"licence": collection.licence, **{k: v for k, v in original.said.items() if v}})
    if listing.broken:
        raise FetchFailed(listing.broken)


def _shelf(collection: Collection) -> Shelf:
    return Shelf(cache_folder() / "collections" / collection.name, {"licence": collection.licence})


class _Listed:
    """The documents of a listing that the day and the number let through, and then whether they were all."""

    def __init__(
        self, collection: Collection, fetch: Fetch, shelf: Shelf, since: date | None, limit: int | None
    ) -> None:
        self._listing: Listing = source(collection.kind)(collection, fetch, since, shelf.has)
        self._since, self._limit = since, limit
        self.whole, self.broken = False, ""

    def __iter__(self) -> Iterator[Original]:
        count = 0
        while self._limit is None or count < self._limit:
            try:
                original = next(self._listing)
            except StopIteration as end:
                self.whole = bool(end.value) and self._since is None
                return
            except FetchFailed as refusal:
                self.broken = str(refusal)
                return
            except _ODD as error:
                self.broken = _oddly(error)
                return
            published = iso_date(original.said.get("published"))
            if self._since and published and published < self._since.isoformat()[: len(published)]:
                continue
            count += 1
            yield original


def _oddly(error: Exception) -> str:
    return f"what it answers has another shape than we know ({type(error).__name__}: {error})"[:300]
