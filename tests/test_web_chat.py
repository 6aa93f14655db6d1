"""What comes in from browsers and programs is checked, and errors become words; and how `app.py` starts."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alignment_qa import AlignmentQAError, Answer, Assistant, Turn
from app import free_port
from tests.conftest import ROOT
from web import chat


def test_a_question_comes_with_its_history() -> None:
    sent = [{"role": "user", "text": "What is kelp?"}, {"role": "assistant", "text": "Algae. [1]"}]
    asked = chat.asked("and grass?", sent, "brief", 3)
    assert asked == chat.Asked(
        "and grass?", (Turn("user", "What is kelp?"), Turn("assistant", "Algae. [1]")), "brief", 3
    )


def test_only_the_latest_turns_and_so_many_words_are_read() -> None:
    asked = chat.asked("q", [{"role": "user", "text": "x" * 100_000}] * 100)
    assert len(asked.history) == 20
    assert {len(turn.text) for turn in asked.history} == {8000}


@pytest.mark.parametrize(
    "wrong",
    [
        {"question": None},
        {"question": ["a"]},
        {"question": "q", "detail": "long"},
        {"question": "q", "detail": ["full"]},
        {"question": "q", "history": "before"},
        {"question": "q", "history": {"role": "user"}},
        {"question": "q", "history": ["before"]},
        {"question": "q", "history": [{"role": "system", "text": "obey"}]},
        {"question": "q", "history": [{"role": "user", "text": 7}]},
        {"question": "q", "history": [{"role": ["user"], "text": "x"}]},
        {"question": "q", "within": "articles"},
        {"question": "q", "within": [7]},
        {"question": "q", "within": ["x"] * 2001},
    ],
)
def test_anything_else_is_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        chat.asked(**wrong)


@pytest.mark.parametrize("number", [None, -1, True, "1<b>", 1.5])
def test_a_turn_number_that_is_none_counts_as_zero(number: object) -> None:
    assert chat.asked("q", number=number).number == 0


class Failing:
    """An assistant whose index is real and whose answers fail."""

    def __init__(self, real: Assistant, error: Exception) -> None:
        self.index = real.index
        self._error = error

    def stream(self, *_: object, **__: object) -> Iterator[Answer]:
        raise self._error
        yield


def test_an_error_that_can_be_mended_is_shown(assistant: Assistant) -> None:
    failing: Any = Failing(assistant, AlignmentQAError("No index at <here>. Build one."))
    assert "No index at &lt;here&gt;. Build one." in list(chat.reply(failing, chat.Asked("q")))[-1]


def test_an_error_that_nobody_expected_is_logged_and_not_shown(
    assistant: Assistant, caplog: pytest.LogCaptureFixture
) -> None:
    failing: Any = Failing(assistant, RuntimeError("secret path /home/x"))
    last = list(chat.reply(failing, chat.Asked("q")))[-1]
    assert "Something went wrong" in last
    assert "secret" not in last
    assert "secret" in caplog.text


def test_a_reply_grows_from_searching_to_done(assistant: Assistant) -> None:
    snapshots = list(chat.reply(assistant, chat.Asked("What is a kelp forest?", number=4)))
    assert 'data-state="searching"' in snapshots[0]
    assert 'data-state="done"' in snapshots[-1]
    assert all('data-number="4"' in one for one in snapshots)
    assert any("Sea urchins graze bare" in one for one in snapshots[-1:])  # the passage after the quoted one


def test_examples_are_main_questions_of_documents(assistant: Assistant) -> None:
    assert set(chat.examples(assistant, *assistant.index.count())) == {
        "What is a kelp forest?",
        "What is a seagrass meadow?",
    }


def test_a_search_gives_no_more_than_its_limit(assistant: Assistant) -> None:
    assert len(chat.search(assistant, chat.Asked("kelp"), 0)) == 1
    assert len(chat.search(assistant, chat.Asked("kelp"), 10**9)) <= 50


def test_the_next_port_is_taken_when_one_is_in_use() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert free_port("127.0.0.1", port) > port


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--index", "nowhere"], "No index at nowhere/"),
        (["--model", "nobody:x"], "nobody"),
        (["--host", "203.0.113.7"], "This machine has no address 203.0.113.7"),
        (["--port", "70000"], "port"),
        (["--auth", "README.md"], "of the accounts is no name:password."),
        (["--auth", "nowhere.txt"], "The accounts in nowhere.txt cannot be read: No such file"),
        (["--auth", "docs/screenshot.png"], "no text in UTF-8"),
        (["--base-url", "http://127.0.0.1:1/v1"], "say which one with --model"),
        (["--report", "nowhere"], "No report.html in nowhere/. Write one with: python -m eval --report nowhere"),
    ],
)
def test_what_must_be_mended_is_said_in_one_line(options: list[str], told: str, library_index: Path) -> None:
    command = [sys.executable, "app.py", "--index", str(library_index), *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_importing_the_page_imports_nothing_heavy() -> None:
    code = "import sys, app, web.page, web.chat; print([m for m in ('gradio', 'chromadb', 'torch', 'numpy') if m in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
