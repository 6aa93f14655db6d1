"""The dev half of the golden questions flows in, the weights and thresholds of the evidence model flow out
(`alignment_qa/evidence.json`): `python -m eval.calibrate`. The test half cannot be loaded from here.

Two logistic models. The first scores a sentence; its labels are the golden quotes among all sentences retrieved. The
second gives the probability that there is an answer; beside the unanswerable questions it learns from answerable ones
whose documents were hidden from it, unless what is left still holds a vital nugget.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from alignment_qa import Assistant, evidence
from alignment_qa.encoders import Vectors
from alignment_qa.evidence import Evidence
from alignment_qa.question import understand
from alignment_qa.types import Document, Hit
from eval.corpus import index_of
from eval.golden import ARTICLES, SHIPPED, Query, load, read_documents, spans_of

MODEL = Path(evidence.__file__).with_name("evidence.json")
KEPT = 0.97  # share of answerable dev questions that must stay answered: the threshold is that quantile
Matrix = NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.calibrate", description=__doc__)
    parser.add_argument("--golden", type=Path, default=SHIPPED)
    parser.add_argument("--write", action="store_true", help="write the fitted model; else only print")
    options = parser.parse_args()
    assistant = Assistant.open(index_of(ARTICLES))
    documents = read_documents(ARTICLES)
    slugs = {document.source.doc_id: slug for slug, document in documents.items()}
    queries = [q for q in load(options.golden, "dev") if not q.history]
    found = [(q, *_retrieved(q, assistant)) for q in queries]
    model = json.loads(MODEL.read_text())

    features, labels, groups = _sentences(found, documents, slugs)
    names = list(model["sentence"])
    weights, lines = _fit_sentences(features, labels, groups, names, model["sentence"])
    print("\n".join(lines))
    model["sentence"] = weights

    rows, answerable, clusters = _answers(found, slugs, assistant)
    weights, threshold, lines = _fit_answers(rows, answerable, clusters)
    print("\n".join(lines))
    model["answer"] = weights
    model["thresholds"]["answers"] = threshold
    if options.write:
        MODEL.write_text(json.dumps(model, indent=1) + "\n")
        print(f"written to {MODEL.name}")
    return 0


def _retrieved(query: Query, assistant: Assistant) -> tuple[list[Hit], Evidence]:
    asked = understand(query.question)
    hits = assistant.gather_hits(asked)
    return hits, evidence.gather(asked, hits, assistant.index, assistant.index.encode(query.question))


Found = Sequence[tuple[Query, list[Hit], Evidence]]


def _sentences(
    found: Found, documents: Mapping[str, Document], slugs: Mapping[str, str]
) -> tuple[list[dict[str, float]], list[bool], list[str]]:
    features, labels, groups = [], [], []
    for query, _, gathered in found:
        if not query.answerable:
            continue
        spans = [(g.document, *span) for g in query.gold for span in spans_of(g, documents[g.document])]
        for s in gathered.sentences:
            slug = slugs.get(s.passage.source.doc_id)
            features.append(dict(s.features))
            labels.append(any(slug == d and s.start < end and start < s.end for d, start, end in spans))
            groups.append(query.id)
    return features, labels, groups


def _fit_sentences(
    features: list[dict[str, float]], labels: list[bool], groups: list[str], names: list[str], before: dict[str, float]
) -> tuple[dict[str, float], list[str]]:
    x = np.array([[row[name] for name in names] for row in features])
    y, ids = np.array(labels), np.array(groups)
    out = np.zeros(len(y))
    for train, test in GroupKFold(5).split(x, y, ids):
        weights, bias = _logistic(x[train], y[train], c=0.3)
        out[test] = x[test] @ weights + bias
    old = x @ np.array([before[name] for name in names])
    weights, _ = _logistic(x, y, c=0.3)
    scale = float(np.abs(weights).max()) or 1.0
    lines = [
        f"sentences: {len(y)} of {len(set(groups))} questions, {int(y.sum())} golden",
        f"  weights before: P@1 {_first(old, y, ids):.3f}  MAP {_average(old, y, ids):.3f}",
        f"  refitted, 5-fold: P@1 {_first(out, y, ids):.3f}  MAP {_average(out, y, ids):.3f}",
    ]
    return dict(zip(names, (round(float(w) / scale, 3) for w in weights), strict=True)), lines


def _answers(
    found: Found, slugs: Mapping[str, str], assistant: Assistant
) -> tuple[list[Mapping[str, float]], list[bool], list[str]]:
    rows, answerable, clusters = [], [], []
    for query, _, gathered in found:
        rows.append(gathered.features)
        answerable.append(query.answerable)
        clusters.append(query.cluster)
        for hidden in _without_gold(query, slugs, assistant) if query.answerable else ():
            rows.append(hidden)
            answerable.append(False)
            clusters.append(query.cluster)
    return rows, answerable, clusters


def _without_gold(query: Query, slugs: Mapping[str, str], assistant: Assistant) -> Iterator[Mapping[str, float]]:
    """The evidence for the question were its golden documents not in the corpus."""
    asked = understand(query.question)
    hidden = {gold.document for gold in query.gold}
    hits = [h for h in assistant.gather_hits(asked, 40) if slugs.get(h.passage.source.doc_id) not in hidden]
    hits = [replace(hit, rank=rank) for rank, hit in enumerate(hits[: assistant.config.k], 1)]
    text = " ".join(hit.passage.text for hit in hits)
    if any(nugget.vital and nugget.found_in(text) for nugget in query.nuggets):
        return
    blind = _Blind(assistant, {d for d, slug in slugs.items() if slug in hidden})
    yield evidence.gather(asked, hits, blind, assistant.index.encode(query.question)).features


class _Blind:
    """The index as if some documents were not in it."""

    def __init__(self, assistant: Assistant, hidden: set[str]) -> None:
        self._hidden = hidden
        self.vectors = assistant.index.vectors
        self.frequency = assistant.index.frequency
        self.count = assistant.index.count
        self._asked = assistant.index.asked

    def asked(self, vector: Vectors, k: int = 8) -> list[tuple[str, float]]:
        return [(doc_id, cosine) for doc_id, cosine in self._asked(vector, 3 * k) if doc_id not in self._hidden][:k]


def _fit_answers(
    rows: Sequence[Mapping[str, float]], answerable: list[bool], clusters: list[str]
) -> tuple[dict[str, float], float, list[str]]:
    names = list(rows[0])
    x = np.array([[row[name] for name in names] for row in rows])
    y, groups = np.array(answerable), np.array(clusters)
    out = np.zeros(len(y))
    for train, test in GroupKFold(5).split(x, y, groups):
        weights, bias = _logistic(x[train], y[train], c=1.0)
        out[test] = 1 / (1 + np.exp(-(x[test] @ weights + bias)))
    weights, bias = _logistic(x, y, c=1.0)
    threshold = float(np.quantile(out[y], 1 - KEPT))
    lines = [
        f"answers: {int(y.sum())} answerable, {int((~y).sum())} not",
        f"  5-fold AUROC {roc_auc_score(y, out):.3f}",
        f"  threshold {threshold:.3f} keeps {KEPT:.0%} of answerable, declines {(out[~y] < threshold).mean():.1%} of the others",
    ]
    fitted = {"bias": round(float(bias), 3), **{n: round(float(w), 3) for n, w in zip(names, weights, strict=True)}}
    return fitted, round(threshold, 3), lines


def _logistic(x: Matrix, y: NDArray[np.bool_], c: float) -> tuple[Matrix, float]:
    """Weights and bias on the raw features, fitted on standardised ones with both classes weighing the same."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread == 0, 1.0, spread)
    fitted = LogisticRegression(C=c, class_weight="balanced", max_iter=2000).fit((x - mean) / spread, y)
    weights = fitted.coef_[0] / spread
    return weights, float(fitted.intercept_[0] - weights @ mean)


def _first(scores: Matrix, y: NDArray[np.bool_], ids: NDArray[np.str_]) -> float:
    """Share of questions whose best sentence is golden."""
    return float(np.mean([y[ids == i][scores[ids == i].argmax()] for i in np.unique(ids)]))


def _average(scores: Matrix, y: NDArray[np.bool_], ids: NDArray[np.str_]) -> float:
    """Mean average precision over questions with a golden sentence retrieved."""
    values = []
    for i in np.unique(ids):
        ranks = np.flatnonzero(y[ids == i][np.argsort(-scores[ids == i])]) + 1
        if len(ranks):
            values.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
    return float(np.mean(values))


if __name__ == "__main__":
    sys.exit(main())
