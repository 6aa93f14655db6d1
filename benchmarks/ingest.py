"""What an ingest costs: the whole command beside the plain LangChain way on the same files in turn, the work beside that
of the bare encoder on the same texts, and what the store alone costs as it grows, with made-up vectors."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from alignment_qa import encoders
from alignment_qa.embed import headed
from alignment_qa.fast import fastest
from alignment_qa.index import Index
from benchmarks.common import arguments, table
from benchmarks.latency import TOGETHER, Disturbed, clocked, made_up_document
from eval import golden
from ingest.sync import Report, sync, walk

AIMS = "aims: at least 4 x the plain way, at least .8 of the bare encoder, memory flat"
PLAIN = ("langchain_chroma", "langchain_huggingface", "langchain_text_splitters")
HOUSE = Path(__file__).parent.parent
GROWTH = (
    " passages", "s / 1000", "processor s / 1000", "search ms", "open and search ms", "remove ms", "recall@10", "MiB on disk", "peak MiB"
)  # fmt: skip
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def main() -> None:
    parser = arguments(__doc__, "")
    parser.set_defaults(path=golden.ARTICLES)
    parser.add_argument("--rounds", type=int, default=3, help="ingests of each kind; 0 leaves them out")
    parser.add_argument("--passages", type=int, default=100_000, help="made-up passages to grow to; 0 leaves them out")
    options = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {encoders.cores()} cores")
    if options.rounds:
        files = text_files(options.path, options.limit, options.seed)
        report_whole(files, options.rounds)
        report_bare(files, options.rounds)
    if options.passages:
        report_growth(options.passages, options.seed)
    print(AIMS)


def text_files(folder: Path, limit: int | None, seed: int) -> list[Path]:
    """Markdown and text under a folder, which the plain way can read too; at most `limit`, drawn with the seed."""
    found = [file.path for file in walk([folder], Report()) if file.path.suffix in {".md", ".txt"}]
    if limit and limit < len(found):
        found = sorted(np.random.default_rng(seed).choice(np.array(found), limit, replace=False))
    return found


# whole commands


def report_whole(files: Sequence[Path], rounds: int) -> None:
    """Wall and processor seconds and peak memory of whole commands, in turn, with the ratio within each round."""
    names = [str(file) for file in files]
    kinds = ["python -m ingest"]
    if missing := [name for name in PLAIN if find_spec(name) is None]:
        print(f"\nthe plain way is left out, not installed: {', '.join(missing)}")
    else:
        kinds.append("plain LangChain")
    spent: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in kinds}
    for _ in range(rounds + 1):
        for kind in kinds:
            with tempfile.TemporaryDirectory() as store:
                plain = [str(Path(__file__).with_name("plain_ingest.py")), str(encoders.packaged_model()), store]
                spent[kind].append(command(["-m", "ingest", "--index", store] if kind == kinds[0] else plain, names))
    print(f"\nwhole commands, {len(files)} files, {rounds} rounds in turn after one that is not counted, medians")
    rows = [
        [kind, *(f"{statistics.median(column):.1f}" for column in zip(*values[1:], strict=True))]
        for kind, values in spent.items()
    ]
    print(table(["", "seconds", "processor s", "peak MiB"], rows))
    if len(kinds) == 2:
        ours, plain_way = (np.array(spent[kind][1:]) for kind in kinds)
        for column, what in enumerate(("seconds", "processor seconds")):
            print(f"plain / ours, {what}: {spread(plain_way[:, column] / ours[:, column])}")


def command(arguments: Sequence[str], files: Sequence[str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak MiB of one command."""
    environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False", "HF_HUB_OFFLINE": "1"}
    started = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, *arguments, *files], cwd=HOUSE, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0, arguments
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def spread(ratios: np.ndarray) -> str:
    return f"{np.median(ratios):.2f} ({ratios.min():.2f}–{ratios.max():.2f})"


# the bare encoder


def report_bare(files: Sequence[Path], rounds: int) -> None:
    """The work of an ingest (read, cut, embed, store; what is loaded once is loaded) beside encoding its texts alone."""
    fast = fastest(encoders.load())
    spent: list[tuple[Mapping[str, float], Mapping[str, float]]] = []
    texts: list[str] = []
    for _ in range(rounds + 1):
        with tempfile.TemporaryDirectory() as folder, Index.open(folder, write=True) as index:
            index.encoder = fast
            whole = clock(lambda index=index: sync(files, index))
            prose = [p for d in index.documents() for p in index.passages_of(d.source.doc_id) if p.role == "prose"]
            texts = headed(fast, prose) + [p.text[a - p.start : b - p.start] for p in prose for a, b in p.sentences]
        spent.append((whole, clock(lambda texts=texts: fast.encode(texts))))
    print(f"\nthe encoder run by {fast.backend}: {len(texts)} texts, {len(prose)} of them passages")
    for measure in ("seconds", "processor seconds"):
        bare = np.array([alone[measure] for _, alone in spent[1:]])
        ratios = bare / np.array([whole[measure] for whole, _ in spent[1:]])
        print(f"bare / whole, {measure}: {spread(ratios)}; bare {len(texts) / np.median(bare):.0f} texts a second")


