"""A folder of documents flows in, an index of them as they are now flows out. It is kept between runs under a name
that changes with every byte of the documents and of the code that reads, cuts and stores them, and with the way of
building it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import astuple, dataclass
from pathlib import Path

from alignment_qa.config import cache_folder
from alignment_qa.index import Index
from eval.golden import GoldenError
from ingest.sync import LIMIT, SIZE, Report, sync, walk

_HOUSE = Path(__file__).parent.parent
_CODE = (
    "ingest/**/*.py",
    "alignment_qa/everyday.txt",
    *(
        f"alignment_qa/{name}.py"
        for name in ("index", "writing", "packing", "store", "lexical", "sentences", "background")
    ),
    *(f"alignment_qa/{name}.py" for name in ("encoders", "fast", "embed")),
)
KEPT = 6
"""Indexes that are kept, 26 MB each; those not used for longest go first. The ablations need four."""


@dataclass(frozen=True, slots=True)
class Building:
    """How an index is made; by default as `python -m ingest` makes it. `size` and `limit` are tokens of a passage."""

    size: int = SIZE
    limit: int = LIMIT
    headings: bool = True


AS_SHIPPED = Building()


def home() -> Path:
    """The folder of what is kept between runs."""
    return cache_folder() / "eval"


def digest(folder: Path) -> str:
    """Twelve hex digits of the documents in a folder, by their names and bytes."""
    total = hashlib.sha256()
    for file in walk([folder], Report()):
        total.update(file.path.relative_to(folder).as_posix().encode() + b"\0" + file.path.read_bytes() + b"\0")
    return total.hexdigest()[:12]


def topics(folder: Path) -> dict[str, str]:
    """Stem of the file → its first topic, for files whose front matter has a line `topics: [a, b]`."""
    found = {}
    for file in walk([folder], Report()):
        if file.path.suffix == ".md":
            front = file.path.read_text(encoding="utf-8", errors="replace").split("\n---", 1)[0]
            if stated := re.search(r"^topics:[ \t]*\[?([^\],\n]+)", front, re.MULTILINE):
                found[file.path.stem] = stated[1].strip()
    return found


def index_of(folder: Path, building: Building = AS_SHIPPED) -> Path:
    """Where an index of exactly these documents is; built if it is not there. Raises GoldenError when it cannot be."""
    code = hashlib.sha256()
    for pattern in _CODE:
        for file in sorted(_HOUSE.glob(pattern)):
            code.update(file.read_bytes())
    code.update(b"" if building == AS_SHIPPED else repr(astuple(building)).encode())
    built = home() / f"{digest(folder)}-{code.hexdigest()[:8]}"
    if not (built / "whole").exists():
        making = home() / f"{built.name}.{os.getpid()}"  # another run may be making the same one
        with Index.open(making, write=True, headings=building.headings) as index:
            report = sync([folder], index, size=building.size, limit=building.limit)
        if report.skipped:
            names = "; ".join(f"{name}: {reason}" for name, reason in report.skipped)
            raise GoldenError(
                f"Not all of {folder}/ could be read: {names}. Take that out, or give --index an index of the rest."
            )
        (making / "whole").touch()
        if not built.exists():
            making.rename(built)
        shutil.rmtree(making, ignore_errors=True)
    (built / "whole").touch()
    for old in sorted(home().glob("*/whole"), key=lambda mark: -mark.stat().st_mtime)[KEPT:]:
        shutil.rmtree(old.parent, ignore_errors=True)
    return built
