"""A heading that asks the very question says where its answer stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment_qa import Assistant
from alignment_qa.index import Index
from alignment_qa.lexical import terms
from alignment_qa.retrieve import asks
from ingest.sync import sync

FERRY = (
    "# Questions about the ferry\n\n"
    "## Can I take my dog on board?\n\nAnimals are welcome below deck, as long as they are kept on a lead.\n\n"
    "## Why is the ferry late so often?\n\nThe harbour of the island is shallow, and two hours of each tide leave too little "
    "water over its sill.\n\n"
    "## Why does the ferry not sail in winter?\n\nIce closes the sound from December on.\n\n"
    "## Is there coffee for the crew?\n\nBeans are roasted in the galley every other morning.\n\n"
    "## Who runs the ferry?\n\nIt belongs to all of the island together.\n"
)
HARBOUR = (
    "# The harbour\n\nThe ferry is late so often that the café on the quay sells hot soup to those who wait. People who take "
    "a dog on board ask for soup as well.\n\nWhoever runs for the ferry runs in vain: the ferry is late.\n"
)


@pytest.fixture(scope="module")
def ferry(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder: Path = tmp_path_factory.mktemp("ferry")
    (folder / "texts").mkdir()
    (folder / "texts" / "ferry.md").write_text(FERRY)
    (folder / "texts" / "harbour.md").write_text(HARBOUR)
    with Index.open(folder / "index", write=True) as index:
        sync([folder / "texts"], index)
    return Assistant.open(folder / "index")


@pytest.mark.parametrize(
    ("heading", "share"),
    [
        ("The ferry › Why is the ferry late?", 1.0),
        ("Why is the ferry late in winter?", 2 / 3),
        ("Why is the ferry late in winter? › Causes", 0.0),
        ("Late ferry", 0.0),
        ("Why?", 0.0),
    ],
)
def test_a_heading_asks_what_the_innermost_question_has_in_common(heading: str, share: float) -> None:
    assert asks(terms("why is the ferry late"), heading) == pytest.approx(share)


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("Why is the ferry late so often?", "The harbour of the island is shallow"),
        ("why's the ferry late so often", "The harbour of the island is shallow"),
        ("Can I take my dog on board?", "Animals are welcome below deck"),
        ("Why does the ferry not sail in winter?", "Ice closes the sound"),
    ],
)
def test_what_stands_under_it_leads(ferry: Assistant, question: str, opening: str) -> None:
    answer = ferry.answer(question)
    assert answer.abstention is None
    assert answer.claims[0].text.startswith(opening)


def test_what_opens_under_it_needs_nothing_said_before_it(ferry: Assistant) -> None:
    assert ferry.answer("Who runs the ferry?").claims[0].text == "It belongs to all of the island together."


def test_what_a_heading_asks_is_surely_answered_and_another_kind_of_question_less(ferry: Assistant) -> None:
    same, other = (ferry.answer(f"{asks} coffee for the crew?") for asks in ("Is there", "Why is there"))
    assert same.trace["answers"] > 0.99 > other.trace["answers"]
