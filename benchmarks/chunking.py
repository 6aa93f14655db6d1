"""Chroma's chunking_evaluation: how much of the words that answer a question stands in the first passages that fit a
budget of tokens? The documents of four corpora are in one index; the tables of `finance` are in another.

`wikitexts` marks its headings as WikiText does (`= = Plot = =`). They are read as headings, as our readers read those of
the formats they know; `--plain` leaves them in the text alone, as the published figures did."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alignment_qa.index import Index
from alignment_qa.retrieve import Retriever
from alignment_qa.types import Document, Heading, Hit, Source
from benchmarks.common import arguments, index_of, limited, mean, retrievers, table
from ingest.sync import LIMIT, SIZE

PUBLISHED = (
    "share at 400 / 1000 tokens in ANSWERING.md, passages of 200: dense .603/.780, BM25 .757/.875, "
    "rank fusion .693/.869, convex .780/.898"
)
POOLED = ("wikitexts", "state_of_the_union", "chatlogs", "pubmed")
APART = ("finance",)
BUDGETS = (400, 1000)
_HEADING = re.compile(r"^ ?((?:= )+)([^=\n]+?)(?: =)+ ?$", re.MULTILINE)
LIMITS = {128: 141, SIZE: LIMIT, 256: 254}
"""Passage sizes in tokens that are tried, and the most that a passage of that size may have."""


@dataclass(frozen=True, slots=True)
class Question:
    """`spans` are the characters of the document `corpus` that answer it."""

    text: str
    corpus: str
    spans: tuple[tuple[int, int], ...]


def main() -> None:
    parser = arguments(__doc__, "chunking_eval")
    parser.add_argument("--sizes", type=int, nargs="+", choices=LIMITS, default=list(LIMITS), help="tokens a passage")
    parser.add_argument("--plain", action="store_true", help="do not read WikiText headings")
    options = parser.parse_args()
    for names in (POOLED, APART):
        asked = limited(questions(options.path, names), options.limit, options.seed)
        for size in options.sizes:
            index = index_of_corpora(options.path, names, size, plain=options.plain)
            rows = []
            for name, retriever in retrievers(index).items():
                values = measure(retriever, asked, index)
                rows.append([name, *(mean(values[budget], options.seed) for budget in BUDGETS)])
            print(table([f"{', '.join(names)}: {len(asked)} questions, passages of {size}", "@400", "@1000"], rows))
            print()
    print(PUBLISHED)


def questions(path: Path, corpora: Sequence[str]) -> dict[int, Question]:
    """The questions on these corpora by their row."""
    with (path / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        rows = enumerate(csv.DictReader(file))
        return {
            number: Question(
                row["question"],
                row["corpus_id"],
                tuple((span["start_index"], span["end_index"]) for span in json.loads(row["references"])),
            )
            for number, row in rows
            if row["corpus_id"] in corpora
        }


def index_of_corpora(path: Path, names: Sequence[str], size: int = SIZE, *, plain: bool = False) -> Index:
    documents = []
    for name in names:
        text = (path / "corpora" / f"{name}.md").read_text(encoding="utf-8")
        documents.append(Document(Source(name, ""), text, () if plain else tuple(headings(text))))
    return index_of("chunking", documents, size, LIMITS[size])


def headings(text: str) -> Iterator[Heading]:
    """The lines that WikiText marks as headings."""
    for found in _HEADING.finditer(text):
        yield Heading(found.start(), len(found[1]) // 2, found[2], "prose")


def measure(retriever: Retriever, asked: Mapping[int, Question], index: Index) -> dict[int, list[float]]:
    """Budget → the share found, one value a question."""
    values: dict[int, list[float]] = {budget: [] for budget in BUDGETS}
    for question in asked.values():
        hits = retriever(question.text, 50)
        for budget, found in values.items():
            found.append(share(question, within(hits, budget, index.encoder.count)))
    return values


def within(hits: Iterable[Hit], budget: int, count: Callable[[list[str]], list[int]]) -> list[Hit]:
    """The first hits whose tokens together fit the budget; the first that does not ends them."""
    kept = []
    for hit in hits:
        budget -= count([hit.passage.text])[0]
        if budget < 0:
            break
        kept.append(hit)
    return kept


def share(question: Question, hits: Iterable[Hit]) -> float:
    """The share of the characters wanted that stand in the hits."""
    wanted = {at for start, end in question.spans for at in range(start, end)}
    passages = [hit.passage for hit in hits if hit.passage.source.doc_id == question.corpus]
    return len(wanted & {at for p in passages for at in range(p.start, p.end)}) / len(wanted)


if __name__ == "__main__":
    main()
