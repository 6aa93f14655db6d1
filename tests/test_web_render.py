"""The page's renderer: what it shows of an answer, and that nothing from documents or people becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from alignment_qa import Abstention, Answer, Citation, Claim, Hit, Passage, Source
from alignment_qa.glossary import Glossary
from web import render

TEXT = "Reefs bleach when water warms. Kelp feeds urchins. Otters eat urchins."
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</template></textarea></title></article><svg onload=alert(1)>",
    "${alert(1)} {{value}} {% if 1 %} `tick`",
    "&lt;b&gt; &#60;i&#62;",
    "[a](javascript:alert(1)) **bold** <!-- -->",
    "\u202eright to left \u0000 nul",
]
TAGS = {
    *(
        "article",
        "section",
        "div",
        "h2",
        "h3",
        "h4",
        "p",
        "pre",
        "ol",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "details",
        "summary",
    ),
    *("span", "button", "em", "a", "mark", "i"),
}


class Seen(HTMLParser):
    """Every element with its attributes, and the text a person reads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str, css: str = "") -> list[dict[str, str | None]]:
        return [a for name, a in self.elements if name == tag and (not css or css in (a.get("class") or "").split())]


def passage(title: str = "Coral", text: str = TEXT, start: int = 0, **source: object) -> Passage:
    known = Source("d" + title, title, **source)  # type: ignore[arg-type]
    return Passage("p" + title, known, text, start, start + len(text), f"{title} › Warm water")


def quoted(one: Passage, words: str, number: int = 1) -> Citation:
    start = one.start + one.text.index(words)
    return Citation(number, one, words, start, start + len(words))


def alone(_: Passage) -> tuple[str, str]:
    return "", ""


def shown(answer: Answer, *, done: bool = True) -> str:
    return render.turn(1, answer, alone, done=done)


def simple(**changes: object) -> Answer:
    citation = quoted(passage(), "Kelp feeds urchins.")
    fields: dict[str, object] = {
        "question": "Who eats kelp?",
        "text": "Kelp feeds urchins. [1]",
        "claims": (Claim("Kelp feeds urchins.", (1,), "quoted"),),
        "citations": (citation,),
        "trace": {"ms": {"total": 312.4}},
    }
    return Answer(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", HOSTILE)
def test_hostile_words_stay_words_wherever_they_stand(bad: str) -> None:
    one = passage(bad, f"Before. {bad} After.", authors=(bad, bad), published=bad, licence=bad, url="javascript:" + bad)
    hostile = Answer(
        question=bad,
        text=f"{bad} [1]",
        claims=(
            Claim(bad, (1,), "partial", label=bad),
            Claim(bad, (1,), "unsupported", item=True),
        ),
        citations=(quoted(one, bad),),
        hits=(Hit(one, 1.0, 1),),
        related=(bad,),
        terms=((bad, bad),),
        trace={"model_error": bad, "read_as": bad, "dropped": [{"text": bad, "reason": bad}], "ms": {"total": bad}},
    )
    declined = Answer(bad, bad, hits=(Hit(one, 1.0, 1),), abstention=Abstention.NO_EVIDENCE, related=(bad,))
    named = Glossary.of([{"term": bad, "definition": bad}])
    for html in (
        render.turn(1, hostile, lambda _: (bad, bad), done=True, glossary=named, record={"id": bad}),
        render.turn(1, declined, lambda _: (bad, bad), done=True),
        render.searching(1, bad, 3),
        render.failed(1, bad, bad),
        render.welcome(3, bad, [bad]),
    ):
        seen = Seen(html)
        assert {tag for tag, _ in seen.elements} <= TAGS
        for tag, attributes in seen.elements:
            assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
            assert (attributes.get("href") or "#library/").startswith("#library/")
        assert bad.replace("\x00", "") in seen.words.replace("\x00", "").replace("\ufffd", "")


def test_the_quoted_words_and_no_others_are_marked() -> None:
    one = passage(start=500)
    html = shown(simple(citations=(quoted(one, "Kelp feeds urchins."),)))
    assert (
        '<p class="words">Reefs bleach when water warms. <mark>Kelp feeds urchins.</mark> Otters eat urchins.</p>'
        in html
    )


def test_marks_count_characters_beyond_the_basic_plane_as_one() -> None:
    one = passage(text="🪸🪸 Coral & kelp. <End>", start=7)
    html = shown(simple(citations=(quoted(one, "Coral & kelp."),)))
    assert '<p class="words">🪸🪸 <mark>Coral &amp; kelp.</mark> &lt;End&gt;</p>' in html


def test_a_span_outside_its_passage_marks_nothing_and_breaks_nothing() -> None:
    wrong = Citation(1, passage(), "elsewhere", 900, 950)
    assert "<mark>" not in shown(simple(citations=(wrong,)))


def outward(html: str) -> list[dict[str, str | None]]:
    """The links that lead out of the page."""
    return [link for link in Seen(html).all("a") if link.get("class") != "whole"]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil", "/local"],
)
def test_only_web_addresses_become_links(address: str) -> None:
    one = passage(url=address)
    assert not outward(shown(simple(citations=(quoted(one, "Kelp feeds urchins."),))))


