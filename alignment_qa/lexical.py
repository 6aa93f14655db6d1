"""Text → content terms, and keyword search (BM25) over the same passages as the vectors: the only door to tantivy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from alignment_qa.types import Passage

FUNCTION_WORDS = (
    "a about am an and any anybody anyone are as at be because been being but by can could did do does doing done "
    "ever for from had has have having he her hers him his how i if in into is it its itself just let many me might "
    "mine much my no nor of off on one onto or our ours out over please shall she should so some somebody someone "
    "such tell than that the their theirs them then there these they this those through to too under up upon us very "
    "was we were what when where which while who whom whose why will with would you your yours s t d ll re ve m "
).split()
"""English words that carry no topic; not searched for."""

# British spellings are folded to American ones on both sides, so that either finds the other. A wrong fold
# ("exercise") is harmless because it happens to passages and questions alike.
_ISE = re.compile(r"(?<=[a-z]{3})is(e|ed|es|er|ers|ing|ation|ations|ational|able)\b")
_OUR = re.compile(r"(?<=[a-z]{2})our(s|ed|ing|al|able|ite|ism|less)?\b")
_PROGRAMME = re.compile(r"\bprogrammes?\b")
_NOT = re.compile(
    r"\b(?:can|wo|sha|are|is|was|were|do|does|did|have|has|had|could|would|should|must|might|need|ai)n?['’]t\b|"
    r"\b(?:ca|wo|is|are|was|were|do|does|did|have|has|had|could|would|should|must|ai)nt\b"
)


WORD = re.compile(r"[^\W\d_]+")
_NAMED = re.compile(r"(?<!^)(?<![.?!] )\b(?:[A-Z][\w’'-]*|\w*\d[\w.-]*)")
AROUND = 0.5  # weight of a word that stands in a passage or beside it, added to that of one in the passage
SEVERAL = 3  # passages that use a word before another may be taken for a misspelling of it
HALF, WHOLE = 3, 30  # letters that a word has at least which another was written together with, and both at most
LONG = 12  # letters from which a word two edits away is the same one misspelt: "meddling" is no "modeling"


@lru_cache(maxsize=1)
def _spellings() -> Any:
    """Words as they are written, in lower case."""
    import tantivy

    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase()).build()


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    import tantivy

    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.custom_stopword(FUNCTION_WORDS))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def terms(text: str) -> list[str]:
    """Content words of a text in order, lower-cased, folded to American spelling and stemmed (Snowball English)."""
    return list(_analyzer().analyze(fold(text)))


def fold(text: str) -> str:
    """Lower case with British spellings turned American, and contracted denials written out: "couldn" is no word."""
    text = _NOT.sub("no", text.lower())
    return _PROGRAMME.sub("program", _OUR.sub(r"or\1", _ISE.sub(r"iz\1", text)))


def rows_of(passages: Sequence[Passage], headings: bool = True) -> Iterator[tuple[str, str, str, str, str]]:
    """What `Keywords.add` takes, for the passages of one document in order. Around a prose passage is the prose before
    and after it; its `headings` are among its own words."""
    prose = [p.text if p.role == "prose" else "" for p in passages]
    for i, p in enumerate(passages):
        around = "\n".join(prose[max(0, i - 1) : i + 2]) if prose[i] else ""
        heading = p.heading if headings else ""
        yield p.passage_id, p.source.doc_id, p.role, f"{heading}\n{p.text}", around


def named(text: str) -> list[str]:
    """The words of a text that are written as names or hold a digit; the first of a sentence tells nothing by its capital."""
    return _NAMED.findall(text)


class Keywords:
    """A keyword index in a folder. Scores are BM25 (k1 1.2, b 0.75); only terms that the question holds count."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("passage_id", stored=True, tokenizer_name="raw", index_option="basic")
        schema.add_text_field("doc_id", tokenizer_name="raw", index_option="basic")
        schema.add_text_field("role", tokenizer_name="raw", index_option="basic")
        schema.add_text_field("words", tokenizer_name="words", index_option="freq")
        schema.add_text_field("around", tokenizer_name="words", index_option="freq")
        schema.add_text_field("spellings", tokenizer_name="spellings", index_option="basic")
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = schema.build()
        try:
            self._index = tantivy.Index(self._schema, str(folder))
        except ValueError as error:  # tantivy's for anything
            raise OSError(str(error)) from error
        self._index.register_tokenizer("words", _analyzer())
        self._index.register_tokenizer("spellings", _spellings())
        self._writer: Any = None

    def search(
        self, question: str, k: int, role: str = "prose", doc_ids: Iterable[str] | None = None
    ) -> list[tuple[str, float]]:
        """(passage id, BM25 score) of the k best passages of that role, in these documents or in all, that hold a content
        word of the question."""
        occur, references = self._tantivy.Occur, self._term("role", "references")
        # References are few: to leave them out takes half the time of asking for all the rest.
        among = [(occur.MustNot, references) if role == "prose" else self._among(references)]
        if doc_ids is not None:
            among.append(self._among(self._tantivy.Query.term_set_query(self._schema, "doc_id", list(doc_ids))))
        return self._search(question, k, among)

    def scores(self, question: str, passage_ids: Sequence[str]) -> dict[str, float]:
        """Passage id → BM25 score of those of the passages that hold a content word of the question."""
        if not passage_ids:
            return {}
        these = self._tantivy.Query.term_set_query(self._schema, "passage_id", list(passage_ids))
        return dict(self._search(question, len(passage_ids), [self._among(these)]))

    def passage_ids(self) -> list[str]:
        """The passages that can be found, each as often as it is here."""
        searcher = self._index.searcher()
        found = searcher.search(self._tantivy.Query.all_query(), max(1, searcher.num_docs)).hits
        return [searcher.doc(address)["passage_id"][0] for _, address in found]

    def _search(self, question: str, k: int, among: Sequence[tuple[Any, Any]]) -> list[tuple[str, float]]:
        words = dict.fromkeys(terms(question))
        if not words:
            return []
        query = self._tantivy.Query
        occur = self._tantivy.Occur
        any_word = query.boolean_query(
            [(occur.Should, self._term("words", word)) for word in words]
            + [(occur.Should, query.boost_query(self._term("around", word), AROUND)) for word in words]
        )
        searcher = self._index.searcher()
        found = searcher.search(query.boolean_query([(occur.Must, any_word), *among]), k, count=False).hits
        return [(searcher.doc(address)["passage_id"][0], float(score)) for score, address in found]

    def _among(self, condition: Any) -> tuple[Any, Any]:
        """A condition that a passage must meet and that adds nothing to its score."""
        return self._tantivy.Occur.Must, self._tantivy.Query.boost_query(condition, 0.0)

    def frequency(self, words: Iterable[str]) -> dict[str, int]:
        """In how many passages each term (as `terms` gives it) occurs."""
        searcher = self._index.searcher()
        return {word: searcher.doc_freq("words", word) for word in words}

    def together(self, words: Iterable[str]) -> int:
        """In how many passages, references left out, all of the terms (as `terms` gives them) occur."""
        occur = self._tantivy.Occur
        every = [(occur.Must, self._term("words", word)) for word in words]
        prose = self._tantivy.Query.boolean_query([*every, (occur.MustNot, self._term("role", "references"))])
        count: int = self._index.searcher().search(prose, 1, count=True).count
        return count

    def respell(self, text: str, is_word: Callable[[str], bool]) -> str:
        """The text with words that no passage uses replaced by the nearest that several use, where one is near enough and
        `is_word` does not know the word as it is written."""
        return WORD.sub(lambda found: self._respelled(found[0], is_word) or found[0], text)

    def halves(self, word: str) -> list[tuple[str, str, list[str]]]:
        """For a word that no passage uses, the pairs of words that it may be written together from ("tradeoff", "trade" and
        "off"), each with some passages that use both."""
        plain = word.lower()
        if len(plain) > WHOLE or any(self.frequency(terms(plain)).values()):
            return []
        wholes = dict.fromkeys((plain, plain.removesuffix("s")))
        pairs = [(whole[:at], whole[at:]) for whole in wholes for at in range(HALF, len(whole) - HALF + 1)]
        found = [(*pair, self._using(pair)) for pair in pairs]
        return [(first, second, names) for first, second, names in found if names]

    def _using(self, spellings: Iterable[str]) -> list[str]:
        """Ids of some passages that use all of these words as they are written, in lower case."""
        every = [(self._tantivy.Occur.Must, self._term("spellings", word)) for word in spellings]
        searcher = self._index.searcher()
        hits = searcher.search(self._tantivy.Query.boolean_query(every), SEVERAL, count=False).hits
        return [searcher.doc(address)["passage_id"][0] for _, address in hits]

    def _respelled(self, word: str, is_word: Callable[[str], bool]) -> str | None:
        searcher = self._index.searcher()
        plain = word.lower()
        edits = 0 if len(plain) < 5 or word[1:] != plain[1:] else 1 if len(plain) < LONG or word != plain else 2
        stems = terms(plain)
        if not edits or not stems or any(searcher.doc_freq("words", stem) for stem in stems) or is_word(plain):
            return None
        from rapidfuzz.distance import DamerauLevenshtein
        from rapidfuzz.process import extract

        known = {other: n for other, n in searcher.terms_with_prefix("spellings", plain[0]) if n >= SEVERAL}
        near = extract(plain, known.keys(), scorer=DamerauLevenshtein.distance, score_cutoff=edits, limit=5)
        return min(near, key=lambda row: (row[1], -known[row[0]]))[0] if near else None

    def add(self, rows: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Rows of (passage id, document id, role, text, text around it). Visible after `commit`."""
        writer = self._open_writer()
        for passage_id, doc_id, role, text, around in rows:
            document = self._tantivy.Document()
            document.add_text("passage_id", passage_id)
            document.add_text("doc_id", doc_id)
            document.add_text("role", role)
            document.add_text("words", fold(text))
            document.add_text("around", fold(around))
            document.add_text("spellings", text)
            writer.add_document(document)

    def remove(self, doc_id: str) -> None:
        """Take a document's passages out. Visible after `commit`."""
        self._open_writer().delete_documents_by_term("doc_id", doc_id)

    def commit(self) -> None:
        """Make what was added and removed durable and visible."""
        if self._writer is not None:
            try:
                self._writer.commit()
            except ValueError as error:  # tantivy's for anything, a full disk too
                self._writer = None
                raise OSError(str(error)) from error
            self._index.reload()

    def close(self) -> None:
        """Let another process write."""
        if self._writer is not None:
            self.commit()
            self._writer.wait_merging_threads()
            self._writer = None

    def reload(self) -> None:
        """See what another process has committed."""
        self._index.reload()

    def _open_writer(self) -> Any:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=64_000_000, num_threads=1)
        return self._writer

    def _term(self, field: str, value: str) -> Any:
        return self._tantivy.Query.term_query(
            self._schema, field, value, "freq" if field in ("words", "around") else "basic"
        )
