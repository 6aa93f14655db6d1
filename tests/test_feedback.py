"""What people say of answers is kept in a file of its own, and becomes drafts of golden questions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from alignment_qa import AlignmentQAError, Assistant
from alignment_qa.cite import as_json
from alignment_qa.config import Config
from alignment_qa.errors import WriteFailed
from alignment_qa.feedback import Feedback, Opinion
from alignment_qa.index import Index
from eval import drafts, golden
from ingest.sync import sync
from tests.chroma_server import ChromaServer
from tests.conftest import ROOT
from tests.test_server import machine
from web import opinions, records


def opinion(assistant: Assistant, question: str, **fields: object) -> Opinion:
    answer = as_json(assistant.answer(question))
    known: dict[str, object] = {"answer_id": "a" * 16, "citation": 0, "verdict": "right", "comment": ""}
    return Opinion(**{**known, "answer": answer, "index": assistant.index.digest, **fields})  # type: ignore[arg-type]


def test_an_opinion_is_kept_changed_and_taken_back(assistant: Assistant, tmp_path: Path) -> None:
    feedback = Feedback(tmp_path / "said.sqlite")
    feedback.keep(opinion(assistant, "What is a kelp forest?"))
    feedback.keep(opinion(assistant, "What is a kelp forest?", verdict="wrong", comment="too short" + "!" * 5000))
    feedback.keep(opinion(assistant, "What is a kelp forest?", citation=2, verdict="wrong"))
    whole, second = Feedback(tmp_path / "said.sqlite").opinions()
    assert (whole.verdict, whole.comment[:10], len(whole.comment)) == ("wrong", "too short!", 2000)
    assert whole.answer["question"] == "What is a kelp forest?"
    assert whole.index == assistant.index.digest
    assert whole.said.startswith("20")
    assert second.citation == 2
    feedback.withdraw(whole.answer_id, 0)
    assert feedback.opinions() == [second]


@pytest.mark.parametrize(
    ("config", "file"),
    [
        (Config(index="some/index"), "some/index-feedback.sqlite"),
        (Config(index="some/index/"), "some/index-feedback.sqlite"),
        (Config(index="http://127.0.0.1:8000/papers"), "papers-feedback.sqlite"),
        (Config(index="http://127.0.0.1:8000/papers", feedback="kept/said.db"), "kept/said.db"),
    ],
)
def test_the_file_lies_beside_the_index_and_here_for_one_on_a_server(
    config: Config, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Feedback.of(config).path.resolve() == tmp_path / file


def test_answers_do_not_hang_on_where_feedback_is_kept() -> None:
    assert Config().digest == Config(feedback="said.sqlite").digest


def test_what_cannot_be_kept_or_read_is_said(assistant: Assistant, tmp_path: Path) -> None:
    with pytest.raises(WriteFailed, match="Feedback could not be kept in"):
        Feedback(tmp_path / "nowhere" / "said.sqlite").keep(opinion(assistant, "What is a kelp forest?"))
    with pytest.raises(AlignmentQAError, match="No feedback at"):
        Feedback(tmp_path / "none.sqlite").opinions()
    (tmp_path / "other.sqlite").write_text("not a database, but long enough to be taken for the head of one" * 20)
    with pytest.raises(AlignmentQAError, match="no file of feedback"):
        Feedback(tmp_path / "other.sqlite").opinions()


def test_a_file_does_not_grow_without_end(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feedback = Feedback(tmp_path / "said.sqlite")
    monkeypatch.setattr("alignment_qa.feedback._TABLES", feedback_tables(pages=20))

    def fill() -> None:
        for number in range(200):
            feedback.keep(opinion(assistant, "What is a kelp forest?", citation=number))

    with pytest.raises(WriteFailed, match="full"):
        fill()
    assert feedback.opinions()
    assert (tmp_path / "said.sqlite").stat().st_size <= 20 * 4096


def feedback_tables(pages: int) -> str:
    from alignment_qa.feedback import _TABLES, PAGES

    return _TABLES.replace(str(PAGES), str(pages))


def test_a_right_answer_becomes_a_draft_with_its_sound_quotes(assistant: Assistant, library: Path) -> None:
    said = [
        opinion(assistant, "What is a kelp forest?"),
        opinion(assistant, "What is a kelp forest?", citation=2, verdict="wrong", comment="says nothing of it"),
    ]
    (row,) = drafts.from_feedback(said, golden.read_documents(library))
    assert row["answerable"]
    assert row["gold"][0] == {
        "document": "kelp",
        "quote": "A kelp forest is a dense stand of large brown algae in cold, shallow sea water.",
    }
    assert len(row["gold"]) == len(said[0].answer["citations"]) - 1  # type: ignore[arg-type]
    assert row["todo"][1]["comment"] == "says nothing of it"
    with pytest.raises(golden.GoldenError, match="unknown fields todo"):
        golden.parse(row, "draft")
    del row["todo"]
    assert golden.parse(row, "finished").kind == "definition"


def test_what_was_rightly_declined_is_a_question_without_an_answer(assistant: Assistant, library: Path) -> None:
    documents = golden.read_documents(library)
    (declined,) = drafts.from_feedback([opinion(assistant, "What is the capital of Mongolia?")], documents)
    assert not declined["answerable"]
    assert declined["reason"] in ("out_of_scope", "not_in_corpus")
    wrong = opinion(assistant, "What is the capital of Mongolia?", verdict="wrong")
    (missed,) = drafts.from_feedback([wrong], documents)
    assert missed["answerable"]
    assert missed["gold"] == []


def test_the_command_prints_the_drafts(assistant: Assistant, library: Path, tmp_path: Path) -> None:
    feedback = Feedback(tmp_path / "said.sqlite")
    feedback.keep(opinion(assistant, "What is a kelp forest?"))
    command = [sys.executable, "-m", "eval", "--drafts", str(feedback.path), "--documents", str(library)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout)["id"] == "said-aaaaaaaa"


@pytest.mark.slow
def test_what_is_said_of_an_index_on_a_server_is_kept_here(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGNMENT_QA_CACHE", machine(tmp_path / "here")["ALIGNMENT_QA_CACHE"])
    monkeypatch.chdir(tmp_path)
    with ChromaServer(tmp_path / "served") as server:
        address = f"{server.address}shore"
        with Index.open(address, write=True) as writer:
            sync([library], writer)
        assistant = Assistant.open(address)
        record = records.record(assistant.answer("What is a kelp forest?"), "a" * 16)
        feedback = Feedback.of(assistant.config)
        assert opinions.rate(assistant, feedback, {"record": record, "verdict": "wrong", "comment": "no"}) == ""
        assert [said.comment for said in Feedback(tmp_path / "shore-feedback.sqlite").opinions()] == ["no"]
        assistant.index.close()
