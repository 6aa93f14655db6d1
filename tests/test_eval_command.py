"""`python -m eval` as a person types it, over a tiny corpus; and two of its runs compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from alignment_qa.config import cache_folder
from eval import compare
from eval.golden import GoldenError, split_of
from eval.runs import Run
from tests.conftest import ROOT


def question(name: str, text: str, document: str = "", quote: str = "", match: str = "", **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": name,
        "kind": "open",
        "style": "plain",
        "question": text,
        "answerable": bool(quote),
        **more,
    }
    if quote:
        row["gold"] = [{"document": document, "quote": quote}]
        row["nuggets"] = [{"text": match, "vital": True, "match": [match]}]
    return {**row, "split": split_of(row)}


QUESTIONS = [
    question("otters", "why are otters good for seaweed stands", "kelp", "otters eat the urchins that graze on kelp", "eat the urchins", kind="why"),
    question("roots", "does seagrass have roots", "seagrass", "seagrass has roots", "has roots", kind="yes_no"),
    question("polyps", "What builds a coral reef?", "reef", "built by colonies of tiny animals called polyps", "polyps", kind="who"),
    question("mongolia", "What is the capital of Mongolia?", reason="out_of_scope"),
    question(
        "then", "and what shrank them?", "kelp", "after a marine heat wave", "heat wave", kind="why",
        history=[{"role": "user", "text": "What is a kelp forest?"}, {"role": "assistant", "text": "A stand of algae."}],
    ),
]  # fmt: skip


def evaluate(*arguments: str | Path, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command, with warnings as errors. With a `cache`, indexes that it builds are kept there."""
    command = [sys.executable, "-W", "error", "-m", "eval", *map(str, arguments)]
    environment = {**os.environ, "TQDM_DISABLE": "1"}
    if cache:
        (cache / "alignment-qa").mkdir(parents=True, exist_ok=True)
        for kept in cache_folder().iterdir():
            if kept.name != "eval":
                (cache / "alignment-qa" / kept.name).symlink_to(kept)
        environment["ALIGNMENT_QA_CACHE"] = str(cache / "alignment-qa")
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("golden") / "sea.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS))
    return file


@pytest.mark.slow
def test_a_run_prints_its_scorecard_and_writes_it(
    library: Path, library_index: Path, questions: Path, tmp_path: Path
) -> None:
    asked = ("--documents", library, "--index", library_index, "--golden", questions)
    result = evaluate(*asked, "--report", tmp_path / "run", "--failures")
    assert result.returncode == 0, result.stderr
    for words in ("5 questions (all)", "nDCG@10", "quotes exact", "declined, out_of_scope", "follow-ups", "p95"):
        assert words in result.stdout
    run = Run.read(tmp_path / "run" / "run.json")
    assert [record["id"] for record in run.questions] == [row["id"] for row in QUESTIONS]
    assert {"corpus", "index", "config", "generation", "versions", "machine", "seed", "date", "seconds"} <= set(
        run.facts
    )
    assert all(record["measures"].get("quotes exact", 1.0) == 1.0 for record in run.questions)
    lines = json.loads((tmp_path / "run" / "scorecard.json").read_text())["lines"]
    assert {"group", "name", "value", "low", "high", "questions", "clusters"} == set(lines[0])
    assert "| Retrieval | recall@8 |" in (tmp_path / "run" / "report.md").read_text()
    assert "<svg" in (tmp_path / "run" / "report.html").read_text()
    kept = evaluate("--run", tmp_path / "run" / "run.json", "--gate", tmp_path / "run" / "run.json")
    assert kept.returncode == 0, kept.stderr
    assert "Gate: 5 questions" in kept.stdout
    assert kept.stdout.startswith(result.stdout.split("\n\n")[0])
    same = evaluate("compare", tmp_path / "run" / "run.json", tmp_path / "run" / "run.json")
    assert same.returncode == 0
    assert "Lost: 0" in same.stdout
    assert "Differing: nothing that is recorded" in same.stdout


