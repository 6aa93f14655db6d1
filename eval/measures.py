"""A query and its answer flow in, numbers flow out: what was retrieved, said, cited, declined. A measure that does not
apply to a question is left out for it, never counted as 0."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from alignment_qa.lexical import terms
from alignment_qa.types import Answer, Citation, Claim, Document, Hit, Passage
from eval.golden import Query, spans_of

Check = Callable[[str, Sequence[str]], bool]
"""A sentence and texts → do the texts carry it?"""

DEPTH = 20
"""Passages of a run that are kept; the answer itself reads fewer. Five times as many where documents are judged."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A query with what came of it. `run` is the plain retrieval of the stand-alone question, `DEPTH` deep."""

    query: Query
    answer: Answer
    run: tuple[Hit, ...]

    @property
    def declined(self) -> bool:
        return self.answer.abstention is not None

    @property
    def probability(self) -> float:
        """How sure the assistant was that there is an answer; 0 where it did not look for one."""
        stated = self.answer.trace.get("answers")
        return float(stated) if isinstance(stated, (int, float)) else 0.0


# retrieval


def relevant(query: Query, documents: Mapping[str, Document], passages: Callable[[str], Sequence[Passage]]) -> set[str]:
    """The ids of the passages that share words with a gold quote; of the documents, where gold has no quotes."""
    found = set()
    for gold in query.gold:
        document = documents[gold.document]
        if not gold.quote:
            found.add(document.source.doc_id)
            continue
        for start, end in spans_of(gold, document):
            for passage in passages(document.source.doc_id):
                if passage.role == "prose" and passage.start < end and start < passage.end:
                    found.add(passage.passage_id)
    return found


def retrieval(outcomes: Sequence[Outcome], wanted: Mapping[str, set[str]]) -> dict[str, dict[str, float]]:
    """query id → measure → value, by ir_measures. `wanted` gives the relevant passages (or documents) a query."""
    import ir_measures
    from ir_measures import RR, R, nDCG

    names = {"recall@8": R @ 8, "recall@20": R @ DEPTH, "nDCG@10": nDCG @ 10, "RR@10": RR @ 10}
    judged = [outcome for outcome in outcomes if wanted.get(outcome.query.id)]
    if not judged:
        return {}
    qrels = [ir_measures.Qrel(o.query.id, unit, 1) for o in judged for unit in sorted(wanted[o.query.id])]
    runs = [ir_measures.ScoredDoc(o.query.id, unit, -float(rank)) for o in judged for rank, unit in enumerate(units(o))]
    result = {outcome.query.id: dict.fromkeys(names, 0.0) for outcome in judged}
    by_measure = {measure: name for name, measure in names.items()}
    for metric in ir_measures.iter_calc(list(by_measure), qrels, runs):
        result[metric.query_id][by_measure[metric.measure]] = float(metric.value)
    return result


def units(outcome: Outcome) -> list[str]:
    """The ids of the passages retrieved, or of their documents where whole documents are judged, best first."""
    whole = bool(outcome.query.gold) and not outcome.query.gold[0].quote
    passages = [hit.passage for hit in outcome.run]
    return list(dict.fromkeys(p.source.doc_id if whole else p.passage_id for p in passages))


def document_recall(outcome: Outcome, documents: Mapping[str, Document], k: int = 8) -> float:
    """The share of the gold documents among those of the k best passages."""
    wanted = {documents[gold.document].source.doc_id for gold in outcome.query.gold}
    found = {hit.passage.source.doc_id for hit in outcome.run[:k]}
    return len(wanted & found) / len(wanted)


# answers


def answers(outcome: Outcome) -> dict[str, float]:
    """Nuggets in the answer and in what it could have read, and likeness to the reference."""
    query, answer = outcome.query, outcome.answer
    said = "" if outcome.declined else answer.text
    result = held(query, said, " ".join(hit.passage.text for hit in answer.hits))
    vital = [nugget for nugget in query.nuggets if nugget.vital]
    if vital and not outcome.declined and answer.claims:
        led = answer.claims[0].text.endswith(":") + 1  # what leads into a list is no sentence without its first item
        lead = " ".join(claim.text for claim in answer.claims[:led])
        result["lead"] = float(any(nugget.found_in(lead) for nugget in vital))
        result["words"] = float(len(_words(_unmarked(said))))
    if reference := query.reference or " ".join(gold.quote for gold in query.gold if gold.quote):
        result["ROUGE-L"] = rouge_l(_unmarked(said), reference)
    return result


