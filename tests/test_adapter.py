"""Questions are read so that they come near to what answers them, by the default encoder only, among the documents that the
training questions taught it, and by what those teach."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alignment_qa import adapter, encoders
from alignment_qa.encoders import unit
from alignment_qa.index import Index
from alignment_qa.lexical import terms
from eval import adapt, golden
from ingest.sync import sync

QUESTIONS = ["Where does kelp grow?", "Why would a machine pretend to agree with its makers?", ""]


def test_a_question_is_moved_a_little_and_keeps_its_length() -> None:
    encoder = encoders.load()
    moved = encoder.encode_taught(QUESTIONS)
    assert moved.shape == (3, encoder.dimension)
    assert np.allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-5)
    cosines = (moved * encoder.encode(QUESTIONS)).sum(axis=1)[:2]
    assert cosines.min() > 0.5
    assert cosines.max() < 0.999


def test_the_export_for_questions_agrees_with_the_adapted_model() -> None:
    model = adapter.adapt(encoders.packaged())
    original = unit(np.asarray(model.encode(QUESTIONS[:2]), np.float32))
    assert (encoders.load().encode_taught(QUESTIONS[:2]) * original).sum(axis=1).min() > encoders.AGREEMENT


def test_where_no_export_can_be_kept_questions_are_adapted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = encoders.load().encode_taught(QUESTIONS)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ALIGNMENT_QA_CACHE", str(tmp_path / "file" / "cache"))
    encoders.load.cache_clear()
    try:
        assert (encoders.load().encode_taught(QUESTIONS[:2]) * expected[:2]).sum(axis=1).min() > encoders.AGREEMENT
    finally:
        encoders.load.cache_clear()


def test_no_factors_leave_the_encoder_as_it_is() -> None:
    plain = encoders.packaged().encode(QUESTIONS)
    assert np.allclose(adapter.adapt(encoders.packaged(), {}).encode(QUESTIONS), plain, atol=1e-6)


def library(folder: Path, *documents: str) -> Index:
    """A reader of documents that begin with their own question, if any."""
    (folder / "texts").mkdir()
    for number, text in enumerate(documents):
        (folder / "texts" / f"{number}.md").write_text(text)
    with Index.open(folder / "index", write=True) as index:
        sync([folder / "texts"], index)
    return Index.open(folder / "index")


TAUGHT = f"---\nquestion: {min(adapter.taught())}\n---\n\n# Kelp\n\nKelp grows in cold water. It feeds many fish.\n"
OTHER = (
    "---\nquestion: Do otters hold hands?\n---\n\n# Otters\n\nOtters hold hands while they sleep. They eat urchins.\n"
)


def test_only_documents_that_the_adapter_was_taught_are_sought_by_it(tmp_path: Path) -> None:
    encoder = encoders.load()
    plain, adapted = encoder.encode(QUESTIONS[:1])[0], encoder.encode_taught(QUESTIONS[:1])[0]
    for name, documents in (("own", [TAUGHT]), ("others", [OTHER]), ("both", [TAUGHT, OTHER])):
        (tmp_path / name).mkdir()
        with library(tmp_path / name, *documents) as index:
            sought = index.sought(QUESTIONS[0])
            found = index.near(QUESTIONS[0], 2)
            assert len(found) == len(documents)
            for passage_id, cosine in found:
                title = index.passages([passage_id])[passage_id].source.title
                assert sought.knows(passage_id) == (title == "Kelp")
                vector = adapted if title == "Kelp" else plain
                assert np.allclose(sought.of(passage_id), vector, atol=1e-5)
                (own,) = (hit for hit in index.nearest(vector, 2) if hit.passage.passage_id == passage_id)
                assert cosine == pytest.approx(own.score, abs=1e-5)
            assert [hit.passage.passage_id for hit in index.search(QUESTIONS[0], 1)] == [found[0][0]]


def test_a_question_to_other_people_s_documents_loads_no_adapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with library(tmp_path, OTHER) as index:
        monkeypatch.setattr(index.encoder, "encode_taught", None)
        assert index.search(QUESTIONS[0])


def test_what_the_adapter_reads_is_as_near_on_average_as_what_is_read_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with library(tmp_path, TAUGHT, OTHER) as index:
        names = [name for name, _ in index.near(QUESTIONS[0], 2)]
        near, sought = index.closeness(QUESTIONS[0], names), index.sought(QUESTIONS[0])
        (own,) = (name for name in names if sought.knows(name))
        (other,) = (name for name in names if not sought.knows(name))
        monkeypatch.setattr(Index, "taught", lambda self: frozenset())
        plain = index.closeness(QUESTIONS[0], names)
        assert near[other] == pytest.approx(plain[other])
        every = frozenset(source.doc_id for source in index.sources())
        monkeypatch.setattr(Index, "taught", lambda self: every)
        adapted = index.closeness(QUESTIONS[0], names)
        apart = sum(plain.values()) / 2 - sum(adapted.values()) / 2
        assert near[own] == pytest.approx(adapted[own] + apart, abs=1e-5)
        assert abs(apart) > 1e-3


def test_an_index_of_another_encoder_was_taught_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with library(tmp_path, TAUGHT) as index:
        monkeypatch.setattr(index.encoder, "name", "some/other")
        assert not index.taught()


def test_what_is_taken_from_an_index_changes_how_questions_to_it_are_read(tmp_path: Path) -> None:
    with library(tmp_path, TAUGHT, OTHER) as index:
        before = index.sought(QUESTIONS[0])
        assert len(before.taught) == 1
        with Index.open(tmp_path / "index", write=True) as writer:
            writer.remove(next(s.doc_id for s in writer.sources() if s.title == "Kelp"))
        after = index.sought(QUESTIONS[0])
        assert not after.taught
        assert np.allclose(after.adapted, before.plain)


def test_the_shipped_articles_are_those_that_the_adapter_was_taught() -> None:
    articles = golden.read_documents(golden.ARTICLES).values()
    taught = [document for document in articles if document.questions[0] in adapter.taught()]
    assert len(taught) > 0.95 * len(articles), "teach it the new ones: python -m eval.adapt --write"


def test_passages_are_sought_by_the_adapted_question_and_other_questions_by_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with library(tmp_path, TAUGHT) as index:
        (_, plain), *_ = index.near(QUESTIONS[0], 2)
        against = -index.encoder.encode_taught([QUESTIONS[0]])
        index._sought.clear()
        monkeypatch.setattr(index.encoder, "encode_taught", lambda texts: against)
        assert index.near(QUESTIONS[0], 2)[-1][1] < 0 < plain
        assert index.asked(min(adapter.taught()))[0][1] == pytest.approx(1.0, abs=1e-3)


def small(questions: list[str], answers: list[str], owners: list[int]) -> adapt.Taught:
    """Each answer is a passage of its own, and the articles are as `owners` says."""
    vectors = np.asarray(encoders.packaged().encode(answers), np.float32)
    numbers = np.arange(len(answers))
    return adapt.Taught(questions, np.array(owners), numbers, vectors, vectors, numbers, np.array(owners), [])


PAIRS = {
    "What does blue mean?": "Stop at the gate and wait.",
    "What does red mean?": "All visitors may enter now.",
    "What does green mean?": "Somebody has found a mushroom.",
    "What does white mean?": "Dinner is served in the hall.",
    "What does black mean?": "The bridge is closed for repair.",
    "What does yellow mean?": "A storm comes from the sea.",
}


def test_what_is_fitted_brings_questions_to_the_sentences_that_answer_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapt, "EPOCHS", 15)
    taught = small(list(PAIRS), list(PAIRS.values()), [0, 0, 1, 1, 2, 2])
    numbers = np.arange(len(PAIRS))
    before = adapt.ranks(taught, numbers, adapt.encoded(taught.questions, {}))
    fitted = adapt.fit(taught)
    after = adapt.ranks(taught, numbers, adapt.encoded(taught.questions, fitted))
    assert (before == 0).mean() < 0.7
    assert (after == 0).all()
    assert {rows.shape[kind.startswith(adapter.UP)] for kind, rows in fitted.items()} == {adapt.RANK}


def test_the_articles_left_out_teach_nothing() -> None:
    answers = list(PAIRS.values())
    used = np.array([True] * 4 + [False] * 2)
    one = small(list(PAIRS), answers, [0, 0, 1, 1, 2, 2])
    other = small(list(PAIRS), [*answers[:4], "Quite another thing.", "And one more."], [0, 0, 1, 1, 2, 2])
    fitted = [adapt.fit(taught, used) for taught in (one, other)]
    assert all(np.array_equal(fitted[0][name], fitted[1][name]) for name in fitted[0])


def test_what_the_adapter_gives_is_told_for_articles_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapt, "EPOCHS", 1)
    taught = small([*PAIRS, "What is blue?"], [*PAIRS.values(), "Blue is a colour."], [0, 0, 1, 1, 2, 2, 2])
    taught = replace(taught, answers=np.array([*range(len(PAIRS)), adapt.UNKNOWN]))
    *parts, whole, passages = adapt.across(taught, 3)
    assert [int(part.split()[1]) for part in parts] == [2, 2, 2]  # that whose sentence is not known is not asked
    assert whole.startswith("all: 6 questions")
    assert "came among the first" in passages


def test_every_training_question_points_at_an_article_and_all_but_a_few_at_a_sentence_that_is_there() -> None:
    documents = golden.read_documents(golden.ARTICLES)
    found: Counter[bool] = Counter()
    for line in adapt.lines():
        assert {"article", "question", "answered_by"} <= set(line) <= {"article", "question", "answered_by", "lacks"}
        assert bool(line["answered_by"]) != bool(line.get("lacks")), line["question"]
        text = " ".join(documents[line["article"]].text.split())
        found.update(start in text for start in line["answered_by"])
    assert found[True] > 0.97 * found.total(), "many sentences are gone: mend `answered_by`, or take the lines out"


def test_no_training_question_is_a_golden_one() -> None:
    asked = [set(terms(query.question)) for query in golden.load(split="all", measuring=True)]
    for line in adapt.lines():
        words = set(terms(line["question"]))
        alike = [one for one in asked if one and len(one & words) > golden.QUESTION_SHARED * len(one | words)]
        assert not alike, line["question"]


def test_another_encoder_is_given_the_prompts_that_it_states() -> None:
    model = encoders.packaged()
    plain = np.asarray(model.encode(["query: kelp", "passage: kelp"]), np.float32)
    model.prompts = {"query": "query: ", "document": "passage: "}
    encoder = encoders.TorchEncoder("some/other", model)
    assert np.allclose(encoder.encode_query(["kelp"])[0], plain[0], atol=1e-5)
    assert np.allclose(encoder.encode(["kelp"])[0], plain[1], atol=1e-5)
