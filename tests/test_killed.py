"""A run that is killed, or that a full disk stops, leaves an index that answers; the next run ends as if nothing had been.

`pytest tests/test_killed.py --kills 200 --fuzz-seed 7` sets how often, and when."""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from alignment_qa import Answer, Assistant
from alignment_qa.index import Index
from alignment_qa.store import Store
from ingest.__main__ import main
from ingest.check import check
from tests.conftest import LIBRARY, ROOT, make_index

TIDE = """The tide pools of the cape are small worlds. Limpets graze on the rock there, each on its own round, and return to
the same place when the water goes. Anemones fold their arms until the sea is back. A crab that is caught in a pool
waits under the weed for the night, since gulls hunt along the cape by day. Children count the pools each summer and
have found that there are fewer, because storms fill them with sand."""
BEFORE = {name: text for name, text in LIBRARY.items() if name != "reef.txt"}
BEFORE |= {"tide.md": f"---\nurl: https://example.org/tide\n---\n# Tide pools\n\n{TIDE}\n"}
BEFORE |= {"tide-post.md": f"# Tide pools, a post\n\n{TIDE}\n"}  # a copy, which is to answer when its original is gone
AFTER = {**LIBRARY, "seagrass.md": LIBRARY["seagrass.md"].replace("three main uses", "three great uses")}
AFTER |= {
    "tide-post.md": BEFORE["tide-post.md"],
    "kelp-post.md": LIBRARY["kelp.md"].replace("title: Kelp", "title: On kelp"),
}
AFTER |= {f"bay-{n}.md": f"# Bay {n}\n\nBay number {n} has {n} otters, who sleep there at night." for n in range(8)}
QUESTIONS = ("What is a kelp forest?", "What are seagrass meadows used for?", "Why do reefs bleach?")
# A batch of one passage is added at a time, so that there is much between two documents to be killed in.
RUN = "import sys, ingest.sync; ingest.sync.BATCH = 1; from ingest.__main__ import main; sys.exit(main(sys.argv[1:]))"


def folder_of(path: Path, texts: dict[str, str]) -> Path:
    path.mkdir(exist_ok=True)
    for old in path.iterdir():
        old.unlink()
    for name, text in texts.items():
        (path / name).write_text(text)
    return path


def started(folder: Path, index: Path, before: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, str(folder), "--index", str(index)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=before
    )


def ended(run: subprocess.Popen[str]) -> tuple[int, str]:
    _, said = run.communicate(timeout=300)
    return run.returncode, said


def contents(index: Path) -> list[object]:
    """Documents and passages with their ids, and how each answer to them begins and what it was found in. Not the whole
    answer: tantivy counts the words of removed passages until it merges their segment, which moves scores a little and
    with them the last sentences of an answer."""
    assistant = Assistant.open(index)
    with assistant.index as opened:
        documents = list(opened.documents())
        passages = [p for d in documents for p in opened.passages_of(d.source.doc_id)]
        copies = {d.source.title: [c.title for c in opened.copies_of(d.source.doc_id)] for d in documents}
        answers = [assistant.answer(question) for question in QUESTIONS]
    found = [{hit.passage.passage_id for hit in answer.hits[:3]} for answer in answers]
    return [copies, documents, passages, [answer.claims[0].text for answer in answers], found]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """What a run that nothing stops ends with."""
    place = tmp_path_factory.mktemp("unbroken")
    return contents(make_index(folder_of(place / "texts", AFTER), place / "index"))


