"""What `check` found flows in, an index that is sound flows out: each part is made again from one that is whole, and only
what no part holds whole is encoded again or let go."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from alignment_qa.chroma import Server, is_address
from alignment_qa.copies import Copies
from alignment_qa.index import FOLLOWING, Index
from alignment_qa.place import encoder_name, take_lock
from ingest import copies
from ingest.check import check, sound
from ingest.findings import Findings


def repair(place: str | Path, findings: Findings) -> Findings:
    """Mend what was found and check again. A second round takes what the first has laid bare.

    Raises IndexMissing, IndexMismatch, IndexBusy, IndexUnreachable."""
    for _ in range(2):
        if findings.faults and (is_address(place) or "passages.sqlite" not in findings.broken):
            if is_address(place):
                _clear_copy(str(place), findings.broken)
            else:
                _clear(Path(place), findings.broken)
            with Index.open(place, write=True) as index:  # clears what a stopped run left half done
                _mend(index, findings)
            findings = check(place)
    return findings


def _clear(folder: Path, broken: Iterable[str]) -> None:
    for part in broken:
        shutil.rmtree(folder / part)


def _clear_copy(address: str, broken: set[str]) -> None:
    """Throw away what cannot be read of this machine's copy; without its passages it is followed from nothing. The
    vectors that are searched are the server's: a collection that cannot be searched is made anew."""
    server = Server(address)
    lock = None
    try:
        encoder_name(server.facts(), address, True, None)  # nothing is thrown away that could not be made again
        lock = take_lock(server.folder, FOLLOWING)
        if "passages.sqlite" in broken:
            for file in server.folder.glob("passages.sqlite*"):
                file.unlink()
        if broken & {"passages.sqlite", "keywords"}:
            shutil.rmtree(server.folder / "keywords", ignore_errors=True)
        if "vectors" in broken:
            server.lease()
            server.empty()
    finally:
        if lock is not None:
            lock.release()
        server.close()


def _mend(index: Index, findings: Findings) -> None:
    fetched = index.reconcile(findings.journal | findings.forget, findings.forget | findings.encode, sound)
    forget, encode = findings.forget - fetched, findings.encode - findings.forget - fetched
    for doc_id in forget:
        if not index.remove(doc_id):
            index.store.erase(doc_id)
    for doc_id in encode:
        if document := index.document(doc_id):
            index.add([(document, index.passages_of(doc_id))])
    if findings.unlike:
        index.settle(Copies())
        index.store.forget_bands()
        copies.settle(index)
    every = index.store.ready() if findings.broken else []
    index.restore(sorted({*findings.restore, *fetched, *every} - encode), findings.beyond)
