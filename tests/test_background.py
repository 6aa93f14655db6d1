"""What is near a question counts from how near the passages are to questions about anything at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from alignment_qa import Assistant, background
from alignment_qa.answerable import model
from alignment_qa.index import Index
from alignment_qa.lexical import terms
from benchmarks import elsewhere
from eval import golden
from ingest.sync import sync
from tests.conftest import LIBRARY


def test_the_background_is_what_most_everyday_questions_come_to() -> None:
    assert background.closeness([[0.1, 0.2, 0.3], [0.4], [0.8, 0.9], [0.6]]) == 0.35
    assert background.closeness([[0.2]] * 10 + [[0.9]] * 20) == 0.2, "a third that are not its subject tell"
    assert background.closeness([[], []]) == -1


def test_a_cosine_keeps_its_share_of_the_way_from_the_background_to_one() -> None:
    assert background.above(0.6, background=0.2, usual=0.1) == pytest.approx(0.55)
    assert background.above(0.2, background=0.2, usual=0.1) == pytest.approx(0.1)
    assert background.above(1.0, background=0.2, usual=0.1) == pytest.approx(1.0)
    assert background.above(0.6, background=0.1, usual=0.1) == pytest.approx(0.6)
    assert background.above(0.6, background=-0.2, usual=0.1) == pytest.approx(0.6), "a small corpus is read as it is"
    assert background.above(0.5, background=1.0, usual=0.1) < 0.5, "a corpus of one sentence said over and over"


def probabilities(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, backgrounds: Sequence[float | None]
) -> list[float]:
    """How probable it is that the same hits answer, at each of these backgrounds."""
    asked = assistant.understand("Which animals shelter in seagrass?")
    hits = assistant.gather_hits(asked)
    found = []
    for here in backgrounds:
        monkeypatch.setattr(assistant.index, "background", lambda here=here: here)
        found.append(assistant.gather_evidence(asked, hits).probability)
    return found


def test_the_nearer_everything_is_the_nearer_an_answer_has_to_be(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    low, middle, high = probabilities(assistant, monkeypatch, [0.2, 0.4, 0.6])
    assert low > middle > high


def test_an_index_without_a_background_is_read_as_the_articles_are(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown, usual = probabilities(assistant, monkeypatch, [None, model(1.0)["thresholds"]["background"]])
    assert unknown == pytest.approx(usual)


def test_an_ingest_measures_the_background_anew_only_where_something_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    name, text = next(iter(LIBRARY.items()))
    (folder / name).write_text(text)
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
        alone = index.background()
    with Index.open(tmp_path / "index", write=True) as index:
        with monkeypatch.context() as patched:
            patched.setattr(background, "questions", lambda: pytest.fail("nothing has changed"))
            sync([folder], index)
        (folder / "kitchen.md").write_text("# Kitchen\n\n" + " ".join(background.questions()[:60]))
        sync([folder], index)
        assert alone is not None
        assert index.background() > alone
    assert Index.open(tmp_path / "index").background() > alone  # type: ignore[operator]


def test_the_everyday_questions_are_none_that_we_are_measured_by() -> None:
    everyday = [set(terms(question)) for question in background.questions()]
    measured = [query.question for query in golden.load(split="all", measuring=True)]
    measured += [json.loads(line)["question"] for line in elsewhere.QUESTIONS.read_text().splitlines()]
    assert len(everyday) == len(set(background.questions())) > 100
    for question in measured:
        words = set(terms(question))
        assert not [one for one in everyday if len(one & words) > golden.QUESTION_SHARED * len(one | words)], question
