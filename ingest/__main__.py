"""The command that brings documents in: `python -m ingest [PATH ...]`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from alignment_qa.config import from_environment
from alignment_qa.errors import AlignmentQAError, EngineUnavailable, IndexUnreachable

if TYPE_CHECKING:
    from alignment_qa.index import Index
    from ingest.sync import Engine

SHIPPED = Path(__file__).parent.parent / "corpus" / "articles"


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 all read, 1 something was skipped, 2 nothing could be done, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except AlignmentQAError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted. What was read so far is kept; the same command goes on from there.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description="Read documents into an index, so that questions can be answered from them. A second run reads "
        "only what is new or changed, and drops what has gone from a folder. Files that were added in the web chat (kept in "
        "INDEX-files/) are read with them.",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: our corpus)")
    parser.add_argument(
        "--index", metavar="DIR|URL", help="folder of the index (default: index), or http://host:port/collection"
    )
    parser.add_argument("--encoder", metavar="NAME", help="sentence-transformers model for a new index")
    parser.add_argument(
        "--fields",
        type=_fields,
        metavar="NAME=FIELD,…",
        help="which fields of JSONL or CSV records hold title, text, url, authors, published, licence, as "
        "text=body,published=day (default: their usual names)",
    )
    parser.add_argument("--watch", action="store_true", help="go on and follow each change in the folders until Ctrl-C")
    parser.add_argument(
        "--check",
        action="store_true",
        help="verify the index, say what is wrong and stop (exit status 1 if anything is)",
    )
    parser.add_argument("--repair", action="store_true", help="verify the index, mend it from what it holds and stop")
    parser.add_argument(
        "--engine", choices=("local", "dask"), default="local", help="where files are read, split and embedded"
    )
    parser.add_argument(
        "--scheduler",
        metavar="URL",
        help="scheduler of a running Dask cluster, as tcp://host:port (default: one is started)",
    )
    parser.add_argument("--rebuild", action="store_true", help="throw the index away first")
    parser.add_argument("--list", action="store_true", help="print the documents in the index and stop")
    parser.add_argument("--remove", metavar="DOC_ID", help="take a document out of the index and stop")
    return parser


def _fields(value: str) -> dict[str, str]:
    from ingest.readers.records import FIELDS

    pairs = [pair.partition("=") for pair in value.split(",")]
    wrong = [name for name, _, field in pairs if name.strip() not in FIELDS or not field.strip()]
    if wrong:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r}: say NAME=FIELD, NAME one of {', '.join(FIELDS)}")
    return {name.strip(): field.strip() for name, _, field in pairs}


def _run(options: argparse.Namespace) -> int:
    config = from_environment(index=options.index, encoder=options.encoder)
    from alignment_qa.index import Index, discard

    if options.list:
        for document in (index := Index.open(config.index)).documents():
            source = document.source
            facts = [source.title, ", ".join(source.authors), source.published or "", source.url or ""]
            print(
                f"{source.doc_id}  {len(index.passages_of(source.doc_id)):4d} passages  {' · '.join(filter(None, facts))}"
            )
        return 0
    if options.remove:
        Index.open(config.index).close()  # to write would make one
        with Index.open(config.index, write=True) as index:
            removed = index.remove(options.remove)
        print(f"Removed {options.remove}." if removed else f"No document {options.remove} in {_place(config.index)}.")
        return 0 if removed else 2
    if options.check or options.repair:
        if "://" in config.index:
            raise IndexUnreachable(
                "--check and --repair verify a folder. An index on a server is made anew by --rebuild."
            )
        return _check(config.index, options.repair)
    if options.scheduler and options.engine != "dask":
        raise EngineUnavailable("--scheduler goes with --engine dask.")
    if options.rebuild:
        discard(config.index)
    paths = [*(options.paths or [SHIPPED]), *_files(config.index)]
    done = _ingest(options, paths, config.index)
    return _watch(paths, config.index, options.fields) if options.watch and done != 2 else done


def _files(index: str) -> list[Path]:
    """The folder of files that were added to this index in the web chat, where there is one."""
    from ingest.uploads import files_of

    folder = files_of(index)
    return [folder] if folder and folder.is_dir() else []


def _check(folder: str, mend: bool) -> int:
    from ingest.check import check, repair

    found = check(folder)
    for fault in found.faults:
        print(f"wrong    {fault}")
    if mend and found.faults:
        if found.forget:
            print("What was kept of these documents is taken out; the next ingest of their folder reads them again.")
        found = repair(folder, found)
        for fault in found.faults:
            print(f"remains  {fault}")
    verdict = "not sound" if found.faults else "sound"
    print(
        f"{folder}/ is {verdict}: {found.documents} documents, {found.passages} passages against their texts, vectors and "
        f"keywords, {found.sampled} of them encoded again"
    )
    if found.faults and not mend:
        print(f"Mend it with: python -m ingest --repair --index {folder}")
    return 1 if found.faults else 0


def _ingest(options: argparse.Namespace, paths: list[Path], folder: str) -> int:
    from tqdm import tqdm

    from alignment_qa.index import Index
    from ingest.sync import Report, sync, walk

    started = time.perf_counter()
    missing = [path for path in paths if not os.path.lexists(path)]
    for path in missing:
        print(f"{path}: no such file or folder", file=sys.stderr)
    paths = [path for path in paths if path not in missing]
    if not paths:
        return 2
    total = sum(file.path.stat().st_size for file in walk(paths, Report()) if file.path.exists())
    with (
        Index.open(folder, write=True, encoder=options.encoder) as index,
        _engine(options, index) as engine,
        tqdm(total=total, unit="B", unit_scale=True, desc="Reading", leave=False, disable=None) as bar,
    ):
        report = sync(paths, index, lambda size: bar.update(size) and None, options.fields, engine=engine)
        documents, passages = index.count()
    for name, reason in report.skipped:
        print(f"skipped  {name}: {reason}", file=sys.stderr)
    for name, doc_id in report.repeated:
        print(f"same text as {doc_id}, indexed once: {name}")
    if report.passed_over:
        kinds = ", ".join(f"{count} {suffix}" for suffix, count in report.passed_over.most_common())
        print(f"passed over, not a format we read: {kinds}")
    print(
        f"{len(report.added)} documents read ({report.passages} passages), {report.unchanged} unchanged, "
        f"{len(report.removed)} removed, {len(report.skipped)} skipped, in {time.perf_counter() - started:.1f} s"
    )
    print(f"{_place(folder)} holds {documents} documents, {passages} passages")
    return 1 if report.skipped or missing else 0


def _watch(paths: list[Path], folder: str, fields: dict[str, str] | None) -> int:
    from ingest.watch import watch

    changes = watch([path for path in paths if os.path.lexists(path)], folder, fields)
    print(f"Watching {', '.join(map(str, paths))}; Ctrl-C ends it.", flush=True)
    try:
        for report, titles in changes:
            for doc_id in report.removed:
                print(f"removed  {doc_id}", flush=True)
            for doc_id, title in titles.items():
                print(f"read     {doc_id}  {title}", flush=True)
            for name, reason in report.skipped:
                print(f"skipped  {name}: {reason}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("\nStopped watching.")
    return 0


def _engine(options: argparse.Namespace, index: Index) -> AbstractContextManager[Engine | None]:
    if options.engine == "local":
        return nullcontext()
    from ingest.cluster import cluster
    from ingest.sync import LIMIT, SIZE

    return cluster(options.scheduler, index.encoder.name, SIZE, min(LIMIT, index.encoder.limit), options.fields)


def _place(index: str) -> str:
    return index if "://" in index else f"{index}/"


if __name__ == "__main__":
    sys.exit(main())
