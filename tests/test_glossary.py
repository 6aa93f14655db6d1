"""The glossary: every definition stands alone in one sentence, and no name leads to two terms."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

from alignment_qa.sentences import sentence_spans

CORPUS = Path(__file__).parent.parent / "corpus"
SLUGS = {path.stem for path in (CORPUS / "articles").glob("*.md")}
ENTRIES: list[dict[str, Any]] = yaml.safe_load((CORPUS / "glossary.yaml").read_text(encoding="utf-8"))
REQUIRED = {"term", "definition", "synonyms"}
OPTIONAL = {"abbreviations", "article"}
POINTS_ELSEWHERE = re.compile(
    r"^(?:this|these|those|that|it|they|its|their|such|here)\b|\b(?:see|as) (?:above|below)\b|\[\d", re.I
)
ABBREVIATION = re.compile(r"(?=(?:.*[A-Z]){2})[A-Za-z0-9]{2,8}")
SAME_SPELLING = (
    ("isation", "ization"), ("ising", "izing"), ("iser", "izer"), ("modell", "model"), ("labell", "label"), ("our", "or"),
)  # fmt: skip


def names(entry: dict[str, Any]) -> list[str]:
    """Everything under which the entry is looked up."""
    return [entry["term"], *entry["synonyms"], *entry.get("abbreviations", [])]


def key(name: str) -> str:
    """A name without what typing varies: case, hyphens, spaces, British or American spelling, a plural s."""
    name = re.sub(r"[^\w&]", "", name.casefold())
    for british, american in SAME_SPELLING:
        name = name.replace(british, american)
    return name.removesuffix("s")


def is_clean(text: object) -> bool:
    return isinstance(text, str) and text == " ".join(text.split()) != ""


def abbreviates(short: str, name: str) -> bool:
    """Whether the letters of the abbreviation occur in the name, in order and from its first letter."""
    return re.match(".*".join(char for char in short if char.isalpha()), name, re.I) is not None


def test_there_are_at_least_150_terms() -> None:
    assert len(ENTRIES) >= 150


def test_the_terms_are_in_alphabetical_order() -> None:
    terms = [entry["term"] for entry in ENTRIES]
    assert terms == sorted(terms, key=str.casefold)


def test_every_entry_has_the_agreed_fields_and_no_others() -> None:
    assert [entry for entry in ENTRIES if not set(entry) >= REQUIRED or not set(entry) <= REQUIRED | OPTIONAL] == []
    assert [entry for entry in ENTRIES if not all(map(is_clean, [entry["definition"], *names(entry)]))] == []
    assert [entry["term"] for entry in ENTRIES if not isinstance(entry["synonyms"], list)] == []
    assert [entry["term"] for entry in ENTRIES if entry.get("abbreviations") == [] or entry.get("article") == ""] == []


def test_every_definition_is_exactly_one_sentence() -> None:
    for entry in ENTRIES:
        definition = entry["definition"]
        assert sentence_spans(definition) == [(0, len(definition))], definition
        assert definition[0].isupper(), definition
        assert definition.endswith("."), definition


def test_no_definition_has_more_than_35_words() -> None:
    assert [entry["term"] for entry in ENTRIES if len(entry["definition"].split()) > 35] == []


def test_every_definition_mentions_its_term() -> None:
    assert [entry["term"] for entry in ENTRIES if entry["term"].casefold() not in entry["definition"].casefold()] == []


def test_every_definition_stands_alone() -> None:
    assert [entry["term"] for entry in ENTRIES if POINTS_ELSEWHERE.search(entry["definition"])] == []


def test_every_article_that_is_named_exists() -> None:
    assert {entry["article"] for entry in ENTRIES if "article" in entry} - SLUGS == set()


def test_every_abbreviation_takes_its_letters_from_a_name_of_its_term() -> None:
    for entry in ENTRIES:
        for short in entry.get("abbreviations", []):
            assert ABBREVIATION.fullmatch(short), short
            assert any(abbreviates(short, name) for name in [entry["term"], *entry["synonyms"]]), short


def test_no_name_is_listed_twice_in_an_entry() -> None:
    for entry in ENTRIES:
        listed = [name.casefold() for name in names(entry)]
        assert len(listed) == len(set(listed)), entry["term"]


def test_no_term_synonym_or_abbreviation_leads_to_two_terms() -> None:
    leads_to: dict[str, list[str]] = defaultdict(list)
    for entry in ENTRIES:
        for name in {key(name) for name in names(entry)}:
            leads_to[name].append(entry["term"])
    assert {name: terms for name, terms in leads_to.items() if len(terms) > 1} == {}


def test_no_two_terms_share_a_definition() -> None:
    definitions = [entry["definition"] for entry in ENTRIES]
    assert len(definitions) == len(set(definitions))
