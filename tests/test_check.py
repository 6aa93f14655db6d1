"""`python -m ingest --check` names what is wrong with an index, and `--repair` mends it without reading a file."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from alignment_qa import Assistant
from alignment_qa.index import Index
from alignment_qa.lexical import Keywords
from ingest.__main__ import main
from ingest.check import check
from ingest.repair import repair
from ingest.sync import sync
from tests.conftest import LIBRARY

Damage = Callable[[Path], None]


@pytest.fixture
def index(library_index: Path, tmp_path: Path) -> Path:
    """A copy of the library's index that may be damaged."""
    return Path(shutil.copytree(library_index, tmp_path / "index"))


@contextmanager
def store_of(index: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(index / "passages.sqlite")) as sql, sql:
        yield sql


@contextmanager
def vectors_of(index: Path, collection: str = "passages") -> Iterator[object]:
    with Index.open(index, write=True) as opened:
        yield opened._collection(collection)


def a_passage(index: Path, document: int = 0) -> str:
    """The first passage of one of the three documents."""
    with store_of(index) as sql:
        ids = sql.execute("SELECT min(passage_id) FROM passages WHERE role = 'prose' GROUP BY doc_id ORDER BY 1")
        return str(ids.fetchall()[document][0])


def without_a_vector(index: Path) -> None:
    with vectors_of(index) as rows:
        rows.delete(ids=[a_passage(index)])


def without_a_question(index: Path) -> None:
    with vectors_of(index, "questions") as rows:
        rows.delete(ids=rows.get()["ids"][:1])


def with_a_strange_vector(index: Path) -> None:
    with vectors_of(index) as rows:
        rows.upsert(ids=["nobody-1"], embeddings=[np.eye(384, dtype=np.float32)[0]])


def with_another_vector(index: Path) -> None:
    with vectors_of(index) as rows:
        rows.upsert(ids=[a_passage(index, 1)], embeddings=[np.eye(384, dtype=np.float32)[0]])


def without_keywords_of_a_document(index: Path) -> None:
    words = Keywords(index / "keywords")
    words.remove(a_passage(index).rpartition("-")[0])
    words.close()


def with_keywords_of_nobody(index: Path) -> None:
    words = Keywords(index / "keywords")
    words.add([("nobody-1", "nobody", "prose", "phlogiston", "phlogiston")])
    words.close()


def with_keywords_twice(index: Path) -> None:
    words = Keywords(index / "keywords")
    words.add([(a_passage(index, 1), a_passage(index, 1).rpartition("-")[0], "prose", "kelp", "kelp")])
    words.close()


def with_a_zeroed_vector(index: Path) -> None:
    with store_of(index) as sql:
        sql.execute("UPDATE passages SET vectors = zeroblob(length(vectors)) WHERE passage_id = ?", (a_passage(index),))


def with_half_a_vector(index: Path) -> None:
    with store_of(index) as sql:
        sql.execute(
            "UPDATE passages SET vectors = substr(vectors, 1, 301) WHERE passage_id = ?", (a_passage(index, 1),)
        )


