"""Does this text support this sentence? A calibrated probability, and a veto for facts that the text does not hold.

Coverage and closeness alone accept nearly every false fact that is put into true words, so what `wrong` finds
decides against a sentence, whatever else agrees. The weights come from labelled sentences: `benchmarks/support.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from alignment_qa import facts
from alignment_qa.encoders import Vectors
from alignment_qa.facts import negated as negated
from alignment_qa.facts import numbers as numbers
from alignment_qa.lexical import terms
from alignment_qa.turned import turned
from alignment_qa.types import Support

Encode = Callable[[Sequence[str]], Vectors]
Rarity = Callable[[Sequence[str]], Mapping[str, float]]

Checker = Callable[[str, Sequence[str]], float]
"""A sentence and the texts that should carry it → the probability that they do, in [0, 1]."""

Judge = Callable[[str, str], float]
"""A sentence and one text → the probability that the text carries it: a cross-encoder, an NLI or a chat model."""

KEPT = 20_000  # texts whose vectors a checker keeps
NEAREST = 3  # texts whose words may stand for the sentence's
SHORT, COVERED = 4, 0.65
"""A sentence of so few terms ("kelp is a fish") is as near to a text about its subject as a true one; of its term weight so
much must be held. On AttributionBench that costs a twelfth of such sentences that are supported and a third of the others."""
AKIN = 0.4  # cosine of two words from which the one begins to stand for the other


def checker(encode: Encode, rarity: Rarity) -> Checker:
    """The offline check, over an encoder (texts → unit vectors) and the corpus's term weights."""
    remembered = encode if isinstance(encode, Remembered) else Remembered(encode)

    def check(sentence: str, texts: Sequence[str]) -> float:
        if not texts or not terms(sentence):
            return 0.0
        if wrong(sentence, texts):
            return _model()["thresholds"]["vetoed"]
        features = measure(sentence, texts, remembered, rarity)
        if features["covered"] < COVERED and len(set(terms(sentence))) <= SHORT:
            return _model()["thresholds"]["vetoed"]
        return probability(features)

    return check


def judged(judge: Judge, together: int = NEAREST) -> Checker:
    """Another model as the checker, behind the same call and the same veto. It reads the `together` texts that share
    most words with the sentence, in their order, and each of them alone; its best verdict counts."""

    def check(sentence: str, texts: Sequence[str]) -> float:
        words = set(terms(sentence))
        if not texts or not words:
            return 0.0
        if wrong(sentence, texts):
            return _model()["thresholds"]["vetoed"]
        order = sorted(range(len(texts)), key=lambda i: -len(words & set(terms(texts[i]))))[:together]
        readings = dict.fromkeys([" ".join(texts[i] for i in sorted(order)), *(texts[i] for i in order[:1])])
        return max(min(max(judge(sentence, text), 0.0), 1.0) for text in readings)

    return check


def wrong(sentence: str, texts: Sequence[str]) -> str | None:
    """What in the sentence the texts together do not hold or turn round, in a few words; None where nothing is found."""
    return facts.lacking(sentence, texts) or turned(sentence, texts)


def verdict(probability: float) -> Support:
    """The word for a probability; the thresholds come with the model."""
    limits = _model()["thresholds"]
    if probability >= limits["supported"]:
        return "supported"
    return "partial" if probability >= limits["partial"] else "unsupported"


def probability(features: Mapping[str, float]) -> float:
    """A logistic model of `measure`'s features."""
    weight = _model()["weights"]
    score = weight["bias"] + sum(weight[name] * value for name, value in features.items())
    return 1 / (1 + math.exp(-score))


def measure(sentence: str, texts: Sequence[str], encode: Encode, rarity: Rarity) -> dict[str, float]:
    """How far the texts carry the sentence: term weight held by the nearest of them, words that mean the same counted in
    part; neighbouring terms held; cosine to the nearest; numbers and names in none of them, three at most. (Terms held by
    all texts or by the best one, threes of terms, further cosines and a denial more or less added nothing.)"""
    ordered = terms(sentence)
    weight = rarity(list(dict.fromkeys(ordered)))
    own, *others = encode([sentence, *texts])
    cosines = np.array(others) @ own
    near = [texts[i] for i in np.argsort(-cosines, kind="stable")[:NEAREST]]
    pairs = set(pairwise(ordered))
    held = {pair for text in texts for pair in pairwise(terms(text))}
    return {
        "covered": sum(weight[w] * s for w, s in _akin(sentence, near, encode).items()) / (sum(weight.values()) or 1.0),
        "pairs": len(pairs & held) / len(pairs) if pairs else 0.0,
        "nearest": float(cosines.max()),
        "missing": float(min(facts.missing(sentence, texts), 3)),
    }


def _akin(sentence: str, near: Sequence[str], encode: Encode) -> dict[str, float]:
    """Each term of the sentence with how far the texts hold it, in [0, 1]: 1 for the term itself, less for a word whose
    vector is near its own ("automobile" for "car")."""
    ours, theirs = facts.surfaces(sentence), facts.surfaces(" ".join(near))
    result = {term: float(term in theirs) for term in ours}
    lacking = [term for term, share in result.items() if not share]
    if lacking and theirs:
        known = list(theirs.values())
        rows = encode([*(ours[term] for term in lacking), *known])
        cosines = (rows[: len(lacking)] @ rows[len(lacking) :].T).max(axis=1)
        result.update({t: max(0.0, (float(c) - AKIN) / (1 - AKIN)) for t, c in zip(lacking, cosines, strict=True)})
    return result


class Remembered:
    """An encoder that encodes a text once: the passages of an answer are checked against again with each sentence."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._rows: dict[str, Vectors] = {}

    def learn(self, texts: Sequence[str], rows: Vectors) -> None:
        """Take over the vectors of texts that were encoded before."""
        if len(self._rows) + len(texts) <= KEPT:
            self._rows.update(zip(texts, rows, strict=True))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        rows = self._rows
        new = list(dict.fromkeys(text for text in texts if text not in rows))
        if len(rows) + len(new) > KEPT:
            self._rows = rows = {}
            new = list(dict.fromkeys(texts))
        if new:
            rows.update(zip(new, self._encode(new), strict=True))
        return np.array([rows[text] for text in texts])


@lru_cache(maxsize=1)
def _model() -> dict[str, dict[str, float]]:
    """The fitted weights and thresholds: written by benchmarks/support.py, never by hand."""
    loaded: dict[str, dict[str, float]] = json.loads(Path(__file__).with_name("support.json").read_text())
    return loaded
