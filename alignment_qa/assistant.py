"""The composition root: understand the question, retrieve, weigh the evidence, then answer with citations or decline."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment_qa import (
    answerable,
    beginners,
    compound,
    conversation,
    cross_encoders,
    evidence,
    manner,
    prompt,
    support,
)
from alignment_qa.answer_type import NAMELESS
from alignment_qa.bibliography import bibliography, listed
from alignment_qa.chat import Spent, open_model
from alignment_qa.cite import Draft, Quote, resolve, text_of
from alignment_qa.config import Config, from_environment
from alignment_qa.declining import declined, not_a_question, surface
from alignment_qa.evidence import Evidence
from alignment_qa.extract import Composition, extract
from alignment_qa.generate import texts_of
from alignment_qa.index import Index
from alignment_qa.lexical import terms
from alignment_qa.question import MAX_LENGTH, Question, apostrophes, understand
from alignment_qa.retrieve import Retriever, fuse, rerank
from alignment_qa.scope import Scope
from alignment_qa.types import Abstention, Answer, Detail, Hit, Turn
from alignment_qa.unsaid import said_later, unsaid
from alignment_qa.writer import Writer

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever

log = logging.getLogger("alignment_qa")


class Assistant:
    """Answers questions from an index. Open one with `Assistant.open`; it may be used from several threads."""

    def __init__(self, index: Index, config: Config, model: Any = None, scope: Scope | None = None) -> None:
        self.index = index
        self._searched = scope or index
        self.config = config
        self._remembered = support.Remembered(index.encoder.encode)
        self._writer = Writer(model, config, self._check) if model is not None else None
        self._retrieve: Retriever = fuse(
            self._searched, weight=config.keyword_weight, question_weight=config.question_weight, pool=config.pool
        )
        if config.reranker:
            self._retrieve = rerank(self._retrieve, cross_encoders.rerank_model(config.reranker), pool=4 * config.k)
        self._within = lru_cache(SCOPES)(lambda names: Assistant(index, config, model, Scope(index, names)))

    @classmethod
    def open(cls, index: str | Path | None = None, model: str | None = None, **chosen: Any) -> Assistant:
        """Open the index in a folder (default `index/`). `model` names a chat model that writes the answers; without
        one the assistant quotes. `chosen` are further fields of `Config`. Builds nothing, downloads nothing.

        Raises IndexMissing, IndexMismatch, EncoderUnavailable, ModelUnavailable."""
        config = from_environment(index=None if index is None else str(index), model=model, **chosen)
        opened = Index.open(config.index)
        writer = open_model(config.model, config.base_url, config.timeout) if config.model else None
        return cls(opened, config, writer)

    @property
    def way(self) -> str:
        """How answers are made: `quoting`, or the chat model's name."""
        return self.config.model or "quoting"

    def within(self, names: Iterable[str]) -> Assistant:
        """The same assistant over some of the documents: each named by its id, or with others by their collection. It
        finds and cites nothing else, also in follow-ups. Raises DocumentMissing for a name that is neither. Asked again of
        what it returns, it chooses anew from all documents."""
        return self._within(frozenset(names))

    def search(self, question: str, k: int = 8) -> list[Hit]:
        """The k best passages for a question; scores are fused and compare only within one question."""
        if not question.strip() or k < 1:
            return []
        return self._retrieve(question[:MAX_LENGTH], k)

    def answer(self, question: str, history: Sequence[Turn] = (), *, detail: Detail = "full") -> Answer:
        """The whole answer. Declining is an answer too: look at `abstention`."""
        *_, answer = self.stream(question, history, detail=detail)
        return answer

    def stream(self, question: str, history: Sequence[Turn] = (), *, detail: Detail = "full") -> Iterator[Answer]:
        """Growing snapshots of one answer; the last one is whole."""
        clock = _Clock()
        trace: dict[str, object] = {
            "ms": clock.ms, "retriever": "fused" + (f", re-ranked by {self.config.reranker}" if self.config.reranker else ""),
            "encoder": self.index.encoder.name, "model": self.config.model, "config": f"{self.config.digest}-{answerable.digest()}",
        }  # fmt: skip
        if isinstance(self._searched, Scope):
            trace["within"] = len(self._searched.doc_ids)
        told = manner.apart(" ".join(question[:MAX_LENGTH].split()))
        detail = told.detail or detail
        again = told.again and bool(conversation.standalone("", history, self._corpus))
        if not again and (reply := not_a_question(told.text, bool(history), self.index.count()[0])):
            yield Answer(question, reply, abstention=Abstention.OUT_OF_SCOPE, trace=trace)
            return
        with clock("understand"):
            understood = self.understand(told.text, history)
            spent = self._writer.spent() if self._writer else None
            if self._writer and spent and history and not again:
                put = self._writer.alone(told.text, history, understood.text, self._closeness, spent)
                understood = replace(self.understand(put), leans=True) if put != understood.text else understood
        trace["question"] = understood.text
        if understood.leans:
            trace["read_as"] = f"{understood.text[:1].upper()}{understood.text[1:]}"
        with clock("retrieve"):
            hits = self.gather_hits(understood, self.config.k * (2 if told.further else 1))
            parts = [self.understand(part.alone) for part in understood.parts]
            parted = [self.gather_hits(part) for part in parts]
            if self._writer:
                hits = self._more_hits(understood, hits, parted)
        with clock("evidence"):
            found = self.gather_evidence(understood, hits)
            each = [self.gather_evidence(*part) for part in zip(parts, parted, strict=True)]
            if understood.leans and not told.further:
                found, each = said_later(found, history), [said_later(part, history) for part in each]
            if told.further:
                trace["further"] = True
                found, each = unsaid(found, history), [unsaid(part, history) for part in each]
                if self._writer:
                    found = replace(found, question=replace(understood, text=prompt.further(understood.text)))
            named = zip((part.asked for part in understood.parts), each, strict=True)
            apart = list(named) if compound.told_apart(each) else []
        if apart and not self._writer:
            hits = _in_turn([each.hits for _, each in apart], 2 * self.config.k)
        trace["answers"] = round(max([found.probability, *(each.probability for _, each in apart)]), 3)
        answer = Answer(question, "", hits=tuple(hits), related=self._related(found), trace=trace)
        drafts: list[Draft] = []
        for draft in self._standing(self._drafts(found, apart, history, detail, trace, clock, spent), trace):
            drafts.append(draft)
            claims, citations = resolve(drafts)
            answer = replace(answer, text=text_of(claims), claims=claims, citations=citations)
            yield answer
        if not drafts:
            answer = self._decline(answer, found, trace)
        elif detail == "beginners":
            answer = replace(answer, terms=tuple(beginners.define(answer.text, self.index.glossary())))
        clock.stop()
        yield replace(answer, trace=trace)
        log.info(
            "answered %d claims, abstention %s, p %.2f, passages %s, ms %s",
            len(answer.claims), answer.abstention, found.probability,
            ",".join(hit.passage.passage_id for hit in hits[:3]), clock.ms,
        )  # fmt: skip

    def as_retriever(self, k: int = 8) -> BaseRetriever:
        """This assistant's search as a LangChain retriever; documents carry the source's fields as metadata."""
        from alignment_qa.langchain_retriever import PassageRetriever

        return PassageRetriever(search=self.search, k=k)

    # steps

    def understand(self, question: str, history: Sequence[Turn] = ()) -> Question:
        """What is asked, standing alone, without how it should be told, misspellings repaired by the corpus and abbreviations by
        its glossary, or by what documents say that they stand for."""
        asked = apostrophes(manner.apart(question).text)
        alone = conversation.standalone(asked, history, self._corpus) if history else asked
        leans = alone != asked
        spelt = self.index.respell(alone)
        alone, meaning, names = self.index.names_in(spelt).expand(spelt, self.index.uses, self.index.everyday)
        return replace(
            understand(alone), meaning=meaning, names=names, parts=compound.parts(alone, self._corpus), leans=leans
        )

    def gather_evidence(self, question: Question, hits: Sequence[Hit]) -> Evidence:
        """The sentences of the hits, scored for the question, and whether they answer it."""
        sought = self.index.sought(question.meaning or question.text)
        return evidence.gather(question, hits, self.index, sought, self.config.least)

    def gather_hits(self, question: Question, k: int | None = None) -> list[Hit]:
        """The hits for a question; for a comparison also those for each of its sides, in turn, and for a definition those
        of some more that hold one."""
        k = k or self.config.k
        if question.kind == "definition" and question.subject:
            hits = self._retrieve(question.text, DEFINING * k)
            return _in_turn([hits, [hit for hit in hits if evidence.tells(question, hit.passage)]], k)
        lists = [self._retrieve(text, k) for text in (question.text, *(f"What is {side}?" for side in question.sides))]
        return _in_turn(lists, k * (1 if len(lists) == 1 else 2))

    def _more_hits(self, question: Question, hits: list[Hit], parted: Sequence[list[Hit]]) -> list[Hit]:
        """For a model to read: also the hits for each part of a compound question, and for the words of the question that
        none of the hits holds; at most twice as many as were asked for."""
        lists = [hits, *parted]
        held = set(terms(" ".join(f"{hit.passage.heading} {hit.passage.text}" for hit in hits)))
        if lacking := surface([word for word in question.terms if word not in held], question.text):
            lists.append(self._retrieve(" ".join(lacking), self.config.k // 2))
        return _in_turn(lists, 2 * self.config.k) if len(lists) > 1 else hits

    def _drafts(
        self,
        found: Evidence,
        apart: Sequence[tuple[str, Evidence]],
        history: Sequence[Turn],
        detail: Detail,
        trace: dict[str, object],
        clock: _Clock,
        spent: Spent | None,
    ) -> Iterator[Draft]:
        """The answer's sentences: from bibliographies, from the model, or quoted; none when the evidence is thin."""
        if found.question.kind in {"sources", "who", "when"}:
            with clock("compose"):
                entries = list(bibliography(found, self._searched))
            if entries:
                trace["answers"] = 1.0
                yield from entries
                return
        if found.abstention is not None and not apart:
            return
        whole = [(found.question.text, found)]
        if self._writer is None or spent is None:
            with clock("compose"):
                drafts = list(self._quoted(apart or whole, detail, trace))
            yield from drafts
            return
        passages = [hit.passage for hit in found.hits]
        if not self.config.checker:  # what the check reads is encoded while the model thinks
            self._remembered.ahead(texts_of(passage) for passage in passages)
        try:
            yield from self._writer.drafts(
                found.question, passages, history, detail, spent=spent, trace=trace,
                quoted=lambda: self._quoted(apart or whole, detail, trace),
            )  # fmt: skip
        finally:
            clock.lap("write")

    def _quoted(
        self, found: Sequence[tuple[str, Evidence]], detail: Detail, trace: dict[str, object]
    ) -> Iterator[Draft]:
        """What is quoted for a question, or for each part of it; parts that are not clearly answered are noted."""
        composition = PART if len(found) > 1 else Composition()
        drafted: list[list[Draft]] = []
        for _, each in found:
            each = beginners.prefer(each) if detail == "beginners" else each
            drafted.append([] if each.abstention else list(extract(each, detail, self.index.beside, composition)))
        leads = {drafts[0].text for drafts in drafted if drafts}
        said: set[str] = set()
        for number, ((asked, _), drafts) in enumerate(zip(found, drafted, strict=True)):
            fresh = [d for i, d in enumerate(drafts) if d.text not in said and (not i or d.text not in leads)]
            said |= {draft.text for draft in fresh}
            if number and fresh:
                fresh[0] = replace(fresh[0], label=f"On “{asked}”")
            yield from fresh
        lacking = [f"“{asked}”" for (asked, _), drafts in zip(found, drafted, strict=True) if not drafts]
        if said and lacking:
            trace["note"] = f"Not clearly answered: {' '.join(lacking)}"

    def _standing(self, drafts: Iterable[Draft], trace: dict[str, object]) -> Iterator[Draft]:
        """The drafts whose quotes are at their places in the stored documents; of the others the trace tells."""
        texts: dict[str, str] = {}
        lost: list[dict[str, str]] = []
        for draft in drafts:
            gone = [quote for quote in draft.quotes if not self._stands(quote, texts)]
            if not gone:
                yield draft
                continue
            lost.append({"text": draft.text, "reason": LOST})
            trace["note"] = (
                f"Words of “{gone[0].passage.source.title}” are no longer in the stored document. Look at the index with: "
                f"python -m ingest --check --index {self.config.index}"
            )
        if lost:
            told = trace.get("dropped")
            trace["dropped"] = [*(told if isinstance(told, list) else []), *lost]

    def _stands(self, quote: Quote, texts: dict[str, str]) -> bool:
        doc_id = quote.passage.source.doc_id
        if doc_id not in texts:
            document = self.index.document(doc_id)
            texts[doc_id] = document.text if document else ""
        return texts[doc_id][quote.start : quote.end] == quote.text

    def _decline(self, answer: Answer, found: Evidence, trace: dict[str, object]) -> Answer:
        reason = found.abstention or (Abstention.UNSUPPORTED if trace.get("dropped") else Abstention.NO_EVIDENCE)
        wrote = "The model wrote an answer, but no passage supported any of its sentences, so none is shown."
        instead = wrote if self._writer else str(trace.get("note"))
        said = "further" in trace and found.abstention is None
        works = listed(found.question, self._searched)
        if works and reason is Abstention.OUT_OF_SCOPE:
            reason = Abstention.NO_EVIDENCE
        text = declined(reason, answer.hits, found, chosen="within" in trace, instead=instead, said=said, works=works)
        return replace(answer, text=text, abstention=reason)

    def _related(self, found: Evidence) -> tuple[str, ...]:
        """Questions that documents near this one answer, the question itself left out, and that of the document which
        answers it best: it is this one in other words."""
        own = set(found.question.terms)
        best = found.sentences[0].passage.source.doc_id if found.sentences and not found.abstention else None
        result: list[str] = []
        for doc_id, cosine in self._searched.asked(found.question.text):
            document = self.index.document(doc_id)
            if document is None or cosine < RELATED or doc_id == best:
                continue
            asked = [q for q in (document.questions[:1] or document.related) if q.endswith("?")]
            result.extend(q for q in asked if set(terms(q)) != own)
        return tuple(dict.fromkeys(result))[:4]

    def _closeness(self, text: str) -> float:
        return max((hit.score for hit in self._searched.search(text, 1)), default=-1.0)

    @cached_property
    def _corpus(self) -> conversation.Corpus:
        return conversation.Corpus(self._closeness, self._named)

    def _named(self, text: str) -> str:
        """The first thing in a text that the glossary or the title of a document near it names, as the text writes it; no
        single word of common English."""
        spans = [(start, -end) for start, end, _ in self.index.glossary().mentions(text)]
        for doc_id, _ in self._searched.asked(text):
            if document := self.index.document(doc_id):
                title = r"\W+".join(re.findall(r"\w+", document.source.title)).removesuffix("s") or "(?!)"
                spans += [(at.start(), -at.end()) for at in re.finditer(rf"\b{title}s?\b", text, re.I)]
        for start, end in sorted(spans):
            name = text[start:-end]
            if not (name.lower() in NAMELESS or self.index.everyday(name.lower())):
                opens = re.search(r"(?<!^)(?:\b[A-Z][\w-]* )*$", text[:start])
                return (opens[0] if opens else "") + name
        return ""

    @cached_property
    def _check(self) -> support.Checker:
        return support.checker(self._remembered, lambda words: evidence.weights(words, self.index))


LOST = "the words it rests on are no longer in the stored document"
PART = Composition(brief=1, full=6)  # for each of several questions, set by hand
DEFINING = 4  # times as many passages among which one that defines is looked for; set by hand
SCOPES = 4  # choices of documents whose vectors are kept at hand
RELATED = 0.3  # cosine below which a document's own question is no neighbour of this one


class _Clock:
    """Milliseconds a stage, in the order of the stages."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._started = self._lap = time.perf_counter()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._lap = time.perf_counter()
        self.ms[stage] = self.ms.get(stage, 0.0) + round((self._lap - started) * 1000, 2)

    def lap(self, stage: str) -> None:
        self.ms[stage] = round((time.perf_counter() - self._lap) * 1000, 2)

    def stop(self) -> None:
        self.ms["total"] = round((time.perf_counter() - self._started) * 1000, 2)


def _in_turn(lists: Sequence[Sequence[Hit]], most: int) -> list[Hit]:
    """The best of each list, then the second of each, and so on, each passage once."""
    best: dict[str, Hit] = {}
    for row in zip_longest(*lists):
        for hit in row:
            if hit is not None:
                best.setdefault(hit.passage.passage_id, hit)
    return [replace(hit, rank=rank) for rank, hit in enumerate(list(best.values())[:most], 1)]
