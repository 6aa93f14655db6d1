"""Follow-ups are made to stand alone; new questions are left alone."""

from __future__ import annotations

import pytest

from alignment_qa import Turn
from alignment_qa.conversation import standalone, topic_of

KNOWN = [
    "outer alignment",
    "inner alignment",
    "gradient hacking",
    "deceptive alignment",
    "reward hacking",
    "mesa-optimizers",
]


def closeness(text: str) -> float:
    return float(sum(phrase in text.lower() for phrase in KNOWN))


@pytest.mark.parametrize(
    ("last", "question", "expected"),
    [
        ("What is inner alignment?", "and the outer one?", "What is outer alignment?"),
        ("What is inner alignment?", "and outer?", "What is outer alignment?"),
        ("How does reward hacking work?", "who described it?", "who described reward hacking?"),
        (
            "Ok why can we not just make AI do that?",
            "what makes it so hard?",
            "What makes it so hard: Ok why can we not just make AI do that?",
        ),
        ("What is AI?", "is it dangerous?", "is AI dangerous?"),
        ("Will AI take our jobs?", "when will that happen?", "When will that happen: Will AI take our jobs?"),
        ("What is inner alignment?", "what about gradient hacking?", "What is gradient hacking?"),
        ("What is inner alignment?", "who defined it?", "who defined inner alignment?"),
        ("What are mesa-optimizers?", "Why are they dangerous?", "Why are mesa-optimizers dangerous?"),
        ("What is reward hacking?", "Why?", "Why: What is reward hacking?"),
        ("What is reward hacking?", "give me an example", "Give me an example: What is reward hacking?"),
        ("What is reward hacking?", "what do the critics say?", "what do the critics say? (reward hacking)"),
        ("What is reward hacking?", "What has been tried so far?", "What has been tried so far? (reward hacking)"),
        ("Explain what happened with the racing boat.", "has that been observed?", "has racing boat been observed?"),
        ("What is reward hacking?", "and whats wrong with it?", "whats wrong with reward hacking?"),
        (
            "What is reward hacking?",
            "Is there proof of that in there?",
            "Is there proof of that in there? (reward hacking)",
        ),
        (
            "What is reward hacking?",
            "and what's that time-to-deployment one?",
            "what's that time-to-deployment one? (reward hacking)",
        ),
        ("What is reward hacking?", "and the costs?", "the costs? (reward hacking)"),
        ("What is reward hacking?", "who is most pessimistic?", "who is most pessimistic? (reward hacking)"),
        (
            "What is the difference between reward hacking and deceptive alignment?",
            "when was the second published?",
            "when was deceptive alignment published?",
        ),
        ("What is reward hacking?", "compare the first two", "compare the first two"),
        ("What are mesa-optimizers?", "how could we detect one?", "how could we detect one? (mesa-optimizers)"),
        (
            "What is reward hacking?",
            "Is a small honest model trained with debate a safer one?",
            "Is a small honest model trained with debate a safer one?",
        ),
        ("RLHF vs DPO vs RLAIF", "what is wrong with the third one?", "what is wrong with RLAIF?"),
        ("debate vs amplification", "and the first one's limits?", "debate's limits?"),
        ("RLHF vs DPO vs RLAIF", "which is cheapest?", "which is cheapest? (RLHF, DPO and RLAIF)"),
        (
            "RLHF vs DPO vs RLAIF",
            "which laboratories publish system cards?",
            "which laboratories publish system cards?",
        ),
        ("What is reward hacking?", "which is cheapest?", "which is cheapest?"),
        (
            "Inner or outer alignment: what is the difference between reward hacking and deceptive alignment?",
            "explain the second experiment",
            "explain the second experiment",
        ),
        ("What is reward hacking?", "What are the biggest risks?", "What are the biggest risks? (reward hacking)"),
        ("How is reward hacking detected?", "Why is it common?", "Why is reward hacking common?"),
        ("Is reward hacking also common?", "Who found it?", "Who found reward hacking?"),
        ("What is reward hacking?", "What does it take to train a model?", "What does it take to train a model?"),
        ("What is reward hacking?", "I hear it is hard to train a model?", "I hear it is hard to train a model?"),
        (
            "What is reward hacking?",
            "I hear it is going to get worse?",
            "I hear reward hacking is going to get worse?",
        ),
        ("What is reward hacking?", "and what is a thermostat?", "and what is a thermostat?"),
        ("What is reward hacking?", "What is the capital of France?", "What is the capital of France?"),
        (
            "What is reward hacking?",
            "Is it safe to say that AI is dangerous?",
            "Is it safe to say that AI is dangerous?",
        ),
        (
            "What is the difference between inner and outer alignment?",
            "Which is harder, the former?",
            "Which is harder, inner alignment?",
        ),
    ],
)
def test_a_follow_up_gets_what_it_lacks(last: str, question: str, expected: str) -> None:
    assert standalone(question, [Turn("user", last), Turn("assistant", "…")], closeness) == expected


