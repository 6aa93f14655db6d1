"""Our own golden questions (dev), SciFact and chunking_eval side by side: each half alone, what others do with both, and
ours at every keyword weight. `Config.keyword_weight` is chosen from this table: one setting for all three."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from alignment_qa.config import Config
from alignment_qa.index import Index
from alignment_qa.retrieve import Retriever, fuse
from benchmarks import chunking, scifact
from benchmarks.common import arguments, index_of, limited, mean, measured, retrievers, table
from eval import golden, measures
from eval.corpus import index_of as index_of_folder

MEASURES = ("R@8", "R@20", "RR@10")
QUESTION_WEIGHTS = (0.1, 0.2, 0.3, 0.5)
Values = Mapping[str, Sequence[float]]
"""Column → one value a question."""


def main() -> None:
    parser = arguments(__doc__, "")
    parser.add_argument("--golden", type=Path, default=golden.SHIPPED, help="file or folder of golden questions")
    options = parser.parse_args()
    parts = [
        of_golden(options.golden, options.limit, options.seed),
        of_scifact(options.path / "scifact", options.limit, options.seed),
        of_chunking(options.path / "chunking_eval", options.limit, options.seed),
    ]
    columns = [column for part in parts for column in part["dense"]()]
    rows, chosen = [], f"fused {Config().keyword_weight:.2f}"
    for name in parts[0]:
        values = {column: found for part in parts if name in part for column, found in part[name]().items()}
        rows.append([name, *(f"{np.mean(values[column]):.3f}" if column in values else "" for column in columns)])
        if name == chosen:
            intervals = [f"{column} {mean(found, options.seed)}" for column, found in values.items()]
    print(table(["", *columns], rows))
    print(f"{chosen}, as shipped, with 95 % intervals: {'; '.join(intervals)}")
    print(scifact.PUBLISHED)
    print(chunking.PUBLISHED)


def of_golden(path: Path, limit: int | None, seed: int) -> dict[str, Callable[[], Values]]:
    """Retriever → its measures on the answerable golden dev questions that stand alone, read as the assistant does."""
    index = Index.open(index_of_folder(golden.ARTICLES))
    documents = golden.read_documents()
    asked = {q.id: q for q in golden.load(path, split="dev") if q.answerable and not q.history}
    asked = limited(asked, limit, seed)
    wanted = {name: measures.relevant(query, documents, index.passages_of) for name, query in asked.items()}
    texts = {name: index.respell(q.question) for name, q in asked.items()}

    def measure(retriever: Retriever) -> Values:
        runs = {name: {h.passage.passage_id: h.score for h in retriever(text, 20)} for name, text in texts.items()}
        return measured(runs, wanted, MEASURES)

    ways = retrievers(index)
    for weight in QUESTION_WEIGHTS:  # the other sets' documents name no questions of their own
        ways[f"  + questions {weight:.1f}"] = fuse(
            index, weight=Config().keyword_weight, question_weight=weight, pool=Config().pool
        )
    return {name: lambda r=retriever: measure(r) for name, retriever in ways.items()}


def of_scifact(path: Path, limit: int | None, seed: int) -> dict[str, Callable[[], Values]]:
    index = index_of("scifact", list(scifact.documents(path)))
    claims, judged = scifact.queries(path)
    claims = limited(claims, limit, seed)
    return {
        name: lambda r=retriever: scifact.measure(r, claims, judged) for name, retriever in retrievers(index).items()
    }


def of_chunking(path: Path, limit: int | None, seed: int) -> dict[str, Callable[[], Values]]:
    index = chunking.index_of_corpora(path, chunking.POOLED)
    asked = limited(chunking.questions(path, chunking.POOLED), limit, seed)

    def measure(retriever: Retriever) -> Values:
        return {f"@{budget}": found for budget, found in chunking.measure(retriever, asked, index).items()}

    return {name: lambda r=retriever: measure(r) for name, retriever in retrievers(index).items()}


if __name__ == "__main__":
    main()
