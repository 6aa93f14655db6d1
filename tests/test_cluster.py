"""`python -m ingest --engine dask` on a real scheduler with workers of their own on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from alignment_qa.index import Index
from tests.conftest import LIBRARY, ROOT, make_index

needs_distributed = pytest.mark.skipif(find_spec("distributed") is None, reason="needs requirements-scale.txt")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


class Cluster(NamedTuple):
    scheduler: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and two workers, each a process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scheduler = f"tcp://127.0.0.1:{port}"
    started: list[subprocess.Popen[bytes]] = []
    with (tmp_path / "cluster.log").open("wb") as log:

        def start(name: str, *arguments: str) -> None:
            command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments]
            started.append(subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stdout=log, stderr=log))

        start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        for number in range(2):
            start("worker", scheduler, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", f"worker-{number}")
        wait_for_workers(scheduler, 2)
        yield Cluster(scheduler, started[1:])
        for process in reversed(started):
            process.kill()
            process.wait()


def wait_for_workers(scheduler: str, number: int) -> None:
    code = f"import distributed; c = distributed.Client({scheduler!r}, timeout=60); c.wait_for_workers({number}, 60)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=150)


def ingest(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingest", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)


def passages(index: Index) -> dict[str, tuple[object, ...]]:
    return {
        p.passage_id: (p.text, p.start, p.end, p.heading, p.role, p.sentences, document)
        for document in index.documents()
        for p in index.passages_of(document.source.doc_id)
    }


def assert_same(one: Path, other: Path) -> None:
    """Same documents and passages; their vectors may be another backend's of the same encoder."""
    first, second = Index.open(one), Index.open(other)
    expected = passages(first)
    assert expected
    assert passages(second) == expected
    there = [p for d in first.documents() for p in first.passages_of(d.source.doc_id)]
    ours, theirs = first.vectors(there), second.vectors(there)
    assert ours.keys() == theirs.keys()
    for passage_id in ours:
        cosines = (ours[passage_id].astype(np.float32) * theirs[passage_id]).sum(axis=1)
        assert cosines.min() > 0.999
    assert {h.passage.passage_id for h in first.search("kelp", 3)} == {
        h.passage.passage_id for h in second.search("kelp", 3)
    }


KILLING = """
import os, signal, sys
from pathlib import Path
import distributed
from alignment_qa.index import Index
from ingest.cluster import cluster
from ingest.sync import LIMIT, SIZE, sync
folder, target, scheduler, victim = sys.argv[1:]
lost = []
def killing(readings):
    for item in engine(readings):
        if not lost:
            client = distributed.default_client()
            workers = client.scheduler_info(n_workers=-1)["workers"]
            (address,) = [a for a, worker in workers.items() if worker["name"] == "worker-0"]
            lost.extend(client.processing()[address])
            os.kill(int(victim), signal.SIGKILL)
        yield item
if __name__ == "__main__":
    with Index.open(target, write=True) as index, cluster(scheduler, index.encoder.name, SIZE, LIMIT, None) as engine:
        report = sync([Path(folder)], index, engine=killing)
    print(len(lost), len(report.added), report.skipped)
"""


@pytest.mark.slow
@needs_distributed
def test_the_tasks_of_a_worker_that_is_killed_are_done_again_by_another(running: Cluster, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    articles = sorted((ROOT / "corpus" / "articles").glob("*.md"))[:14]
    for article in articles:
        shutil.copy(article, folder)
    command = [sys.executable, "-c", KILLING, folder, tmp_path / "there", running.scheduler, running.workers[0].pid]
    ended = subprocess.run(
        list(map(str, command)), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    lost, added, skipped = ended.stdout.split()
    assert int(lost) > 0, "the worker had nothing to lose"
    assert (int(added), skipped) == (14, "[]")
    assert running.workers[0].wait() == -signal.SIGKILL
    assert_same(make_index(folder, tmp_path / "here"), tmp_path / "there")


@pytest.mark.slow
@needs_distributed
def test_the_command_reads_files_of_one_and_of_many_documents_on_the_cluster(
    running: Cluster, library: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    shutil.copytree(library, folder)
    (folder / "again.md").write_text(LIBRARY["kelp.md"])
    (folder / "empty.md").write_text("")
    records = "\n".join(f'{{"title": "Note {n}", "text": "Note {n} is about otters on shore {n}."}}' for n in range(40))
    (folder / "notes.jsonl").write_text(records)
    here, there = tmp_path / "here", tmp_path / "there"
    local = ingest(folder, "--index", here)
    cluster = ingest(folder, "--index", there, "--engine", "dask", "--scheduler", running.scheduler)
    assert "43 documents read" in local.stdout
    said = [[line.rpartition(" in ")[0] or line for line in run.stdout.splitlines()] for run in (local, cluster)]
    assert [line.replace(str(here), str(there)) for line in said[0]] == said[1]
    assert (cluster.returncode, cluster.stderr) == (local.returncode, local.stderr)
    assert_same(here, there)
    again = ingest(folder, "--index", there, "--engine", "dask", "--scheduler", running.scheduler)
    assert "0 documents read (0 passages), 5 unchanged" in again.stdout


@pytest.mark.slow
@needs_distributed
def test_a_scheduler_that_is_not_there_is_one_line(library: Path, tmp_path: Path) -> None:
    run = ingest(library, "--index", tmp_path / "index", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1")
    assert (run.returncode, run.stderr.count("\n")) == (2, 1), run.stderr
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in run.stderr


def test_a_missing_package_is_one_line_that_names_it(library: Path, tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError('as if it were not installed')")
    run = subprocess.run(
        [sys.executable, "-m", "ingest", str(library), "--index", str(tmp_path / "index"), "--engine", "dask"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert (run.returncode, run.stderr.count("\n")) == (2, 1), run.stderr
    assert "pip install -r requirements-scale.txt" in run.stderr
