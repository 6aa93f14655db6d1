"""The records of a data set in JSONL, one document a line: files of the Alignment Research Dataset's shape, on this
machine or in a repository of the data set hub.

Options: `files`, which of its files (all); `sources`, the values of a record's `source` that are wanted (all)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from alignment_qa.config import cache_folder
from alignment_qa.errors import FetchFailed, ReadFailed
from ingest.readers import records
from ingest.sources.fetch import JSON, Fetch, Seal, parsed
from ingest.sources.guard import checked_url
from ingest.sources.original import Collection, Content, Has, Listing, Original

_TYPES = frozenset(
    {"application/octet-stream", "binary/octet-stream", "text/plain", "application/jsonl", "application/x-ndjson"}
)
_LARGEST = 2 * 1024**3
_SUFFIXES = (".jsonl", ".ndjson")


def originals(collection: Collection, fetch: Fetch, since: date | None, has: Has) -> Listing:
    """Every record that has an address or an id. Files of the hub are fetched whole, and again only if changed."""
    wanted = set(collection.listed("sources"))
    hub = "://" in collection.address
    broken = ""
    for path in _downloads(collection, fetch) if hub else _local(collection):
        with path.open("rb") as stream:
            for place, record in records.of_lines(stream):
                if isinstance(record, ReadFailed):
                    broken = broken or f"{path.name}: {place}: {record}"
                elif not wanted or str(record.get("source")) in wanted:
                    yield _original(record)
    if broken:
        raise FetchFailed(broken)
    return True


def preview(collection: Collection, fetch: Fetch) -> str:
    """What a run would fetch, in words."""
    if "://" not in collection.address:
        return f"nothing, these are here: {', '.join(str(path) for path in _local(collection))}"
    files = list(_files(collection, fetch))
    return (
        f"{len(files)} files of {sum(size for _, size in files) / 1e6:.1f} MB: {', '.join(name for name, _ in files)}"
    )


def _files(collection: Collection, fetch: Fetch) -> Iterator[tuple[str, int]]:
    """The names and sizes of the JSONL files in a repository of the hub."""
    base, _, repository = collection.address.rstrip("/").partition("/datasets/")
    url = f"{base}/api/datasets/{repository}/tree/main"
    page = fetch.get(url, JSON, api=True)
    listed = parsed(page.body, url) if page else None
    if not isinstance(listed, list):
        raise FetchFailed(f"{url}: no list of files in its answer")
    for entry in listed:
        name = str(entry.get("path", ""))
        chosen = collection.listed("files")
        if name.endswith(_SUFFIXES) and "/" not in name and (not chosen or Path(name).stem in chosen or name in chosen):
            yield name, int(entry.get("size") or 0)


def _downloads(collection: Collection, fetch: Fetch) -> Iterator[Path]:
    return (_fetched(name, collection, fetch) for name, _ in list(_files(collection, fetch)))


def _fetched(name: str, collection: Collection, fetch: Fetch) -> Path:
    folder = cache_folder() / "datasets" / collection.name
    folder.mkdir(parents=True, exist_ok=True)
    path, told = folder / name, folder / f"{name}.seal"
    seal = Seal(*json.loads(told.read_text())) if path.exists() and told.exists() else None
    half = path.with_suffix(".half")
    with half.open("wb") as to:
        url = f"{collection.address.rstrip('/')}/resolve/main/{name}"
        found = fetch.save(url, _TYPES | JSON, to, seal=seal, api=True, largest=_LARGEST)
    if found is None:
        half.unlink()
    else:
        half.replace(path)
        told.write_text(json.dumps([found.seal.etag, found.seal.modified]))
    return path


def _local(collection: Collection) -> list[Path]:
    root = Path(collection.address).expanduser()
    chosen = collection.listed("files")
    found = [root] if root.is_file() else sorted(path for path in root.glob("*") if path.suffix in _SUFFIXES)
    found = [path for path in found if not chosen or path.stem in chosen or path.name in chosen]
    if not found:
        raise FetchFailed(f"{root} holds no JSONL file")
    return found


def _original(record: Mapping[str, Any]) -> Original:
    body = json.dumps(record, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace") + b"\n"
    digest = hashlib.sha256(body).hexdigest()[:16]
    key = str(record.get("id") or record.get("url") or digest)
    score = record.get("karma")
    said = {
        "title": record.get("title"),
        "url": record.get("url"),
        "published": record.get("date_published"),
        "authors": record.get("authors"),
        "tags": record.get("tags"),
        "score": int(score) if isinstance(score, int | float) else None,
        "licence": record.get("licence") or record.get("license"),
    }
    return Original(key, said, partial(_load, body, str(record.get("url") or "")), digest)


def _load(body: bytes, url: str, seal: Seal | None) -> Content:
    if "://" in url:
        checked_url(url)  # a text that came from a shadow library is not taken from a data set either
    return Content(body, ".jsonl")
