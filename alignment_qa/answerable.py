"""A question, its hits and their scored sentences → features, and how probable it is that they answer the question.

The weights are fitted, for documents that the adapter was taught and for others: a cosine tells less there. `evidence.json`
is written by eval/calibrate.py, never by hand.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alignment_qa.adapter import Sought
from alignment_qa.answer_type import NAMELESS, STRICT
from alignment_qa.background import NEAREST, above
from alignment_qa.definition import core
from alignment_qa.encoders import Vectors
from alignment_qa.lexical import FUNCTION_WORDS, named, terms
from alignment_qa.question import Question, understand
from alignment_qa.retrieve import asks
from alignment_qa.types import Abstention, Hit

if TYPE_CHECKING:
    from alignment_qa.evidence import Sentence, Statistics

MEETING, AROUND = 5, 3
"""Sentences around which the question's words may meet, and how many before and after each count as its surroundings."""
FAR, ALIKE = 0.2, 0.8
"""Cosines from which two words begin to have something in common, and from which they are as good as one."""
LEAST = 0.05
"""What a word counts that has nothing like it there."""
LATEST = 1.0
"""How far, in log-odds, the asked kind of thing may come after the best sentence before it is as good as absent."""
SURELY = 4
"""The power of a heading's likeness to the question that it promises an answer by. All of these are set by hand;
benchmarks/constants.py tries others."""
UNWEIGHED = ("nearest", "promised")
"""Features without a weight: `nearest` tells how to decline, `promised` is a probability itself."""


def measure(
    question: Question,
    hits: Sequence[Hit],
    sentences: Sequence[Sentence],
    vectors: Mapping[str, Vectors],
    sought: Sought,
    rarity: Mapping[str, float],
    index: Statistics,
) -> dict[str, float]:
    """What the probability of an answer is computed from: how close the nearest sentence is, and the nearest
    passages, beside what is usual in this corpus; names and words that do not meet in one place; how late the asked kind
    of thing comes; whether it asks what a term means that no passage has; and whether a document or a heading says of itself
    that it answers this. Those that are `UNWEIGHED` stand for themselves. None of it is the length of a passage."""
    total = sum(rarity.values()) or 1.0
    close = sorted(float(rows[0] @ sought.of(name)) for name, rows in vectors.items())
    usual, here = model(1.0)["thresholds"]["background"], index.background()
    near_here = partial(above, background=usual if here is None else here, usual=usual)
    return {
        "sentence": near_here(max(s.cosine for s in sentences)) if sentences else 0.0,
        "nearest": near_here(close[-1]) if close else 0.0,
        "passages": near_here(float(np.mean(close[-NEAREST:]))) if close else 0.0,
        "names_apart": _names_apart(question, sentences, rarity) / total,
        "met": _met(question, sentences, rarity, index),
        "kind_late": _late(sentences) if question.kind in STRICT else 0.0,
        "unheard": float(question.asks_for_term and all(_unheard(name, question, index) for name in question.called)),
        "promised": max(
            index.promised(question.text, {hit.passage.source.doc_id for hit in hits}), _asked(question, hits)
        ),
    }


def _late(sentences: Sequence[Sentence]) -> float:
    """How far, in log-odds up to LATEST, the best sentence that holds the asked kind of thing comes after the best of all."""
    best = next((s.score for s in sentences if s.fits), -math.inf)
    return min(LATEST, sentences[0].score - best) if sentences else LATEST


def _unheard(name: str, question: Question, index: Statistics) -> bool:
    """No passage has some word of a term, or the words of it together. A common word tells only the second: a "policy" may be
    given without being called one."""
    words = {word: terms(word) for word in re.findall(r"[\w’'-]+", name)}
    known = index.frequency([term for forms in words.values() for term in forms])
    if any(not known[term] and not index.everyday(word) for word, forms in words.items() for term in forms):
        return True
    apart = set(terms(core(name)))
    return question.is_coined and len(apart) > 1 and not index.uses(core(name))


