"""The measuring functions of the benchmarks, against values worked out by hand."""

from __future__ import annotations

import json
import math
import re
import socket
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from alignment_qa import Assistant
from alignment_qa.index import Index
from alignment_qa.types import Hit, Passage, Source
from benchmarks import chunking, common, constants, drawn, headed, latency, listed, mtrag, peers, pipelines, scifact
from benchmarks.pipelines import Piece
from ingest.sync import sync


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


def test_the_check_of_written_sentences_is_timed_beside_the_quoted_answer(
    library_index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    latency.report_checks(library_index, ["What is a kelp forest?"])
    printed = capsys.readouterr().out
    assert "of 1 answers" in printed
    assert "of the time of a quoted answer" in printed


@pytest.fixture
def conversation(tmp_path: Path) -> Path:
    """A folder as MTRAG's: a conversation of two questions, the person's rewrites and the judgements."""
    folder = tmp_path / "retrieval_tasks" / "govt"
    (folder / "qrels").mkdir(parents=True)
    first, both = "|user|: What is a kelp forest?", "|user|: What is a kelp forest?\n|user|: Where does it grow?"
    for name, texts in {"questions": (first, both), "rewrite": (first, "|user|: Where do kelp forests grow?")}.items():
        rows = [json.dumps({"_id": f"c<::>{turn}", "text": text}) for turn, text in enumerate(texts, 1)]
        (folder / f"govt_{name}.jsonl").write_text("\n".join(rows))
    (folder / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nc<::>2\tp1\t1\nc<::>2\tp2\t0\n")
    return tmp_path


def test_a_conversation_is_read_with_its_questions_so_far_and_the_persons_rewrite(conversation: Path) -> None:
    first, second = mtrag.read(conversation, "govt")
    assert second.asked == ("What is a kelp forest?", "Where does it grow?")
    assert second.rewrite == "Where do kelp forests grow?"
    assert first.conversation == second.conversation == "c"
    assert (first.changed, second.changed) == (False, True)
    assert mtrag.read_judged(conversation / "retrieval_tasks" / "govt" / "qrels" / "dev.tsv") == {"c<::>2": {"p1"}}


def test_a_follow_up_is_put_in_each_way(conversation: Path) -> None:
    *_, task = mtrag.read(conversation, "govt")
    put = {way: task.put(way, mtrag.nowhere) for way in mtrag.WAYS}
    assert put["last turn"] == "Where does it grow?"
    assert put["all turns"] == "What is a kelp forest?\nWhere does it grow?"
    assert "kelp forest" in put["ours"]
    assert put["person's rewrite"] == task.rewrite


def test_words_put_in_are_held_against_the_persons() -> None:
    assert mtrag.put_in("Where does it grow?", "Where does kelp soup grow?", "Where do kelp forests grow?") == (
        0.5,
        0.5,
    )
    assert mtrag.put_in("Where does it grow?", "Where does it grow?", "Where do kelp forests grow?") == (0, None)
    assert mtrag.put_in("Does kelp grow?", "Does kelp grow?", "Does kelp grow?") == (None, None)


def test_a_way_of_asking_is_measured_by_the_documents_it_finds(conversation: Path) -> None:
    *_, task = mtrag.read(conversation, "govt")

    def retriever(question: str, k: int) -> list[Hit]:
        order = ("right", "wrong") if "kelp" in question else ("wrong", "right")
        return [Hit(passage(name, name), 1 / rank, rank) for rank, name in enumerate(order, 1)]

    found = {
        way: mtrag.run(way, {task.id: task}, retriever, {task.id: {"right"}}, ("R@1", "RR@10"), mtrag.nowhere)
        for way in ("last turn", "ours")
    }
    assert found["last turn"] == {"R@1": [0], "RR@10": [0.5]}
    assert found["ours"] == {"R@1": [1], "RR@10": [1]}


def test_a_difference_is_told_with_its_sign_and_one_cluster_gives_no_interval() -> None:
    assert common.interval([0.5, 0.5], ["a", "b"], signed=True) == "+0.500 [+0.500, +0.500]"
    assert common.interval([0.5, 0.5], ["a", "a"]) == "0.500 [one cluster]"
    assert common.interval([], []) == "–"


def words(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def test_pieces_are_read_until_the_budget_is_full_and_the_last_in_part() -> None:
    pieces = [Piece("a", "one two"), Piece("b", "three four five six"), Piece("a", "seven")]
    assert peers.within(pieces, 4, words) == [Piece("a", "one two"), Piece("b", "three four")]
    assert peers.within(pieces, 7, words) == pieces


def test_a_piece_is_found_again_whatever_became_of_its_white_space() -> None:
    place = peers.Place("Kelp\n\ngrows  in cold\nwater.")
    assert place.of("grows in cold") == place.span(6, 20)
    with pytest.raises(ValueError, match="not found"):
        place.of("warm water")


def test_a_quote_counts_when_pieces_together_hold_it_whole() -> None:
    places = {"a": peers.Place("Kelp grows in cold water. Otters eat urchins.")}
    asked = peers.Asked("?", "a", {"a": [[(0, 25)], [(26, 45)]]})
    first = [Piece("a", "Kelp grows in"), Piece("a", "grows in cold water.")]
    assert peers.quotes(asked, first, places) == 0.5
    assert peers.quotes(asked, [*first, Piece("a", "Otters eat")], places) == 0.5
    assert peers.quotes(asked, [Piece("b", "Kelp grows in cold water.")], places) == 0
    assert peers.share(asked, first, places) == pytest.approx(21 / 38)  # characters, without spaces


def test_a_document_ranks_by_its_first_piece() -> None:
    scores = peers.by_rank([Piece("b", "1"), Piece("a", "2"), Piece("b", "3")])
    assert sorted(scores, key=lambda name: -scores[name]) == ["b", "a"]


def test_a_peer_that_is_not_installed_is_named_by_the_module_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pipelines.PEERS, "none", (pipelines.txtai, ("json", "no_such_module", "no_such.module")))
    assert pipelines.missing("none") == ["no_such_module", "no_such.module"]


def test_systems_are_asked_the_same_and_ranked_with_what_ours_has_more(capsys: pytest.CaptureFixture[str]) -> None:
    texts = {"kelp": "Kelp grows in cold water.", "otter": "Otters eat urchins."}
    asked = {"1": peers.Asked("Where does kelp grow?", "1", {"kelp": []}), "2": peers.Asked("Who?", "2", {"otter": []})}

    def measures(found: object) -> dict[str, list[float]]:
        return {"first": [float(pieces[0].doc_id in asked[name].wanted) for name, pieces in found.items()]}  # type: ignore[attr-defined]

    def always(first: str) -> pipelines.Search:
        return lambda question, k: [Piece(name, texts[name]) for name in sorted(texts, key=lambda n: n != first)]

    part = peers.Part("two", texts, asked, always("kelp"), 2, measures)

    class Lengths:
        encoder = type("Encoder", (), {"count": staticmethod(words)})

    peers.ask(part, [], Lengths())  # type: ignore[arg-type]
    part.found["worse"] = {name: pieces[::-1] for name, pieces in part.found[peers.OURS].items()}
    part.found["worse"]["2"] = part.found[peers.OURS]["2"]
    part.seconds["worse"] = [2 * seconds for seconds in part.seconds[peers.OURS]]
    peers.report(part, 0, Lengths())  # type: ignore[arg-type]
    header, best, worse, _ = capsys.readouterr().out.strip().splitlines()
    assert header.startswith("two  ")
    assert best.startswith("ours   0.500")
    assert best.endswith("1.00")
    assert worse.startswith("worse  0.000")
    assert "+0.500" in worse
    assert worse.endswith("2.00")


@pytest.mark.parametrize("name", pipelines.PEERS)
@pytest.mark.filterwarnings("ignore")  # the peers' own
def test_a_peer_finds_the_document_that_answers_and_calls_no_other_machine(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if absent := pipelines.missing(name):
        pytest.skip(f"{', '.join(absent)} not installed: pip install -r requirements-benchmarks.txt")
    pipelines.quiet()
    looked_up: list[object] = []
    known = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **named: looked_up.append(host) or known(host, *rest, **named)
    )
    texts = {
        "kelp": "Kelp forests grow in cold water along rocky coasts, fixed to the ground.",
        "otter": "Sea otters open shells with stones, which they keep under an arm.",
        "reef": "Coral reefs stand in warm and shallow seas.",
    }
    search = pipelines.PEERS[name][0](texts, pipelines.Embedded(tmp_path))
    found = search("Which animals open shells with stones?", 2)
    assert found[0] == Piece("otter", texts["otter"])
    assert len(found) == 2
    assert not {host for host in looked_up if host not in ("localhost", "127.0.0.1", "::1", None)}


def test_every_constant_that_other_values_are_tried_for_is_set_and_comes_back() -> None:
    for name, values in constants.TRIED.items():
        place, _, attribute = name.rpartition(".")
        module = import_module(f"alignment_qa.{place}")
        with constants.instead(name, values[0]):
            assert getattr(module, attribute) == values[0]
        assert getattr(module, attribute) not in values


def test_a_hidden_question_is_found_by_those_of_its_article_or_by_another_s() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [0.6, 0.8]], np.float32)
    ahead, right = listed.nearest(vectors, np.array([0, 0, 1, 1]))
    assert right.tolist() == [True, False, True, False]
    assert ahead.tolist() == pytest.approx([0.2, 0.16, 0.2, 0.16])


