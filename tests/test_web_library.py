"""The library's parts: what is listed, what is read, and that words of documents stay words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alignment_qa import Assistant, Document, Passage, Source
from tests.test_web_render import HOSTILE, Seen
from web import library
from web.library import Wanted

TAGS = {
    *("div", "h2", "h3", "p", "span", "ul", "li", "form", "label", "input", "select", "option", "button", "a"),
    *("article", "section"),
}
REEF = Source(
    "r1", "Reef life", authors=("Ada Reef", "Bo Tide"), published="2019-06-05", collection="sea", level="introductory"
)
MOSS = Source("m1", "Moss", authors=("Cy Wave",), published="2021", collection="land", level="advanced")


class Files:
    """Uploads that hold what they are said to."""

    limit = 5 << 20

    def __init__(self, **files: str) -> None:
        self._files = files

    def files(self) -> dict[str, str]:
        return self._files


def over(*sources: Source, passages: int = 1) -> Any:
    """An assistant over documents of which no more than this is known."""
    text = "Words of it."

    def document(doc_id: str) -> Document | None:
        return next((Document(s, text, questions=(s.title,)) for s in sources if s.doc_id == doc_id), None)

    def passages_of(doc_id: str) -> list[Passage]:
        source = next(s for s in sources if s.doc_id == doc_id)
        return [Passage(f"{doc_id}-{n}", source, f"{text} {n}", 0, 1, source.title) for n in range(passages)]

    return SimpleNamespace(
        index=SimpleNamespace(sources=lambda: list(sources), document=document, passages_of=passages_of)
    )


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        (Wanted(), ["Reef life", "Moss"]),
        (Wanted(words="REEF tide"), ["Reef life"]),
        (Wanted(words="reef moss"), []),
        (Wanted(collection="land"), ["Moss"]),
        (Wanted(author="Bo Tide"), ["Reef life"]),
        (Wanted(author="Bo"), []),
        (Wanted(year="2021"), ["Moss"]),
        (Wanted(level="introductory", year="2019"), ["Reef life"]),
    ],
)
def test_a_document_is_listed_when_it_has_all_that_is_wanted(wanted: Wanted, titles: list[str]) -> None:
    assert [source.title for source in (REEF, MOSS) if wanted.fits(source)] == titles
    seen = Seen(library.shelf(over(REEF, MOSS), None, wanted))
    assert [a["data-title"] for a in seen.all("input", "choose")] == titles


def test_filters_offer_what_divides_the_documents() -> None:
    assert library.choices([REEF, MOSS])["author"] == ("Author", ["Ada Reef", "Bo Tide", "Cy Wave"])
    assert set(library.choices([REEF, MOSS])) == {"collection", "author", "year", "level"}
    assert library.choices([REEF, replace(REEF, doc_id="r2", authors=())]) == {
        "author": ("Author", ["Ada Reef", "Bo Tide"])
    }
    assert library.choices([MOSS]) == {}


def test_long_lists_and_long_documents_come_in_parts() -> None:
    many = [replace(MOSS, doc_id=f"m{n}", title=f"Moss {n}") for n in range(library.PAGE + 3)]
    first, rest = library.shelf(over(*many), None, Wanted()), library.shelf(over(*many), None, Wanted(), library.PAGE)
    assert len(Seen(first).all("li")) == library.PAGE
    assert "Show more (3)" in first
    assert len(Seen(rest).all("li")) == 3
    assert "more" not in rest
    assert "53 documents" in first
    whole = library.document(over(MOSS, passages=library.PAGE + 1), None, "m1") or ""
    assert len(Seen(whole).all("p", "words")) == library.PAGE
    assert "Show more (1 passage)" in whole
    part = library.document(over(MOSS, passages=library.PAGE + 1), None, "m1", library.PAGE) or ""
    assert len(Seen(part).all("p", "words")) == 1
    assert "<article" not in part
    far = library.document(over(MOSS, passages=3 * library.PAGE), None, "m1", sought=f"m1-{library.PAGE + 7}") or ""
    assert len(Seen(far).all("p", "words")) == 2 * library.PAGE + 7
    assert f"Show more ({library.PAGE - 7} passages)" in far


def test_only_what_was_added_can_be_removed_and_only_where_files_are_taken() -> None:
    for html in (
        library.frame(over(REEF, MOSS), Files(r1="reef.pdf"), Wanted()),
        library.document(over(REEF), Files(r1="reef.pdf"), "r1"),
    ):
        assert [a["data-file"] for tag, a in Seen(html or "").elements if a.get("data-do") == "remove"] == ["reef.pdf"]
    shown = library.frame(over(REEF, MOSS), Files(), Wanted())
    assert "5 MB" in shown
    assert "remove" not in shown
    assert "aq-files" not in library.frame(over(REEF, MOSS), None, Wanted())


@pytest.mark.parametrize("bad", HOSTILE)
def test_hostile_words_stay_words(bad: str) -> None:
    source = Source(bad, bad, f"javascript:{bad}", (bad,), bad, bad, bad, bad)
    files = Files(**{bad: bad})
    for html in (
        library.frame(over(source, MOSS), files, Wanted(bad, bad, bad, bad, bad)),
        library.frame(over(source, MOSS), files, Wanted()),
        library.document(over(source), files, bad) or "",
    ):
        seen = Seen(html)
        assert {tag for tag, _ in seen.elements} <= TAGS
        for tag, attributes in seen.elements:
            assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
            assert str(attributes.get("href", "#")).startswith("#")
    assert bad.replace("\x00", "") in seen.words.replace("\x00", "").replace("�", "")


def test_there_is_no_page_of_no_document(assistant: Assistant) -> None:
    assert library.document(assistant, None, "nobody") is None


def test_a_document_shows_its_headings_where_they_change(assistant: Assistant, library_index: Path) -> None:
    kelp = next(source for source in assistant.index.sources() if source.title == "Kelp forests")
    html = library.document(assistant, None, kelp.doc_id) or ""
    assert html.count('<h3 class="source-heading">Decline</h3>') == 1
    assert 'href="https://example.org/kelp"' in html
    assert "What is a kelp forest?" in html
