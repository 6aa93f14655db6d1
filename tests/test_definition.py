"""What tells a sentence that says what a thing is from others about it."""

from __future__ import annotations

import pytest

from alignment_qa.definition import classes, defines, names_first, serves


def test_a_derived_word_finds_its_definition() -> None:
    assert defines("corrigible", "Corrigibility is the property of a system that lets its developers correct it.")
    assert defines("corrigibility", "A 'corrigible' agent is one that does not resist its own correction.")
    assert not defines("corrigible", "Critics of corrigibility argue that the property is not worth its price at all.")


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        ("edge instantiation", "The *edge instantiation* problem is a way in which a maximum lies at an extreme."),
        ("treacherous turn", "Treacherous turn: an agent behaves well until it is strong enough not to need to."),
        ("orthogonality thesis", "The orthogonality thesis states that goals and intelligence vary freely of each other."),
        ("RLHF", "Reinforcement learning from human feedback (RLHF) is a way of training a system with people's judgements."),
        ("inner alignment", "Inner alignment — the match of a learned optimizer's goal with that of its training."),
        ("kelp-bed", 'The term "kelp bed" describes a place where brown algae grow close to each other.'),
        ("Goodhart's law", "Goodhart’s Law says that a measure which becomes a target is a good measure no more."),
        ("kelp forest", "Where brown algae grow tall and close, the place is usually called a kelp forest."),
        ("kelp barren", "The worst that a bay can come to is a kelp barren, in which urchins have eaten all."),
        ("kelp barren", "Ada Reef warned in 1990 of a kelp barren, in which urchins have eaten all."),
        ("kelp trust", "The Kelp Trust, or KT, was founded in 1988 by divers of the bay."),
        ("kelp forest", "Divers define the places where brown algae grow tall and close as kelp forests."),
        ("kelp counts in science", "A kelp count is a dive on which every plant of a bay is counted."),
        ("kelp count", "Roughly, a kelp count is a dive on which every plant of a bay is counted."),
        ("kelp care", "Kelp care can be defined as all that keeps a forest of the sea alive."),
        ("kelp care", "Kelp care in a warm sea is a way of keeping forests alive."),
        ("kelp care", "Kelp care seeks to keep the forests of the sea alive and well."),
    ],
)  # fmt: skip
def test_a_definition_is_known_by_its_form(subject: str, sentence: str) -> None:
    assert defines(subject, sentence)


def test_what_is_told_beside_a_name_is_no_definition_of_it() -> None:
    assert not defines("kelp forest", "Otters sleep in the kelp forest, where sharks seldom come for them.")
    assert not defines("kelp forest", "In kelp forest, in which light is scarce, plants grow tall and thin.")


def test_a_definition_names_a_kind_or_only_a_property() -> None:
    assert classes("kelp", "Kelp is a brown seaweed that grows in cold water near the shore.")
    assert classes("scaling laws", "Scaling laws are regular relationships that hold between size and skill.")
    assert classes("scaling policy", "The keepers' scaling policy is a document that says when to stop building.")
    assert not classes("scaling laws", "Scaling laws are a good baseline, but sudden jumps are still possible.")
    assert classes("kelp", "Kelp means any large brown seaweed of the cold coasts.")
    assert classes("kelp problem", "The kelp problem is to find a way of counting what grows under water.")
    assert not classes("kelp problem", "The kelp problem is the cleanest case of what a count has to deal with.")
    assert not classes("kelp", "Kelp is a central subject of this book for its beauty.")
    assert not classes("kelp trust", "The Kelp Trust was founded in 1988 by divers of the bay.")
    assert not classes("kelp", "Kelp seeks to grow towards the light of the sun.")
    assert not classes("kelp", "Kelp is complementary to the stones that hold it on the floor of the sea.")


def test_a_definition_names_its_subject_first_or_a_kind_of_it() -> None:
    assert names_first("kelp", "Kelp is brown algae: the plants of the sea that look most like trees.")
    assert names_first("kelp", "Kelp: A brown alga that grows in cold water near the shore.")
    assert names_first("kelp", "The term “kelp” means any large brown alga of the cold coasts.")
    assert names_first("kelp care", "The problem of kelp care is the problem of keeping kelp alive.")
    assert not names_first("kelp", "In the bays of the north, kelp is a weed.")
    assert not names_first("kelp", "Giant kelp is the largest of all the algae in the sea.")
    assert not names_first("kelp", "Kelp: it should be counted once a year by divers.")


def test_what_is_done_to_a_thing_does_not_define_it() -> None:
    assert not defines("kelp", "Kelp is dried and ground on the shore before it is sold.")
    assert not defines("kelp", "Kelp is tied to ropes that hang from rafts in the bay.")
    assert defines("kelp", "Kelp is defined as any large brown seaweed of cold coasts.")


def test_the_loss_of_a_thing_is_not_that_thing() -> None:
    assert not defines("kelp", "Loss of kelp is a trouble that many coasts have had for years.")
    assert not defines("kelp", "Trade in kelp is a business that feeds whole towns on the coast.")


def test_the_history_of_a_name_is_no_definition() -> None:
    assert not defines("Goodhart's law", "Goodhart's law is named after an economist who advised a central bank.")


def test_to_be_related_to_something_is_no_definition() -> None:
    assert not defines("seagrass", "Seagrass is a related but narrower subject than kelp and its forests.")
    assert not defines("seagrass", "Seagrass is another reason for the return of the fish to the bay.")
    assert not defines("seagrass", "When the seagrass is gradually lost, the loss is called a slow collapse.")
    assert not defines("seagrass", "Although seagrass is a plant, many take it for an alga.")
    assert not defines("seagrass", "Seagrass is measured by divers who swim along a line each spring.")
    assert not defines("seagrass", "There is another plant of the sea, called seagrass, but it is not an alga.")
    assert not defines("s-risk", "This risk is one that the keepers of every bay have to bear.")
    assert defines("seagrass", "The common seagrass is a flowering plant that lives under water.")


@pytest.mark.parametrize(
    ("sentence", "defined"),
    [
        ('Otter care or "the otter problem" is the overarching topic of how to keep otters well.', True),
        ("The problem of otter care is the problem of keeping otters well where people fish.", True),
        ("A 'principle' of otter care is something that divers want in a broad sense of the word.", False),
        ("The loss of otter care is a thing that many divers have written about at length.", False),
    ],
)
def test_what_is_said_of_a_part_of_a_thing_does_not_define_it(sentence: str, defined: bool) -> None:
    assert defines("otter care", sentence) is defined


def test_what_a_thing_is_for_is_next_to_what_it_is() -> None:
    assert serves("kelp care", "Kelp care seeks to keep the forests of the sea alive and well.")
    assert not serves("kelp care", "Kelp care is the work of those who keep the forests of the sea alive.")
