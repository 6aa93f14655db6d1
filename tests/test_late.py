"""A question finds what meets it word by word, each word as it reads in its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alignment_qa import Assistant, encoders, late
from alignment_qa.encoders import Vectors
from alignment_qa.index import Index
from ingest.sync import sync


def words(*rows: tuple[int, Vectors]) -> late.Words8:
    return late.packed(np.array([row for _, row in rows], np.float32).reshape(-1, 3), [place for place, _ in rows])


EAST, NORTH, UP = np.eye(3, dtype=np.float32)
ASKED = late.Asked(np.array([EAST, NORTH]), np.array([0.75, 0.25], np.float32))


def test_only_words_that_carry_a_topic_are_looked_for() -> None:
    text = "Why couldn't the mesa-optimizer of 2019 know it?"
    assert [text[a:b] for a, b in late.content(text)] == ["mesa", "optimizer", "2019", "know"]


def test_each_word_of_the_question_meets_the_nearest_of_a_sentence_and_rare_ones_count_more() -> None:
    (met,) = late.in_sentences(ASKED, [words((0, EAST), (1, NORTH), (1, UP), (3, EAST), (3, NORTH))])
    assert met == pytest.approx([0.75, 0.25, 0.0, 1.0], abs=1e-6)


def test_the_words_of_a_passage_meet_those_of_the_question_wherever_they_stand() -> None:
    apart, half, none = words((0, EAST), (5, NORTH)), words((2, EAST)), words()
    assert late.in_passages(ASKED, [apart, half, none]) == pytest.approx([1.0, 0.75, 0.0], abs=1e-6)
    assert late.in_passages(ASKED, []) == []


def test_a_question_without_words_meets_nothing() -> None:
    assert late.in_passages(late.NOTHING, [words((0, EAST))]) == [0.0]


def test_words_that_the_encoder_did_not_read_are_left_out_of_the_question() -> None:
    encoder = encoders.load()
    _, rows = encoder.encode_query(["kelp forest"], [[(0, 4), (5, 11)]])
    whole = late.asked(rows, [3.0, 1.0], encoder)
    assert whole.weights == pytest.approx([0.75, 0.25])
    rows[1] = 0
    (weight,) = late.asked(rows, [3.0, 1.0], encoder).weights
    assert weight == 1.0


def test_a_words_bytes_keep_its_direction() -> None:
    encoder = encoders.load()
    text = "Sea otters protect kelp because otters eat the urchins that graze on kelp."
    _, rows = encoder.encode_within([text], [late.content(text)])
    short = late.narrowed(rows, encoder)
    assert short.shape == (9, late.WIDTH)
    kept = late.packed(short, range(9))
    assert kept.dtype == np.int8
    assert (late.directions(kept) * short).sum(axis=1).min() > 0.999


def test_what_is_kept_of_a_passage_tells_which_sentence_each_word_stands_in(library_index: Path) -> None:
    index = Index.open(library_index)
    (hit, *_) = index.search("Why do otters matter for kelp?")
    passage = hit.passage
    kept = index.words_in([passage])[passage.passage_id]
    counts = [len(late.content(passage.text[a - passage.start : b - passage.start])) for a, b in passage.sentences]
    assert [int((kept[:, 0] == n).sum()) for n in range(len(counts))] == counts


def test_another_encoders_words_are_kept_whole() -> None:
    own = encoders.TorchEncoder("some/other", encoders.packaged())
    assert late.width(own) == own.dimension
    _, rows = own.encode_query(["kelp"], [[(0, 4)]])
    assert np.allclose(late.narrowed(rows, own), rows, atol=1e-6)


def test_a_passage_meets_a_question_in_other_words_better_than_one_that_shares_its_topic(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# Harbours\n\nHarbours shelter ships from storms. Ships load and unload in a harbour. "
        "Pilots lead ships into the harbour and out of it.\n"
    )
    (tmp_path / "b.md").write_text(
        "# Fees\n\nThe town lives on what it earns. A captain who stays overnight at the quay pays nine crowns. "
        "Bakers and brewers pay by the year.\n"
    )
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "a.md", tmp_path / "b.md"], index)
    assistant = Assistant.open(tmp_path / "index", keyword_weight=0.0, question_weight=0.0)
    question = "How much does it cost a ship's captain to spend the night in the harbour?"
    met = assistant.index.meeting(question, [h.passage.passage_id for h in assistant.search(question)])
    (best, _), (other, _) = sorted(met.items(), key=lambda row: -row[1])
    assert assistant.index.passages([best])[best].source.title == "Fees"
    assert met[best] > met[other] + 0.02


def test_what_a_rare_word_counts_follows_the_index(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Otters\n\nOtters hold hands. Otters eat urchins near kelp.\n")
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "a.md"], index)
        before = index.looked_for("otters and kelp").weights
        for n in range(6):
            (tmp_path / f"{n}.md").write_text(f"# Otters {n}\n\nOtters sleep in the bay, all {n + 2} of them.\n")
        sync(sorted(tmp_path.glob("*.md")), index)
        after = index.looked_for("otters and kelp").weights
    assert before[0] == pytest.approx(before[1])
    assert after[1] > after[0]
