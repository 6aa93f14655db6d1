"""How well the check of written sentences tells what a text supports from what it does not, and the fitting of it.

AttributionBench (2402.15089; its dev part is all that is fitted on): sentences of answers with their sources and a
person's label; AUROC and macro-F1 with questions held out (in distribution) and with a whole collection held out (out of
distribution). RGB (2309.01431; tested on only): facts put into statements, true and falsified, against documents that say
the one or the other. Lies: sentences of our own articles with one fact changed, against the passage that they are from.
`--write` fits on all of AttributionBench's part and writes alignment_qa/support.json.

Tried beside the four features, by collection held out, and not kept: coverage by the nearest sentence, two or three of them,
words of like meaning counted in part (by the encoder or its table of words), the weight and the longest run of words that no
text holds, coverage and cosine of each clause, cosine to the second and third sentence and to the plane of the nearest four,
how many texts there are, a negation, the vetoes themselves; boosted trees on all of it (better with questions held out, worse
with collections). A veto on names and figures that do not meet in one stretch of a source lost more true facts than it
caught false ones. ExpertQA stays near chance with all of them, and the other collections do not."""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from alignment_qa import encoders, support
from alignment_qa.lexical import terms
from alignment_qa.sentences import sentence_spans
from benchmarks.common import SHARED, arguments, limited, table
from eval import intervals, perturbations
from eval.golden import ARTICLES, read_documents

MODEL = Path(support.__file__).with_name("support.json")
REJECTED = 0.08  # share of the supported that may be left out: the threshold of `partly` is that quantile
LONGEST = 20_000  # characters of a source that are read

AIMS = (
    "Aims: AUROC .82 in and .90 out of distribution; false facts accepted .02 at most, true ones rejected .08 at most."
)


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence, the sentences of its sources, the label; `group` falls into one fold, `collection` is where it is from."""

    sentence: str
    texts: tuple[str, ...]
    supported: bool
    group: str
    collection: str


def main() -> None:
    parser = arguments(__doc__, "attributionbench")
    parser.add_argument("--facts", type=Path, default=SHARED / "rgb", help="folder of RGB")
    parser.add_argument("--write", action="store_true", help="fit and write alignment_qa/support.json")
    options = parser.parse_args()
    if options.path.exists():
        rows = attribution(options.path)
        rows = list(limited(dict(enumerate(rows)), options.limit, options.seed).values())
        features = measured(rows, _encode())
        if options.write:
            write(features, rows)
        _labelled(rows, features, options.seed)
    if options.facts.exists():
        told = statements(options.facts)
        _factual("RGB, statements", told, options.seed)
        _factual("RGB, sentences", falsified(options.facts), options.seed)
    _factual("our articles, lies", lies(options.seed), options.seed)
    print(AIMS)


def _labelled(rows: Sequence[Row], features: NDArray[np.float64], seed: int) -> None:
    labels = np.array([row.supported for row in rows])
    collections = np.array([row.collection for row in rows])
    held_out, strange = out_of_fold(features, rows), np.zeros(len(rows))
    for one in np.unique(collections):
        away = collections != one
        strange[~away] = _fit(features[away], labels[away]).predict_proba(features[~away])[:, 1]
    chance = np.random.default_rng(seed).permutation(len(rows))  # the order of a file says nothing
    lines = []
    for name, scores in (("questions held out", held_out), ("collection held out", strange)):
        for what in ("all", *np.unique(collections)):
            kept = [i for i in chance if what in ("all", collections[i])]
            values = scores[kept], labels[kept], [rows[i].group for i in kept]
            lines.append([name if what == "all" else f"  {what}", str(len(kept)), *_measures(*values, seed)])
    print(table(["AttributionBench", "sentences", "AUROC", "macro-F1"], lines))


def _measures(scores: NDArray[np.float64], labels: NDArray[np.bool_], groups: Sequence[str], seed: int) -> list[str]:
    return [
        _told(intervals.estimate(statistic, groups, seed))
        for statistic in (intervals.auroc(scores, labels), _macro_f1(scores >= 0.5, labels))
    ]


def _macro_f1(said: NDArray[np.bool_], labels: NDArray[np.bool_]) -> intervals.Statistic:
    def of(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        values = []
        for side in (True, False):
            right = weights @ ((said == side) & (labels == side))
            values.append(2 * right / (weights @ (said == side) + weights @ (labels == side)))
        result: NDArray[np.float64] = np.mean(values, axis=0)
        return result

    return of


def _factual(name: str, rows: Sequence[Row], seed: int) -> None:
    """What is shown of the false and left out of the true, by the whole check and by the veto alone."""
    check = support.checker(_encode(), rarity_of(rows))
    lines = []
    for true in (False, True):
        asked = [row for row in rows if row.supported == true]
        found = [check(row.sentence, row.texts) for row in asked]
        groups = [row.group for row in asked]
        states = {
            "shown as supported": [support.verdict(p) == "supported" for p in found],
            "shown at all": [support.verdict(p) != "unsupported" for p in found],
            "not vetoed": [support.wrong(row.sentence, row.texts) is None for row in asked],
        }
        for state, held in states.items():
            lines.append(["true" if true else "false", state, f"{sum(held)} of {len(held)}", _told(intervals.estimate(intervals.mean([float(h) for h in held]), groups, seed))])  # fmt: skip
    print(table([name, "", "", "share"], lines))


def _told(found: intervals.Estimate | None) -> str:
    if found is None:
        return "–"
    return f"{found.value:.3f}" + ("" if found.low is None else f" [{found.low:.3f}, {found.high:.3f}]")


# what is measured


def attribution(path: Path) -> list[Row]:
    """The labelled sentences of a folder's (or file's) JSON lines, without Markdown's marks and citation numbers."""
    rows = []
    for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
        for line in file.read_text(encoding="utf-8").splitlines():
            value = json.loads(line)
            texts = [s for reference in value["references"] for s in _sentences(reference[:LONGEST])]
            label = value["attribution_label"] == "attributable"
            sentence = re.sub(r"\s*\[\^?\d[\d,\s]*\]|\*\*", "", value["claim"])
            rows.append(Row(sentence, tuple(texts) or ("",), label, value["question"], value["src_dataset"]))
    return rows