def test_a_link_lands_on_the_quote_and_tells_nobody_where_it_came_from() -> None:
    one = passage(url='https://www.example.org/a"b')
    (link,) = outward(shown(simple(citations=(quoted(one, "Kelp feeds urchins."),))))
    assert link["href"] == 'https://www.example.org/a"b#:~:text=Kelp%20feeds%20urchins.'
    assert link["rel"] == "noopener noreferrer"


def test_each_number_is_a_button_that_names_its_source() -> None:
    buttons = Seen(shown(simple())).all("button", "cite")
    assert [b["aria-label"] for b in buttons] == ["Source 1: Coral"] * 2  # in the sentence, and in the references
    assert all(b["data-open"] == "1" and b["type"] == "button" for b in buttons)


def test_a_document_quoted_twice_is_one_reference_with_both_numbers() -> None:
    coral, kelp = passage(authors=("Ada Reef",), published="2019-06-05"), passage("Kelp")
    citations = (
        quoted(coral, "Kelp feeds urchins.", 1),
        quoted(kelp, "Otters eat urchins.", 2),
        quoted(coral, "Reefs bleach when water warms.", 3),
    )
    assert [(s.title, numbers) for s, numbers in render.references(citations)] == [("Coral", (1, 3)), ("Kelp", (2,))]
    html = shown(simple(citations=citations))
    assert "Ada Reef (2019)" in Seen(html).words
    assert "5 June 2019" in html


def test_labels_become_headings_and_items_a_list() -> None:
    claims = (
        Claim("Lead one.", (1,), "quoted"),
        Claim("Lead two.", (1,), "quoted"),
        Claim("Other.", (1,), "quoted", label="From “Kelp”"),
        Claim("First.", (1,), "quoted", item=True),
        Claim("Second.", (1,), "quoted", item=True),
    )
    assert [(b.kind, b.label, len(b.sentences)) for b in render.blocks(claims)] == [
        ("paragraph", None, 2),
        ("paragraph", "From “Kelp”", 1),
        ("list", None, 2),
    ]
    html = shown(simple(claims=claims))
    assert '<h3 class="from">From “Kelp”</h3>' in html
    assert "…" not in html
    assert Seen(shown(simple(claims=(*claims[:-1], replace(claims[-1], cut=True))))).all("li", "cut")


def test_a_sentence_keeps_its_last_word_on_one_line_with_its_numbers() -> None:
    html = shown(simple())
    assert re.search(r'Kelp feeds <span class="tail">urchins\.<button', html)
    long = "See https://example.org/" + "x" * 60
    assert f"{long}<span" in shown(simple(claims=(Claim(long, (1,), "quoted"),)))


@pytest.mark.parametrize(
    ("ways", "lines"),
    [
        (["quoted"], ["■ 1 sentence quoted word for word"]),
        (["quoted", "quoted"], ["■ All 2 sentences quoted word for word"]),
        (["supported", "partial"], ["● 1 sentence supported by the cited words", "◐ 1 sentence partly supported"]),
    ],
)
def test_how_well_sentences_are_supported_is_said_with_words_and_a_shape(ways: list[str], lines: list[str]) -> None:
    claims = tuple(Claim(f"Claim {i}.", (1,), way) for i, way in enumerate(ways))  # type: ignore[arg-type]
    assert [f"{shape} {words}" for _, shape, words in render.ways(claims)] == lines
    words = " ".join(Seen(shown(simple(claims=claims))).words.split())
    assert all(line in words for line in [*lines, "0.3 s"])
    marks = words.count("supported by the cited words")  # a mixed answer says of each sentence how it is supported
    assert marks == (2 if "partial" in ways else 0)


