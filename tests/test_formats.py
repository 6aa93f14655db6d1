"""What the readers of Word, EPUB, subtitles, wikis and Quarto make of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import docx, epub, markdown, mediawiki, read_all, text, transcript
from tests.test_records import zipped

# ---- Word -------------------------------------------------------------------------------------------------------

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml"
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = f"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="{_RELATIONSHIP}/officeDocument" Target="word/document.xml"/></Relationships>"""
_CORE = """<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>{title}</dc:title>
<dc:creator>{creator}</dc:creator><dcterms:created>2013-12-23T23:15:00Z</dcterms:created></cp:coreProperties>"""


def word(body: str, title: str = "", creator: str = "") -> bytes:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/></w:style>'
        for name in ("Title", "heading 1", "heading 2", "toc 1")
    )
    related = f'<Relationship Id="r1" Type="{_RELATIONSHIP}/styles" Target="styles.xml"/>'
    rels = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{related}</Relationships>'
    )
    return zipped(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELS,
            "docProps/core.xml": _CORE.format(title=title, creator=creator),
            "word/styles.xml": f"<w:styles {_W}>{styles}</w:styles>",
            "word/_rels/document.xml.rels": rels,
            "word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>",
        }
    )


def para(words: str, style: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>'


def test_word_headings_are_sections_and_its_contents_list_is_left_out() -> None:
    body = (
        para("Learning from Otters", "Title")
        + para("1. Kelp ........ 3", "toc1")
        + para("Kelp", "heading1")
        + para("Otters sleep in kelp.")
        + "<w:tbl><w:tr><w:tc>" + para("Sea") + "</w:tc><w:tc>" + para("Kelp") + "</w:tc></w:tr></w:tbl>"
        + para("References", "heading1")
        + para("Bo Tide (1998). Otters.")
    )  # fmt: skip
    document = docx.read(word(body, title="Microsoft Word - draft7.docx", creator="Ada Reef; admin"))
    assert document.source.title == "Learning from Otters"
    assert document.source.authors == ("Ada Reef",)
    assert document.source.published is None  # a file's day of making is no day of publishing
    assert document.text == "Otters sleep in kelp.\n\nSea | Kelp\n\n- Bo Tide (1998). Otters."
    assert [(h.title, h.role) for h in document.headings] == [("Kelp", "prose"), ("References", "references")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04", "not a readable zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old or encrypted"),
        (zipped({"a.txt": "x"}), "broken inside"),
        (zipped({"word/document.xml": b"0" * 60_000_000}), "zip bomb"),
        (zipped({"word/document.xml": "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"}), "declares entities"),
    ],
)
def test_what_is_no_word_file_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ReadFailed, match=reason):
        docx.read(content)


# ---- EPUB -------------------------------------------------------------------------------------------------------

_CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>"""
_PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"
xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>The Kelp Book</dc:title><dc:creator>Ada Reef</dc:creator>
<dc:creator>Bo Tide</dc:creator><dc:date>2021-04-02</dc:date><dc:identifier>urn:isbn:1</dc:identifier>
<dc:rights>CC BY 4.0</dc:rights></metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="two" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="gone" href="../../gone.xhtml" media-type="application/xhtml+xml"/>
<item id="pic" href="a.png" media-type="image/png"/></manifest>
<spine><itemref idref="nav"/><itemref idref="one"/><itemref idref="gone"/><itemref idref="two"/><itemref idref="pic"/>
</spine></package>"""


def book(**chapters: str) -> bytes:
    pages = {
        f"OEBPS/text/{name}.xhtml": f"<?xml version='1.0'?><html><head><title>x</title></head><body>{body}</body></html>"
        for name, body in chapters.items()
    }
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": _CONTAINER,
            "OEBPS/book.opf": _PACKAGE,
            "OEBPS/nav.xhtml": "<html><body><p>A list of chapters.</p></body></html>",
            **pages,
        }
    )


