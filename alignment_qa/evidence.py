"""Question and hits → scored sentences, and how probable it is that they answer the question.

Every sentence of the retrieved passages is scored by its closeness to the question, its place in its passage and
what its kind of question wants (a definition defines, a reason gives a cause). Whether there is an answer at all is a
second, calibrated question: the topic may be covered while what was asked is not.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from alignment_qa.answer_type import STRICT, holds, shows
from alignment_qa.encoders import Vectors, unit
from alignment_qa.lexical import FUNCTION_WORDS, terms
from alignment_qa.question import Question
from alignment_qa.quotable import Form, bare, forms, quotable
from alignment_qa.retrieve import in_context
from alignment_qa.store import Vectors16
from alignment_qa.types import Abstention, Hit, Passage

_NAMED = re.compile(r"(?<!^)(?<![.?!] )\b(?:[A-Z][\w’'-]*|\w*\d[\w.-]*)")
"""Words of a question that are written as names or hold a digit."""


NEAREST = 3
"""Passages whose mean closeness tells whether the corpus is about the topic: one alone may be near by chance."""
MEETING, AROUND = 5, 3
"""Sentences around which the question's words may meet, and how many before and after each count as its surroundings."""
FAR, ALIKE = 0.2, 0.8
"""Cosines from which two words begin to have something in common, and from which they are as good as one."""
LEAST = 0.05
"""What a word counts that has nothing like it there. All of these are set by hand; benchmarks/constants.py tries others."""


class Statistics(Protocol):
    """What evidence needs of an index."""

    def vectors(self, passages: Sequence[Passage]) -> Mapping[str, Vectors16]:
        """passage id → (1 + sentences, dimension): the passage's unit vector, then its sentences'."""

    def frequency(self, words: Sequence[str]) -> dict[str, int]:
        """In how many passages each term occurs."""

    def words(self, words: Sequence[str]) -> Vectors:
        """(n, any) unit vectors of single words; zeros where the encoder has none."""

    def count(self) -> tuple[int, int]:
        """(documents, passages)."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage, scored. `place` is its number in the passage; `document.text[start:end] == text`."""

    passage: Passage
    place: int
    start: int
    end: int
    text: str
    score: float
    cosine: float
    rank: int
    """Rank of its passage among the hits."""
    vector: Vectors
    form: Form
    fits: bool
    """Holds what this kind of question asks for: a year for when, a name for who."""
    features: Mapping[str, float]
    """What `score` was computed from."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sentences by score, best first; `probability` that they answer; `missing` question words that the corpus has not."""

    question: Question
    hits: tuple[Hit, ...]
    sentences: tuple[Sentence, ...]
    probability: float
    abstention: Abstention | None
    missing: tuple[str, ...]
    unnamed: tuple[str, ...]
    """Names of the question, as written, that no hit has."""
    features: dict[str, float]


def gather(
    question: Question, hits: Sequence[Hit], index: Statistics, vector: Vectors, least: float | None = None
) -> Evidence:
    """Score every sentence of the hits for the question, whose (dimension,) unit vector is given. `least` is the
    probability from which there is an answer; None takes the calibrated one."""
    vectors = {name: rows.astype(np.float32) for name, rows in index.vectors([hit.passage for hit in hits]).items()}
    rarity = weights(question.terms, index)
    sentences = [
        sentence
        for hit in hits
        if hit.passage.passage_id in vectors
        for sentence in _score(question, hit, vectors[hit.passage.passage_id], vector, rarity)
    ]
    sentences.sort(key=lambda s: (-s.score, s.passage.passage_id, s.place))
    features = measure(question, hits, sentences, vectors, vector, rarity, index)
    probability = answerable(features)
    missing = tuple(word for word, weight in rarity.items() if weight >= math.log(1 + 2 * index.count()[1]))
    unnamed = _unnamed(question, hits)
    held = bool(_names(question)) and not unnamed
    return Evidence(
        question,
        tuple(hits),
        tuple(sentences),
        probability,
        _verdict(probability, features, held, least),
        missing,
        unnamed,
        features,
    )


