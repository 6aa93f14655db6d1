"""The default encoder: its export says what the original says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alignment_qa import EncoderUnavailable, encoders

TEXTS = ["Inner alignment", "What is the capital of Mongolia?", "", "An optimizer searches. " * 200, "naïve — café 第"]


def test_the_export_agrees_with_sentence_transformers() -> None:
    exported = encoders.load()
    original = encoders.TorchEncoder(exported.name, encoders.packaged())
    assert isinstance(exported, encoders.ExportedEncoder)
    cosines = (exported.encode(TEXTS) * original.encode(TEXTS)).sum(axis=1)
    assert cosines.min() > encoders.AGREEMENT
    assert exported.limit == original.limit
    assert exported.count(TEXTS) == original.count(TEXTS)


def test_vectors_have_length_one_and_the_order_of_the_texts() -> None:
    encoder = encoders.load()
    together = encoder.encode(TEXTS)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together, np.vstack([encoder.encode([text]) for text in TEXTS]), atol=1e-4)
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_where_no_export_can_be_kept_sentence_transformers_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ALIGNMENT_QA_CACHE", str(tmp_path / "file" / "cache"))
    encoders.load.cache_clear()
    try:
        assert isinstance(encoders.load(), encoders.TorchEncoder)
    finally:
        encoders.load.cache_clear()


def test_an_encoder_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(EncoderUnavailable, match="no-such/encoder"):
        encoders.load("no-such/encoder")


def test_whoever_loads_the_encoder_first_leaves_both_exports_for_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGNMENT_QA_CACHE", str(tmp_path))
    encoders.load.cache_clear()
    try:
        assert isinstance(encoders.load(), encoders.ExportedEncoder)
        assert sum("questions" in file.name for file in tmp_path.glob("*.onnx")) == 1
        assert len(list(tmp_path.iterdir())) == 2
    finally:
        encoders.load.cache_clear()
