"""How something should be told is heard, and is no part of what is asked."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from alignment_qa import Abstention, Assistant, Turn
from alignment_qa.manner import apart
from alignment_qa.types import Detail
from tests.chat_server import ChatServer


@pytest.mark.parametrize(
    ("asked", "question", "detail"),
    [
        ("What is kelp, in one sentence?", "What is kelp?", "brief"),
        ("In a few words, what is kelp?", "what is kelp?", "brief"),
        ("What is kelp briefly?", "What is kelp?", "brief"),
        ("Why do otters matter? Keep it short please.", "Why do otters matter?", "brief"),
        ("Please be concise: what is kelp?", "what is kelp?", "brief"),
        ("what's the gist of the kelp highway?", "the kelp highway?", "brief"),
        ("ELI5: kelp forests", "kelp forests", "beginners"),
        ("What is kelp? Explain like I'm five.", "What is kelp?", "beginners"),
        ("Can you explain to me like I'm five what kelp is?", "Can you explain what kelp is?", "beginners"),
        ("Explain kelp to a 12 year old", "Explain kelp", "beginners"),
        ("Explain kelp to someone who knows no biology.", "Explain kelp.", "beginners"),
        ("what is kelp, explain like im new", "what is kelp", "beginners"),
        ("kelp in plain English", "kelp", "beginners"),
        ("I'm new to this. What is kelp?", "What is kelp?", "beginners"),
        ("I don't get why otters matter", "why otters matter", "beginners"),
        ("Describe kelp in more detail", "Describe kelp", "full"),
        ("In your own words, what is kelp?", "what is kelp?", None),
    ],
)
def test_how_it_should_be_told_is_parted_from_the_question(asked: str, question: str, detail: Detail | None) -> None:
    assert apart(asked) == (question, detail, False)
    assert apart(question).text == question


@pytest.mark.parametrize(
    "question",
    [
        "How do I explain kelp to my parents?",
        "Is kelp safe for children?",
        "What would happen to a 12 year old?",
        "Explain why a rip current is a danger to a child",
        "Can some true things not be argued for briefly?",
        "Who is meant in a sentence?",
        "Why might an otter map the bay in great detail?",
        "Would a whale treat us like we are krill?",
        "What does simple mean?",
        "Explain attention to detail",
        "tell me more about kelp",
        "Why?",
    ],
)
def test_a_question_about_such_words_is_left_as_it_is(question: str) -> None:
    assert apart(question) == (question, None, False)


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ("shorter please", "brief"),
        ("tldr?", "brief"),
        ("can you summarize that", "brief"),
        ("in simpler terms", "beginners"),
        ("Can you put that in plain English?", "beginners"),
        ("say it more simply", "beginners"),
        ("I don't understand", "beginners"),
        ("too technical", "beginners"),
        ("and for beginners?", "beginners"),
        ("explain it in detail", "full"),
    ],
)
def test_a_wish_about_the_last_answer_asks_nothing_else(said: str, detail: Detail) -> None:
    assert apart(said) == ("", detail, False)
    assert apart(said).again


@pytest.mark.parametrize("said", ["Tell me more", "more", "go on", "Can you elaborate?", "give me more details please", "what else?"])  # fmt: skip
def test_more_is_what_was_not_said_yet(said: str) -> None:
    assert apart(said) == ("", None, True)


@pytest.mark.parametrize("part", ["-", ", ", "( ", "please ", "and ", "a bit ", "can you ", "for someone who ", "like i'm a ", "in very "])  # fmt: skip
def test_words_said_without_end_are_read_in_time_that_grows_with_them(part: str) -> None:
    def spent(length: int) -> float:
        started = time.process_time()
        for tail in ("x", "?"):
            apart((part * length)[:length] + tail)
        return time.process_time() - started

    spent(500)
    assert spent(8000) < 64 * max(spent(1000), 0.002)  # eight times as long; its square would be as much


def test_a_question_is_answered_as_long_as_it_says(assistant: Assistant) -> None:
    whole = assistant.answer("What is a kelp forest?")
    short = assistant.answer("What is a kelp forest, in one sentence?")
    assert short.claims[0].text == whole.claims[0].text
    assert len(short.claims) <= 2 < len(whole.claims)
    assert short.trace["question"] == "What is a kelp forest?"


def test_the_last_question_is_answered_again_in_another_way(assistant: Assistant) -> None:
    history: list[Turn] = []
    for question in ("What is a kelp forest?", "ELI5", "I don't understand"):
        answer = assistant.answer(question, history)
        history += [Turn("user", question), Turn("assistant", answer.text)]
        assert answer.trace["question"] == "What is a kelp forest?"
        assert answer.claims[0].text.startswith("A kelp forest is a dense stand")
    brief = assistant.answer("shorter please", history)
    assert len(brief.claims) <= 2
    assert assistant.answer("what eats it?", history).trace["question"] == "what eats kelp forest?"


def test_a_wish_with_nothing_before_it_is_told_to_ask(assistant: Assistant) -> None:
    for history in ([], [Turn("user", "ELI5"), Turn("assistant", "Type a question.")]):
        answer = assistant.answer("shorter please", history)
        assert answer.abstention is Abstention.OUT_OF_SCOPE
        assert answer.text.startswith("Type a question.")


def test_told_more_nobody_is_told_the_same_again_until_there_is_no_more(assistant: Assistant) -> None:
    history: list[Turn] = []
    said: list[str] = []
    question = "What is a kelp forest?"
    for _ in range(9):
        answer = assistant.answer(question, history)
        if answer.abstention:
            break
        texts = [claim.text for claim in answer.claims if not claim.item and not claim.text.endswith(":")]
        assert not set(texts) & set(said)
        said += texts
        history += [Turn("user", question), Turn("assistant", answer.text)]
        question = "Tell me more"
    assert len(history) >= 4
    assert answer.text.startswith("The corpus has no more that answers this. Nearest: “Kelp forests”")


def test_a_model_is_asked_for_what_it_has_not_said(library_index: Path, server: ChatServer) -> None:
    server.says = "Sea otters protect kelp because otters eat the urchins that graze on kelp [1]."
    history = [Turn("user", "What is a kelp forest?"), Turn("assistant", "A kelp forest is a stand of algae. [1]")]
    Assistant.open(library_index, "test", base_url=server.address).answer("Tell me more", history)
    asked = server.requests[-1]["messages"][-1]["content"]
    assert asked.endswith("Question: What is a kelp forest? Say only what the answers above have not said.")
