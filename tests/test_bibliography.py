"""What somebody wrote is told from reference lists, and where no text answers they say at least who is cited."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment_qa import Abstention, Assistant
from tests.conftest import make_index

OTTERS = """# Otters

Sea otters eat urchins and sleep in kelp. Ada Reef found in 2001 that the teeth of otters wear out early.

## References

- Ada Reef (2001). The teeth of otters. Journal of Shores. https://example.org/teeth
- Bo Tide, Ada Reef (2004). Urchins at night. Journal of Shores.
- Bo Tide (2009). Kelp barrens. Sand Press. https://press.example.org/
"""
KELP = """# Kelp

Kelp is a large brown alga of cold seas.

## References

- Bo Tide (2009). Kelp barrens. Sand Press. https://books.example.org/kelp-barrens
- Ada Reef (2001). The teeth of otters. https://example.org/teeth
- Cy Shoal (2012). Barnacle ecology. Journal of Shores.
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder: Path = tmp_path_factory.mktemp("shore")
    (folder / "texts").mkdir()
    (folder / "texts" / "otters.md").write_text(OTTERS)
    (folder / "texts" / "kelp.md").write_text(KELP)
    return Assistant.open(make_index(folder / "texts", folder / "index"))


def titles(assistant: Assistant, question: str) -> set[str]:
    return {claim.text.split("). ")[1].split(".")[0] for claim in assistant.answer(question).claims}


@pytest.mark.parametrize(
    "question",
    [
        "What has Ada Reef written?",
        "What did Reef write?",
        "Which papers did Ada Reef publish?",
        "papers by Ada Reef",
        "What are Reef's papers?",
    ],
)
def test_what_somebody_wrote_is_what_the_reference_lists_have_under_that_name(
    library: Assistant, question: str
) -> None:
    assert titles(library, question) == {"The teeth of otters", "Urchins at night"}


def test_what_somebody_wrote_about_something_is_of_that_alone(library: Assistant) -> None:
    assert titles(library, "What has Tide written about kelp barrens?") == {"Kelp barrens"}


def test_a_work_that_two_lists_have_is_named_once(library: Assistant) -> None:
    claims = library.answer("What did Bo Tide write?").claims
    assert sum("Kelp barrens" in claim.text for claim in claims) == 1
    assert sum("teeth" in claim.text for claim in library.answer("What did Ada Reef write?").claims) == 1


def test_where_no_text_answers_the_works_that_name_it_are_told(library: Assistant) -> None:
    for question in ("Who is Cy Shoal?", "What is barnacle ecology?"):
        answer = library.answer(question)
        assert answer.abstention is Abstention.NO_EVIDENCE
        assert "Its references list: “Cy Shoal (2012). Barnacle ecology. Journal of Shores”. Nearest: " in answer.text
    assert "references" not in library.answer("Who is Dan Dune?").text
