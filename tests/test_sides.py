"""Who takes which side: said by the sentences themselves, or by sources that differ; otherwise nobody is given one."""

from __future__ import annotations

import pytest

from alignment_qa import Answer, Citation, Claim, Passage, Source
from alignment_qa.sides import sides


def answer(*said: tuple[str, str, str], context: str = "") -> Answer:
    """An answer of sentences, each (text, author, section) from a document of its author."""
    claims, citations = [], []
    for number, (text, author, section) in enumerate(said, 1):
        title = f"On kelp, by {author}" if author else "On kelp"
        source = Source(f"d-{author}", title, authors=(author,) if author else (), published="2020-05-01")
        whole = f"{text} {context}"
        passage = Passage(f"p{number}", source, whole, 0, len(whole), f"{title} › {section}")
        citations.append(Citation(number, passage, text, 0, len(text)))
        claims.append(Claim(text, (number,), "quoted"))
    return Answer("q", "", tuple(claims), tuple(citations))


def shown(found: Answer) -> list[tuple[str, str, int]]:
    return [(side.who, side.when, len(side.claims)) for side in sides(found)]


def test_named_people_who_argue_and_doubt_are_sides() -> None:
    found = answer(
        ("Ada Reef argued in 2019 that kelp recovers by itself.", "", ""),
        ("However, Bo Tide and co-authors have doubted that it recovers at all.", "", ""),
        ("Reef replied in 2021 that otters settle it.", "", ""),
        ("Kelp grows fast.", "", ""),
    )
    assert shown(found) == [("Ada Reef", "2019, 2021", 2), ("Bo Tide and co-authors", "", 1)]


def test_people_who_merely_hold_something_are_sides_only_in_a_section_on_a_dispute() -> None:
    said = ("Ada Reef argued that kelp recovers.", "Bo Tide, a diver, argued in 2020 that kelp needs otters.")
    assert shown(answer(*((text, "", "Growth") for text in said))) == []
    assert shown(answer(*((text, "", "Disagreement") for text in said))) == [
        ("Ada Reef", "", 1),
        ("Bo Tide", "2020", 1),
    ]


def test_one_side_alone_is_none() -> None:
    assert shown(answer(("Ada Reef doubted it.", "", ""), ("Reef rejected it in 2020.", "", ""))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Others doubt that kelp recovers.",
        "Models argue that kelp recovers.",
        "Ada Reef measured kelp in 2019.",
        "Ada Reef agreed in 2019 to sell her boat.",
        "It is argued that kelp recovers.",
    ],
)
def test_what_names_nobody_or_takes_no_position_is_no_side(text: str) -> None:
    found = answer((text, "", "Objections"), ("Bo Tide doubted it.", "", ""), context="Many models of kelp exist.")
    assert shown(found) == []


def test_groups_are_sides_by_their_name() -> None:
    found = answer(("Critics object that kelp is lost.", "", ""), ("Supporters reply that it is not.", "", ""))
    assert shown(found) == [("Critics", "", 1), ("Supporters", "", 1)]


def test_sources_of_different_authors_that_differ_stand_side_by_side() -> None:
    found = answer(
        ("Kelp forests recover within five years after a heat wave.", "Ada Reef", ""),
        ("Kelp forests do not recover within five years after a heat wave.", "Bo Tide", ""),
        ("Otters eat urchins.", "Cy Wave", ""),
    )
    assert shown(found) == [("Ada Reef", "2020", 1), ("Bo Tide", "2020", 1)]


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Kelp shrank by 40 percent off the coast.", "Kelp shrank by 60 percent off the coast.", True),
        ("Kelp shrank by 40 percent off the coast.", "Kelp shrank by 40 percent off the coast in 2014.", False),
        ("Kelp shrank by 40 percent off the coast.", "Kelp shrank off the coast.", False),
    ],
)
def test_other_numbers_differ_and_more_numbers_do_not(one: str, other: str, differ: bool) -> None:
    assert bool(sides(answer((one, "Ada Reef", ""), (other, "Bo Tide", "")))) == differ


def test_one_author_does_not_differ_from_herself() -> None:
    text = ("Kelp forests recover within five years.", "Kelp forests do not recover within five years.")
    assert shown(answer(*((one, "Ada Reef", "") for one in text))) == []
