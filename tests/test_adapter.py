"""Questions are brought nearer to their answers, of the default encoder only, and by what the articles teach."""

from __future__ import annotations

import numpy as np
import pytest

from alignment_qa import adapter
from alignment_qa.config import DEFAULT_ENCODER
from alignment_qa.encoders import unit
from alignment_qa.index import Index
from eval import adapt
from ingest.sync import sync


def some(count: int, dimension: int = 384) -> np.ndarray:
    return unit(np.random.default_rng(3).normal(size=(count, dimension)).astype(np.float32))


def test_a_question_is_moved_a_little_and_keeps_its_length() -> None:
    for question in some(5):
        moved = adapter.adapt(question, DEFAULT_ENCODER)
        assert moved.shape == question.shape
        assert moved.dtype == np.float32
        assert np.linalg.norm(moved) == pytest.approx(1.0, abs=1e-5)
        assert 0.5 < moved @ question < 0.9999


def test_another_encoders_questions_are_left_alone() -> None:
    (question,) = some(1, 64)
    assert adapter.adapt(question, "BAAI/bge-small-en-v1.5") is question


def test_passages_are_sought_by_the_adapted_question_and_plain_search_by_the_question(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.md").write_text("# Otters\n\nOtters hold hands while they sleep. They eat urchins.\n")
    (tmp_path / "b.md").write_text("# Kelp\n\nKelp grows in cold water. It feeds many fish.\n")
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "a.md", tmp_path / "b.md"], index)
        (_, plain), *_ = index.near("Where does kelp grow?", 2)
        searched = index.search("Where does kelp grow?", 2)[0].score
        monkeypatch.setattr(adapter, "adapt", lambda vector, _: -vector)
        assert index.near("Where does kelp grow?", 2)[-1][1] < 0 < plain
        assert index.search("Where does kelp grow?", 2)[0].score == pytest.approx(searched)


def test_what_is_fitted_brings_questions_to_their_own_article() -> None:
    rng = np.random.default_rng(0)
    articles, dimension = 12, 32
    sentences = unit(rng.normal(size=(articles, dimension)).astype(np.float32))
    turn = np.linalg.qr(rng.normal(size=(dimension, dimension)))[0].astype(np.float32)
    # Every question lies where its answer would, were all turned by the same amount: as questions are from answers.
    owners = np.repeat(np.arange(articles), 30)
    asked = unit(sentences[owners] + sentences[owners] @ turn + 0.05 * rng.normal(size=(len(owners), dimension)))
    taught = adapt.Taught(asked.astype(np.float32), owners, sentences, np.arange(articles))
    down, up = adapt.fit(taught, owners % 2 == 0)
    before = (taught.questions * sentences[owners]).sum(axis=1) - (taught.questions @ sentences.T).mean(axis=1)
    moved = unit(taught.questions + taught.questions @ down @ up)
    after = (moved * sentences[owners]).sum(axis=1) - (moved @ sentences.T).mean(axis=1)
    even = owners % 2 == 0
    assert after[even].mean() > before[even].mean()
    assert down.shape == (dimension, adapt.RANK)


def test_the_articles_left_out_teach_nothing() -> None:
    sentences = unit(np.random.default_rng(1).normal(size=(4, 16)).astype(np.float32))
    owners = np.repeat(np.arange(4), 10)
    taught = adapt.Taught(sentences[owners], owners, sentences, np.arange(4))
    other = adapt.Taught(sentences[owners], owners, np.vstack([sentences[:3], -sentences[3:]]), np.arange(4))
    known = owners < 3
    for one, two in zip(adapt.fit(taught, known), adapt.fit(other, known), strict=True):
        assert np.array_equal(one, two)
