"""A chat model as judge, through the real ragas and the real client, against a loopback server whose verdicts are set."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from typing import Any

import pytest

from alignment_qa.errors import ModelUnavailable
from eval import judge
from eval.golden import GoldenError
from eval.judge import Judge, judged, open_judge
from eval.runs import Run
from tests.chat_server import ChatServer
from tests.conftest import ROOT

needs_ragas = pytest.mark.skipif(
    importlib.util.find_spec("ragas") is None, reason="needs ragas: pip install -r requirements-judge.txt"
)
theirs = pytest.mark.filterwarnings("default")  # ragas and what it imports warn about their own futures

RECORD: dict[str, Any] = {
    "id": "kelp", "alone": "What is kelp?", "question": "What is kelp?", "cluster": "kelp", "abstention": None,
    "claims": [
        {"text": "Kelp is an alga.", "documents": ["kelp"], "support": "quoted"},
        {"text": "Kelp sings at night.", "documents": [], "support": "partial"},
    ],
    "contexts": ["Kelp is an alga of cold water."], "quotes": ["Kelp is an alga."], "reference": "",
}  # fmt: skip


def verdicts(messages: list[dict[str, Any]]) -> str:
    """A judge that takes every sentence for one claim and believes all that does not sing."""
    prompt = messages[-1]["content"]
    asked = prompt.rpartition("input: ")[2]
    if '"statements"' in asked:
        said = re.findall(r'"((?:[^"\\]|\\.)*)"', asked.partition('"statements"')[2])
        return json.dumps(
            {"statements": [{"statement": s, "reason": "so", "verdict": int("sings" not in s)} for s in said]}
        )
    text = re.search(r'"(?:answer|response)": "((?:[^"\\]|\\.)*)"', asked)
    sentences = [f"{s.strip()}." for s in (text[1] if text else "").split(".") if s.strip()]
    return json.dumps({"claims" if '"response"' in asked else "statements": sentences})


@pytest.fixture
def opened(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Judge:
    monkeypatch.setenv("ALIGNMENT_QA_BASE_URL", server.address)
    server.says = verdicts
    return open_judge("test")


@needs_ragas
@theirs
def test_the_judge_sees_answer_passages_and_reference_and_its_verdicts_are_kept_apart(
    opened: Judge, server: ChatServer
) -> None:
    run = judged(Run({"seed": 0}, [RECORD, {**RECORD, "cluster": "other"}]), opened)
    assert [record["judged"] for record in run.questions] == [{"faithfulness": 0.5, "correctness": 0.67}] * 2
    assert "measures" not in run.questions[0]
    assert (run.facts["judge"], run.facts["judged_by"][:5]) == ("test", "ragas")
    sent = json.dumps(server.requests)
    for words in ("Kelp is an alga of cold water.", "Kelp sings at night.", "What is kelp?"):
        assert words in sent


@needs_ragas
@theirs
def test_what_was_declined_is_not_judged_and_what_has_no_reference_not_for_correctness(opened: Judge) -> None:
    declined = {**RECORD, "abstention": "no_evidence", "claims": []}
    unanswerable = {**RECORD, "quotes": []}
    run = judged(Run({}, [declined, unanswerable]), opened)
    assert [set(record["judged"]) for record in run.questions] == [set(), {"faithfulness"}]


@needs_ragas
@theirs
def test_a_judge_that_talks_nonsense_is_given_up_in_one_line(
    opened: Judge, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.says = "I would rather not."
    monkeypatch.setattr(judge, "FAILURES", 2)
    with pytest.raises(ModelUnavailable, match="'test' gave no verdict that can be read, 2 times in a row"):
        judged(Run({}, [RECORD, RECORD]), opened)


def test_without_ragas_the_command_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ragas.llms", None)
    with pytest.raises(GoldenError, match=r"pip install -r requirements-judge\.txt"):
        open_judge("test")
    assert (ROOT / "requirements-judge.txt").exists()


def test_a_judge_without_a_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALIGNMENT_QA_MODEL", raising=False)
    with pytest.raises(GoldenError, match="--judge needs a chat model"):
        open_judge("")


def test_the_table_says_who_judged_and_that_it_is_no_offline_measure() -> None:
    records = [
        {**RECORD, "cluster": name, "judged": {"faithfulness": value}} for name, value in (("a", 1.0), ("b", 0.5))
    ]
    printed = judge.table(Run({"judge": "openai:some-model", "judged_by": "ragas 0.3.1"}, records), seed=0)
    assert printed.startswith("Judged by openai:some-model through ragas 0.3.1, 2 answers. No offline measure.")
    assert "| faithfulness | 0.750 |" in printed
    assert "correctness" not in printed
