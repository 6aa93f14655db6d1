"""The nouns of fetching: a collection, and a document of it as it lies upstream. Nothing here acts."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ingest.sources.fetch import Fetch, Seal


@dataclass(frozen=True, slots=True)
class Collection:
    """An entry of the list of collections. `address` is where its interface is; `licence` is that of documents that
    state none, None where it is not known; `options` are its kind's own (docs of the kind's module)."""

    name: str
    kind: str
    address: str
    what: str = ""
    licence: str | None = None
    terms: str = ""
    pace: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)

    def listed(self, option: str) -> list[str]:
        """An option that is a list, or one thing."""
        value = self.options.get(option) or []
        return [str(each) for each in (value if isinstance(value, list | tuple) else [value])]


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a document, in the format that their suffix tells, and what only fetching them told."""

    body: bytes
    suffix: str
    seal: Seal = field(default_factory=Seal)
    said: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Original:
    """A document upstream. `key` names it within its collection for good; `version` changes when it does, and is empty
    where only fetching tells; `said` is what the collection says of it, under the names of front matter.

    `load` fetches it: None if it is still what the seal tells of. Raises FetchFailed."""

    key: str
    said: Mapping[str, object]
    load: Callable[[Seal | None], Content | None]
    version: str = ""


Listing = Generator[Original, None, bool]
"""The documents of a collection; returns True if there are no others, so that what is not among them has gone.
Raises FetchFailed where the listing breaks off."""

Has = Callable[[Original], bool]
"""Whether this version of a document has been fetched before, so that a source need not bring it with others."""

Source = Callable[[Collection, Fetch, date | None, Has], Listing]
"""A kind of interface. The day lets it ask for no more than what was published since; it may give more."""
