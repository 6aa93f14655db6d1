"""SciFact as BEIR has it (2104.08663): for each of 300 claims, are the abstracts that settle it found? An abstract
scores as its best passage does."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from alignment_qa import Document
from alignment_qa.retrieve import Retriever
from alignment_qa.types import Hit
from benchmarks.common import arguments, document, index_of, limited, mean, retrievers, table

PUBLISHED = "nDCG@10 measured before (ANSWERING.md): BM25 .686, MiniLM .649, RRF .722, min-max .731; published BGE+BM25 .742-.747"
DEPTH = 100
_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.S)


def main() -> None:
    options = arguments(__doc__, "scifact").parse_args()
    index = index_of("scifact", list(documents(options.path)))
    claims, judged = queries(options.path)
    claims = limited(claims, options.limit, options.seed)
    rows = []
    for name, retriever in retrievers(index).items():
        measured = measure({q: found(retriever, text) for q, text in claims.items()}, judged)
        rows.append([name, *(mean(measured[m], options.seed) for m in ("nDCG@10", "R@100"))])
    print(table(["", "nDCG@10", "recall@100"], rows))
    print(PUBLISHED)


def documents(path: Path) -> Iterator[Document]:
    """The abstracts, their sentences joined by spaces as BEIR joins them."""
    with zipfile.ZipFile(path / "scifact.zip") as archive, archive.open("corpus_train.csv") as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")):
            yield document(row["doc_id"], row["title"], " ".join(strings(row["abstract"])))


def strings(printed: str) -> list[str]:
    """The strings of a list as numpy prints it: quoted, with spaces between them."""
    return [ast.literal_eval(found[0]) for found in _STRING.finditer(printed)]


def queries(path: Path) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Claims that the test judgements name, and the judgements: claim id → abstract id → relevance."""
    judged: dict[str, dict[str, int]] = {}
    for line in (path / "beir" / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        query, doc_id, relevance = line.split("\t")
        judged.setdefault(query, {})[doc_id] = int(relevance)
    rows = map(json.loads, (path / "beir" / "queries.jsonl").read_text().splitlines())
    return {row["_id"]: row["text"] for row in rows if row["_id"] in judged}, judged


def found(retriever: Retriever, question: str) -> dict[str, float]:
    """Document id → score of its best passage."""
    return by_document(retriever(question, 3 * DEPTH))


def by_document(hits: Sequence[Hit]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for hit in hits:
        doc_id = hit.passage.source.doc_id
        scores[doc_id] = max(scores.get(doc_id, hit.score), hit.score)
    return scores


def measure(runs: Mapping[str, Mapping[str, float]], judged: Mapping[str, Mapping[str, int]]) -> dict[str, list[float]]:
    """Measure → one value a query, by ir_measures; a query that found nothing counts as 0."""
    import ir_measures
    from ir_measures import R, nDCG

    qrels = [ir_measures.Qrel(q, d, r) for q in runs for d, r in judged[q].items()]
    scored = [ir_measures.ScoredDoc(q, d, s) for q, run in runs.items() for d, s in run.items()]
    measures = {"nDCG@10": nDCG @ 10, f"R@{DEPTH}": R @ DEPTH}
    values = {name: dict.fromkeys(runs, 0.0) for name in measures}
    names = {measure: name for name, measure in measures.items()}
    for metric in ir_measures.iter_calc(list(names), qrels, scored):
        values[names[metric.measure]][metric.query_id] = metric.value
    return {name: list(by_query.values()) for name, by_query in values.items()}


if __name__ == "__main__":
    main()
