"""What is shipped to be answered from: every article keeps the rules of corpus/README.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from alignment_qa.sentences import sentence_spans

FOLDER = Path(__file__).parent.parent / "corpus" / "articles"
TOPICS = {
    "foundations", "learned optimization", "training and specification", "oversight and control", "interpretability",
    "evaluation and governance",
}  # fmt: skip
FIELDS = {"title", "question", "also_asked", "topics", "level", "related", "sources", "updated", "licence"}
OPENER = re.compile(
    r"^(?:this|these|those|that|it|they|its|their|such|however|but|he|she|there(?! (?:is|are|was|were)))\b", re.I
)
ELSEWHERE = re.compile(
    r"\b(?:as (?:we saw|mentioned|noted|described) (?:above|below|earlier|before)|see (?:above|below))\b", re.I
)
ARXIV = re.compile(r"^https://arxiv\.org/abs/(?:[a-z-]+/)?(\d{2})(\d{2})(?:\.\d{4,5}|\d{3})(?:v\d+)?$")


def articles() -> Iterator[tuple[str, dict[str, Any], str]]:
    for path in sorted(FOLDER.glob("*.md")):
        _, head, body = path.read_text().split("---\n", 2)
        yield path.stem, yaml.safe_load(head), body.strip()


ALL = list(articles())
SLUGS = {slug for slug, _, _ in ALL}
each = pytest.mark.parametrize(("slug", "head", "body"), ALL, ids=[slug for slug, _, _ in ALL])


def prose(body: str) -> str:
    """Running text without headings, list marks, emphasis and reference markers."""
    lines = [re.sub(r"^\s*(?:[-*]|\d+\.)\s+", "", line) for line in body.splitlines() if not line.startswith("#")]
    return re.sub(r"\s*\[[\d, ]+\]|[*_`]", "", "\n".join(lines))


@each
def test_the_front_matter_is_whole(slug: str, head: dict[str, Any], body: str) -> None:
    assert set(head) == FIELDS
    assert head["question"].endswith("?")
    assert 3 <= len(head["also_asked"]) <= 12
    assert set(head["topics"]) <= TOPICS
    assert head["topics"]
    assert head["level"] in {"introductory", "intermediate", "advanced"}
    assert head["licence"] == "CC BY 4.0"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(head["updated"]))


@each
def test_related_articles_exist(slug: str, head: dict[str, Any], body: str) -> None:
    assert head["related"]
    assert set(head["related"]) <= SLUGS - {slug}


@each
def test_sources_are_complete_and_their_addresses_well_formed(slug: str, head: dict[str, Any], body: str) -> None:
    assert len(head["sources"]) >= 2
    for source in head["sources"]:
        assert {"authors", "title", "venue", "year"} <= set(source) <= {"authors", "title", "venue", "year", "url"}
        assert all(isinstance(name, str) and name.strip() for name in source["authors"])
        assert source["authors"]
        assert 1700 <= source["year"] <= 2026
        url = source.get("url")
        if url is None:
            continue
        assert re.match(r"^https?://[\w.-]+\.[a-z]{2,}(?:/[^\s<>\"]*)?$", url), url
        if "arxiv.org" in url:
            found = ARXIV.match(url)  # the identifier begins with year and month; a journal may print it later
            assert found, url
            assert source["year"] >= 2000 + int(found[1]) - 1, url
            assert 1 <= int(found[2]) <= 12


@each
def test_references_point_at_sources_and_every_source_is_used(slug: str, head: dict[str, Any], body: str) -> None:
    used = {int(n) for marker in re.findall(r"\[([\d, ]+)\]", body) for n in marker.split(",")}
    assert used == set(range(1, len(head["sources"]) + 1))


@each
def test_the_body_has_a_lead_sections_and_a_readable_length(slug: str, head: dict[str, Any], body: str) -> None:
    words = prose(body).split()
    assert 480 <= len(words) <= 1200
    assert not body.startswith("#")
    assert body.count("\n## ") >= 2
    lead = sentence_spans(body.split("\n\n")[0])
    assert 1 <= len(lead) <= 4
    assert not re.search(r"!\[|<\w+[^>]*>|\[\^", body)


@each
def test_sentences_stand_on_their_own(slug: str, head: dict[str, Any], body: str) -> None:
    text = prose(body)
    sentences = [text[start:end] for start, end in sentence_spans(text)]
    paragraphs = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    assert not [p[:60] for p in paragraphs if OPENER.match(p)]
    leaning = [s for s in sentences if OPENER.match(s)]
    assert len(leaning) <= 0.03 * len(sentences), leaning
    assert not [s for s in sentences if ELSEWHERE.search(s)]


@each
def test_sentences_are_not_too_long_to_read(slug: str, head: dict[str, Any], body: str) -> None:
    text = prose(body)
    lengths = sorted(len(text[start:end].split()) for start, end in sentence_spans(text))
    assert lengths[len(lengths) // 2] <= 30
    assert lengths[-1] <= 80


def test_there_are_enough_articles_and_each_topic_has_some() -> None:
    assert len(ALL) >= 120
    counts = Counter(topic for _, head, _ in ALL for topic in head["topics"])
    assert set(counts) == TOPICS
    assert min(counts.values()) >= 8


def test_titles_and_questions_are_asked_once() -> None:
    titles = Counter(head["title"].casefold() for _, head, _ in ALL)
    asked = Counter(
        re.sub(r"\W+", " ", q).casefold() for _, head, _ in ALL for q in [head["question"], *head["also_asked"]]
    )
    assert not [title for title, n in titles.items() if n > 1]
    assert not [question for question, n in asked.items() if n > 1]


def test_no_two_articles_share_a_paragraph_or_nearly() -> None:
    seen: dict[tuple[str, ...], str] = {}
    shared: Counter[tuple[str, str]] = Counter()
    for slug, _, body in ALL:
        words = re.findall(r"[a-z0-9]+", prose(body).lower())
        for at in range(len(words) - 8):
            run = tuple(words[at : at + 9])
            if seen.setdefault(run, slug) != slug:
                shared[seen[run], slug] += 1
    assert not {pair: n for pair, n in shared.items() if n > 25}
