"""Answers to a few prompts flow in, one checked line for the golden set flows out; and what people said of answers in
the web chat → drafts of such lines, for a person to finish."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from alignment_qa.feedback import Opinion
from alignment_qa.question import understand
from alignment_qa.types import Document
from eval.formats import is_answers
from eval.golden import GoldenError, Kind, Reason, Style, check, parse, split_of

Ask = Callable[[str], str]


def compose(ask: Ask, documents: Mapping[str, Document]) -> dict[str, Any]:
    """The line that the answers make. Raises GoldenError with every fault found, so that nothing unsound is kept."""
    question = ask("Question, as a person would type it: ").strip()
    row: dict[str, Any] = {"id": f"added-{hashlib.sha256(question.encode()).hexdigest()[:8]}", "question": question}
    row["kind"] = _one_of(ask, "Kind", get_args(Kind))
    row["style"] = _one_of(ask, "Style", get_args(Style))
    document = ask("Document that answers it, as its file is called (empty if none does): ").strip()
    document = document if document in documents else Path(document).stem
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
    """Write the line at the end of a file; of `added.jsonl` where a folder is given. Raises GoldenError where the file
    holds lines of another form, which no run could read beside it."""
    file = path / "added.jsonl" if path.is_dir() else path
    if is_answers(file):
        raise GoldenError(f"{file} holds questions and answers. Golden questions go into a file of their own.")
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return file


def from_feedback(opinions: Iterable[Opinion], documents: Mapping[str, Document]) -> Iterator[dict[str, Any]]:
    """A draft for each answer that somebody said something of: what was right with it is filled in, the rest is for a
    person to find. `todo` says what was said; as no golden line may hold it, no draft is taken for finished."""
    stems = {document.source.doc_id: stem for stem, document in documents.items()}
    rated: dict[str, list[Opinion]] = {}
    for opinion in opinions:
        rated.setdefault(opinion.answer_id, []).append(opinion)
    for answer_id, said in rated.items():
        yield _draft(answer_id, {opinion.citation: opinion for opinion in said}, stems)


def _draft(answer_id: str, said: Mapping[int, Opinion], stems: Mapping[str, str]) -> dict[str, Any]:
    answer: Mapping[str, Any] = next(iter(said.values())).answer
    right = 0 in said and said[0].verdict == "right"
    kind = understand(answer["question"]).kind
    row: dict[str, Any] = {
        "id": f"said-{answer_id[:8]}", "question": answer["question"], "style": "plain",
        "kind": kind if kind in get_args(Kind) else "open", "answerable": not (right and answer["abstention"]),
    }  # fmt: skip
    if row["answerable"]:
        sound = [c for c in answer["citations"] if right and c["number"] not in said and c["doc_id"] in stems]
        row["gold"] = [{"document": stems[c["doc_id"]], "quote": c["quote"]} for c in sound]
        lead = answer["claims"][0]["text"] if sound else ""
        row["nuggets"] = [{"text": lead, "vital": True, "match": [re.escape(lead)]}] if lead else []
    else:
        row["reason"] = "out_of_scope" if answer["abstention"] == "out_of_scope" else "not_in_corpus"
    row["split"] = split_of(row)
    row["todo"] = [
        {
            "said": opinion.verdict, "of": f"citation {number}" if number else "the answer", "comment": opinion.comment,
            "when": opinion.said, "index": opinion.index,
        }
        for number, opinion in said.items()
    ] + [{"answered": answer["text"]}]  # fmt: skip
    return row


def _one_of(ask: Ask, name: str, allowed: tuple[str, ...]) -> str:
    """The first of the allowed words that begins as the answer does."""
    answer = ask(f"{name} ({', '.join(allowed)}): ").strip().lower()
    found = next((word for word in allowed if answer and word.startswith(answer)), None)
    if found is None:
        raise GoldenError(f"{name} must be one of: {', '.join(allowed)}")
    return found
