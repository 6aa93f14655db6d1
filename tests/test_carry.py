"""`--rebuild` reads all documents again and encodes only what is new; until it is done the old index is kept aside."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alignment_qa import Assistant, background, encoders, writing
from alignment_qa.index import Index
from ingest import sync
from ingest.__main__ import main
from ingest.check import check
from tests.conftest import LIBRARY


@pytest.fixture
def texts(library: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(library, tmp_path / "texts"))


@pytest.fixture
def place(texts: Path, tmp_path: Path) -> Path:
    assert main([str(texts), "--index", str(tmp_path / "index")]) == 0
    return tmp_path / "index"


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of documents whose passages were encoded."""
    titles: list[str] = []
    encode = writing.passage_vectors

    def noting(encoder: Any, documents: Any, headings: bool) -> Any:
        titles.extend(passages[0].source.title for passages in documents)
        return encode(encoder, documents, headings)

    monkeypatch.setattr(writing, "passage_vectors", noting)
    return titles


def rebuilt(texts: Path, place: Path) -> None:
    assert main([str(texts), "--rebuild", "--index", str(place)]) == 0
    assert not place.with_name("index.before-rebuild").exists()
    assert check(place).faults == []


def test_a_rebuild_encodes_only_what_is_new(texts: Path, place: Path, encoded: list[str]) -> None:
    (texts / "kelp.md").write_text(LIBRARY["kelp.md"].replace("40 percent", "41 percent"))
    rebuilt(texts, place)
    assert encoded == ["Kelp forests"]


def test_a_rebuild_that_is_stopped_keeps_the_old_index_and_the_next_run_goes_on_from_it(
    texts: Path, place: Path, encoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sync, "_forget_gone", lambda *arguments: exec("raise KeyboardInterrupt"))
        for _ in range(2):
            assert main([str(texts), "--rebuild", "--index", str(place)]) == 130
    assert Assistant.open(place.with_name("index.before-rebuild")).answer("What is a kelp forest?").claims
    shutil.rmtree(place)
    assert main([str(texts), "--index", str(place)]) == 0
    assert not place.with_name("index.before-rebuild").exists()
    assert (encoded, check(place).faults) == ([], [])


@pytest.mark.parametrize("damage", [lambda row: row * 2, lambda row: row[:-7]])
def test_vectors_that_are_damaged_are_not_carried_over(
    texts: Path, place: Path, encoded: list[str], damage: Callable[[Any], Any]
) -> None:
    with sqlite3.connect(place / "passages.sqlite") as sql:
        name, blob = sql.execute("SELECT passage_id, vectors FROM passages WHERE role = 'prose'").fetchone()
        damaged = damage(np.frombuffer(blob, np.float16)).tobytes()
        sql.execute("UPDATE passages SET vectors = ? WHERE passage_id = ?", (damaged, name))
    sql.close()
    rebuilt(texts, place)
    assert len(encoded) == 1


def test_vectors_that_are_not_what_their_words_encode_to_are_not_carried_over(
    texts: Path, place: Path, encoded: list[str]
) -> None:
    with sqlite3.connect(place / "passages.sqlite") as sql:
        for name, blob in sql.execute("SELECT passage_id, vectors FROM passages WHERE role = 'prose'").fetchall():
            turned = (-np.frombuffer(blob, np.float16)).tobytes()
            sql.execute("UPDATE passages SET vectors = ? WHERE passage_id = ?", (turned, name))
    sql.close()
    rebuilt(texts, place)
    assert len(encoded) == 3


def test_a_document_that_says_other_things_of_itself_alone_is_not_encoded_again(
    texts: Path, place: Path, encoded: list[str]
) -> None:
    before = Assistant.open(place).answer("What is a kelp forest?")
    article = next(
        path for path in texts.rglob("*.md") if path.read_text().startswith("---") and "title:" in path.read_text()
    )
    article.write_text(article.read_text().replace("---\n", "---\nauthors: [Ada Reef]\n", 1))
    assert main([str(texts), "--index", str(place)]) == 0
    assert encoded == []
    assert "Ada Reef" in {name for source in Assistant.open(place).index.sources() for name in source.authors}
    assert check(place).faults == []
    assert Assistant.open(place).answer("What is a kelp forest?").text == before.text


def test_of_an_edited_document_only_what_is_near_the_edit_is_encoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoders.load()
    (tmp_path / "texts").mkdir()
    notes = tmp_path / "texts" / "notes.md"
    sections = [
        f"## Dive {n}\n\n" + " ".join(f"On dive {n}, stone {i} held kelp {n * i}." for i in range(12))
        for n in range(40)
    ]
    counted: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(encoder, name)

        def encode(self, texts: list[str]) -> Any:
            counted.append(len(texts))
            return encoder.encode(texts)

    monkeypatch.setattr(background, "questions", lambda: ("How is kelp cooked?",))  # these are read anew each time

    def read(text: str, place: str) -> Index:
        notes.write_text("# Notes of a diver\n\n" + text)
        with Index.open(tmp_path / place, write=True) as index:
            index.encoder = Counting()
            counted.clear()
            sync.sync([tmp_path / "texts"], index)
        return Index.open(tmp_path / place)

    read("\n\n".join(sections), "index")
    whole = sum(counted)
    sections[9] = sections[9].replace("stone 3 held", "stone 3 bore")
    sections.append("## Dive 40\n\nThe last dive found a wreck.")
    index = read("\n\n".join(sections), "index")
    assert sum(counted) < whole / 3
    assert check(tmp_path / "index").faults == []
    anew = read("\n\n".join(sections), "anew")
    passages = [p for p in anew.passages_of(anew.store.ready()[0]) if p.role == "prose"]
    assert index.store.ready() == anew.store.ready()
    ours, theirs = index.vectors(passages), anew.vectors(passages)
    assert max(np.abs(ours[p.passage_id] - theirs[p.passage_id]).max() for p in passages) < 0.002


def test_a_document_that_was_written_anew_is_encoded_whole(place: Path, texts: Path, encoded: list[str]) -> None:
    (texts / "kelp.md").write_text(
        LIBRARY["kelp.md"].split("\n\n")[0] + "\n\nNothing of what stood here stands here now.\n"
    )
    assert main([str(texts), "--index", str(place)]) == 0
    assert len(encoded) == 1
    assert check(place).faults == []
