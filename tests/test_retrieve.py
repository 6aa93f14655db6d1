"""Fusion and re-ranking, on hits whose scores are known; and a real cross-encoder, small and made here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from alignment_qa import Assistant, Hit, Passage, Source, encoders
from alignment_qa.retrieve import Retriever, fuse, ranked, rerank

SOURCE = Source("d", "T")


def hit(name: str, score: float) -> Hit:
    return Hit(Passage(name, SOURCE, name, 0, len(name), "T"), score, 0)


def fixed(**scores: float) -> Retriever:
    return lambda question, k: ranked((hit(name, score) for name, score in scores.items()), k)


def constant(question: str, passages: Sequence[Passage]) -> list[float]:
    """Closeness that a dense retriever with these scores would have."""
    return [{"a": 0.9, "b": 0.8}.get(p.passage_id, 0.1) for p in passages]


def order(hits: list[Hit]) -> list[str]:
    return [h.passage.passage_id for h in hits]


def test_what_both_find_comes_before_what_one_finds() -> None:
    hits = fuse(fixed(a=0.9, b=0.8, c=0.1), fixed(b=12.0, d=11.0), constant, weight=0.5, pool=10)("q", 3)
    assert order(hits)[0] == "b"
    assert [h.rank for h in hits] == [1, 2, 3]


def test_the_weight_moves_between_meaning_and_words() -> None:
    dense, words = fixed(a=0.9, z=0.1), fixed(b=10.0)
    assert order(fuse(dense, words, constant, weight=0.1, pool=9)("q", 2))[0] == "a"
    assert order(fuse(dense, words, constant, weight=0.9, pool=9)("q", 2))[0] == "b"


def test_no_hits_make_no_hits() -> None:
    assert fuse(fixed(), fixed(), constant, weight=0.5, pool=5)("q", 5) == []


def test_reranking_puts_the_scorers_best_first() -> None:
    hits = rerank(fixed(a=3, b=2, c=1), lambda question, texts: [float(len(texts)) - i for i in (3, 1, 2)], pool=3)(
        "q", 2
    )
    assert order(hits) == ["b", "c"]


@pytest.mark.slow
def test_a_real_cross_encoder_can_rerank(tmp_path: Path, library_index: Path) -> None:
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text((encoders._packaged_model() / "vocab.txt").read_text())
    folder = tmp_path / "cross"
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertForSequenceClassification(BertConfig(**size, num_labels=1)).save_pretrained(folder)
    BertTokenizerFast(str(vocabulary)).save_pretrained(folder)
    assert CrossEncoder(str(folder))
    hits = Assistant.open(library_index, reranker=str(folder)).search("What is a kelp forest?", k=3)
    assert [h.rank for h in hits] == [1, 2, 3]
    assert hits[0].score >= hits[-1].score


def test_a_reranker_that_cannot_be_loaded_is_named() -> None:
    from alignment_qa import EncoderUnavailable

    with pytest.raises(EncoderUnavailable, match="no-such/model"):
        encoders.rerank_model("no-such/model")
