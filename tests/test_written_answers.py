"""Written answers through the real LangChain client and a loopback server: what the model says is checked, sentence by
sentence, before anybody sees it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from copy import copy
from pathlib import Path
from types import SimpleNamespace

import pytest

from alignment_qa import Abstention, Assistant, ModelUnavailable
from alignment_qa.__main__ import main
from alignment_qa.chat import open_model
from alignment_qa.encoders import Vectors
from alignment_qa.generate import markers, sentences
from tests.chat_server import ChatServer
from tests.conftest import ROOT

GOOD = (
    "A kelp forest is a dense stand of large brown algae in shallow sea water [1]. "
    "Sea otters protect kelp because otters eat the urchins that graze on kelp [1]."
)


def writer(index: Path, server: ChatServer) -> Assistant:
    return Assistant.open(index, "test", base_url=server.address)


def test_a_good_writer_is_shown_with_its_citations(library_index: Path, server: ChatServer) -> None:
    server.says = GOOD
    answer = writer(library_index, server).answer("What is a kelp forest?")
    assert [claim.support for claim in answer.claims] == ["supported", "supported"]
    assert answer.text.startswith("A kelp forest is a dense stand of large brown algae in shallow sea water. [1]")
    assert {c.passage.source.title for c in answer.citations} == {"Kelp forests"}
    assert "urchins" in answer.citations[-1].quote
    assert answer.trace["dropped"] == []


def test_what_a_sentence_is_checked_against_is_encoded_before_the_model_has_said_a_word(
    library_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoting = Assistant.open(library_index)
    encoder = quoting.index.encoder
    encoded: list[str] = []

    class Slow:
        def stream(self, messages: object) -> Iterator[SimpleNamespace]:
            until = time.monotonic() + 20
            while time.monotonic() < until and not any("urchins that graze" in text for text in encoded):
                time.sleep(0.01)
            self.ready = list(encoded)
            yield SimpleNamespace(content=GOOD, response_metadata={"finish_reason": "stop"}, usage_metadata=None)

    def encode(texts: Sequence[str]) -> Vectors:
        encoded.extend(texts)
        return encoder.encode(texts)

    model = Slow()
    monkeypatch.setattr(quoting.index, "encoder", watched := copy(encoder))
    monkeypatch.setattr(watched, "encode", encode)
    answer = Assistant(quoting.index, quoting.config, model).answer("What is a kelp forest?")
    assert [claim.support for claim in answer.claims] == ["supported", "supported"]
    assert any("urchins that graze" in text for text in model.ready)


def test_each_part_of_a_compound_question_is_sought_once(
    library_index: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.says = GOOD
    assistant = writer(library_index, server)
    retrieve, sought = assistant._retrieve, list[str]()
    monkeypatch.setattr(assistant, "_retrieve", lambda text, k: [sought.append(text), retrieve(text, k)][1])
    assistant.answer("What is a kelp forest, and why do otters protect kelp?")
    assert {"What is a kelp forest?", "Why do otters protect kelp?"} <= set(sought)
    assert len(sought) == len(set(sought))


def test_the_model_is_given_numbered_passages_and_the_question(library_index: Path, server: ChatServer) -> None:
    server.says = GOOD
    writer(library_index, server).answer("What is a kelp forest?")
    (request,) = server.requests
    system, *_, last = request["messages"]
    assert "passage 1" in last["content"]
    assert last["content"].endswith("Question: What is a kelp forest?")
    assert "dense stand" not in system["content"]
    assert request["stream"] is True


@pytest.mark.parametrize(
    "lie",
    [
        "Kelp forests off one coast shrank by 70 percent between 2014 and 2018 [1].",
        "Sea otters were studied by Professor Marlow of Oxford in kelp forests [1].",
        "The capital of Mongolia is Ulaanbaatar [1].",
        "Kelp forests were first planted by whalers who sold them to farmers inland [2].",
    ],
)
def test_a_sentence_that_no_passage_supports_is_left_out_and_counted(
    library_index: Path, server: ChatServer, lie: str
) -> None:
    server.says = f"{GOOD} {lie}"
    answer = writer(library_index, server).answer("What is a kelp forest?")
    assert len(answer.claims) == 2
    assert lie.split(" [")[0] not in answer.text
    (dropped,) = answer.trace["dropped"]  # type: ignore[misc]
    assert lie.split(" [")[0] in dropped["text"]


@pytest.mark.parametrize(
    ("flags", "shown"),
    [([], "1 sentence left out; --left-out shows why."), (["--left-out"], "- Otters vote in Ohio. —")],
)
def test_the_terminal_counts_what_is_left_out_and_shows_it_when_asked(
    library_index: Path, server: ChatServer, capsys: pytest.CaptureFixture[str], flags: list[str], shown: str
) -> None:
    server.says = f"{GOOD} Otters vote in Ohio [2]."
    model = ["--model", "test", "--base-url", server.address]
    assert main(["What is a kelp forest?", "--index", str(library_index), *model, *flags]) == 0
    printed = capsys.readouterr().out
    assert shown in printed
    assert ("Ohio" in printed) == bool(flags)


def test_a_model_of_lies_alone_ends_in_an_abstention(library_index: Path, server: ChatServer) -> None:
    server.says = "Kelp was invented in 1850 by Doctor Brine [1]. Otters vote in Ohio [2]."
    answer = writer(library_index, server).answer("What is a kelp forest?")
    assert answer.abstention is Abstention.UNSUPPORTED
    assert "1850" not in answer.text


def test_a_wrong_marker_is_moved_to_the_passage_that_says_it(library_index: Path, server: ChatServer) -> None:
    server.says = "A seagrass meadow is a bed of flowering plants that grow under the sea on sand or mud [99]."
    answer = writer(library_index, server).answer("What is a kelp forest?")
    assert [c.passage.source.title for c in answer.citations] == ["Seagrass meadows"]
    assert "[99]" not in answer.text


def test_a_sentence_is_shown_only_when_it_is_whole_and_checked(library_index: Path, server: ChatServer) -> None:
    server.says = GOOD
    server.piece = 3
    snapshots = list(writer(library_index, server).stream("What is a kelp forest?"))
    assert [len(s.claims) for s in snapshots] == [1, 2, 2]


def test_a_stream_that_breaks_off_leaves_no_half_sentence(library_index: Path, server: ChatServer) -> None:
    server.says = GOOD
    server.breaks_off = len(GOOD) // server.piece - 3
    answer = writer(library_index, server).answer("What is a kelp forest?")
    assert answer.claims
    assert all(claim.text.endswith(".") for claim in answer.claims)


def test_no_answer_from_the_model_is_an_abstention(library_index: Path, server: ChatServer) -> None:
    server.says = "NO ANSWER"
    answer = writer(library_index, server).answer("What is a kelp forest?")
    assert answer.abstention is Abstention.NO_EVIDENCE


@pytest.mark.parametrize("status", [400, 401, 404])
def test_when_the_model_fails_the_quoted_answer_is_given_and_the_reason_told(
    library_index: Path, server: ChatServer, status: int
) -> None:
    server.status = status
    answer = writer(library_index, server).answer("What is a kelp forest?")
    assert answer.claims[0].support == "quoted"
    assert "did not answer" in str(answer.trace["model_error"])


def test_the_model_is_not_asked_when_the_corpus_has_nothing(library_index: Path, server: ChatServer) -> None:
    assert writer(library_index, server).answer("What is the capital of Mongolia?").abstention
    assert not server.requests


@pytest.mark.parametrize(
    ("name", "says"),
    [("mistralai:mistral-small", "langchain-mistralai"), ("google_genai:gemini", "langchain-google-genai")],
)
def test_a_missing_provider_package_is_named(name: str, says: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"pip install {says}"):
        open_model(name)


def test_a_missing_key_is_one_line_on_the_terminal(library_index: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
    command = [
        sys.executable,
        "-m",
        "alignment_qa",
        "What is kelp?",
        "--index",
        str(library_index),
        "--model",
        "openai:gpt-4o-mini",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "OPENAI_API_KEY" in result.stderr


def test_an_unknown_model_says_how_to_name_one() -> None:
    with pytest.raises(ModelUnavailable, match="provider:model"):
        open_model("whatever")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Kelp grows [1].", [1]), ("Kelp grows [1, 3].", [1, 3]), ("Kelp grows [1-3].", [1, 2, 3]), ("Kelp grows 【2】.", [2]),
        ("Kelp grows [1][2].", [1, 2]), ("Kelp grows [99].", []), ("Kelp grows [2-999].", [2, 3]), ("Kelp grows [1", []),
        ("Kelp grows [0].", []), ("Kelp grows x[1] = 2 [3].", [3]),
    ],
)  # fmt: skip
def test_markers_of_every_make_are_resolved_or_dropped(text: str, numbers: list[int]) -> None:
    clean, found = markers(text, 3)
    assert found == numbers
    assert clean.startswith("Kelp grows")
    assert "【" not in clean


def test_addresses_and_images_in_model_output_are_taken_out() -> None:
    clean, _ = markers("See ![x](http://evil.example/a.png) and https://evil.example/b [1].", 3)
    assert "evil" not in clean


def test_a_rambler_s_headings_labels_emphasis_and_repetition_are_not_shown(
    library_index: Path, server: ChatServer
) -> None:
    first, second = [sentence.strip() for sentence in GOOD.replace("].", "]|").split("|")[:2]]
    server.says = f"## Overview\n\n**{first[:-4]}.** [1]\n\n- **Point one:** {second}.\n\nIn conclusion, {first}. An *alga* is a 2 * 2 plant."
    answer = writer(library_index, server).answer("What is a kelp forest?")
    assert [claim.text for claim in answer.claims] == [f"{text[:-4]}." for text in (first, second)]
    assert [claim.item for claim in answer.claims] == [False, True]
    assert "Overview" not in str(answer.trace["dropped"])
    assert markers("An *alga* is 2 * 2 **plants**, not `a*b*`.", 1)[0] == "An alga is 2 * 2 plants, not `a*b*`."


def test_sentences_come_whole_however_the_stream_is_cut() -> None:
    text = "Kelp grows fast [1]. It has J. R. Smith et al. to thank [2, 3]. A half"
    for piece in (1, 2, 5, 100):
        pieces = (text[at : at + piece] for at in range(0, len(text), piece))
        assert [markers(s, 9) for s in sentences(pieces)] == [
            ("Kelp grows fast.", [1]), ("It has J. R. Smith et al. to thank.", [2, 3]),
        ]  # fmt: skip
