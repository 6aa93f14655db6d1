"""An index on a real Chroma server: the same answers as from a folder, on every machine, and one line for each failure."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from alignment_qa import IndexBusy, IndexMissing, IndexUnreachable, encoders, packing
from alignment_qa.chroma import LEASE, LOOK, Server
from alignment_qa.config import INDEX_TOKEN, cache_folder
from alignment_qa.index import Index
from alignment_qa.place import set_aside
from ingest.__main__ import main
from ingest.check import check
from ingest.findings import Findings
from ingest.repair import repair
from ingest.sync import sync
from tests.chroma_server import ChromaServer, TokenProxy
from tests.conftest import LIBRARY, ROOT

QUESTIONS = (
    "What is a kelp forest?",
    "How do seagrass meadows differ from kelp forests?",
    "Why do reefs bleach?",
    "What are the uses of seagrass?",
    "Who wrote about otters and urchins?",
    "What is the capital of Mongolia?",
)


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with ChromaServer(tmp_path_factory.mktemp("chroma") / "served") as running:
        yield running


def machine(folder: Path) -> dict[str, str]:
    """The environment of a machine that has the exported encoder and nothing else of ours."""
    encoders.load()
    (folder / "cache").mkdir(parents=True)
    for exported in cache_folder().glob("*.onnx"):
        shutil.copy(exported, folder / "cache")
    return {**os.environ, "ALIGNMENT_QA_CACHE": str(folder / "cache")}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """This process on a machine of its own."""
    environment = machine(tmp_path / "here")
    monkeypatch.setenv("ALIGNMENT_QA_CACHE", environment["ALIGNMENT_QA_CACHE"])
    return environment


def start(environment: dict[str, str], module: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)


def ran(environment: dict[str, str], module: str, *arguments: object) -> tuple[int, str, str]:
    running = start(environment, module, *arguments)
    out, err = running.communicate(timeout=120)
    return running.returncode, out, err


ASK_ALL = """
import json, sys
from alignment_qa import Assistant
from alignment_qa.cite import as_json
assistant = Assistant.open(sys.argv[1])
for question in sys.argv[2:]:
    answer = as_json(assistant.answer(question))
    answer["trace"].pop("ms", None)
    hits = [(h.passage.passage_id, round(h.score, 4)) for h in assistant.search(question)]
    print(json.dumps([answer, hits], sort_keys=True))