def test_a_chain_of_follow_ups_keeps_its_topic() -> None:
    history = [Turn("user", "What is inner alignment?"), Turn("assistant", "…"), Turn("user", "and the outer one?")]
    assert standalone("why is it hard?", history, closeness) == "why is outer alignment hard?"


@pytest.mark.parametrize("question", ["why cant ai stop", "Why can't we make AI stop?", "Doesn’t AI need to stop?"])
def test_a_negation_is_no_topic(question: str) -> None:
    assert topic_of(question).lower() in {"ai", "ai stop", "stop"}


def test_what_a_question_opens_with_is_no_topic() -> None:
    assert topic_of("Ok why can we not make AI do that?") == "AI"


def test_talk_about_a_topic_is_no_new_topic() -> None:
    history = [Turn("user", text) for text in ("What is inner alignment?", "Which problem is the most popular?")]
    assert standalone("Who solved it?", history, closeness) == "Who solved inner alignment?"


def test_a_topic_that_was_put_in_stays_the_topic() -> None:
    history = [Turn("user", "What is ELK?"), Turn("assistant", "…"), Turn("user", "Has it been solved?")]
    assert standalone("What has been tried so far?", history, closeness) == "What has been tried so far? (ELK)"


def test_what_was_compared_is_remembered_as_long_as_it_is_the_topic() -> None:
    asked = ["debate vs amplification", "which is cheapest?"]
    assert standalone("why the first?", [Turn("user", text) for text in asked], closeness) == "why debate?"
    asked.append("What is gradient hacking?")
    assert standalone("why the first?", [Turn("user", text) for text in asked], closeness) != "why debate?"


def test_the_first_question_is_left_as_it_is() -> None:
    assert standalone("why is it hard?", [], closeness) == "why is it hard?"


def test_the_topic_is_in_the_questions_own_words() -> None:
    assert topic_of("Why is deceptive alignment likely?") == "deceptive alignment"
    assert (
        topic_of("What is the difference between inner and outer alignment?") == "inner alignment and outer alignment"
    )


@pytest.mark.parametrize(
    ("last", "question"),
    [
        ("What is reward hacking?", "Is a proxy reward always a bad idea and how is it chosen?"),  # its own antecedent
        ("What is reward hacking?", "By the way, who founded it?"),
        ("What is reward hacking?", "What are the duties that a company has?"),  # "that" as a relative
        ("What is reward hacking?", "What did he write?"),  # nobody was named
        ("What is reward hacking?", "Do evaluations of dangerous capabilities cost a lab more than it earns?"),
    ],
)
def test_a_question_with_a_topic_of_its_own_is_left_alone(last: str, question: str) -> None:
    assert standalone(question, [Turn("user", last), Turn("assistant", "…")], lambda text: 0.0) == question
