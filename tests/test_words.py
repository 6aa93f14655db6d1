"""Single words as an encoder's own vocabulary has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from alignment_qa.encoders import TorchEncoder, load, packaged
from alignment_qa.words import table_of, words_from


def test_words_of_like_meaning_are_nearer_than_others() -> None:
    money, cash, turnip = load().words(["money", "cash", "turnip"])
    assert money @ cash > 0.5 > money @ turnip + 0.2


def test_the_export_and_the_original_have_the_same_words() -> None:
    words = ["mesa-optimizer", "salary", "o3", ""]
    original = TorchEncoder("all-MiniLM-L6-v2", packaged())
    assert load().words(words) == pytest.approx(original.words(words), abs=1e-5)


def test_a_word_without_tokens_is_like_no_other() -> None:
    assert not load().words([""]).any()
    assert load().words([]).shape == (0, 384)


def test_an_encoder_without_a_table_of_tokens_has_no_words(tmp_path: Path) -> None:
    save_file({"linear.weight": np.ones((2, 3), np.float32)}, tmp_path / "model.safetensors")
    assert table_of(tmp_path / "model.safetensors") is None
    assert words_from(None, lambda words: [[1] for _ in words])(["money", "cash"]).tolist() == [[0.0], [0.0]]
