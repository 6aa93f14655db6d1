"""Abbreviations and other names in a question are written out; plain words are left alone."""

from __future__ import annotations

from pathlib import Path

from alignment_qa import Assistant
from alignment_qa.glossary import Glossary
from alignment_qa.index import Index
from ingest.sync import sync

ENTRIES: list[dict[str, object]] = [
    {
        "term": "Sea otter",
        "definition": "A sea otter is a marine mammal.",
        "synonyms": ["marine weasel", "otters"],
        "abbreviations": ["SEO"],
    },
    {"term": "Kelp", "definition": "Kelp is an alga.", "synonyms": []},
]


def test_other_names_are_written_out_after_the_question() -> None:
    glossary = Glossary.of(ENTRIES)

    def wide(question: str, known: bool) -> str:
        return glossary.expand(question, lambda name: known)[1]

    assert wide("What does a SEO eat?", True) == "What does a SEO eat? (Sea otter)"
    assert wide("What does a SEO eat?", False) == "What does a Sea otter eat?"
    assert wide("what is the Marine Weasel", True) == "what is the Marine Weasel (Sea otter)"
    assert wide("what is a seo", True) == "what is a seo"
    assert wide("where do otters sleep?", True) == "where do otters sleep?"
    assert wide("SEO: is it a sea otter?", True) == "SEO: is it a sea otter?"
    assert Glossary.loads(glossary.dumps()) == glossary


def test_a_glossary_beside_the_documents_is_kept_with_the_index(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "otters.md").write_text("# Otters\n\nA sea otter sleeps in kelp so that it does not drift away at night.")
    (tmp_path / "glossary.yaml").write_text(
        "- term: Sea otter\n  definition: A sea otter is a marine mammal.\n  synonyms: []\n  abbreviations: [SEO]\n"
    )
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
    assistant = Assistant.open(tmp_path / "index")
    assert assistant.index.glossary().names == {"SEO": "Sea otter"}
    assert "sleeps in kelp" in assistant.answer("Where does a SEO sleep?").text