@pytest.mark.slow
def test_a_run_killed_at_any_moment_is_finished_by_the_next(
    tmp_path: Path, unbroken: list[object], pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(pytestconfig.getoption("--fuzz-seed"))
    folder = folder_of(tmp_path / "texts", BEFORE)
    old = make_index(folder, tmp_path / "old")
    folder_of(folder, AFTER)
    began = time.monotonic()
    shutil.copytree(old, tmp_path / "whole")
    assert ended(started(folder, tmp_path / "whole"))[0] == 0
    takes = time.monotonic() - began
    killed = 0
    for turn in range(pytestconfig.getoption("--kills")):
        index = Path(shutil.copytree(old, tmp_path / f"index-{turn}"))
        for _ in range(draw.choice((1, 1, 2))):
            run = started(folder, index)
            time.sleep(draw.uniform(0.2, 1) * takes)
            killed += run.poll() is None
            run.kill()
            run.communicate()
        assistant = Assistant.open(index)
        with assistant.index:
            assistant.answer(QUESTIONS[0])
        code, said = ended(started(folder, index))
        assert code == 0, said
        assert contents(index) == unbroken, f"round {turn}"
        assert check(index).faults == [], f"round {turn}"
        shutil.rmtree(index)
    with capsys.disabled():
        sys.stdout.write(f"\n{pytestconfig.getoption('--kills')} rounds, {killed} runs killed on the way\n")


class Stopped(Exception):
    """The run ends here, as if it had been killed."""


def stop_at(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the run stop right after its nth write to what is true of the index."""
    calls = count(1)

    def stopping(write: Callable[..., None]) -> Callable[..., None]:
        def written(*arguments: Any, **named: Any) -> None:
            write(*arguments, **named)
            if next(calls) == call:
                raise Stopped

        return written

    for name in ("forget_file", "note_file", "note_documents", "put", "mark", "erase", "settle"):
        monkeypatch.setattr(Store, name, stopping(getattr(Store, name)))


@pytest.mark.slow
def test_a_run_stopped_after_any_of_its_writes_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "---\ntitle: {}\n---\n"
    one, other, third = (f"The {name} of the bay sleeps there by day." for name in ("otter", "seal", "crab"))
    folder = folder_of(
        tmp_path / "texts", {"gone.txt": one, "changed.txt": other, "titled.md": title.format("A") + third}
    )
    old = make_index(folder, tmp_path / "old")
    folder_of(folder, {"changed.txt": other + " It hunts at night.", "titled.md": title.format("B") + third})
    whole = held(make_index(folder, Path(shutil.copytree(old, tmp_path / "whole"))))
    for call in count(1):
        index = Path(shutil.copytree(old, tmp_path / f"index-{call}"))
        with monkeypatch.context() as patched:
            stop_at(call, patched)
            try:
                make_index(folder, index)
                break
            except Stopped:
                pass
        assert held(make_index(folder, index)) == whole, f"stopped after write {call}"
    assert call > 10


def held(index: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """The documents, with their words and the titles of their copies."""
    with Index.open(index) as opened:
        documents = [(d.source.title, d.text, opened.copies_of(d.source.doc_id)) for d in opened.documents()]
    return [(title, text, tuple(copy.title for copy in copies)) for title, text, copies in documents]


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 30_000, 150_000])
def test_a_full_disk_is_said_to_be_one_and_the_next_run_goes_on(
    tmp_path: Path, unbroken: list[object], size: int
) -> None:
    folder = folder_of(tmp_path / "texts", AFTER)
    full = started(
        folder, tmp_path / "index", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    )  # a file that would grow beyond ends the write, as a full disk does
    code, said = ended(full)
    assert (code, "Traceback" in said) == (2, False)
    assert f"Could not write to {tmp_path / 'index'}/" in said
    assert ended(started(folder, tmp_path / "index"))[0] == 0
    assert contents(tmp_path / "index") == unbroken
    assert check(tmp_path / "index").faults == []


@pytest.mark.slow
def test_a_reader_during_a_run_never_sees_half_a_document_or_two_versions_of_one(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "texts", BEFORE)
    index = make_index(folder, tmp_path / "index")
    assistant = Assistant.open(index)
    old = [assistant.answer(question).text for question in QUESTIONS]
    folder_of(folder, AFTER)
    run = started(folder, index)
    given: list[list[Answer]] = []
    while run.poll() is None:
        given.append([assistant.answer(question) for question in QUESTIONS])
    assert ended(run)[0] == 0
    new = [assistant.answer(question).text for question in QUESTIONS]
    assert all(before != after for before, after in zip(old[1:], new[1:], strict=True))
    assert len(given) > 3
    for answers in given:
        kelp, seagrass, _ = answers
        assert kelp.claims[0].text.startswith("A kelp forest is")
        assert seagrass.abstention or ("three main uses" in seagrass.text) != ("three great uses" in seagrass.text)
        for citation in (c for answer in answers for c in answer.citations):
            passage = citation.passage
            assert passage.text[citation.start - passage.start : citation.end - passage.start] == citation.quote


def test_a_reader_opened_beside_an_older_one_sees_what_has_been_written_since(tmp_path: Path) -> None:
    index = make_index(folder_of(tmp_path / "texts", BEFORE), tmp_path / "index")
    older = Index.open(index)
    assert older.search("polyps", 1)[0].passage.source.title != "Coral reefs"
    assert ended(started(folder_of(tmp_path / "texts", AFTER), index))[0] == 0
    assert Index.open(index).search("polyps", 1)[0].passage.source.title == "Coral reefs"
    assert older.search("polyps", 1)[0].passage.source.title == "Coral reefs"


def test_a_second_ingest_says_that_another_is_writing(
    tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Index.open(tmp_path / "index", write=True):
        for command in ([str(library)], ["--check"], ["--repair"]):
            assert main([*command, "--index", str(tmp_path / "index")]) == 2
            assert "Another ingest is writing" in capsys.readouterr().err
