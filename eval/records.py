"""A run flows out as records that ragas, DeepEval and LangSmith read; records of theirs flow in as questions with
answers. The fields are those of ragas 0.4 (SingleTurnSample), deepeval 4.3 (Golden, LLMTestCase) and langsmith 0.14
(Example), a record a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alignment_qa.types import Turn
from eval.runs import Run

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """What all the forms have in common. `contexts` are words of the documents that answer it; `documents` name them."""

    question: str
    answer: str
    documents: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    history: tuple[Turn, ...] = ()
    id: str = ""


def write(run: Run, folder: Path) -> None:
    """`ragas.jsonl`, `deepeval.jsonl` and `langsmith.jsonl`."""
    for name, form in {"ragas": _ragas, "deepeval": _deepeval, "langsmith": _langsmith}.items():
        lines = [json.dumps(form(record), ensure_ascii=False) for record in run.questions]
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def reference(record: Row) -> str:
    """The answer that was expected: as it was brought, else the gold quotes; empty where there is none."""
    return str(record.get("reference") or " ".join(record["quotes"]))


def _ragas(record: Row) -> dict[str, Any]:
    return {
        "user_input": record["question"], "response": record["answer"], "reference": reference(record),
        "retrieved_contexts": record["contexts"], "reference_contexts": _said(record["quotes"]),
    }  # fmt: skip


def _deepeval(record: Row) -> dict[str, Any]:
    return {
        "input": record["question"], "actual_output": record["answer"], "expected_output": reference(record),
        "context": _said(record["quotes"]), "retrieval_context": record["contexts"], "name": record["id"],
        "additional_metadata": {"documents": record["documents"], "history": record["history"], **_about(record)},
    }  # fmt: skip


def _langsmith(record: Row) -> dict[str, Any]:
    """`outputs` is the name on the wire and in exports; the client of 0.14 also takes it as `reference_outputs`."""
    return {
        "inputs": {"question": record["question"], "history": record["history"]},
        "outputs": {"answer": reference(record)},
        "metadata": {
            "id": record["id"], "documents": record["documents"], "contexts": _said(record["quotes"]), **_about(record)
        },
    }  # fmt: skip


def _said(quotes: list[str]) -> list[str]:
    return [quote for quote in quotes if quote]


def _about(record: Row) -> dict[str, Any]:
    return {name: record[name] for name in ("kind", "style", "reason", "split")}


def read(row: Row) -> Sample | None:
    """A line of any of the three, or of ours (`question`, `answer`, `document`); None if it is of none of them."""
    for field, form in _FORMS.items():
        if field in row:
            return form(row)
    return None


def _from_ours(row: Row) -> Sample:
    return Sample(
        _text(row["question"]), _text(row.get("answer")), _several(row.get("document")), id=_text(row.get("id"))
    )


def _from_ragas(row: Row) -> Sample:
    return Sample(
        _text(row["user_input"]), _text(row.get("reference")), contexts=_several(row.get("reference_contexts"))
    )


def _from_deepeval(row: Row) -> Sample:
    more = _fields(row.get("additional_metadata") or row.get("metadata"))
    documents = _several(more.get("documents") or row.get("source_file"))
    return Sample(
        _text(row["input"]), _text(row.get("expected_output")), documents, _several(row.get("context")),
        _turns(more.get("history")), _text(row.get("name")),
    )  # fmt: skip


def _from_langsmith(row: Row) -> Sample:
    inputs, more = _fields(row["inputs"]), _fields(row.get("metadata"))
    outputs = _fields(row.get("outputs") or row.get("reference_outputs"))
    return Sample(
        _first(inputs, "question", "input", "query"), _first(outputs, "answer", "output"),
        _several(more.get("documents")), _several(more.get("contexts")), _turns(inputs.get("history")),
        _text(more.get("id") or row.get("id")),
    )  # fmt: skip


_FORMS: dict[str, Callable[[Row], Sample]] = {
    "question": _from_ours, "user_input": _from_ragas, "inputs": _from_langsmith, "input": _from_deepeval,
}  # fmt: skip


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else str(value)


def _first(values: Row, *names: str) -> str:
    return next((_text(values[name]) for name in names if name in values), "")


def _several(value: Any) -> tuple[str, ...]:
    return tuple(_text(one) for one in (value if isinstance(value, list) else [value]) if _text(one))


def _fields(value: Any) -> Row:
    return value if isinstance(value, dict) else {}


def _turns(value: Any) -> tuple[Turn, ...]:
    turns = [_fields(turn) for turn in value] if isinstance(value, list) else []
    return tuple(Turn(turn["role"], _text(turn["text"])) for turn in turns if {"role", "text"} <= turn.keys())
