"""What a sentence must hold for the kind of question that was asked."""

from __future__ import annotations

import pytest

from alignment_qa import answer_type
from alignment_qa.answer_type import holds, leads_into, says_of_each, shows
from alignment_qa.question import understand


@pytest.mark.parametrize(
    ("question", "holding", "lacking"),
    [
        ("How many otters were counted?", "Rangers counted 412 otters in the bay.", "Rangers counted otters for 12 days."),
        ("How much did the survey cost?", "The survey cost $40,000.", "The survey took 40 days."),
        ("What did they pay the divers?", "Each diver got 300 euros.", "Each diver made 300 dives."),
        ("How long is the report?", "The report has 80 pages.", "The report has 80 authors."),
        ("What percentage of kelp was lost?", "Some 40 percent of the kelp was lost.", "Kelp was lost at 40 sites."),
        ("How often did otters return?", "Otters returned in 3 of 5 years.", "Otters returned to the bay."),
        ("On what date did the survey start?", "It started on 4 May 2019.", "It started in 2019."),
        ("When did the survey start?", "It started in 2019.", "It started with divers."),
        ("Who led the survey?", "The survey was led by Ada Reef.", "The survey was led by a diver."),
        ("Which university ran the survey?", "The survey was run by Shore College.", "The survey was run by volunteers."),
    ],
)  # fmt: skip
def test_a_sentence_holds_what_was_asked_for_or_not(question: str, holding: str, lacking: str) -> None:
    asked = understand(question)
    assert holds(asked, holding) > 0
    assert holds(asked, lacking) == 0


def test_a_name_that_the_question_gives_is_no_answer_to_who() -> None:
    asked = understand("Who paid Ada Reef for the survey?")
    assert not holds(asked, "The survey by Ada Reef was paid for.")
    assert holds(asked, "The survey was paid for by the Tide Fund.")


def test_a_single_letter_is_nobody() -> None:
    asked = understand("Who wrote about the induction of otters?")
    assert not holds(asked, "But A can use induction to find where P’s beliefs differ.")
    assert holds(asked, "Later J. Reef wrote about the induction of otters.")


def test_a_year_counts_nothing_and_no_counts_only_the_next_word() -> None:
    asked = understand("How many otters does the bay have?")
    assert not holds(asked, "Seals have been seen more often since 2010 than otters.")
    assert holds(asked, "The bay had 1600 sea otters.")
    assert holds(asked, "The bay has 2000 otters.")
    assert holds(asked, "The bay has no otters.")
    assert not holds(asked, "The storm made no difference to the otters.")


def test_a_reference_mark_is_no_number() -> None:
    assert not holds(understand("How many otters were counted?"), "Rangers counted them [12].")


@pytest.mark.parametrize(
    ("question", "aspect"),
    [
        ("What are the objections to it?", "objection"), ("who disagrees with this?", "objection"), ("is there any evidence for that", "evidence"),
        ("is kelp care a dead end", "objection"), ("Is kelp care enough?", "objection"), ("Is there enough kelp?", ""),
        ("can you give an example of it", "example"), ("what is still unsolved?", "open"), ("who coined the term", "origin"), ("Who invented RLHF?", "origin"),
        ("What is a kelp forest?", ""),
    ],
)  # fmt: skip
def test_the_side_of_the_topic_is_read_from_the_question(question: str, aspect: str) -> None:
    assert understand(question).aspect == aspect


def test_a_sentence_shows_an_aspect_by_its_words_and_by_its_section() -> None:
    assert shows("objection", "Kelp › Objections", "Bo Tide disputed the count.") == 1.0
    assert shows("objection", "Kelp › Growth", "Bo Tide disputed the count.") == 0.5
    assert shows("objection", "Kelp › Growth", "Kelp grows fast.") == 0.0
    assert shows("", "Kelp › Objections", "Bo Tide disputed the count.") == 0.0
    assert shows("origin", "Kelp › How the name developed", "Bo Tide wrote of it in 2003.") == 0.5
    assert shows("origin", "Kelp", "Bo Tide developed a liking for it.") == 0.0


def test_when_something_will_be_is_not_told_by_a_year_that_has_been() -> None:
    asked = understand("When will the otters be back?")
    assert not holds(asked, "Ada Reef proposed a plan for the otters in 2023.")
    assert holds(asked, "Ada Reef expects the otters to be back by 2035.")
    assert holds(asked, "Estimates range from within a few years to many decades.")
    assert holds(asked, "Divers put an even chance of their return at 2047.")
    assert not holds(understand("When do divers expect the otters?"), "Ada Reef expected them in 2023.")
    assert holds(understand("When was the plan proposed?"), "Ada Reef proposed a plan for the otters in 2023.")


@pytest.mark.parametrize(
    "question",
    ["How long until the otters are back?", "how soon will the otters be back", "How far off are the otters?"],
)
def test_a_time_ahead_is_asked_for_in_other_words_than_when(question: str) -> None:
    asked = understand(question)
    assert asked.kind == "when"
    assert holds(asked, "Estimates range from within a few years to many decades.")
    assert not holds(asked, "Ada Reef counted for three years.")


@pytest.mark.parametrize(
    "question", ["How long did the count take until it was stopped?", "How soon after it was it lost?"]
)
def test_a_time_that_has_been_is_no_time_ahead(question: str) -> None:
    assert understand(question).kind != "when"