def _asked(question: Question, hits: Sequence[Hit]) -> float:
    """How surely, in [0, 1], a heading of the hits asks the very question: as good as a document's own list of them."""
    headings = {hit.passage.heading for hit in hits}
    return float(max((repeats(question, heading) for heading in headings), default=0.0) ** SURELY)


def repeats(question: Question, heading: str) -> float:
    """How much a passage's heading asks the same, in [0, 1], and in the same way: "why" is another question than "who"."""
    same = understand(heading.rpartition("›")[2]).kind == question.kind
    return asks(question.terms, heading) if same else 0.0


def unnamed(question: Question, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Names of the question, as written, that no hit has."""
    held = [terms(f"{hit.passage.heading} {hit.passage.text}") for hit in hits]
    asked = {re.sub(r"['’]s?$", "", name.strip("-.")): forms for name, forms in names(question).items()}
    return tuple(name for name, forms in asked.items() if not any(_has(words, forms) for words in held))


def _names_apart(question: Question, sentences: Sequence[Sentence], rarity: Mapping[str, float]) -> float:
    """The weight of the question's names that do not stand beside the sentence, of the first five, that has most of them; of
    those that hold a person, a time or an amount where one is asked for."""
    asked = list(names(question).values())
    fitting = [s for s in sentences if s.fits] if question.kind in STRICT else []
    held = [terms(_setting(s, 1)) for s in (fitting or sentences)[:5]]
    apart = [{word for forms in asked if not _has(words, forms) for word in forms[0]} for words in held]
    return min((sum(rarity.get(word, 0.0) for word in words) for words in apart), default=0.0)


def names(question: Question) -> dict[str, list[list[str]]]:
    """What the question names → the terms of that name, and of the other one under which the glossary has it."""
    written = {name: [terms(name)] for name in named(question.text) if terms(name) and name.lower() not in NAMELESS}
    return {
        name: [*forms, *(terms(t) for n, t in question.names.items() if n == re.split("['’]", name)[0])]
        for name, forms in written.items()
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


def digest() -> str:
    """Eight hex digits of the fitted models."""
    return hashlib.sha256(json.dumps(fitted(), sort_keys=True).encode()).hexdigest()[:8]


Model = Mapping[str, Mapping[str, float]]
"""The weights of a sentence and of an answer, and the thresholds."""
TAUGHT, OTHERS = "taught", "others"


@lru_cache(maxsize=1)
def fitted() -> dict[str, dict[str, dict[str, float]]]:
    """The model for documents that the adapter was taught, and that for others."""
    loaded: dict[str, dict[str, dict[str, float]]] = json.loads(Path(__file__).with_name("evidence.json").read_text())
    return loaded


@lru_cache(maxsize=8)
def model(taught: float) -> Model:
    """The model for passages of which that share, in [0, 1], is of documents that the adapter was taught: between the two."""
    one, other = fitted()[TAUGHT], fitted()[OTHERS]
    return {
        part: {name: taught * value + (1 - taught) * other[part][name] for name, value in one[part].items()}
        for part in one
    }


def answerable(features: Mapping[str, float], weight: Mapping[str, float]) -> float:
    """The probability that the evidence answers the question: a logistic model of `measure`'s features; at least what the
    documents promise, for one that lists a question answers it also where the two share no word."""
    return max(1 / (1 + math.exp(-logit(weight, features))), features["promised"])


def logit(weight: Mapping[str, float], features: Mapping[str, float]) -> float:
    """Bias and weighted features, summed."""
    return weight["bias"] + sum(value * features[name] for name, value in weight.items() if name != "bias")


def verdict(
    probability: float, features: Mapping[str, float], held: bool, threshold: Mapping[str, float], least: float | None
) -> Abstention | None:
    """Nothing for an answer; of what is not one, whether the corpus is about the topic, or has (`held`) all that is named."""
    if probability >= (threshold["answers"] if least is None else least):
        return None
    near = held or features["nearest"] >= threshold["near"]
    return Abstention.NO_EVIDENCE if near else Abstention.OUT_OF_SCOPE
