"""The dev half of the golden questions flows in, the weights and thresholds of the evidence models flow out
(`alignment_qa/evidence.json`): `python -m eval.calibrate`. The test half cannot be loaded from here.

Fitted twice: on the articles as the adapter reads questions to them, and as if they were other people's (eval/shelves.py).
Each time two logistic models. The first scores a sentence; its labels are the golden quotes among all sentences retrieved. The
second gives the probability that there is an answer; beside the unanswerable questions it learns from answerable ones
whose documents were hidden from it, unless what is left still holds a vital nugget, and from everyday questions. What it
makes of the same questions put to libraries of a few articles, where less is near to anything, is shown.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from alignment_qa import Assistant, answerable, background
from alignment_qa.evidence import Evidence
from alignment_qa.extract import extract
from alignment_qa.types import Document, Hit
from eval import adapt
from eval.corpus import index_of
from eval.golden import ARTICLES, SHIPPED, Query, Reason, load, read_documents, spans_of, split_of
from eval.measures import held
from eval.shelves import shelf, shelves

MODEL = Path(answerable.__file__).with_name("evidence.json")
KEPT = 0.95  # share of the good answers to dev questions that must stay: the threshold is that quantile of theirs, over resamples
AGAINST = {"rank", "names_apart", "kind_late", "unheard"}  # what speaks against an answer; all others speak for one
SURE = {"hidden": 0.1, "lacking": 0.0}
"""Weights of questions that other documents may answer after all. Those about what one article lacks are only shown: learnt
from, with .1, .3 or 1, they made nothing better. Nor did what small libraries are asked, which is only shown as well."""
FOLDS = 20  # the threshold is taken from models without one of these parts, which are the nearer to the one kept the more they are
STRANGE = 15  # questions put to a small library that has no document for them
Matrix = NDArray[np.float64]
Found = Sequence[tuple[Query, list[Hit], Evidence]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.calibrate", description=__doc__)
    parser.add_argument("--golden", type=Path, default=SHIPPED)
    parser.add_argument("--write", action="store_true", help="write the fitted model; else only print")
    options = parser.parse_args()
    assistant = Assistant.open(index_of(ARTICLES))
    documents = read_documents(ARTICLES)
    queries = load(options.golden, "dev")
    usual = assistant.index.background() or 0.0
    for before in answerable.fitted().values():
        before["thresholds"]["background"] = usual  # that the features to come are measured against
    print(f"a cosine of {usual:.3f} is as near as passages come to most everyday questions")
    found = [(q, *_retrieved(q, assistant)) for q in queries]
    models = {answerable.TAUGHT: _model(answerable.TAUGHT, found, found, documents, assistant)}
    small = list(_on_shelves(queries, documents, assistant))
    assistant.index.taught = lambda: frozenset()  # type: ignore[method-assign]
    plain = [(q, *_retrieved(q, assistant)) for q in queries]
    with shelf(list(documents.values()), assistant.index) as alone:
        found = [(q, *_retrieved(q, alone)) for q in queries]
        models[answerable.OTHERS] = _model(answerable.OTHERS, [*plain, *found], found, documents, alone, small)
    if options.write:
        MODEL.write_text(json.dumps(models, indent=1) + "\n")
        print(f"written to {MODEL.name}")
    return 0


def _model(
    name: str,
    read: Found,
    found: Found,
    documents: Mapping[str, Document],
    assistant: Assistant,
    small: Iterable[Row] = (),
) -> dict[str, dict[str, float]]:
    """The weights of a sentence fitted to what is `read`, those of an answer and the thresholds to what this assistant has
    `found`; shown for `small` libraries as well. Articles that are taken for somebody else's are read as their own questions
    find them, too: what makes a sentence answer does not depend on that, and more of the golden ones are there."""
    slugs = {document.source.doc_id: slug for slug, document in documents.items()}
    dev = {slug: d for slug, d in documents.items() if split_of({"id": slug, "gold": [{"document": slug}]}) == "dev"}
    before = answerable.fitted()[name]
    sentence, lines = _fit_sentences(*_sentences(read, documents, slugs), before["sentence"])
    rows = [
        *_answers(found, slugs, assistant), *_own_questions(dev, assistant), *_lacking(dev, assistant),
        *_everyday(assistant), *small,
    ]  # fmt: skip
    answer, threshold, told = _fit_answers(rows)
    print(f"{name}:", *lines, *told, sep="\n", flush=True)
    thresholds = {"answers": threshold, "near": _near(rows), "background": before["thresholds"]["background"]}
    return {"sentence": sentence, "answer": answer, "thresholds": thresholds}


def _retrieved(query: Query, assistant: Assistant) -> tuple[list[Hit], Evidence]:
    asked = assistant.understand(query.question, query.history)
    hits = assistant.gather_hits(asked)
    return hits, assistant.gather_evidence(asked, hits)


def _sentences(
    found: Found, documents: Mapping[str, Document], slugs: Mapping[str, str]
) -> tuple[list[dict[str, float]], list[bool], list[str]]:
    features, labels, groups = [], [], []
    for query, _, gathered in found:
        if not query.answerable or gathered.question.kind == "example":
            continue  # a case is known by other signs than its closeness
        spans = [(g.document, *span) for g in query.gold for span in spans_of(g, documents[g.document])]
        for s in gathered.sentences:
            slug = slugs.get(s.passage.source.doc_id)
            features.append(dict(s.features))
            brings = s.passage.end if s.form == "lead_in" else s.end  # a lead-in is quoted with its list
            labels.append(any(slug == d and s.start < end and start < brings for d, start, end in spans))
            groups.append(query.id)
    return features, labels, groups


def _fit_sentences(
    features: list[dict[str, float]], labels: list[bool], groups: list[str], before: Mapping[str, float]
) -> tuple[dict[str, float], list[str]]:
    names = [name for name in before if name != "bias"]
    x = np.array([[row[name] for name in names] for row in features])
    y, ids = np.array(labels), np.array(groups)
    out = np.zeros(len(y))
    for train, test in GroupKFold(5).split(x, y, ids):
        weights, bias = _one_way(x[train], y[train], np.ones(len(train)), names, 0.01)
        out[test] = x[test] @ weights + bias
    old = x @ np.array([before[name] for name in names])
    weights, bias = _one_way(x, y, np.ones(len(y)), names, 0.01)
    lines = [
        f"sentences: {len(y)} of {len(set(groups))} questions, {int(y.sum())} golden",
        f"  weights before: P@1 {_first(old, y, ids):.3f}  MAP {_average(old, y, ids):.3f}",
        f"  refitted, 5-fold: P@1 {_first(out, y, ids):.3f}  MAP {_average(out, y, ids):.3f}",
    ]
    return {"bias": round(bias, 3), **{n: round(float(w), 3) for n, w in zip(names, weights, strict=True)}}, lines


@dataclass(frozen=True, slots=True)
class Row:
    """The evidence's features for a question, and whether it has an answer; `reason` is why not."""

    features: Mapping[str, float]
    cluster: str
    reason: str = ""
    good: bool = False
    """It is answered, and well: what declining it would lose."""
    ours: bool = False
    """An article's own question, easier than what people ask."""
    shelf: int = 0
    """How many articles the library has that was asked, where that is not all."""


