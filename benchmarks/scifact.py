"""SciFact as BEIR has it (2104.08663): for each of 300 claims, are the abstracts that settle it found? An abstract
scores as its best passage does."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from alignment_qa import Document
from alignment_qa.retrieve import Retriever
from alignment_qa.types import Hit
from benchmarks.common import arguments, document, index_of, limited, mean, measured, retrievers, shipped, table

PUBLISHED = (
    "nDCG@10 in ANSWERING.md: BM25 .686, MiniLM .649, rank fusion .722, min-max .731; published: BGE + BM25 .742-.747"
)
MEASURES = ("nDCG@10", "R@100")
_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)


def main() -> None:
    options = arguments(__doc__, "scifact").parse_args()
    index = index_of("scifact", list(documents(options.path)))
    claims, judged = queries(options.path)
    claims = limited(claims, options.limit, options.seed)
    rows = []
    for name, retriever in {**retrievers(index), "as shipped": shipped(index)}.items():  # which heeds titles too
        values = measure(retriever, claims, judged)
        rows.append([name, *(mean(values[m], options.seed) for m in MEASURES)])
    print(table([f"{len(claims)} claims", *MEASURES], rows))
    print(PUBLISHED)


def documents(path: Path) -> Iterator[Document]:
    """The abstracts, their sentences joined by spaces as BEIR joins them."""
    with zipfile.ZipFile(path / "scifact.zip") as archive, archive.open("corpus_train.csv") as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")):
            yield document(row["doc_id"], row["title"], " ".join(strings(row["abstract"])))


def strings(printed: str) -> list[str]:
    """The strings of a list as numpy prints it: quoted, with spaces between them."""
    return [ast.literal_eval(found[0]) for found in _STRING.finditer(printed)]


def queries(path: Path) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Claims that the test judgements name, by id; and for each the ids of its abstracts."""
    judged: dict[str, set[str]] = {}
    for line in (path / "beir" / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, doc_id, _ = line.split("\t")  # all 339 judgements are 1
        judged.setdefault(query, set()).add(doc_id)
    rows = map(json.loads, (path / "beir" / "queries.jsonl").read_text(encoding="utf-8").splitlines())
    return {row["_id"]: row["text"] for row in rows if row["_id"] in judged}, judged


def measure(retriever: Retriever, claims: Mapping[str, str], judged: Mapping[str, set[str]]) -> dict[str, list[float]]:
    """Measure → one value a claim."""
    return measured({name: by_document(retriever(text, 300)) for name, text in claims.items()}, judged, MEASURES)


def by_document(hits: Iterable[Hit]) -> dict[str, float]:
    """Document id → the score of its best passage."""
    scores: dict[str, float] = {}
    for hit in hits:
        doc_id = hit.passage.source.doc_id
        scores[doc_id] = max(scores.get(doc_id, hit.score), hit.score)
    return scores


if __name__ == "__main__":
    main()
