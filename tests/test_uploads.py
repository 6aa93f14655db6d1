"""Files that people hand over: kept beside the index, answered from at once, taken out again, and harmless."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alignment_qa import Assistant, IndexBusy, ReadFailed
from alignment_qa.index import Index
from ingest import uploads as module
from ingest.uploads import Uploads, files_of, plain
from tests.conftest import LIBRARY, ROOT, make_index

TIDES = (
    "# Tides\n\nTides are the rise and fall of the sea that the moon causes. Tides come twice a day at most coasts.\n"
)
TIDES_ANEW = (
    "# Tides\n\nTides are long waves that the moon and the sun raise. Spring tides come at new and at full moon.\n"
)


@pytest.fixture
def asker(library: Path, tmp_path: Path) -> Assistant:
    return Assistant.open(make_index(library, tmp_path / "index"))


@pytest.fixture
def taking(asker: Assistant) -> Uploads:
    return Uploads(asker.index)


def put(taking: Uploads, name: str, content: str | bytes) -> tuple[list[str], list[str]]:
    place = taking.place(name)
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return taking.add(name, place)


def test_what_is_added_is_answered_from_at_once_and_gone_when_removed(asker: Assistant, taking: Uploads) -> None:
    question = "What are tides?"
    assert asker.answer(question).abstention
    (doc_id,), problems = put(taking, "tides.md", TIDES)
    assert problems == []
    answer = asker.answer(question)
    assert {c.passage.source.title for c in answer.citations} == {"Tides"}
    assert answer.citations[0].passage.source.collection == "uploads"
    assert taking.files() == {doc_id: "tides.md"}
    assert taking.remove(doc_id) == [doc_id]
    assert asker.answer(question).abstention
    assert list(taking.folder.iterdir()) == []
    assert asker.index.count()[0] == len(LIBRARY)


def test_a_file_of_the_same_name_takes_the_place_of_the_earlier_one(asker: Assistant, taking: Uploads) -> None:
    put(taking, "tides.md", TIDES)
    put(taking, "tides.md", TIDES_ANEW)
    assert asker.index.count()[0] == len(LIBRARY) + 1
    assert "moon and the sun" in asker.answer("What are tides?").text
    assert put(taking, "tides.md", TIDES_ANEW) == ([], [])  # the same again
    assert [path.name for path in taking.folder.iterdir()] == ["tides.md"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("broken.pdf", b"%PDF-1.4 broken", "PDF"),
        ("empty.md", b"", "empty"),
        ("tides.md", b"", "empty"),
        ("copy.md", LIBRARY["kelp.md"].encode(), "the same text is here already: Kelp forests"),
    ],
)
def test_what_cannot_be_read_leaves_all_as_it_was(
    asker: Assistant, taking: Uploads, name: str, content: bytes, told: str
) -> None:
    put(taking, "tides.md", TIDES)
    with pytest.raises(ReadFailed, match=told):
        put(taking, name, content)
    assert [path.name for path in taking.folder.iterdir()] == ["tides.md"]
    assert asker.index.count()[0] == len(LIBRARY) + 1
    assert "rise and fall" in asker.answer("What are tides?").text
    assert "dense stand" in asker.answer("What is a kelp forest?").text
    assert list(taking.files().values()) == ["tides.md"]


def test_only_what_was_added_here_can_be_removed_here(asker: Assistant, taking: Uploads) -> None:
    kelp = next(source.doc_id for source in asker.index.sources() if source.title == "Kelp forests")
    for doc_id in (kelp, "nobody", "../../etc/passwd"):
        with pytest.raises(ReadFailed, match="not added here"):
            taking.remove(doc_id)
    assert asker.index.count()[0] == len(LIBRARY)


def test_no_format_that_is_not_read_is_received(taking: Uploads) -> None:
    with pytest.raises(ReadFailed, match=r"\.exe files are not supported"):
        taking.place("setup.exe")
    assert not taking.folder.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.md", "passwd.md"),
        ("..\\..\\windows\\a.md", "a.md"),
        ("/etc/a.md", "a.md"),
        (".hidden.md", "hidden.md"),
        ("...", "upload"),
        ("", "upload"),
        ("a\x00b\n.md", "ab.md"),
        ("<img src=x onerror=alert(1)>.md", "<img src=x onerror=alert(1)>.md"),
        ("é" * 300 + ".pdf", "é" * 100 + ".pdf"),
        ("\ud800.txt", "txt"),
    ],
)
def test_a_name_is_a_plain_name(given: str, kept: str) -> None:
    assert plain(given) == kept


def test_uploads_outlast_the_next_ingest_and_a_rebuild(library: Path, asker: Assistant, taking: Uploads) -> None:
    put(taking, "tides.md", TIDES)
    for more in ([], ["--rebuild"]):
        command = [sys.executable, "-m", "ingest", str(library), "--index", str(asker.index.path), *more]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        fresh = Assistant.open(asker.index.path)
        assert {c.passage.source.collection for c in fresh.answer("What are tides?").citations} == {"uploads"}
        assert list(Uploads(fresh.index).files().values()) == ["tides.md"]
    (taking.folder / "tides.md").unlink()
    subprocess.run(command[:-1], cwd=ROOT, check=True, capture_output=True)
    assert Assistant.open(asker.index.path).answer("What are tides?").abstention


def test_while_another_writes_it_waits_and_then_says_so(
    asker: Assistant, taking: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    with Index.open(asker.index.path, write=True), pytest.raises(IndexBusy, match="Another ingest"):
        put(taking, "tides.md", TIDES)
    assert list(taking.folder.iterdir()) == []
    put(taking, "tides.md", TIDES)


def test_an_index_on_a_server_has_no_folder_beside_it() -> None:
    assert files_of("http://127.0.0.1:8000/papers") is None
