"""Measures of one answer, against values worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from alignment_qa.types import Abstention, Answer, Citation, Claim, Document, Heading, Hit, Passage, Source
from eval import measures
from eval.golden import Gold, Nugget, Query
from eval.measures import Outcome

TEXT = "Kelp is an alga. Otters eat urchins. Urchins graze on kelp. Reefs are built by polyps."
SOURCE = Source("doc", "Kelp")
DOCUMENT = Document(SOURCE, TEXT, (Heading(len(TEXT), 2, "References", "references"),))
SPANS = [(0, 16), (17, 36), (37, 59), (60, 86)]
PASSAGES = [Passage(f"p{n}", SOURCE, TEXT[a:b], a, b, "Kelp") for n, (a, b) in enumerate(SPANS)]
QUERY = Query(
    "q", "dev", "why", True, "What do sea otters do for seaweed?",
    gold=(Gold("kelp", "Otters eat urchins. Urchins graze on kelp."),),
    nuggets=(
        Nugget("otters eat urchins", True, (r"otters? eats?",)),
        Nugget("urchins eat kelp", True, (r"graze on kelp", r"eat kelp")),
        Nugget("kelp is an alga", False, ("alga",)),
    ),
)  # fmt: skip


def hits(*numbers: int) -> tuple[Hit, ...]:
    return tuple(Hit(PASSAGES[n], 1.0 / rank, rank) for rank, n in enumerate(numbers, 1))


def quoted(*numbers: int) -> Answer:
    """An answer that quotes these sentences."""
    citations = tuple(
        Citation(at, PASSAGES[n], TEXT[SPANS[n][0] : SPANS[n][1]], *SPANS[n]) for at, n in enumerate(numbers, 1)
    )
    claims = tuple(Claim(c.quote, (c.number,), "quoted") for c in citations)
    text = " ".join(f"{claim.text} [{claim.citations[0]}]" for claim in claims)
    return Answer("?", text, claims, citations, hits(*numbers), trace={"answers": 0.8})


def carries(sentence: str, texts: Sequence[str]) -> bool:
    return any(sentence in text for text in texts)


def test_passages_that_share_words_with_the_quote_are_relevant() -> None:
    assert measures.relevant(QUERY, {"kelp": DOCUMENT}, lambda _: PASSAGES) == {"p1", "p2"}


def test_a_bibliography_is_never_relevant() -> None:
    references = [replace(passage, role="references") for passage in PASSAGES]
    assert measures.relevant(QUERY, {"kelp": DOCUMENT}, lambda _: references) == set()


def test_gold_without_a_quote_makes_its_document_relevant() -> None:
    query = replace(QUERY, gold=(Gold("kelp", ""),))
    assert measures.relevant(query, {"kelp": DOCUMENT}, lambda _: PASSAGES) == {"doc"}


def test_retrieval_measures_are_those_of_the_field() -> None:
    outcome = Outcome(QUERY, quoted(1), hits(0, 1, 3, 2))
    found = measures.retrieval([outcome], {"q": {"p1", "p2"}})["q"]
    # relevant at ranks 2 and 4: gains 1/log2(3) + 1/log2(5) over the ideal 1 + 1/log2(3)
    assert found == pytest.approx({"recall@8": 1.0, "recall@20": 1.0, "nDCG@10": 0.6509, "RR@10": 0.5}, abs=1e-4)


def test_a_question_with_nothing_retrieved_counts_as_nothing_found() -> None:
    found = measures.retrieval([Outcome(QUERY, quoted(1), ())], {"q": {"p1"}})["q"]
    assert set(found.values()) == {0.0}


def test_vital_nuggets_make_the_strict_recall_and_all_make_the_lenient() -> None:
    found = measures.answers(Outcome(QUERY, quoted(0, 1), hits(0, 1)))
    assert (found["nuggets"], found["complete"], found["good"]) == (0.5, 0.0, 1.0)
    assert found["nuggets, lenient"] == pytest.approx(2 / 3)
    assert found["nuggets in hits"] == 0.5
    assert (found["lead"], found["words"]) == (0.0, 7.0)


def test_a_lead_that_leads_into_a_list_is_read_with_its_first_item() -> None:
    one, two, *_ = quoted(0, 1, 2).claims
    for first, expected in (("Otters and kelp:", 1.0), ("Otters and kelp.", 0.0)):
        answer = replace(quoted(0, 1), claims=(replace(one, text=first), two))
        assert measures.answers(Outcome(QUERY, answer, hits(0, 1)))["lead"] == expected


def test_a_declined_question_holds_no_nuggets_whatever_its_text_says() -> None:
    declined = replace(quoted(1, 2), abstention=Abstention.NO_EVIDENCE)
    found = measures.answers(Outcome(QUERY, declined, ()))
    assert (found["nuggets"], found["good"], found["ROUGE-L"]) == (0.0, 0.0, 0.0)
    assert found["nuggets in hits"] == 1.0


@pytest.mark.parametrize(
    ("said", "contained", "good"),
    [
        ("Otters were eating the urchins.", 1.0, 1.0),  # words are compared by their stems
        ("The otter is of the sea.", 1 / 3, 0.0),  # “the” says nothing
        ("", 0.0, 0.0),
    ],
)
def test_where_only_a_reference_is_given_half_of_its_content_words_make_an_answer_good(
    said: str, contained: float, good: float
) -> None:
    query = replace(QUERY, nuggets=(), reference="The otters eat urchins.")
    found = measures.held(query, said, "")
    assert (found["contained"], found["good"]) == (pytest.approx(contained), good)


def test_a_reference_without_content_words_is_compared_by_all_of_them() -> None:
    query = replace(QUERY, nuggets=(), reference="It is so.")
    assert measures.held(query, "So it goes.", "")["contained"] == pytest.approx(2 / 3)


def test_rouge_l_is_f1_over_the_longest_common_subsequence() -> None:
    # "the cat on mat" of 4 and 6 words: P 4/4, R 4/6
    assert measures.rouge_l("the cat on mat", "The cat sat on the mat.") == pytest.approx(0.8)
    assert measures.rouge_l("", "x") == 0.0
    assert measures.rouge_l("a b", "c d") == 0.0


def test_verbatim_citations_are_exact_and_precise() -> None:
    found = measures.citations(quoted(1, 2), lambda _: DOCUMENT, carries)
    assert found == {"claims cited": 1.0, "citation recall": 1.0, "quotes exact": 1.0, "citation precision": 1.0}


@pytest.mark.parametrize(
    ("field", "value"), [("start", 18), ("quote", "Otters ate urchins."), ("passage", PASSAGES[0])]
)
def test_a_citation_that_is_off_by_anything_is_not_exact(field: str, value: object) -> None:
    answer = quoted(1)
    bent = replace(answer.citations[0], **{field: value})  # type: ignore[arg-type]
    found = measures.citations(replace(answer, citations=(bent,)), lambda _: DOCUMENT, carries)
    assert found["quotes exact"] == 0.0


def test_a_citation_that_adds_nothing_costs_precision_not_recall() -> None:
    answer = quoted(1, 3)
    claim = Claim(answer.claims[0].text, (1, 2), "quoted")
    found = measures.citations(replace(answer, claims=(claim,)), lambda _: DOCUMENT, carries)
    assert (found["citation recall"], found["citation precision"]) == (1.0, 0.5)


def test_a_claim_without_a_citation_costs_recall() -> None:
    answer = quoted(1)
    claims = (*answer.claims, Claim("The sea is wide.", (), "unsupported"))
    found = measures.citations(replace(answer, claims=claims), lambda _: DOCUMENT, carries)
    assert (found["claims cited"], found["citation recall"], found["citation precision"]) == (0.5, 0.5, 1.0)


def test_declining_is_a_fault_or_a_merit_by_the_question() -> None:
    declined = Answer("?", "No.", abstention=Abstention.OUT_OF_SCOPE)
    assert measures.declining(Outcome(QUERY, declined, ())) == {"false refusals": 1.0}
    near_miss = replace(QUERY, answerable=False, reason="near_miss", gold=(), nuggets=())
    found = measures.declining(Outcome(near_miss, declined, ()))
    assert found == {"declined": 1.0, "declined, near_miss": 1.0, "good": 1.0}
    assert measures.declining(Outcome(near_miss, quoted(1), ()))["good"] == 0.0