def clock(call: Callable[[], object]) -> dict[str, float]:
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return {"seconds": time.perf_counter() - wall, "processor seconds": time.process_time() - processor}


# the store alone


def report_growth(passages: int, seed: int) -> None:
    """One index of made-up passages, measured whenever it has come to the next of SIZES. Its vectors are those of a few
    hundred passages of ours, disturbed, so it measures the store and not the encoder."""
    rng = np.random.default_rng(seed)
    real = encoders.load()
    words = np.array(" ".join(path.read_text() for path in text_files(golden.ARTICLES, 30, seed)).split())
    sample = real.encode([" ".join(rng.choice(words, 60)) for _ in range(300)])
    print("\nthe store alone, made-up passages (six sentences each), milliseconds are medians", flush=True)
    print(table(GROWTH, []), flush=True)
    with tempfile.TemporaryDirectory() as folder, Index.open(folder, write=True) as index:
        index.encoder = Disturbed(real, sample, rng)
        size = 0
        for aim in sorted({min(size, passages) for size in SIZES}):
            spent = Counter[str]()
            for number in range(size, aim, TOGETHER):
                made = made_up_document(number, min(TOGETHER, aim - number), words, rng)
                spent.update(clock(lambda made=made: index.add([made])))
            per_thousand = 1000 / (aim - size)
            row = [f"{aim:,}", *(f"{spent[what] * per_thousand:.2f}" for what in spent), *stored(index, Path(folder))]
            print("  ".join(cell.rjust(len(name)) for cell, name in zip(row, GROWTH, strict=True)), flush=True)
            size = aim


def stored(index: Index, folder: Path, questions: int = 100) -> list[str]:
    """Search, first search of a reader that is opened for it, and removal in milliseconds; share of the ten nearest that
    search finds; MiB on disk; peak MiB of the writer so far."""
    asked = index.encoder.encode(["?"] * questions)
    with get_context("spawn").Pool(1) as reader:  # its memory is not the writer's
        search, opening, recall = reader.apply(read, (folder, asked))
    some = [d for doc_id in index.store.ready()[:3] if (d := index.document(doc_id))]
    kept_back = [(d, index.passages_of(d.source.doc_id)) for d in some]
    removal = statistics.median(clocked(partial(index.remove, d.source.doc_id)) for d in some)
    index.add(kept_back)
    disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [f"{search:.1f}", f"{opening:.1f}", f"{removal:.1f}", f"{recall:.4f}", f"{disk / 2**20:.0f}", f"{peak:.0f}"]


def read(folder: Path, asked: np.ndarray) -> tuple[float, float, float]:
    """Milliseconds of a search and of the first search of a reader (medians), share of the ten nearest that are found."""
    opening = statistics.median(clocked(lambda: first_search(folder, asked[0])) for _ in range(3))
    index = Index.open(folder)
    found: list[set[str]] = []

    def ask(vector: np.ndarray) -> None:
        found.append({hit.passage.passage_id for hit in index.nearest(vector, 10)})

    search = statistics.median(clocked(partial(ask, vector)) for vector in asked)
    recall = np.mean([len(here & right) / 10 for here, right in zip(found, nearest(index, asked, 10), strict=True)])
    return search, opening, float(recall)


def first_search(folder: Path, vector: np.ndarray) -> None:
    reader = Index.open(folder)
    reader.nearest(vector, 10)
    reader.close()


def nearest(index: Index, asked: np.ndarray, k: int) -> list[set[str]]:
    """The ids of the k passages that are truly nearest to each vector, from some documents at a time."""
    best: list[list[tuple[float, str]]] = [[] for _ in asked]
    every = index.store.ready()
    for at in range(0, len(every), TOGETHER):
        names, vectors = index.vectors_of(every[at : at + TOGETHER])
        for number, scores in enumerate(asked @ vectors.T):
            near = np.argsort(-scores)[:k]
            best[number] = sorted([*best[number], *((float(scores[i]), names[i]) for i in near)], reverse=True)[:k]
    return [{name for _, name in rows} for rows in best]


if __name__ == "__main__":
    main()
