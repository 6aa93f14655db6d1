"""One text in several places answers once, is cited with all of them, and is found again when one of them goes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from alignment_qa import Assistant
from alignment_qa.index import Index
from ingest.__main__ import main
from ingest.check import check
from ingest.copies import FEWEST, bands, jaccard, shingles
from ingest.repair import repair
from ingest.sync import Report, sync
from tests.conftest import LIBRARY

KELP = LIBRARY["kelp.md"]
POST = KELP.replace("title: Kelp forests", "title: Kelp forests (cross-posted)").replace("example.org", "forum.example")
POST = POST.replace("authors: [Ada Reef]\n", "") + "\nThis was first posted elsewhere.\n"
OTHER = """# Otters

Otters live along cold coasts, in bays and in the kelp that grows off them. They eat urchins, crabs and clams, and they
sleep on their backs, wrapped in kelp so that they do not drift away. A mother carries her pup on her belly for months.
Otters were hunted for their fur until few were left, and they have come back to some coasts only. Where they are back,
the kelp has grown again, because the urchins that graze on it have become rare there."""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "kelp.md").write_text(KELP)
    (folder / "post.md").write_text(POST)
    (folder / "otters.md").write_text(OTHER)
    return folder


def ingest(folder: Path, place: str | Path) -> Report:
    with Index.open(place, write=True) as index:
        return sync([folder], index)


def titles(place: str | Path) -> dict[str, list[str]]:
    """The titles of the documents that answer, each with those of its copies."""
    index = Index.open(place)
    return {d.source.title: [c.title for c in index.copies_of(d.source.doc_id)] for d in index.documents()}


def test_a_copy_answers_nothing_and_its_address_is_cited(texts: Path, tmp_path: Path) -> None:
    assert ingest(texts, tmp_path / "index").copies == 1
    assert titles(tmp_path / "index") == {"Kelp forests": ["Kelp forests (cross-posted)"], "Otters": []}
    assistant = Assistant.open(tmp_path / "index")
    answer = assistant.answer("What is a kelp forest?")
    assert {citation.passage.source.title for citation in answer.citations} <= {"Kelp forests", "Otters"}
    assert answer.citations[0].passage.source.also == ("https://forum.example/kelp",)
    assert len({hit.passage.text for hit in answer.hits}) == len(answer.hits)
    assert check(tmp_path / "index").faults == []
    assert ingest(texts, tmp_path / "index").unchanged == 3


def test_which_of_two_answers_does_not_depend_on_the_order_of_reading(texts: Path, tmp_path: Path) -> None:
    found = []
    for number, names in enumerate(itertools.permutations(["kelp.md", "post.md", "otters.md"])):
        for name in names:
            with Index.open(tmp_path / str(number), write=True) as index:
                sync([texts / name], index)
        found.append((titles(tmp_path / str(number)), Index.open(tmp_path / str(number)).store.copies().of))
    assert all(one == found[0] for one in found)


def test_the_copy_answers_when_its_original_goes_and_is_one_again_when_that_is_back(
    texts: Path, tmp_path: Path
) -> None:
    place = tmp_path / "index"
    ingest(texts, place)
    reader = Assistant.open(place)
    (texts / "kelp.md").unlink()
    ingest(texts, place)
    assert titles(place) == {"Kelp forests (cross-posted)": [], "Otters": []}
    source = reader.answer("What is a kelp forest?").citations[0].passage.source  # opened before
    assert (source.title, source.also) == ("Kelp forests (cross-posted)", ())
    assert check(place).faults == []
    (texts / "kelp.md").write_text(KELP)
    assert ingest(texts, place).copies == 1
    (texts / "kelp.md").write_text(KELP.replace("kelp", "eelgrass").replace("sea", "lake").replace("of", "in"))
    assert ingest(texts, place).copies == 0  # another text now
    assert check(place).faults == []


def test_a_document_removed_by_its_id_leaves_its_copy_to_answer(texts: Path, tmp_path: Path) -> None:
    ingest(texts, tmp_path / "index")
    (kelp,) = [d for d in Index.open(tmp_path / "index").documents() if d.source.title == "Kelp forests"]
    assert main(["--remove", kelp.source.doc_id, "--index", str(tmp_path / "index")]) == 0
    assert titles(tmp_path / "index") == {"Kelp forests (cross-posted)": [], "Otters": []}


def test_the_same_words_at_two_addresses_are_one_document_with_both(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.md").write_text(KELP)
    (folder / "b.md").write_text(KELP.replace("example.org/kelp", "forum.example/kelp"))
    report = ingest(folder, tmp_path / "index")
    assert (len(report.repeated), report.copies) == (1, 0)
    (document,) = Index.open(tmp_path / "index").documents()
    assert document.source.also == ("https://forum.example/kelp",)
    (folder / "b.md").unlink()
    ingest(folder, tmp_path / "index")
    (document,) = Index.open(tmp_path / "index").documents()
    assert document.source.also == ()


@pytest.mark.parametrize("step", ["_forget_vectors", "restore"])
def test_a_run_killed_while_it_hides_and_shows_is_finished_by_the_next(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    place = tmp_path / "index"
    index = Index.open(place, write=True)
    with monkeypatch.context() as patch:
        patch.setattr(Index, step, lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            sync([texts], index)
    index._lock.release()  # what the end of a process does
    index._store.close()
    index._keywords.close()
    ingest(texts, place)
    assert titles(place)["Kelp forests"] == ["Kelp forests (cross-posted)"]
    assert check(place).faults == []


def test_a_wrong_record_of_copies_is_found_and_mended(texts: Path, tmp_path: Path) -> None:
    place = tmp_path / "index"
    ingest(texts, place)
    with Index.open(place, write=True) as index:
        (otters,) = [d.source.doc_id for d in index.documents() if d.source.title == "Otters"]
        index.store.mark([otters], "copy")
    found = check(place)
    assert found.faults[0].startswith("copies that are none, or that still answer: 1")
    assert repair(place, found).faults == []
    assert titles(place) == {"Kelp forests": ["Kelp forests (cross-posted)"], "Otters": []}


def test_the_list_shows_copies(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(texts), "--index", str(tmp_path / "index")]) == 0
    assert "holds 2 documents, 4 passages, and 1 copies of them" in capsys.readouterr().out
    assert main(["--list", "--index", str(tmp_path / "index")]) == 0
    said = capsys.readouterr().out
    assert "its copy       Kelp forests (cross-posted) · https://forum.example/kelp" in said
    assert "also at        https://forum.example/kelp" in said


WORDS = " ".join(f"word{number}" for number in range(1000)).split()


@pytest.mark.parametrize(
    ("change", "alike"),
    [
        (lambda words: [*["menu"] * 40, *words, *["imprint"] * 60], True),
        (lambda words: words[: len(words) * 7 // 10], True),
        (lambda words: [w.upper() + "," for w in words], True),
        (lambda words: words[:100], False),  # an abstract beside its paper
        (lambda words: sorted(words, key=backwards), False),  # the same words, other sentences
    ],
)
def test_texts_are_alike_by_the_runs_of_words_that_they_share(
    change: Callable[[list[str]], list[str]], alike: bool
) -> None:
    one, other = shingles(" ".join(WORDS)), shingles(" ".join(change(WORDS)))
    assert bool(set(bands(one)) & set(bands(other))) == alike
    assert (jaccard(one, other) >= 0.5) == alike


def backwards(word: str) -> str:
    return word[::-1]


def test_short_texts_are_no_copies() -> None:
    assert bands(shingles(" ".join(WORDS[: FEWEST + 3]))) == []


def test_a_run_that_was_killed_before_it_aligned_is_aligned_when_the_next_opens(texts: Path, tmp_path: Path) -> None:
    ingest(texts, tmp_path / "index")
    with Index.open(tmp_path / "index", write=True) as index:
        copied = index.store.copies()
        index.settle(type(copied)())
        index.store.record("aligned", "of another record")
    with Index.open(tmp_path / "index", write=True) as index:
        assert index.count()[0] == 3
    assert check(tmp_path / "index").faults == []
