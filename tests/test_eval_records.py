"""Runs as other tools' records, and other tools' records as questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from alignment_qa import Assistant, Turn
from eval import formats, records, runs
from eval.golden import Gold, GoldenError, Nugget, Query, read_documents
from eval.runs import Run

OTTERS = "otters eat the urchins that graze on kelp"
QUERIES = [
    Query("why", "dev", "why", True, "why are otters good for seaweed stands", gold=(Gold("kelp", OTTERS),), nuggets=(Nugget("urchins", True, ("urchins",)),)),
    Query("reference", "dev", "open", True, "What grows in seagrass?", gold=(Gold("seagrass", ""),), reference="Fish."),
    Query("none", "dev", "open", False, "What is the capital of Mongolia?", reason="out_of_scope"),
    Query("then", "dev", "why", True, "and what eats it?", history=(Turn("user", "What is kelp?"), Turn("assistant", "An alga.")), gold=(Gold("kelp", OTTERS),), nuggets=(Nugget("urchins", True, ("urchins",)),)),
]  # fmt: skip

# The fields of the tools that are not installed here, as their packages declare them.
RAGAS = {
    "user_input", "retrieved_contexts", "reference_contexts", "retrieved_context_ids", "reference_context_ids",
    "response", "multi_responses", "reference", "rubrics", "persona_name", "query_style", "query_length",
}  # fmt: skip
DEEPEVAL = {
    "input", "actual_output", "expected_output", "context", "retrieval_context", "additional_metadata", "name",
}  # fmt: skip


@pytest.fixture(scope="module")
def written(assistant: Assistant, library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    run = runs.measure(QUERIES, assistant, read_documents(library), {})
    records.write(run, folder)
    return folder


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("name", ["deepeval", "langsmith"])
def test_what_is_written_is_read_back_as_the_same_questions(written: Path, library: Path, name: str) -> None:
    file = written / f"{name}.jsonl"
    assert formats.is_answers(file)
    back = formats.answers(file, read_documents(library))
    for before, after in zip(QUERIES, back, strict=True):
        assert (after.id, after.question, after.history) == (before.id, before.question, before.history)
        assert (after.answerable, [g.document for g in after.gold]) == (
            before.answerable,
            [g.document for g in before.gold],
        )
        assert after.reference == (before.reference or " ".join(gold.quote for gold in before.gold))


def test_ragas_names_no_documents_so_they_are_found_by_their_words(
    written: Path, library: Path, tmp_path: Path
) -> None:
    rows = lines(written / "ragas.jsonl")
    assert [row["user_input"] for row in rows] == [query.question for query in QUERIES]
    kept = [row for row in rows if row["reference_contexts"] or not row["reference"]]
    (tmp_path / "ragas.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))
    back = formats.answers(tmp_path / "ragas.jsonl", read_documents(library))
    assert [[gold.document for gold in query.gold] for query in back] == [["kelp"], [], ["kelp"]]
    assert [query.answerable for query in back] == [True, False, True]


def test_a_reference_whose_document_nobody_names_is_refused_with_its_line(library: Path, tmp_path: Path) -> None:
    row = {"user_input": "Why?", "reference": "Because.", "reference_contexts": ["words of no document"]}
    (tmp_path / "own.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(GoldenError, match=r"own\.jsonl:1: document is missing"):
        formats.answers(tmp_path / "own.jsonl", read_documents(library))


def test_langsmith_itself_reads_our_records(written: Path) -> None:
    from langsmith.schemas import Example, ExampleCreate

    for row, query in zip(lines(written / "langsmith.jsonl"), QUERIES, strict=True):
        example = Example(id=uuid4(), **row)
        assert example.inputs["question"] == query.question  # type: ignore[index]
        new = ExampleCreate(inputs=row["inputs"], reference_outputs=row["outputs"], metadata=row["metadata"])
        sent = new.model_dump(by_alias=True)
        assert {name: sent[name] for name in row} == row


def test_every_field_is_one_that_ragas_and_deepeval_know(written: Path) -> None:
    for name, known in {"ragas": RAGAS, "deepeval": DEEPEVAL}.items():
        for row in lines(written / f"{name}.jsonl"):
            assert set(row) <= known


@pytest.mark.parametrize(
    ("row", "question", "answer", "documents"),
    [
        ({"input": "Q?", "expected_output": "A.", "source_file": "docs/kelp.md"}, "Q?", "A.", ("docs/kelp.md",)),
        ({"inputs": {"input": "Q?"}, "outputs": {"output": "A."}}, "Q?", "A.", ()),
        ({"inputs": {"question": "Q?"}, "reference_outputs": {"answer": "A."}, "metadata": None}, "Q?", "A.", ()),
        ({"user_input": "Q?", "reference": "A."}, "Q?", "A.", ()),
        ({"question": "Q?", "answer": "A.", "document": ["kelp", "reef"]}, "Q?", "A.", ("kelp", "reef")),
    ],
)
def test_other_peoples_records_are_read_too(
    row: dict[str, Any], question: str, answer: str, documents: tuple[str, ...]
) -> None:
    sample = records.read(row)
    assert sample is not None
    assert (sample.question, sample.answer, sample.documents) == (question, answer, documents)


def test_a_golden_line_and_a_stranger_are_no_records(tmp_path: Path) -> None:
    assert records.read({"prompt": "Q?"}) is None
    (tmp_path / "golden.jsonl").write_text(json.dumps({"question": "Q?", "answerable": True}) + "\n")
    assert not formats.is_answers(tmp_path / "golden.jsonl")


def test_a_run_from_before_references_were_kept_is_written_all_the_same(tmp_path: Path) -> None:
    old = {
        "id": "a", "question": "Q?", "answer": "A.", "contexts": [], "quotes": ["words"], "documents": ["kelp"],
        "history": [], "kind": "open", "style": "plain", "reason": None, "split": "dev",
    }  # fmt: skip
    records.write(Run({}, [old]), tmp_path)
    assert lines(tmp_path / "deepeval.jsonl")[0]["expected_output"] == "words"
