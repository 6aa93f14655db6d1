"""The command that brings documents in: `python -m ingest [PATH ...]`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from alignment_qa.config import from_environment
from alignment_qa.errors import AlignmentQAError, EngineUnavailable, FetchFailed
from ingest.options import parsed

if TYPE_CHECKING:
    from alignment_qa.index import Index
    from ingest.sources.bring import Brought
    from ingest.sources.fetch import Fetch
    from ingest.sources.original import Collection
    from ingest.sync import Engine

SHIPPED = Path(__file__).parent.parent / "corpus" / "articles"


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 all read, 1 something was skipped, 2 nothing could be done, 130 interrupted."""
    options = parsed(arguments)
    try:
        return _run(options)
    except AlignmentQAError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted. What was read so far is kept; the same command goes on from there.", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    config = from_environment(index=options.index, encoder=options.encoder)
    from alignment_qa.index import Index
    from alignment_qa.place import set_aside
    from ingest.copies import settle

    if options.list:
        for document in (index := Index.open(config.index)).documents():
            source = document.source
            facts = [source.title, ", ".join(source.authors), source.published, source.url, source.licence]
            print(
                f"{source.doc_id}  {len(index.passages_of(source.doc_id)):4d} passages  {' · '.join(filter(None, facts))}"
            )
            for copy in index.copies_of(source.doc_id):
                print(f"{copy.doc_id}  its copy       {' · '.join(filter(None, [copy.title, copy.url]))}")
            for place in source.also:
                print(f"{'':16}  also at        {place}")
        return 0
    if options.remove:
        Index.open(config.index).close()  # to write would make one
        with Index.open(config.index, write=True) as index:
            removed = index.remove(options.remove)
            settle(index)
        print(f"Removed {options.remove}." if removed else f"No document {options.remove} in {_place(config.index)}.")
        return 0 if removed else 2
    if options.check or options.repair:
        return _check(config.index, options.repair)
    if options.scheduler and options.engine != "dask":
        raise EngineUnavailable("--scheduler goes with --engine dask.")
    if options.names is not None:
        return _from(options, config.index)
    if options.rebuild:
        set_aside(config.index)
    paths = [*(options.paths or [SHIPPED]), *_files(config.index)]
    done = _ingest(options, paths, config.index)
    return _watch(paths, config.index, options.fields) if options.watch and done != 2 else done


def _files(index: str) -> list[Path]:
    """The folder of files that were added to this index in the web chat, where there is one."""
    from ingest.uploads import files_of

    folder = files_of(index)
    return [folder] if folder and folder.is_dir() else []


def _from(options: argparse.Namespace, index: str) -> int:
    """Fetch collections, then index what they brought together with the paths that were given."""
    from alignment_qa.config import access, cache_folder
    from alignment_qa.place import set_aside
    from ingest import sources
    from ingest.sources.fetch import Fetch

    known = sources.collections(options.upstream or sources.SHIPPED)
    if not all(options.names):
        for name, collection in known.items():
            print(f"{name:27s} {collection.what}")
            print(
                f"{'':27s} licence: {collection.licence or 'not known'}; terms: {collection.terms or 'none that we know'}"
            )
        return 0
    asked = [sources.narrowed(sources.asked(name, known), dict(options.only)) for name in options.names]
    status, paths = 0, list(options.paths)
    for collection in asked:
        with Fetch(pace=collection.pace, allow_private=options.allow_private, access=access()) as fetch:
            if options.dry_run:
                status |= _preview(collection, fetch, options)
                continue
            brought = _bring(collection, fetch, options)
            status |= bool(brought.skipped or brought.broken)
            paths += brought.paths
    if options.dry_run or not paths:
        return status
    if options.rebuild:
        set_aside(index)
    print(f"What was fetched is kept in {cache_folder() / 'collections'}/; now it is read.", flush=True)
    return max(status, _ingest(options, [*paths, *_files(index)], index))


def _preview(collection: Collection, fetch: Fetch, options: argparse.Namespace) -> int:
    from ingest import sources
    from ingest.sources.bring import listed

    print(f"{collection.name}: {collection.address}, licence: {collection.licence or 'not known'}")
    try:
        if tell := sources.preview(collection.kind):
            print(f"would fetch {tell(collection, fetch)}")
            return 0
        for state, said in listed(collection, fetch, since=options.since, limit=options.limit):
            facts = [said.title, ", ".join(said.authors), said.published, said.url, said.licence or "licence not known"]
            print(f"{state:5s}  {' · '.join(filter(None, facts))}", flush=True)
    except FetchFailed as failure:
        print(f"{collection.name}: {failure}", file=sys.stderr)
        return 1
    return 0


def _bring(collection: Collection, fetch: Fetch, options: argparse.Namespace) -> Brought:
    from tqdm import tqdm

    from ingest.sources.bring import bring

    with tqdm(unit=" documents", desc=f"Fetching {collection.name}", leave=False, disable=None) as bar:
        brought = bring(
            collection,
            fetch,
            since=options.since,
            limit=options.limit,
            narrowed=bool(options.only),
            progress=lambda title: bar.update() and None,
        )
    for name, reason in brought.skipped:
        print(f"skipped  {name}: {reason}", file=sys.stderr)
    if brought.broken:
        print(
            f"{collection.name}: {brought.broken}. Nothing is taken for gone; the same command goes on.",
            file=sys.stderr,
        )
    print(
        f"{collection.name}: {brought.fetched} documents fetched, {brought.kept} unchanged, {len(brought.gone)} gone, "
        f"{len(brought.skipped)} skipped; licence: {collection.licence or 'not known'} unless a document states its own",
        flush=True,
    )
    return brought


def _check(folder: str, mend: bool) -> int:
    from ingest.check import check
    from ingest.repair import repair

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
        f"{_place(folder)} is {verdict}: {found.documents} documents, {found.passages} passages against their texts, vectors and "
        f"keywords, {found.sampled} of them encoded again"
    )
    if found.faults:
        say, option = ("Make it anew", "--rebuild") if mend else ("Mend it", "--repair")
        print(f"{say} with: python -m ingest {option} --index {folder}")
    return 1 if found.faults else 0


def _ingest(options: argparse.Namespace, paths: Sequence[Path], folder: str) -> int:
    from tqdm import tqdm

    from alignment_qa.index import Index
    from ingest.carry import carried
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
        carried(folder, index) as known,
        _engine(options, index) as engine,
        tqdm(total=total, unit="B", unit_scale=True, desc="Reading", leave=False, disable=None) as bar,
    ):
        report = sync(
            paths,
            index,
            lambda size: bar.update(size) and None,
            options.fields,
            engine=engine,
            known_vectors=known.vectors,
        )
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
    alike = f", and {report.copies} copies of them, cited with them (--list shows which)" if report.copies else ""
    print(f"{_place(folder)} holds {documents} documents, {passages} passages{alike}")
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