def held(query: Query, said: str, read: str) -> dict[str, float]:
    """What the words of an answer hold, none where it was declined, and the words that it could have read."""
    result: dict[str, float] = {}
    if vital := [nugget for nugget in query.nuggets if nugget.vital]:
        found = [nugget.found_in(said) for nugget in query.nuggets]
        strict = sum(n.found_in(said) for n in vital) / len(vital)
        result |= {
            "nuggets": strict,
            "nuggets, lenient": sum(found) / len(found),
            "complete": float(strict == 1),
            "nuggets in hits": sum(n.found_in(read) for n in vital) / len(vital),
            "good": float(strict >= 0.5),
        }
    if query.reference:
        wanted = set(terms(query.reference)) or set(_words(query.reference))
        result["contained"] = len(wanted & {*terms(said), *_words(said)}) / len(wanted)
        result.setdefault("good", float(result["contained"] >= 0.5))
    return result


def rouge_l(said: str, reference: str) -> float:
    """F1 over the longest common subsequence of words (Lin, 2004), lower-cased, unstemmed, by rouge-score."""
    return float(_rouge().score(reference, said)["rougeL"].fmeasure)


@cache
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"], use_stemmer=False)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _unmarked(text: str) -> str:
    return re.sub(r" ?\[\d+\]", "", text)


# citations


def citations(answer: Answer, document: Callable[[str], Document | None], carries: Check) -> dict[str, float]:
    """Exactness of every quote, share of claims with a citation, and ALCE's recall and precision (Gao et al., 2023,
    arXiv 2305.14627, section 3), averaged over the answer's claims and over its citations.

    A claim is recalled when it has citations and all of them together carry it. A citation is precise when its claim is
    recalled and the citation is not irrelevant: irrelevant is one that does not carry the claim alone while the others
    carry it without it. Two things differ from ALCE: what must carry a claim is the quotes, not whole passages, which
    is stricter; and what decides is our offline check, not an entailment model, so the numbers are no other system's."""
    if answer.abstention is not None or not answer.claims:
        return {}
    quotes = {citation.number: citation.quote for citation in answer.citations}
    result = {
        "claims cited": sum(bool(claim.citations) for claim in answer.claims) / len(answer.claims),
        "citation recall": sum(_carried(claim, quotes, carries) for claim in answer.claims) / len(answer.claims),
    }
    if answer.citations:
        exact = [_exact(citation, document(citation.passage.source.doc_id)) for citation in answer.citations]
        result["quotes exact"] = sum(exact) / len(exact)
    precise = [_precise(claim, number, quotes, carries) for claim in answer.claims for number in claim.citations]
    if precise:
        result["citation precision"] = sum(precise) / len(precise)
    return result


def _exact(citation: Citation, document: Document | None) -> bool:
    passage = citation.passage
    return (
        document is not None
        and bool(citation.quote.strip())
        and document.text[citation.start : citation.end] == citation.quote
        and document.text[passage.start : passage.end] == passage.text
        and passage.start <= citation.start < citation.end <= passage.end
    )


def _carried(claim: Claim, quotes: Mapping[int, str], carries: Check) -> bool:
    texts = [quotes[number] for number in claim.citations if number in quotes]
    return bool(texts) and carries(claim.text, texts)


def _precise(claim: Claim, number: int, quotes: Mapping[int, str], carries: Check) -> bool:
    if number not in quotes or not _carried(claim, quotes, carries):
        return False
    others = [quotes[other] for other in claim.citations if other != number and other in quotes]
    return carries(claim.text, [quotes[number]]) or not (others and carries(claim.text, others))


# declining


def declining(outcome: Outcome) -> dict[str, float]:
    """Whether it was right to answer, or not to."""
    query, declined = outcome.query, float(outcome.declined)
    if query.answerable:
        return {"false refusals": declined}
    return {"declined": declined, f"declined, {query.reason}": declined, "good": declined}
