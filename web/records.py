"""A whole answer → the record that a browser keeps of it → the same answer again: conversations outlive program and page.

A record holds no passages, only their ids, so it stays small; the passages are looked up when it is opened again. It
comes back from a browser, so nothing in it is believed: every value is checked, and drawn like any other text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from alignment_qa import Abstention, Answer, Citation, Claim, Hit, Passage, Source
from alignment_qa.cite import Words, as_json
from alignment_qa.types import Support

if TYPE_CHECKING:
    from alignment_qa.index import Index

_LONG, _MANY = 40_000, 200  # characters of a text, items of a list


def record(answer: Answer, answer_id: str) -> dict[str, Any]:
    """The answer as plain values: as in the API, less the passages, with what it takes to draw it again."""
    kept: dict[str, Any] = {"id": answer_id, **as_json(answer)}
    for claim, said in zip(answer.claims, kept["claims"], strict=True):
        said |= {"label": claim.label, "item": claim.item, "cut": claim.cut}
    for citation in kept["citations"]:
        del citation["passage"]
    kept["nearest"] = [hit.passage.passage_id for hit in answer.hits] if answer.abstention else []
    return kept


def recall(sent: object, index: Index) -> Answer:
    """The answer of a record. What it quotes and the index no longer holds is listed by number under `gone` in its
    trace. Raises ValueError for what is no record."""
    kept = _mapping(sent)
    citations = [_mapping(item) for item in _list(kept.get("citations"))]
    nearest = [_text(item) for item in _list(kept.get("nearest"))]
    ids = [_text(item.get("passage_id")) for item in citations]
    passages = index.store.passages([*ids, *nearest])
    cited = tuple(_citation(item, passages.get(name)) for item, name in zip(citations, ids, strict=True))
    found = [passages[name] for name in nearest if name in passages]
    trace = dict(_mapping(kept.get("trace")))
    _text(json.dumps(trace))  # whatever it holds, not too much of it
    trace["gone"] = [c.number for c, name in zip(cited, ids, strict=True) if c.passage is not passages.get(name)]
    abstention = kept.get("abstention")
    return Answer(
        _text(kept.get("question")),
        _text(kept.get("text")),
        tuple(_claim(_mapping(item), {c.number for c in cited}) for item in _list(kept.get("claims"))),
        cited,
        tuple(Hit(passage, 0.0, rank) for rank, passage in enumerate(found, 1)),
        None if abstention is None else Abstention(abstention),
        tuple(_text(item) for item in _list(kept.get("related"))),
        tuple((_text(term), _text(meaning)) for term, meaning in _mapping(kept.get("terms", {})).items()),
        trace,
    )


def answer_id(sent: object) -> str:
    """Raises ValueError where there is none, as the page makes them."""
    name = _mapping(sent).get("id")
    if not isinstance(name, str) or not re.fullmatch(r"[0-9a-f]{16}", name):
        raise ValueError("A record has an id of 16 hex digits.")
    return name


def words_cited(sent: object) -> dict[Words, int]:
    """What each number of the conversation stands for: [[number, passage id, start, end], …]. Raises ValueError."""
    result: dict[Words, int] = {}
    for item in _list(sent or [], 20 * _MANY):
        number, name, start, end = [*_list(item), *(None,) * 4][:4]
        result[_text(name), _number(start), _number(end)] = _number(number)
    return result


def _citation(item: Mapping[str, Any], passage: Passage | None) -> Citation:
    number, quote = _number(item.get("number")), _text(item.get("quote"))
    start, end = _number(item.get("start")), _number(item.get("end"))
    if passage is None or passage.text[max(start - passage.start, 0) : end - passage.start] != quote:
        passage = _gone(item, quote, start)
        end = start + len(quote)
    return Citation(number, passage, quote, start, end)


def _gone(item: Mapping[str, Any], quote: str, start: int) -> Passage:
    """All that is known of a passage that the index no longer holds: the words that were quoted."""
    authors = tuple(_text(name) for name in _list(item.get("authors", [])))
    url, published, licence = (_text(item.get(name) or "") or None for name in ("url", "published", "licence"))
    source = Source(_text(item.get("doc_id")), _text(item.get("title")), url, authors, published, licence)
    heading = _text(item.get("heading", ""))
    return Passage(_text(item.get("passage_id")), source, quote, start, start + len(quote), heading)


def _claim(item: Mapping[str, Any], numbers: set[int]) -> Claim:
    support: Any = item.get("support")
    label = item.get("label")
    cited = tuple(_number(number) for number in _list(item.get("citations")))
    if support not in get_args(Support) or not set(cited) <= numbers:
        raise ValueError("A sentence of the record is not as one.")
    label = None if label is None else _text(label)
    return Claim(_text(item.get("text")), cited, support, label, item.get("item") is True, item.get("cut") is True)


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or len(value) > _MANY:
        raise ValueError("A record must be an object, as the page keeps them.")
    return value


def _list(value: object, most: int = _MANY) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"A record's lists must be lists, of at most {most} items.")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONG:
        raise ValueError(f"A record's texts must be texts, of at most {_LONG} characters.")
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 10**9:
        raise ValueError("A record's numbers must be whole numbers.")
    return value
