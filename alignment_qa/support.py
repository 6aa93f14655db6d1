"""Does this text support this sentence? A calibrated probability, and a veto for facts that the text does not hold.

Coverage and closeness alone accept nearly every false fact that is put into true words, so what `wrong` finds
decides against a sentence, whatever else agrees. The weights come from labelled sentences: `benchmarks/support.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from threading import Lock, Thread

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

KEPT = 20_000  # texts whose vectors a checker keeps, and whose terms are
NEAREST = 3  # texts that another checker reads
SHORT, COVERED = 4, 0.55
"""A sentence of so few terms ("kelp is a fish") is as near to a text about its subject as a true one; of its term weight so
much must be held. On AttributionBench that costs 2 of 12 such sentences that are supported, and 8 of 19 of the others."""


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
    """How far the texts carry the sentence: term weight that they hold together; terms that stand next to each other, or
    with one between, as they do in a text; cosine to the nearest; numbers in none of them, three at most.

    With a whole collection held out, nothing that was tried beside them told more: benchmarks/support.py says what."""
    ordered = terms(sentence)
    weight = rarity(list(dict.fromkeys(ordered)))
    own, *others = encode([sentence, *texts])
    held = {term for text in texts for term in _terms(text)}
    beside = _beside(sentence)
    known = {pair for text in texts for pair in _beside(text)}
    return {
        "covered": sum(value for term, value in weight.items() if term in held) / (sum(weight.values()) or 1.0),
        "pairs": len(beside & known) / len(beside) if beside else 0.0,
        "nearest": float((np.array(others) @ own).max()),
        "numbers": float(min(facts.missing(sentence, texts), 3)),
    }


@lru_cache(KEPT)
def _terms(text: str) -> tuple[str, ...]:
    return tuple(terms(text))


@lru_cache(KEPT)
def _beside(text: str) -> frozenset[tuple[str, str]]:
    words = _terms(text)
    return frozenset([*pairwise(words), *zip(words, words[2:], strict=False)])


class Remembered:
    """An encoder that encodes a text once: the passages of an answer are checked against again with each sentence."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._rows: dict[str, Vectors] = {}
        self._one_at_a_time = Lock()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        with self._one_at_a_time:
            new = list(dict.fromkeys(text for text in texts if text not in self._rows))
            if len(self._rows) + len(new) > KEPT:
                self._rows = {}
                new = list(dict.fromkeys(texts))
            if new:
                self._rows.update(zip(new, self._encode(new), strict=True))
            return np.array([self._rows[text] for text in texts])

    def ahead(self, groups: Iterable[Sequence[str]]) -> None:
        """Encode these in the background, group by group, so that who asks for one meanwhile waits for no more than one."""
        Thread(target=lambda: [self(texts) for texts in groups if texts]).start()


@lru_cache(maxsize=1)
def _model() -> dict[str, dict[str, float]]:
    """The fitted weights and thresholds: written by benchmarks/support.py, never by hand."""
    loaded: dict[str, dict[str, float]] = json.loads(Path(__file__).with_name("support.json").read_text())
    return loaded