def test_without_an_index_one_is_built_of_the_documents_as_they_are_now(
    library: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eval import corpus

    monkeypatch.setattr(corpus, "cache_folder", lambda: tmp_path / "cache")
    documents = tmp_path / "documents"
    documents.mkdir()
    for file in library.iterdir():
        (documents / file.name).write_bytes(file.read_bytes())
    first = corpus.index_of(documents)
    assert corpus.index_of(documents) == first
    (documents / "kelp.md").write_text((documents / "kelp.md").read_text() + "\nMore.\n")
    assert corpus.index_of(documents) != first


@pytest.mark.slow
def test_all_ablations_come_in_one_table_with_their_runs(library: Path, questions: Path, tmp_path: Path) -> None:
    asked = ("--documents", library, "--golden", questions, "--ablate", "all", "--report", tmp_path / "out")
    result = evaluate(*asked, cache=tmp_path / "cache")
    assert result.returncode == 0, result.stderr
    table = (tmp_path / "out" / "ablations.md").read_text()
    for part in (
        "whole",
        "dense",
        "keyword",
        "no-adapter",
        "no-headings",
        "passages-100",
        "passages-240",
        "no-evidence-model",
    ):
        assert f"| {part} " in table
        assert f"| {part} " in result.stdout
        assert len(Run.read(tmp_path / "out" / f"{part}.json").questions) == len(QUESTIONS)


@pytest.mark.slow
def test_disturbances_come_in_one_table_over_a_sample_of_the_answerable(
    library: Path, library_index: Path, questions: Path, tmp_path: Path
) -> None:
    (tmp_path / "noise").mkdir()
    (tmp_path / "noise" / "wheels.txt").write_text("Wheels\n\nThe wheels of a car should be aligned once every year.\n")
    asked = ("--documents", library, "--index", library_index, "--golden", questions, "--robust", "--sample", "2")
    result = evaluate(*asked, "--noise", tmp_path / "noise", "--report", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    for name in ("misspelling", "noise", "contradiction", "injection"):
        assert f"| {name} " in (tmp_path / "out" / "robustness.md").read_text()
    assert all(record["answerable"] for record in Run.read(tmp_path / "out" / "clean.json").questions)
    assert len(Run.read(tmp_path / "out" / "clean.json").questions) == 2


def test_a_jsonl_of_question_answer_document_is_measured(library: Path, library_index: Path, tmp_path: Path) -> None:
    rows = [
        {"question": "What do sea otters eat?", "answer": "Otters eat urchins.", "document": "kelp.md"},
        {"question": "Who won the match?", "answer": ""},
    ]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = evaluate("--golden", tmp_path / "own.jsonl", "--documents", library, "--index", library_index)
    assert result.returncode == 0, result.stderr
    for measure in ("documents@8", "contained", "ROUGE-L", "declined, not_in_corpus"):
        assert measure in result.stdout


@pytest.mark.slow
def test_a_beir_folder_is_indexed_and_measured_by_document(tmp_path: Path) -> None:
    folder = tmp_path / "sea"
    (folder / "qrels").mkdir(parents=True)
    corpus = [
        {"_id": "d/1", "title": "Kelp", "text": "Kelp is a large brown alga that grows in cold water near the shore."},
        {"_id": "d2", "title": "Reefs", "text": "Coral reefs are built over centuries by tiny animals called polyps."},
    ]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus))
    (folder / "queries.jsonl").write_text(
        json.dumps({"_id": "q1", "text": "Which animals make reefs of coral?"}) + "\n"
    )
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td2\t1\nq1\td/1\t0\n")
    result = evaluate("--golden", folder, "--report", tmp_path / "out", cache=tmp_path / "cache")
    assert result.returncode == 0, result.stderr
    lines = json.loads((tmp_path / "out" / "scorecard.json").read_text())["lines"]
    assert {line["name"]: line["value"] for line in lines}["nDCG@10"] == 1.0
    assert (tmp_path / "out" / "run.trec").read_text().startswith("q1 Q0 ")
    assert (tmp_path / "out" / "qrels.trec").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--golden", "nowhere.jsonl"], "nowhere.jsonl: No such file"),
        (["--ablate", "everything"], "--ablate takes one of: dense, keyword"),
        (["--ablate", "no-headings", "--index", "index"], "leave --index out"),
        (["--documents", "nowhere"], "No folder nowhere/"),
        (["compare", "README.md", "README.md"], "is not a run"),
        (["--gate", "nowhere.json"], "No run at nowhere.json to compare with. --report DIR writes one"),
        (["--keep", "--limit", "3"], "--keep takes whole runs"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(arguments: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no run")
    arguments = [str(tmp_path / a) if a == "README.md" else a for a in arguments]
    result = evaluate(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_an_index_that_lacks_the_documents_is_refused_with_the_command_that_mends_it(
    library: Path, questions: Path, tmp_path: Path
) -> None:
    from tests.conftest import make_index

    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "reef.txt").write_bytes((library / "reef.txt").read_bytes())
    index = make_index(tmp_path / "few", tmp_path / "index")
    result = evaluate("--documents", library, "--index", index, "--golden", questions)
    assert result.returncode == 2
    assert "lacks 2 of the 3 documents" in result.stderr
    assert "python -m ingest" in result.stderr


# comparing


def record(name: str, good: float, *, cluster: str = "", refused: float | None = None) -> dict[str, Any]:
    measured = {"good": good, "nuggets": good} | ({} if refused is None else {"false refusals": refused})
    return {
        "id": name, "question": f"{name}?", "cluster": cluster or name, "answerable": True, "probability": good,
        "measures": measured, "answer": f"about {name}", "abstention": None,
    }  # fmt: skip


def test_questions_that_flip_are_found_with_both_answers() -> None:
    before = Run({}, [record("a", 1), record("b", 0), record("c", 1)])
    after = Run({}, [record("c", 1), record("b", 1), record("a", 0)])
    differences, flips = compare.compare(before, after, seed=0)
    assert [(flip.before["id"], flip.gained) for flip in flips] == [("a", False), ("b", True)]
    good = next(one for one in differences if one.name == "good")
    assert (good.before, good.after, good.change.value) == pytest.approx((2 / 3, 2 / 3, 0.0))
    assert not good.real
    printed = compare.text(differences, flips)
    assert "Lost: 1" in printed
    assert "Gained: 1" in printed
    assert "about a" in printed


def test_a_loss_on_every_document_is_real_and_more_refusals_are_a_loss_too() -> None:
    names = [f"q{n}" for n in range(30)]
    before = Run({}, [record(name, 1, refused=0) for name in names])
    after = Run({}, [record(name, float(n % 3 == 0), refused=float(n % 3 != 0)) for n, name in enumerate(names)])
    losses = {one.name: one for one in compare.compare(before, after, seed=0)[0] if one.loss}
    assert {"good", "nuggets", "false refusals"} <= set(losses)
    assert losses["good"].change.value == pytest.approx(-2 / 3)
    assert losses["good"].p is not None
    assert losses["good"].p < 0.001
    assert not any(one.loss for one in compare.compare(after, before, seed=0)[0])


def test_a_question_that_was_reworded_is_not_compared_and_nothing_in_common_is_refused() -> None:
    reworded = {**record("a", 0), "question": "Another a?"}
    assert compare.paired(Run({}, [record("a", 1)]), Run({}, [reworded])) == []
    with pytest.raises(GoldenError, match="no question in common"):
        compare.compare(Run({}, [record("a", 1)]), Run({}, [reworded]), seed=0)
