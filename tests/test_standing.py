"""No word is shown as a quote that the stored document does not hold at that place, however the index was damaged."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from alignment_qa import Abstention, Assistant
from tests.chat_server import ChatServer

ASKED = "What is a kelp forest?"
SAID = "A kelp forest is a dense stand of large brown algae in shallow sea water."


@pytest.fixture
def damaged(library_index: Path, tmp_path: Path) -> Path:
    """An index whose stored document about kelp forests lacks its first letter, so that each span is off by one."""
    index = Path(shutil.copytree(library_index, tmp_path / "index"))
    with closing(sqlite3.connect(index / "passages.sqlite")) as sql, sql:
        sql.execute("UPDATE documents SET text = substr(text, 2) WHERE text LIKE '%dense stand%'")
    return index


def test_a_quote_that_the_stored_document_does_not_hold_is_not_shown(damaged: Path) -> None:
    answer = Assistant.open(damaged).answer(ASKED)
    assert all(citation.passage.source.title != "Kelp forests" for citation in answer.citations)
    assert "python -m ingest --check" in str(answer.trace["note"])
    assert "dense stand" in str(answer.trace["dropped"])


def test_where_no_quote_stands_the_reader_is_told_how_to_look_at_the_index(damaged: Path) -> None:
    with closing(sqlite3.connect(damaged / "passages.sqlite")) as sql, sql:
        sql.execute("UPDATE documents SET text = ''")
    answer = Assistant.open(damaged).answer(ASKED)
    assert answer.abstention is Abstention.UNSUPPORTED
    assert "no longer in the stored document" in answer.text
    assert "The model" not in answer.text


def test_a_written_sentence_rests_on_words_that_stand_too(damaged: Path, server: ChatServer) -> None:
    server.says = f"{SAID[:-1]} [1]."
    answer = Assistant.open(damaged, "test", base_url=server.address).answer(ASKED)
    assert SAID not in [claim.text for claim in answer.claims]
    assert "stored document" in str(answer.trace["dropped"])


def test_a_sound_index_loses_nothing(library_index: Path) -> None:
    answer = Assistant.open(library_index).answer(ASKED)
    assert answer.claims
    assert "dropped" not in answer.trace
