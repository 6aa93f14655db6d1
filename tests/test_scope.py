"""Asking within some documents: nothing else is found, cited or suggested, whatever was asked before."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from alignment_qa import Answer, Assistant, DocumentMissing, Turn, scope
from alignment_qa.index import Index
from ingest.sync import sync
from tests.conftest import LIBRARY, ROOT, make_index

SEAGRASS, KELP = "What is a seagrass meadow?", "What is a kelp forest?"
QUESTIONS = [SEAGRASS, KELP, "How do kelp forests differ from seagrass meadows?", "Who wrote Otters and the Urchin Problem?",
             "Why do reefs bleach?", "What is the capital of Mongolia?"]  # fmt: skip


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents in two collections, `plants` and `animals`."""
    folder = tmp_path_factory.mktemp("shelves")
    for collection, names in {"plants": ["kelp.md", "seagrass.md"], "animals": ["reef.txt"]}.items():
        (folder / collection).mkdir()
        for name in names:
            (folder / collection / name).write_text(LIBRARY[name])
    return folder


@pytest.fixture(scope="module")
def index(shelves: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_index(shelves, tmp_path_factory.mktemp("shelves-index") / "index")


@pytest.fixture
def asker(index: Path) -> Assistant:
    return Assistant.open(index)


@pytest.fixture(params=["each is compared", "more is brought"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small choice and a large one are searched differently; what holds for one holds for the other."""
    if request.param == "more is brought":
        monkeypatch.setattr(scope, "EXACT", 0)


def titles(answers: Iterable[Answer]) -> set[str]:
    cited = {c.passage.source.title for answer in answers for c in answer.citations}
    return cited | {hit.passage.source.title for answer in answers for hit in answer.hits}


def named(asker: Assistant, title: str) -> str:
    return next(source.doc_id for source in asker.index.sources() if source.title == title)


def test_nothing_of_other_documents_is_found_or_cited(asker: Assistant) -> None:
    for title in ("Kelp forests", "Seagrass meadows", "Coral reefs"):
        narrowed = asker.within([named(asker, title)])
        assert titles(map(narrowed.answer, QUESTIONS)) <= {title}
        assert {hit.passage.source.title for hit in narrowed.search("kelp and reefs", 50)} == {title}
        assert {d.metadata["title"] for d in narrowed.as_retriever().invoke("kelp")} == {title}


def test_a_collection_is_all_its_documents_and_names_add_up(asker: Assistant) -> None:
    assert titles([asker.within(["plants"]).answer(q) for q in QUESTIONS]) == {"Kelp forests", "Seagrass meadows"}
    both = asker.within(["animals", named(asker, "Kelp forests")])
    assert titles(map(both.answer, QUESTIONS)) == {"Kelp forests", "Coral reefs"}
    assert both.answer(KELP).trace["within"] == 2


def test_within_all_documents_the_answers_are_those_without_a_choice(asker: Assistant) -> None:
    everywhere = asker.within(["plants", "animals"])
    for question in QUESTIONS[:-1]:
        free, narrowed = asker.answer(question), everywhere.answer(question)
        assert (narrowed.text, narrowed.related) == (free.text, free.related)
        assert [hit.passage.passage_id for hit in narrowed.hits] == [hit.passage.passage_id for hit in free.hits]


def test_what_the_chosen_documents_do_not_answer_is_declined_as_theirs(asker: Assistant) -> None:
    answer = asker.within(["animals"]).answer(KELP)
    assert answer.abstention
    assert answer.text.startswith("The chosen documents")
    assert "Kelp forests" not in answer.text
    assert "within" not in asker.answer(KELP).trace


def test_a_follow_up_stays_within(asker: Assistant) -> None:
    narrowed = asker.within([named(asker, "Seagrass meadows")])
    first = narrowed.answer(SEAGRASS)
    history = [Turn("user", SEAGRASS), Turn("assistant", first.text)]
    followed = narrowed.answer("and what about kelp forests?", history)
    assert titles([first, followed]) == {"Seagrass meadows"}


def test_suggested_questions_are_of_the_chosen_documents(asker: Assistant) -> None:
    assert KELP in asker.answer(SEAGRASS).related
    assert KELP not in asker.within([named(asker, "Seagrass meadows")]).answer("What has seagrass?").related


def test_a_choice_can_be_made_anew(asker: Assistant) -> None:
    assert titles([asker.within(["plants"]).within(["animals"]).answer("Why do reefs bleach?")]) == {"Coral reefs"}


@pytest.mark.parametrize("names", [[], ["nowhere"], ["plants", "nowhere"]])
def test_an_unknown_name_is_refused_in_words(asker: Assistant, names: list[str]) -> None:
    with pytest.raises(DocumentMissing, match=r"No documents were chosen|'nowhere'.* animals, plants"):
        asker.within(names)


def test_a_choice_follows_the_index(shelves: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shelves"
    shutil.copytree(shelves, folder)
    asker = Assistant.open(make_index(folder, tmp_path / "index"))
    animals = asker.within(["animals"])
    assert titles([animals.answer("What eats urchins?")]) <= {"Coral reefs"}
    (folder / "animals" / "otter.md").write_text(
        "# Otters\n\nSea otters are mammals that eat sea urchins all day long.\n"
    )
    (folder / "animals" / "reef.txt").unlink()
    with Index.open(tmp_path / "index", write=True) as writer:
        sync([folder], writer)
    assert titles([animals.answer("What do sea otters eat?")]) == {"Otters"}
    (folder / "animals" / "otter.md").unlink()
    with Index.open(tmp_path / "index", write=True) as writer:
        sync([folder], writer)
    assert animals.answer("What do sea otters eat?").text.startswith("The chosen documents")


def test_the_command_asks_within(index: Path) -> None:
    command = [sys.executable, "-m", "alignment_qa", KELP, "--index", str(index), "--within"]
    ended = subprocess.run([*command, "animals"], cwd=ROOT, capture_output=True, text=True)
    assert "The chosen documents" in ended.stdout
    ended = subprocess.run([*command, "plants"], cwd=ROOT, capture_output=True, text=True)
    assert "dense stand of large brown algae" in ended.stdout
    ended = subprocess.run([*command, "minerals"], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "'minerals'" in ended.stderr
