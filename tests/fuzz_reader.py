"""Run by test_fuzz: reads and splits every file of a folder; a line of JSON a file goes to the standard output. A file
that takes too long ends the run with the stack it was in."""

from __future__ import annotations

import faulthandler
import json
import resource
import sys
import time
from pathlib import Path

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.passages import split
from ingest.readers import read_all

SECONDS = 90
MEMORY = 4 * 1024**3


def words(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def main(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    for path in sorted(folder.iterdir()):
        sys.stderr.write(f"{path.name}\n")
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        started = time.perf_counter()
        ids, refusals = [], []
        for _, part in read_all(path):
            if isinstance(part, Document):
                ids.append(part.source.doc_id)
                json.dumps([part.text, part.source.title, part.source.authors]).encode()
                part.text.encode(), part.source.title.encode()
                for passage in split(part, words):
                    assert part.text[passage.start : passage.end] == passage.text
            elif isinstance(part, ReadFailed):
                refusals.append(str(part))
        took = time.perf_counter() - started
        sys.stdout.write(json.dumps({"name": path.name, "ids": ids, "refusals": refusals, "seconds": took}) + "\n")
        sys.stdout.flush()
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