def test_a_book_is_its_chapters_in_the_order_of_its_spine() -> None:
    chapters = {"two b": "<h1>Reefs</h1><p>Reefs&nbsp;grow.</p>", "one": "<h1>Kelp</h1><p>Kelp shelters fish.</p>"}
    document = epub.read(book(**chapters))
    source = document.source
    assert (source.title, source.authors, source.published, source.licence, source.url) == (
        "The Kelp Book", ("Ada Reef", "Bo Tide"), "2021-04-02", "CC BY 4.0", None,
    )  # fmt: skip
    assert document.text == "Kelp shelters fish.\n\nReefs grow."
    assert [heading.title for heading in document.headings] == ["Kelp", "Reefs"]


def test_a_book_without_its_package_or_words_is_refused() -> None:
    for content, reason in (
        (zipped({"a.xhtml": "x"}), "broken inside"),
        (zipped({"META-INF/container.xml": "<container/>"}), "without its package"),
        (zipped({"META-INF/container.xml": ""}), "broken inside its archive: META"),
        (book(one=""), "no prose"),
    ):
        with pytest.raises(ReadFailed, match=reason):
            epub.read(content)


# ---- Transcripts ------------------------------------------------------------------------------------------------


def test_subtitles_are_turns_with_their_speakers_and_without_times() -> None:
    document = transcript.read(
        b"""1
00:00:01,000 --> 00:00:04,000
Daniel Filan: What is
mesa-optimization?

2
00:00:04,100 --> 00:00:06,000
Evan Hubinger: A learned model that
<i>itself</i> optimizes.

3
00:00:06,500 --> 00:00:07,000
[laughter]

4
00:00:07,000 --> 00:00:09,000
It has an objective.
""",
        name="Episode four on mesa-optimization",
    )
    assert document.text == (
        "Daniel Filan: What is mesa-optimization?\n\n"
        "Evan Hubinger: A learned model that itself optimizes. It has an objective."
    )


def test_voices_of_webvtt_are_speakers_and_rolling_captions_are_said_once() -> None:
    document = transcript.read(
        b"""WEBVTT - a title
Kind: captions

NOTE written by nobody

STYLE
::cue { color: red }

00:01.000 --> 00:03.000 align:start position:0%
<v.loud Ada Reef>Goals &amp; rewards<00:00:02.000><c> differ.</c>

00:03.000 --> 00:05.000
Goals & rewards differ.
Often by a lot.

intro
00:05.000 --> 00:06.000
<v Bo Tide>They do.</v>
"""
    )
    assert document.text == "Ada Reef: Goals & rewards differ. Often by a lot.\n\nBo Tide: They do."


def test_a_long_turn_is_parted_at_a_pause_or_after_enough_words() -> None:
    cues = [
        f"00:{n // 60:02}:{n % 60:02}.000 --> 00:{n // 60:02}:{n % 60:02}.900\nWe talk about goal number {n} here."
        for n in range(60)
    ]
    paragraphs = transcript.read(("WEBVTT\n\n" + "\n\n".join(cues)).encode()).text.split("\n\n")
    assert 2 < len(paragraphs) < 8
    assert all(paragraph.endswith("here.") for paragraph in paragraphs)


@pytest.mark.parametrize(
    "content",
    [
        "Daniel: What is it?\nEvan: It is a model.\nDaniel: Of what?\nEvan: Of a search.",
        "[00:01] Daniel: What is it?\n[00:02] Evan: It is a model.\n[00:03] Daniel: Of what?\n[1:00:04] Evan: Of a search.",
        "Daniel (00:01): What is it?\n\nEvan (00:02): It is a model.\n\nDaniel (00:03): Of what?\n\nEvan (00:04): Of a search.",
        "Daniel  00:01\nWhat is it?\n\nEvan  00:02\nIt is a model.\n\nDaniel  00:03\nOf what?\n\nEvan  00:04\nOf a search.",
    ],
)
def test_a_written_transcript_keeps_speakers_and_loses_times(content: str) -> None:
    document = text.read(content.encode())
    assert document.text == "Daniel: What is it?\n\nEvan: It is a model.\n\nDaniel: Of what?\n\nEvan: Of a search."


def test_a_text_that_is_no_transcript_keeps_its_times_and_colons() -> None:
    written = "We met at 10:30 in the hall.\n\nNote: bring the kelp.\n\nAt 11:45 we left."
    assert text.read(written.encode()).text == written


