"""Pages and quotations of a document: where they are, and that they reach the passage, the index and the citation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alignment_qa import Assistant, Citation, Document
from alignment_qa.index import Index
from alignment_qa.marks import between, share, value_at
from ingest.passages import split
from ingest.readers import html, latex, markdown, mediawiki, text
from ingest.sync import sync
from tests.test_readers import Set, pdf_of, set_at

Read = Callable[[bytes], Document]

OWN, THEIRS = "Goals are learned from rewards.", "Whatever is rewarded is learned, in the end."
QUOTING: dict[str, tuple[Read, str]] = {
    "a motto": (markdown.read, f"# Goals\n\n> {THEIRS}\n\n— Jane Doe, 1999\n\n{OWN}\n\nSo they say."),
    "Markdown": (markdown.read, f"{OWN}\n\n> {THEIRS}\n\nSo they say."),
    "Quarto": (markdown.read, f'{OWN}\n\n!!! quote "Jane Doe"\n    {THEIRS}\n\nSo they say.'),
    "HTML": (html.read, f"<main><p>{OWN}<blockquote><p>{THEIRS}</blockquote><p>So they say.</main>"),
    "LaTeX": (latex.read, f"{OWN}\n\\begin{{quote}}{THEIRS}\\end{{quote}}\nSo they say."),
    "a wiki's element": (mediawiki.read, f"{OWN}\n<blockquote>{THEIRS}</blockquote>\nSo they say."),
    "a wiki's template": (mediawiki.read, f"{OWN}\n{{{{quote|{THEIRS}}}}}\nSo they say."),
    "plain text": (text.read, f"{OWN}\n\n> {THEIRS}\n\nSo they say."),
}


@pytest.mark.parametrize("form", QUOTING)
def test_what_is_set_as_a_quotation_is_marked(form: str) -> None:
    read, source = QUOTING[form]
    document = read(source.encode())
    start = document.text.index(THEIRS)
    assert value_at(document.quoted, start) == value_at(document.quoted, start + len(THEIRS) - 1) == 1
    assert not value_at(document.quoted, document.text.index(OWN))
    assert not value_at(document.quoted, document.text.index("So they say"))


@pytest.mark.parametrize(
    "source",
    [
        f"# Goals\n\n> {THEIRS}\n\n{OWN}",  # a summary
        f"{OWN}\n\n> [!NOTE]\n> {THEIRS}",  # a note of the author's
    ],
)
def test_a_summary_and_a_note_are_the_documents_own_words(source: str) -> None:
    assert not any(quoting for _, quoting in markdown.read(source.encode()).quoted)


def test_a_passage_quotes_where_half_of_it_is_set_so_and_a_citation_where_its_own_words_are() -> None:
    document = markdown.read(f"{OWN}\n\n> {THEIRS} {THEIRS}\n\nSo.".encode())
    (passage,) = split(document, lambda texts: [len(each.split()) for each in texts])
    assert passage.quoting
    start = document.text.index(THEIRS)
    assert Citation(1, passage, THEIRS, start, start + len(THEIRS)).quoting
    assert not Citation(2, passage, OWN, 0, len(OWN)).quoting


def test_marks_hold_until_the_next() -> None:
    marks = ((0, 1), (10, 2), (20, 0))
    assert between(marks, 5, 12) == ((5, 1), (10, 2))
    assert between((), 5, 12) == ()
    assert [value_at(marks, at) for at in (0, 9, 10, 99)] == [1, 1, 2, 0]
    assert value_at(((3, 1),), 2) is None
    assert share(marks, 15, 25) == 0.5
    assert share(marks, 5, 5) == 0.0


PAPER: list[list[Set]] = [
    set_at(700, ["Tide pools are small worlds at the edge of the sea.", "Limpets return to one place on their rock."]),
    set_at(700, ["Anemones close when the water goes, and they open again when it is back."]),
]


def test_a_citation_names_the_page_of_its_words(tmp_path: Path) -> None:
    (tmp_path / "pools.pdf").write_bytes(pdf_of(PAPER))
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "pools.pdf"], index)
        (document,) = index.documents()
        assert index.passages_of(document.source.doc_id)[0].pages == document.pages
    answer = Assistant.open(tmp_path / "index", least=0).answer("When do anemones close?")
    pages = {citation.quote.split()[0]: citation.page for citation in answer.citations}
    assert pages["Anemones"] == 2
    assert pages.get("Limpets", 1) == 1


def test_formulas_that_a_page_has_taken_apart_are_not_quoted() -> None:
    formula = "Rˆ = arg max R P({At} | {It}, R) P(R), where R(I, A) assigns scalar utility to each (I, A) pair."
    document = Document(text.read(OWN.encode()).source, f"{OWN}\n\n{formula}", pages=((0, 1),))
    (passage,) = split(document, lambda texts: [len(each.split()) for each in texts])
    assert [document.text[start:end] for start, end in passage.sentences] == [OWN]


def test_an_epigraph_is_a_quotation_and_a_chapters_references_are_no_prose() -> None:
    source = f"{OWN}\n\n\\epigraph{{{THEIRS}}}{{Jane Doe}}\n\nSo.\n\\section*{{Chapter References}}\nThis builds on \\cite{{doe}}."
    document = latex.read(source.encode())
    assert value_at(document.quoted, document.text.index(THEIRS)) == 1
    assert not value_at(document.quoted, document.text.index("So."))
    assert [(heading.title, heading.role) for heading in document.headings] == [("Chapter References", "references")]


@pytest.mark.parametrize("status", ["Work in progress", "This page is a stub.", "This section is still being written and is considered a work in progress."])  # fmt: skip
def test_a_line_on_the_state_of_the_text_is_not_part_of_it(status: str) -> None:
    assert markdown.read(f"# Goals\n\n{status}\n\n{OWN}".encode()).text == OWN


def test_an_entry_loses_its_mark_and_nothing_else_that_looks_like_one() -> None:
    source = f"{OWN}\n\n## References\n\n- This was written in 2023. Around 2025 it was read - by others."
    assert markdown.read(source.encode()).text.endswith("- This was written in 2023. Around 2025 it was read - by others.")  # fmt: skip
