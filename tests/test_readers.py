"""What readers make of files: clean text, sections by purpose, titles, statements, and refusals with their reason."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import LARGEST, SUFFIXES, html, hyphens, markdown, pdf, read, text

SOURCES = Path(__file__).parents[2] / "shared" / "source-documents"


def md(content: str, name: str = "") -> Document:
    return markdown.read(content.encode(), name=name)


def txt(content: str, name: str = "") -> Document:
    return text.read(content.encode(), name=name)


def page(body: str, head: str = "", name: str = "") -> Document:
    return html.read(f"<html><head>{head}</head><body>{body}</body></html>".encode(), name=name)


def roles(document: Document) -> list[tuple[str, str]]:
    return [(heading.title, heading.role) for heading in document.headings]


# ---- Files ------------------------------------------------------------------------------------------------------


def test_a_file_is_read_by_its_suffix_and_its_collection_is_kept(tmp_path: Path) -> None:
    for name in ("a.md", "b.markdown", "c.qmd", "d.txt", "e", "f.html", "g.HTM"):
        path = tmp_path / name
        path.write_text(
            "<p>Goals are learned from rewards.</p>" if "h" in name.lower() else "Goals are learned from rewards."
        )
        document = read(path, collection="mine")
        assert document.text == "Goals are learned from rewards."
        assert document.source.collection == "mine"
    assert {".md", ".txt", ".html", ".pdf", ""} <= set(SUFFIXES)


def test_the_same_words_have_the_same_id_wherever_they_lie(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "another-name.txt"
    for path in (one, two):
        path.write_text("Inner alignment is a problem.\n\nIt is hard.")
    assert read(one).source.doc_id == read(two).source.doc_id
    two.write_text("Inner alignment is a problem.\n\nIt is easy.")
    assert read(one).source.doc_id != read(two).source.doc_id
    assert len(read(one).source.doc_id) == 16


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"", "empty"),
        ("a.txt", b"  \n \n", "empty"),
        ("a.txt", b"MZ\x00\x01\x02 and so on", "binary"),
        ("a.txt", bytes(range(1, 32)) * 20, "binary"),
        ("a.xlsx", b"PK", "not supported; these are: .md"),
        ("a.md", b"---\ntitle: Only this\n---\n", "no prose"),
        ("a.md", b"![image](x.png)\n\n---\n", "no prose"),
        ("a.html", b"<html><body><nav>Home</nav></body></html>", "no prose"),
        ("a.pdf", b"%PDF-1.4 broken", "not a readable PDF"),
        ("a.pdf", b"not a PDF at all", "not a readable PDF"),
        ("a.txt", b"\xff\xfeabc", "utf-16"),
    ],
)
def test_a_file_without_prose_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReadFailed, match=reason):
        read(path)


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "nowhere.md").symlink_to(tmp_path / "gone.md")
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    os.mkfifo(tmp_path / "pipe.md")
    for name, reason in [
        ("folder.md", "not a regular file"),
        ("pipe.md", "not a regular file"),
        ("nowhere.md", "link to nothing"),
        ("loop.md", "link that loops"),
        ("missing.md", "no such file"),
    ]:
        with pytest.raises(ReadFailed, match=reason):
            read(tmp_path / name)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(ReadFailed, match="too large"):
        read(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("secret")
    path.chmod(0)
    with pytest.raises(ReadFailed, match="permission"):
        read(path)


def test_a_pdf_with_another_suffix_is_read_as_a_pdf(tmp_path: Path) -> None:
    path = tmp_path / "paper.txt"
    path.write_bytes(pdf_of([[(72, 700, 11, "Goals are learned from rewards.")]]))
    assert read(path).text == "Goals are learned from rewards."


def test_importing_the_readers_imports_nothing_heavy() -> None:
    heavy = "{'trafilatura', 'lxml', 'pypdfium2', 'pypdf', 'yaml', 'markdown_it', 'charset_normalizer'}"
    code = f"import sys, ingest.readers; print(sorted({heavy} & set(sys.modules)))"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "[]"


# ---- Encodings and characters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_encoding_it_is_in(encoding: str) -> None:
    words = "La thèse de l’orthogonalité est une idée générale – à propos des buts d’un système évolué. " * 4
    assert text.read(words.encode(encoding)).text == words.strip()


def test_a_page_is_read_in_the_encoding_it_declares() -> None:
    content = '<html><head><meta charset="iso-8859-2"></head><body><p>Zażółć gęślą jaźń i idź.</p></body></html>'
    assert html.read(content.encode("iso-8859-2")).text == "Zażółć gęślą jaźń i idź."


def test_invisible_characters_are_removed_and_letters_composed() -> None:
    assert txt("Go\u200bals\u202e a\u0301re\u00ad hid\U000e0041den.\ufeff").text == "Goals áre hidden."


# ---- Plain text -------------------------------------------------------------------------------------------------


def test_hard_wrapped_lines_are_joined_and_long_lines_are_paragraphs() -> None:
    wrapped = (
        "Inner alignment is the problem of\nmaking a learned model pursue the\ngoal it was trained for.\n\nIt is hard."
    )
    assert txt(wrapped).text == wrapped.replace("\n\n", "¶").replace("\n", " ").replace("¶", "\n\n")
    one, two = ("A paragraph on one line. " * 8).strip(), ("Another on one line. " * 8).strip()
    assert txt(f"{one}\n{two}").text == f"{one}\n\n{two}"


def test_light_markup_is_removed_from_plain_text() -> None:
    content = "The <u>base</u> *goal* of **SGD** is [here](https://x.org/a_(b)).\n\n> Quoted words\n\n2 * 3 * 4 = a_b_c"
    assert txt(content).text == "The base goal of SGD is here.\n\nQuoted words\n\n2 * 3 * 4 = a_b_c"


def test_markers_of_references_are_removed_but_indices_and_intervals_stay() -> None:
    content = (
        "It is so.[3] It was [1, 2] known [4][5], too.[^6] The value is in [0, 1], x[1] or [2019], not in [1, 10]."
    )
    assert txt(content).text == "It is so. It was known, too. The value is in [0, 1], x[1] or [2019], not in [1, 10]."


def test_a_scratchpad_is_never_answered_from() -> None:
    document = txt(
        "Goals matter.\n\nScratchpad\n\nRemoved\n\nWrong words.\n\nMORE WORDS\n\nBad.\n\nSources\n\n- A paper (2019)"
    )
    assert document.text == "Goals matter.\n\n- A paper (2019)"
    assert roles(document) == [("Sources", "references")]


def test_related_questions_are_kept_apart_from_the_text() -> None:
    document = txt(
        "Goals matter.\n\nRelated\n\n- What is a goal?\n- Why do goals matter?\n\nAlternative phrasings\n\n- Goals?"
    )
    assert document.text == "Goals matter."
    assert document.related == ("What is a goal?", "Why do goals matter?")
    assert document.questions == ("Goals?",)


def test_a_lone_button_takes_nothing_with_it() -> None:
    assert txt("Share\n\nGoals matter a lot.\n\nComments\n\nStill text.").text == "Goals matter a lot.\n\nStill text."


def test_lines_at_the_head_state_title_and_author() -> None:
    document = txt("Title: On goals\nAuthor: Jane Doe\nDate: May 3, 2021\n\nGoals matter to every agent.")
    assert (document.source.title, document.source.authors) == ("On goals", ("Jane Doe",))
    assert (document.source.published, document.text) == ("2021-05-03", "Goals matter to every agent.")


def test_headings_of_plain_text_are_known_by_their_marks() -> None:
    document = txt("# Goals\n\nWords one.\n\nMeans\n=====\n\nWords two.\n\n2.1 Ends of agents\n\nWords three.")
    assert [(heading.level, heading.title) for heading in document.headings] == [
        (1, "Means"),
        (3, "2.1 Ends of agents"),
    ]
    assert document.text == "Words one.\n\nWords two.\n\nWords three."


# ---- Titles -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Inner alignment asks the question - “Is it aimed?”, or more.", "Inner alignment"),
        ("The orthogonality thesis is the claim that goals and wits are independent.", "Orthogonality thesis"),
        ("It is often said by many people that goals matter a lot.", "It is often said by many people that…"),
        ("■ Mesa-optimizers explained\n\nThey are learned.", "Mesa-optimizers explained"),
        (
            "Alignment basics\nWhat is alignment, and why is it hard?\nIt is about goals and it is hard.",
            "Alignment basics",
        ),
        ("What is corrigibility?\n\nAn agent is corrigible if it lets us correct it.", "What is corrigibility?"),
        ("Goals matter.", "Goals matter"),
    ],
)
def test_a_title_is_the_documents_own_words(content: str, title: str) -> None:
    assert txt(content, name="000_e157e877b423428b").source.title == title


def test_a_question_at_the_top_is_what_the_document_answers_not_a_sentence_of_it() -> None:
    document = txt(
        "Alignment basics\nWhat is alignment, and why is it hard?\nIt is about goals. It is hard for many reasons."
    )
    assert document.questions == ("What is alignment, and why is it hard?",)
    assert "?" not in document.text


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("---\ntitle: Stated\n---\n# Other\n\nWords here.", "Stated"),
        ("# Heading one\n\nWords here.\n\n## More\n\nWords.", "Heading one"),
        ("*A motto.*\n\nHeading one\n===========\n\nWords here.\n\n# Another\n\nWords.", "Heading one"),
        ("[home](./index.md)\n---\n\nHeading two\n---\n\nWords here.", "Heading two"),
        ("# Overview\n\nWords here.\n\n# Rules\n\nWords.", "Model spec"),
        ("Corrigibility is a property of agents.", "Corrigibility"),
    ],
)
def test_a_title_of_markdown_is_the_stated_one_or_its_first_heading(content: str, title: str) -> None:
    assert md(content, name="model_spec").source.title == title


def test_the_heading_that_is_the_title_is_not_a_section() -> None:
    assert roles(md("# Goals\n\nWords.\n\n## Means\n\nMore.")) == [("Means", "prose")]


# ---- Markdown ---------------------------------------------------------------------------------------------------

ARTICLE = """---
title: Inner alignment
question: What is inner alignment?
also_asked:
  - Why would a model want something else?
