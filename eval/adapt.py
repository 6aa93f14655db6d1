"""The questions that the articles say they answer flow in, the query adapter flows out (`alignment_qa/adapter.npz`):
`python -m eval.adapt`. No golden question is read.

A question vector q becomes q + q·down·up, of length 1 again, and is fitted so that among all articles its own holds the
nearest sentence. Whether that carries over to other articles is printed first: fitted on four fifths of them, asked
the questions of the rest.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment_qa import adapter
from alignment_qa.encoders import Vectors, unit
from alignment_qa.index import Index
from eval.corpus import index_of
from eval.golden import ARTICLES

RANK, EPOCHS, BATCH, RATE = 64, 6, 64, 2e-3
SCALE = 20.0
"""What cosines are multiplied by before they are compared, as sentence-transformers does."""
STAY = 0.5
"""What the cosine lost between a question and its adapted self counts beside that; set by hand."""
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Taught:
    """Questions (n, dimension) and the number of each one's article (n,); sentences read in their passages (m, dimension)
    and the number of each one's article (m,)."""

    questions: Vectors
    owners: NDArray[np.int64]
    sentences: Vectors
    held_by: NDArray[np.int64]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.adapt", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the fitted adapter; else only print")
    options = parser.parse_args()
    with Index.open(index_of(ARTICLES)) as index:
        taught = read(index)
    print("\n".join(across(taught)))
    if options.write:
        down, up = fit(taught)
        np.savez(adapter.FITTED, down=down.astype(np.float16), up=up.astype(np.float16))
        print(f"written to {adapter.FITTED.name}, from {len(taught.questions)} questions")
    return 0


def read(index: Index) -> Taught:
    """What the documents of an index teach: their own questions, and all their sentences."""
    questions, owners, sentences, held_by = [], [], [], []
    for number, document in enumerate(index.documents()):
        for question in document.questions:
            questions.append(index.encode(index.meaning(question)))
            owners.append(number)
        prose = [p for p in index.passages_of(document.source.doc_id) if p.role == "prose"]
        for rows in index.vectors(prose).values():
            matrix = rows.astype(np.float32)
            # As `retrieve.in_context` has them: a sentence and its passage, added; a passage without sentences is itself.
            sentences.append(unit(matrix[1:] + matrix[:1]) if len(matrix) > 1 else matrix)
            held_by += [number] * len(sentences[-1])
    return Taught(np.array(questions), np.array(owners), np.concatenate(sentences), np.array(held_by))


def across(taught: Taught) -> list[str]:
    """Lines that say how often a question's nearest sentence is its own article's, as it is and adapted, where the adapter
    has seen none of that article's questions."""
    fold = np.random.default_rng(0).permutation(taught.owners.max() + 1)[taught.owners] % FOLDS
    plain, adapted = np.zeros(len(fold), bool), np.zeros(len(fold), bool)
    for left_out in range(FOLDS):
        these = fold == left_out
        down, up = fit(taught, ~these)
        asked = taught.questions[these]
        plain[these] = nearest(taught, asked) == taught.owners[these]
        adapted[these] = nearest(taught, unit(asked + asked @ down @ up)) == taught.owners[these]
    kept, won, lost = plain & adapted, adapted & ~plain, plain & ~adapted
    return [
        f"{len(fold)} questions of {taught.owners.max() + 1} articles; nearest sentence is the own article's, articles unseen:",
        f"  as they are {plain.mean():.3f}, adapted {adapted.mean():.3f} ({won.sum()} won, {lost.sum()} lost, {kept.sum()} kept)",
    ]


def nearest(taught: Taught, questions: Vectors) -> NDArray[np.int64]:
    """For each of (n, dimension) questions the number of the article that holds the nearest sentence."""
    first: NDArray[np.int64] = taught.held_by[(questions @ taught.sentences.T).argmax(axis=1)]
    return first


def fit(taught: Taught, used: NDArray[np.bool_] | None = None) -> tuple[Vectors, Vectors]:
    """(dimension, RANK) and (RANK, dimension), fitted on the questions that are `used`, or on all."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    torch.manual_seed(0)
    chosen = torch.arange(len(taught.questions)) if used is None else torch.tensor(np.flatnonzero(used))
    questions, owners = torch.tensor(taught.questions), torch.tensor(taught.owners)
    known = np.isin(taught.held_by, taught.owners[chosen.numpy()])
    sentences, held_by = torch.tensor(taught.sentences[known]), torch.tensor(taught.held_by[known])
    articles = int(held_by.max()) + 1
    dimension = questions.shape[1]
    down = torch.nn.Parameter(torch.randn(dimension, RANK) * 0.05)
    up = torch.nn.Parameter(torch.zeros(RANK, dimension))
    optimizer = torch.optim.Adam([down, up], lr=RATE)

    def best(asked: Any) -> Any:
        """(n, articles) cosine of each article's nearest sentence."""
        cosines = asked @ sentences.T
        return torch.full((len(asked), articles), -1.0).scatter_reduce(
            1, held_by.expand(len(asked), -1), cosines, "amax"
        )

    for _ in range(EPOCHS):
        for batch in chosen[torch.randperm(len(chosen))].split(BATCH):
            asked = questions[batch]
            adapted = normalize(asked + asked @ down @ up, dim=1)
            lost = 1 - (adapted * asked).sum(dim=1)
            loss = cross_entropy(SCALE * best(adapted), owners[batch]) + STAY * lost.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return down.detach().numpy(), up.detach().numpy()


if __name__ == "__main__":
    sys.exit(main())
