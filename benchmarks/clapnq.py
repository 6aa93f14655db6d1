"""CLAPnq (2404.02103): given the right passage, are the right sentences chosen, and is a passage without an answer
declined? Nothing is tuned on these questions; the threshold is the shipped one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rouge_score import rouge_scorer
from sklearn.metrics import roc_auc_score

from alignment_qa.evidence import Evidence, gather
from alignment_qa.extract import extract
from alignment_qa.index import Index
from alignment_qa.question import understand
from alignment_qa.types import Hit
from benchmarks.common import arguments, document, index_of, mean

PUBLISHED = "published with a model: FLAN-T5-Large 51.6, CLAPnq-T5 57.2, GPT-4 35.9 (ROUGE-L, answerable, gold passage)"


def main() -> None:
    options = arguments(__doc__, "clapnq").parse_args()
    rows = list(read(options.path))
    index = index_of("clapnq", [document(row["id"], row["title"], row["text"]) for row in rows])
    found = [evidence_for(row, index) for row in rows]
    report(rows, found, options.seed)


def read(path: Path) -> Iterator[dict]:
    """Questions with title, passage text, its sentences, which of them are gold, and the answers."""
    for name, answerable in (("answerable", True), ("unanswerable", False)):
        for line in (path / "annotated_data" / "dev" / f"clapnq_dev_{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            passage = row["passages"][0]
            gold = {s for output in row["output"] for s in output.get("selected_sentences") or []}
            yield {
                "id": f"{answerable}-{row['id']}", "question": row["input"], "title": passage["title"],
                "text": " ".join(passage["sentences"]), "gold": gold, "answerable": answerable,
                "answers": [output["answer"] for output in row["output"]],
            }  # fmt: skip


def evidence_for(row: dict, index: Index) -> Evidence:
    hits = [Hit(p, 1.0, rank) for rank, p in enumerate(index.passages_of(row["id"]), 1)]
    return gather(understand(row["question"]), hits, index, index.sought(row["question"]))


def report(rows: list[dict], found: list[Evidence], seed: int) -> None:
    rouge = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    first, average, scores, lengths = [], [], [], []
    for row, evidence in zip(rows, found, strict=True):
        if not row["answerable"]:
            continue
        hit = [any(s.text in gold or gold in s.text for gold in row["gold"]) for s in evidence.sentences]
        if any(hit):
            first.append(hit[0])
            ranks = np.flatnonzero(hit) + 1
            average.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
        text = " ".join(draft.text for draft in extract(evidence))
        lengths.append(len(text.split()))
        scores.append(max(rouge.score(answer, text)["rougeL"].fmeasure for answer in row["answers"]))
    answers = np.array([e.probability for e in found])
    labels = np.array([row["answerable"] for row in rows])
    told = np.array([e.abstention is None for e in found])
    print(f"sentences   P@1 {mean(first, seed)}   MAP {mean(average, seed)}   (cosine alone: .716/.748)")
    print(f"ROUGE-L F   {mean(scores, seed)}   median words {np.median(lengths):.0f}   all answerable")
    kept = [s for s, row_told in zip(scores, told[labels], strict=True) if row_told]
    print(f"ROUGE-L F   {mean(kept, seed)}   on those answered")
    print(f"AUROC       {roc_auc_score(labels, answers):.3f}   (max sentence cosine: .875)")
    print(
        f"answered    {mean(told[labels], seed)} of answerable; declined {mean(~told[~labels], seed)} of unanswerable"
    )
    print(PUBLISHED)


if __name__ == "__main__":
    main()
