"""A question that points at an item of the last answer's list is about that item."""

from __future__ import annotations

import pytest

from alignment_qa.pointing import pointed

REPLY = """The main approaches differ: [1]
- Scalable oversight looks for ways to judge hard work. [2]
- One reward model cannot stand for many people, because they differ. [3]
- Robustness and adversarial training aim at bad days. [4]
- A guard model is the second that looks on. [6]
- Control: get safe use out of any model. [5]
- …"""
NAMES = ("scalable oversight", "reward model", "robustness")


def named(text: str) -> str:
    return next((text[at : at + len(n)] for n in NAMES if (at := text.lower().find(n)) >= 0), "")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("tell me about the first one", "What is Scalable oversight?"),
        ("how does number 1 work?", "how does Scalable oversight work?"),
        ("the second?", "One reward model cannot stand for many people?"),  # what it names is not what it opens with
        ("why the 3rd?", "why that: Robustness and adversarial training aim at bad days?"),  # one of two names
        ("explain the last point", "What is Control?"),  # what is left out of a list is no item
        ("what is wrong with point 5", "what is wrong with Control?"),
        ("tell me more about number four", "What is a guard model?"),  # which it defines
        ("explain the first sentence", "The main approaches differ?"),
    ],
)
def test_an_item_is_put_where_it_was_pointed_at(question: str, expected: str) -> None:
    assert pointed(question, REPLY, named) == expected


@pytest.mark.parametrize(
    "question",
    [
        "the sixth one?",  # there are five
        "when was it first published?",
        "who drafted the first part of the constitution?",
        "compare the first two",
        "what is the second law of robotics?",
    ],
)
def test_what_names_no_item_points_at_none(question: str) -> None:
    assert pointed(question, REPLY, named) is None


def test_a_reply_without_a_list_is_not_pointed_into() -> None:
    assert pointed("tell me about the second one", "Kelp is a seaweed. [1]", named) is None