def test_who_holds_what_is_shown_side_by_side() -> None:
    one = passage("Coral", "Ada Reef argued in 2019 that kelp wins. Bo Tide doubted it. Otters eat urchins.")
    texts = ("Ada Reef argued in 2019 that kelp wins.", "Bo Tide doubted it.", "Otters eat urchins.")
    citations = tuple(quoted(one, text, number) for number, text in enumerate(texts, 1))
    claims = tuple(Claim(text, (number,), "quoted") for number, text in enumerate(texts, 1))
    html = shown(simple(claims=claims, citations=citations))
    assert re.findall(r"<h4>(.*?)</h4>", html) == ['Ada Reef <span class="when">2019</span>', "Bo Tide"]
    assert "Who holds what" not in shown(simple())


def test_a_term_is_marked_where_it_is_first_named_and_never_torn() -> None:
    glossary = Glossary.of([{"term": "Sea otter", "definition": "A sea otter is a <b>mammal</b>.", "synonyms": []}])
    claims = (Claim("Who eats it? A sea otter.", (1,), "quoted"), Claim("The sea otter dives.", (1,), "quoted"))
    html = render.turn(1, simple(claims=claims), alone, done=True, glossary=glossary)
    (term,) = Seen(html).all("span", "term")
    assert (term["data-term"], term["data-meaning"]) == ("Sea otter", "A sea otter is a <b>mammal</b>.")
    assert re.search(r'A <span class="tail"><span class="term"[^>]*>sea otter</span>\.<button', html)


def test_partial_support_is_said_in_words() -> None:
    assert "partly supported" in Seen(shown(simple(claims=(Claim("So.", (1,), "partial"),)))).words


def test_what_was_left_out_is_told_with_its_reason() -> None:
    trace = {"dropped": [{"text": "Otters fly.", "reason": "not in the passages"}], "model_error": "No server at X."}
    words = Seen(shown(simple(trace=trace))).words
    assert "1 sentence left out" in words
    assert "Otters fly." in words
    assert "not in the passages" in words
    assert "No server at X." in words


def test_how_a_follow_up_was_read_is_told_above_its_answer() -> None:
    assert "Read as “Why is kelp green?”" in Seen(shown(simple(trace={"read_as": "Why is kelp green?"}))).words
    assert "Read as" not in Seen(shown(simple())).words


def test_declining_is_said_plainly_with_the_nearest_documents_to_open() -> None:
    hits = (Hit(passage(), 0.2, 1), Hit(passage(), 0.2, 2), Hit(passage("Kelp"), 0.1, 3))
    text = "The corpus does not clearly answer this. Nearest: “Coral”, “Kelp”."
    answer = Answer("Why?", text, hits=hits, abstention=Abstention.NO_EVIDENCE, related=("What is kelp?",))
    seen = Seen(shown(answer))
    assert "No clear answer in these documents" in seen.words
    assert '<p class="reply">The corpus does not clearly answer this.</p>' in shown(answer)
    assert [b["data-open"] for b in seen.all("button", "work")] == ["near-1", "near-2"]
    assert "What is kelp?" in seen.words


def test_small_talk_is_no_failure() -> None:
    answer = Answer("Hello", "I answer questions.", abstention=Abstention.OUT_OF_SCOPE)
    seen = Seen(shown(answer))
    assert "I answer questions." in seen.words
    assert not seen.all("div", "declined")


def test_an_unfinished_answer_has_sentences_but_nothing_under_them() -> None:
    seen = Seen(shown(simple(related=("What is kelp?",)), done=False))
    assert "Kelp feeds " in seen.words
    assert "What is kelp?" not in seen.words
    assert seen.all("article")[0]["data-state"] == "writing"


def test_ids_are_not_repeated_when_a_question_is_asked_twice() -> None:
    ids = [a["id"] for n in (1, 2) for _, a in Seen(render.turn(n, simple(), alone, done=True)).elements if "id" in a]
    assert len(ids) == len(set(ids))


def test_the_welcome_says_how_many_documents_and_who_writes() -> None:
    quoting = Seen(render.welcome(1200, "quoting", ["Why?"]))
    assert "1,200 documents" in quoting.words
    assert "quoted word for word" in quoting.words
    assert len(quoting.all("button", "ask")) == 1
    assert "written by ollama:owl" in Seen(render.welcome(1, "ollama:owl", [])).words


def test_the_frame_that_gradio_compiles_holds_no_template_marks() -> None:
    frame = render.shell(report=True)
    assert "Report" in frame
    assert "Report" not in render.shell()
    assert not [mark for mark in ("{{", "${", "`", "@children", "\\") if mark in frame]


def test_nothing_switches_escaping_off() -> None:
    for file in sorted((Path(render.__file__).parent / "templates").iterdir()):
        assert not re.search(r"\|\s*safe|autoescape|Markup", file.read_text()), file
        assert not re.search(r"=\{\{", file.read_text()), f"an attribute without quotes in {file}"