def test_a_question_that_a_heading_asks_is_told_by_where_its_answer_stands(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "reef.md").write_text(
        "# The reef\n\n## Why do otters hold hands?\n\nA current would carry them apart in their sleep.\n\n"
        "## Otters at night\n\nOtters hold hands when they sleep, and wrap themselves in kelp as well.\n"
    )
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "texts"], index)
    assistant = Assistant.open(tmp_path / "index")
    assert headed.asked(assistant.index) == ["Why do otters hold hands?"]
    assert headed.told(assistant, "Why do otters hold hands?") == (True, True, True, True)
    assert headed.told(assistant, "Where do otters hold hands?")[1:] == (False, False, False)


def test_a_question_written_for_a_passage_is_told_by_the_sentence_that_answers_it(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "reef.md").write_text(
        "# The reef\n\nOtters hold hands when they sleep, since a current would carry them apart.\n\n"
        "## Night\n\nKelp grows in cold water, and feeds a great many fish of the open sea.\n"
    )
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "texts"], index)
    assistant = Assistant.open(tmp_path / "index")
    places = drawn.sentences(assistant.index)
    asked = {"question": "Why do otters hold hands when they sleep?"}
    right = drawn.digest("Otters hold hands when they sleep, since a current would carry them\napart.")
    wrong = drawn.digest("Kelp grows in cold water, and feeds a great many fish of the open sea.")
    *found, words = drawn.told(assistant, asked | {"answered_by": [right]}, places)
    assert found == [True, True, True, True, True]
    assert words == 13
    assert drawn.told(assistant, asked | {"answered_by": [wrong]}, places) == (False, True, True, False, False, 13)


def test_the_sentences_that_questions_were_written_for_are_named_and_not_kept() -> None:
    for line in drawn.QUESTIONS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert set(row) == {"question", "answered_by"}
        assert row["answered_by"]
        assert all(re.fullmatch("[0-9a-f]{12}", name) for name in row["answered_by"])
