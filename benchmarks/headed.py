"""The questions that headings ask, each asked of the index that holds them: how often the passage under its heading is the
first hit, is among all hits, and is what the answer opens with. Documents of questions and answers are made so."""

from __future__ import annotations

import argparse

import numpy as np

from alignment_qa import Assistant
from alignment_qa.index import Index
from alignment_qa.types import Passage
from benchmarks.common import mean, table

LEAST, MOST = 4, 16
"""Words of a question; "Why?" asks nothing by itself."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", nargs="?", default="index", help="an index made by python -m ingest (default: index)")
    parser.add_argument("--limit", type=int, default=150, metavar="N", help="only N questions, drawn with the seed")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    assistant = Assistant.open(options.index)
    questions = asked(assistant.index)
    if not questions:
        raise SystemExit(f"no heading of {options.index} asks a question")
    rng = np.random.default_rng(options.seed)
    found = [told(assistant, question) for question in rng.permutation(questions)[: options.limit]]
    names = ("answered", "first hit", "among the hits", "opens the answer")
    rows = [
        [name, mean(np.array(column), options.seed)]
        for name, column in zip(names, zip(*found, strict=True), strict=True)
    ]
    print(table([f"{len(found)} of {len(questions)} questions", "share"], rows))


def asked(index: Index) -> list[str]:
    """The headings of all documents that ask something, in order."""
    every = {last(p) for d in index.documents() for p in index.passages_of(d.source.doc_id)}
    return sorted(words for words in every if words.endswith("?") and LEAST <= len(words.split()) <= MOST)


def told(assistant: Assistant, question: str) -> tuple[bool, bool, bool, bool]:
    """Whether it is answered, and whether a passage under that heading is the first hit, a hit, and what opens the answer."""
    answer = assistant.answer(question)
    own = [last(hit.passage) == question for hit in answer.hits]
    cited = {citation.number: last(citation.passage) for citation in answer.citations}
    opens = bool(answer.claims) and cited[answer.claims[0].citations[0]] == question
    return answer.abstention is None, any(own[:1]), any(own), opens


def last(passage: Passage) -> str:
    """The innermost of the headings that a passage stands under."""
    return passage.heading.rpartition("›")[2].strip()


if __name__ == "__main__":
    main()
