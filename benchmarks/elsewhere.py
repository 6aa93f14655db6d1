"""Questions about something else altogether, asked of corpora of several sizes: how many are declined, and how many about
alignment are answered, with the background that the index records and as if it were that of our articles.

The questions are our own, in `elsewhere.jsonl`, written without a look at any corpus; none is among the everyday questions by
which a background is measured. Whether a corpus answers those about alignment was not looked up: some are to be declined."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from alignment_qa import Assistant
from benchmarks.common import mean
from eval import tables

QUESTIONS = Path(__file__).with_name("elsewhere.jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "indexes", nargs="*", default=["index"], help="indexes made by python -m ingest (default: index)"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    lines = []
    for index in options.indexes:
        assistant = Assistant.open(index)
        documents, passages = assistant.index.count()
        background = assistant.index.background()
        for what in ("recorded", "as of the articles"):
            if what != "recorded":
                assistant.index.background = lambda: None  # type: ignore[method-assign]
            lines.append([
                f"{index}: {documents} documents, {passages} passages",
                f"{background:.2f}" if what == "recorded" else what,
                *measured(assistant, rows, options.seed),
            ])  # fmt: skip
    print(tables.table(["corpus", "background", "else declined", "alignment answered", "AUROC"], lines))


def measured(assistant: Assistant, rows: Sequence[dict[str, str]], seed: int) -> list[str]:
    """The shares of the one kind declined and of the other answered, with intervals, and how well the probability tells them
    apart."""
    found = []
    for row in rows:
        asked = assistant.understand(row["question"])
        found.append(assistant.gather_evidence(asked, assistant.gather_hits(asked)))
    ours = np.array([row["about"] == "alignment" for row in rows])
    told = np.array([evidence.abstention is None for evidence in found])
    return [
        mean(~told[~ours], seed),
        mean(told[ours], seed),
        f"{roc_auc_score(ours, [evidence.probability for evidence in found]):.3f}",
    ]


if __name__ == "__main__":
    main()
