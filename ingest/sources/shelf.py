"""Originals flow in, a folder of their files flows out, which ingest reads as it reads any other. It alone knows how
what was fetched is kept, so that a stopped run goes on and a second one fetches only what changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection as Group
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ingest.readers import beside
from ingest.sources.fetch import Seal
from ingest.sources.original import Content, Original


class Shelf:
    """The fetched documents of one collection, a file each in their own format, with what is said of each beside it."""

    def __init__(self, folder: Path, otherwise: Mapping[str, object]) -> None:
        """`otherwise` is what holds for documents that do not say it themselves: the collection's licence."""
        self.folder = folder
        self._otherwise = dict(otherwise)
        folder.mkdir(parents=True, exist_ok=True)
        self._kept: dict[str, tuple[Path, Mapping[str, Any]]] = {}
        for path in [path for path in sorted(folder.iterdir()) if path.name[0] != "."]:
            if "key" in (kept := beside.read(path)):
                self._kept[str(kept["key"])] = path, kept
            else:
                path.unlink()  # half of what a killed run was keeping

    def has(self, original: Original) -> bool:
        """Whether this very version is here."""
        kept = self._kept.get(original.key)
        return kept is not None and bool(original.version) and kept[1].get("version") == original.version

    def seal(self, key: str) -> Seal | None:
        """By which its server can tell that the document is still what lies here; None if none lies here."""
        kept = self._kept.get(key)
        return Seal(*(kept[1].get("seal") or ())) if kept else None

    def path(self, key: str) -> Path | None:
        kept = self._kept.get(key)
        return kept[0] if kept else None

    def put(self, original: Original, content: Content) -> Path:
        """Keep a document; a run that is killed meanwhile leaves the one before, or none."""
        path = self.folder / (_name(original.key) + content.suffix)
        before = self.path(original.key)
        kept = {
            "key": original.key,
            "version": original.version,
            "seal": [content.seal.etag, content.seal.modified],
            "said": {**original.said, **content.said},
            "otherwise": self._otherwise,
        }
        if before and before != path:
            self._remove(before)
        beside.place(path).unlink(missing_ok=True)  # bytes without statements are fetched again
        _write(path, content.body)
        self._state(path, kept)
        return path

    def _state(self, path: Path, kept: Mapping[str, Any]) -> None:
        _write(beside.place(path), json.dumps(kept, ensure_ascii=False, indent=1).encode("utf-8", "replace"))
        self._kept[str(kept["key"])] = path, kept

    def restate(self, original: Original) -> None:
        """Keep what is said of a document now, though the document is what it was. Votes alone are left as they were."""
        path, kept = self._kept[original.key]
        said = {**kept["said"], **json.loads(json.dumps(dict(original.said))), "score": kept["said"].get("score")}
        if said != {"score": None, **kept["said"]} or kept["otherwise"] != self._otherwise:
            kept = {**kept, "said": {**said, "score": original.said.get("score")}, "otherwise": self._otherwise}
            self._state(path, kept)
            os.utime(path)  # so that ingest looks again

    def __len__(self) -> int:
        return len(self._kept)

    def others(self, keys: Group[str]) -> list[str]:
        """What lies here and is not among the keys."""
        return [key for key in self._kept if key not in keys]

    def remove(self, gone: Sequence[str]) -> None:
        for key in gone:
            self._remove(self._kept.pop(key)[0])

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        beside.place(path).unlink(missing_ok=True)


def _name(key: str) -> str:
    """A file's name for whatever a document is called upstream."""
    words = re.sub(r"^https?[^\w]+|[^\w]+", "-", key, flags=re.ASCII).strip("-")[:60]
    return f"{words}-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:10]}".lstrip("-")


def _write(path: Path, content: bytes) -> None:
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(content)
    os.replace(half, path)
