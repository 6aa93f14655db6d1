"""What documents say that their abbreviations stand for is what a question means by them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from alignment_qa import Assistant
from alignment_qa.abbreviations import abbreviations, of_the_field, written_out
from alignment_qa.index import Index
from ingest.sync import sync
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("name", "text", "long"),
    [
        ("OEZ", "Boats keep out of the otter exclusion zone (OEZ) in spring.", "otter exclusion zone"),
        ("OEZ", "In the OEZ (otter exclusion zone) no boat may sail.", "otter exclusion zone"),
        ("OEZ", "Two otter exclusion zones (OEZs) were drawn.", "otter exclusion zone"),
        ("SKL", "It is judged by self-supervised kelp learning (SKL).", "supervised kelp learning"),
        ("KAF", 'The "Keeping of Algae and Fish" (KAF) began in spring.', "Keeping of Algae and Fish"),
        ("KPT", "Divers use kelp phototaxis (KPT) here.", "kelp phototaxis"),
        ("SSL", "It is judged by self-supervised learning (SSL).", "self-supervised learning"),
        ("DCP", "Each diving certificate process (DCP, for short) takes a day.", "diving certificate process"),
        ("DCP", "Both diving certificate processes (DCPs) take a day.", "diving certificate process"),
    ],
)  # fmt: skip
def test_the_words_beside_the_bracket_are_what_it_stands_for(name: str, text: str, long: str) -> None:
    assert list(written_out(name, text)) == [long]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CISA", "The storm caused widespread shortages (CISA) of gas."),
        ("OEZ", "Boats keep out in spring (OEZ)."),
        ("ARC", "It has a test, and Reasoning Corpus (ARC) is its name."),
        ("OEZ", "An otter was seen. Every zone (OEZ) is closed."),
        ("OEZ", "The OEZ zone (OEZ) is closed."),
    ],
)
def test_words_that_only_happen_to_stand_there_are_not(name: str, text: str) -> None:
    assert list(written_out(name, text)) == []


def test_capitals_or_a_short_word_that_is_no_common_one_may_be_an_abbreviation() -> None:
    asked = "What are OEZs, kpt, sbks and OpenAI in the sea, and what is a quokkafest?"
    assert abbreviations(asked, lambda word: word not in {"kpt", "sbks"}) == ["OEZ", "kpt", "sbks", "sbk"]


def library(tmp_path: Path, **texts: str) -> Assistant:
    (tmp_path / "texts").mkdir()
    for name, text in texts.items():
        (tmp_path / "texts" / f"{name}.md").write_text(text)
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "texts"], index)
    return Assistant.open(tmp_path / "index")


ZONE = (
    "# Where boats may sail\n\nBoats have to keep out of every otter exclusion zone (OEZ) between spring and autumn.\n\n"
    "An otter exclusion zone is a part of the bay in which mothers raise their pups without a boat in sight.\n"
)
OTHER = "# Harbours\n\nA harbour is a place where boats lie safely at night, behind a wall of stones that breaks the waves.\n"


@pytest.mark.parametrize("question", ["What is an OEZ?", "what are oezs?"])
def test_a_question_by_an_abbreviation_is_answered_by_what_it_stands_for(tmp_path: Path, question: str) -> None:
    answer = library(tmp_path, zone=ZONE, harbour=OTHER).answer(question)
    assert answer.claims[0].text.startswith("An otter exclusion zone is a part of the bay")


def test_what_most_passages_say_that_it_stands_for_counts(tmp_path: Path) -> None:
    others = {
        f"other{n}": f"# Bay {n}\n\nIn bay {n} there is an open eel zoo (OEZ) for all who like to see eels by day.\n"
        for n in range(2)
    }
    index = library(tmp_path, zone=ZONE, **others).index
    assert index.names_in("What is an OEZ?").names == {"OEZ": "open eel zoo"}


def test_a_glossary_knows_better(tmp_path: Path) -> None:
    (tmp_path / "glossary.yaml").write_text(
        "- term: Outer eel zone\n  definition: The outer eel zone is the deep.\n  synonyms: []\n  abbreviations: [OEZ]\n"
    )
    index = library(tmp_path, zone=ZONE, harbour=OTHER).index
    assert index.names_in("What is an OEZ?").names == {"OEZ": "Outer eel zone"}


def test_an_abbreviation_that_the_encoder_knows_and_many_passages_use_is_left(tmp_path: Path) -> None:
    texts = {
        f"ai{n}": f"# Machines {n}\n\nIn year {n} artificial intelligence (AI) was {n} years old, and AI had no pups.\n"
        for n in range(21)
    }
    index = library(tmp_path, zone=ZONE, **texts).index
    assert index.names_in("Does AI know of OEZ?").names == {"OEZ": "otter exclusion zone"}


def test_it_follows_what_is_written_later(tmp_path: Path) -> None:
    reader = library(tmp_path, harbour=OTHER).index
    assert reader.names_in("What is an OEZ?").names == {}
    (tmp_path / "texts" / "zone.md").write_text(ZONE)
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "texts"], index)
    assert reader.names_in("What is an OEZ?").names == {"OEZ": "otter exclusion zone"}


LATENT = (
    "# What a model knows\n\nEliciting latent knowledge is the task of making a model report what it knows. ELK has no solution yet.\n\n"
    "Work on it goes on in three cities by the sea, and nobody expects it to end this year.\n"
)


def test_what_documents_take_for_known_is_read_as_the_field_means_it(tmp_path: Path) -> None:
    assistant = library(tmp_path, latent=LATENT, harbour=OTHER)
    assert assistant.understand("What is ELK?").meaning == "What is Eliciting latent knowledge?"
    assert assistant.answer("What is ELK?").claims[0].text.startswith("Eliciting latent knowledge is the task")


def test_what_the_field_means_is_nothing_to_documents_that_do_not_use_it(tmp_path: Path) -> None:
    elk = "# The elk\n\nAn elk is a large deer of the north, and ELK is written on the gate of the park.\n"
    own = "# Boats\n\nEach boat has an emergency landing kit (CIRL in an old tongue, AUP in a new one): an anchor utility pack (AUP).\n"
    index = library(tmp_path, elk=elk, own=own).index
    assert index.names_in("What is ELK?").names == {}
    assert index.names_in("What is an AUP?").names == {"AUP": "anchor utility pack"}


def test_the_field_s_abbreviations_are_those_of_the_shipped_glossary() -> None:
    entries = yaml.safe_load((ROOT / "corpus" / "glossary.yaml").read_text(encoding="utf-8"))
    told = {name.upper(): entry["term"] for entry in entries for name in entry.get("abbreviations", [])}
    assert of_the_field() == told
