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
        "synonyms": ["marine weasel", "otters", "musteloids"],
        "abbreviations": ["SEO"],
    },
    {"term": "Kelp to otter", "definition": "Kelp to otter is a way.", "abbreviations": ["KTO"]},
    {"term": "Kelp", "definition": "Kelp is an alga.", "synonyms": ["musteloids of weed"]},
]


def test_other_names_are_written_out() -> None:
    glossary = Glossary.of(ENTRIES)

    def read(question: str, **uses: int) -> tuple[str, str]:
        found = glossary.expand(
            question, lambda name: uses.get(name.split()[-1], 0), lambda name: name in {"kto", "otters"}
        )
        return found[0], found[1]

    plain, out = "What does a SEO eat?", "What does a Sea otter eat?"
    assert read(plain, SEO=3, otter=2) == (plain, out), "words as documents have them, meaning written out"
    assert read(plain, otter=2) == (out, out)
    assert read(plain, SEO=1, otter=2) == (out, out)
    assert read("what is the Marine Weasel", weasel=1)[1] == "what is the Sea otter"
    assert read("what are seos", otter=2)[0] == "what are Sea otter"
    assert read("what is kto", otter=2)[0] == "what is kto", "an everyday word is no abbreviation"
    assert read("what is KTO", otter=2)[0] == "what is Kelp to otter"
    assert read("where do otters sleep?", otters=4)[1] == "where do otters sleep?"
    assert read("how do musteloids sleep?", otter=2)[0] == "how do Sea otter sleep?"
    assert read("how do musteloids sleep?", musteloids=2, otter=2)[1] == "how do musteloids sleep?"
    assert read("do musteloids of weed sleep?", otter=2, Kelp=1)[0] == "do Kelp sleep?", "the longest name"
    assert read("SEO: is it a sea otter?", SEO=1)[1] == "SEO: is it a sea otter?"
    assert Glossary.loads(glossary.dumps()) == glossary


def test_what_is_written_out_is_also_defined_under_the_name_that_was_typed(tmp_path: Path) -> None:
    text = "# Societies\n\nThe Kelp Otter Society was founded in 1990 by divers of the bay. The Kelp Otter Society meets in spring. KOS is a charity that counts otters along the coast."
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "one.md").write_text(text)
    (tmp_path / "texts" / "two.md").write_text("# Spring\n\nThe Kelp Otter Society counts in spring, too.")
    (tmp_path / "texts" / "glossary.yaml").write_text(
        "- term: Kelp Otter Society\n  definition: The Kelp Otter Society is a society.\n  abbreviations: [KOS]\n"
    )
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "texts"], index)
    answer = Assistant.open(tmp_path / "index").answer("What is KOS?")
    assert answer.trace["question"] == "What is Kelp Otter Society?"
    assert answer.text.startswith("KOS is a charity")


def test_only_what_a_reader_may_miss_is_explained() -> None:
    known = {"Goal": 1, "Reward": 500, "Probe": 12, "Kernel": 3, "Ablation": 2, "Lens": 9, "Circuit": 5, "Patching": 30}
    glossary = Glossary({}, {term: f"{term} is a word." for term in known})
    said = ["A goal, a reward, a lens and a probe.", "The kernel, its circuit, an ablation and patching."]

    def explained(question: str, passages: int) -> set[str]:
        return set(glossary.helpful(said, question, {"Goal"}.__contains__, known.__getitem__, passages).definitions)

    assert explained("Why?", 1000) == {"Lens", "Circuit", "Kernel", "Ablation"}  # the rarest
    assert explained("What are a kernel and a lens?", 1000) == {"Probe", "Circuit", "Ablation", "Patching"}
    assert explained("What are a kernel, a lens, circuits and ablation?", 900) == {
        "Probe"
    }  # patching is everyday there


def test_a_plain_word_of_common_english_is_everyday(library_index: Path) -> None:
    index = Index.open(library_index)
    names = ("Attention", "Goal", "Sycophancy", "Goal misgeneralization", "Mesa-goal", "ADAM")
    assert [name for name in names if index.everyday(name)] == ["Attention", "Goal"]


def test_how_many_passages_use_a_name(library_index: Path) -> None:
    index = Index.open(library_index)
    assert 0 < index.uses("seagrass kelp") < index.uses("seagrass")
    assert index.uses("kelp polyps") == 0
    assert index.uses("urchins graze")
    assert not index.uses("urchin problem"), "only the title of a work has it"
    assert index.uses("of the") == 0


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


def test_a_documents_own_question_is_found_by_an_abbreviation_and_by_what_it_stands_for(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, asked in (("long", "Where does a sea otter sleep?"), ("short", "Where does a SEO sleep?")):
        (folder / f"{name}.md").write_text(
            f"---\ntitle: The {name} one\nquestion: {asked}\n---\n\nIt sleeps {name} in kelp.\n"
        )
    (tmp_path / "glossary.yaml").write_text(
        "- term: Sea otter\n  definition: A sea otter is a marine mammal.\n  synonyms: []\n  abbreviations: [SEO]\n"
    )
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
    with Index.open(tmp_path / "index") as index:
        assert [round(cosine, 2) for _, cosine in index.asked("Where does a SEO sleep?")] == [1.0, 1.0]