def _score(
    question: Question,
    hit: Hit,
    matrix: Vectors,
    vector: Vectors,
    rarity: Mapping[str, float],
) -> list[Sentence]:
    passage = hit.passage
    rows = matrix[1:]
    if not len(rows):
        return []
    cosines = rows @ vector
    result = []
    for place, form in enumerate(forms(passage)):
        start, end, text = bare(passage, place)
        if not quotable(text, form):
            continue
        fits = holds(question, text) if question.kind != "list" else float(form == "lead_in")
        features = {
            "cosine": float(cosines[place]),
            "covered": coverage(rarity, text),
            "covered_here": coverage(rarity, f"{passage.heading} {' '.join(_around(passage, place))}"),
            "passage": hit.score,
            "rank": hit.rank / 10,
            "defines": fits * (question.kind == "definition"),
            "holds": fits * (question.kind in STRICT),
            "lists": fits * (question.kind == "list"),
            "shows": shows(question.aspect, passage.heading, text),
        }
        score = logit(_model()["sentence"], features)
        result.append(
            Sentence(
                passage,
                place,
                start,
                end,
                text,
                score,
                features["cosine"],
                hit.rank,
                rows[place],
                form,
                fits > 0,
                features,
            )
        )
    return result


def _around(passage: Passage, place: int) -> list[str]:
    """A sentence of a passage with the one before it and the one after."""
    spans = passage.sentences[max(0, place - 1) : place + 2]
    return [passage.text[start - passage.start : end - passage.start] for start, end in spans]


def weights(words: Sequence[str], index: Statistics) -> dict[str, float]:
    """Inverse document frequency of each term, ln(1 + N / (0.5 + n)); a term in no passage weighs most."""
    passages = max(index.count()[1], 1)
    return {word: math.log(1 + passages / (0.5 + n)) for word, n in index.frequency(words).items()}


def coverage(rarity: Mapping[str, float], text: str) -> float:
    """The share of the question's term weight that a text holds, in [0, 1]."""
    total = sum(rarity.values())
    if not total:
        return 0.0
    held = set(terms(text))
    return sum(weight for word, weight in rarity.items() if word in held) / total


def measure(
    question: Question,
    hits: Sequence[Hit],
    sentences: Sequence[Sentence],
    vectors: Mapping[str, Vectors],
    vector: Vectors,
    rarity: Mapping[str, float],
    index: Statistics,
) -> dict[str, float]:
    """What the probability of an answer is computed from: closeness, words held, names and words that no passage has or
    that do not meet in one place, and whether the asked kind of thing is there; `nearest` only tells how to decline. None of
    it is the length of a passage."""
    near = set(terms(" ".join(f"{hit.passage.heading} {hit.passage.text}" for hit in hits[:3])))
    total, rarest = sum(rarity.values()) or 1.0, max(rarity.values(), default=0.0)
    contexts = sorted(
        in_context([vectors[h.passage.passage_id] for h in hits if h.passage.passage_id in vectors], vector)
    )
    close = sorted(float(rows[0] @ vector) for rows in vectors.values())
    strict = question.kind in STRICT
    return {
        "context": float(np.mean(contexts[-3:])) if contexts else 0.0,
        "nearest": close[-1] if close else 0.0,
        "passages": float(np.mean(close[-NEAREST:])) if close else 0.0,
        "beyond": _beyond(sentences, vectors, hits, vector),
        "unknown": sum(weight for word, weight in rarity.items() if weight >= rarest and word not in near) / total,
        "names_apart": _names_apart(question, sentences, rarity) / total,
        "met": _met(question, sentences, rarity, index),
        "kind_absent": float(strict and not any(s.fits for s in sentences[:5])),
        "kind_late": float(strict and not any(s.fits for s in sentences[:1])),
    }


def _unnamed(question: Question, hits: Sequence[Hit]) -> tuple[str, ...]:
    held = [terms(f"{hit.passage.heading} {hit.passage.text}") for hit in hits]
    names = {name.strip("'’-."): forms for name, forms in _names(question).items()}
    return tuple(name for name, forms in names.items() if not any(_has(words, forms) for words in held))


def _names_apart(question: Question, sentences: Sequence[Sentence], rarity: Mapping[str, float]) -> float:
    """The weight of the question's names that do not stand beside the sentence, of the first five, that has most of them."""
    names = list(_names(question).values())
    held = [terms(_setting(s, 1)) for s in sentences[:5]]
    apart = [{word for forms in names if not _has(words, forms) for word in forms[0]} for words in held]
    return min((sum(rarity.get(word, 0.0) for word in words) for words in apart), default=0.0)


