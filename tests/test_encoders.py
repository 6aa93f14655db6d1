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


LIVES = "The sea otter lives in the kelp forest."
EATS = "It eats urchins."


def within(encoder: encoders.Encoder, text: str, *parts: str) -> encoders.Vectors:
    spans = [(text.index(part), text.index(part) + len(part)) for part in parts]
    return encoder.encode_within([text], [spans])[1]


def test_a_sentence_read_in_its_passage_knows_of_whom_it_speaks() -> None:
    encoder = encoders.load()
    alone = encoder.encode([EATS])[0]
    (read,) = within(encoder, f"{LIVES} {EATS}", EATS)
    (elsewhere,) = within(encoder, f"The wolf lives in the birch forest. {EATS}", EATS)
    asked = encoder.encode(["What does the sea otter eat?"])[0]
    assert read @ asked > max(elsewhere @ asked, alone @ asked)


def test_texts_have_the_same_vectors_whether_or_not_their_parts_are_asked_for() -> None:
    encoder = encoders.load()
    vectors, parts = encoder.encode_within([*TEXTS, EATS], [[], [(0, 4), (5, 7)], [], [(0, 12)], [], []])
    assert np.allclose(vectors, encoder.encode([*TEXTS, EATS]), atol=1e-4)
    assert parts.shape == (3, encoder.dimension)
    assert np.allclose(np.linalg.norm(parts, axis=1), 1, atol=1e-5)
    assert encoder.encode_within([], [])[1].shape == (0, encoder.dimension)


def test_parts_are_found_by_their_characters_in_any_script() -> None:
    encoder = encoders.load()
    text = f"« naïve — café 第 🦦 » {EATS} Ça va ?"
    (read,) = within(encoder, text, EATS)
    assert read @ encoder.encode([EATS])[0] > 0.6
    assert not within(encoder, text, " ").any()  # no token lies there


def test_a_part_beyond_what_the_encoder_reads_has_no_vector() -> None:
    encoder = encoders.load()
    text = "Kelp grows in cold water. " * 80 + EATS
    first, last = within(encoder, text, "Kelp grows in cold water.", EATS)
    assert first.any()
    assert not last.any()


def test_the_export_and_sentence_transformers_read_parts_alike() -> None:
    exported = encoders.load()
    original = encoders.TorchEncoder(exported.name, encoders.packaged())
    texts, spans = [f"{LIVES} {EATS}", "naïve — café", "No."], [[(0, 39), (40, 56)], [(0, 5)], []]
    ours, theirs = exported.encode_within(texts, spans), original.encode_within(texts, spans)
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine * other).sum(axis=1).min() > encoders.AGREEMENT


def test_an_encoder_whose_vector_is_no_mean_of_tokens_tells_nothing_of_parts() -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling

    plain = encoders.packaged()
    first = SentenceTransformer(modules=[plain[0], Pooling(384, pooling_mode="cls")])
    prompted = SentenceTransformer(modules=[plain[0], plain[1]], prompts={"document": "passage: "})
    for model in (first, prompted):
        vectors, parts = encoders.TorchEncoder("small", model).encode_within([f"{LIVES} {EATS}"], [[(0, 39), (40, 56)]])
        assert vectors.any()
        assert parts.shape == (2, 384)
        assert not parts.any()
