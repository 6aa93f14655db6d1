"""The questions that the articles list as theirs, each hidden in turn and asked: how often the nearest of the others is
its article's, by how far it is ahead of all other articles', and by how many questions an article lists. What
`retrieve.alone` takes for sure comes from here."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from alignment_qa import encoders
from alignment_qa.encoders import Vectors
from benchmarks.common import arguments, table
from eval import golden

BANDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 2.0)
LISTED = (1, 2, 5, 8, 11)


def main() -> None:
    options = arguments(__doc__, "").parse_args()
    lists = [document.questions for document in golden.read_documents(golden.ARTICLES).values()]
    owners = np.repeat(np.arange(len(lists)), [len(questions) for questions in lists])
    vectors = encoders.load().encode([question for questions in lists for question in questions])
    ahead, right = nearest(vectors, owners)
    rows = []
    for low, high in pairwise(BANDS):
        within = (ahead >= low) & (ahead < high)
        share = f"{right[within].mean():.2f}" if within.any() else "–"
        rows.append([f"{low:.2f}" + (f" to {high:.2f}" if high <= 1 else " or more"), str(within.sum()), share])
    print(table(["ahead by", f"of {len(owners)} questions", "its own article"], rows))
    rng = np.random.default_rng(options.seed)
    rows = []
    for most in LISTED:
        asked = rng.choice(len(owners), min(options.limit or 500, len(owners)), replace=False)
        found = [_found(vectors, owners, at, most, rng) for at in asked]
        rows.append([str(most), f"{np.mean(found):.2f}"])
    print(table(["other questions listed", "its own article"], rows))


def nearest(vectors: Vectors, owners: NDArray[np.intp]) -> tuple[Vectors, NDArray[np.bool_]]:
    """For each question, by how much the nearest of the others is ahead of those of all other owners, and whether it has
    the same owner. `owners` ascend."""
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))
    ahead, right = np.zeros(len(owners), np.float32), np.zeros(len(owners), bool)
    for at, vector in enumerate(vectors):
        cosines = vectors @ vector
        cosines[at] = -1.0
        best = np.maximum.reduceat(cosines, firsts)
        second, first = np.argsort(best)[-2:]
        ahead[at], right[at] = best[first] - best[second], owners[firsts[first]] == owners[at]
    return ahead, right


def _found(vectors: Vectors, owners: NDArray[np.intp], at: int, most: int, rng: np.random.Generator) -> bool:
    """Whether the nearest question is its own article's, were only `most` of each article's listed, and not this one."""
    order = rng.permutation(np.delete(np.arange(len(owners)), at))
    kept = np.concatenate([order[owners[order] == owner][:most] for owner in np.unique(owners)])
    return bool(owners[kept[(vectors[kept] @ vectors[at]).argmax()]] == owners[at])


if __name__ == "__main__":
    main()
