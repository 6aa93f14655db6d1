"""Options flow in, the questions that can be asked and their documents flow out; then every question asked once."""

from __future__ import annotations

import argparse
import random
import shutil
from typing import Any

from alignment_qa.types import Document
from eval import corpus, formats, golden
from eval.golden import GoldenError, Query
from eval.runs import Run

Documents = dict[str, Document]


def prepared(options: argparse.Namespace) -> tuple[list[Query], Documents, dict[str, Any]]:
    """The questions that can be asked, their documents, and what the run is to remember about them, those
    `left_out` for their faults among it. Raises GoldenError."""
    queries, documents = asked(options)
    queries = [query for query in queries if query.answerable or not options.robust][: options.limit]
    if options.sample is not None and options.sample < len(queries):
        drawn = random.Random(options.seed).sample(range(len(queries)), max(options.sample, 0))
        queries = [queries[place] for place in sorted(drawn)]
    if not queries:
        raise GoldenError(f"No {options.split} questions in {options.golden}.")
    faulty = {query.id for query in queries if golden.check([query], documents)}
    queries = [query for query in queries if query.id not in faulty]
    facts = {
        "split": options.split, "seed": options.seed, "corpus": corpus.digest(options.documents),
        "golden": options.golden.name, "left_out": sorted(faulty),
    }  # fmt: skip
    return queries, documents, facts


def run(
    options: argparse.Namespace, part: str | None, queries: list[Query], documents: Documents, facts: dict[str, Any]
) -> Run:
    """Every question asked once, without that part."""
    from tqdm import tqdm

    from eval import ablations, runs

    with (
        ablations.without(part, options.documents, options.index) as assistant,
        tqdm(total=len(queries), desc="Asking", leave=False, disable=None) as bar,
    ):
        facts = {**facts, "ablation": part, "index": assistant.index.digest}
        measured = runs.measure(queries, assistant, documents, facts, lambda: bar.update(1))
    topics = corpus.topics(options.documents)
    return Run(measured.facts, [{**row, "topic": topics.get(row["cluster"], "")} for row in measured.questions])


def asked(options: argparse.Namespace) -> tuple[list[Query], dict[str, Document]]:
    """The questions, of whichever form, and the documents that they are about."""
    if formats.is_beir(options.golden):
        options.documents = corpus.home() / "beir" / options.golden.resolve().name
        shutil.rmtree(options.documents, ignore_errors=True)
        queries = formats.beir(options.golden, options.documents)
        return queries, golden.read_documents(options.documents)
    documents = golden.read_documents(options.documents)
    if formats.is_answers(options.golden):
        return formats.answers(options.golden, documents), documents
    return golden.load(options.golden, options.split, measuring=True), documents
