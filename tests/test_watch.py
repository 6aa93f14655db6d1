"""`python -m ingest DIR --watch` as a person leaves it running."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alignment_qa.index import Index
from ingest.check import check
from tests.conftest import LIBRARY, ROOT


class Watching:
    """A running watch and what it says."""

    def __init__(self, run: subprocess.Popen[str]) -> None:
        self.run = run
        self._lines: queue.Queue[str] = queue.Queue()
        assert run.stdout
        threading.Thread(target=lambda: [self._lines.put(line) for line in run.stdout], daemon=True).start()

    def said(self, words: str) -> str:
        """The next line that holds the words."""
        while words not in (line := self._lines.get(timeout=60)):
            pass
        return line


@contextmanager
def watching(folder: Path, index: Path) -> Iterator[Watching]:
    command = [sys.executable, "-m", "ingest", str(folder), "--index", str(index), "--watch"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        try:
            watch = Watching(run)
            watch.said("Watching")
            yield watch
        finally:
            run.kill()


@pytest.mark.slow
def test_a_watched_folder_is_followed_until_ctrl_c(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "kelp.md").write_text(LIBRARY["kelp.md"])
    index = folder / "index"  # its own writing must not wake it
    with watching(folder, index) as watch:
        (folder / "more").mkdir()
        (folder / "more" / "reef.txt").write_text(LIBRARY["reef.txt"])
        assert "Coral reefs" in watch.said("read ")
        reader = Index.open(index)
        assert reader.search("polyps", 1)[0].passage.source.title == "Coral reefs"
        (folder / "more" / "reef.txt").unlink()
        watch.said("removed")
        assert not reader.keywords("polyps")
        with Index.open(index, write=True) as other:  # between two changes the index is free, and waits for others
            (folder / "seagrass.md").write_text(LIBRARY["seagrass.md"])
            assert other.count()[0] == 1
        assert "Seagrass meadows" in watch.said("read ")
        watch.run.send_signal(signal.SIGINT)
        watch.said("Stopped watching.")
        assert watch.run.wait(timeout=30) == 0
    assert check(index).faults == []
