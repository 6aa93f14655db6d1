"""Fusion and re-ranking, on hits whose scores are known; and a real cross-encoder, small and made here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from alignment_qa import Assistant, Hit, Passage, Source, cross_encoders, encoders
from alignment_qa.retrieve import Retriever, alone, fuse, ranked, rerank

SOURCE = Source("d", "T")


def hit(name: str, score: float) -> Hit:
    return Hit(Passage(name, SOURCE, name, 0, len(name), "T"), score, 0)


def fixed(**scores: float) -> Retriever:
    return lambda question, k: ranked((hit(name, score) for name, score in scores.items()), k)


class Scored:
    """An index that knows how near each passage is and how well its words match."""

    def __init__(self, cosines: dict[str, float], words: dict[str, float]) -> None:
        self.cosines, self.words = cosines, words

    def meaning(self, question: str) -> str:
        return question

    def near(self, question: str, k: int) -> list[tuple[str, float]]:
        return sorted(self.cosines.items(), key=lambda row: -row[1])[:k]

    def matching(self, question: str, k: int) -> list[tuple[str, float]]:
        return sorted(self.words.items(), key=lambda row: -row[1])[:k]

    def words_of(self, question: str, passage_ids: Sequence[str]) -> dict[str, float]:
        return {name: self.words[name] for name in passage_ids if name in self.words}

    def closeness(self, question: str, passage_ids: Sequence[str]) -> dict[str, float]:
        return {name: self.cosines[name] for name in passage_ids if name in self.cosines}

    def asking(self, question: str) -> dict[str, float]:
        return {}

    def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        return {name: hit(name, 0.0).passage for name in passage_ids}


def order(hits: list[Hit]) -> list[str]:
    return [h.passage.passage_id for h in hits]


def test_a_word_said_many_times_counts_as_if_said_a_few_times() -> None:
    index = Scored({"answers": 0.5, "repeats": 0.3}, {"answers": 1.5, "repeats": 2.4})
    assert order(fuse(index, weight=0.3, pool=10)("agi", 2)) == ["answers", "repeats"]


def test_what_both_find_comes_before_what_one_finds() -> None:
    index = Scored({"a": 0.9, "b": 0.8, "c": 0.1, "d": 0.1}, {"b": 0.9, "d": 0.85})
    hits = fuse(index, weight=0.5, pool=10)("q", 3)
    assert order(hits) == ["b", "d", "a"]
    assert [h.rank for h in hits] == [1, 2, 3]


def test_the_weight_moves_between_meaning_and_words() -> None:
    index = Scored({"a": 0.9, "b": 0.2}, {"b": 0.9})
    assert order(fuse(index, weight=0.1, pool=9)("q", 2))[0] == "a"
    assert order(fuse(index, weight=0.9, pool=9)("q", 2))[0] == "b"


def test_each_side_scores_what_only_the_other_brought() -> None:
    index = Scored({"a": 0.9, "b": 0.85}, {"a": 0.3, "b": 0.6})
    assert order(fuse(index, weight=0.3, pool=1)("q", 2)) == ["b", "a"]


def test_what_is_no_longer_visible_is_not_found() -> None:
    class Gone(Scored):
        def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
            return {name: passage for name, passage in super().passages(passage_ids).items() if name != "a"}

    assert order(fuse(Gone({"a": 0.9, "b": 0.2}, {}), weight=0.5, pool=5)("q", 5)) == ["b"]


def test_no_hits_make_no_hits() -> None:
    assert fuse(Scored({}, {}), weight=0.5, pool=5)("q", 5) == []


def test_a_document_that_asks_the_question_itself_is_preferred() -> None:
    class Asking(Scored):
        def asking(self, question: str) -> dict[str, float]:
            return {"b": 0.9, "d": 0.2, "e": 0.8}

    index = Asking({"a": 0.6, "b": 0.55, "c": 0.5, "d": 0.45, "e": 0.43}, {})
    hits = fuse(index, weight=0.0, question_weight=0.2, pool=3)("q", 3)
    assert order(hits) == ["b", "a", "e"]  # e is found by its question alone; d is not asked nearly enough
    assert hits[0].score == pytest.approx(0.55 + 0.2 * (0.6 + 2 * 0.9**4 * 0.1 / 0.2))


def test_as_many_are_found_as_are_asked_for_however_small_the_pool() -> None:
    index = Scored({"a": 0.6, "b": 0.55, "c": 0.5, "d": 0.45}, {})
    assert order(fuse(index, weight=0.0, pool=1)("q", 4)) == ["a", "b", "c", "d"]


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
    vocabulary.write_text((encoders.packaged_model() / "vocab.txt").read_text())
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
        cross_encoders.rerank_model("no-such/model")


def test_a_question_is_surely_one_s_own_when_it_is_near_and_alone() -> None:
    assert alone([]) == 0.0
    assert alone([1.0]) == 1.0
    assert alone([0.9, 0.9]) == 0.0
    assert alone([0.9, 0.5]) > alone([0.9, 0.8]) > alone([0.6, 0.5])


def test_the_document_that_alone_says_it_answers_comes_first() -> None:
    class Listing(Scored):
        def asking(self, question: str) -> dict[str, float]:
            return {"b": 0.95, "c": 0.6}

    index = Listing({"a": 0.7, "b": 0.5, "c": 0.65}, {})
    assert order(fuse(index, weight=0.3, question_weight=0.2, pool=10)("q", 3)) == ["b", "c", "a"]
    index.asking = lambda question: {"b": 0.95, "c": 0.94}  # type: ignore[method-assign]
    assert order(fuse(index, weight=0.3, question_weight=0.2, pool=10)("q", 3)) == ["c", "b", "a"]


def test_a_passage_whose_heading_asks_the_question_comes_first() -> None:
    class Headed(Scored):
        def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
            heading = {"b": "The reef › Why do otters hold hands?", "c": "Otters hold hands"}
            return {n: Passage(n, SOURCE, n, 0, len(n), heading.get(n, "T")) for n in passage_ids}

    index = Headed({"a": 0.7, "b": 0.4, "c": 0.5}, {})
    search = fuse(index, weight=0.0, pool=10)
    assert order(search("Why do otters hold hands", 1)) == ["b"]
    assert order(search("Why do otters swim", 3)) == ["a", "c", "b"]