"""


def asking(environment: dict[str, str], index: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ASK_ALL, str(index), *QUESTIONS]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)


def answers(running: subprocess.Popen[str]) -> list[object]:
    out, err = running.communicate(timeout=180)
    assert running.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def said(running: subprocess.Popen[str]) -> list[object]:
    """How each answer begins and what was found first: tantivy counts the words of removed passages for a while, which
    moves scores a little and with them the last sentences of an answer."""
    return [(answer["text"].partition("[1]")[0], [n for n, _ in hits[:3]]) for answer, hits in answers(running)]  # type: ignore[misc,index]


def titles(index: Index) -> set[str]:
    return {document.source.title for document in index.documents()}


def test_a_document_is_the_same_after_its_way_as_text(library_index: Path) -> None:
    index = Index.open(library_index)
    for document in index.documents():
        passages = index.passages_of(document.source.doc_id)
        vectors = index.vectors(passages)
        packed = packing.Packed(document, passages, [vectors.get(p.passage_id) for p in passages])
        again = packing.unpack(packing.pack(packed))
        assert (again.document, again.passages) == (document, passages)
        for before, after in zip(packed.vectors, again.vectors, strict=True):
            assert (before is None) == (after is None)
            assert before is None or np.array_equal(before, after)  # type: ignore[arg-type]


@pytest.mark.slow
def test_processes_on_several_machines_answer_from_one_server_as_from_a_folder(
    chroma: ChromaServer, library: Path, library_index: Path, tmp_path: Path
) -> None:
    writer, other = machine(tmp_path / "writer"), machine(tmp_path / "other")
    address = f"{chroma.address}library"
    code, out, err = ran(writer, "ingest", library, "--index", address)
    assert (code, err) == (0, "")
    assert f"{address} holds 3 documents" in out
    folder = answers(asking(writer, library_index))
    assert len(folder) == len(QUESTIONS)
    assert any(answer["citations"] for answer, _ in folder)  # type: ignore[index, misc]
    together = [asking(environment, address) for environment in (other, other, writer)]  # `other` has no copy yet
    for running in together:
        assert answers(running) == folder
    assert "3 unchanged" in ran(writer, "ingest", library, "--index", address)[1]
    code, out, err = ran(other, "ingest", library, "--index", address)  # reads the files, embeds nothing, adds nothing
    assert (code, "0 documents read (0 passages)" in out) == (0, True), out


@pytest.mark.slow
def test_an_open_reader_follows_what_another_machine_adds_removes_and_makes_anew(
    chroma: ChromaServer, tmp_path: Path, here: dict[str, str]
) -> None:
    address = f"{chroma.address}follow"
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "kelp.md").write_text(LIBRARY["kelp.md"])
    other = machine(tmp_path / "other")
    assert ran(other, "ingest", texts, "--index", address)[0] == 0
    reader = Index.open(address)
    assert titles(reader) == {"Kelp forests"}
    (texts / "kelp.md").unlink()
    (texts / "reef.txt").write_text(LIBRARY["reef.txt"])
    assert ran(other, "ingest", texts, "--index", address)[0] == 0
    time.sleep(LOOK)
    assert {hit.passage.source.title for hit in reader.search("kelp", 5)} == {"Coral reefs"}
    assert not reader.keywords("otters")
    rows = reader._server.collection("documents").get()["metadatas"]  # type: ignore[union-attr]
    assert [len(row["text0"]) > 0 for row in rows if row["parts"] == 0] == [False]  # nothing of it is left behind
    assert reader.keywords("polyps")
    assert titles(reader) == {"Coral reefs"}
    (texts / "seagrass.md").write_text(LIBRARY["seagrass.md"])
    assert ran(other, "ingest", texts, "--rebuild", "--index", address)[0] == 0
    time.sleep(LOOK)
    assert reader.count()[0] == 2
    assert reader.search("meadow", 1)[0].passage.source.title == "Seagrass meadows"
    reader.close()


def test_names_of_terms_and_what_is_near_are_told_to_all_machines_also_by_an_index_made_anew(
    chroma: ChromaServer, library: Path, library_index: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    address, other = f"{chroma.address}facts", machine(tmp_path / "other")
    texts = tmp_path / "texts"
    shutil.copytree(library, texts)
    (texts / "glossary.yaml").write_text(
        "- {term: sea otter, definition: A mammal of the kelp., synonyms: [enhydra]}\n"
    )
    for again in ([], ["--rebuild"]):
        assert ran(other, "ingest", texts, *again, "--index", address)[0] == 0
    with Index.open(address) as reader:
        assert reader.background() == Index.open(library_index).background() is not None
        assert reader.glossary().definitions


@pytest.mark.slow
def test_one_machine_writes_at_a_time_and_one_that_fell_silent_is_relieved(
    chroma: ChromaServer, library: Path, tmp_path: Path, here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{chroma.address}busy"
    other = machine(tmp_path / "other")
    first = Index.open(address, write=True)
    code, _, err = ran(other, "ingest", library, "--index", address)
    assert (code, err.count("\n")) == (2, 1)
    assert "is writing to" in err
    server = first._server
    assert server is not None
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now - LEASE - 1)
    server.renew()  # as if it had last spoken so long ago
    monkeypatch.undo()
    monkeypatch.setenv("ALIGNMENT_QA_CACHE", here["ALIGNMENT_QA_CACHE"])
    assert ran(other, "ingest", library, "--index", address)[0] == 0
    with pytest.raises(IndexBusy, match="taken over"):
        sync([library], first)
    server._lease = None
    first.close()


@pytest.mark.slow
@pytest.mark.parametrize("same_machine", [True, False])
@pytest.mark.parametrize("step", ["publish", "withdraw"])
def test_a_step_that_a_killed_writer_left_half_done_is_finished_by_the_next(
    chroma: ChromaServer,
    tmp_path: Path,
    here: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    same_machine: bool,
) -> None:
    address = f"{chroma.address}killed-{step}-{same_machine}"
    texts = tmp_path / "texts"
    texts.mkdir()
    for name in ("kelp.md", "seagrass.md"):
        (texts / name).write_text(LIBRARY[name])
    with Index.open(address, write=True) as index:
        sync([texts], index)
    if step == "publish":
        (texts / "reef.txt").write_text(LIBRARY["reef.txt"])
        fault = "alignment_qa.chroma.Server.record"  # the last act of a step
    else:
        (texts / "kelp.md").unlink()
        fault = "alignment_qa.index.Index._collection"  # hidden, but its vectors still there
    index = Index.open(address, write=True)
    with monkeypatch.context() as patch:
        patch.setattr(fault, lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            sync([texts], index)
    index._lock.release()  # what the end of a process does; its lease stays behind
    index._server._lease = None
    index._server.close()
    index._store.close()
    index._keywords.close()
    if not same_machine:
        monkeypatch.setenv("ALIGNMENT_QA_CACHE", machine(tmp_path / "third")["ALIGNMENT_QA_CACHE"])
        with pytest.raises(IndexBusy):
            Index.open(address, write=True)
        later = time.time() + LEASE
        monkeypatch.setattr("time.time", lambda: later)  # when its lease has run out
    with Index.open(address, write=True) as after:
        sync([texts], after)
        expected = {"Kelp forests", "Seagrass meadows", "Coral reefs"} if step == "publish" else {"Seagrass meadows"}
        assert titles(after) == expected
        there = {
            p.passage_id for d in after.documents() for p in after.passages_of(d.source.doc_id) if p.role == "prose"
        }
        assert set(after._collection("passages").get(include=[])["ids"]) == there


@pytest.mark.slow
def test_an_index_on_a_server_is_verified_with_all_that_it_keeps(
    chroma: ChromaServer, library: Path, tmp_path: Path, here: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"{chroma.address}checked"
    with pytest.raises(IndexMissing):
        check(address)
    with Index.open(address, write=True) as index:
        sync([library], index)
        names = [document.source.doc_id for document in index.documents()]
    assert main(["--check", "--index", address]) == 0
    assert f"{address} is sound: 3 documents" in capsys.readouterr().out
    server = Server(address)
    first, second, _ = (server.collection("passages").get(where={"doc_id": name})["ids"][0] for name in names)
    server.collection("passages").delete(ids=[first])
    server.collection("passages").update(ids=[second], embeddings=[np.eye(384, dtype=np.float32)[0]])
    server.collection("questions").upsert(ids=["nobody-0"], embeddings=[np.eye(384, dtype=np.float32)[1]])
    server.collection("documents").update(ids=[f"{names[2]}-0"], metadatas=[{"text0": "lost"}])
    faults = check(address).faults
    server.close()
    for fault, name in {
        "passages without a vector: 1": first,
        "passages whose vector is not the store's: 1": second,
        "vectors of questions that no document has: 1": "nobody-0",
        "documents of which the server and this machine's copy differ: 1": names[2],
    }.items():
        assert f"{fault} ({name})" in faults
    assert main(["--check", "--index", address]) == 1
    assert f"python -m ingest --repair --index {address}" in capsys.readouterr().out
    assert main(["--repair", "--index", address]) == 0
    assert main(["--check", "--index", address]) == 0


def rows_lost_and_strange(server: Server, names: list[str]) -> None:
    rows = server.collection("passages")
    rows.delete(where={"doc_id": names[0]})
    rows.update(ids=rows.get(where={"doc_id": names[1]})["ids"][:1], embeddings=[np.eye(384, dtype=np.float32)[0]])
    rows.upsert(ids=["nobody-0"], embeddings=[np.eye(384, dtype=np.float32)[1]])
    server.collection("questions").delete(where={"doc_id": names[2]})


def journal_lost_and_garbled(server: Server, names: list[str]) -> None:
    rows = server.collection("documents")
    rows.delete(where={"name": names[0]})
    rows.update(ids=[f"{names[1]}-0"], metadatas=[{"text0": "garbled"}])


def vectors_gone(server: Server, names: list[str]) -> None:
    server.empty()


def copy_cut_short(server: Server, names: list[str]) -> None:
    with (server.folder / "passages.sqlite").open("r+b") as stream:
        stream.truncate(20_000)


def keywords_of_the_copy_emptied(server: Server, names: list[str]) -> None:
    (server.folder / "keywords" / "meta.json").write_bytes(b"")


def copy_altered(server: Server, names: list[str]) -> None:
    with closing(sqlite3.connect(server.folder / "passages.sqlite")) as sql, sql:
        sql.execute("UPDATE passages SET text = 'Lies.' WHERE doc_id = ? AND first = 0", (names[0],))
        sql.execute("UPDATE passages SET vectors = zeroblob(768) WHERE doc_id = ?", (names[1],))
        sql.execute("DELETE FROM documents WHERE doc_id = ?", (names[2],))


@pytest.mark.slow
@pytest.mark.parametrize(
    "damages",
    [
        [rows_lost_and_strange, journal_lost_and_garbled],
        [vectors_gone],
        [copy_cut_short],
        [keywords_of_the_copy_emptied, rows_lost_and_strange],
        [copy_altered],
        [copy_altered, rows_lost_and_strange],
    ],
    ids=lambda damages: "-".join(damage.__name__ for damage in damages),
)
def test_each_part_of_an_index_on_a_server_is_mended_from_one_that_is_whole_without_encoding_a_passage(
    chroma: ChromaServer,
    library: Path,
    library_index: Path,
    tmp_path: Path,
    here: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    damages: list[Callable[[Server, list[str]], None]],
) -> None:
    digest = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    address = f"{chroma.address}mended-{digest}"
    with Index.open(address, write=True) as index:
        sync([library], index)
        names = [document.source.doc_id for document in index.documents()]
    other = machine(tmp_path / "other")
    expected = said(asking(other, address))
    server = Server(address)
    for damage in damages:
        damage(server, names)
    server.close()
    found = check(address)
    assert found.faults
    with monkeypatch.context() as patch:
        patch.setattr("alignment_qa.writing.passage_vectors", lambda *_: pytest.fail("a passage was encoded"))
        assert repair(address, found).faults == []
    for environment in (here, other, machine(tmp_path / "third")):  # `other` follows, `third` has no copy yet
        assert said(asking(environment, address)) == expected
    assert expected == said(asking(here, library_index))


@pytest.mark.slow
def test_what_is_whole_nowhere_goes_from_a_server_and_is_read_again(
    chroma: ChromaServer, library: Path, here: dict[str, str]
) -> None:
    address = f"{chroma.address}nowhere"
    with Index.open(address, write=True) as index:
        sync([library], index)
        names = [document.source.doc_id for document in index.documents()]
    server = Server(address)
    copy_altered(server, names)
    journal = server.collection("documents")
    for name in names:
        journal.update(ids=[f"{name}-0"], metadatas=[{"text0": "garbled"}])
    server.close()
    assert repair(address, check(address)).faults == []
    with Index.open(address, write=True) as index:
        assert titles(index) == set()
        assert len(sync([library], index).added) == 3
    assert check(address).faults == []


@pytest.mark.slow
def test_an_open_reader_goes_on_after_the_vectors_were_made_anew(
    chroma: ChromaServer, library: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    address = f"{chroma.address}anew"
    assert ran(machine(tmp_path / "other"), "ingest", library, "--index", address)[0] == 0
    reader = Index.open(address)
    found = reader.search("kelp")
    repair(address, Findings(faults=["vectors of passages that a search does not find: 3"], broken={"vectors"}))
    time.sleep(LOOK)
    assert reader.search("kelp") == found
    reader.close()


@pytest.mark.slow
def test_a_copy_is_hidden_and_shown_on_every_machine(
    chroma: ChromaServer, library: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    address = f"{chroma.address}copies"
    texts = Path(shutil.copytree(library, tmp_path / "texts"))
    (texts / "post.md").write_text(LIBRARY["kelp.md"].replace("title: Kelp", "title: On kelp"))
    with Index.open(address, write=True) as index:
        assert sync([texts], index).copies == 1
        (shown,) = [title for title in titles(index) if "kelp" in title.casefold()]
    other = machine(tmp_path / "other")
    code, listed, _ = ran(other, "ingest", "--list", "--index", address)
    assert (code, listed.count("its copy")) == (0, 1)
    gone = texts / ("post.md" if shown.startswith("On") else "kelp.md")
    gone.unlink()
    with Index.open(address, write=True) as index:
        sync([texts], index)
        assert shown not in titles(index)
        assert len(titles(index)) == 3
    assert check(address).faults == []
    code, listed, _ = ran(other, "ingest", "--list", "--index", address)
    assert (code, listed.count("passages"), listed.count("its copy")) == (0, 3, 0)


@pytest.mark.slow
@pytest.mark.parametrize("header", ["X-Chroma-Token", "Authorization"])
def test_a_token_opens_a_server_that_asks_for_one(
    chroma: ChromaServer, library: Path, tmp_path: Path, header: str
) -> None:
    said = "Bearer sesame" if header == "Authorization" else "sesame"
    with TokenProxy(chroma.port, said, header) as proxy:
        address = f"{proxy.address}token-{header.lower()}"
        environment = machine(tmp_path / "one")
        for token in ("", "wrong"):
            code, out, err = ran({**environment, INDEX_TOKEN: token}, "alignment_qa", "kelp?", "--index", address)
            assert (code, out, err.count("\n")) == (2, "", 1)
            assert f"refuses the token. Set the right one in {INDEX_TOKEN}." in err
        environment[INDEX_TOKEN] = "sesame"
        assert ran(environment, "ingest", library, "--index", address)[0] == 0
        code, out, _ = ran(environment, "alignment_qa", QUESTIONS[0], "--index", address)
        assert (code, "[1]" in out) == (0, True)


@pytest.mark.slow
def test_no_server_and_no_such_collection_are_one_line_each(chroma: ChromaServer, tmp_path: Path) -> None:
    environment = machine(tmp_path / "one")
    with ChromaServer(tmp_path / "gone") as gone:
        pass
    for module in ("ingest", "alignment_qa"):
        code, _, err = ran(
            environment, module, *(["kelp?"] * (module != "ingest")), "--index", f"{gone.address}library"
        )
        assert (code, err.count("\n")) == (2, 1), err
        assert f"No Chroma server answers at {gone.address}library" in err
    code, _, err = ran(environment, "alignment_qa", "kelp?", "--index", f"{chroma.address}nothing-here")
    assert (code, err.count("\n")) == (2, 1)
    assert f"No index at {chroma.address}nothing-here. Build one with: python -m ingest --index" in err
    with pytest.raises(IndexMissing):
        Index.open(f"{chroma.address}nothing-here")


@pytest.mark.slow
def test_a_server_that_dies_is_told_and_one_that_returns_is_used_again(
    library: Path, tmp_path: Path, here: dict[str, str]
) -> None:
    with ChromaServer(tmp_path / "served") as chroma:
        address = f"{chroma.address}library"
        with Index.open(address, write=True) as index:
            sync([library], index)
        reader = Index.open(address)
        found = reader.search("kelp")
        assert found
        chroma.kill()
        with pytest.raises(IndexUnreachable, match="No Chroma server answers at"):
            reader.search("otters")
        with chroma:
            assert reader.search("kelp") == found
            writer = Index.open(address, write=True)
            chroma.kill()
            with pytest.raises(IndexUnreachable, match=re.escape(address)):
                writer.remove(found[0].passage.source.doc_id)
            with chroma:
                writer.close()
                with Index.open(address, write=True) as index:  # goes on with what was begun
                    assert "Kelp forests" not in titles(index)
                set_aside(address)
                with pytest.raises(IndexMissing):
                    Index.open(address)
        reader.close()


@pytest.mark.parametrize(
    "address", ["http://localhost:1", "http://me:secret@localhost:1/name", "http://localhost:1/a/b"]
)
def test_an_address_that_names_no_collection_or_holds_a_secret_is_refused(address: str) -> None:
    with pytest.raises(IndexUnreachable, match="http://host:port/collection") as told:
        Server(address)
    assert "secret" not in str(told.value)
