"""Scored sentences in, a quoted answer out: what leads, what comes with it, and in how much of a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from alignment_qa import Assistant
from alignment_qa.cite import Draft
from alignment_qa.evidence import Sentence
from alignment_qa.extract import extract
from alignment_qa.types import Detail
from tests.conftest import make_index


def quoted(
    folder: Path, question: str, score: Callable[[Sentence], float | None], *texts: str, detail: Detail = "full"
) -> list[Draft]:
    """The answer from Markdown documents, their sentences scored so; None leaves one out."""
    (folder / "texts").mkdir(parents=True)
    for number, text in enumerate(texts):
        (folder / "texts" / f"{number}.md").write_text(text)
    assistant = Assistant.open(make_index(folder / "texts", folder / "index"))
    asked = assistant.understand(question)
    found = assistant.gather_evidence(asked, assistant.gather_hits(asked))
    scores = [(sentence, score(sentence)) for sentence in found.sentences]
    scored = [replace(sentence, score=value) for sentence, value in scores if value is not None]
    scored.sort(key=lambda sentence: -sentence.score)
    return list(extract(replace(found, sentences=tuple(scored), abstention=None), detail, assistant.index.beside))


def test_what_a_sentence_leans_on_leaves_as_much_room_for_others(tmp_path: Path) -> None:
    text = (
        "# Barrens\n\nUrchins are small round grazers of the sea floor. They strip a kelp forest bare within weeks. "
        "Divers in Norway counted forty of them on a single stem. Fishers sell the roe of well-fed ones abroad."
    )
    scores = {"Urchins": -9.0, "They": 0.0, "Divers": -1.5, "Fishers": -2.3}
    said = quoted(tmp_path, "How do urchins strip a kelp forest?", lambda s: scores[s.text.split()[0]], text)
    assert [draft.text.split()[0] for draft in said] == ["Urchins", "They", "Divers", "Fishers"]


def test_a_sentence_that_announces_what_does_not_follow_is_not_quoted(tmp_path: Path) -> None:
    text = (
        "# Otters\n\nSea otters eat the urchins that graze on kelp. "
        "Arguments for bringing sea otters back to the kelp, in order of age:"
    )
    said = quoted(tmp_path, "Why do sea otters matter to the kelp?", lambda s: float(s.text.endswith("age:")), text)
    assert [draft.text for draft in said] == ["Sea otters eat the urchins that graze on kelp."]


STONES = (
    "# Stones\n\nA stone is of use at sea. Divers have written down sixty uses of stones. Some cases show the range:\n\n"
    "- An otter opens crabs on its chest.\n- A fish hides its eggs under a heap.\n"
)


@pytest.mark.parametrize(("question", "items"), [("List some uses of stones", 2), ("Why are stones of use?", 0)])
def test_a_list_that_follows_what_is_said_of_it_is_given_where_a_list_is_asked_for(
    tmp_path: Path, question: str, items: int
) -> None:
    said = quoted(tmp_path, question, lambda s: 9.0 * s.text.startswith("Divers"), STONES)
    assert said[0].text == "Divers have written down sixty uses of stones."
    assert sum(draft.item for draft in said) == items


def test_a_sentence_for_whose_list_there_is_no_room_is_quoted_without_it(tmp_path: Path) -> None:
    scores = {"A stone is": 1.0, "Divers have written": 0.5}
    said = quoted(
        tmp_path,
        "List some uses of stones",
        lambda s: scores.get(" ".join(s.text.split()[:3]), -9.0),
        STONES,
        detail="brief",
    )
    assert [draft.text.split()[0] for draft in said] == ["A", "Divers"]


def test_a_side_of_a_comparison_opens_with_what_its_document_is_about(tmp_path: Path) -> None:
    care = (
        "# Sea care via kelp\n\nSea care via kelp is a plan for bays in which plants do the work. It is cheap.\n\n"
        "## Ropes\n\nKelp grows on ropes in many bays.\n"
    )
    other = "# Eelgrass\n\nEelgrass is a plant that flowers under water.\n"
    said = quoted(
        tmp_path, "Compare kelp and eelgrass", lambda s: float(s.text.startswith("Kelp")), care, other, detail="brief"
    )
    assert "Sea care via kelp is a plan for bays in which plants do the work." in [draft.text for draft in said]


USES = ("Stones open the shells of crabs.", "Kelp holds otters that sleep.", "Arms carry what is to be eaten.")
AT_SEA = "# Otters at sea\n\nOtters make use of three things at sea:\n\n" + "".join(f"- {use}\n" for use in USES)


def test_a_list_that_is_quoted_in_part_says_so(tmp_path: Path) -> None:
    said = quoted(tmp_path, "How do otters open crabs?", lambda s: 0.0 if s.text == USES[0] else None, AT_SEA)
    assert [(draft.text, draft.cut) for draft in said] == [
        ("Otters make use of three things at sea:", False),
        (USES[0], True),
    ]


def test_a_list_that_is_quoted_whole_does_not(tmp_path: Path) -> None:
    said = quoted(tmp_path, "How do otters open crabs?", lambda s: 0.0 if s.form == "lead_in" else None, AT_SEA)
    assert [draft.cut for draft in said] == [False] * 4


@pytest.mark.parametrize(
    ("opening", "first"),
    [
        ("Otter watching is the cheap practice of counting the animals of a bay from the shore.", "Otter"),
        ("Otter watching has been done for years, and nobody likes to do a cheap watch in the rain.", "Bo"),
        ("Otter watching is the practice of counting the animals of a bay from the top of a cliff.", "Bo"),
    ],
)
def test_what_a_document_says_that_it_is_about_leads_where_nothing_defines_what_is_asked(
    tmp_path: Path, opening: str, first: str
) -> None:
    text = f"# Otter watching\n\n{opening} It is old.\n\n## Trials\n\nBo Tide tested cheap otter watches in dozens of bays.\n"
    scores = {"Bo": 0.0, "Otter": -1.0, "It": -9.0}
    said = quoted(tmp_path, "What are cheap otter watches?", lambda s: scores[s.text.split()[0]], text)
    assert said[0].text.startswith(first)


@pytest.mark.parametrize(
    ("other", "first"),
    [
        ("Kelp is something that divers tie to ropes.", "Kelp"),
        ("Kelp was shown and sold to divers on the shore.", "Sea"),
        ("Kelp is a central subject for the divers of many bays.", "Sea"),
    ],
)
def test_what_a_document_is_about_leads_before_what_only_has_the_form_of_a_definition(
    tmp_path: Path, other: str, first: str
) -> None:
    text = f"# Sea care via kelp\n\nSea care via kelp is a plan for bays in which plants do the work.\n\n## Ropes\n\n{other}\n"
    said = quoted(tmp_path, "What is kelp?", lambda s: -float(s.text.startswith("Sea")), text)
    assert said[0].text.startswith(first)


def test_where_nothing_defines_a_name_a_sentence_that_has_it_whole_leads(tmp_path: Path) -> None:
    text = (
        "# Rest\n\nDivers reply that rest can be taken in a shallow bay. "
        "Ada Reef asked in 1990 for a winter rest of all fishers. Boats need mending in the cold months."
    )
    scores = {"Divers": 1.0, "Ada": 0.5, "Boats": -2.0}
    said = quoted(tmp_path, "What is the winter rest?", lambda s: scores[s.text.split()[0]], text)
    assert said[0].text.startswith("Ada Reef asked")


def test_the_other_things_of_a_list_are_left_out_where_one_of_its_items_is_asked_for(tmp_path: Path) -> None:
    text = (
        "# Trusts\n\nThree trusts look after the bay:\n\n- The Kelp Trust is a charity that counts kelp. The Kelp Trust began in 1988.\n"
        "- The Otter Trust is a charity that counts otters. It began in 1990.\n- The Urchin Trust is a charity that counts urchins.\n\n"
        "All trusts of the bay are led by divers."
    )
    said = [d.text for d in quoted(tmp_path, "What is the Kelp Trust?", lambda s: -0.1 * s.place, text)]
    assert said[0] == "The Kelp Trust is a charity that counts kelp."
    assert "All trusts of the bay are led by divers." in said
    assert not any("counts otters" in one or "1990" in one for one in said)
    (tmp_path / "again").mkdir()
    listed = quoted(tmp_path / "again", "Which trusts look after the bay?", lambda s: -0.1 * s.place, text)
    assert any("counts otters" in draft.text for draft in listed)


COUNTED = (
    "# Barrens\n\nUrchins strip a kelp forest bare within weeks. Divers of the coast have watched the barrens for long. "
    "In 2011 Ingrid Holm counted forty urchins on a single stem."
)


@pytest.mark.parametrize(
    ("question", "is_answered"),
    [
        ("Who counted the urchins of the kelp barrens?", False),
        ("When were the urchins of the kelp barrens counted?", False),
        ("How many urchins sit on a stem of kelp?", False),
        ("How much money do the urchins of the kelp barrens cost?", False),
        ("How badly do urchins harm the kelp?", True),
        ("How much of the kelp forest do urchins leave?", True),
    ],
)
def test_what_holds_no_person_time_or_number_answers_nothing_that_asks_for_one(
    tmp_path: Path, question: str, is_answered: bool
) -> None:
    said = quoted(tmp_path, question, lambda s: -9.0 if s.text.startswith("In 2011") else 0.0, COUNTED)
    assert bool(said) == is_answered


@pytest.mark.parametrize(
    ("question", "is_answered"), [("Who counts the urchins?", True), ("When are the urchins counted?", False)]
)
def test_what_stands_under_a_heading_that_asks_for_a_person_answers_it_without_a_name(
    tmp_path: Path, question: str, is_answered: bool
) -> None:
    headed = (
        "# Barrens\n\n## Who counts the urchins?\n\nAll of the island together, kelp farmers and urchin divers alike."
    )
    assert bool(quoted(tmp_path, question, lambda s: 0.0, headed)) == is_answered


def test_a_number_that_counts_the_same_by_another_word_is_an_answer_and_a_year_is_none(tmp_path: Path) -> None:
    said = quoted(tmp_path, "How many grazers sit on a single stem?", lambda s: float("2011" in s.text), COUNTED)
    assert said
    (tmp_path / "other").mkdir()
    dated = "# Barrens\n\nIn 2011 the grazers were counted on each single stem of the kelp."
    assert not quoted(tmp_path / "other", "How many grazers sit on a single stem?", lambda s: 0.0, dated)


KELP = (
    "# Kelp loss\n\nKelp loss is the death of a kelp forest, such as one that urchins or heat have killed, within a few years. "
    "Kelp loss has many causes. Warm years weaken the stems, and storms tear them out.\n\n"
    "## Records\n\nDivers reported in 2014 that nine tenths of the bull kelp north of San Francisco had died. "
    "It has not come back since. Ada Reef argued in 2016 that kelp loss is overstated."
)


@pytest.mark.parametrize("question", ["What is an example of kelp loss?", "give me an example of kelp loss", "any real examples of kelp loss?"])  # fmt: skip
def test_an_example_is_answered_by_a_case_and_not_by_what_the_thing_is(tmp_path: Path, question: str) -> None:
    drafts = quoted(tmp_path, question, lambda s: s.score, KELP)
    assert [draft.text for draft in drafts] == [
        "Divers reported in 2014 that nine tenths of the bull kelp north of San Francisco had died.",
        "It has not come back since.",
    ]


def test_what_opens_as_an_example_of_what_is_asked_needs_nothing_before_it(tmp_path: Path) -> None:
    text = "# Barrens\n\nA kelp barren is a bare sea floor. As an example, the bay of Tasmania was grazed bare. Divers seldom go there."
    first = quoted(tmp_path, "What is an example of a kelp barren?", lambda s: s.score, text)[0]
    assert first.text == "As an example, the bay of Tasmania was grazed bare."


def test_where_nothing_gives_an_example_what_is_nearest_is_said(tmp_path: Path) -> None:
    text = (
        "# Barrens\n\nA kelp barren is a bare sea floor. A kelp barren feeds few fish. Urchins keep a kelp barren bare."
    )
    assert quoted(tmp_path, "What is an example of a kelp barren?", lambda s: s.score, text)


def test_how_a_thing_works_begins_with_what_it_is_where_that_is_nearly_as_good(tmp_path: Path) -> None:
    text = (
        "# Longlines\n\nLonglines work badly in kelp and are open to much doubt. "
        "A longline is a rope with many hooks that is laid along the sea floor. Crews lay the rope at dusk."
    )
    scores = {"Longlines": 0.0, "A longline": -1.0, "Crews": -1.5}
    score = lambda s: next(value for opens, value in scores.items() if s.text.startswith(opens))  # noqa: E731
    assert quoted(tmp_path / "a", "How does a longline work?", score, text)[0].text.startswith("A longline is a rope")
    assert quoted(tmp_path / "b", "How do crews use a longline?", score, text)[0].text.startswith("Longlines work")
