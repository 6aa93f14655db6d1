"""Follow-ups are made to stand alone; new questions are left alone."""

from __future__ import annotations

import time

import pytest

from alignment_qa import Turn
from alignment_qa.conversation import Corpus, standalone
from alignment_qa.topic import topic_of

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


def named(text: str) -> str:
    return next((phrase for phrase in KNOWN if phrase in text.lower()), "")


CORPUS = Corpus(closeness, named)


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
        ("What is reward hacking?", "Why?", "Why reward hacking?"),
        ("What is reward hacking?", "give me an example", "give me an example of reward hacking?"),
        ("What is reward hacking?", "what do the critics say?", "what do the critics say? (reward hacking)"),
        ("What is reward hacking?", "What has been tried so far?", "What has been tried so far? (reward hacking)"),
        (
            "Explain what happened with the racing boat.",
            "has that been observed?",
            "has that been observed? (Explain what happened with the racing boat.)",
        ),
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
        ("What is reward hacking?", "which is cheapest?", "which is cheapest? (reward hacking)"),
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
        ("Is reward hacking common?", "Why?", "Why is reward hacking common?"),
        ("What is reward hacking?", "how?", "How does reward hacking work?"),
        ("What is reward hacking?", "says who?", "Who says so: What is reward hacking?"),
        ("What is reward hacking?", "Sources?", "Where can I read more about reward hacking?"),
        ("What is reward hacking?", "where can I read more?", "Where can I read more about reward hacking?"),
        ("What is reward hacking?", "What's the counterargument?", "What's the counterargument? (reward hacking)"),
        ("What is reward hacking?", "Is there something better?", "Is there something better? (reward hacking)"),
        ("What is reward hacking?", "Which models are worst?", "Which models are worst? (reward hacking)"),
        ("What is reward hacking?", "That sounds harmless", "reward hacking sounds harmless?"),
        ("What is reward hacking?", "and in current models?", "What is reward hacking in current models?"),
        (
            "Why does the boat go in circles?",
            "did anybody see it coming?",
            "did anybody see it coming? (Why does the boat go in circles)",
        ),
        (
            "Why does the boat go in circles?",
            "surely none ever finished",
            "surely none ever finished? (Why does the boat go in circles)",
        ),
        (
            "Why do boats go in circles?",
            "do submarines do that too?",
            "do submarines do that too? (Why do boats go in circles)",
        ),
        ("What is reward hacking?", "since when?", "Since when: What is reward hacking?"),
        ("What is reward hacking?", "for how much?", "For how much: What is reward hacking?"),
        ("What is reward hacking?", "any known biases?", "any known biases? (reward hacking)"),
        ("What is reward hacking?", "any word on gradient hacking?", "any word on gradient hacking?"),
        ("What is reward hacking?", "how did that end", "how did reward hacking end?"),
        ("What is reward hacking?", "who is against that?", "who is against reward hacking?"),
        ("What is reward hacking?", "which of these is worst?", "which of these is worst? (reward hacking)"),
    ],
)
def test_a_follow_up_gets_what_it_lacks(last: str, question: str, expected: str) -> None:
    assert standalone(question, [Turn("user", last), Turn("assistant", "…")], CORPUS) == expected


def test_a_chain_of_follow_ups_keeps_its_topic() -> None:
    history = [Turn("user", "What is inner alignment?"), Turn("assistant", "…"), Turn("user", "and the outer one?")]
    assert standalone("why is it hard?", history, CORPUS) == "why is outer alignment hard?"


@pytest.mark.parametrize("question", ["why cant ai stop", "Why can't we make AI stop?", "Doesn’t AI need to stop?"])
def test_a_negation_is_no_topic(question: str) -> None:
    assert topic_of(question).text.lower() in {"ai", "ai stop", "stop"}


def test_what_a_question_opens_with_is_no_topic() -> None:
    assert topic_of("Ok why can we not make AI do that?").text == "AI"


def test_talk_about_a_topic_is_no_new_topic() -> None:
    history = [Turn("user", text) for text in ("What is inner alignment?", "Which problem is the most popular?")]
    assert standalone("Who solved it?", history, CORPUS) == "Who solved inner alignment?"


