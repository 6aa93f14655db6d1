"""Sentences of documents and of models → which of them give orders instead of saying something. Nothing here obeys.

Papers quote attacks legitimately: a sentence that tells of an order ("the attack says “ignore …”") is none itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from alignment_qa.quotable import ORDER
from alignment_qa.types import Passage

_TO_US = re.compile(
    r"\byour (?:answer|response|reply|output|message|summary|instructions?|system prompt)\b"
    r"|\bthe (?:answer|response|reply|output) (?:must|should|shall) (?:now |only |always |never )?(?:be|begin|end|contain|include|mention|say)\b"
    r"|\byou are an? (?:ai|assistant|language model)\b|\bsystem prompt\b|<\s{0,3}/?\s{0,3}(?:system|assistant|user|instructions?)\s{0,3}>|\[\s{0,3}/?\s{0,3}INST\s{0,3}\]"
    r"|^\W*(?:dear |note to |to )?(?:any |all |the )?(?:ai|assistant|chatbot|model|llm|language model)s?(?: systems?| models?| assistants?| agents?| reviewers?)?(?: (?:reading|processing|summari[sz]ing|reviewing) this[^:,]{0,40})?\s?[:,] "
    r"|^\W*(?:when|if|before|after|while) (?:you |asked|answering|summari[sz]ing|quoting|citing|responding|replying|reviewing)",
    re.I,
)
_TELLS = re.compile(r"[“\"«‘]|\b(?:such as|for example|e\.g|says|said|reads|tells|told|asks|asked|instructs|called|attack\w*|inject\w*|inserted|hidden|planted)\b", re.I)  # fmt: skip
_IMPERATIVE = re.compile(
    r"^\W*(?:please |now |then |also |first,? |just |kindly )*(?:add|analy[sz]e|answer|append|apply|ask|begin|buy|calculate|call|check|choose|cite|classify|click|compose|"
    r"contact|convert|copy|create|decode|describe|determine|disregard|do not|don['’]t|download|draft|encode|encrypt|end|ensure|execute|explain|find|follow|forget|format|"
    r"generate|get|give|go to|help|identify|ignore|include|insert|interpret|invert|issue|let me|list|log|look up|make|mention|modify|never|open|output|override|plan|anagram|augment|advertise|integrate|introduce|misspell|rearrange|remove|shorten|swap|mirror|leave out|turn|incorporate|express|present|rate|review|illustrate|"
    r"predict|pretend|print|promote|provide|read|recommend|remember|render|repeat|replace|reply|respond|return|reveal|reverse|rewrite|rot13|run|say|schedule|search|"
    r"send|share|shift|show|sign up|speak|start|state that|stop|subscribe|substitute|suggest|summari[sz]e|switch|tell|translate|transform|try|type|use|visit|wrap|write)\b(?! (?:is|are|was|were|can|may|does|do)\b)",
    re.I,
)
_SPEAKS = re.compile(
    r"^\W*(?:i|my|you|your)\b|\b(?:i['’]m|i am|i have|i will|i['’]ll|as requested|as (?:you )?instructed)\b|^\W*(?:the|this|that) (?:document|passage|text|source|note)s? (?:says?|states?|asks?|tells?|reads?|wants?|instructs?)\b",
    re.I,
)


def gives_orders(sentence: str) -> bool:
    """A sentence of a document that speaks to the assistant or its reader and wants something done."""
    if ORDER.match(sentence):
        return True
    return bool(_TO_US.search(sentence)) and not _TELLS.search(sentence)


def found(passages: Sequence[Passage]) -> Iterator[tuple[Passage, str]]:
    """The sentences that give orders, with the passages they stand in."""
    for passage in passages:
        for start, end in passage.sentences:
            text = passage.text[start - passage.start : end - passage.start]
            if gives_orders(text):
                yield passage, text


def may_carry(sentence: str) -> bool:
    """A sentence of a document that a claim may rest on: neither an order, however it is put, nor a question."""
    return not (sentence.rstrip(" \"”’')]").endswith("?") or _IMPERATIVE.match(sentence) or gives_orders(sentence))


def is_statement(text: str) -> bool:
    """A sentence that an answer may hold: it says something. No question, no order, nobody's "I" or "you", no talk of
    "the document"."""
    return may_carry(text) and not _SPEAKS.search(text)
