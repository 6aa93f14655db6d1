"""What a sentence's vector should hold of the passage around it: the training questions of the articles, each asked of all
their sentences, whose vectors are made of the sentence as it reads by itself and as it reads in its passage, in several
shares. `embed` takes half of each, `retrieve.CONTEXT` is what the passage's own vector counts beside them. By the encoder as
it is: the adapter was fitted to the shares that are taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from alignment_qa import encoders
from alignment_qa.embed import read
from alignment_qa.encoders import Vectors, unit
from alignment_qa.index import Index
from benchmarks.common import arguments, limited, table
from eval import adapt
from eval.corpus import index_of
from eval.golden import ARTICLES

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
CONTEXTS = (0.0, 0.3, 0.5, 0.7, 1.0)


def main() -> None:
    options = arguments(__doc__, "").parse_args()
    index, encoder = Index.open(index_of(ARTICLES)), encoders.load()
    taught = adapt.read(index)
    passages = [p for d in index.documents() for p in index.passages_of(d.source.doc_id) if p.role == "prose"]
    _, alone, within = read(encoder, passages)
    kept = index.vectors(passages)
    around = np.array([kept[p.passage_id][0] for p in passages], np.float32)  # with those beside it, as it is stored
    around = np.repeat(around, [len(p.sentences) for p in passages], axis=0)
    told = {i: question for i, question in enumerate(taught.questions) if taught.answers[i] != adapt.UNKNOWN}
    these = np.array(list(limited(told, options.limit, options.seed)))
    asked = encoder.encode([taught.questions[i] for i in these])
    print(f"{len(these)} questions, {len(alone)} sentences of {len(passages)} passages\n")
    rows = []
    for share in SHARES:
        sentences = unit((1 - share) * alone + share * within)
        row = [f"{share:.2f}", *(f"{part:.3f}" for part in chosen(taught, these, asked, sentences))]
        for context in CONTEXTS:
            rank = adapt.ranks(replace(taught, in_context=unit(sentences + context * around)), these, asked)
            row.append(f"{(rank < 1).mean():.3f} {(rank < adapt.READ).mean():.3f}")
        rows.append(row)
    print(table(["share read in its passage", "first", "in passage", *(f"context {c}" for c in CONTEXTS)], rows))
    print(
        "\nfirst: the right sentence is first of all; in passage: first of its passage's; then the right passage first, and of 8"
    )


def chosen(taught: adapt.Taught, these: np.ndarray, asked: Vectors, sentences: Vectors) -> tuple[float, float]:
    """How often the sentence that answers is nearest of all, and nearest of its passage's."""
    answers = taught.answers[these]
    starts = np.flatnonzero(np.diff(taught.passages, prepend=-1))  # they come passage by passage
    cosines = asked @ sentences.T
    own = cosines[np.arange(len(these)), answers]
    best = np.maximum.reduceat(cosines, starts, axis=1)
    inside = best[np.arange(len(these)), np.searchsorted(starts, answers, side="right") - 1]
    return float((cosines.max(axis=1) == own).mean()), float((inside == own).mean())


if __name__ == "__main__":
    main()
