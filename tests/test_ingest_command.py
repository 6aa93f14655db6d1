"""`python -m ingest` as a person types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import LIBRARY, ROOT


def ingest(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingest", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_it_says_what_it_did_and_where_the_index_is(library: Path, tmp_path: Path) -> None:
    first = ingest(library, "--index", tmp_path / "index")
    assert first.returncode == 0
    assert "3 documents read" in first.stdout
    assert f"{tmp_path / 'index'}/ holds 3 documents" in first.stdout
    assert "3 unchanged" in ingest(library, "--index", tmp_path / "index").stdout


def test_bad_files_are_named_with_their_reason_and_the_others_are_indexed(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "good.md").write_text(LIBRARY["kelp.md"])
    (folder / "empty.md").write_bytes(b"")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and nothing else")
    (folder / "loop.md").symlink_to(folder / "loop.md")
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    (folder / "table.xlsx").write_bytes(b"PK")
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to(folder)
    result = ingest(folder, "--index", tmp_path / "index")
    assert result.returncode == 1
    for name in ("empty.md", "binary.txt", "broken.pdf", "loop.md", "gone.md"):
        (line,) = [line for line in result.stderr.splitlines() if name in line]
        assert line.startswith("skipped")
        assert len(line.rpartition(":")[2].strip()) > 3
    assert "1 .xlsx" in result.stdout
    assert "holds 1 documents" in result.stdout


def test_a_name_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/caf\xe9.md", "w") as stream:
        stream.write(LIBRARY["kelp.md"])
    result = ingest(folder, "--index", tmp_path / "index")
    assert (result.returncode, "holds 1 documents" in result.stdout) == (0, True)


def test_documents_can_be_listed_and_removed(library: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    ingest(library, "--index", index)
    listed = ingest("--list", "--index", index).stdout.splitlines()
    assert len(listed) == 3
    (kelp,) = [line.split()[0] for line in listed if "Kelp forests" in line]
    assert ingest("--remove", kelp, "--index", index).returncode == 0
    assert "Kelp" not in ingest("--list", "--index", index).stdout
    assert ingest("--remove", kelp, "--index", index).returncode == 2


def test_front_matter_that_changes_alone_arrives(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "kelp.md").write_text(LIBRARY["kelp.md"])
    ingest(folder, "--index", tmp_path / "index")
    (folder / "kelp.md").write_text(LIBRARY["kelp.md"].replace("[Ada Reef]", "[Ada Reef, Bo Tide]"))
    assert "1 documents read" in ingest(folder, "--index", tmp_path / "index").stdout
    listed = ingest("--list", "--index", tmp_path / "index").stdout
    assert "Ada Reef, Bo Tide" in listed
    assert len(listed.splitlines()) == 1


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = ingest(tmp_path / "nothing", "--index", tmp_path / "index")
    assert result.returncode == 2
    assert "no such file or folder" in result.stderr


def test_listing_without_an_index_says_how_to_build_one(tmp_path: Path) -> None:
    result = ingest("--list", "--index", tmp_path / "index")
    assert (result.returncode, "python -m ingest" in result.stderr) == (2, True)
    assert "Traceback" not in result.stderr


def test_rebuild_throws_the_old_index_away(library: Path, tmp_path: Path) -> None:
    ingest(library, "--index", tmp_path / "index")
    again = ingest(library, "--rebuild", "--index", tmp_path / "index")
    assert "3 documents read" in again.stdout