def test_a_topic_that_was_put_in_stays_the_topic() -> None:
    history = [Turn("user", "What is ELK?"), Turn("assistant", "…"), Turn("user", "Has it been solved?")]
    assert standalone("What has been tried so far?", history, CORPUS) == "What has been tried so far? (ELK)"


def test_what_was_compared_is_remembered_as_long_as_it_is_the_topic() -> None:
    asked = ["debate vs amplification", "which is cheapest?"]
    assert standalone("why the first?", [Turn("user", text) for text in asked], CORPUS) == "why debate?"
    asked.append("What is gradient hacking?")
    assert standalone("why the first?", [Turn("user", text) for text in asked], CORPUS) != "why debate?"


def test_somebody_is_the_one_whom_the_last_answer_named() -> None:
    reply = Turn("assistant", "Ada Lovelace argued in 1843 that engines originate nothing. [1]")
    history = [Turn("user", "Can engines think?"), reply]
    assert (
        standalone("what else did she argue?", history, CORPUS)
        == "what else did Ada Lovelace argue? (Can engines think)"
    )


def test_what_several_questions_leave_out_is_put_in_once() -> None:
    history = [Turn("user", text) for text in ("What is inner alignment?", "says who?", "why?")]
    assert standalone("says who?", history, CORPUS) == "Who says so: Why inner alignment?"


def test_what_was_only_talk_is_not_put_in_again() -> None:
    history = [Turn("user", text) for text in ("Why does the boat go in circles?", "did anybody see it coming?")]
    assert standalone("who disagrees?", history, CORPUS) == "who disagrees? (Why does the boat go in circles)"


def test_a_question_for_another_like_it_has_a_topic_of_its_own() -> None:
    history = [Turn("user", text) for text in ("How do submarines dive?", "What do balloons do instead?")]
    assert standalone("and kites?", history, CORPUS).startswith("What do kites do instead?")


def test_of_ai_it_is_asked_which_reading_the_corpus_is_nearest_to() -> None:
    history = [Turn("user", "Why would an AI want to kill us?")]
    near = Corpus(lambda text: float(text == "Couldn't we just turn AI off?"))
    assert standalone("Couldn't we just turn it off?", history, near) == "Couldn't we just turn AI off?"


@pytest.mark.parametrize("text", ["? ", "( ", "the first ", "any sources ", "it that ", "of them ", "Aa Bb "])
def test_a_long_question_is_read_in_time_that_grows_with_it(text: str) -> None:
    long = (text * 2000)[:2000]
    started = time.perf_counter()
    standalone(f"{long}?", [Turn("user", f"{long}x"), Turn("assistant", f"- {long}")], CORPUS)
    assert time.perf_counter() - started < 1


def test_the_first_question_is_left_as_it_is() -> None:
    assert standalone("why is it hard?", [], CORPUS) == "why is it hard?"


def test_the_topic_is_in_the_questions_own_words() -> None:
    assert topic_of("Why is deceptive alignment likely?").text == "deceptive alignment"
    assert (
        topic_of("What is the difference between inner and outer alignment?").text
        == "inner alignment and outer alignment"
    )


@pytest.mark.parametrize(
    ("last", "question"),
    [
        ("What is reward hacking?", "Why did OpenAI stop its project?"),
        ("What is reward hacking?", "What kinds of submarines that exist are safe?"),
        ("What is reward hacking?", "What does it mean for an AI to be corrigible?"),
        ("What is reward hacking?", "Can I trust the chatbot when it explains things?"),
        ("What is reward hacking?", "ok but isnt all this submarine business fiction?"),
        ("What is reward hacking?", "Is a proxy reward always a bad idea and how is it chosen?"),  # its own antecedent
        ("What is reward hacking?", "By the way, who founded it?"),
        ("What is reward hacking?", "What are the duties that a company has?"),  # "that" as a relative
        ("What is reward hacking?", "What did he write?"),  # nobody was named
        ("What is reward hacking?", "Do evaluations of dangerous capabilities cost a lab more than it earns?"),
    ],
)
def test_a_question_with_a_topic_of_its_own_is_left_alone(last: str, question: str) -> None:
    assert standalone(question, [Turn("user", last), Turn("assistant", "…")], Corpus(lambda text: 0.0)) == question
