"""The measuring functions of the benchmarks, against values worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from alignment_qa.types import Hit, Passage, Source
from benchmarks import chunking, common, latency, scifact


def passage(name: str, doc_id: str = "a", start: int = 0, end: int = 10) -> Passage:
    return Passage(name, Source(doc_id, doc_id), "x" * (end - start), start, end, doc_id)


def hits(*scored: tuple[str, float]) -> list[Hit]:
    return [Hit(passage(name), score, rank) for rank, (name, score) in enumerate(scored, 1)]


def names(found: Sequence[Hit]) -> list[str]:
    return [hit.passage.passage_id for hit in found]


def test_a_sample_of_questions_keeps_their_order_and_is_the_same_for_a_seed() -> None:
    questions = {number: str(number) for number in range(50)}
    some = common.limited(questions, 5, seed=1)
    assert len(some) == 5
    assert list(some) == sorted(some)
    assert some == common.limited(questions, 5, seed=1)
    assert common.limited(questions, None, seed=1) == questions


def test_measures_are_those_of_the_field_and_finding_nothing_counts_as_zero() -> None:
    runs = {"one": {"right": 0.5, "wrong": 0.9}, "two": {}}
    values = common.measured(runs, {"one": {"right"}, "two": {"right"}}, ["nDCG@10", "R@1", "RR@10"])
    assert values["nDCG@10"] == pytest.approx([1 / math.log2(3), 0])
    assert values["R@1"] == [0, 0]
    assert values["RR@10"] == [0.5, 0]


def test_a_mean_is_told_with_its_interval() -> None:
    assert common.mean([1.0, 1.0, 1.0]) == "1.000 [1.000, 1.000]"
    assert common.mean([]) == "–"


def test_rank_fusion_adds_the_reciprocals_of_ranks() -> None:
    search = common.by_ranks(
        lambda question, k: hits(("a", 9), ("b", 8)), lambda question, k: hits(("b", 1), ("c", 0.5)), pool=2, constant=1
    )
    found = search("?", 3)
    assert names(found) == ["b", "a", "c"]
    assert [hit.score for hit in found] == pytest.approx([1 / 3 + 1 / 2, 1 / 2, 1 / 3])


def test_the_min_max_combination_scales_each_half_before_adding() -> None:
    search = common.by_range(
        lambda question, k: hits(("a", 0.9), ("b", 0.6), ("c", 0.5)),
        lambda question, k: hits(("c", 8), ("b", 4)),
        weight=0.5,
        pool=3,
    )
    found = search("?", 2)
    assert names(found) == ["a", "c"]  # .5 each, b has .125 + .25
    assert [hit.score for hit in found] == pytest.approx([0.5, 0.5])


def test_a_table_has_straight_columns() -> None:
    assert common.table(["", "x"], [["long", "1"], ["b", "20"]]) == "       x\nlong   1\nb     20"


def test_printed_lists_of_strings_are_read_back() -> None:
    printed = "['One.'\n 'Two \\'quoted\\' (n = 1).' \"It's three.\"]"
    assert scifact.strings(printed) == ["One.", "Two 'quoted' (n = 1).", "It's three."]


def test_a_document_scores_as_its_best_passage() -> None:
    found = [Hit(passage("1", "a"), 0.3, 1), Hit(passage("2", "b"), 0.2, 2), Hit(passage("3", "b"), 0.4, 3)]
    assert scifact.by_document(found) == {"a": 0.3, "b": 0.4}


def test_hits_are_kept_until_one_does_not_fit_the_budget() -> None:
    found = [Hit(passage(str(n), end=length), 1.0, n) for n, length in enumerate((5, 4, 9, 1))]
    kept = chunking.within(found, 10, lambda texts: [len(text) for text in texts])
    assert names(kept) == ["0", "1"]


def test_the_share_found_counts_each_wanted_character_once_and_in_its_own_document() -> None:
    question = chunking.Question("?", "a", ((0, 10), (20, 30)))
    here = [Hit(passage("1", "a", 5, 25), 1.0, 1), Hit(passage("2", "a", 8, 22), 1.0, 2)]
    elsewhere = [Hit(passage("3", "b", 0, 30), 1.0, 3)]
    assert chunking.share(question, here) == 0.5  # 5–10 and 20–25
    assert chunking.share(question, elsewhere) == 0


def test_wikitext_headings_are_found_with_their_levels() -> None:
    text = " = Kelp = \nKelp grows .\n = = Uses = = \n1 = 1 stays .\n"
    found = list(chunking.headings(text))
    assert [(heading.level, heading.title) for heading in found] == [(1, "Kelp"), (2, "Uses")]
    assert text[found[1].start :].startswith(" = = Uses")


def test_made_up_passages_are_exact_spans_of_their_document() -> None:
    words = np.array(["kelp", "otter", "reef"])
    document, passages = latency.made_up_document(7, 3, words, np.random.default_rng(0))
    assert len(passages) == 3
    for each in passages:
        assert document.text[each.start : each.end] == each.text
        assert [document.text[end - 1] for _, end in each.sentences] == ["."] * latency.SENTENCES


def test_stages_are_timed_in_order_with_the_parts_measured_alone_last(assistant: object) -> None:
    stages = latency.timed(assistant, ["What is a kelp forest?", "Why do otters protect kelp?"])  # type: ignore[arg-type]
    assert list(stages)[-3:] == ["total", "encoding alone", "retrieval alone"]
    assert all(value > 0 for ms in stages.values() for value in ms)
    assert max(stages["retrieve"]) <= max(stages["total"])
