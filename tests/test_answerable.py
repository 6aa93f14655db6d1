"""The fitted models: one for what the adapter was taught, one for other people's documents, and what lies between."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment_qa import Assistant, answerable
from alignment_qa.index import Index
from alignment_qa.types import Abstention


def test_the_model_of_hits_lies_between_the_two_as_the_share_of_them_that_was_taught() -> None:
    models = [answerable.model(share) for share in (0.0, 0.25, 1.0)]
    assert models[0] == answerable.fitted()[answerable.OTHERS]
    assert models[2] == answerable.fitted()[answerable.TAUGHT]
    assert models[0] != models[2]
    for part, weights in models[1].items():
        for name, value in weights.items():
            assert value == pytest.approx(0.25 * models[2][part][name] + 0.75 * models[0][part][name])


def test_both_models_weigh_the_same_features() -> None:
    one, other = answerable.fitted().values()
    assert {part: set(one[part]) for part in one} == {part: set(other[part]) for part in other}


def test_documents_that_were_not_taught_are_judged_by_the_other_model(
    library_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that never finds a thing probable declines what the other answers."""
    assistant = Assistant.open(str(library_index))
    asked = assistant.understand("Where does kelp grow?")
    hits = assistant.gather_hits(asked)
    every = frozenset(source.doc_id for source in assistant.index.sources())
    found = {}
    sure = {name: {**model, "answer": {**model["answer"], "bias": 50.0}} for name, model in answerable.fitted().items()}
    never = {**sure[answerable.OTHERS], "answer": {**sure[answerable.OTHERS]["answer"], "bias": -50.0}}
    monkeypatch.setattr(answerable, "fitted", lambda: sure | {answerable.OTHERS: never})
    answerable.model.cache_clear()
    for taught in (frozenset[str](), every):
        monkeypatch.setattr(Index, "taught", lambda self, taught=taught: taught)
        found[bool(taught)] = assistant.gather_evidence(asked, hits).abstention
    answerable.model.cache_clear()
    assert found[True] is None
    assert found[False] in {Abstention.NO_EVIDENCE, Abstention.OUT_OF_SCOPE}
