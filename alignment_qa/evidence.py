"""Question and hits → scored sentences, and how probable it is that they answer the question.

Every sentence of the retrieved passages is scored by its closeness to the question, its place in its passage and
what its kind of question wants (a reason gives a cause). Whether there is an answer at all is a
second, calibrated question: the topic may be covered while what was asked is not.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from alignment_qa.adapter import Sought
from alignment_qa.answer_type import STRICT, TOLD, holds, shows
from alignment_qa.answerable import answerable, logit, measure, model, names, unnamed, verdict
from alignment_qa.definition import classes
from alignment_qa.encoders import Vectors
from alignment_qa.lexical import terms
from alignment_qa.question import Question
from alignment_qa.quotable import Form, bare, forms, quotable, repeats
from alignment_qa.store import Vectors16
from alignment_qa.types import Abstention, Hit, Passage


class Statistics(Protocol):
    """What evidence needs of an index."""

    def vectors(self, passages: Sequence[Passage]) -> Mapping[str, Vectors16]:
        """passage id → (1 + sentences, dimension): the passage's unit vector, then its sentences'."""

    def frequency(self, words: Sequence[str]) -> dict[str, int]:
        """In how many passages each term occurs."""

    def words(self, words: Sequence[str]) -> Vectors:
        """(n, any) unit vectors of single words; zeros where the encoder has none."""

    def background(self) -> float | None:
        """How near passages are to questions that have nothing to do with them, a cosine; None where it is not known."""

    def promised(self, question: str, doc_ids: Collection[str]) -> float:
        """How surely, in [0, 1], one of these documents lists the very question."""

    def uses(self, name: str) -> int:
        """How many passages use every content word of the name."""

    def everyday(self, name: str) -> bool:
        """It is a word of common English."""

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
    """Holds what this kind of question asks for: a year for when, a name for who, a "because" for why."""
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
    question: Question, hits: Sequence[Hit], index: Statistics, sought: Sought, least: float | None = None
) -> Evidence:
    """Score every sentence of the hits for the question, whose vectors are given, by the model for documents that the adapter was
    taught or by that for others; the answer by what lies between the two, as the hits are of either. `least` is the
    probability from which there is an answer; None takes the calibrated one. A comparison with what no passage names has
    none, nor has a question for a person or a time where no passage has one."""
    fitted = model(sum(sought.knows(hit.passage.passage_id) for hit in hits) / max(len(hits), 1))
    vectors = {name: rows.astype(np.float32) for name, rows in index.vectors([hit.passage for hit in hits]).items()}
    rarity = weights(question.terms, index)
    sentences = [
        sentence
        for hit in hits
        if hit.passage.passage_id in vectors
        for sentence in _score(question, hit, vectors[hit.passage.passage_id], sought, rarity)
    ]
    sentences.sort(key=lambda s: (-s.score, s.passage.passage_id, s.place))
    features = measure(question, hits, sentences, vectors, sought, rarity, index)
    missing = tuple(word for word, weight in rarity.items() if weight >= math.log(1 + 2 * index.count()[1]))
    one_sided = any(set(terms(side)) <= set(missing) for side in question.sides)
    nobody = question.kind in TOLD and not any(sentence.fits for sentence in sentences)
    probability = 0.0 if one_sided or nobody else answerable(features, fitted["answer"])
    absent = unnamed(question, hits)
    held = bool(names(question)) and not absent
    return Evidence(
        question,
        tuple(hits),
        tuple(sentences),
        probability,
        verdict(probability, features, held, fitted["thresholds"], least),
        missing,
        absent,
        features,
    )


def _score(
    question: Question,
    hit: Hit,
    matrix: Vectors,
    sought: Sought,
    rarity: Mapping[str, float],
) -> list[Sentence]:
    passage = hit.passage
    rows = matrix[1:]
    if not len(rows):
        return []
    cosines = rows @ sought.of(passage.passage_id)
    weight = model(float(sought.knows(passage.passage_id)))["sentence"]
    result = []
    for place, form in enumerate(forms(passage)):
        start, end, text = bare(passage, place)
        if not quotable(text, form):
            continue
        fits = holds(question, text)
        settles = fits or form == "lead_in" or question.kind == "yes_no"
        if not settles and repeats(question, text, passage.heading):
            continue
        features = {
            "cosine": float(cosines[place]),
            "covered": coverage(rarity, text),
            "covered_here": coverage(rarity, f"{passage.heading} {' '.join(_around(passage, place))}"),
            "rank": hit.rank / 10,
            "holds": fits * (question.kind in STRICT),
            "causes": fits * (question.kind == "why"),
            "shows": shows(question.aspect, passage.heading, text),
        }
        score = logit(weight, features)
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


def tells(question: Question, passage: Passage) -> bool:
    """A sentence of the passage says what kind of thing it is that is asked for."""
    sentences = [bare(passage, place)[2] for place in range(len(passage.sentences))]
    return any(classes(name, text) for name in question.called for text in sentences)


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
