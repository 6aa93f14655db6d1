"""Golden questions: lines of JSON flow in, checked queries flow out.

A query points at documents by the stem of their file and at exact words in them, never at passages, so a new way of
cutting passages breaks nothing. Half of the documents are for tuning (`dev`), half are kept for measuring (`test`):
`load` gives the second half only to callers that ask for it by name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from alignment_qa.lexical import terms
from alignment_qa.sentences import sentence_spans
from alignment_qa.types import Document, Turn
from ingest import readers
from ingest.sync import Report, walk

SHIPPED = Path(__file__).parent / "golden"
ARTICLES = Path(__file__).parent.parent / "corpus" / "articles"

Split = Literal["dev", "test"]
Kind = Literal["definition", "comparison", "why", "how", "list", "who", "when", "number", "yes_no", "contested", "open"]
Reason = Literal["out_of_scope", "not_in_corpus", "near_miss"]
Style = Literal["plain", "colloquial", "misspelt", "expert", "non_native"]

WORDS_SHARED = 0.6
"""A question may share at most this share of its content terms, the titles' own left out, with any of its quotes."""
QUESTION_SHARED = 0.75
"""And its terms may overlap by at most this (Jaccard) with a question that the article says it answers."""
FEW_TERMS = 4
"""Questions with fewer content terms beside the titles' are too short to leak anything but their topic."""


class GoldenError(Exception):
    """A golden file cannot be read. The message says which line, and why."""


@dataclass(frozen=True, slots=True)
class Gold:
    """Words that answer a question: `document` is the stem of its file, `quote` is verbatim; empty means all of it."""

    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class Nugget:
    """A fact that an answer should hold; it does when any of the patterns `match` is found in its text. An answer
    without a `vital` nugget is incomplete, the others are welcome (Voorhees, TREC 2003 QA track)."""

    text: str
    vital: bool
    match: tuple[str, ...]

    def found_in(self, text: str) -> bool:
        """Whether an answer holds it; line breaks count as spaces."""
        line = " ".join(text.split())
        return any(re.search(pattern, line, re.IGNORECASE) for pattern in self.match)


@dataclass(frozen=True, slots=True)
class Query:
    """A question with what is known about its answer. `about` is the document that an unanswerable one comes near."""

    id: str
    split: Split
    kind: Kind
    answerable: bool
    question: str
    style: Style = "plain"
    reason: Reason | None = None
    about: str | None = None
    history: tuple[Turn, ...] = ()
    gold: tuple[Gold, ...] = ()
    nuggets: tuple[Nugget, ...] = ()
    reference: str = ""
    """An answer in whole sentences, where one was brought; else the quotes stand in for it."""

    @property
    def cluster(self) -> str:
        """Questions on one document are no independent sample: intervals are drawn by this."""
        return self.gold[0].document if self.gold else self.about or self.id


def split_of(query: Mapping[str, Any]) -> Split:
    """The half that a question belongs to: that of its first document, so that no document is in both."""
    gold = query.get("gold") or [{}]
    anchor = str(gold[0].get("document") or query.get("about") or query["id"])
    return "test" if hashlib.sha256(anchor.encode()).digest()[0] % 2 else "dev"


def load(path: Path = SHIPPED, split: Split | Literal["all"] = "dev", *, measuring: bool = False) -> list[Query]:
    """The queries of a file, or of all `*.jsonl` in a folder. Raises GoldenError.

    `measuring=True` is the seal of the test half: nothing that chooses a threshold or a weight may pass it."""
    if split != "dev" and not measuring:
        raise GoldenError("The test split is for measuring only, never for tuning: pass measuring=True to measure.")
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise GoldenError(f"No *.jsonl in {path}/.")
    queries: list[Query] = []
    seen: dict[str, str] = {}
    for file in files:
        for place, row in rows(file):
            query = parse(row, place)
            if query.id in seen:
                raise GoldenError(f"{place}: the id {query.id!r} is already at {seen[query.id]}")
            seen[query.id] = place
            if split in ("all", query.split):
                queries.append(query)
    return queries


def rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(`file:line`, object) of a JSONL file. Raises GoldenError."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise GoldenError(f"{file}:{number}: not JSON: {error.msg} at column {error.colno}") from None
            if not isinstance(row, dict):
                raise GoldenError(f"{file}:{number}: a line holds one object")
            yield f"{file}:{number}", row


_FIELDS = {"id", "split", "kind", "answerable", "reason", "style", "about", "question", "history", "gold", "nuggets"}


