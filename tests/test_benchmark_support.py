"""The benchmark of the support check: labelled sentences are read, told apart by what a model that did not see them says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from alignment_qa import support
from benchmarks.support import Row, attribution, falsified, lies, out_of_fold, statements


def test_labelled_sentences_lose_their_citation_numbers_and_keep_their_sources(tmp_path: Path) -> None:
    row = {
        "claim": "Kelp **grows** fast [1].", "references": ["Kelp grows. It is fast."], "question": "How?",
        "attribution_label": "attributable", "src_dataset": "ours",
    }  # fmt: skip
    (tmp_path / "dev.jsonl").write_text(json.dumps(row) + "\n")
    assert attribution(tmp_path) == [Row("Kelp grows fast.", ("Kelp grows.", "It is fast."), True, "How?", "ours")]


def test_facts_are_stated_as_true_where_the_documents_say_so_and_false_where_they_do_not(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    value = {
        "id": 0, "query": "Who won the cup?", "answer": ["Ada"], "fakeanswer": "Bo", "positive": ["Ada won the cup."],
        "positive_wrong": ["Bo won the cup."],
    }  # fmt: skip
    (tmp_path / "data" / "en_fact.json").write_text(json.dumps(value))
    told = [(row.sentence, row.texts, row.supported) for row in statements(tmp_path)]
    assert told == [
        ("Ada won the cup.", ("Ada won the cup.",), True), ("Bo won the cup.", ("Ada won the cup.",), False),
        ("Bo won the cup.", ("Bo won the cup.",), True), ("Ada won the cup.", ("Bo won the cup.",), False),
    ]  # fmt: skip
    assert [(row.texts, row.supported) for row in falsified(tmp_path)] == [
        (("Ada won the cup.",), False), (("Bo won the cup.",), True),
    ]  # fmt: skip


def test_few_lies_about_our_articles_pass_the_veto() -> None:
    rows = lies(seed=1, most=100)
    false = [row for row in rows if not row.supported]
    assert len(false) > 50
    assert sum(support.wrong(row.sentence, row.texts) is None for row in false) <= 0.05 * len(false)


def test_a_row_is_scored_by_a_model_that_did_not_see_its_question() -> None:
    rows = [Row(str(n), (), n % 2 == 0, str(n // 2), "ours") for n in range(40)]
    features = np.array([[float(row.supported)] for row in rows])
    scores = out_of_fold(features, rows)
    assert all((score > 0.5) == row.supported for score, row in zip(scores, rows, strict=True))