# ---- Wikis ------------------------------------------------------------------------------------------------------

_PAGE = """{{Short description|Something}}{{Infobox x|a=b}}
[[File:kelp.jpg|thumb|A caption with [[links]].]]
'''AI alignment''' aims to steer [[artificial intelligence|AI]] systems.<ref>{{cite book |last=Russell |first=Stuart
|title=Human Compatible |year=2019 |publisher=Viking |url=https://example.org/hc}}</ref> It is hard<ref name="a">Bo Tide,
''Otters'', [https://example.org/o 1998].</ref> &mdash; {{lang|fr|vraiment}} {{citation needed|date=May 2020}}.<ref name="a" />
See [https://example.org a site] or [https://example.org]. <!-- hidden -->

== Problems ==
Two kinds:
* Outer alignment is the ''first''.
** A part of it: <math>x  < y</math>.
* Inner alignment.
# Step one.
# Step two.
After the list.

{| class="wikitable"
|+ Caption
! Method !! Score
|-
| Ours || '''1'''
|}
=== Code ===
<syntaxhighlight lang="python">
print("x")
</syntaxhighlight>
== See also ==
* [[Kelp]]
== References ==
{{reflist}}
[[Category:Alignment]]
"""


def test_a_wiki_page_is_its_prose_with_its_notes_as_references() -> None:
    document = mediawiki.read(_PAGE.encode(), title="AI alignment")
    assert document.source.title == "AI alignment"
    assert document.text == (
        "AI alignment aims to steer AI systems. It is hard — vraiment. See a site or.\n\n"
        "Two kinds:\n\n- Outer alignment is the first.\n- A part of it: $x < y$.\n- Inner alignment.\n"
        "1. Step one.\n2. Step two.\n\nAfter the list.\n\nMethod | Score\nOurs | 1\n\n"
        '    print("x")\n\n'
        "- Bo Tide, Otters, 1998. https://example.org/o\n"
        "- Stuart Russell (2019). Human Compatible. Viking. https://example.org/hc"
    )
    assert [(h.title, h.role) for h in document.headings] == [
        ("Problems", "prose"),
        ("Code", "prose"),
        ("References", "references"),
    ]
    assert document.related == ("Kelp",)


def test_an_export_is_its_articles_and_other_xml_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "wiki.xml"
    page = "<page><title>{}</title><ns>{}</ns>{}<revision><text>{}</text></revision></page>"
    path.write_text(
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo/>'
        + page.format("Kelp", 0, "", "Kelp is an '''alga'''.")
        + page.format("Talk:Kelp", 1, "", "I like kelp.")
        + page.format("Algae", 0, '<redirect title="Kelp"/>', "#REDIRECT [[Kelp]]")
        + page.format("Empty", 0, "", "{{stub}}")
        + page.format("Reef", 0, "", "Reefs bleach.")
        + "</mediawiki>"
    )
    found = dict(read_all(path))
    assert {name: part.text for name, part in found.items() if isinstance(part, Document)} == {
        "Kelp": "Kelp is an alga.",
        "Reef": "Reefs bleach.",
    }
    assert str(found["Empty"]) == "no prose found in it"
    path.write_text("<rss><channel/></rss>")
    assert dict(read_all(path)) == {"": None}
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    path.write_text(
        f'<!DOCTYPE m [<!ENTITY e0 "kelp">{entities}]><mediawiki>{page.format("A", 0, "", "&e12; &e12;")}</mediawiki>'
    )
    assert not any(isinstance(part, Document) for _, part in read_all(path))


# ---- Quarto -----------------------------------------------------------------------------------------------------


def test_quarto_is_markdown_without_the_chunks_it_runs() -> None:
    document = markdown.read(
        b"""---
title: Otters
author:
  - name: Ada Reef
date: 2021-04-02
---

Otters sleep in kelp.

```{python}
#| echo: false
plot(otters)
```

::: {.callout-note}
They hold hands.
:::

{{< video x.mp4 >}}

```python
shown()
```
"""
    )
    assert (document.source.title, document.source.authors) == ("Otters", ("Ada Reef",))
    assert document.text == "Otters sleep in kelp.\n\nThey hold hands.\n\n    shown()"