def parse(row: Mapping[str, Any], place: str) -> Query:
    """A line as a query. Raises GoldenError naming the place and the field."""

    def need(holds: bool, what: str) -> None:
        if not holds:
            raise GoldenError(f"{place}: {what}")

    def one_of(field: str, allowed: Any) -> Any:
        need(row.get(field) in get_args(allowed), f"{field} must be one of {', '.join(get_args(allowed))}")
        return row[field]

    need(not (extra := set(row) - _FIELDS), f"unknown fields {', '.join(sorted(extra))}")
    need(bool(str(row.get("id", "")).strip()), "id is missing")
    need(bool(str(row.get("question", "")).strip()), "question is missing")
    need(isinstance(row.get("answerable"), bool), "answerable must be true or false")
    answerable = row["answerable"]
    gold = tuple(Gold(item["document"], item["quote"]) for item in row.get("gold", ()))
    nuggets = tuple(Nugget(item["text"], item["vital"], tuple(item["match"])) for item in row.get("nuggets", ()))
    need(answerable == bool(gold), "an answerable question, and only that, has gold")
    need(answerable == any(n.vital for n in nuggets), "an answerable question, and only that, has a vital nugget")
    need(answerable == (row.get("reason") is None), "an unanswerable question, and only that, has a reason")
    for nugget in nuggets:
        for pattern in nugget.match:
            try:
                re.compile(pattern, re.IGNORECASE)
            except re.error as error:
                need(False, f"nugget pattern {pattern!r}: {error}")
    need(row.get("split") == split_of(row), f"split must be {split_of(row)!r} for its document")
    return Query(
        str(row["id"]), row["split"], one_of("kind", Kind), answerable, row["question"], one_of("style", Style),
        None if answerable else one_of("reason", Reason), row.get("about"),
        tuple(Turn(turn["role"], turn["text"]) for turn in row.get("history", ())), gold, nuggets,
    )  # fmt: skip


# what is checked against the documents


def read_documents(folder: Path = ARTICLES) -> dict[str, Document]:
    """Stem of the file → the document, as ingest reads it. Files that share a stem go by their path in the folder, the
    documents of one file by its path and their places in it (`notes.jsonl, line 2`); what cannot be read is left out.
    Raises GoldenError where there is no such folder."""
    if not folder.is_dir():
        raise GoldenError(f"No folder {folder}/.")
    files = [file.path for file in walk([folder], Report())]
    shared = {stem for stem, count in Counter(file.stem for file in files).items() if count > 1}
    found = {}
    for file in files:
        path = file.relative_to(folder).as_posix()
        parts = {place: part for place, part in readers.read_all(file) if isinstance(part, Document)}
        for place, document in parts.items():
            alone = path if file.stem in shared else file.stem
            found[f"{path}, {place}" if len(parts) > 1 else alone] = document
    return found


def spans_of(gold: Gold, document: Document) -> list[tuple[int, int]]:
    """Where the quote stands in the document's prose, line breaks counting as spaces; once, unless the document
    repeats itself."""
    if not gold.quote:
        return [(0, len(document.text))]
    pattern = r"\s+".join(map(re.escape, gold.quote.split()))
    found = [(m.start(), m.end()) for m in re.finditer(pattern, document.text)]
    references = [heading.start for heading in document.headings if heading.role == "references"]
    return [span for span in found if span[0] < min(references, default=len(document.text))]


def check(queries: Iterable[Query], documents: Mapping[str, Document]) -> list[str]:
    """What is wrong with the set: quotes that no document holds, nuggets that the gold does not hold, leaks. Empty
    when all is well."""
    problems = []
    for query in queries:
        for slug in [*(gold.document for gold in query.gold), *([query.about] if query.about else [])]:
            if slug not in documents:
                problems.append(f"{query.id}: no document {slug}")
        golds = [gold for gold in query.gold if gold.document in documents]
        for gold in golds:
            if not spans_of(gold, documents[gold.document]):
                near = _nearest(gold.quote, documents[gold.document])
                problems.append(f"{query.id}: not in {gold.document}: “{gold.quote}”\n  nearest: “{near}”")
        quotes = " ".join(gold.quote for gold in golds)
        for nugget in query.nuggets:
            if not nugget.found_in(quotes):
                problems.append(f"{query.id}: no quote holds the nugget “{nugget.text}”")
            if nugget.found_in(query.question):
                problems.append(f"{query.id}: the question itself holds the nugget “{nugget.text}”")
        problems.extend(f"{query.id}: {leak}" for leak in leaks(query, [documents[g.document] for g in golds]))
    return problems


def _nearest(quote: str, document: Document) -> str:
    """The sentence that shares most words with a quote, to mend it by when an article has changed."""
    words = set(terms(quote))
    sentences = [document.text[start:end] for start, end in sentence_spans(document.text)]
    return max(sentences, key=lambda sentence: len(words & set(terms(sentence))), default="")


def leaks(query: Query, documents: Sequence[Document]) -> list[str]:
    """How the question gives its answer away: it repeats the words of a quote, or a question of the article."""
    asked = set(terms(query.question))
    topic = {word for document in documents for word in terms(document.source.title)}
    own = asked - topic
    if len(own) < FEW_TERMS:
        return []
    found = []
    for gold, document in zip(query.gold, documents, strict=True):
        share = len(own & set(terms(gold.quote))) / len(own)
        if gold.quote and share > WORDS_SHARED:
            found.append(f"shares {share:.0%} of its words with “{gold.quote[:60]}”")
        for question in document.questions:
            others = set(terms(question))
            if len(asked & others) / len(asked | others) > QUESTION_SHARED:
                found.append(f"is the article's own “{question}”")
    return found
