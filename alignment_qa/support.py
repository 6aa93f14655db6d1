"""Does this text support this sentence? A probability, not yet calibrated, and a veto for facts that the text does not hold.

Coverage and closeness alone accept nearly every false fact that is put into true words, so a number, a name or a
negation in the sentence that the cited text lacks decides against it, whatever else agrees.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from alignment_qa.encoders import Vectors
from alignment_qa.lexical import terms
from alignment_qa.types import Support

Checker = Callable[[str, Sequence[str]], float]
"""A sentence and the texts that should carry it → the probability that they do, in [0, 1]."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][\w’'-]*")
_NEGATION = re.compile(r"\b(?:not|no|never|none|neither|nor|without|cannot|fails? to|unlike|\w+n[’']t)\b", re.I)
_NUMBER_WORDS = {
    word: str(n)
    for n, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}


def checker(
    encode: Callable[[Sequence[str]], Vectors], rarity: Callable[[Sequence[str]], Mapping[str, float]]
) -> Checker:
    """The offline check, over an encoder (texts → unit vectors) and the corpus's term weights."""

    def check(sentence: str, texts: Sequence[str]) -> float:
        if not texts:
            return 0.0
        features = measure(sentence, texts, encode, rarity)
        weight = _model()["weights"]
        score = weight["bias"] + sum(weight[name] * value for name, value in features.items())
        probability = 1 / (1 + math.exp(-score))
        return min(probability, _model()["thresholds"]["vetoed"]) if vetoed(sentence, texts) else probability

    return check


def verdict(probability: float) -> Support:
    """The word for a probability; the thresholds come with the model."""
    limits = _model()["thresholds"]
    if probability >= limits["supported"]:
        return "supported"
    return "partial" if probability >= limits["partial"] else "unsupported"


def measure(
    sentence: str,
    texts: Sequence[str],
    encode: Callable[[Sequence[str]], Vectors],
    rarity: Callable[[Sequence[str]], Mapping[str, float]],
) -> dict[str, float]:
    """How far the texts carry the sentence: term weight held by all of them and by the best, pairs of neighbouring
    terms held, cosine to the nearest and to the second nearest."""
    words = list(dict.fromkeys(terms(sentence)))
    weight = rarity(words)
    total = sum(weight.values()) or 1.0
    held = [set(terms(text)) for text in texts]
    everything = set().union(*held)
    best = max(sum(weight[w] for w in words if w in one) for one in held) / total
    pairs = _pairs(sentence)
    held_pairs = set().union(*(_pairs(text) for text in texts))
    vectors = encode([sentence, *texts])
    cosines = np.sort(vectors[1:] @ vectors[0])[::-1]
    return {
        "covered": sum(weight[w] for w in words if w in everything) / total,
        "covered_best": best,
        "pairs": len(pairs & held_pairs) / len(pairs) if pairs else 0.0,
        "nearest": float(cosines[0]),
        "second": float(cosines[1]) if len(cosines) > 1 else float(cosines[0]),
        "negation_differs": float(negated(sentence) != any(negated(t) for t in texts)),
    }


def vetoed(sentence: str, texts: Sequence[str]) -> bool:
    """A number or a name in the sentence is in none of the texts."""
    everything = " ".join(texts)
    if not numbers(sentence) <= numbers(everything):
        return True
    known = {word.lower() for word in re.findall(r"\w+", everything)}
    return any(name not in known for name in names(sentence))


def numbers(text: str) -> set[str]:
    """Numbers in figures, those up to twelve also where they are written as words."""
    found = {n.replace(",", "").rstrip(".") for n in _NUMBER.findall(text)}
    return found | {_NUMBER_WORDS[w] for w in re.findall(r"[a-z]+", text.lower()) if w in _NUMBER_WORDS and w != "one"}


def names(text: str) -> set[str]:
    """Capitalised words that do not only open a sentence, lower-cased, without possessive endings."""
    openers = {found.start() for found in re.finditer(r"(?:^|[.!?:]\s+|[“\"(]\s*)\b[A-Z]", text)}
    result: set[str] = set()
    for found in _NAME.finditer(text):
        opens = any(found.start() - 3 <= at <= found.start() for at in openers)
        word = re.sub(r"[’']s?$", "", found[0])
        if not opens or (len(word) > 1 and word.isupper()):
            result.update(part.lower() for part in re.split(r"[-’']", word) if len(part) > 1)
    return result


def _pairs(text: str) -> set[tuple[str, str]]:
    words = terms(text)
    return set(pairwise(words))


def negated(text: str) -> bool:
    """The text denies something, by a word for it."""
    return bool(_NEGATION.search(text))


@lru_cache(maxsize=1)
def _model() -> dict[str, dict[str, float]]:
    """The weights of the check. Set by hand so far; to be fitted on labelled sentences before they are relied on."""
    loaded: dict[str, dict[str, float]] = json.loads(Path(__file__).with_name("support.json").read_text())
    return loaded
