"""For beginners: introductory documents come first where they are as good, terms are defined, declining stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment_qa import Assistant
from alignment_qa.glossary import Glossary
from alignment_qa.index import Index
from tests.conftest import make_index

EASY = """---
title: Kelp for everyone
level: introductory
---

A kelp forest is a place in cold sea water where tall brown seaweed grows close together. Kelp feeds many animals.
"""
HARD = """---
title: Kelp ecology
level: advanced
---

A kelp forest is a dense stand of laminarian algae in cold, shallow sea water. Kelp forests are limited by irradiance.
"""
TERMS = [
    {"term": "Seaweed", "definition": "Seaweed is any large alga of the sea.", "synonyms": ["sea weed", "weed"]},
    {"term": "Kelp forest", "definition": "A kelp forest is a stand of kelp.", "synonyms": [], "abbreviations": ["KF"]},
    {"term": "Tide", "definition": "A tide is the rise and fall of the sea.", "synonyms": []},
]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("levels")
    (folder / "easy.md").write_text(EASY)
    (folder / "hard.md").write_text(HARD)
    index = make_index(folder, tmp_path_factory.mktemp("levels-index") / "index")
    with Index.open(index, write=True) as writer:
        writer.bring_glossary(Glossary.of(TERMS))
    return Assistant.open(index)


def test_an_introductory_document_leads_and_its_terms_are_defined(assistant: Assistant) -> None:
    answer = assistant.answer("What is a kelp forest?", detail="beginners")
    assert answer.citations[0].passage.source.title == "Kelp for everyone"
    assert dict(answer.terms) == {
        "Kelp forest": "A kelp forest is a stand of kelp.",
        "Seaweed": "Seaweed is any large alga of the sea.",
    }
    assert assistant.answer("What is a kelp forest?").terms == ()


def test_an_introductory_document_leads_each_part_of_a_question(assistant: Assistant) -> None:
    question = "What is a kelp forest, and what does it feed?"
    assert assistant.answer(question).citations[0].passage.source.title == "Kelp ecology"
    assert assistant.answer(question, detail="beginners").citations[0].passage.source.title == "Kelp for everyone"


@pytest.mark.parametrize(
    "question", ["What is the capital of Mongolia?", "Hello", "Who planted the first kelp forest?"]
)
def test_what_is_declined_is_declined_for_beginners_too(assistant: Assistant, question: str) -> None:
    plain, simple = assistant.answer(question), assistant.answer(question, detail="beginners")
    assert (simple.abstention, bool(simple.claims)) == (plain.abstention, bool(plain.claims))


def test_terms_are_found_by_any_name_and_the_longest_wins() -> None:
    text = "Kelp forests (KF, not kf) have weed, sea weed and seaweeds at low TIDE, not betides."
    found = [(text[start:end], term) for start, end, term in Glossary.of(TERMS).mentions(text)]
    assert found == [
        ("Kelp forests", "Kelp forest"), ("KF", "Kelp forest"), ("sea weed", "Seaweed"), ("seaweeds", "Seaweed"), ("TIDE", "Tide"),
    ]  # fmt: skip


def test_an_empty_glossary_finds_nothing(tmp_path: Path) -> None:
    assert list(Glossary({}, {}).mentions("Kelp and (not) more")) == []