def _names(question: Question) -> dict[str, list[list[str]]]:
    """What the question names → the terms of that name, and of the other one under which the glossary has it."""
    names = {name: [terms(name)] for name in _NAMED.findall(question.text) if terms(name)}
    return {
        name: [*forms, *(terms(t) for n, t in question.names.items() if n == re.split("['’]", name)[0])]
        for name, forms in names.items()
    }


def _has(words: Sequence[str], forms: Sequence[list[str]]) -> bool:
    """Some form stands among the words whole: GPT-5 is neither GPT-4 nor in a text of GPT-4 and five others."""
    return any(
        list(words[at : at + len(form)]) == form for form in forms for at, word in enumerate(words) if word == form[0]
    )


def _met(question: Question, sentences: Sequence[Sentence], rarity: Mapping[str, float], index: Statistics) -> float:
    """How well the question's words all meet their like around one sentence: the geometric mean of each word's closeness
    to its nearest there, as the encoder's own vocabulary has them; the best of the first sentences."""
    asked = [word for word in _content(question.text) if any(rarity.get(term) for term in terms(word))]
    if not asked or not sentences:
        return 0.0
    settings = [_content(_setting(s, AROUND)) for s in sentences[:MEETING]]
    known = list(dict.fromkeys(word for words in (asked, *settings) for word in words))
    rows = {word: at for at, word in enumerate(known)}
    vectors = index.words(known)
    cosines = vectors[[rows[word] for word in asked]] @ vectors.T
    near = np.log(np.clip((cosines - FAR) / (ALIKE - FAR), 0, 1) + LEAST)
    best = [float(near[:, [rows[w] for w in words]].max(axis=1).mean()) for words in settings if words]
    return math.exp(max(best, default=math.log(LEAST)))


def _setting(sentence: Sentence, around: int) -> str:
    """The heading of a sentence's passage, and the sentence with as many before and after it."""
    passage = sentence.passage
    spans = passage.sentences[max(0, sentence.place - around) : sentence.place + around + 1]
    return f"{passage.heading} {passage.text[spans[0][0] - passage.start : spans[-1][1] - passage.start]}"


def _content(text: str) -> list[str]:
    """The words of a text as they are written, in lower case, each once, without those that carry no topic."""
    words = re.findall(r"[\w’'-]+", text.lower())
    return list(dict.fromkeys(word for word in words if len(word) > 1 and word not in FUNCTION_WORDS))


def _beyond(
    sentences: Sequence[Sentence], vectors: Mapping[str, Vectors], hits: Sequence[Hit], vector: Vectors
) -> float:
    """The best cosine of question and sentence once what both share with the topic, the mean of the first passages, is
    taken out: a near miss is close to the topic and to nothing beyond it."""
    rows = [vectors[hit.passage.passage_id][0] for hit in hits[:5] if hit.passage.passage_id in vectors]
    if not rows or not sentences:
        return 0.0
    topic = unit(np.mean(rows, axis=0)[None])[0]
    matrix = np.array([s.vector for s in sentences])
    without = unit(matrix - np.outer(matrix @ topic, topic))
    return float((without @ unit((vector - (vector @ topic) * topic)[None])[0]).max())


def digest() -> str:
    """Eight hex digits of the fitted model."""
    return hashlib.sha256(json.dumps(_model(), sort_keys=True).encode()).hexdigest()[:8]


@lru_cache(maxsize=1)
def _model() -> dict[str, dict[str, float]]:
    """The fitted probability: written by eval/calibrate.py, never by hand."""
    loaded: dict[str, dict[str, float]] = json.loads(Path(__file__).with_name("evidence.json").read_text())
    return loaded


def answerable(features: Mapping[str, float]) -> float:
    """The probability that the evidence answers the question: a logistic model of `measure`'s features."""
    return 1 / (1 + math.exp(-logit(_model()["answer"], features)))


def logit(weight: Mapping[str, float], features: Mapping[str, float]) -> float:
    """Bias and weighted features, summed."""
    return weight["bias"] + sum(value * features[name] for name, value in weight.items() if name != "bias")


def _verdict(probability: float, features: Mapping[str, float], held: bool, least: float | None) -> Abstention | None:
    """Nothing for an answer; of what is not one, whether the corpus is about the topic, or has (`held`) all that is named."""
    threshold = _model()["thresholds"]
    if probability >= (threshold["answers"] if least is None else least):
        return None
    near = held or features["nearest"] >= threshold["near"]
    return Abstention.NO_EVIDENCE if near else Abstention.OUT_OF_SCOPE
