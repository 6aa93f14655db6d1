"""Does a text support a sentence? True ones pass; a number, a name or a negation that is not there does not."""

from __future__ import annotations

import time

import pytest

from alignment_qa import encoders, facts, support
from alignment_qa.turned import turned

TEXTS = [
    "In 2019 Evan Hubinger and four co-authors named the inner alignment problem.",
    "Kelp forests shrank by 40 percent.",
]
KELP = [
    "Sea otters protect kelp because otters eat the urchins that graze on kelp.",
    "Kelp is larger than seagrass, and it always grows in cold water.",
    "Kelp forests off one coast shrank by 40 percent between March 3, 2014 and 2018.",
]


@pytest.fixture(scope="module")
def check() -> support.Checker:
    return support.checker(encoders.load().encode, lambda words: dict.fromkeys(words, 1.0))


@pytest.mark.parametrize(
    "sentence",
    [
        "Evan Hubinger and co-authors named the inner alignment problem in 2019.",
        "Kelp forests shrank by 40 percent.",
        "Kelp forests shrank by 40%.",
        "The inner alignment problem was named by Hubinger and 4 co-authors.",
    ],
)
def test_what_the_text_says_is_supported(check: support.Checker, sentence: str) -> None:
    assert support.verdict(check(sentence, TEXTS)) == "supported"


@pytest.mark.parametrize(
    "sentence",
    [
        "Evan Hubinger and co-authors named the inner alignment problem in 2017.",
        "Paul Christiano and co-authors named the inner alignment problem in 2019.",
        "Christiano named the inner alignment problem in 2019.",
        "Kelp forests shrank by 45 percent.",
        "Whales sing in the deep sea.",
    ],
)
def test_what_the_text_does_not_say_is_unsupported(check: support.Checker, sentence: str) -> None:
    assert support.verdict(check(sentence, TEXTS)) == "unsupported"


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ("Kelp forests shrank by 70 percent between 2014 and 2018.", "number 70"),
        ("Kelp forests shrank by 40 percent between May 3, 2014 and 2018.", "date May 3"),
        ("Kelp forests shrank by 40 percent from March 3, 2018.", "date March 3, 2018"),
        ("Sea otters protect kelp, as Marlow showed.", "name Marlow"),
        ("Greenland protects kelp because otters eat the urchins.", "name Greenland"),
        ("Sea otters do not protect kelp because otters eat the urchins.", "“not” more or less"),
        ("Kelp never grows in cold water.", "“not” more or less"),
        ("Kelp is smaller than seagrass.", "where it says “smaller”"),
        ("Seagrass is larger than kelp.", "other way round"),
        ("Urchins eat the otters that graze on kelp.", "other way round"),
    ],
)
def test_a_lie_is_told_by_what_is_wrong_in_it(check: support.Checker, lie: str, says: str) -> None:
    assert says in str(support.wrong(lie, KELP))
    assert support.verdict(check(lie, KELP)) == "unsupported"


@pytest.mark.parametrize(
    "true",
    [
        *KELP,
        "Urchins are eaten by otters, which protects kelp.",
        "Two things hold: kelp likes cold water, and kelp is large.",
        "The forests shrank from 2014-18.",
        "The forests shrank by 40 percent from 3 March.",
        "The RLHF method is reinforcement learning from human feedback.",
    ],
)
def test_nothing_is_wrong_in_other_words_for_the_same(true: str) -> None:
    texts = [*KELP, "Reinforcement learning from human feedback is a method."]
    assert support.wrong(true, texts) is None


def test_a_swap_in_the_passive_is_none() -> None:
    assert turned("Urchins are eaten by otters.", ["Otters eat urchins."]) is None


def test_without_texts_nothing_is_supported(check: support.Checker) -> None:
    assert check("Kelp grows.", []) == 0.0
    assert check("", TEXTS) == 0.0


def test_a_text_is_encoded_once_for_many_sentences() -> None:
    encode = encoders.load().encode
    asked: list[str] = []
    remembered = support.Remembered(lambda texts: (asked.extend(texts), encode(texts))[1])
    for _ in range(3):
        remembered(["one", "two", "one"])
    assert asked == ["one", "two"]


def test_another_model_is_the_checker_behind_the_same_call_and_the_same_veto() -> None:
    seen: list[str] = []

    def judge(sentence: str, text: str) -> float:
        seen.append(text)
        return 0.9

    check = support.judged(judge)
    assert support.verdict(check("Otters protect kelp.", KELP)) == "supported"
    assert KELP[0] in seen
    assert support.verdict(check("Otters protect 12 kelp.", KELP)) == "unsupported"
    assert check("Otters protect kelp.", []) == 0.0


def test_numbers_and_names_are_read_as_people_write_them() -> None:
    assert support.numbers("It cost 1,200 and rose 3.5 over two years") == {"1200", "3.5", "2"}
    assert facts.names("The model was made by Google DeepMind. Later it grew. RLHF helped") == {
        "google",
        "deepmind",
        "rlhf",
    }
    assert {value for _, value in facts.figures("$10.4 billion, 2nd, World War II, 2014-18")} >= {10.4e9, 2, 2014, 2018}


def test_a_check_of_endless_words_ends() -> None:
    started = time.perf_counter()
    for text in ("A" * 20_000, "A b " * 5_000, "1," * 10_000, "[" * 20_000, "Aa of " * 3_000):
        support.wrong(text, [text[:-1] + "x", "plain words"])
    assert time.perf_counter() - started < 20
