"""Numbers, references, links and Markdown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alignment_qa import Answer, Citation, Passage, Source
from alignment_qa.cite import Draft, Quote, as_json, escape, link_to, markdown, reference, resolve, text_of

TEXT = "Kelp is an alga. Otters eat urchins. Urchins eat kelp."
SOURCE = Source("d1", "Kelp", "https://example.org/kelp#top", ("Ada Reef",), "2021-04-02")
PASSAGE = Passage("p1", SOURCE, TEXT, 0, len(TEXT), "Kelp")


def draft(start: int, end: int, **fields: object) -> Draft:
    return Draft(TEXT[start:end], (Quote(PASSAGE, start, end),), "quoted", **fields)  # type: ignore[arg-type]


def test_quotes_are_numbered_by_first_use_and_the_same_words_once() -> None:
    claims, citations = resolve([draft(17, 36), draft(0, 16), draft(17, 36)])
    assert [claim.citations for claim in claims] == [(1,), (2,), (1,)]
    assert [(c.number, c.quote) for c in citations] == [(1, "Otters eat urchins."), (2, "Kelp is an alga.")]


def test_text_shows_markers_labels_and_lists() -> None:
    claims, _ = resolve([draft(0, 16), draft(17, 36, label="From “Otters”"), draft(37, 54, item=True)])
    assert text_of(claims) == "Kelp is an alga. [1]\n\nFrom “Otters”: Otters eat urchins. [2]\n- Urchins eat kelp. [3]"


def test_a_reference_prints_what_is_known() -> None:
    assert reference(SOURCE) == "Ada Reef (2021). Kelp. https://example.org/kelp#top"
    assert reference(Source("d2", "Untold.")) == "Untold"
    assert reference(Source("d3", "Told", published="2026-11-20")) == "Told (2026)"


def test_a_link_lands_on_the_quote() -> None:
    citation = Citation(1, PASSAGE, "Otters eat urchins.", 17, 36)
    assert link_to(citation) == "https://example.org/kelp#:~:text=Otters%20eat%20urchins."


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"])
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    passage = Passage("p", Source("d", "T", url), TEXT, 0, len(TEXT), "T")
    assert link_to(Citation(1, passage, "Kelp", 0, 4)) is None


def test_markdown_from_documents_does_nothing() -> None:
    hostile = "<script>x</script> ![a](http://evil) [b](javascript:c) **d** `e`"
    shown = escape(hostile)
    assert "<script" not in shown.replace("\\<", "")
    assert "](" not in shown
    page = markdown(Answer("q", "Kelp is an alga. [1]", citations=(Citation(1, PASSAGE, hostile, 0, 4),)))
    assert "](" not in page
    assert "Kelp is an alga. [1]" in page


def test_a_work_that_stands_in_several_places_is_one_reference_with_all_of_them() -> None:
    work = replace(SOURCE, also=("https://forum.example/kelp", "Kelp, a talk"))
    assert reference(work) == "Ada Reef (2021). Kelp. https://example.org/kelp#top. Also at https://forum.example/kelp, Kelp, a talk"  # fmt: skip
    many = replace(SOURCE, url=None, also=tuple("abcdef"))
    assert reference(many).endswith("Also at a, b, c, 3 more")


def test_a_citation_tells_its_page_and_whose_words_it_quotes() -> None:
    passage = replace(PASSAGE, pages=((0, 6), (17, 7)), quoted=((0, 0), (37, 1)))
    first, second = (
        Citation(1, passage, "Otters eat urchins.", 17, 36),
        Citation(2, passage, "Urchins eat kelp.", 37, 54),
    )
    assert (first.page, first.quoting, second.page, second.quoting) == (7, False, 7, True)
    assert (passage.page, passage.quoting) == (6, False)
    assert link_to(first) == "https://example.org/kelp#page=7"
    page = markdown(Answer("q", "…", citations=(first, second)))
    assert "kelp\\#top, p. 7 — “Otters" in page
    assert "kelp\\#top, p. 7, set as a quotation there — “Urchins" in page
    told = as_json(Answer("q", "…", citations=(first, second)))["citations"]
    assert [(c["page"], c["quoting"], c["also"]) for c in told] == [(7, False, []), (7, True, [])]  # type: ignore[index, attr-defined]
