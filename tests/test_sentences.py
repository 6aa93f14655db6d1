"""Where sentences end: the cases that a quoted answer must not get wrong, and properties that hold for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment_qa.sentences import is_list_item, sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_sentences_end_at_full_stops_question_marks_and_exclamation_marks() -> None:
    assert sentences("It aims. Does it? It does! Good.") == ["It aims.", "Does it?", "It does!", "Good."]


@pytest.mark.parametrize(
    "sentence",
    [
        "Mesa-optimizers (i.e. learned optimizers) may appear, e.g. in large models.",
        "Hubinger et al. (2019) named the problem.",
        "It was named by Hubinger et al. Risks from Learned Optimization is the paper.",
        "See Fig. 3 and cf. Smith vs. Jones.",
        "Garcia v. Character Technologies was settled, and v. 2 is out.",
        "Dr. Stuart J. Russell and J. R. Smith wrote it.",
        "Critics such as Ada N. Reef and Émile P. Torres wrote it.",
        "The U.S. National Institute wrote a framework.",
        "The loss fell from 3.14 to 2.71 over 1.5 epochs.",
        "AXRP Ep.4 discusses it.",
        "AXRP Ep. 4 discusses it, and so does No. 7.",
        "It works... until it does not.",
        "It works… until it does not.",
        '"Why?" he asked, and "Stop!" she said.',
        "“Is it aligned?”, or in other words can we aim it?",
        "A model (This is one. It is small.) was trained.",
        'She said "I am here. You are not." and left.',
        "We write $x = a. B$ for the pair.",
        "1. Goals are learned",
        "The paper of Jan. 2019 says so.",
        "Version v1.2.3 of gpt-4.1 was used.",
        "Visit https://example.org/a.b?c=d. html for it.",
    ],
)
def test_a_stop_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    assert sentences(sentence) == [sentence]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("It was the goal.[3] Next is another.", "It was the goal.[3]"),
        ("It was the goal.[1][2] Next is another.", "It was the goal.[1][2]"),
        ("It was the goal. (Hubinger et al., 2019) Next is another.", "It was the goal. (Hubinger et al., 2019)"),
        ("It holds for $X.$ Next is another.", "It holds for $X.$"),
        ("It was the goal.¹ Next is another.", "It was the goal.¹"),
        ("He said “no.” She left.", "He said “no.”"),
        ('It is "aligned." The end.', 'It is "aligned."'),
        ("(It is aligned.) The end.", "(It is aligned.)"),
        ("Rewards, penalties, etc. The agent learns.", "Rewards, penalties, etc."),
        ("It happened in the U.S. The rest followed.", "It happened in the U.S."),
        ("We took plan B. The rest followed.", "We took plan B."),
        ("It works... The rest followed.", "It works..."),
        ("$x$ is small. $y$ is large.", "$x$ is small."),
        ("In 2019. 42 people came.", "In 2019."),
        ("Really?! The rest followed.", "Really?!"),
        ("It was in Dec. The rest followed.", "It was in Dec."),
    ],
)
def test_a_sentence_ends_with_what_closes_after_its_stop(text: str, first: str) -> None:
    assert sentences(text)[0] == first
    assert len(sentences(text)) == 2


def test_a_soft_wrap_does_not_end_a_sentence() -> None:
    assert sentences("Inner alignment is\na problem. It is\nhard.") == [
        "Inner alignment is\na problem.",
        "It is\nhard.",
    ]


def test_a_blank_line_ends_a_sentence_that_has_no_stop() -> None:
    assert sentences("One paragraph\n\nAnother paragraph\n \nA third") == [
        "One paragraph",
        "Another paragraph",
        "A third",
    ]


def test_list_items_never_merge_and_keep_their_marks() -> None:
    text = "Three kinds:\n- proxy alignment\n- approximate alignment\n  and its kin. It is rare.\n2. suboptimality"
    assert sentences(text) == [
        "Three kinds:",
        "- proxy alignment",
        "- approximate alignment\n  and its kin.",
        "It is rare.",
        "2. suboptimality",
    ]


def test_a_lead_in_with_a_colon_is_a_sentence_of_its_own() -> None:
    assert sentences("It has parts. They are:\n\n- a\n- b") == ["It has parts.", "They are:", "- a", "- b"]


def test_rows_of_a_table_are_apart() -> None:
    assert sentences("name | year\nRLHF | 2017\nCAI | 2022") == ["name | year", "RLHF | 2017", "CAI | 2022"]


def test_code_holds_no_sentences() -> None:
    text = "It is run so.\n\n    x = f(y). Z\n\n    return x\n\nIt ends."
    assert sentences(text) == ["It is run so.", "It ends."]


@pytest.mark.parametrize("mark", ["- ", "* ", "• ", "1. ", "12) ", "(3) ", "a) ", "(iv) ", "   - "])
def test_marks_of_list_items_are_known(mark: str) -> None:
    assert is_list_item(mark + "goal")


@pytest.mark.parametrize("text", ["", "-", "- ", "goal", "-5 is less", "2019. The year", "A. Turing", "*emphasis*"])
def test_what_only_looks_like_a_mark_is_none(text: str) -> None:
    assert not is_list_item(text)


@pytest.mark.parametrize(
    "unit", ["a", ".", "(", '" ', "$ ", "[", "[1] ", "A. B.", "(a", "“a", "$a", "- \n", "\n", ". "]
)
def test_a_megabyte_of_anything_costs_linear_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    began = time.perf_counter()
    sentence_spans(text)
    assert time.perf_counter() - began < 8  # takes under one second; quadratic takes hours


PIECES = st.sampled_from(
    [
        "word",
        "The",
        "e.g.",
        "al.",
        " ",
        " ",
        "\n",
        "\n\n",
        ". ",
        "? ",
        "...",
        "(",
        ")",
        '"',
        "“",
        "”",
        "- ",
        "1. ",
        "    ",
        "$",
        "[1]",
        "|",
        " | ",
        "é",
        "。",
        "\t",
        ":",
        "U.S.",
        "\u2028",
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200))
def test_spans_are_ordered_apart_trimmed_and_inside_one_paragraph(text: str) -> None:
    last = 0
    for start, end in sentence_spans(text):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert "\n\n" not in text[start:end]
        last = end


@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_word_outside_of_code_is_lost(text: str) -> None:
    covered = {place for start, end in sentence_spans(text) for place in range(start, end)}
    lines = text.split("\n")
    at = 0
    for line in lines:
        if not line.startswith(("    ", "\t")):
            assert all(at + place in covered for place, letter in enumerate(line) if not letter.isspace())
        at += len(line) + 1