def _answers(found: Found, slugs: Mapping[str, str], assistant: Assistant) -> list[Row]:
    rows = [
        Row(gathered.features, query.cluster, query.reason or "", _answered_well(query, gathered))
        for query, _, gathered in found
    ]
    for query, _, _ in found:
        if query.answerable and (hidden := _without_gold(query, slugs, assistant)):
            rows.append(Row(hidden, query.cluster, "hidden"))
    return rows


def _answered_well(query: Query, gathered: Evidence) -> bool:
    said = " ".join(draft.text for draft in extract(gathered))
    return query.answerable and held(query, said, "").get("good", 0.0) > 0


def _without_gold(query: Query, slugs: Mapping[str, str], assistant: Assistant) -> Mapping[str, float] | None:
    """The evidence for the question were its golden documents not in the corpus; None where others answer it too."""
    asked = assistant.understand(query.question, query.history)
    hidden = {gold.document for gold in query.gold}
    hits = [h for h in assistant.gather_hits(asked, 40) if slugs.get(h.passage.source.doc_id) not in hidden]
    hits = [replace(hit, rank=rank) for rank, hit in enumerate(hits[: assistant.config.k], 1)]
    text = " ".join(hit.passage.text for hit in hits)
    if any(nugget.vital and nugget.found_in(text) for nugget in query.nuggets):
        return None
    return assistant.gather_evidence(asked, hits).features


def _own_questions(documents: Mapping[str, Document], assistant: Assistant) -> Iterator[Row]:
    """Questions that the articles say they answer. The golden ones avoid an article's words, as people's do not always;
    without these the model would hold words in common against a passage."""
    for slug, document in documents.items():
        for question in document.questions[1:3]:
            asked = assistant.understand(question)
            yield Row(assistant.gather_evidence(asked, assistant.gather_hits(asked)).features, slug, ours=True)


def _everyday(assistant: Assistant) -> Iterator[Row]:
    """Questions about anything else."""
    for question in background.questions():
        asked = assistant.understand(question)
        yield Row(assistant.gather_evidence(asked, assistant.gather_hits(asked)).features, question, "everyday")


def _on_shelves(queries: Sequence[Query], documents: Mapping[str, Document], assistant: Assistant) -> Iterator[Row]:
    """Questions put to libraries of a few articles: those that they answer, near misses, and some that they have nothing on."""
    draw = random.Random(0)
    asked = [query for query in queries if not query.history]
    telling = {query.cluster for query in asked if query.answerable}
    golden = {query.id: {gold.document for gold in query.gold} for query in asked}
    for names, alone in shelves({name: documents[name] for name in telling}, assistant.index):
        held_here = " ".join(documents[name].text for name in names)
        ours = [query for query in asked if query.answerable and golden[query.id] <= names]
        missed = [query for query in asked if query.reason == "near_miss" and query.about in names]
        others = [query for query in asked if query.answerable and not golden[query.id] & names]
        strange = [
            query
            for query in draw.sample(others, STRANGE)
            if not any(nugget.vital and nugget.found_in(held_here) for nugget in query.nuggets)
        ]
        for reason, some in (("", ours), ("near_miss", missed), ("absent", strange)):
            for query in some:
                _, gathered = _retrieved(query, alone)
                good = not reason and _answered_well(query, gathered)
                yield Row(gathered.features, query.cluster, reason, good, shelf=len(names))


