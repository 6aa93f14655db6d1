"""What the benchmarks share: where the public data lies, an index of it kept between runs, the ways of retrieving
that are compared, means with intervals."""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from alignment_qa import Document, Source
from alignment_qa.config import Config
from alignment_qa.index import Index
from alignment_qa.retrieve import Retriever, fuse, ranked
from alignment_qa.store import SCHEMA
from alignment_qa.types import Hit, Passage
from eval import intervals
from ingest.passages import split
from ingest.sync import LIMIT, SIZE

SHARED = Path(__file__).parent.parent.parent / "shared" / "benchmarks"
WEIGHTS = (0.0, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 1.0)
"""Shares of the keyword score in the fused score that are tried."""
OTHERS = 100
"""Candidates of each half that the others' fusions are given: unlike ours they do not score what one half did not bring."""

Key = TypeVar("Key")
Value = TypeVar("Value")


def arguments(description: str | None, folder: str) -> argparse.ArgumentParser:
    """A parser with the data's folder (`--path`), how many questions (`--limit`) and the seed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--path", type=Path, default=SHARED / folder, help="folder of the data")
    parser.add_argument("--limit", type=int, metavar="N", help="only N questions, drawn with the seed")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def limited(questions: Mapping[Key, Value], limit: int | None, seed: int) -> dict[Key, Value]:
    """At most `limit` of the questions, drawn at random, in their order."""
    kept = set(random.Random(seed).sample(list(questions), min(limit or len(questions), len(questions))))
    return {key: value for key, value in questions.items() if key in kept}


def document(doc_id: str, title: str, text: str) -> Document:
    return Document(Source(doc_id, title), text)


def index_of(name: str, documents: Sequence[Document], size: int = SIZE, limit: int = LIMIT) -> Index:
    """A reader of an index of these documents; made once for the same texts, sizes and schema."""
    told = [(d.source.doc_id, d.source.title, d.text, *d.headings) for d in documents]
    key = hashlib.sha256(repr(told).encode()).hexdigest()[:12]
    path = Path(tempfile.gettempdir()) / f"alignment-qa-{name}-{key}-{size}-{SCHEMA}"
    if not (path / "done").exists():
        from tqdm import tqdm

        with Index.open(path, write=True) as index:
            for at in tqdm(range(0, len(documents), 50), desc=f"indexing {name}", disable=None):
                missing = [d for d in documents[at : at + 50] if not index.store.has(d.source.doc_id)]
                index.add([(d, list(split(d, index.encoder.count, size=size, limit=limit))) for d in missing])
        (path / "done").touch()
    return Index.open(path)


# ways of retrieving


def retrievers(index: Index, weights: Sequence[float] = WEIGHTS, pool: int = Config().pool) -> dict[str, Retriever]:
    """Name → retriever: each half alone, what others do with both, and ours at several keyword weights."""
    dense, keyword = cache(index.search), cache(index.keywords)
    result: dict[str, Retriever] = {
        "dense": dense,
        "keyword": keyword,
        "rank fusion": by_ranks(dense, keyword, pool=OTHERS),
        "min-max .5": by_range(dense, keyword, weight=0.5, pool=OTHERS),
    }
    for weight in weights:
        result[f"fused {weight:.2f}"] = fuse(index, weight=weight, pool=pool)
    return result


def shipped(index: Index) -> Retriever:
    """The retriever that the assistant uses."""
    config = Config()
    return fuse(index, weight=config.keyword_weight, question_weight=config.question_weight, pool=config.pool)


def by_ranks(dense: Retriever, keyword: Retriever, *, pool: int, constant: int = 60) -> Retriever:
    """Reciprocal rank fusion (Cormack et al., 2009), with the customary constant."""

    def search(question: str, k: int) -> list[Hit]:
        hits = [*dense(question, pool), *keyword(question, pool)]
        return _summed((hit.passage, 1 / (constant + hit.rank)) for hit in hits)[:k]

    return search


def by_range(dense: Retriever, keyword: Retriever, *, weight: float, pool: int) -> Retriever:
    """The convex combination of ANSWERING.md: keyword score / its best and cosine scaled to [0, 1] over its pool; a
    passage that only one half brought counts as the other's last."""

    def search(question: str, k: int) -> list[Hit]:
        near, found = dense(question, pool), keyword(question, pool)
        least = min((hit.score for hit in near), default=0.0)
        spread = max((hit.score for hit in near), default=0.0) - least or 1.0
        best = max((hit.score for hit in found), default=0.0) or 1.0
        return _summed(
            [(hit.passage, (1 - weight) * (hit.score - least) / spread) for hit in near]
            + [(hit.passage, weight * hit.score / best) for hit in found]
        )[:k]

    return search


def _summed(parts: Iterable[tuple[Passage, float]]) -> list[Hit]:
    passages: dict[str, Passage] = {}
    scores: dict[str, float] = {}
    for passage, score in parts:
        passages[passage.passage_id] = passage
        scores[passage.passage_id] = scores.get(passage.passage_id, 0.0) + score
    return ranked((Hit(passages[name], score, 0) for name, score in scores.items()), len(scores))


# numbers


def measured(
    runs: Mapping[str, Mapping[str, float]], judged: Mapping[str, Iterable[str]], names: Sequence[str]
) -> dict[str, list[float]]:
    """Measure → one value a question, by ir_measures, whose names these are (`nDCG@10`, `R@100`). `runs` maps question
    to what was found with its score, `judged` to what is relevant. A question that found nothing counts as 0."""
    import ir_measures

    measures = {ir_measures.parse_measure(name): name for name in names}
    qrels = [ir_measures.Qrel(question, unit, 1) for question in runs for unit in judged[question]]
    scored = [ir_measures.ScoredDoc(q, unit, score) for q, run in runs.items() for unit, score in run.items()]
    values = {name: dict.fromkeys(runs, 0.0) for name in names}
    for metric in ir_measures.iter_calc(list(measures), qrels, scored):
        values[measures[metric.measure]][metric.query_id] = metric.value
    return {name: list(by_question.values()) for name, by_question in values.items()}


def mean(values: Iterable[float], seed: int = 0, rounds: int = 2000) -> str:
    """A mean with its 95 % bootstrap interval, as text."""
    sample = np.asarray(list(values), float)
    if not len(sample):
        return "–"
    draws = np.random.default_rng(seed).choice(sample, (rounds, len(sample))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{sample.mean():.3f} [{low:.3f}, {high:.3f}]"


def interval(values: Sequence[float], clusters: Sequence[str], seed: int = 0, *, signed: bool = False) -> str:
    """A mean with its 95 % interval, as text, where questions of one cluster stand or fall together."""
    found = intervals.estimate(intervals.mean(values), clusters, seed)
    if found is None:
        return "–"
    form = "{:+.3f}" if signed else "{:.3f}"
    if found.low is None or found.high is None:
        return f"{form.format(found.value)} [one cluster]"
    return f"{form.format(found.value)} [{form.format(found.low)}, {form.format(found.high)}]"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns of text, the first to the left."""
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    align: list[Callable[[str, int], str]] = [str.ljust, *[str.rjust] * (len(widths) - 1)]
    return "\n".join(
        "  ".join(f(cell, w) for f, cell, w in zip(align, line, widths, strict=True)).rstrip() for line in lines
    )
