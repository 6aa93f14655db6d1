"""Noise that looks like an answer: made of the documents at hand, about the right thing, and without the answer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alignment_qa.glossary import Glossary
from alignment_qa.index import Index
from alignment_qa.lexical import terms
from alignment_qa.types import Document, Turn
from eval import noise, perturbations, robustness
from eval.golden import Gold, read_documents
from eval.runs import Run
from tests.conftest import make_index
from tests.test_eval_robustness import QUERIES, claim

ASKED = [query for query in QUERIES if query.gold]


@pytest.fixture(scope="module")
def documents(library: Path) -> dict[str, Document]:
    return read_documents(library)


@pytest.fixture(scope="module")
def index(library_index: Path) -> Iterator[Index]:
    with Index.open(library_index) as opened:
        yield opened


def test_gold_words_are_said_of_another_document_s_subject(documents: dict[str, Document], index: Index) -> None:
    made = noise.swapped(ASKED, documents, index, random.Random(0))
    assert set(made) == {"swapped-kelp", "swapped-seagrass", "swapped-reef"}
    kelp = made["swapped-kelp"]
    assert "kelp forest" not in kelp.lower()
    assert "otters eat the urchins that graze on" in kelp
    assert "shrank" not in kelp  # another paragraph, which no question is about
    assert any(f"A {name} is a dense stand" in kelp for name in ("seagrass meadow", "coral reef")), kelp


def test_a_subject_is_known_by_its_glossary_names_and_swapped_for_a_term_too(library: Path, tmp_path: Path) -> None:
    (tmp_path / "sea").mkdir()
    (tmp_path / "sea" / "kelp.md").write_bytes((library / "kelp.md").read_bytes())
    entries = [
        {"term": "Kelp forest", "definition": "A stand of algae.", "synonyms": ["dense stand of large brown algae"]},
        {"term": "The mangrove swamp", "definition": "Trees in salt water."},
    ]
    with Index.open(make_index(tmp_path / "sea", tmp_path / "index"), write=True) as index:
        index.bring_glossary(Glossary.of(entries))
        made = noise.swapped(ASKED[:1], read_documents(tmp_path / "sea"), index, random.Random(0))
    assert "Mangrove swamp shelter fish" in made["swapped-kelp"]
    assert "is a mangrove swamp in cold" in made["swapped-kelp"]


def test_where_a_whole_document_answers_the_paragraph_nearest_to_the_question_is_swapped(
    documents: dict[str, Document], index: Index
) -> None:
    whole = replace(ASKED[0], question="What did the heat wave do to kelp?", gold=(Gold("kelp", ""),), nuggets=())
    made = noise.swapped([whole], documents, index, random.Random(0))
    assert "shrank by 40 percent" in made["swapped-kelp"]
    assert "dense stand" not in made["swapped-kelp"]
    turned = perturbations.contradicting([whole], documents, random.Random(0))
    assert "shrank by 40 percent" not in turned["contradicting-kelp"]


def test_what_comes_nearest_elsewhere_is_repeated_once_under_the_title_of_what_answers(
    documents: dict[str, Document], index: Index
) -> None:
    after = replace(ASKED[0], id="after", history=(Turn("user", "What is a kelp forest?"),))
    made = noise.nearest([ASKED[0], after, ASKED[1]], documents, index)
    assert list(made) == ["nearest-0", "nearest-2"]  # the second question has nothing new beside it
    kelp = made["nearest-0"]
    assert kelp.startswith('---\ntitle: "Kelp forests, notes 1"')
    assert any(words in kelp for words in ("Seagrass meadows slow", "Coral reefs are ridges"))
    assert "otters" not in kelp


def test_a_passage_elsewhere_that_holds_the_answer_is_no_noise(documents: dict[str, Document], index: Index) -> None:
    everywhere = replace(ASKED[0].nuggets[0], match=("the",))
    assert noise.nearest([replace(ASKED[0], nuggets=(everywhere,))], documents, index) == {}


def test_a_note_has_every_word_of_its_question_and_none_of_the_answer(documents: dict[str, Document]) -> None:
    made = noise.echoed(ASKED, documents, random.Random(0))
    for query, text in zip(ASKED, made.values(), strict=True):
        assert set(terms(query.question)) <= set(terms(text))
        assert not any(nugget.found_in(text) for nugget in query.nuggets)


def test_the_same_seed_makes_the_same_noise(documents: dict[str, Document], index: Index) -> None:
    for seed in range(3):
        one, other = (noise.swapped(ASKED, documents, index, random.Random(seed)) for _ in range(2))
        assert one == other
        assert noise.echoed(ASKED, documents, random.Random(seed)) == noise.echoed(
            ASKED, documents, random.Random(seed)
        )


def test_documents_that_have_no_sibling_give_no_swapped_ones(library: Path, tmp_path: Path) -> None:
    (tmp_path / "sea").mkdir()
    (tmp_path / "sea" / "kelp.md").write_bytes((library / "kelp.md").read_bytes())
    with Index.open(make_index(tmp_path / "sea", tmp_path / "index")) as index:
        assert noise.swapped(ASKED[:1], read_documents(tmp_path / "sea"), index, random.Random(0)) == {}


def test_what_an_added_document_says_or_holds_counts_for_nothing() -> None:
    said = "Otters eat the urchins."
    clean = {
        "id": "otters", "abstention": None, "claims": [claim(said, "kelp")],
        "contexts": [said], "read": ["kelp"], "measures": {"good": 1.0, "nuggets": 1.0, "nuggets in hits": 1.0},
    }  # fmt: skip
    crowded = {**clean, "claims": [claim(said, "bad", "kelp")], "contexts": [said, said], "read": ["bad", "kelp"]}
    lost = {**crowded, "read": ["bad", "bad"]}
    found = [
        robustness._belonging(Run({}, [record]), ASKED, frozenset({"bad"})).questions[0]["measures"]
        for record in (clean, crowded, lost)
    ]
    assert [(one["good"], one["nuggets"], one["nuggets in hits"]) for one in found] == [(1, 1, 1), (0, 0, 1), (0, 0, 0)]