def _sentences(text: str) -> list[str]:
    text = re.sub(r"[ \t]+", " ", text)
    return [text[start:end][:1500] for start, end in sentence_spans(text)]


def _facts(path: Path) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Each record with its answer and the false one, in one spelling."""
    for value in json.loads(f"[{','.join((path / 'data' / 'en_fact.json').read_text(encoding='utf-8').splitlines())}]"):
        yield value, _first(value["answer"]), _first(value["fakeanswer"])


def _first(answer: Any) -> str:
    while isinstance(answer, list):
        answer = answer[0]
    return str(answer)


def statements(path: Path) -> list[Row]:
    """Question and answer as one sentence, the true and the false, against the documents that say the one, and against
    those that say the other."""
    rows = []
    for value, true, false in _facts(path):
        for documents, right, wrong in ((value["positive"], true, false), (value["positive_wrong"], false, true)):
            texts = tuple(s for text in documents for s in _sentences(text))
            for answer, supported in ((right, True), (wrong, False)):
                rows.append(Row(_stated(value["query"], answer), texts, supported, str(value["id"]), "rgb"))
    return rows


def _stated(question: str, answer: str) -> str:
    """ "Who won X?" and a name → "Name won X." """
    asked = question.strip().rstrip("?")
    for pattern, form in (
        (r"(?:on what date |when )(was|is|will|are) (.*)", "{1} {0} on {answer}."),
        (r"when (?:did|does|do) (.*)", "{0} on {answer}."),
        (r"who (.*)", "{answer} {0}."),
        (r"(?:what|which) (is|was|are|were) (.*)", "{1} {0} {answer}."),
        (r"(?:what|which) \w+ (.*)", "{answer} {0}."),
    ):
        if found := re.match(pattern, asked, re.I):
            stated = form.format(*found.groups(), answer=answer)
            return stated[:1].upper() + stated[1:]
    return f"{asked}: {answer}."


def falsified(path: Path) -> list[Row]:
    """Sentences of the falsified documents, against the true document and against the false one they are from."""
    rows = []
    for value, _, _ in _facts(path):
        for right, wrong in zip(value["positive"], value["positive_wrong"], strict=False):
            true, false = _sentences(right), _sentences(wrong)
            for sentence in (s for s in false if s not in true and len(terms(s)) > 2):
                rows.append(Row(sentence, tuple(true), False, str(value["id"]), "rgb"))
                rows.append(Row(sentence, tuple(false), True, str(value["id"]), "rgb"))
    return rows


def lies(seed: int, most: int = 400) -> list[Row]:
    """Sentences of our own articles with one fact changed (a figure, a name, a negation, an opposite), against the
    five sentences around the true one; and the same sentence reworded by rule, as true."""
    rng = random.Random(seed)
    documents = read_documents(ARTICLES)
    people = sorted({name for document in documents.values() for name in _people(document.text)})
    rows = []
    for slug, document in documents.items():
        spans = sentence_spans(document.text)
        for at in rng.sample(range(len(spans)), min(len(spans), 12)):
            sentence = document.text[slice(*spans[at])]
            around = tuple(document.text[slice(*span)] for span in spans[max(0, at - 2) : at + 3])
            if len(sentence.split()) < 8 or not sentence.endswith("."):
                continue
            for lie in _lies(sentence, people, rng):
                rows.append(Row(lie, around, False, slug, "lies"))
            if reworded := _reworded(sentence):
                rows.append(Row(reworded, around, True, slug, "lies"))
    rng.shuffle(rows)
    return rows[: 2 * most]


def _people(text: str) -> list[str]:
    return re.findall(r"(?<=[a-z,] )[A-Z][a-z]+ [A-Z][a-z]{2,}(?=[ ,.])", text)


def _lies(sentence: str, people: Sequence[str], rng: random.Random) -> Iterator[str]:
    if name := next(iter(_people(sentence)), None):
        yield sentence.replace(
            name, rng.choice([other for other in people if not set(other.split()) & set(name.split())])
        )
    turned = perturbations.opposite(sentence, rng)
    if not turned.startswith("It is not the case"):
        yield turned


def _reworded(sentence: str) -> str | None:
    """A clause moved or dropped, nothing said that was not: what a fair writer does with a source."""
    for pattern, form in (
        (r"^(.{20,}), (?:because|since) (.{15,})\.$", "Because {1}, {0}."),
        (r"^(?:If|When) (.{10,}?), (.{15,})\.$", "{1} if {0}."),
        (r"^(.{25,}?), (?:which|who|and|but) .{15,}\.$", "{0}."),
        (r"^(.{25,}?) \([^()]{5,}\)(.*)\.$", "{0}{1}."),
        (r"^(.{30,}?); .{15,}\.$", "{0}."),
    ):
        if found := re.match(pattern, sentence):
            reworded = form.format(*found.groups())
            return reworded[:1].upper() + reworded[1:]
    return None


# fitting


def rarity_of(rows: Iterable[Row]) -> support.Rarity:
    """Term weights of the texts that are checked against, as the product has them of its passages."""
    texts = {text for row in rows for text in (row.sentence, *row.texts)}
    frequency = Counter(term for text in texts for term in set(terms(text)))
    return lambda words: {word: math.log(1 + len(texts) / (0.5 + frequency[word])) for word in words}


def _encode() -> support.Encode:
    return encoders.load().encode


def measured(rows: Sequence[Row], encode: support.Encode) -> NDArray[np.float64]:
    """(rows, features), in the order of support.json's weights."""
    from tqdm import tqdm

    rarity, remembered = rarity_of(rows), support.Remembered(encode)
    values = [support.measure(row.sentence, row.texts, remembered, rarity) for row in tqdm(rows, disable=None)]
    return np.array([list(value.values()) for value in values])


