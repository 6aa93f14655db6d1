"""A question about works — where to read, who wrote, which sources — → the documents, and entries of their reference lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from alignment_qa.catalogue import drafts, titled, written_by
from alignment_qa.cite import Draft, Quote
from alignment_qa.evidence import Evidence, coverage, weights
from alignment_qa.index import Index
from alignment_qa.lexical import terms
from alignment_qa.question import AUTHORED, Question
from alignment_qa.scope import Scope
from alignment_qa.sentences import LIST_MARK
from alignment_qa.types import Passage

Rarity = Mapping[str, float]

LIMIT, FEW = 8, 3  # entries of an answer, and those that are named where there is none
NAMED = 0.85  # share of a title's term weight that an entry holds when it is the work asked for
TOPIC = 0.5  # share of the topic's term weight that an entry, its document's title and headings hold together

_ASKING = re.compile(
    r"\b(where|can|could|do|should|i|we|one|read|learn|find|more|what|which|are|is|was|were|when|the|some|any|good|best|key|main|list|sources?|references?|citations?|"
    r"papers?|articles?|posts?|essays?|documents?|works?|resources|books?|further|reading|recommend(?:ed)?|you|me|any|discuss|cover|mention|describe|deal with|talk|address|bibliography|literature|on|about|for|behind|who|wrote|writes?|written|writings?|by|author(?:s|ed)?|publish(?:ed)?|publications?|"
    r"posted|released|appear(?:ed)?|come out|came out|did|does|has|have|been|so far|name|of|first)\b",
    re.I,
)
_ADDRESSES = re.compile(r"https?://[^\s/]+/[^\s<>\"”)]{4,}")  # a publisher's front page is no work's
_ANY_ADDRESS = re.compile(r"https?://\S+")
_CITES = re.compile(r"\[[a-z-]+\d{4}\w*")  # text between the entries, which cites by key
_READING = re.compile(r"\b(?:read|reading|books?|papers?|essays?|introductions?|podcasts?|courses?|literature)\b", re.I)
_ON = re.compile(r"\b(?:on|about)\b", re.I)
_AUTHORED = re.compile(AUTHORED, re.I)
_APPEARED = re.compile(r"\b(?:written|published|posted|released|appear(?:ed)?|come out|came out)\b", re.I)
_WROTE = re.compile(r"\b(wrote|written by|author(?:s|ed)?|published)\b", re.I)


def bibliography(evidence: Evidence, index: Index | Scope) -> Iterator[Draft]:
    """Documents and entries that answer; nothing when the question is not about a work, or none fits."""
    question = evidence.question
    topic, rarity = _topic(question.text, index)
    if not rarity:
        return
    if question.kind in {"who", "when"}:
        yield from _of_one(evidence, topic, rarity, index)
    elif _AUTHORED.search(question.text):
        yield from _by_one(evidence, rarity, index)
    else:
        yield from _to_read(evidence, topic, rarity, index)


def _of_one(evidence: Evidence, topic: str, rarity: Rarity, index: Index | Scope) -> Iterator[Draft]:
    """Who wrote a work, or when it came out, if that is asked."""
    when = evidence.question.kind == "when"
    if not (_APPEARED if when else _WROTE).search(evidence.question.text):
        return
    if documents := titled(topic, index, dated=when):
        yield from drafts(documents, index, FEW, dated=when)
    elif evidence.abstention or not when:
        yield from _entries(index, topic, rarity, NAMED, limit=1)


def _by_one(evidence: Evidence, rarity: Rarity, index: Index | Scope) -> Iterator[Draft]:
    """What somebody wrote."""
    name, *about = (_topic(part, index)[0] for part in _ON.split(evidence.question.text, maxsplit=1))
    documents = written_by(name, " ".join(about), index, evidence.hits)[: LIMIT + 1]
    yield from drafts(documents, index, LIMIT)
    least = NAMED if about else TOPIC  # a list may have half of a name alone
    yield from _entries(index, " ".join([name, *about]), rarity, least, limit=max(0, LIMIT - len(documents)))


def _to_read(evidence: Evidence, topic: str, rarity: Rarity, index: Index | Scope) -> Iterator[Draft]:
    """Works on a topic: those whose entries name it, then those that the nearest documents about it list; none where a
    document recommends some itself."""
    near = {
        hit.passage.source.doc_id
        for hit in evidence.hits[:3]
        if coverage(rarity, f"{hit.passage.heading} {hit.passage.text}") >= TOPIC
    }
    first = {hit.passage.source.doc_id for hit in evidence.hits[:1]} & near
    if evidence.abstention is None and any(_recommends(index, doc_id) for doc_id in first):
        return
    named = list(_entries(index, topic, rarity, TOPIC, limit=LIMIT))
    others = (d for doc_id in near for p in index.passages_of(doc_id) if p.role == "references" for d in _drafts(p))
    yield from _works((*named, *others), LIMIT)


def listed(question: Question, index: Index | Scope) -> list[str]:
    """Works of any reference list that name what is asked for, for a question that no text answers; without addresses."""
    topic, rarity = _topic(question.text, index)
    entries = _entries(index, topic, rarity, NAMED, limit=FEW) if rarity else ()
    return [_ANY_ADDRESS.sub("", entry.text).strip(" .") for entry in entries]


def _topic(question: str, index: Index | Scope) -> tuple[str, dict[str, float]]:
    """The question without what asks for works, and the weights of its terms."""
    topic = " ".join(_ASKING.sub(" ", question).split()).strip(" ?.!")
    return topic, weights(list(dict.fromkeys(terms(topic))), index)


def _recommends(index: Index | Scope, doc_id: str) -> bool:
    """The document says of itself that it answers questions about what to read: its prose says why, its references do not."""
    document = index.document(doc_id)
    asked = document.questions if document else ()
    return bool(asked) and sum(bool(_READING.search(question)) for question in asked) > len(asked) / 2


def _entries(index: Index | Scope, topic: str, rarity: Rarity, least: float, limit: int) -> Iterator[Draft]:
    """The entries of any reference list that hold at least that share of the topic's term weight, those with most
    first, and of those the ones whose title opens with it; an entry with much less than the best is left out."""
    entries = {d.text: d for hit in index.keywords(topic, 20, role="references") for d in _drafts(hit.passage)}
    held = {text: coverage(rarity, text) for text in entries}
    least = max(least, 0.75 * max(held.values(), default=0.0))
    opens = re.compile(r"(?:[.?!)]|[“\"])\s*(?:the |an? )?" + r"\W+".join(re.findall(r"\w+", topic)), re.I)
    best = sorted(
        (text for text in entries if held[text] >= least), key=lambda text: (-held[text], not opens.search(text))
    )
    yield from _works((entries[text] for text in best), limit)


def _works(entries: Iterable[Draft], limit: int) -> Iterator[Draft]:
    """The first entry of each work: those with one address are one, and those of the same words beside it."""
    known: set[object] = set()
    works: list[Draft] = []
    for entry in entries:
        names = {*_ADDRESSES.findall(entry.text), frozenset(terms(_ANY_ADDRESS.sub("", entry.text)))}
        if not names & known:
            works.append(entry)
        known |= names
    return iter(works[:limit])


def _drafts(passage: Passage) -> Iterator[Draft]:
    """Each entry of a passage of references, without its list mark."""
    for start, end in passage.sentences:
        text = passage.text[start - passage.start : end - passage.start]
        if mark := LIST_MARK.match(text):
            start, text = start + mark.end(), text[mark.end() :]
        if len(text.split()) >= 3 and not _CITES.search(text):
            yield Draft(text, (Quote(passage, start, end),), "quoted", item=True)