def test_a_sentence_says_of_each_side_only_what_it_has_as_a_subject() -> None:
    sides = ("misuse", "misalignment")
    assert says_of_each(
        sides, "Misuse of AI is harm that a person intends, while misalignment is harm that nobody does."
    )
    assert not says_of_each(sides, "Researchers of misalignment note that a misuser is limited by human reach.")


def test_a_person_is_told_of_by_what_that_one_is_or_did() -> None:
    asked = understand("Who is Ada Reef?")
    assert holds(asked, "Ada Reef is a marine biologist who counts otters in the bay of Monterey.") == 1
    assert holds(asked, "Ada Reef first described the return of the otters.") == 0.75
    assert holds(asked, "Every page that I create is put down to Ada Reef and then lost.") == 0


def test_a_question_about_the_past_wants_a_date_and_one_about_what_recurs_an_occasion() -> None:
    said = "The otters return when the water is cold."
    assert holds(understand("When do the otters return?"), said)
    assert not holds(understand("When did the otters return?"), said)


def test_an_abbreviation_of_the_field_is_nobody_s_name() -> None:
    assert not holds(understand("Who introduced the test?"), "The test shows that an AI made it.")


@pytest.mark.parametrize(
    "said",
    [
        "The count is made by means of APIs that the harbour keeps.",
        "The count, so it says, is one that I'm glad of.",
        "Of all counts: This one of otters is the oldest.",
    ],
)
def test_what_only_begins_with_a_capital_is_nobody_s_name(said: str) -> None:
    assert not holds(understand("Who pays for the count of otters?"), said)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Holm introduced the count of otters.", 1.0),
        ("Holm's own divers first proposed a count of otters.", 1.0),
        ("Holm pays for the count of otters out of a box.", 0.5),
        ("Otters introduced the count to the kelp.", 0.0),
        ("Kelp hides the otters from the count.", 0.0),
        ("It introduced the count of otters.", 0.0),
    ],
)
def test_a_name_that_opens_a_sentence_is_known_by_what_it_did(said: str, value: float) -> None:
    assert holds(understand("Who pays for the count of otters?"), said) == value


def test_who_may_be_a_body_without_a_name() -> None:
    asked = understand("Who approves the fee for the count?")
    assert holds(asked, "The fee for the count is approved by the fishers' council.") == 0.5
    assert answer_type.is_told(asked, ["The fee for the count is approved by the fishers' council."])
    assert not holds(asked, "The fee for the count is approved by the end of spring.")
    assert not holds(asked, "The fee for the count, which is paid by the fishers, is approved in spring.")


@pytest.mark.parametrize(
    "said",
    [
        "The count is held on Tuesdays.",
        "The count is held every other week.",
        "The count is held at six.",
        "The count is held in May.",
    ],
)
def test_days_and_hours_and_how_often_are_times(said: str) -> None:
    assert holds(understand("When is the count of otters held?"), said)
    assert not holds(understand("When is the count of otters held?"), "The count is held at six bays.")


def test_a_work_is_somebody_s_by_a_genitive() -> None:
    asked = understand("Who wrote The Quiet Bay?")
    assert holds(asked, "For the book, see Ada Holm's book The Quiet Bay.") == 1


@pytest.mark.parametrize(
    ("question", "said", "is_told"),
    [
        ("Who proposed the count of otters?", "Ada Holm and others proposed the count of otters.", True),
        ("Who proposed the count of otters?", "A count of otters is often held on Earth Day.", False),
        ("Who came up with the count of otters?", "A count of otters is often held on Earth Day.", False),
        ("Who came up with the count of otters?", "The count was introduced by Ada Holm in Monterey.", True),
        (
            "Who pays for the count of otters?",
            "The count of otters is paid for out of a box on the quay at Monterey.",
            True,
        ),
    ],
)
def test_who_made_or_said_a_thing_is_told_only_by_a_name_that_it_is_ascribed_to(
    question: str, said: str, is_told: bool
) -> None:
    assert answer_type.is_told(understand(question), [said]) == is_told


def test_a_question_why_is_answered_by_a_cause() -> None:
    asked = understand("Why do kelp forests grow near the shore?")
    assert holds(asked, "Kelp grows near the shore, because it needs light and rock to hold on to.")
    assert holds(asked, "The reason is the light: below 30 metres there is too little of it.")
    assert not holds(asked, "The reason is not the rock alone.")
    assert not holds(asked, "Kelp forests grow near the shore, and not because of the light.")
    assert not holds(asked, "Kelp forests grow near the shore of every continent.")


@pytest.mark.parametrize(
    ("question", "heading", "text", "leads"),
    [
        ("What are the approaches to kelp farming?", "Kelp farming › The main methods", "Three have been tried:", True),
        ("What are the approaches to kelp farming?", "Kelp farming", "Kelp farming knows three techniques:", True),
        ("What are the approaches to kelp farming?", "Kelp farming › Methods", "Critics raise objections:", False),
        ("What are the approaches to kelp farming?", "Kelp farming › History", "Three years stand out:", False),
        ("What are the approaches to kelp farming?", "Otters › Methods", "Three have been tried:", False),
        ("What kinds of kelp are there?", "Kelp", "Two kinds of otter eat near kelp:", False),
        ("Who farms kelp?", "Kelp farming › Methods", "Three have been tried:", False),
    ],
)
def test_what_leads_into_the_list_that_was_asked_for_says_so_or_its_section_does(
    question: str, heading: str, text: str, leads: bool
) -> None:
    assert leads_into(understand(question), heading, text) is leads
