"""Which documents are copies of others: a record of it, as text and back. Who decides is `ingest.copies`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Copies:
    """A copy answers nothing: the document that it is a copy of does, and is cited with the copy's address too."""

    of: Mapping[str, str] = field(default_factory=dict)
    """Id of a copy → id of the document that answers for it."""
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Document id → where else its words stand: addresses, or titles where there is none."""
    changed: tuple[str, ...] = ()
    """The documents that the last decision has hidden or shown."""

    def dumps(self) -> str:
        told = {"of": dict(self.of), "also": dict(self.also), "changed": self.changed}
        return json.dumps(told, ensure_ascii=False, sort_keys=True)

    @classmethod
    def loads(cls, text: str | None) -> Copies:
        told = json.loads(text or "{}")
        also = {doc_id: tuple(places) for doc_id, places in told.get("also", {}).items()}
        return cls(told.get("of", {}), also, tuple(told.get("changed", ())))
