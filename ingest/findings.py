"""What is wrong with an index, in words, and what it takes to mend it: `check` writes it, `repair` reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Findings:
    """What was looked at, what is wrong in words, and what it takes to mend it."""

    documents: int = 0
    passages: int = 0
    sampled: int = 0
    faults: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Parts of the folder that cannot be read: `passages.sqlite`, `keywords`, `vectors`."""
    forget: set[str] = field(default_factory=set)
    """Documents whose text and passages no longer agree, or that are noted and not here: to be read again."""
    encode: set[str] = field(default_factory=set)
    """Documents whose stored vectors are wrong."""
    restore: set[str] = field(default_factory=set)
    """Documents whose rows in vectors or keywords disagree with the store, or that are not in the store at all."""
    journal: set[str] = field(default_factory=set)
    """Names of which the server and this machine's copy say different things."""
    unlike: bool = False
    """What are copies is to be decided anew."""
    beyond: dict[str, list[str]] = field(default_factory=dict)
    """Collection → ids of rows that belong to no passage or question."""

    def fault(self, what: str, ids: Iterable[str]) -> list[str]:
        """Note a fault of these documents or rows, if there are any; gives them back."""
        if found := sorted(ids):
            self.faults.append(f"{what}: {len(found)} ({', '.join(found[:3])}{', …' if len(found) > 3 else ''})")
        return found
