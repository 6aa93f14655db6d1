"""Other people's questions flow in, and a run flows out in TREC's form: a BEIR folder, a JSONL of question, answer,
document or of another tool's records; run and qrels files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote as percent

from alignment_qa.types import Document
from eval import records
from eval.golden import Gold, GoldenError, Query, rows
from eval.runs import Run


def is_beir(path: Path) -> bool:
    """A folder in BEIR's layout: corpus.jsonl, queries.jsonl, qrels/*.tsv (Thakur et al., 2021)."""
    return (path / "corpus.jsonl").is_file() and (path / "queries.jsonl").is_file()


def is_answers(path: Path) -> bool:
    """A JSONL of question and answer, ours or another tool's, with none of the golden set's own fields."""
    if not path.is_file():
        return False
    _, first = next(rows(path), ("", {}))
    return "answerable" not in first and records.read(first) is not None


def answers(path: Path, documents: Mapping[str, Document]) -> list[Query]:
    """Lines of `question`, `answer` and `document`, the stem of a file or several; or lines of ragas, DeepEval or
    LangSmith, whose documents may be told by the words that they take from them. An empty answer means that there is
    none in the documents. Raises GoldenError."""
    queries = []
    for number, (place, row) in enumerate(rows(path), 1):
        if "answerable" in row:
            raise GoldenError(f"{place}: a golden question among questions and answers; they go into two files")
        sample = records.read(row)
        if sample is None or not sample.question:
            raise GoldenError(f"{place}: question is missing")
        stems = [name if name in documents else Path(name).stem for name in sample.documents]
        if unknown := [stem for stem in stems if stem not in documents]:
            alike = [name for name in documents if Path(name).stem == unknown[0]]
            raise GoldenError(f"{place}: no document {unknown[0]}{_or(alike)}")
        stems = stems or _holding(sample.contexts, documents)
        if sample.answer and not stems:
            raise GoldenError(f"{place}: document is missing; which one answers it?")
        queries.append(
            Query(
                sample.id or str(number), "test", "open", bool(sample.answer), sample.question,
                reason=None if sample.answer else "not_in_corpus", history=sample.history,
                gold=tuple(Gold(stem, "") for stem in stems if sample.answer), reference=sample.answer,
            )
        )  # fmt: skip
    return queries


def _or(alike: Sequence[str]) -> str:
    return f"; which of {', '.join(alike)}?" if alike else ""


def _holding(contexts: Sequence[str], documents: Mapping[str, Document]) -> list[str]:
    """The documents that hold any of these words; line breaks count as spaces."""
    wanted = [" ".join(context.split()) for context in contexts]
    return [
        name
        for name, document in documents.items()
        if wanted and any(words in " ".join(document.text.split()) for words in wanted)
    ]


def beir(path: Path, folder: Path) -> list[Query]:
    """The judged queries of a BEIR folder; its documents are written as text files to `folder`, named by their ids."""
    folder.mkdir(parents=True, exist_ok=True)
    known = set()
    for _, row in rows(path / "corpus.jsonl"):
        text = "\n\n".join(part for part in (row.get("title", "").strip(), row.get("text", "").strip()) if part)
        if text:
            known.add(stem := percent(str(row["_id"]), safe=""))
            (folder / f"{stem}.txt").write_text(text + "\n", encoding="utf-8")
    judged: dict[str, list[Gold]] = {}
    for query_id, document in _judgements(path):
        if (stem := percent(document, safe="")) in known:
            judged.setdefault(query_id, []).append(Gold(stem, ""))
    return [
        Query(str(row["_id"]), "test", "open", True, row["text"], gold=tuple(judged[str(row["_id"])]))
        for _, row in rows(path / "queries.jsonl")
        if str(row["_id"]) in judged
    ]


def _judgements(path: Path) -> Iterator[tuple[str, str]]:
    """(query id, document id) judged relevant; of the test split where there is one."""
    files = sorted((path / "qrels").glob("*.tsv"), key=lambda file: (file.stem != "test", file.stem))
    if not files:
        raise GoldenError(f"No qrels/*.tsv in {path}/.")
    with files[0].open(encoding="utf-8", newline="") as stream:
        for line in csv.reader(stream, delimiter="\t"):
            if len(line) == 3 and line[2].lstrip("-").isdigit() and int(line[2]) > 0:
                yield line[0], line[1]


def write_trec(run: Run, folder: Path) -> None:
    """`run.trec` and `qrels.trec`, for trec_eval and ir_measures."""
    retrieved, judged = [], []
    for record in run.questions:
        name = record["id"].replace(" ", "_")
        for rank, unit in enumerate(record["run"], 1):
            retrieved.append(f"{name} Q0 {unit} {rank} {-rank} alignment-qa")
        judged += [f"{name} 0 {unit} 1" for unit in record["relevant"]]
    (folder / "run.trec").write_text("\n".join(retrieved) + "\n")
    (folder / "qrels.trec").write_text("\n".join(judged) + "\n")
