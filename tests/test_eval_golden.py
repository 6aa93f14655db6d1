"""The golden set: what is shipped is sound, and unsound lines are refused with their reason."""

from __future__ import annotations

import ast
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval import drafts, formats, golden
from eval.golden import GoldenError
from tests.conftest import ROOT

LINE: dict[str, Any] = {
    "id": "kelp-1", "split": "", "kind": "why", "answerable": True, "style": "plain",
    "question": "Why would anybody on shore want otters around?",
    "gold": [{"document": "kelp", "quote": "Sea otters protect kelp because otters eat the urchins that graze on kelp"}],
    "nuggets": [{"text": "otters eat urchins", "vital": True, "match": ["eat the urchins"]}],
}  # fmt: skip
LINE["split"] = golden.split_of(LINE)


def test_the_shipped_questions_agree_with_the_shipped_articles() -> None:
    queries = golden.load(split="all", measuring=True)
    assert golden.check(queries, golden.read_documents()) == []


def test_the_shipped_questions_are_of_every_sort() -> None:
    queries = golden.load(split="all", measuring=True)
    answerable = [query for query in queries if query.answerable]
    assert len(answerable) >= 240
    assert sum(len({gold.document for gold in query.gold}) > 1 for query in answerable) >= 80
    assert sum(bool(query.history) for query in queries) >= 40
    assert {query.kind for query in queries} == set(golden.get_args(golden.Kind))
    assert {query.style for query in queries} == set(golden.get_args(golden.Style))


@pytest.mark.parametrize("split", golden.get_args(golden.Split))
def test_each_half_has_enough_unanswerable_questions_of_each_reason(split: golden.Split) -> None:
    reasons = Counter(query.reason for query in golden.load(split=split, measuring=True) if not query.answerable)
    assert set(reasons) == set(golden.get_args(golden.Reason))
    assert min(reasons.values()) >= 25


def test_every_shipped_article_is_asked_about() -> None:
    asked = {gold.document for query in golden.load(split="all", measuring=True) for gold in query.gold}
    assert asked == set(golden.read_documents())


def test_no_shipped_question_is_asked_twice() -> None:
    asked = Counter((query.history, query.question) for query in golden.load(split="all", measuring=True))
    assert [question for question, times in asked.items() if times > 1] == []


def test_no_document_is_in_both_halves() -> None:
    halves: dict[str, set[str]] = {"dev": set(), "test": set()}
    for query in golden.load(split="all", measuring=True):
        halves[query.split].add(query.cluster)
    assert halves["dev"]
    assert halves["test"]
    assert not halves["dev"] & halves["test"]


def test_the_test_half_is_sealed_unless_one_says_that_one_measures() -> None:
    assert {query.split for query in golden.load()} == {"dev"}
    for split in ("test", "all"):
        with pytest.raises(GoldenError, match="measuring=True"):
            golden.load(split=split)  # type: ignore[arg-type]


