"""Paths in, a report after each change below them: the only door to watchfiles. Changes that come together, as when a
folder is copied, are dealt with together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from alignment_qa.errors import IndexBusy
from alignment_qa.index import Index
from ingest.readers import SUFFIXES
from ingest.sync import GLOSSARY, Report, sync

_TURN = 1000  # milliseconds after which an index that another run was writing to is tried again


def watch(
    paths: Sequence[Path], index_at: str | Path, fields: Mapping[str, str] | None = None
) -> Iterator[tuple[Report, dict[str, str]]]:
    """Keep the index in a folder, or at an address, in line with paths until interrupted. Gives what was done each time that something
    was, and the titles of the documents that were added. In between others may write to the index."""
    import watchfiles

    own = Path(index_at).absolute()

    def concerns(_: watchfiles.Change, name: str) -> bool:
        path = Path(name)
        return own not in path.parents and (path.suffix.lower() in {*SUFFIXES, ""} or path.name == GLOSSARY)

    roots = dict.fromkeys(path if path.is_dir() else path.absolute().parent for path in paths)
    due = True  # once at the start, for what changed before the watching began
    told: set[tuple[str, str]] = set()  # what cannot be read is tried each time, and named once
    for changes in watchfiles.watch(*roots, watch_filter=concerns, rust_timeout=_TURN, yield_on_timeout=True):
        if not (due := due or bool(changes)):
            continue
        try:
            with Index.open(index_at, write=True) as index:
                report = sync(paths, index, fields=fields)
                titles = {doc_id: index.store.source(doc_id).title for doc_id in report.added}
        except IndexBusy:
            continue
        due = False
        report.skipped = [row for row in report.skipped if row not in told]
        told.update(report.skipped)
        if report.added or report.removed or report.skipped:
            yield report, titles
