"""Answers to a few prompts flow in, one checked line for the golden set flows out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from alignment_qa.types import Document
from eval.golden import GoldenError, Kind, Reason, Style, check, parse, split_of

Ask = Callable[[str], str]


def compose(ask: Ask, documents: Mapping[str, Document]) -> dict[str, Any]:
    """The line that the answers make. Raises GoldenError with every fault found, so that nothing unsound is kept."""
    question = ask("Question, as a person would type it: ").strip()
    row: dict[str, Any] = {"id": f"added-{hashlib.sha256(question.encode()).hexdigest()[:8]}", "question": question}
    row["kind"] = _one_of(ask, "Kind", get_args(Kind))
    row["style"] = _one_of(ask, "Style", get_args(Style))
    document = ask("Document that answers it, as its file is called without the ending (empty if none does): ").strip()
    row["answerable"] = bool(document)
    if document:
        row["gold"] = [{"document": document, "quote": " ".join(ask("Its exact words: ").split())}]
        nugget = ask("The fact that an answer must state, in a few words: ").strip()
        pattern = ask("A pattern that finds it in any true answer (empty: those words): ").strip()
        row["nuggets"] = [{"text": nugget, "vital": True, "match": [pattern or re.escape(nugget)]}]
    else:
        row["reason"] = _one_of(ask, "Reason", get_args(Reason))
        if about := ask("Document that comes near (empty if none): ").strip():
            row["about"] = about
    row["split"] = split_of(row)
    query = parse(row, "this question")
    if problems := check([query], documents):
        raise GoldenError("\n".join(problems))
    return row


def append(row: Mapping[str, Any], path: Path) -> Path:
    """Write the line at the end of a file; of `added.jsonl` where a folder is given."""
    file = path / "added.jsonl" if path.is_dir() else path
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return file


def _one_of(ask: Ask, name: str, allowed: tuple[str, ...]) -> str:
    """The first of the allowed words that begins as the answer does."""
    answer = ask(f"{name} ({', '.join(allowed)}): ").strip().lower()
    found = next((word for word in allowed if answer and word.startswith(answer)), None)
    if found is None:
        raise GoldenError(f"{name} must be one of: {', '.join(allowed)}")
    return found
