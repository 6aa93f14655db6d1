"""Words typed after `python -m ingest` flow in, options flow out; what is no option is refused with the reason."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed. Ends the program with its usage where that makes no sense."""
    known = _parser()
    options = known.parse_args(arguments)
    if options.names is None:
        lonely = [name for name in ("since", "limit", "only", "dry_run", "upstream") if getattr(options, name)]
        if lonely:
            known.error(f"--{lonely[0].replace('_', '-')} goes with --from")
    elif options.watch:
        known.error("--watch follows files and folders, not what --from fetches")
    return options


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m ingest",
        description="Read documents into an index, so that questions can be answered from them. A second run reads "
        "only what is new or changed, and drops what has gone from a folder. Files that were added in the web chat (kept in "
        "INDEX-files/) are read with them.",
    )
    made.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: our corpus)")
    made.add_argument(
        "--from",
        dest="names",
        nargs="?",
        action="append",
        const="",
        metavar="NAME|URL",
        help="fetch a public collection, or a page, feed, sitemap or repository, and index it; without a name, list "
        "the collections (may be given several times)",
    )
    made.add_argument("--since", type=_day, metavar="DATE", help="with --from: only what was published since")
    made.add_argument("--limit", type=_count, metavar="N", help="with --from: at most so many documents of each")
    made.add_argument(
        "--only",
        action="append",
        type=_option,
        default=[],
        metavar="NAME=VALUE,…",
        help="with --from: another option for the collection, as tags='Inner Alignment' or karma=50 or ids=1906.01820",
    )
    made.add_argument("--dry-run", action="store_true", help="with --from: say what would be fetched and stop")
    made.add_argument(
        "--upstream",
        type=Path,
        metavar="FILE",
        help="with --from: another list of collections than corpus/upstream.yaml",
    )
    made.add_argument(
        "--allow-private", action="store_true", help="with --from: also fetch from this machine and private networks"
    )
    made.add_argument(
        "--index", metavar="DIR|URL", help="folder of the index (default: index), or http://host:port/collection"
    )
    made.add_argument("--encoder", metavar="NAME", help="sentence-transformers model for a new index")
    made.add_argument(
        "--fields",
        type=_fields,
        metavar="NAME=FIELD,…",
        help="which fields of JSONL or CSV records hold title, text, url, authors, published, licence, as "
        "text=body,published=day (default: their usual names)",
    )
    made.add_argument("--watch", action="store_true", help="go on and follow each change in the folders until Ctrl-C")
    made.add_argument(
        "--check",
        action="store_true",
        help="verify the index, say what is wrong and stop (exit status 1 if anything is)",
    )
    made.add_argument(
        "--repair", action="store_true", help="verify the index, mend each part from one that is whole and stop"
    )
    made.add_argument(
        "--engine", choices=("local", "dask"), default="local", help="where files are read, split and embedded"
    )
    made.add_argument(
        "--scheduler",
        metavar="URL",
        help="scheduler of a running Dask cluster, as tcp://host:port (default: one is started)",
    )
    made.add_argument("--rebuild", action="store_true", help="read all documents again, into a new index")
    made.add_argument("--list", action="store_true", help="print the documents in the index and stop")
    made.add_argument("--remove", metavar="DOC_ID", help="take a document out of the index and stop")
    return made


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is not a day as 2024-01-31") from None


def _count(value: str) -> int:
    if not value.isdigit() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number of documents")
    return int(value)


def _option(value: str) -> tuple[str, object]:
    name, sign, text = value.partition("=")
    if not sign or not name.strip():
        raise argparse.ArgumentTypeError(f"{value!r}: say NAME=VALUE")
    words = [word.strip() for word in text.split(",")]
    return name.strip(), words if len(words) > 1 else int(text) if text.isdigit() else text.strip()


def _fields(value: str) -> dict[str, str]:
    from ingest.readers.records import FIELDS

    pairs = [pair.partition("=") for pair in value.split(",")]
    wrong = [name for name, _, field in pairs if name.strip() not in FIELDS or not field.strip()]
    if wrong:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r}: say NAME=FIELD, NAME one of {', '.join(FIELDS)}")
    return {name.strip(): field.strip() for name, _, field in pairs}
