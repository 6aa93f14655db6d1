"""The index: what goes in comes out exactly, what was removed is gone, and one writer is let in at a time."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from alignment_qa import IndexBusy, IndexMismatch, IndexMissing
from alignment_qa.embed import headed
from alignment_qa.encoders import unit
from alignment_qa.glossary import Glossary
from alignment_qa.index import Index
from alignment_qa.lexical import terms
from alignment_qa.types import Document, Passage
from ingest.passages import split
from ingest.sync import sync
from tests.conftest import LIBRARY, ROOT


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text)
    return folder


def titles(index: Index) -> set[str]:
    return {document.source.title for document in index.documents()}


def test_every_passage_is_an_exact_span_of_its_document(library_index: Path) -> None:
    index = Index.open(library_index)
    for document in index.documents():
        passages = index.passages_of(document.source.doc_id)
        assert passages
        for passage in passages:
            assert document.text[passage.start : passage.end] == passage.text


def test_nothing_that_the_encoder_would_cut_off_is_indexed(library_index: Path) -> None:
    index = Index.open(library_index)
    for document in index.documents():
        for passage in index.passages_of(document.source.doc_id):
            assert index.encoder.count(headed(index.encoder, [passage]))[0] <= index.encoder.limit


def test_the_nearest_passage_is_found_by_meaning_and_by_words(library_index: Path) -> None:
    index = Index.open(library_index)
    assert index.search("marine plants with flowers")[0].passage.source.title == "Seagrass meadows"
    assert index.keywords("polyps")[0].passage.source.title == "Coral reefs"
    assert [hit.rank for hit in index.search("sea", 3)] == [1, 2, 3]


def test_reference_lists_are_kept_apart_from_prose(library_index: Path) -> None:
    index = Index.open(library_index)
    assert not index.keywords("Journal of Shores")
    (entry,) = index.keywords("Journal of Shores", role="references")
    assert "Otters and the Urchin Problem" in entry.passage.text
    assert all(hit.passage.role == "prose" for hit in index.search("Otters and the Urchin Problem", 50))


def test_a_sentences_vector_is_half_of_it_by_itself_and_half_of_it_in_its_passage(library_index: Path) -> None:
    index = Index.open(library_index)
    (hit, *_) = index.search("kelp")
    rows = index.vectors([hit.passage])[hit.passage.passage_id]
    assert rows.shape == (1 + len(hit.passage.sentences), index.encoder.dimension)
    spans = [(a - hit.passage.start, b - hit.passage.start) for a, b in hit.passage.sentences]
    alone = index.encoder.encode([hit.passage.text[a:b] for a, b in spans])
    before = len(hit.passage.heading) + 1
    _, read = index.encoder.encode_within(
        [f"{hit.passage.heading}\n{hit.passage.text}"], [[(before + a, before + b) for a, b in spans]]
    )
    assert np.allclose(rows[1:], unit(alone + read), atol=2e-3)


def test_a_second_run_over_unchanged_files_encodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "texts", kelp=LIBRARY["kelp.md"])
    with Index.open(tmp_path / "index", write=True) as index:
        assert len(sync([folder], index).added) == 1
    with Index.open(tmp_path / "index", write=True) as index:
        monkeypatch.setattr(index.encoder, "encode", lambda texts: pytest.fail("encoded again"))
        report = sync([folder], index)
        assert (report.unchanged, report.added, report.removed) == (1, [], [])


def test_a_changed_document_replaces_its_old_self(tmp_path: Path) -> None:
    folder = write(tmp_path / "texts", one="# Otters\n\nSea otters sleep in kelp so that they do not drift.")
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
        write(folder, one="# Otters\n\nSea otters crack shells with stones on their bellies.")
        sync([folder], index)
        assert index.count()[0] == 1
        assert not index.keywords("drift")
        assert index.keywords("stones")


def test_a_removed_document_is_never_retrieved_again(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "texts", one="# Otters\n\nSea otters sleep in kelp.", two="# Whales\n\nWhales sing in the deep sea."
    )
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
        (folder / "one.md").unlink()
        report = sync([folder], index)
        assert len(report.removed) == 1
        assert titles(index) == {"Whales"}
        assert {hit.passage.source.title for hit in index.search("otters", 10)} == {"Whales"}
        assert not index.keywords("otters")
        assert all(index.document(doc_id) for doc_id, _ in index.asked("Otters"))


def test_a_removed_document_leaves_no_vectors_behind(tmp_path: Path) -> None:
    folder = write(tmp_path / "texts", one=LIBRARY["kelp.md"], two="# Whales\n\nWhales sing in the deep sea.")
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
        (whales,) = [document for document in index.documents() if document.source.title == "Whales"]
        index.add([(whales, index.passages_of(whales.source.doc_id))])  # again, in place of itself
        (folder / "one.md").unlink()
        sync([folder], index)
        kept = [p.passage_id for p in index.passages_of(whales.source.doc_id)]
        assert index._collection("passages").get()["ids"] == kept
        assert index._collection("questions").get()["ids"] == [f"{whales.source.doc_id}-0"]


def test_the_same_text_under_two_names_is_indexed_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "texts", one=LIBRARY["kelp.md"], two=LIBRARY["kelp.md"])
    with Index.open(tmp_path / "index", write=True) as index:
        report = sync([folder], index)
        assert (len(report.added), len(report.repeated), index.count()[0]) == (1, 1, 1)
        (folder / "one.md").unlink()
        sync([folder], index)
        assert index.count()[0] == 1


def test_ids_come_from_content_and_not_from_place(tmp_path: Path) -> None:
    ids = []
    for name in ("a", "b"):
        folder = write(tmp_path / name, **{f"{name}-file": LIBRARY["kelp.md"]})
        with Index.open(tmp_path / f"index-{name}", write=True) as index:
            sync([folder], index)
            (document,) = index.documents()
            ids.append([document.source.doc_id, *(p.passage_id for p in index.passages_of(document.source.doc_id))])
    assert ids[0] == ids[1]


def test_a_missing_index_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="python -m ingest"):
        Index.open(tmp_path / "nothing")


@pytest.mark.parametrize(("name", "value"), [("schema", "0"), ("encoder", "another-encoder")])
def test_an_index_of_another_make_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, library_index: Path, name: str, value: str
) -> None:
    shutil.copytree(library_index, tmp_path / "index")
    if name == "schema":
        with sqlite3.connect(tmp_path / "index" / "passages.sqlite") as sql:
            sql.execute("UPDATE facts SET value = ? WHERE name = ?", (value, name))
    with pytest.raises(IndexMismatch, match="python -m ingest --rebuild"):
        Index.open(tmp_path / "index", encoder=value if name == "encoder" else None)


def test_a_second_writer_is_kept_out(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", write=True):
        code = f"from alignment_qa.index import Index; Index.open({str(tmp_path / 'index')!r}, write=True)"
        second = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert second.returncode != 0
    assert IndexBusy.__name__ in second.stderr


def test_an_open_reader_sees_what_another_process_added_and_removed(tmp_path: Path) -> None:
    folder = write(tmp_path / "texts", one="# Otters\n\nSea otters sleep in kelp.")
    command = [sys.executable, "-m", "ingest", str(folder), "--index", str(tmp_path / "index")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    reader = Index.open(tmp_path / "index")
    assert reader.search("whales", 5)[0].passage.source.title == "Otters"
    write(folder, two="# Whales\n\nWhales sing in the deep sea.")
    (folder / "one.md").unlink()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert {hit.passage.source.title for hit in reader.search("otters", 5)} == {"Whales"}
    assert not reader.keywords("otters")


def test_half_a_document_that_a_killed_run_left_is_not_shown_and_is_cleared_away(tmp_path: Path) -> None:
    folder = write(tmp_path / "texts", one="# Otters\n\nSea otters sleep in kelp.")
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
    with sqlite3.connect(tmp_path / "index" / "passages.sqlite") as sql:
        sql.execute("UPDATE documents SET state = 'pending'")
    assert not Index.open(tmp_path / "index").search("otters")
    with Index.open(tmp_path / "index", write=True) as index:
        assert index.count() == (0, 0)
        assert len(sync([folder], index).added) == 1
        assert index.search("otters")


def test_american_and_british_spellings_are_one_word() -> None:
    assert terms("misgeneralisation of behaviour") == terms("misgeneralization of behavior")
    assert terms("Couldn't it be that they aren’t? Can't, won't, don't.") == []
    assert terms("dont they, and cant we? Isnt it.") == []
    assert terms("The programmes are optimised") == terms("program optimized")


def test_misspelt_words_are_read_as_the_passages_spell_them(tmp_path: Path) -> None:
    text = "\n\n".join(
        f"## Part {n}\n\nSea otters guard the kelp from urchins, observation {n} of a modeling version of photosynthesis."
        for n in range(4)
    )
    folder = write(tmp_path / "texts", one=f"# Otters\n\n{text}")
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
        assert (
            index.respell("why do ottres gaurd the kelp from urchnis?") == "why do otters guard the kelp from urchins?"
        )
        assert index.respell("What is a sea otter in Mongolia?") == "What is a sea otter in Mongolia?"
        assert index.respell("kelps of 1906.01820 asdf") == "kelps of 1906.01820 asdf"
        assert index.respell("What do others eat?") == "What do others eat?"  # a common word, though no passage has it
        for other in (
            "Who is meddling with observance?",
            "Is UrchinS a name?",
            "Was it a subversion?",
        ):  # words of their own
            assert index.respell(other) == other
        assert index.respell("what is phtosynthessis of kelp") == "what is photosynthesis of kelp"


def test_words_written_together_are_read_as_the_passages_write_them(tmp_path: Path) -> None:
    text = "# Growth\n\nKelp has a Trade-Off between speed and strength. A cut heals. Sea ice lies far off. Photosynthesizing phytoplankton and photosynthesizing phytoplanktonic life drift."
    folder = write(tmp_path / "texts", one=text)
    with Index.open(tmp_path / "index", write=True) as index:
        sync([folder], index)
        assert index.respell("is the tradeoff of seaice real?") == "is the trade-off of sea ice real?"
        long = "photosynthesizingphytoplanktonic"  # nobody writes that, and what is pasted may have thousands of halves
        assert index.respell(long[:-2]) == "photosynthesizing phytoplankton"
        assert index.respell(long) == long
        assert index.respell("tradeoffs of the cutoff") == "trade-off of the cutoff"  # cut and off stand apart
        index.bring_glossary(Glossary.of([{"term": "Compromise", "synonyms": ["growth tradeoff"]}]))
        assert index.respell("the growth tradeoff") == "the growth tradeoff"  # a name that is written out later


def test_one_batch_is_read_while_two_are_under_way_and_never_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "texts", **{f"n{n}": f"# Whale {n}\n\nWhale number {n} sings." for n in range(4)})
    monkeypatch.setattr("ingest.sync.BATCH", 1)
    cut: list[str] = []
    ahead: list[int] = []
    monkeypatch.setattr("ingest.sync.split", lambda document, *a, **k: cut.append("") or split(document, *a, **k))
    with Index.open(tmp_path / "index", write=True) as index:
        add = index.add

        def slow(documents: list[tuple[Document, list[Passage]]], encoded: object) -> None:
            at_least = min(len(ahead) + 3, 4)
            until = time.monotonic() + 20
            while len(cut) < at_least and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(0.05)
            if documents:
                ahead.append(len(cut) - len(ahead) - 1)
            add(documents, encoded)

        monkeypatch.setattr(index, "add", slow)
        sync([folder], index)
        assert index.count()[0] == 4
    assert ahead == [2, 2, 1, 0]


def test_one_batch_is_embedded_while_the_one_before_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "texts", **{f"n{n}": f"# Whale {n}\n\nWhale number {n} sings." for n in range(3)})
    monkeypatch.setattr("ingest.sync.BATCH", 1)
    second = threading.Event()
    embedded: list[int] = []
    with Index.open(tmp_path / "index", write=True) as index:
        add, embed = index.add, index.embedded

        def noting(prose: list[list[Passage]], known: list[None]) -> object:
            vectors = embed(prose, known)
            embedded.append(len(prose))
            if len(embedded) == 2:
                second.set()
            return vectors

        def waiting(documents: list[tuple[Document, list[Passage]]], encoded: object) -> None:
            assert second.wait(20)
            add(documents, encoded)

        monkeypatch.setattr(index, "embedded", noting)
        monkeypatch.setattr(index, "add", waiting)
        sync([folder], index)
        assert titles(index) == {"Whale 0", "Whale 1", "Whale 2"}


def test_a_batch_that_cannot_be_added_ends_the_run_and_the_next_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "texts", **{f"n{n}": f"# Whale {n}\n\nWhale number {n} sings." for n in range(4)})
    monkeypatch.setattr("ingest.sync.BATCH", 1)
    with Index.open(tmp_path / "index", write=True) as index:
        add = index.add

        def full_disk(documents: list[tuple[Document, list[Passage]]], encoded: object) -> None:
            if documents and documents[0][0].source.title == "Whale 2":
                raise OSError("no space left on device")
            add(documents, encoded)

        monkeypatch.setattr(index, "add", full_disk)
        with pytest.raises(OSError, match="no space"):
            sync([folder], index)
        assert titles(index) == {"Whale 0", "Whale 1"}
        monkeypatch.setattr(index, "add", add)
        assert len(sync([folder], index).added) == 2
        assert titles(index) == {f"Whale {n}" for n in range(4)}


def test_a_document_promises_to_answer_the_questions_it_lists_and_not_its_title(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "kelp.md").write_text(
        "---\ntitle: Kelp\nquestion: What holds kelp to the rock?\n---\n\nHoldfasts grip stone and seldom let go of it."
    )
    (tmp_path / "texts" / "otter.md").write_text("# Otters\n\nOtters eat the urchins that would eat the forest.")
    with Index.open(tmp_path / "index", write=True) as index:
        sync([tmp_path / "texts"], index)
    reader = Index.open(tmp_path / "index")
    ids = {source.title: source.doc_id for source in reader.sources()}
    everything = set(ids.values())
    assert reader.promised("What holds kelp to the rock?", everything) > 0.9
    assert reader.promised("What holds kelp to the rock?", {ids["Otters"]}) == 0.0
    assert reader.promised("Kelp", everything) == reader.promised("Otters", everything) == 0.0
    assert reader.promised("Who built the pyramids?", everything) < 0.1