def with_vectors_of_other_words(index: Path) -> None:
    with store_of(index) as sql:
        other = np.tile(np.eye(384, dtype=np.float16)[0], (200, 1))
        for name, length in sql.execute("SELECT passage_id, length(vectors) FROM passages WHERE role = 'prose'"):
            sql.execute(
                "UPDATE passages SET vectors = ? WHERE passage_id = ?", (other[: length // 768].tobytes(), name)
            )


def with_keywords_cut_short(index: Path) -> None:
    path = max((index / "keywords").glob("*.idx"), key=lambda path: path.stat().st_size)
    cut(path)


def with_keywords_emptied(index: Path) -> None:
    (index / "keywords" / "meta.json").write_bytes(b"")


def with_vectors_cut_short(index: Path) -> None:
    cut(index / "vectors" / "chroma.sqlite3")


def with_vectors_emptied(index: Path) -> None:
    (index / "vectors" / "chroma.sqlite3").write_bytes(b"")


def half_done(index: Path) -> None:
    with store_of(index) as sql:
        sql.execute("UPDATE documents SET state = 'pending' WHERE doc_id = (SELECT min(doc_id) FROM documents)")


def cut(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size // 2)


def test_an_index_that_was_only_ever_ingested_into_is_sound(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "--index", str(index)]) == 0
    said = capsys.readouterr().out
    assert "sound: 3 documents" in said
    assert "3 of them encoded again" in said


ROWS = {
    without_a_vector: "passages without a vector: 1",
    without_a_question: "questions without a vector: 1",
    with_a_strange_vector: "vectors of passages that no document has: 1 (nobody-1)",
    with_another_vector: "passages whose vector is not the store's: 1",
    without_keywords_of_a_document: "passages that are not in keywords",
    with_keywords_of_nobody: "passages in keywords that no document has: 1 (nobody-1)",
    with_keywords_twice: "passages that are in keywords more than once: 1",
}
CUT = {with_keywords_cut_short: "keywords cannot be read", with_vectors_cut_short: "vectors cannot be read"}
EMPTIED = {with_keywords_emptied: "keywords cannot be read", with_vectors_emptied: "passages without a vector"}


@pytest.mark.parametrize("damages", [ROWS, CUT, EMPTIED])
def test_vectors_and_keywords_are_mended_from_the_store_without_encoding_a_passage(
    index: Path, library_index: Path, damages: dict[Damage, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for damage in damages:
        damage(index)
    found = check(index)
    for named in damages.values():
        assert [fault for fault in found.faults if fault.startswith(named)], found.faults
    monkeypatch.setattr("alignment_qa.writing.passage_vectors", lambda *_: pytest.fail("a passage was encoded"))
    assert repair(index, found).faults == []
    assert answers(index) == answers(library_index)


@pytest.mark.parametrize(
    ("damages", "named"),
    [
        ([with_a_zeroed_vector, with_half_a_vector], "documents with vectors that are missing or no unit vectors: 2"),
        ([with_vectors_of_other_words], "documents whose vectors are not what their words encode to: 3"),
    ],
)
def test_stored_vectors_that_are_wrong_are_encoded_again(
    index: Path, library_index: Path, damages: list[Damage], named: str
) -> None:
    for damage in damages:
        damage(index)
    found = check(index)
    assert [fault for fault in found.faults if fault.startswith(named)], found.faults
    assert repair(index, found).faults == []
    assert answers(index) == answers(library_index)


@pytest.mark.parametrize(
    "changes",
    [
        ["text = text || 'x'", "first = first + 1", "heading = 'Lies'"],
        ["sentences = '[[1'", "sentences = '[[0, 99999]]'", "passage_id = doc_id || '-0'"],
    ],
)
def test_documents_that_no_longer_say_what_they_said_go_and_are_read_again(
    index: Path, library: Path, library_index: Path, changes: list[str]
) -> None:
    with store_of(index) as sql:
        ids = [row[0] for row in sql.execute("SELECT doc_id FROM documents")]
        for doc_id, change in zip(ids, changes, strict=True):
            sql.execute(f"UPDATE passages SET {change} WHERE doc_id = ? AND first = 0", (doc_id,))
    found = check(index)
    assert found.faults[0].startswith("documents whose passages are not what their text says: 3")
    assert repair(index, found).faults == []
    with Index.open(index, write=True) as opened:
        assert opened.count() == (0, 0)
        assert len(sync([library], opened).added) == 3
    assert answers(index) == answers(library_index)


def test_what_a_stopped_run_left_is_named_and_cleared(index: Path) -> None:
    half_done(index)
    found = check(index)
    assert found.faults[0].startswith("documents left half done by a run that was stopped: 1")
    assert repair(index, found).faults == []
    assert Index.open(index).count()[0] == 2


def test_a_store_that_cannot_be_read_is_said_to_need_its_documents_again(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut(index / "passages.sqlite")
    assert main(["--repair", "--index", str(index)]) == 1
    assert "passages.sqlite cannot be read" in capsys.readouterr().out


def test_the_command_mends_and_says_so(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without_a_vector(index)
    assert main(["--check", "--index", str(index)]) == 1
    assert f"python -m ingest --repair --index {index}" in capsys.readouterr().out
    assert main(["--repair", "--index", str(index)]) == 0
    assert main(["--check", "--index", str(index)]) == 0


def test_a_graph_that_finds_nothing_or_kills_its_reader_is_built_again(tmp_path: Path) -> None:
    """Chroma writes its graph from a thousand rows on; the vectors of so many come without an encoder here."""
    for name, size, damage in (("length.bin", 50, "a search does not find"), ("header.bin", 50, "ends the process")):
        folder = many_vectors(tmp_path / name)
        assert not [fault for fault in check(folder).faults if "search" in fault or "process" in fault]
        with next((folder / "vectors").rglob(name)).open("r+b") as stream:
            stream.truncate(size)
        found = check(folder)
        assert [fault for fault in found.faults if damage in fault], found.faults
        assert repair(folder, found).faults == []


def many_vectors(folder: Path) -> Path:
    """An empty index with 2,500 vectors that belong to no document."""
    vectors = np.random.default_rng(0).normal(size=(2500, 384)).astype(np.float32)
    with Index.open(folder, write=True) as index:
        for at in range(0, 2500, 500):
            index._upsert("passages", [f"none-{i}" for i in range(at, at + 500)], list(vectors[at : at + 500]))
    return folder


def test_a_removed_document_is_gone_from_vectors_keywords_lists_and_answers(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in LIBRARY.items():
        (folder / name).write_text(text)
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
    question = "What is a kelp forest?"
    answer = Assistant.open(tmp_path / "index").answer(question)
    doc_id = answer.citations[0].passage.source.doc_id
    (folder / "kelp.md").unlink()
    with Index.open(tmp_path / "index", write=True) as index:
        assert sync([folder], index).removed == [doc_id]
        for collection in ("passages", "questions"):
            assert not [name for name in index._collection(collection).get()["ids"] if name.startswith(doc_id)]
        assert not [name for name in index._keywords.passage_ids() if name.startswith(doc_id)]
        assert doc_id not in index.store.ready()
    again = Assistant.open(tmp_path / "index").answer(question)
    assert doc_id not in {hit.passage.source.doc_id for hit in again.hits}
    assert doc_id not in {citation.passage.source.doc_id for citation in again.citations}
    assert check(tmp_path / "index").faults == []


def answers(index: Path) -> list[tuple[str, list[str]]]:
    """What an index answers, with the passages it found."""
    assistant = Assistant.open(index)
    asked = ("What is a kelp forest?", "What are seagrass meadows used for?", "Why do reefs bleach?")
    given = [assistant.answer(question) for question in asked]
    return [(answer.text, [hit.passage.passage_id for hit in answer.hits]) for answer in given]
