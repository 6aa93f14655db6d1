"""Sentences of documents and of models → which of them give orders instead of saying something. Nothing here obeys.

Papers quote attacks legitimately: a sentence that tells of an order ("the attack says “ignore …”") is none itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from alignment_qa.lexical import FUNCTION_WORDS
from alignment_qa.quotable import ORDER
from alignment_qa.types import Passage

_TO_US = re.compile(
    r"\byour (?:answer|response|reply|output|message|summary|instructions?|system prompt)\b"
    r"|\bthe (?:answer|response|reply|output) (?:must|should|shall) (?:now |only |always |never )?(?:be|begin|end|contain|include|mention|say)\b"
    r"|\byou are an? (?:ai|assistant|language model)\b"
    r"|^\W*(?:dear |note to |to )?(?:any |all |the )?(?:ai|assistant|chatbot|model|llm|language model)s?(?: systems?| models?| assistants?| agents?| reviewers?)?(?: (?:reading|processing|summari[sz]ing|reviewing) this[^:,]{0,40})?\s?[:,] "
    r"|^\W*end of (?:the )?(?:passages?|documents?|texts?|context|prompt|sources?|instructions?)\b"
    r"|^\W*(?:when|if|before|after|while) (?:you (?:are asked|answer|summari[sz]e|quote|cite|respond|reply|review|process|read this)|asked|answering|summari[sz]ing|quoting|citing|responding|replying|reviewing)",
    re.I,
)
_TURN = re.compile(r"<\s{0,3}/?\s{0,3}(?:assistant|user)\s{0,3}>", re.I)
_TAG = re.compile(r"<\s{0,3}/?\s{0,3}(?:system|instructions?)\s{0,3}>|\[\s{0,3}/?\s{0,3}INST\s{0,3}\]", re.I)
_QUOTES = re.compile(r"[“\"«‘`]")
_TELLS = re.compile(r"[“\"«‘`]|\b(?:such as|for example|e\.g|says|said|reads|tells|told|instructs|called|attack\w*|inject\w*|inserted|hidden|planted)\b", re.I)  # fmt: skip
_LEAD = (
    r"^\W*(?:(?:please|now|then|also|first|next|finally|just|kindly|instead|always|never|simply|[a-z]{3,12}ly|can you|could you|would you|will you|"
    r"(?:you |one )?(?:must|should|need to|have to)|do not(?: hesitate to| forget to)?|don['’]t(?: hesitate to| forget to)?|be sure to|keep in mind to|remember to|"
    r"to [a-z]{2,12}(?: [a-z]{2,12})?,),? ){0,3}"
)
_IMPERATIVE = re.compile(  # a word of an open class before "the", "your", "it", “…: what is no verb there is told apart below
    _LEAD + r"(?P<verb>[a-z]{2,15})(?: (?:down|up|out|off|back|over|away))? (?:(?:a|an|the|your|our|my|its|their|any|every|each|all|it|them|me|us|him|how|what|why|this|these|those)\b"
    r"(?! (?:year|month|week|day|time|is|are|was|were)\b)(?!(?: [\w-]+){1,2}:)|[“\"‘'])",
    re.I,
)  # fmt: skip
_NO_VERB = frozenset(FUNCTION_WORDS) - {"tell", "do"} | frozenset(
    "not today tomorrow yesterday tonight often perhaps maybe once even only rather both such quite almost nearly half twice like unlike given per via plus "
    "whatever whichever however still later soon here never ever again already together until unless since because although though whereas during before after "
    "above below between among within without against across along around behind beside beyond despite except inside near outside past throughout toward "
    "towards versus everything everyone nothing neither either whether seen taken put told left set cut made known".split()
)
_TEXTBOOK = frozenset(
    "consider suppose imagine let take assume recall note think picture notice see compare contrast define denote fix".split()
)
"""Imperatives with which an author takes a reader along: they ask for nothing to be done."""
_VERB_IN = re.compile(r"(?:embed|feed|heed|apply|reply|supply|multiply|comply|bring|ss|focus)$")
_DERIVED = re.compile(r"(?:ing|ed|ly|s)$")
_BARE = re.compile(
    _LEAD + r"(?:add|advertise|append|apply|begin|buy|cite|classify|click|compose|convert|create|decode|describe|develop|disregard|download|encode|encrypt|execute|explain|"
    r"ensure|forget|generate|give|go to|ignore|include|incorporate|insert|integrate|introduce|invent|leave out|let (?:me|your)|make sure|mention|misspell|never|output|override|predict|pretend|print|"
    r"promote|provide|read|recommend|remove|render|repeat|replace|reply|respond|return|reveal|rewrite|say|send|share|shift|show|sign up|speak|start|state that|"
    r"subscribe|substitute|suggest|summari[sz]e|swap|tell|translate|transform|try|use|visit|wrap|write)\b(?! (?:is|are|was|were|can|may|does|do|of)\b|-| [a-z]+ing\b)",
    re.I,
)  # fmt: skip
_ASKS_US = re.compile(r"\b(?:you|your [a-z]{2,20}) (?:should|must|need to|have to|ought to|are to|are advised|could|may find|will want)\b", re.I)  # fmt: skip
_STRAY = re.compile(r"\W*#\w|['\"‘“](?!.*['\"’”](?:\W|$))|(?:(?!(?:^|(?<=[\s(]))['\"‘“]).)*[.!?]['\"’”]+\s*$", re.S)
"""A piece of something quoted: it opens a quotation and does not end it, or the other way round; or a tag."""
_SPEAKS = re.compile(
    r"^\W*(?:i|my|you|your)\b|\b(?:i['’]m|i am|i have|i will|i['’]ll|as requested|as (?:you )?instructed)\b|^\W*(?:the|this|that) (?:document|passage|text|source|note)s? (?:says?|states?|asks?|tells?|reads?|wants?|instructs?)\b",
    re.I,
)


def gives_orders(sentence: str) -> bool:
    """A sentence of a document that speaks to the assistant or its reader and wants something done; not one that tells
    of such a sentence before it gives its words."""
    if ORDER.match(sentence):
        return True
    if (tag := _TAG.search(sentence)) and not _QUOTES.search(sentence, 0, tag.start()):
        return True
    to_us = _TO_US.search(sentence)
    return to_us is not None and not _TELLS.search(sentence, 0, to_us.start())


def found(passages: Sequence[Passage]) -> Iterator[tuple[Passage, str]]:
    """The sentences that give orders, with the passages they stand in."""
    for passage in passages:
        for start, end in passage.sentences:
            text = passage.text[start - passage.start : end - passage.start]
            if gives_orders(text):
                yield passage, text


def may_carry(sentence: str) -> bool:
    """A sentence of a document that a claim may rest on: neither an order, however it is put, nor a question."""
    asks = sentence.rstrip(" \"”’')]").endswith("?") or _ASKS_US.search(sentence) or _TURN.search(sentence)
    return not (asks or _BARE.match(sentence) or _imperative(sentence) or gives_orders(sentence))


def _imperative(sentence: str) -> bool:
    if not (found := _IMPERATIVE.match(sentence)):
        return False
    verb = found["verb"].lower()
    return verb not in _NO_VERB | _TEXTBOOK and (bool(_VERB_IN.search(verb)) or not _DERIVED.search(verb))


def evidence(passage: Passage) -> list[str]:
    """The sentences of a passage that a claim may rest on. What follows an order in its paragraph is suspect too: it may be
    what the order wants said."""
    kept, ordered, last = [], False, 0
    for start, end in passage.sentences or ((passage.start, passage.end),):
        start, end = start - passage.start, end - passage.start
        text = passage.text[start:end]
        ordered = gives_orders(text) or (ordered and "\n\n" not in passage.text[last:start])
        if not ordered and may_carry(text):
            kept.append(text)
        last = end
    return kept


def is_statement(text: str) -> bool:
    """A sentence that an answer may hold: it says something. No question, no order, nobody's "I" or "you", no talk of
    "the document", no piece of something quoted."""
    return may_carry(text) and not (_SPEAKS.search(text) or _STRAY.match(text))
