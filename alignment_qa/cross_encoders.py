"""A question and a text, or a sentence and a text, read together by a cross-encoder: what re-ranks, and what judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from alignment_qa.config import quiet_libraries
from alignment_qa.encoders import first_line
from alignment_qa.errors import EncoderUnavailable


@lru_cache(maxsize=1)
def rerank_model(name: str) -> Callable[[str, Sequence[str]], list[float]]:
    """A cross-encoder of that name as a function: question and texts → one score a text, higher is better.

    Raises EncoderUnavailable."""
    quiet_libraries()
    try:
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(name)
    except Exception as error:
        raise EncoderUnavailable(f"The re-ranker {name!r} cannot be loaded: {first_line(error)}.") from error

    def score(question: str, texts: Sequence[str]) -> list[float]:
        return [float(value) for value in model.predict([(question, text) for text in texts])] if texts else []

    return score


def entailment_model(name: str) -> Callable[[str, str], float]:
    """A cross-encoder of that name as a judge: a sentence and a text → the probability that the text carries it. One with
    a label “entailment” gives that label's share, one with a single score that score through a sigmoid.

    Raises EncoderUnavailable."""
    quiet_libraries()
    try:
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(name)
        labels = {str(label).lower(): int(n) for n, label in (model.config.id2label or {}).items()}
    except Exception as error:
        raise EncoderUnavailable(f"The checker {name!r} cannot be loaded: {first_line(error)}.") from error
    wanted = next((n for label, n in labels.items() if label.startswith("entail")), -1)

    def judge(sentence: str, text: str) -> float:
        from torch.nn import Identity

        scores = np.asarray(model.predict([(text, sentence)], activation_fn=Identity())[0], np.float64).reshape(-1)
        shares = np.exp(scores - scores.max())
        return float(1 / (1 + np.exp(-scores[0]))) if len(scores) == 1 else float(shares[wanted] / shares.sum())

    return judge