def out_of_fold(features: NDArray[np.float64], rows: Sequence[Row]) -> NDArray[np.float64]:
    """The probability of each row by a model that saw no row of its group."""
    labels, groups = np.array([row.supported for row in rows]), [row.group for row in rows]
    scores = np.zeros(len(rows))
    for learnt, asked in GroupKFold(5).split(features, labels, groups):
        scores[asked] = _fit(features[learnt], labels[learnt]).predict_proba(features[asked])[:, 1]
    return scores


class _Scaled:
    """A logistic model over standardised features."""

    def __init__(self, features: NDArray[np.float64], labels: NDArray[np.bool_]) -> None:
        self.scaler = StandardScaler().fit(features)
        self.model = LogisticRegression(C=0.1).fit(self.scaler.transform(features), labels)

    def predict_proba(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = self.model.predict_proba(self.scaler.transform(features))
        return result

    def raw(self) -> tuple[float, NDArray[np.float64]]:
        """Bias and weights for features as they are."""
        weights = self.model.coef_[0] / self.scaler.scale_
        return float(self.model.intercept_[0] - weights @ self.scaler.mean_), weights


_fit: Callable[[NDArray[np.float64], NDArray[np.bool_]], _Scaled] = _Scaled


def write(features: NDArray[np.float64], rows: Sequence[Row]) -> None:
    """Fit on all rows; `supported` from an even chance, `partial` where REJECTED of the supported, held out, fall below."""
    labels = np.array([row.supported for row in rows])
    bias, weights = _fit(features, labels).raw()
    names = list(support.measure("a fact", ["a fact"], _encode(), rarity_of(rows)))
    partial = float(np.quantile(out_of_fold(features, rows)[labels], REJECTED))
    model: Mapping[str, Mapping[str, float]] = {
        "weights": {"bias": round(bias, 3), **{n: round(float(w), 3) for n, w in zip(names, weights, strict=True)}},
        "thresholds": {"supported": 0.5, "partial": round(partial, 3), "vetoed": round(partial / 2, 3)},
    }
    MODEL.write_text(json.dumps(model, indent=1) + "\n")
    print(f"Written: {MODEL}")


if __name__ == "__main__":
    main()
