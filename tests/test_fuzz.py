"""Broken files by the thousand: none crashes or hangs a run, and none costs a neighbour.

`pytest tests/test_fuzz.py --fuzz 2000 --fuzz-seed 7` sets how many, and which."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment_qa.errors import ReadFailed
from ingest.readers import docx, epub, latex, mediawiki, pdf, read_all, records, transcript
from tests.conftest import ROOT
from tests.fuzz_files import good_files, written


@pytest.mark.slow
def test_broken_files_neither_crash_nor_hang_a_run_nor_cost_a_neighbour(
    tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    count, seed = pytestconfig.getoption("--fuzz"), pytestconfig.getoption("--fuzz-seed")
    good = written(tmp_path, count, seed)
    command = [sys.executable, "-m", "tests.fuzz_reader", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"the run ended at {done.stderr[-3000:]}"
    results = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert len(results) == count + len(good) + 1
    reasons = Counter(reason for row in results.values() for reason in row["refusals"])
    slowest = max(results.values(), key=lambda row: row["seconds"])
    read = sum(bool(row["ids"]) for row in results.values())
    with capsys.disabled():
        sys.stdout.write(
            f"\n{count} broken files, seed {seed}: {read - len(good)} read, {sum(reasons.values())} refusals of "
            f"{len(reasons)} kinds, slowest {slowest['seconds']:.1f} s ({slowest['name']}); {len(good)} good ones among\n"
        )
    expected = {name: ids_of(tmp_path / name) for name in list(good)[: len(good_files())]}
    for name in good:
        assert results[name]["refusals"] == []
        assert results[name]["ids"] == next(ids for seen, ids in expected.items() if seen[7:] == name[7:])
    assert not [reason for reason in reasons if reason.startswith("its reader failed")]


def ids_of(path: Path) -> list[str]:
    return [part.source.doc_id for _, part in read_all(path) if hasattr(part, "source")]


_MARKS = (
    "ab .:\n" + "\\begin{}[]%$&~#^_'`" + '<>/="!|*-' + "0123>,é\ud800"
)  # what opens, closes and separates in one of the formats


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet=_MARKS, max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.binary(max_size=300)
)
def test_anything_at_all_is_read_or_refused(content: bytes) -> None:
    for reader in (latex, mediawiki, transcript, docx, epub, pdf):
        with contextlib.suppress(ReadFailed):
            document = reader.read(content)
            document.text.encode()


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["title", "text", "authors", "url", "date", "x"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)))  # fmt: skip
def test_any_record_is_read_or_refused(record: dict[str, object]) -> None:
    with contextlib.suppress(ReadFailed):
        document = records.document(record, {})
        (document.text + document.source.title + "".join(document.source.authors)).encode()