def test_nothing_that_tunes_breaks_the_seal() -> None:
    tuning = [*ROOT.glob("benchmarks/**/*.py"), *ROOT.glob("eval/calibrate*.py"), *ROOT.glob("alignment_qa/**/*.py")]
    for path in tuning:
        words = {node.arg for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.keyword)}
        assert "measuring" not in words, f"{path} may see the dev split only"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "riddle"}, "kind must be one of"),
        ({"style": "shouted"}, "style must be one of"),
        ({"answerable": "yes"}, "answerable must be true or false"),
        ({"answerable": False}, "only that, has gold"),
        ({"gold": []}, "only that, has gold"),
        ({"nuggets": []}, "vital nugget"),
        ({"reason": "near_miss"}, "has a reason"),
        ({"split": {"dev": "test", "test": "dev"}[LINE["split"]]}, "split must be"),
        ({"nuggets": [{"text": "x", "vital": True, "match": ["("]}]}, "pattern"),
        ({"question": " "}, "question is missing"),
        ({"comment": "hi"}, "unknown fields comment"),
    ],
)
def test_an_unsound_line_is_refused_with_its_place_and_reason(
    change: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text("\n" + json.dumps({**LINE, **change}) + "\n")
    with pytest.raises(GoldenError, match=rf"set\.jsonl:2: .*{reason}"):
        golden.load(file, "all", measuring=True)


def test_a_line_that_is_no_json_and_an_id_used_twice_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text("{nope")
    with pytest.raises(GoldenError, match="not JSON"):
        golden.load(file)
    file.write_text(json.dumps(LINE) + "\n" + json.dumps(LINE))
    with pytest.raises(GoldenError, match="already at"):
        golden.load(file)
    with pytest.raises(GoldenError, match=r"No such file"):
        golden.load(tmp_path / "nowhere.jsonl")


def test_quotes_are_found_in_the_document_as_ingest_reads_it(library: Path) -> None:
    documents = golden.read_documents(library)
    query = golden.parse(LINE, "here")
    assert golden.check([query], documents) == []
    (span,) = golden.spans_of(query.gold[0], documents["kelp"])
    assert documents["kelp"].text[slice(*span)] == query.gold[0].quote


@pytest.mark.parametrize(
    ("quote", "question", "fault"),
    [
        ("Sea otters guard kelp, as otters eat the urchins", LINE["question"], "not in kelp"),
        ("Kelp forests shelter fish, crabs and", LINE["question"], "no quote holds the nugget"),
        (LINE["gold"][0]["quote"], "Do otters eat the urchins for us?", "question itself holds"),
        (LINE["gold"][0]["quote"], "Why do otters protect plants from urchins that graze?", "shares 80% of its words"),
    ],
)
def test_quotes_that_are_not_there_and_questions_that_give_the_answer_away_are_faults(
    library: Path, quote: str, question: str, fault: str
) -> None:
    query = golden.parse(LINE, "here")
    query = replace(query, question=question, gold=(golden.Gold("kelp", quote),))
    problems = golden.check([query], golden.read_documents(library))
    assert any(fault in problem for problem in problems), problems


def test_a_question_that_is_added_is_checked_and_kept(library: Path, tmp_path: Path) -> None:
    documents = golden.read_documents(library)
    typed = iter(
        [
            "Are otters any use to seaweed?",
            "yes",
            "coll",
            "kelp",
            "Sea otters protect kelp",
            "they protect it",
            "protects? kelp",
        ]
    )
    row = drafts.compose(lambda prompt: next(typed), documents)
    file = drafts.append(row, tmp_path)
    (query,) = golden.load(file, "all", measuring=True)
    assert (query.kind, query.style, query.answerable) == ("yes_no", "colloquial", True)
    assert golden.check([query], documents) == []


def test_a_question_whose_quote_is_not_there_is_refused_with_the_nearest_words(library: Path) -> None:
    typed = iter(["Are otters any use?", "yes", "plain", "kelp", "Sea otters guard kelp from urchins", "guard", ""])
    with pytest.raises(GoldenError, match="Sea otters protect kelp because"):
        drafts.compose(lambda prompt: next(typed), golden.read_documents(library))


def test_a_quote_may_cross_a_line_and_a_document_be_named_as_its_file(library: Path) -> None:
    quote = "Reefs bleach when warm water makes polyps drive out the algae that feed them."
    document = golden.read_documents(library)["reef"]
    document = replace(document, text=document.text.replace("drive out", "drive\nout"))  # as a text with long lines
    typed = iter(["What turns them white?", "why", "plain", "reef.txt", quote, "warm water", ""])
    row = drafts.compose(lambda prompt: next(typed), {"reef": document})
    assert row["gold"][0]["document"] == "reef"
    ((start, end),) = golden.spans_of(golden.Gold("reef", quote), document)
    assert " ".join(document.text[start:end].split()) == quote


def test_files_of_one_name_in_two_folders_go_by_their_paths(tmp_path: Path) -> None:
    for name in ("tern/notes.md", "knot/notes.md", "knot/crabs.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"# On {name}\n\nWords about {name} and nothing else.\n")
    documents = golden.read_documents(tmp_path)
    assert set(documents) == {"tern/notes.md", "knot/notes.md", "crabs"}
    file = tmp_path / "own.jsonl"
    file.write_text(json.dumps({"question": "Why?", "answer": "So.", "document": "tern/notes.md"}))
    assert formats.answers(file, documents)[0].gold[0].document == "tern/notes.md"
    file.write_text(json.dumps({"question": "Why?", "answer": "So.", "document": "notes.md"}))
    with pytest.raises(GoldenError, match=r"no document notes; which of knot/notes\.md, tern/notes\.md\?"):
        formats.answers(file, documents)


def test_the_documents_of_one_file_go_by_their_places_and_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    rows = [{"title": name, "text": f"{name} fly by night and rest by day."} for name in ("Terns", "Knots")]
    (tmp_path / "birds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "broken.pdf").write_bytes(b"no PDF")
    documents = golden.read_documents(tmp_path)
    assert {name: document.source.title for name, document in documents.items()} == {
        "birds.jsonl, line 1": "Terns", "birds.jsonl, line 2": "Knots",
    }  # fmt: skip


def test_a_golden_question_is_not_added_to_lines_of_another_form(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text('{"question": "Why?", "answer": ""}\n')
    with pytest.raises(GoldenError, match="a file of their own"):
        drafts.append({"question": "Why?", "answerable": False}, file)
    file.write_text(file.read_text() + '{"question": "Why?", "answerable": false}\n')
    with pytest.raises(GoldenError, match=r"own\.jsonl:2: a golden question among"):
        formats.answers(file, {})


def test_a_question_without_an_answer_is_added_with_its_reason(library: Path) -> None:
    typed = iter(["How deep do kelp roots go?", "number", "plain", "", "near", "kelp"])
    row = drafts.compose(lambda prompt: next(typed), golden.read_documents(library))
    assert (row["reason"], row["about"]) == ("near_miss", "kelp")
