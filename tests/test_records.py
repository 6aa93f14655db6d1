"""Files that hold several documents: JSONL, tables and archives, and what the index makes of them as they change."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from alignment_qa.errors import ReadFailed
from alignment_qa.index import Index
from alignment_qa.types import Document
from ingest.__main__ import main
from ingest.readers import archive, read, read_all, records
from ingest.sync import sync

OTTERS = {
    "id": "0a",
    "title": "Otters",
    "url": "https://example.org/otters",
    "source": "shore",
    "text": "Sea otters sleep in kelp so that they do not drift.",
    "date_published": "2021-04-02T10:00:00Z",
    "authors": ["Ada Reef", "Bo Tide"],
}
WHALES = {
    "title": "Whales",
    "text": "# Song\n\nWhales sing in **deep** water.\n\n## References\n\n- Bo Tide (1998). Song.",
}
REEFS = {"title": "Reefs", "text": "<h2>Growth</h2><p>Reefs are built by polyps.</p><p>They bleach in warmth.</p>"}


def lines(*found: object) -> str:
    return "\n".join(json.dumps(each) for each in found) + "\n"


def zipped(members: dict[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return stream.getvalue()


def documents(path: Path, **options: dict[str, str]) -> list[Document]:
    return [part for _, part in read_all(path, **options) if isinstance(part, Document)]


def refusals(path: Path) -> dict[str, str]:
    return {place: str(part) for place, part in read_all(path) if isinstance(part, ReadFailed)}


def test_each_line_is_a_document_with_what_it_states(tmp_path: Path) -> None:
    path = tmp_path / "forum.jsonl"
    path.write_text(lines(OTTERS, WHALES, REEFS))
    otters, whales, reefs = documents(path)
    assert otters.source.title == "Otters"
    assert otters.source.authors == ("Ada Reef", "Bo Tide")
    assert otters.source.published == "2021-04-02"
    assert otters.source.url == "https://example.org/otters"
    assert whales.text == "Whales sing in deep water.\n\n- Bo Tide (1998). Song."
    assert [heading.role for heading in whales.headings] == ["prose", "references"]
    assert reefs.text == "Reefs are built by polyps.\n\nThey bleach in warmth."


def test_a_line_that_cannot_be_read_is_named_and_its_neighbours_are_read(tmp_path: Path) -> None:
    path = tmp_path / "forum.jsonl"
    broken = [
        "{not json}",
        "[1, 2]",
        '{"title": "No text", "summary": "x"}',
        '{"text": "Half a \\ud800pair is read."}',
    ]
    path.write_text(lines(OTTERS) + "\n".join(broken) + "\n" + lines(WHALES))
    assert [document.source.title for document in documents(path)] == ["Otters", "Half a pair", "Whales"]
    assert refusals(path) == {
        "line 2": "not JSON",
        "line 3": "not a JSON object",
        "line 4": "no field holds its text (it has: title, summary); name it with --fields text=NAME",
    }


def test_a_table_of_something_else_is_refused_once(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("year,count\n" + "2020,4\n" * 500)
    assert refusals(path) == {
        "": "no document in its first 10 records: no field holds its text (it has: year, count); name it with --fields text=NAME"
    }


def test_a_line_without_end_is_refused_within_memory_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_LONGEST", 100_000)
    path = tmp_path / "forum.jsonl"
    path.write_text('{"text": "' + "a" * 1_000_000 + '"}\n' + lines(WHALES))
    assert [document.source.title for document in documents(path)] == ["Whales"]
    assert list(refusals(path)) == ["line 1"]


@pytest.mark.parametrize(("delimiter", "suffix"), [(",", "csv"), (";", "csv"), ("\t", "tsv")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_each_row_of_a_table_is_a_document(tmp_path: Path, delimiter: str, suffix: str, encoding: str) -> None:
    path = tmp_path / f"table.{suffix}"
    with path.open("w", encoding=encoding, newline="") as stream:
        table = csv.writer(stream, delimiter=delimiter)
        table.writerow(["Title", "Text", "Authors", "Date"])
        table.writerow(
            ["Cafés", 'Reefs, "kelp"; and more.\n\nCafés are on the shore.', "['Ada Reef', 'Bo Tide']", "2020"]
        )
        table.writerow(["Whales", "Whales sing in deep water.", "Cy Wave", ""])
    cafes, whales = documents(path)
    assert (cafes.source.title, cafes.source.authors, cafes.source.published) == (
        "Cafés", ("Ada Reef", "Bo Tide"), "2020",
    )  # fmt: skip
    assert cafes.text == 'Reefs, "kelp"; and more.\n\nCafés are on the shore.'
    assert whales.source.published is None


def test_fields_are_taken_from_where_the_user_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(lines({"heading": "Otters", "words": "Sea otters sleep in kelp.", "title": "wrong"}))
    (document,) = documents(path, fields={"title": "heading", "text": "words"})
    assert (document.source.title, document.text) == ("Otters", "Sea otters sleep in kelp.")
    with pytest.raises(SystemExit):
        main(["--fields", "colour=red", str(path)])
    assert "NAME one of title, text, url" in capsys.readouterr().err


def test_files_in_an_archive_are_read_by_their_suffix(tmp_path: Path) -> None:
    inner = zipped({"deep/c.jsonl": lines(OTTERS, WHALES)})
    path = tmp_path / "all.zip"
    members = {"a.md": "# Kelp\n\nKelp is an alga.", "b/x.html": "<p>Reefs are built by polyps.</p>", "t.zip": inner}
    path.write_bytes(
        zipped({**members, "photo.jpg": b"\xff", "__MACOSX/a.md": b"\0", "empty.md": b"", "bad.tex": b"{"})
    )
    found = dict(read_all(path))
    assert {place for place, part in found.items() if isinstance(part, Document)} == {
        "a.md", "b/x.html", "t.zip: deep/c.jsonl: line 1", "t.zip: deep/c.jsonl: line 2",
    }  # fmt: skip
    assert found["photo.jpg"] is None
    assert refusals(path) == {"empty.md": "the file is empty", "bad.tex": "no prose found in it"}


def test_an_archive_that_attacks_is_refused_by_name_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    deep = zipped({"a.md": "Otters sleep in kelp at night."})
    for _ in range(4):
        deep = zipped({"deeper.zip": deep})
    path.write_bytes(
        zipped(
            {
                "zeros.md": b"0" * 50_000_000,
                "../../etc/passwd.md": "Otters lead out of here.",
                "/absolute.md": "Otters lead out of here.",
                "deep.zip": deep,
                "good.md": "Sea otters sleep in kelp.",
            }
        )
    )
    found = refusals(path)
    assert found.pop("deep.zip: deeper.zip: deeper.zip") == "archives nested more than 2 deep"
    assert found == {
        "zeros.md": "it unfolds like a zip bomb",
        "../../etc/passwd.md": "its name leads out of its archive",
        "/absolute.md": "its name leads out of its archive",
    }
    assert [document.text for document in documents(path)] == ["Sea otters sleep in kelp."]


def test_archives_share_one_allowance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive.Allowance, "__init__", _small_allowance)
    path = tmp_path / "many.zip"
    path.write_bytes(zipped({f"{n}.zip": zipped({"a.md": f"Otters {n}. " + "word " * 300}) for n in range(9)}))
    assert 0 < len(documents(path)) < 9
    assert set(refusals(path).values()) <= {"its archive unfolds into too much"}


def _small_allowance(allowance: archive.Allowance) -> None:
    allowance.members, allowance.size, allowance.depth = 100, 10_000, 0


def test_what_is_no_archive_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04 and nothing else")
    assert refusals(path) == {"": "not a readable zip archive"}
    content = bytearray(zipped({"a.md": "Sea otters sleep in kelp. " * 50, "b.md": "Whales sing."}))
    content[45] ^= 0xFF
    path.write_bytes(content)
    assert refusals(path) == {"a.md": "broken inside its archive"}
    assert [document.text for document in documents(path)] == ["Whales sing."]
    path.write_bytes(zipped({}))
    assert refusals(path) == {"": "no document in it"}


def test_a_file_of_one_document_is_that_document(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(lines(OTTERS))
    assert read(path).source.title == "Otters"
    path.write_text(lines(OTTERS, WHALES))
    with pytest.raises(ReadFailed, match="it holds 2 documents, not one"):
        read(path)


# ---- In the index -----------------------------------------------------------------------------------------------


def titles(index: Index) -> set[str]:
    return {document.source.title for document in index.documents()}


def test_a_document_that_went_from_its_file_goes_from_the_index(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    path = folder / "forum.jsonl"
    path.write_text(lines(OTTERS, WHALES))
    with Index.open(tmp_path / "index", write=True) as index:
        assert len(sync([folder], index).added) == 2
        assert sync([folder], index).unchanged == 1
        path.write_text(lines(WHALES, REEFS))
        report = sync([folder], index)
        assert (len(report.added), len(report.removed), report.repeated) == (1, 1, [])
        assert titles(index) == {"Whales", "Reefs"}
        path.unlink()
        assert len(sync([folder], index).removed) == 2
        assert index.count() == (0, 0)


def test_a_document_stays_while_another_file_still_brings_it(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.jsonl").write_text(lines(OTTERS, WHALES))
    (folder / "b.jsonl").write_text(lines(WHALES, REEFS))
    with Index.open(tmp_path / "index", write=True) as index:
        report = sync([folder], index)
        assert (len(report.added), len(report.repeated)) == (3, 1)
        (folder / "a.jsonl").unlink()
        assert len(sync([folder], index).removed) == 1
        assert titles(index) == {"Whales", "Reefs"}


def test_a_file_read_in_part_loses_nothing_and_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "forum.jsonl"
    path.write_text(lines(OTTERS, WHALES))
    with Index.open(tmp_path / "index", write=True) as index:
        sync([path], index)
        path.write_text(lines(OTTERS) + '{"title": "Wha')
        report = sync([path], index)
        assert [name for name, _ in report.skipped] == [f"{path}: line 2"]
        assert titles(index) == {"Otters", "Whales"}
        assert sync([path], index).skipped  # named again as long as it is broken
        path.write_text(lines(OTTERS))
        assert len(sync([path], index).removed) == 1


def test_a_removed_document_comes_back_only_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "forum.jsonl"
    path.write_text(lines(OTTERS, WHALES))
    with Index.open(tmp_path / "index", write=True) as index:
        otters = sync([path], index).added[0]
        assert index.remove(otters)
        report = sync([path], index)
        assert (report.added, report.repeated) == ([otters], [])


def test_a_run_killed_between_two_batches_goes_on_and_forgets_what_went_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "forum.jsonl"
    path.write_text(lines(OTTERS, WHALES, REEFS))
    monkeypatch.setattr("ingest.sync.BATCH", 1)
    with Index.open(tmp_path / "index", write=True) as index:
        add = index.add
        calls: list[int] = []

        def fail_at_second(*found: object) -> None:
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            add(*found)  # type: ignore[arg-type]

        monkeypatch.setattr(index, "add", fail_at_second)
        with pytest.raises(KeyboardInterrupt):
            sync([path], index)
    path.write_text(lines(WHALES, REEFS))
    with Index.open(tmp_path / "index", write=True) as index:
        assert titles(index) == {"Otters"}
        report = sync([path], index)
        assert (len(report.added), len(report.removed)) == (2, 1)
        assert titles(index) == {"Whales", "Reefs"}