def _lacking(documents: Mapping[str, Document], assistant: Assistant) -> Iterator[Row]:
    """Training questions about something that the article is known to lack. Other articles were not searched for it."""
    for line in adapt.lines():
        if line["article"] in documents and not line["answered_by"]:
            asked = assistant.understand(line["question"])
            yield Row(
                assistant.gather_evidence(asked, assistant.gather_hits(asked)).features, line["article"], "lacking"
            )


def _fit_answers(rows: Sequence[Row]) -> tuple[dict[str, float], float, list[str]]:
    names = [name for name in rows[0].features if name not in answerable.UNWEIGHED]
    promised = np.array([row.features["promised"] for row in rows])
    x = np.array([[row.features[name] for name in names] for row in rows])
    y = np.array([not row.reason for row in rows])
    reasons, groups = np.array([row.reason for row in rows]), np.array([row.cluster for row in rows])
    shelf = np.array([row.shelf for row in rows])
    sure = np.array([SURE.get(reason, 1.0) for reason in reasons]) * (shelf == 0)
    out = np.zeros(len(y))
    for train, test in GroupKFold(FOLDS).split(x, y, groups):
        weights, bias = _one_way(x[train], y[train], sure[train], names, 0.1)
        out[test] = np.maximum(1 / (1 + np.exp(-(x[test] @ weights + bias))), promised[test])
    weights, bias = _one_way(x, y, sure, names, 0.1)
    asked = y & ~np.array([row.ours for row in rows]) & (shelf == 0)
    well = np.array([row.good for row in rows])
    good = well & (shelf == 0)
    drawn = np.random.default_rng(0).choice(out[good], (1000, int(good.sum())))  # one quantile of so few jumps
    threshold = float(np.quantile(drawn, 1 - KEPT, axis=1).mean())
    lines = [
        f"answers: {int((y & (shelf == 0)).sum())} answerable; threshold {threshold:.3f} keeps {KEPT:.0%} of the {int(good.sum())} good ones and "
        f"{(out[asked] >= threshold).mean():.1%} of the {int(asked.sum())} golden ones; {FOLDS}-fold:"
    ]
    for reason in sorted(set(reasons[shelf == 0]) - {""}):
        these = (reasons == reason) & (shelf == 0)
        auroc = roc_auc_score(asked[asked | these], out[asked | these])
        lines.append(
            f"  {reason:14} {these.sum():4d}  AUROC {auroc:.3f}  declined {(out[these] < threshold).mean():.2f}"
        )
    for size in sorted(set(shelf) - {0}):
        told = {
            "good ones kept": out[well & (shelf == size)] >= threshold,
            "near misses declined": out[(reasons == "near_miss") & (shelf == size)] < threshold,
            "others declined": out[(reasons == "absent") & (shelf == size)] < threshold,
        }
        lines.append(f"  {size} articles: " + ", ".join(f"{n} {t.mean():.2f} of {len(t)}" for n, t in told.items()))
    fitted = {"bias": round(bias, 3), **{n: round(float(w), 3) for n, w in zip(names, weights, strict=True)}}
    return fitted, round(threshold, 3), lines


def _near(rows: Sequence[Row]) -> float:
    """The passage cosine that best tells a question about another field from one that is only not answered here."""
    rows = [row for row in rows if row.reason in get_args(Reason) and not row.shelf]
    cosines = np.array([row.features["nearest"] for row in rows])
    outside = np.array([row.reason == "out_of_scope" for row in rows])
    told = [((cosines[outside] < c).mean() + (cosines[~outside] >= c).mean(), float(c)) for c in cosines]
    return round(max(told)[1], 3)


def _one_way(x: Matrix, y: NDArray[np.bool_], sure: Matrix, names: Sequence[str], c: float) -> tuple[Matrix, float]:
    """A logistic model in which each feature pushes the way its meaning says; one that would not is given no weight."""
    way = np.array([-1.0 if name in AGAINST else 1.0 for name in names])
    used = np.ones(len(names), bool)
    while True:
        weights = np.zeros(len(names))
        weights[used], bias = _logistic(x[:, used], y, c, sure)
        if (weights * way >= 0).all():
            return weights, bias
        used &= weights * way >= 0


def _logistic(x: Matrix, y: NDArray[np.bool_], c: float, sure: Matrix) -> tuple[Matrix, float]:
    """Weights and bias on the raw features, fitted on standardised ones; `sure` is what each row counts."""
    x, y, sure = x[sure > 0], y[sure > 0], sure[sure > 0]
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread == 0, 1.0, spread)
    fitted = LogisticRegression(C=c, max_iter=2000).fit((x - mean) / spread, y, sure)
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
