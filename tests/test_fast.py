"""A faster engine runs the encoder only where its vectors say the same."""

from __future__ import annotations

import logging
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from alignment_qa import encoders, fast, index, writing
from ingest.sync import sync

Inputs = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def encoder() -> encoders.ExportedEncoder:
    loaded = encoders.load()
    assert isinstance(loaded, encoders.ExportedEncoder)
    return loaded


def only(monkeypatch: pytest.MonkeyPatch, make: object) -> None:
    """One engine in place of those of this machine."""
    monkeypatch.setattr(fast, "_on_gpu", make)
    for name in ("_by_openvino", "_by_torch"):
        monkeypatch.setattr(fast, name, lambda encoder: None)


def test_the_fastest_engine_of_this_machine_says_what_the_encoder_says(encoder: encoders.ExportedEncoder) -> None:
    fastest = fast.fastest(encoder)
    if fastest is encoder:
        pytest.skip("this machine has no faster engine")
    texts = ["Kelp shelters otters.", "Otters eat urchins, and urchins eat kelp. " * 8, "", "Why?"]
    assert (encoder.encode(texts) * fastest.encode(texts)).sum(axis=1).min() > fast.AGREEMENT
    assert fastest.backend != encoder.backend
    assert (fastest.name, fastest.limit) == (encoder.name, encoder.limit)


def test_openvino_runs_the_encoder_without_the_module_that_reports_its_use(encoder: encoders.ExportedEncoder) -> None:
    if find_spec("openvino") is None:
        pytest.skip("openvino is not installed")
    made = fast._by_openvino(encoder)
    assert sys.modules["openvino_telemetry"] is None
    assert made is None or fast.agreement(encoder, made) > fast.AGREEMENT


def test_an_engine_whose_vectors_disagree_is_refused(
    encoder: encoders.ExportedEncoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def coarse(inputs: Inputs) -> encoders.Vectors:
        return np.round(encoder._transform(inputs) * 2) / 2

    only(monkeypatch, lambda encoder: encoder.run_by(coarse, "coarse"))
    with caplog.at_level(logging.WARNING, "alignment_qa"):
        assert fast.fastest(encoder) is encoder
    assert "coarse is not used" in caplog.text


def test_an_engine_that_fails_is_passed_over(
    encoder: encoders.ExportedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(inputs: Inputs) -> encoders.Vectors:
        raise RuntimeError("no kernel image is available")

    only(monkeypatch, lambda encoder: encoder.run_by(broken, "broken"))
    assert fast.fastest(encoder) is encoder


def test_an_index_records_what_ran_its_encoder_and_loads_nothing_for_few_passages(
    encoder: encoders.ExportedEncoder, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, lambda encoder: encoder.run_by(encoder._transform, "another engine"))
    for many, name, backend in ((10_000, "few", encoder.backend), (1, "many", "another engine")):
        monkeypatch.setattr(writing, "MANY", many)
        with index.Index.open(tmp_path / name, write=True) as writer:
            sync([library], writer)
            assert writer.store.fact("backends") == backend
            assert writer.search("kelp")


def test_an_engine_is_chosen_once(encoder: encoders.ExportedEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, lambda encoder: encoder.run_by(encoder._transform, "another engine"))
    chosen = fast.fastest(encoder)
    assert chosen.backend == "another engine"
    assert fast.fastest(chosen) is chosen


def test_texts_of_any_length_come_to_an_engine_in_few_shapes(encoder: encoders.ExportedEncoder) -> None:
    shapes: list[tuple[int, ...]] = []

    def noting(inputs: Inputs) -> encoders.Vectors:
        shapes.append(inputs["input_ids"].shape)
        return encoder._transform(inputs)

    texts = ["kelp " * (number % 97) for number in range(300)]
    vectors = encoder.run_by(noting, "another engine").encode(texts)
    assert np.allclose(vectors, encoder.encode(texts), atol=1e-5)
    assert all(rows * width <= encoders.BATCH_TOKENS for rows, width in shapes)
    assert len(set(shapes)) <= max(width for _, width in shapes) / encoders.STEP + 1  # one a width, and the last
    assert len(shapes) > 2 * len(set(shapes))
