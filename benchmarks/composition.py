"""How much a quoted answer says, and in which order: our golden questions (dev) and CLAPnq side by side, over each field
of `extract.Composition` alone. The shipped composition is chosen from this table: golden facts against length, the order
of the document (ROUGE-L) against a lead that answers."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from rouge_score import rouge_scorer

from alignment_qa import Assistant
from alignment_qa.evidence import Evidence
from alignment_qa.extract import SHIPPED, Composition, extract
from benchmarks import clapnq
from benchmarks.common import arguments, document, index_of, limited, table
from eval import golden
from eval.corpus import index_of as index_of_folder

TRIED: dict[str, tuple[float, ...]] = {
    "full": (4, 5, 6, 7, 8),
    "side": (1, 2, 3),
    "margin": (0.6, 0.9, 1.2, 1.6, 2.4),
    "few": (1, 2, 3, 4),
    "first": (0.0, 0.25, 0.5, 1.0, 2.0),
    "case": (1.2, 2.4, 4.8),
    "far": (2.4, 3.6, 4.8, 6.0),
}


def main() -> None:
    parser = arguments(__doc__, "clapnq")
    parser.add_argument("--golden", type=Path, default=golden.SHIPPED, help="file or folder of golden questions")
    options = parser.parse_args()
    asked = of_golden(options.golden, options.limit, options.seed)
    rows = [row for row in clapnq.read(options.path) if row["answerable"]]
    kept = limited({row["id"]: row for row in rows}, options.limit, options.seed)
    index = index_of("clapnq", [document(r["id"], r["title"], r["text"]) for r in clapnq.read(options.path)])
    others = [(row, clapnq.evidence_for(row, index)) for row in kept.values()]
    lines = [["shipped", *measure(asked, others, SHIPPED)]]
    for name, values in TRIED.items():
        for value in values:
            if value != asdict(SHIPPED)[name]:
                shape = replace(SHIPPED, **{name: type(asdict(SHIPPED)[name])(value)})
                lines.append([f"{name} {value:g}", *measure(asked, others, shape)])
    print(table(["", "vital facts", "lead", "words", "CLAPnq ROUGE-L", "words"], lines))
    print(f"shipped: {SHIPPED}; {len(asked)} golden questions, {len(others)} of CLAPnq")


def of_golden(path: Path, limit: int | None, seed: int) -> list[tuple[golden.Query, Evidence]]:
    """The answerable golden dev questions that stand alone, with the evidence for each."""
    assistant = Assistant.open(index_of_folder(golden.ARTICLES))
    queries = {q.id: q for q in golden.load(path, "dev") if q.answerable and not q.history}
    result = []
    for query in limited(queries, limit, seed).values():
        asked = assistant.understand(query.question)
        result.append((query, assistant.gather_evidence(asked, assistant.gather_hits(asked))))
    return result


def measure(
    asked: list[tuple[golden.Query, Evidence]], others: list[tuple[dict, Evidence]], shape: Composition
) -> list[str]:
    """Vital facts said, leads that hold one, words an answer; CLAPnq's ROUGE-L and words."""
    said, leads, words = [], [], []
    for query, evidence in asked:
        drafts = [draft.text for draft in extract(evidence, shape=shape)]
        vital = [nugget for nugget in query.nuggets if nugget.vital]
        said.append(np.mean([nugget.found_in(" ".join(drafts)) for nugget in vital]))
        leads.append(bool(drafts) and any(nugget.found_in(drafts[0]) for nugget in vital))
        words.append(len(" ".join(drafts).split()))
    rouge = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    texts = [" ".join(draft.text for draft in extract(evidence, shape=shape)) for _, evidence in others]
    scores = [
        max(rouge.score(answer, text)["rougeL"].fmeasure for answer in row["answers"])
        for (row, _), text in zip(others, texts, strict=True)
    ]
    lengths = [len(text.split()) for text in texts]
    return [
        f"{np.mean(said):.3f}", f"{np.mean(leads):.3f}", f"{np.mean(words):.0f}", f"{np.mean(scores):.3f}",
        f"{np.mean(lengths):.0f}",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
