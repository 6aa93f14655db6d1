"""Questions about other people's documents, each written for a passage that was drawn at random from public ones on alignment:
how often that passage is found, its sentence is said, and the answer opens with it; as it is, and as if the adapter had been
taught these documents. Nothing was taught or fitted on them.

The questions are our own, in `drawn.jsonl`; the sentences that answer them are named by digests of their words, since the
text is not ours to keep. What another passage says as well is not known, and counts as wrong."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from alignment_qa import Assistant
from alignment_qa.index import Index
from benchmarks.common import interval, table

QUESTIONS = Path(__file__).with_name("drawn.jsonl")
MEASURES = (
    "passage is the first hit", "among the hits", "answered", "opens with its sentence", "says its sentence", "words"
)  # fmt: skip
Place = tuple[str, int, int]
"""The document and the span of a sentence."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", help="an index of the documents, made by python -m ingest")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    assistant = Assistant.open(options.index)
    places = sentences(assistant.index)
    known = [row for row in rows if places.keys() & set(row["answered_by"])]
    if not known:
        raise SystemExit(f"{options.index} has none of the sentences that are asked for: it holds other documents")
    clusters = [next(places[name][0] for name in row["answered_by"] if name in places) for row in known]
    shipped = np.array([told(assistant, row, places) for row in known], float)
    every = frozenset(source.doc_id for source in assistant.index.sources())
    assistant.index.taught = lambda: every  # type: ignore[method-assign]
    adapted = np.array([told(assistant, row, places) for row in known], float)
    lines = [
        [
            name,
            interval(ours, clusters, options.seed),
            interval(other, clusters, options.seed),
            interval(ours - other, clusters, options.seed, signed=True),
        ]
        for name, ours, other in zip(MEASURES, shipped.T, adapted.T, strict=True)
    ]
    print(
        table([f"{len(known)} of {len(rows)} questions", "as it is", "read by the adapter", "as it is more by"], lines)
    )


def digest(text: str) -> str:
    """Twelve hex digits of the words of a text."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def sentences(index: Index) -> dict[str, Place]:
    """The digest of each sentence of the index → its document and span; of equal ones the last."""
    return {
        digest(document.text[start:end]): (document.source.doc_id, start, end)
        for document in index.documents()
        for passage in index.passages_of(document.source.doc_id)
        for start, end in passage.sentences
    }


def told(
    assistant: Assistant, row: Mapping[str, Any], places: Mapping[str, Place]
) -> tuple[bool, bool, bool, bool, bool, int]:
    """MEASURES of one question."""
    gold = [places[name] for name in row["answered_by"] if name in places]
    answer = assistant.answer(row["question"])
    hits = [within(gold, hit.passage.source.doc_id, hit.passage.start, hit.passage.end) for hit in answer.hits]
    cited = {c.number: within(gold, c.passage.source.doc_id, c.start, c.end) for c in answer.citations}
    said = [any(cited[number] for number in claim.citations) for claim in answer.claims]
    words = sum(len(claim.text.split()) for claim in answer.claims)
    return any(hits[:1]), any(hits), answer.abstention is None, any(said[:1]), any(said), words


def within(gold: Sequence[Place], doc_id: str, start: int, end: int) -> bool:
    """Whether a span of a document shares characters with one of the sentences."""
    return any(name == doc_id and start < last and first < end for name, first, last in gold)


if __name__ == "__main__":
    main()