topics: [learned optimization]
level: introductory
related: [outer-alignment]
authors: [{name: Jane Doe}, John Roe]
sources:
  - authors: [Evan Hubinger, Chris van Merwijk]
    title: Risks from Learned Optimization
    venue: arXiv
    year: 2019
    url: https://arxiv.org/abs/1906.01820
updated: 2026-11-20
licence: CC BY 4.0
---

Inner alignment is **hard** [1].

## How it goes wrong

Goals differ.[1]
"""


def test_front_matter_states_what_the_article_format_says() -> None:
    document = md(ARTICLE)
    source = document.source
    assert (source.title, source.level, source.licence) == ("Inner alignment", "introductory", "CC BY 4.0")
    assert (source.authors, source.published, source.url) == (("Jane Doe", "John Roe"), "2026-11-20", None)
    assert document.questions == ("What is inner alignment?", "Why would a model want something else?")
    assert document.related == ("outer-alignment",)
    assert document.text == (
        "Inner alignment is hard.\n\nGoals differ.\n\n- Evan Hubinger, Chris van Merwijk (2019). "
        "Risks from Learned Optimization. arXiv. https://arxiv.org/abs/1906.01820"
    )
    assert roles(document) == [("How it goes wrong", "prose"), ("References", "references")]
    assert all(document.text[heading.start - 2 : heading.start] == "\n\n" for heading in document.headings)


@pytest.mark.parametrize(
    "matter",
    [
        "title: [unclosed",
        "title: {a: b}\nauthors: 3\ndate: [1]\nrelated: yes\nsources: 5\nquestion: {x: [y]}\nurl: javascript:alert(1)",
        "a: &a [x, x]\nb: &b [*a, *a]\ntitle: [*b, *b]",
        "title: !!python/object/apply:os.system ['true']",
        "x: " + "y" * 70_000,
        "date: 2021-99-99",
        "sources: [{authors: {name: A}, title: 3, year: 2020-01-01}, null, [x]]",
    ],
)
def test_odd_front_matter_never_stops_a_document(matter: str) -> None:
    document = md(f"---\n{matter}\n---\n\nGoals are learned from rewards.")
    assert document.text.startswith("Goals are learned from rewards.")
    assert document.source.url is None


def test_indented_tags_inside_an_open_element_are_no_code() -> None:
    content = (
        "<div>\n\n    <div>\n        <p>Goals are learned from the rewards given.</p>\n    </div>\n\n</div>\n\nWords."
    )
    assert md(content).text == "Goals are learned from the rewards given.\n\nWords."
    assert md("Write this:\n\n    <div>\n    </div>\n").text == "Write this:\n\n    <div>\n    </div>"


def test_an_unquoted_colon_in_a_title_is_forgiven() -> None:
    assert md("---\ntitle: Goals: a study\nauthor: Jane Doe\n---\n\nWords.").source.title == "Goals: a study"


def test_inline_markup_links_images_and_tags_are_removed() -> None:
    content = (
        "The *base* **goal** of ~~it~~ [SGD](x) is <u>set</u> ![alt](a.png) by `loss[1]` &amp; $a_1*b_2*c$ [[Page|us]]."
    )
    assert md(content).text == "The base goal of it SGD is set by loss[1] & $a_1*b_2*c$ us."


def test_lists_keep_one_line_an_item_and_quotes_are_paragraphs() -> None:
    content = "Kinds:\n\n1. one\n   wrapped\n2. two\n   - inner\n\n* [ ] task\n\n> quoted\n> words\n\nline  \nbreak"
    assert md(content).text == "Kinds:\n\n1. one wrapped\n2. two\n- inner\n- task\n\nquoted words\n\nline\n\nbreak"


def test_tables_are_rows_and_code_is_kept_indented() -> None:
    content = "Words.\n\n| a | b |\n|---|---|\n| **1** | 2 |\n\n```python\nif x:\n    y[1]  # <!-- kept -->\n```\n\n```mermaid\ngraph\n```"
    assert md(content).text == "Words.\n\na | b\n1 | 2\n\n    if x:\n        y[1]  # <!-- kept -->"


def test_what_site_generators_add_is_removed() -> None:
    content = (
        "Goals are set. {: .lead }\n\n<!-- a\n\nb -->\n\n{% include x.html %}\n\n{{< youtube id >}}\n\n::: {.note}\nInside.\n:::\n\n"
        '*[RL]: Reinforcement learning\n\n[TOC]\n\n## Means {: #id .c }\n\nMore. [@doe2020, p. 3]\n\n<div class="x"><div>13 min</div></div>'
    )
    document = md(content)
    assert document.text == "Goals are set.\n\nInside.\n\nMore."
    assert roles(document) == [("Means", "prose")]


def test_an_aside_is_a_section_and_the_section_around_it_goes_on() -> None:
    content = '## Means\n\nBefore.\n\n!!! note "Definition: Goal"\n\n\n     A goal is an aim.\n\n     - one\n\nAfter.'
    document = md("# T\n\n" + content)
    assert document.text == "Before.\n\nA goal is an aim.\n\n- one\n\nAfter."
    assert [heading.title for heading in document.headings] == ["Means", "Definition: Goal", "Means"]


def test_a_label_over_code_is_the_heading_of_the_code_only() -> None:
    document = md(
        "# T\n\n## Means\n\nBefore.\n\n**Example**: a short request\n\n~~~xml\n<user>\nHi\n</user>\n~~~\n\nAfter."
    )
    assert document.text == "Before.\n\n    <user>\n    Hi\n    </user>\n\nAfter."
    assert [heading.title for heading in document.headings] == ["Means", "Example: a short request", "Means"]


def test_a_bold_line_is_a_heading_and_a_bold_opening_is_not() -> None:
    document = md("# T\n\nWords.\n\n**What is a goal?**\n\n**A goal** is an aim.")
    assert (document.text, roles(document)) == ("Words.\n\nA goal is an aim.", [("What is a goal?", "prose")])


def test_a_bold_head_that_runs_into_its_paragraph_heads_that_and_the_list_after_it() -> None:
    says = "Each of them takes a day or two of somebody's work, and then some more:"
    document = md(f"# T\n\n## Means\n\nBefore.\n\n**Two kinds of test.** {says}\n\n- one\n- two\n\nAfter.\n\nEnd.")
    assert document.text == f"Before.\n\n{says}\n\n- one\n- two\n\nAfter.\n\nEnd."
    assert [heading.title for heading in document.headings] == ["Means", "Two kinds of test", "Means"]
    assert document.text[document.headings[-1].start :] == "After.\n\nEnd."


def test_a_bold_question_is_the_heading_of_what_answers_it() -> None:
    document = md(f"# T\n\nBefore.\n\n**What is a test?** {'A test is a try. ' * 4}\n\nAfter.")
    assert [heading.title for heading in document.headings] == ["What is a test?", ""]


@pytest.mark.parametrize(
    "paragraph",
    [
        "**A goal** is an aim that somebody has and follows for a while, or for good, and for some end.",
        "**A goal**: An aim that somebody has and follows for a while, or for good, and for some end.",
        "**A goal is met.** It ends.",
        "**Stop!** he said, and went on with what he had been doing all day long, as he always did then.",
        "> **Two kinds.** Each of them takes a day or two of work, of which there is enough, as they say.",
        "- **Two kinds.** Each of them takes a day or two of work, of which there is enough, as they say.",
    ],
)
def test_bold_words_that_a_sentence_goes_on_from_are_no_head(paragraph: str) -> None:
    document = md(f"# T\n\nBefore.\n\n{paragraph}")
    assert "".join(paragraph.split("**")).removeprefix("> ") in document.text
    assert document.headings == ()


def test_a_document_that_opens_with_a_bold_head_has_no_title_of_it() -> None:
    says = "Each of them takes a day or two of somebody's work, and then some more of it."
    assert md(f"**Two kinds of test.** {says}\n\nMore.").text.startswith("Two kinds of test. Each")


def test_footnotes_are_references_only_if_they_list_works() -> None:
    works = md("Goals.[^1] Means.[^2]\n\n[^1]: Doe (2019). https://x.org\n[^2]: Roe et al., 2020.\n\nMore.")
    assert works.text == "Goals. Means.\n\nMore.\n\n- Doe (2019). https://x.org\n- Roe et al., 2020."
    assert roles(works) == [("Footnotes", "references")]
    said = md("Goals.[^1]\n\n[^1]: This is true\n    to an extent.\n")
    assert (said.text, roles(said)) == ("Goals.\n\nThis is true to an extent.", [("Footnotes", "prose")])


def test_sections_without_answers_are_dropped_until_a_heading_of_their_level() -> None:
    content = (
        "# T\n\nKept.\n\n## Table of contents\n\n- a\n\n## Scratchpad\n\nNo.\n\n### Deeper\n\nNo.\n\n## Means\n\nKept too.\n\n"
        "## See also\n\n- [Other page](x)\n- A much longer sentence about something else that is only here to point at it.\n\n## Acknowledgements\n\nThanks."
    )
    document = md(content)
    assert document.text == "Kept.\n\nKept too."
    assert document.related == ("Other page",)
    assert roles(document) == [("Means", "prose")]


def test_a_document_whose_title_is_a_section_name_is_kept() -> None:
    assert md("# Changelog\n\nWords were added.").text == "Words were added."
    assert md("# Contents\n\nWords were added.\n\n## Share\n\nNo.").text == "Words were added."


def test_related_work_is_prose() -> None:
    assert "Others" in md("# T\n\nWords.\n\n## Related work\n\nOthers did it.").text


def test_raised_numbers_are_powers_or_references() -> None:
    content = "About 10<sup>6</sup> H<sub>2</sub>O and x<sup>2</sup>, as known<sup>3</sup>."
    assert md(content).text == "About 10^6 H2O and x^2, as known."


def test_a_byline_states_author_and_date_and_is_not_prose() -> None:
    document = md("Goals\n=====\n\n*author: Jane Doe, created: 2024-04-06, status: draft*\n\nWords.")
    assert (document.source.authors, document.source.published) == (("Jane Doe",), "2024-04-06")
    assert document.text == "Words."


def test_notes_in_wiki_brackets_are_text_or_drafts_by_their_kind() -> None:
    content = (
        "[summary: A goal is an aim.\n\nIt is set.]\n\nGoals [todo: cite] matter.\n\n[todo:\n\n- write\n- more]\n\nEnd."
    )
    assert md(content).text == "A goal is an aim.\n\nIt is set.\n\nGoals matter.\n\nEnd."


@given(st.text(alphabet="ab .\n#*_`[](){}<>|-=~!:$^&;\"'\\1", max_size=300))
def test_any_markdown_is_read_or_refused(content: str) -> None:
    for reader in (markdown, text):
        try:
            document = reader.read(content.encode())
        except ReadFailed:
            continue
        assert document.text.strip() == document.text.lstrip("\n").rstrip() != ""
        assert all(0 <= heading.start <= len(document.text) for heading in document.headings)


# ---- HTML -------------------------------------------------------------------------------------------------------

PAGE = """
<header><a href="/">The Site</a><nav><a href="/a">All posts</a></nav></header>
<main><article><h1>Goals of agents</h1><p class="byline">by <a href="/jane">Jane Doe</a></p>
<p>Agents have <b>goals</b>&nbsp;that they pursue over 10<sup>6</sup> steps.<sup><a href="#1">[1]</a></sup> It costs $x &lt; y$.</p>
<h2>Kinds of goals</h2><p>There are two kinds of goals that matter here:</p>
<ul><li>Final goals are wanted<ol><li>for themselves</li></ol></li><li>Means are wanted for something else.</li></ul>
<blockquote><p>A goal is a dream with a deadline, somebody said.</p></blockquote>
<pre>x = goal[1]
y = 2</pre><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
<script>track()</script><aside>Subscribe to our newsletter</aside>
<h2>See also</h2><ul><li><a href="x">Means and ends</a></li></ul></article></main>
<footer>Copyright The Site</footer>"""


def test_a_page_gives_its_article_without_its_furniture() -> None:
    document = page(PAGE, "<title>Goals of agents | The Site</title>")
    assert document.source.title == "Goals of agents"
    assert document.source.authors == ("Jane Doe",)
    assert document.related == ("Means and ends",)
    assert document.text == (
        "by Jane Doe\n\nAgents have goals that they pursue over 10^6 steps. It costs $x < y$.\n\n"
        "There are two kinds of goals that matter here:\n\n- Final goals are wanted\n- for themselves\n"
        "- Means are wanted for something else.\n\nA goal is a dream with a deadline, somebody said.\n\n"
        "    x = goal[1]\n    y = 2\n\na | b\n1 | 2"
    ).removeprefix("by Jane Doe\n\n")
    assert roles(document) == [("Kinds of goals", "prose")]


def test_a_question_that_stands_by_itself_heads_its_answer_and_the_section_goes_on_after_it() -> None:
    document = page(
        "<main><h1>The ferry</h1><p>Visitors ask much.</p><details><summary>May dogs come?</summary><p>On a lead they may.</p>"
        "</details><p>The crew is kind.</p><dl><dt>Who <i>runs</i> it?</dt><dd>The island does.</dd><dt>Tide</dt><dd>The sea falls.</dd>"
        "</dl><h2>Fares</h2><p><b>Is it free?</b><br>For pupils it is.<br>Is that fair?</p>Do you think so?<p>Others pay at the quay.</p>"
        "<p><strong>Is there coffee?</strong></p><p>Until noon there is.</p><p>We <b>do ask?</b></p></main>"
    )
    headings = [(heading.title, document.text[heading.start :].split("\n")[0]) for heading in document.headings]
    assert headings == [
        ("May dogs come?", "On a lead they may."),
        ("", "The crew is kind."),
        ("Who runs it?", "The island does."),
        ("Fares", "For pupils it is."),
        ("Is it free?", "For pupils it is."),
        ("Fares", "Do you think so?"),
        ("Is there coffee?", "Until noon there is."),
    ]


def test_a_page_without_a_main_element_is_read_without_its_menus() -> None:
    said = "".join(f"<p>{f'Goal {at} is learned from rewards over many steps. ' * 4}</p>" for at in range(9))
    menu = "<div class='menu'>" + "".join(f"<a href='/{at}'>Page {at}</a> " for at in range(30)) + "</div>"
    document = page(f"{menu}<div class='post'><h1>Goals</h1>{said}</div><div id='footer'>Privacy policy</div>")
    assert "Page 7" not in document.text
    assert document.text.count("many steps") == 36


def test_a_page_states_what_its_meta_elements_and_linked_data_state() -> None:
    head = (
        '<title>x</title><meta property="og:title" content="Goals – a study"><link rel="canonical" href="https://x.org/goals">'
        '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/"><script type="application/ld+json">'
        '{"@graph": [{"@type": "BlogPosting", "author": [{"name": "Jane Doe"}, {"name": "John Roe"}], '
        '"datePublished": "2021-03-04T10:00:00Z"}]}</script>'
    )
    source = page("<article><p>Goals are learned from rewards.</p></article>", head).source
    assert (source.title, source.url) == ("Goals – a study", "https://x.org/goals")
    assert (source.authors, source.published) == (("Jane Doe", "John Roe"), "2021-03-04")
    assert source.licence == "https://creativecommons.org/licenses/by/4.0/"


def test_what_a_page_does_not_state_is_not_invented() -> None:
    source = page("<article><p>Goals are learned, © 2019 Site, posted by admin.</p></article>").source
    assert (source.url, source.authors, source.published, source.licence) == (None, (), None, None)


def test_the_name_of_a_site_is_not_the_title_of_its_page() -> None:
    head = "<title>Goals of agents - The Site</title>"
    body = "<header><h1>The Site</h1></header><main><h1>Goals of agents</h1><p>Goals are learned.</p></main>"
    assert page(body, head).source.title == "Goals of agents"
    assert (
        page("<header><h1>The Site</h1></header><main><p>Goals are learned.</p></main>", head).source.title
        == "Goals of agents"
    )


def test_an_article_of_distill_is_read_without_its_notes() -> None:
    matter = '{"title": "Goals", "authors": [{"author": "Jane Doe"}]}'
    document = page(
        f"<d-front-matter><script type='text/json'>{matter}</script></d-front-matter><d-title><h1>Goals</h1></d-title>"
        "<d-article><p>Goals<d-cite key='x'></d-cite> are learned<d-footnote>We think so.</d-footnote> here.</p></d-article>"
    )
    assert (document.source.title, document.source.authors) == ("Goals", ("Jane Doe",))
    assert document.text == "Goals are learned here."


def test_hidden_text_is_not_read() -> None:
    document = page(
        "<main><p>Goals are learned.</p><p style='display: none'>Ignore this.</p><p hidden>And this.</p></main>"
    )
    assert document.text == "Goals are learned."


def test_formulas_keep_their_source() -> None:
    annotated = (
        "<math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x^2</annotation></semantics></math>"
    )
    document = page(f"<main><p>The loss {annotated} is small, as is $~$\\alpha$~$.</p></main>")
    assert document.text == "The loss $x^2$ is small, as is $\\alpha$."


def test_a_page_nested_deeper_than_pythons_stack_is_read() -> None:
    assert page("<div>" * 1500 + "<p>Goals are learned.</p>" + "</div>" * 1500).text == "Goals are learned."


@given(st.text(alphabet="ab <>/=\"'&;!-p ", max_size=200))
def test_any_page_is_read_or_refused(content: str) -> None:
    with contextlib.suppress(ReadFailed):
        page(f"<p>Goals.</p>{content}")


# ---- PDF --------------------------------------------------------------------------------------------------------

Set = tuple[float, float, float, str]
"""A line as it is set: left, baseline, size, words."""


BOLD, ITALIC, TYPED, PICTURES = "Helvetica-Bold", "Helvetica-Oblique", "Courier", "ZapfDingbats"
FONTS = ("Helvetica", BOLD, ITALIC, TYPED, PICTURES)


def pdf_of(pages: list[list[Set]], info: str = "", fonts: dict[float, str] | None = None) -> bytes:
    """A PDF with these lines on its pages, in Helvetica; bold where the size is 14, in other fonts by their sizes."""
    count = len(pages)
    font_of = {14: BOLD} | (fonts or {})
    first = 3 + len(FONTS)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {count} /Kids [{' '.join(f'{first + 2 * at} 0 R' for at in range(count))}] >>",
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} {'' if font == PICTURES else '/Encoding /WinAnsiEncoding'} >>"
            for font in FONTS
        ),
    ]
    named = " ".join(f"/F{at} {3 + at} 0 R" for at in range(len(FONTS)))
    for at, lines in enumerate(pages):
        shown = "\n".join(
            f"BT /F{FONTS.index(font_of.get(size, 'Helvetica'))} {size} Tf {x} {y} Td ({words}) Tj ET"
            for x, y, size, words in lines
        )
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {first + 1 + 2 * at} 0 R "
            f"/Resources << /Font << {named} >> >> >>",
            f"<< /Length {len(shown.encode('cp1252'))} >>\nstream\n{shown}\nendstream",
        ]
    objects.append(f"<< {info} >>")
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R /Info {size - 1} 0 R >>\n"
    return body + f"{end}startxref\n{len(body)}\n%%EOF".encode()


def set_at(top: float, lines: list[str], left: float = 72, size: float = 11) -> list[Set]:
    return [(left, top - 14 * at, size, line) for at, line in enumerate(lines)]


PAPER = [
    [
        (72, 740, 20, "Goals of Learned Agents"),
        (72, 715, 11, "Jane Doe, Institute of Means"),
        (72, 690, 14, "Abstract"),
        *set_at(
            670,
            [
                "Agents learn goals from the rewards that they are given, and align-",
                "ment is the study of what they learn then.",
            ],
        ),
        (72, 620, 14, "1 Introduction"),
        *set_at(
            600,
            [
                "A goal is what an agent pursues. We call it the base-goal of the agent, and the base-",
                "goal is set in training over many long steps.",
            ],
        ),
        *set_at(560, ["A second paragraph begins here with some more words [1], and it goes on over the"]),
        (300, 30, 9, "1"),
    ],
    [
        (72, 770, 9, "Goals of Learned Agents"),
        *set_at(740, ["end of its page."]),
        *set_at(700, ["• One kind of goal is wanted for itself", "• The other kind is wanted as means"]),
        (300, 30, 9, "2"),
    ],
    [
        (72, 770, 9, "Goals of Learned Agents"),
        (72, 740, 14, "References"),
        *set_at(
            720,
            [
                "[1] Jane Doe. On goals and what they are. Journal of",
                "Means, vol. 3, 2019.",
                "[2] John Roe. On means, 2020.",
            ],
        ),
        (300, 30, 9, "3"),
    ],
]


def test_a_paper_gives_its_paragraphs_without_running_heads_and_page_numbers() -> None:
    document = pdf.read(pdf_of(PAPER), name="paper")
    assert document.source.title == "Goals of Learned Agents"
    assert document.text == (
        "Agents learn goals from the rewards that they are given, and alignment is the study of what they learn then.\n\n"
        "A goal is what an agent pursues. We call it the base-goal of the agent, and the base-goal is set in training "
        "over many long steps.\n\n"
        "A second paragraph begins here with some more words, and it goes on over the end of its page.\n\n"
        "- One kind of goal is wanted for itself\n- The other kind is wanted as means\n\n"
        "- Jane Doe. On goals and what they are. Journal of Means, vol. 3, 2019.\n- John Roe. On means, 2020."
    )
    assert roles(document) == [("Abstract", "prose"), ("1 Introduction", "prose"), ("References", "references")]
    begins = [(page, document.text[start:][:12]) for start, page in document.pages]
    assert begins == [(1, "Agents learn"), (2, "end of its p"), (3, "- Jane Doe. ")]


@pytest.mark.parametrize(
    ("info", "title", "authors"),
    [
        ("/Title (Goals of Agents) /Author (Jane Doe and John Roe)", "Goals of Agents", ("Jane Doe", "John Roe")),
        ("/Title (untitled) /Author (admin)", "Goals", ()),
        ("/Title (Microsoft Word - draft3.docx)", "Goals", ()),
        ("", "Goals", ()),
    ],
)
def test_metadata_of_a_pdf_is_believed_only_where_it_is_sane(info: str, title: str, authors: tuple[str, ...]) -> None:
    source = pdf.read(pdf_of([[(72, 700, 11, "Goals are learned from rewards.")]], info), name="paper").source
    assert (source.title, source.authors) == (title, authors)


def test_a_day_above_the_abstract_is_the_papers() -> None:
    lines: list[Set] = [
        (72, 700, 20, "Goals and Rewards"),
        (72, 670, 11, "Ada Reef"),
        (72, 655, 9, "Date: July 23, 2025"),
    ]
    body: list[Set] = [
        (72, 620, 14, "Abstract"),
        (72, 600, 11, "Goals are learned from rewards."),
        (72, 585, 11, "May 1, 1999"),
    ]
    assert pdf.read(pdf_of([[*lines, *body]])).source.published == "2025-07-23"
    assert pdf.read(pdf_of([[lines[0], *body]])).source.published is None


@pytest.mark.parametrize(
    ("row", "authors"),
    [
        ([(72, "Ada Reef")], ("Ada Reef",)),
        ([(72, "Ada Reef, Ocean House")], ("Ada Reef",)),  # where she works, for all we know
        (
            [(72, "Ada B. Reef1,2, Bo van Tide2\u2020 and Jean-Luc O'Wave1")],
            ("Ada B. Reef", "Bo van Tide", "Jean-Luc O'Wave"),
        ),
        ([(72, "Ada Reef"), (272, "Bo Tide")], ()),  # columns that run together
        ([(72, "A Study of Means")], ()),
        ([(72, "Learned Rewards")], ()),  # words that the text uses
        ([(72, "Technical Report")], ()),
        ([(72, "THE MEANS GROUP")], ()),
        ([(72, "reef@example.org")], ()),
    ],
)
def test_authors_are_those_that_the_row_under_the_title_names(
    row: list[tuple[float, str]], authors: tuple[str, ...]
) -> None:
    lines: list[Set] = [(72, 700, 20, "Goals and Means"), *((left, 670, 11, words) for left, words in row)]
    body: list[Set] = [(72, 620, 14, "Abstract"), (72, 600, 11, "Goals are learned from rewards.")]
    assert pdf.read(pdf_of([[*lines, *body]])).source.authors == authors
    assert pdf.read(pdf_of([[*lines, body[1]]])).source.authors == ()  # no paper


def test_numbered_items_go_on_counting_and_a_footnote_loses_its_mark() -> None:
    lines = [
        "The goals fall apart into these parts of them all:",
        "1\\) those that are wanted for themselves,",
        "2\\) those of others.",
    ]
    note: Set = (72, 60, 8, "1We thank the others for their goals and their words on this.")
    document = pdf.read(pdf_of([[*set_at(700, lines), note]]))
    assert document.text == (
        "The goals fall apart into these parts of them all:\n\n"
        "1. those that are wanted for themselves,\n2. those of others.\n\n"
        "We thank the others for their goals and their words on this."
    )


def test_heads_that_differ_on_left_and_right_pages_are_gone_too() -> None:
    said = [f"An agent that has learned a goal number {n} keeps it also when it is" for n in "abcdef"]
    heads = ["REEF  Goals of Agents", "Journal of Means  Vol. 3"]
    pages = [
        [*set_at(700, [words]), (72, 40, 9, f"{n}"), *([(72, 770, 9, heads[n % 2])] if n > 1 else [])]
        for n, words in enumerate(said, 1)
    ]
    assert pdf.read(pdf_of(pages)).text == " ".join(said)


def test_code_stands_apart_and_lettering_of_figures_heads_nothing() -> None:
    lines: list[Set] = [
        *set_at(700, ["An agent that has learned to want a goal is run by these two lines, as"]),
        *set_at(680, ["goal = learn\\(rewards\\)", "act\\(goal\\)"], size=10),
        *set_at(640, ["anybody can see who reads them. The next figure shows it.", "It has its parts."]),
        (200, 600, 6, "Reward"),
        *set_at(560, ["Figure 1: The parts of an agent, and what they are for."]),
    ]
    document = pdf.read(pdf_of([lines], fonts={10: TYPED, 6: BOLD}))
    assert document.headings == ()
    assert "is run by these two lines, as anybody can see who reads them." in document.text
    assert "\n\n    goal = learn(rewards)\n    act(goal)\n\n" in document.text


def test_a_line_in_italics_of_its_own_heads_what_follows() -> None:
    lines: list[Set] = [
        *set_at(700, ["An agent has learned a goal.", "It keeps the goal for long."]),
        (72, 660, 10, "Goals of Others"),
        *set_at(640, ["Others have goals too."]),
    ]
    assert roles(pdf.read(pdf_of([lines], fonts={10: ITALIC}))) == [("Goals of Others", "prose")]


def test_what_a_printer_or_a_publisher_sets_at_a_pages_foot_cuts_no_sentence() -> None:
    page: list[Set] = [
        (72, 780, 9, "11/21/26, 6:59 PM Goals of Agents"),
        *set_at(140, ["An agent that has learned a goal in training keeps the goal also when it is"]),
        (72, 80, 8, "Permission to copy this work is granted without a fee"),
        (72, 70, 8, "for those who teach it."),
        (72, 20, 9, "https://example.org/goals 1/2"),
    ]
    document = pdf.read(pdf_of([page, set_at(700, ["used for something else."])]))
    assert document.text == (
        "An agent that has learned a goal in training keeps the goal also when it is used for something else.\n\n"
        "Permission to copy this work is granted without a fee for those who teach it."
    )


def test_entries_without_marks_are_told_by_their_hanging_lines() -> None:
    entries: list[Set] = [
        (72, 700, 14, "References"),
        (72, 680, 11, "Reef A (2019). On goals."),
        (90, 666, 11, "Journal of Means, 3. URL http:"),
        (90, 652, 11, "//example.org/goals."),
        (72, 638, 11, "Tide B (2020). On means."),
    ]
    opening: list[Set] = [(72, 770, 20, "Goals of Agents"), *set_at(740, ["Goals are learned from rewards."])]
    document = pdf.read(pdf_of([[*opening, *entries]]))
    assert document.text.endswith(
        "- Reef A (2019). On goals. Journal of Means, 3. URL http: //example.org/goals.\n- Tide B (2020). On means."
    )


def test_accents_that_are_set_beside_their_letters_are_put_on_them() -> None:
    document = pdf.read(
        pdf_of([set_at(700, ["M\u00a8achler and Franc\u00b8ois have na\u00a8ive goals; it\u00b4s so."])])
    )
    assert document.text == "Mächler and François have naïve goals; it\u00b4s so."


@pytest.mark.parametrize(
    ("cut", "elsewhere", "whole"),
    [
        ("align-\nment", "", "alignment"),
        ("base-\ngoal", "the base-goal", "base-goal"),
        ("Trace-\nMonkey", "TraceMonkey", "TraceMonkey"),
        ("Springer-\nVerlag", "", "Springer-Verlag"),
        ("stop-the-\nworld", "", "stop-the-world"),
        ("interpreter-\nto-trace", "", "interpreter-to-trace"),
        ("type-special-\nized", "", "type-specialized"),
        ("blanket-\nviolation", "", "blanket-violation"),
        ("gain-\nfollowing", "gain", "gain-following"),
        ("over-\nfitting", "", "overfitting"),
        ("manage-\nable", "", "manageable"),
        ("pro-\nviding", "", "providing"),
        ("GPT-\n4", "", "GPT-4"),
    ],
)
def test_a_word_cut_at_a_lines_end_is_whole_again_or_keeps_its_hyphen(cut: str, elsewhere: str, whole: str) -> None:
    assert hyphens.mended(cut, hyphens.counted(f"{elsewhere}\n{cut}")) == whole


def test_a_sign_that_a_font_does_not_name_leaves_a_mark() -> None:
    content = pdf_of([set_at(700, ["The agent keeps 10\\0028 of the goals that it has learned."])])
    unnamed = content.replace(b"/WinAnsiEncoding >>", b"<< /Differences [2 /C0] >> >>", 1)
    assert pdf.read(unnamed).text == "The agent keeps 10\ufffd8 of the goals that it has learned."


def test_a_pdf_whose_letters_are_pictures_is_refused() -> None:
    with pytest.raises(ReadFailed, match="do not say which letters"):
        pdf.read(pdf_of([set_at(700, ["Goals are learned from rewards."])], fonts={11: PICTURES}))


def test_a_pdf_without_text_is_refused() -> None:
    with pytest.raises(ReadFailed, match="without text"):
        pdf.read(pdf_of([[]]))


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    import pypdf

    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    path = tmp_path / "locked.pdf"
    writer.write(path)
    with pytest.raises(ReadFailed, match="encrypted"):
        read(path)


# ---- The source documents ---------------------------------------------------------------------------------------


def source_document(number: int) -> Document:
    found = sorted(SOURCES.glob(f"{number:03}_*.txt"))
    if not found:
        pytest.skip(f"no source documents at {SOURCES}")
    return read(found[0])


def test_the_first_source_document_is_named_by_its_subject() -> None:
    document = source_document(0)
    assert document.source.title == "Inner alignment"
    assert document.text.count("\n\n") == 8
    assert document.headings == ()


def test_the_second_source_document_answers_its_question_and_lists_its_references() -> None:
    document = source_document(1)
    assert document.source.title == "Alignment basics"
    assert len(document.questions) == 1
    assert document.questions[0].endswith("why is alignment hard?")
    assert document.questions[0] not in document.text
    assert "[" not in document.text
    assert roles(document) == [("References", "references")]
    assert document.text[document.headings[0].start :].count("\n- ") == 2


def test_the_third_source_document_drops_its_draft_and_keeps_its_sources() -> None:
    document = source_document(2)
    assert document.source.title == "The OTHER AI Alignment Problem: Mesa-Optimizers and Inner Alignment"
    assert len(document.related) == 5
    assert roles(document) == [("Sources", "references")]
    prose, listed = document.text[: document.headings[0].start], document.text[document.headings[0].start :]
    assert "dichotomy" not in document.text
    assert "<u>" not in document.text
    assert prose.count("\n\n") == 4
    assert listed.count("\n") == 16
