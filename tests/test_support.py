"""Does a text support a sentence? True ones pass; a number, a name or a negation that is not there does not."""

from __future__ import annotations

import pytest

from alignment_qa import encoders, support

TEXT = "In 2019 Evan Hubinger and four co-authors named the inner alignment problem. Kelp forests shrank by 40 percent."


@pytest.fixture(scope="module")
def check() -> support.Checker:
    return support.checker(encoders.load(export=True).encode, lambda words: dict.fromkeys(words, 1.0))


@pytest.mark.parametrize(
    "sentence",
    [
        "Evan Hubinger and co-authors named the inner alignment problem in 2019.",
        "Kelp forests shrank by 40 percent.",
        "The inner alignment problem was named by Hubinger and 4 co-authors.",
    ],
)
def test_what_the_text_says_is_supported(check: support.Checker, sentence: str) -> None:
    assert support.verdict(check(sentence, [TEXT])) == "supported"


@pytest.mark.parametrize(
    "sentence",
    [
        "Evan Hubinger and co-authors named the inner alignment problem in 2017.",
        "Paul Christiano and co-authors named the inner alignment problem in 2019.",
        "Kelp forests shrank by 45 percent.",
        "Whales sing in the deep sea.",
    ],
)
def test_what_the_text_does_not_say_is_unsupported(check: support.Checker, sentence: str) -> None:
    assert support.verdict(check(sentence, [TEXT])) == "unsupported"


def test_without_texts_nothing_is_supported(check: support.Checker) -> None:
    assert check("Kelp grows.", []) == 0.0


def test_numbers_and_names_are_read_as_people_write_them() -> None:
    assert support.numbers("It cost 1,200 and rose 3.5 over two years") == {"1200", "3.5", "2"}
    assert support.names("The model was made by Google DeepMind. Later it grew. RLHF helped") == {
        "google",
        "deepmind",
        "rlhf",
    }
