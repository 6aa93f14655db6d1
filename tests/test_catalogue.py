"""Who wrote a document, when, and what else somebody wrote, is told by what is recorded of the documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment_qa import Answer, Assistant
from tests.conftest import make_index

DOCUMENTS = {
    "tides": ("Tides and kelp", "Ada Reef", "2004-05-06", "Tides bring cold water to the kelp. Ada Reef is not named here."),
    "otters": ("How many otters are there?", "Ada Reef", "2009-01-02", "Otters were counted from boats along the coast."),
    "snails": ("Snails of the shore", "Bo Reef", "2010-03-04", "Snails live on rocks between the tides."),
    "shoal": ("Shoaling", "Cy Shoal", "2011-02-03", "Herring swim in shoals."),
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder: Path = tmp_path_factory.mktemp("catalogue")
    (folder / "texts").mkdir()
    for name, (title, author, day, text) in DOCUMENTS.items():
        head = f"---\ntitle: {title}\nauthors: [{author}]\ndate: {day}\n---\n\n"
        (folder / "texts" / f"{name}.md").write_text(f"{head}{text}\n")
    about = "Kelp Dreams is a book that divers like, published in 1999."
    (folder / "texts" / "dreams.md").write_text(f"---\ntitle: Kelp Dreams\ndate: 2020-01-01\n---\n\n{about}\n")
    return Assistant.open(make_index(folder / "texts", folder / "index"))


def lines(answer: Answer) -> list[str]:
    assert {claim.support for claim in answer.claims} <= {"recorded"}
    return [claim.text for claim in answer.claims]


@pytest.mark.parametrize(
    "question",
    ["Who wrote Tides and kelp?", 'Who is the author of "Tides and Kelp"?', "Who wrote the article on tides and kelp?"],
)
def test_who_wrote_a_document_is_told_though_its_text_does_not_say(library: Assistant, question: str) -> None:
    assert lines(library.answer(question)) == ["Ada Reef (2004). Tides and kelp"]


def test_when_a_document_was_published_is_told_to_the_day(library: Assistant) -> None:
    assert lines(library.answer("When was Snails of the shore published?")) == [
        "Bo Reef (2010). Snails of the shore, 2010-03-04"
    ]


def test_an_article_without_an_author_may_be_about_the_work_of_its_name(library: Assistant) -> None:
    assert not any("recorded" in claim.support for claim in library.answer("When was Kelp Dreams published?").claims)


def test_what_somebody_wrote_is_listed_the_latest_first(library: Assistant) -> None:
    ada = ["Ada Reef (2009). How many otters are there?", "Ada Reef (2004). Tides and kelp"]
    assert lines(library.answer("What has Ada Reef written?")) == ada
    assert lines(library.answer("What did Ada Reef write about otters?")) == ada[:1]
    assert len(lines(library.answer("papers by Reef"))) == 3


def test_a_title_that_is_only_like_the_one_asked_for_is_another(library: Assistant) -> None:
    assert not any("Cy Shoal" in text for text in lines(library.answer("Who wrote The Shoal?")))


def test_only_the_chosen_documents_are_listed(library: Assistant) -> None:
    tides = next(source.doc_id for source in library.index.sources() if source.title == "Tides and kelp")
    assert lines(library.within([tides]).answer("What has Ada Reef written?")) == ["Ada Reef (2004). Tides and kelp"]


def test_a_recorded_line_cites_how_its_document_begins(library: Assistant) -> None:
    answer = library.answer("Who wrote Tides and kelp?")
    assert answer.citations[0].quote == "Tides bring cold water to the kelp."
