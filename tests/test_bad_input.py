"""Files made to harm: each is read or refused within its limits, by name and reason, and the rest goes on."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import LARGEST, read, read_all
from ingest.sync import Report, walk
from tests.test_readers import pdf_of
from tests.test_records import documents, refusals

SENTENCE = "Goals are learned from rewards."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep.html", "<div>" * 200_000 + SENTENCE),
        ("deep.html", "<p>" + "<b><i>" * 100_000 + SENTENCE),
        ("deep.html", "<table><tr><td>" * 20_000 + SENTENCE),
        ("deep.html", "<ul><li>" * 50_000 + SENTENCE),
        ("deep.md", "> " * 20_000 + SENTENCE),
        ("deep.md", "".join(" " * n + "- a\n" for n in range(2000)) + "\n\n" + SENTENCE),
        ("deep.md", "[" * 50_000 + SENTENCE),
        ("deep.md", "*_" * 50_000 + SENTENCE),
        ("deep.wiki", "[[" * 20_000 + SENTENCE),
        ("deep.wiki", "{{quote|" * 5_000 + SENTENCE),
        ("deep.wiki", "<div>" * 5_000 + SENTENCE),
        ("deep.tex", "{" * 50_000 + SENTENCE),
        ("deep.jsonl", '{"text": ' + "[" * 100_000 + "\n"),
        ("line.txt", SENTENCE * 300_000),
        ("line.md", "x" * 10_000_000 + " " + SENTENCE),
        ("line.csv", 'text\n"' + "x" * 20_000_000),
        ("stamps.vtt", "WEBVTT\n\n" + "00:00.000 --> 00:01.000\n" * 50_000 + SENTENCE),
        ("nul.md", SENTENCE + "\x00" + SENTENCE),
        ("entities.html", "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><p>" + SENTENCE + "&b;</p>"),
        ("front.md", "---\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntitle: *c\n---\n" + SENTENCE),
    ],
)  # fmt: skip
def test_a_file_made_to_harm_is_read_or_refused_in_time(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    started = time.thread_time()
    found = list(read_all(path))
    assert found
    assert all(isinstance(part, (Document, ReadFailed)) for _, part in found)
    assert not [part for _, part in found if str(part).startswith("its reader failed")]
    assert time.thread_time() - started < 30


@pytest.mark.parametrize(
    ("original", "looping"),
    [
        (b"/Type /Pages", b"/Type /Pages /Parent 2 0 R"),
        (b"/Kids [8 0 R]", b"/Kids [2 0 R]"),
        (b"/Kids [8 0 R]", b"/Kids [8 0 R 2 0 R 8 0 R]"),
        (b"/Count 1", b"/Count 2000000000"),
    ],
)
def test_a_pdf_that_loops_ends(tmp_path: Path, original: bytes, looping: bytes) -> None:
    path = tmp_path / "loop.pdf"
    content = pdf_of([[(72, 700, 11, SENTENCE)]])
    assert original in content
    path.write_bytes(content.replace(original, looping))
    ((_, part),) = read_all(path)
    assert part.text == SENTENCE if isinstance(part, Document) else str(part)


def test_folders_that_contain_themselves_are_walked_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "good.md").write_text(SENTENCE)
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "a" / "loop.md").symlink_to(tmp_path / "a" / "loop.md")
    report = Report()
    assert [file.path.name for file in walk([tmp_path], report)] == ["good.md", "loop.md"]


def test_a_name_that_is_no_utf8_is_read_and_can_be_printed(tmp_path: Path) -> None:
    name = os.path.join(os.fsencode(tmp_path), b"caf\xe9.md")
    with open(name, "wb") as stream:
        stream.write(SENTENCE.encode())
    (file,) = walk([tmp_path], Report())
    assert read(file.path).text == SENTENCE
    file.key.encode()


def test_a_file_that_changes_while_it_is_read_is_named_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "growing.jsonl"
    path.write_text('{"text": "Otters sleep in kelp."}\n')
    parts = read_all(path)
    assert isinstance(next(parts)[1], Document)
    with path.open("a") as stream:
        stream.write('{"text": "Whales sing in deep water."}\n')
    assert [str(part) for _, part in parts][-1] == "changed while it was read; the next run reads it again"
    assert len(documents(path)) == 2


def test_a_gigabyte_is_refused_unread_or_read_by_the_line(tmp_path: Path) -> None:
    for name, reason in (("huge.md", "too large"), ("huge.pdf", "too large"), ("huge.zip", "not a readable zip")):
        path = tmp_path / name
        with path.open("wb") as stream:
            stream.truncate(1024**3)
        assert reason in refusals(path)[""]
    path = tmp_path / "huge.jsonl"
    with path.open("wb") as stream:
        stream.truncate(LARGEST)
        stream.seek(0, os.SEEK_END)
        stream.write(b'\n{"text": "Otters sleep in kelp."}\n')
    assert refusals(path) == {"line 1": "a line of over 16 MB"}
    assert [document.text for document in documents(path)] == ["Otters sleep in kelp."]
