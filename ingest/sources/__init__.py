"""The list of collections flows in, with a name asked for; a collection flows out, and the source that speaks its kind of
interface. A source is a module whose `originals` gives the documents of a collection as they lie upstream."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from alignment_qa.errors import CollectionUnknown
from ingest.sources.fetch import Fetch
from ingest.sources.original import Collection, Source

SHIPPED = Path(__file__).parent.parent.parent / "corpus" / "upstream.yaml"
KINDS = ("arbital", "arxiv", "dataset", "feed", "forum", "git", "site", "stampy")
_FIELDS = ("address", "what", "licence", "terms", "pace")


def collections(path: Path = SHIPPED) -> dict[str, Collection]:
    """The collections of a list, by name. Raises CollectionUnknown if it is no list of collections."""
    import yaml

    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CollectionUnknown(f"{path} is no list of collections: {str(error)[:200]}") from None
    if not isinstance(listed, dict):
        raise CollectionUnknown(f"{path} is no list of collections: it holds no names")
    return {str(name): _collection(str(name), entry, path) for name, entry in listed.items()}


def asked(name: str, known: Mapping[str, Collection]) -> Collection:
    """The collection of a name, or the one that a web address is. Raises CollectionUnknown."""
    if name in known:
        return known[name]
    if re.match(r"https?://", name):
        parts = urlsplit(name)
        words = re.sub(r"\W+", "-", f"{parts.netloc}{parts.path}{parts.query}", flags=re.ASCII).strip("-")
        return Collection(words[:80], "git" if parts.path.endswith(".git") else "site", name)
    raise CollectionUnknown(f"No collection {name!r}. These are known: {', '.join(sorted(known))}")


def narrowed(collection: Collection, options: Mapping[str, Any]) -> Collection:
    """The collection with other options than its own."""
    return replace(collection, options={**collection.options, **options}) if options else collection


def source(kind: str) -> Source:
    """The source of a kind of interface."""
    speaks: Source = import_module(f"ingest.sources.{kind}").originals
    return speaks


def preview(kind: str) -> Callable[[Collection, Fetch], str] | None:
    """How a kind tells what it would fetch, if its list is the fetching."""
    return getattr(import_module(f"ingest.sources.{kind}"), "preview", None)


def _collection(name: str, entry: Any, path: Path) -> Collection:
    if not re.fullmatch(r"[\w.-]{1,80}", name) or name.startswith("."):
        raise CollectionUnknown(f"{path}: {name!r} is no name for a folder")
    if not isinstance(entry, dict) or entry.get("kind") not in KINDS or not isinstance(entry.get("address"), str):
        raise CollectionUnknown(f"{path}: {name} needs an address and a kind, one of {', '.join(KINDS)}")
    told = {field: entry[field] for field in _FIELDS if entry.get(field) is not None}
    if entry["kind"] == "dataset" and "://" not in told["address"]:
        told["address"] = str(path.parent / Path(told["address"]).expanduser())
    options = {field: value for field, value in entry.items() if field not in (*_FIELDS, "kind")}
    return Collection(name, entry["kind"], **told, options=options)
