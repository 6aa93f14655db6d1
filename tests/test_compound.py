"""Several questions in one are taken apart where each stands alone, and answered apart where they ask of other things."""

from __future__ import annotations

import pytest

from alignment_qa.assistant import Assistant
from alignment_qa.compound import parts
from alignment_qa.conversation import Corpus
from alignment_qa.types import Abstention


def split(text: str) -> tuple[str, ...]:
    return tuple(part.alone for part in parts(text, Corpus(lambda _: 0.0)))


def test_what_a_part_leaves_out_is_put_in_from_the_one_before() -> None:
    assert split("What is kelp, and why does it matter?") == ("What is kelp?", "Why does kelp matter?")
    assert split("What are otters and what are their tools?") == ("What are otters?", "What are otters' tools?")
    assert split("What does kelp mean and who coined it?") == ("What does kelp mean?", "Who coined kelp?")
    assert split("What is kelp, how is it related to seagrass and what eats it?") == (
        "What is kelp?", "How is kelp related to seagrass?", "What eats kelp?",
    )  # fmt: skip


def test_questions_that_stand_alone_are_left_as_they_are_put() -> None:
    apart = ("What is a kelp forest?", "How do seagrass meadows store carbon?")
    assert split("What is a kelp forest and how do seagrass meadows store carbon?") == apart
    assert split("What is a kelp forest? How do seagrass meadows store carbon?") == apart
    assert split("what is a kelp forest? And also how do seagrass meadows store carbon") == apart


def test_a_condition_stays_with_the_question_that_it_is_put_to() -> None:
    apart = ("What eats kelp?", "If otters leave the bay, how do urchins spread?")
    assert split("What eats kelp? If otters leave the bay, how do urchins spread?") == apart


@pytest.mark.parametrize(
    "text",
    [
        "What is kelp?",
        "What is kelp and seagrass?",
        "What did Estes say and why?",
        "What shelters fish and does harm to urchins?",
        "What is kelp? I keep hearing about it.",
        "What is kelp? Please be brief.",
        "Kelp grows fast, right? Why?",
        "Is kelp a plant or is it not?",
        "When kelp dies, what do otters do and why does it matter?",
        "If kelp is cleverer than us, why would it not also be kinder?",
        "Since otters are hunted, how are they counted?",
    ],
)
def test_what_asks_one_thing_has_no_parts(text: str) -> None:
    assert split(text) == ()


def test_a_question_in_two_parts_is_answered_part_by_part_and_the_second_is_headed(assistant: Assistant) -> None:
    answer = assistant.answer("What is a kelp forest, and why do otters protect it?")
    assert answer.claims[0].text.startswith("A kelp forest is a dense stand of large brown algae")
    assert answer.claims[0].label is None
    assert "On “Why do otters protect it?”: " in answer.text
    assert "eat the urchins" in answer.text
    assert len({claim.text for claim in answer.claims}) == len(answer.claims)


def test_the_part_of_a_question_that_nothing_answers_is_named(assistant: Assistant) -> None:
    answer = assistant.answer("What is a kelp forest, and how much does it cost in Mongolia?")
    assert answer.abstention is None
    assert answer.claims[0].text.startswith("A kelp forest is a dense stand")
    assert answer.trace["note"] == "Not clearly answered: “How much does it cost in Mongolia?”"


def test_of_two_questions_one_that_has_no_answer_does_not_take_the_other_with_it(assistant: Assistant) -> None:
    answer = assistant.answer("Who painted the Mona Lisa? And what is a kelp forest?")
    assert answer.abstention is None
    assert answer.claims[0].label == "On “What is a kelp forest?”"
    assert "A kelp forest is a dense stand" in answer.text
    assert "Mona Lisa" in str(answer.trace["note"])
    assert any("kelp forest" in hit.passage.text for hit in answer.hits)


def test_two_questions_without_an_answer_are_declined(assistant: Assistant) -> None:
    answer = assistant.answer("Who painted the Mona Lisa? And what is the boiling point of tungsten?")
    assert isinstance(answer.abstention, Abstention)
    assert not answer.claims
