"""Numbers, references, links and Markdown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alignment_qa import Answer, Citation, Passage, Source
from alignment_qa.cite import (
    Draft,
    Quote,
    as_json,
    bibtex,
    escape,
    link_to,
    markdown,
    markdown_reference,
    reference,
    renumber,
    resolve,
    text_of,
)  # fmt: skip

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


def test_a_list_that_has_more_items_ends_with_an_ellipsis() -> None:
    claims, _ = resolve([draft(0, 16, item=True, cut=True), draft(17, 36)])
    assert text_of(claims) == "Kelp is an alga. [1]\n- …\n\nOtters eat urchins. [2]"


def test_what_follows_a_list_stands_on_a_line_of_its_own() -> None:
    claims, _ = resolve([draft(0, 16, item=True), draft(17, 36)])
    assert text_of(claims) == "Kelp is an alga. [1]\n\nOtters eat urchins. [2]"


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


def test_words_keep_their_number_in_a_conversation_and_new_ones_count_on() -> None:
    claims, citations = resolve([draft(0, 16), draft(17, 36)])
    answer = Answer("q", text_of(claims), claims, citations)
    later = renumber(answer, {("p1", 17, 36): 3, ("p9", 0, 5): 7})
    assert later.text == "Kelp is an alga. [8] Otters eat urchins. [3]"
    assert [(c.number, c.quote) for c in later.citations] == [(8, "Kelp is an alga."), (3, "Otters eat urchins.")]
    assert renumber(answer, {}) == answer
    assert renumber(Answer("q", "Nothing."), {("p1", 0, 16): 2}).text == "Nothing."


@pytest.mark.parametrize(
    ("source", "entry"),
    [
        (
            Source("d", "Risks from Learned Optimization", "https://arxiv.org/abs/1906.01820v3",
                   ("Evan Hubinger", "García, Ana"), "2019-06-05"),
            "@misc{hubinger2019risks,\n  author = {Evan Hubinger and García, Ana},\n"
            "  title = {{Risks from Learned Optimization}},\n  year = {2019},\n  month = jun,\n  eprint = {1906.01820},\n"
            "  archiveprefix = {arXiv},\n  url = {https://arxiv.org/abs/1906.01820v3},\n}\n",
        ),
        (
            Source("d", "The 100% rule: $x_1$ & {y} ~^\\ #2", None, ("Reef, Tide and Sons",), "2020"),
            "@misc{reef2020100,\n  author = {{Reef, Tide and Sons}},\n  title = {{The 100\\% rule: \\$x\\_1\\$ \\& "
            "\\textbraceleft{}y\\textbraceright{} \\textasciitilde{}\\textasciicircum{}\\textbackslash{} \\#2}},\n"
            "  year = {2020},\n}\n",
        ),
        (
            Source("d", "Kelp {", "https://doi.org/10.1000/182}", ("Łena Ørsted",)),
            "@misc{orstedkelp,\n  author = {Łena Ørsted},\n  title = {{Kelp \\textbraceleft{}}},\n  doi = {10.1000/182%7D},\n"
            "  url = {https://doi.org/10.1000/182%7D},\n}\n",
        ),
        (Source("abc", "海", "javascript:x", ()), "@misc{sourceabc,\n  title = {{海}},\n}\n"),
        (
            Source("d", "A bed of kelp, seen", None, (), "2026-11-20"),
            "@misc{bedkelpseen2026,\n  title = {{A bed of kelp, seen}},\n  year = {2026},\n  month = nov,\n}\n",
        ),
    ],
)  # fmt: skip
def test_bibtex_states_what_is_known_and_no_character_breaks_it(source: Source, entry: str) -> None:
    assert bibtex(source) == entry
    assert entry.count("{") == entry.count("}")


def test_a_markdown_reference_links_its_title_and_nothing_else() -> None:
    hostile = Source("d", "Kelp [x](javascript:y).", "https://a.example/k_(1)?q=<b>", ("A_B",), "2019")
    assert markdown_reference(hostile) == (
        "A\\_B (2019). [Kelp \\[x\\]\\(javascript:y)](https://a.example/k_%281%29?q=%3Cb%3E)"
    )
    assert markdown_reference(Source("d", "Kelp", "javascript:x")) == "Kelp. javascript:x"
