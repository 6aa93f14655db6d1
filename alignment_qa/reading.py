"""Questions in, passages out: the reading side of an index, which notices what another process has written since."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from alignment_qa import adapter, replica
from alignment_qa.abbreviations import abbreviations, of_the_field, written_out
from alignment_qa.adapter import Sought
from alignment_qa.chroma import Server, collection_in, in_folder
from alignment_qa.config import DEFAULT_ENCODER
from alignment_qa.encoders import Encoder, Vectors
from alignment_qa.errors import IndexBusy, IndexMissing
from alignment_qa.glossary import COMMON, FEW, Glossary
from alignment_qa.lexical import WORD, Keywords, terms
from alignment_qa.place import take_lock
from alignment_qa.retrieve import alone, in_context
from alignment_qa.store import Store, Vectors16
from alignment_qa.types import Document, Hit, Passage, Source

REMEMBERED = 16  # questions
TELLING = 100  # passages with an abbreviation that may tell what it stands for
OPENING = 30  # passages of a document that its own questions speak for: all of an article, not all of a book


class Reading:
    """What is asked of an open index."""

    def __init__(self, path: Path, encoder: Encoder, lock: Any, server: Server | None) -> None:
        self.path = path
        self.encoder = encoder
        self._server = server
        self._lock = lock
        self._guard = RLock()
        self._store = Store(path / "passages.sqlite", write=lock is not None)
        self._keywords = Keywords(path / "keywords")
        self._client: Any = None
        self._glossary: tuple[str | None, Glossary] = (None, Glossary({}, {}))
        self._long: dict[str, str | None] = {}
        self._encoded: dict[str, Vectors] = {}
        self._sought: dict[str, Sought] = {}
        self._taught: tuple[int, frozenset[str]] = (-1, frozenset())
        self._asked: dict[tuple[str, int], list[tuple[str, float]]] = {}
        self._collections: dict[str, Any] = {}
        self._generation = self._store.generation

    @property
    def store(self) -> Store:
        """The documents and passages themselves."""
        return self._store

    def search(self, question: str, k: int = 8) -> list[Hit]:
        """The k passages nearest in meaning; scores are cosines in [-1, 1]."""
        return self._hits(self.near(question, k)[:k])

    def nearest(self, vector: Vectors, k: int) -> list[Hit]:
        """The k passages nearest to a (dimension,) unit vector; scores are cosines."""
        return self._hits(self._query("passages", vector, k))

    def _hits(self, found: Sequence[tuple[str, float]]) -> list[Hit]:
        passages = self._store.passages([passage_id for passage_id, _ in found])
        rows = [(passages[p], score) for p, score in found if p in passages]
        return [Hit(passage, score, rank) for rank, (passage, score) in enumerate(rows, 1)]

    def keywords(
        self, question: str, k: int = 8, role: str = "prose", doc_ids: Iterable[str] | None = None
    ) -> list[Hit]:
        """The k passages, of these documents or of all, with the highest BM25 score for the question's content words."""
        self._refresh()
        return self._hits(self._keywords.search(question, k, role, doc_ids))

    def asked(self, question: str, k: int = 8) -> list[tuple[str, float]]:
        """(document id, cosine) of the documents whose own questions or title are nearest, best first."""
        best: dict[str, float] = {}
        for name, cosine in self._questions_near(question, 4 * k):
            best.setdefault(name.rpartition("-")[0], cosine)
        return [(doc_id, cosine) for doc_id, cosine in best.items() if self._store.state(doc_id) == "ready"][:k]

    def promised(self, question: str, doc_ids: Collection[str]) -> float:
        """How surely, in [0, 1], one of these documents lists the very question (`retrieve.alone`, among those of all
        documents). A title promises nothing."""
        found = self._questions_near(question)
        best = {name.rpartition("-")[0]: cosine for name, cosine in reversed(found)}
        if not found or found[0][0].rpartition("-")[0] not in doc_ids or self._is_title(found[0][0]):
            return 0.0
        return alone(best.values())

    def _questions_near(self, question: str, k: int = 32) -> list[tuple[str, float]]:
        """(name, cosine) of the nearest of all documents' own questions and titles, best first; a reader remembers the last
        few, since one answer asks twice."""
        self._refresh()
        found = self._asked.get((question, k))
        if found is None:
            found = best_of(self._query("questions", vector, k) for vector in self.wordings(question))
            if len(self._asked) >= REMEMBERED:
                self._asked.clear()
            if self._lock is None:
                self._asked[question, k] = found
        return found

    def _is_title(self, name: str) -> bool:
        """Whether it names a document's title, which is the last of what it is asked by (`writing.asked_of`)."""
        doc_id, _, place = name.rpartition("-")
        return not self._collection("questions").get(ids=[f"{doc_id}-{int(place) + 1}"], include=[])["ids"]

    def asking(self, question: str) -> dict[str, float]:
        """Passage id → cosine of the question and the nearest of those that the passage's document says it answers, for
        the documents nearest by that and the first passages of each."""
        return self.openings(self.asked(question))

    def openings(self, asked: Iterable[tuple[str, float]]) -> dict[str, float]:
        """(document id, value) → passage id → value, for the first passages of each."""
        return {passage_id: value for doc_id, value in asked for passage_id in self._store.opening(doc_id, OPENING)}

    def encode(self, question: str) -> Vectors:
        """(dimension,) unit vector of a question, to compare with other questions; the last few are remembered, since one
        answer asks several times."""
        return self._remember(self._encoded, self.encoder.encode, question)

    def wordings(self, question: str) -> list[Vectors]:
        """Unit vectors of the question as it was typed and, where that differs, with its names written out: documents ask of
        "AGI" or of "artificial general intelligence", which the encoder does not take for one."""
        return [self.encode(wording) for wording in dict.fromkeys((question, self.meaning(question)))]

    def sought(self, question: str) -> Sought:
        """A question, to compare with what may answer it; remembered as `encode` does."""
        taught = self.taught()
        known = self._sought.get(question)
        if known is None or known.taught != taught:
            readers = [self.encoder.encode_taught] if taught else []
            if not taught or len(taught) < self._store.count()[0]:
                readers.append(self.encoder.encode_query)
            vectors = [read([question])[0] for read in readers]
            known = self._sought[question] = Sought(vectors[0], vectors[-1], taught)
            if len(self._sought) > REMEMBERED:
                del self._sought[next(iter(self._sought))]
        return known

    def taught(self) -> frozenset[str]:
        """The ids of the documents that the adapter was taught; of another encoder's none."""
        self._refresh()
        if (generation := self._store.generation) != self._taught[0]:
            known = adapter.taught() if self.encoder.name == DEFAULT_ENCODER else ()
            self._taught = generation, self._store.listing(known)
        return self._taught[1]

    @staticmethod
    def _remember(known: dict[str, Vectors], encode: Callable[[Sequence[str]], Vectors], question: str) -> Vectors:
        vector = known.get(question)
        if vector is None:
            vector = encode([question])[0]
            if len(known) >= REMEMBERED:
                known.clear()
            known[question] = vector
        return vector

    def vectors(self, passages: Sequence[Passage]) -> dict[str, Vectors16]:
        """passage id → (1 + sentences, dimension): the passage's unit vector, then its sentences'."""
        return self._store.vectors([p.passage_id for p in passages], self.encoder.dimension)

    def vectors_of(self, doc_ids: Collection[str]) -> tuple[list[str], Vectors]:
        """Ids and unit vectors of all prose passages of documents."""
        return self._store.vectors_of(doc_ids, self.encoder.dimension)

    def questions_of(self, doc_ids: Collection[str]) -> tuple[list[str], Vectors]:
        """Names and unit vectors of the questions that documents say they answer."""
        self._refresh()
        if not doc_ids:
            return [], np.empty((0, self.encoder.dimension), np.float32)
        found = self._collection("questions").get(where=_of(doc_ids), include=["embeddings"])
        return found["ids"], np.asarray(found["embeddings"], np.float32).reshape(-1, self.encoder.dimension)

    def near(self, question: str, k: int, doc_ids: Iterable[str] | None = None) -> list[tuple[str, float]]:
        """(passage id, cosine) of the k passages nearest in meaning, before it is known which are visible; up to k of those
        that the adapter was taught and of others. To have those of some documents only takes Chroma many times as long
        (benchmarks/within.py)."""
        where = None if doc_ids is None else _of(doc_ids)
        return self.sought(question).nearest(lambda vector: self._query("passages", vector, k, where))

    def matching(self, question: str, k: int, doc_ids: Iterable[str] | None = None) -> list[tuple[str, float]]:
        """(passage id, keyword score) of the k best prose passages, of these documents or of all, before it is known
        which are visible. Scores are BM25 as a share of the question's term weight, so a word that no passage has takes
        from all."""
        self._refresh()
        weight = self._weight(question)
        return [(name, score / weight) for name, score in self._keywords.search(question, k, "prose", doc_ids)]

    def words_of(self, question: str, passage_ids: Sequence[str]) -> dict[str, float]:
        """Passage id → keyword score; passages without a content word of the question are left out."""
        weight = self._weight(question)
        return {name: score / weight for name, score in self._keywords.scores(question, passage_ids).items()}

    def _weight(self, question: str) -> float:
        """Inverse document frequencies of the question's terms, summed."""
        passages = max(self.count()[1], 1)
        words = self.frequency(list(dict.fromkeys(terms(question))))
        return sum(math.log(1 + passages / (0.5 + n)) for n in words.values()) or 1.0

    def closeness(self, question: str, passage_ids: Sequence[str]) -> dict[str, float]:
        """Visible passage → the best cosine of the question with one of its sentences, read in its passage: the
        sentence's vector and the passage's, added. An answer is often one sentence of a passage about something else. Where
        some are read by the adapter, whose cosines are others, theirs are moved by the difference that it makes to all of these, on average."""
        rows, sought = self._store.vectors(passage_ids, self.encoder.dimension), self.sought(question)
        plain = in_context(list(rows.values()), sought.plain)
        if sought.adapted is sought.plain:
            return dict(zip(rows, plain, strict=True))
        adapted = in_context(list(rows.values()), sought.adapted)
        apart = float(np.mean(plain) - np.mean(adapted)) if rows else 0.0
        return {
            name: two + apart if sought.knows(name) else one
            for name, one, two in zip(rows, plain, adapted, strict=True)
        }

    def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        """Those of the passages that are visible."""
        return self._store.passages(passage_ids)

    def frequency(self, words: Sequence[str]) -> dict[str, int]:
        """In how many passages each term (as `lexical.terms` gives it) occurs."""
        return self._keywords.frequency(words)

    def words(self, words: Sequence[str]) -> Vectors:
        """(n, any): the encoder's unit vector of each single word, zeros where it has none."""
        return self.encoder.words(words)

    def background(self) -> float | None:
        """How near passages are here to questions that have nothing to do with them (`background.closeness`); None where
        that was not recorded."""
        told = self._store.fact("background")
        return None if told is None else float(told)

    def everyday(self, name: str) -> bool:
        """The name is one plain word, and common English: the encoder's vocabulary has it whole."""
        return name.isalpha() and not name.isupper() and self.encoder.count([name]) == [1]

    def meaning(self, question: str) -> str:
        """The question with its abbreviations and other names written out as glossary and documents have them."""
        return self.names_in(question).expand(question, self.uses, self.everyday)[1]

    def uses(self, name: str) -> int:
        """How many passages use every content word of the name; titles of works in a bibliography do not count."""
        return self._keywords.together(terms(name))

    def respell(self, text: str) -> str:
        """The text with misspelt words as the passages spell them, also those that they write as two; a common word that
        they happen not to use is not misspelt."""
        self._refresh()
        spelt = self._keywords.respell(text, self.everyday)
        return WORD.sub(lambda found: self._in_two(found[0]) or found[0], spelt)

    def _in_two(self, word: str) -> str | None:
        """The word as the passages write it, "trade-off" for "tradeoff"; None where they have no such two words, or the
        glossary has it as it is."""
        if word.lower() in self.glossary().words:
            return None
        for first, second, names in self._keywords.halves(word):
            for passage in self._store.passages(names).values():
                if found := re.search(rf"\b{first}[- ]{second}\b", passage.text, re.IGNORECASE):
                    return found[0].lower()
        return None

    def glossary(self) -> Glossary:
        """Other names for the terms of the documents; empty where none was brought."""
        text = self._store.fact("glossary")
        if text != self._glossary[0]:
            self._glossary = (text, Glossary.loads(text))
        return self._glossary[1]

    def names_in(self, question: str) -> Glossary:
        """The glossary, with what the documents say that further abbreviations of the question stand for, or what the field
        means by them where documents use that."""
        self._refresh()
        glossary = self.glossary()
        known = {name.lower() for name in glossary.names}
        new = [
            name
            for name in abbreviations(question, self.everyday)
            if name.lower() not in known and not self._familiar(name)
        ]
        found = {name.upper(): long for name in new if (long := self._written_out(name))}
        return replace(glossary, names=glossary.names | found) if found else glossary

    def _familiar(self, name: str) -> bool:
        """The encoder knows it as a word, and many passages use it: AI."""
        return self.encoder.count([name]) == [1] and self.uses(name) > max(FEW, COMMON * self.count()[1])

    def _written_out(self, name: str) -> str | None:
        """What most of the passages that write an abbreviation out say that it stands for; where none does, what it usually
        stands for, if some passage uses that."""
        if name not in self._long:
            hits = self.keywords(name, TELLING)
            texts = (f"{hit.passage.heading}\n{hit.passage.text}" for hit in hits)
            said = [long for text in texts for long in written_out(name, text)]
            most = Counter(long.casefold() for long in said)
            usual = of_the_field().get(name.upper(), "")
            known = usual if usual and self.uses(usual) else None
            self._long[name] = max(said, key=lambda long: most[long.casefold()], default=known)
        return self._long[name]

    @property
    def digest(self) -> str:
        """Twelve hex digits of what it holds: its encoder, and its passages by their ids, which come of their words."""
        held = "\n".join([self.encoder.name, *sorted(self._store.passage_ids())])
        return hashlib.sha256(held.encode()).hexdigest()[:12]

    def count(self) -> tuple[int, int]:
        """(documents, passages)."""
        self._refresh()
        return self._store.count()

    def sources(self) -> Sequence[Source]:
        """What is known of all documents, by title."""
        self._refresh()
        return self._store.sources()

    def documents(self) -> Iterator[Document]:
        """All documents by title."""
        return self._store.documents()

    def copies_of(self, doc_id: str) -> list[Source]:
        """The copies that a document answers for."""
        return [self._store.source(copy) for copy, kept in self._store.copies().of.items() if kept == doc_id]

    def document(self, doc_id: str) -> Document | None:
        return self._store.document(doc_id)

    def passages_of(self, doc_id: str) -> list[Passage]:
        """A document's passages in its order."""
        return self._store.passages_of(doc_id)

    def beside(self, passage: Passage, step: int) -> Passage | None:
        """The passage after this one (`step` 1) or before it (-1) under the same headings, if there is one."""
        other = self._store.beside(passage, step)
        return other if other and (other.heading, other.role) == (passage.heading, passage.role) else None

    def _query(self, collection: str, vector: Vectors, k: int, where: Any = None) -> list[tuple[str, float]]:
        self._refresh()
        chosen = self._collection(collection)
        found = chosen.query(
            query_embeddings=[vector], n_results=k, where=where, include=["distances"]
        )  # or as many as there are
        return [(name, 1.0 - d) for name, d in zip(found["ids"][0], found["distances"][0], strict=True)]

    def _refresh(self) -> None:
        """Open anew what a writer in another process has changed since: Chroma's readers go stale beside a writer."""
        if self._lock is not None:
            return
        with self._guard:
            if self._server is not None:
                self._follow(self._server)
            if (generation := self._store.generation) != self._generation:
                self._generation = generation
                self._keywords.reload()
                self._disconnect()

    def _follow(self, server: Server) -> None:
        """Bring this machine's copy up to date, unless another process is at it."""
        facts = server.facts(fresh=False)
        if facts is None:
            raise IndexMissing(f"The index at {server.address} has been deleted.")
        if (facts["generation"], facts["origin"]) == (self._store.fact("followed"), self._store.fact("origin")):
            return
        try:
            lock = take_lock(self.path)
        except IndexBusy:
            return
        try:
            replica.follow(server, self.path)
        finally:
            lock.release()

    def _disconnect(self) -> None:
        self._collections.clear()
        self._asked.clear()
        self._long.clear()
        if self._client is not None:
            self._client.close()
            self._client = None

    def _collection(self, name: str) -> Any:
        with self._guard:
            if name not in self._collections:
                self._collections[name] = self._server.collection(name) if self._server else self._local(name)
            return self._collections[name]

    def _local(self, name: str) -> Any:
        self._client = self._client or in_folder(self.path / "vectors")
        return collection_in(self._client, name)


def best_of(searches: Iterable[Iterable[tuple[str, float]]]) -> list[tuple[str, float]]:
    """(name, cosine) of what several searches found, each by its best, best first."""
    best: dict[str, float] = {}
    for name, cosine in (row for search in searches for row in search):
        best[name] = max(cosine, best.get(name, cosine))
    return sorted(best.items(), key=lambda row: -row[1])


def _of(doc_ids: Iterable[str]) -> dict[str, Any]:
    """Chroma's filter for these documents."""
    return {"doc_id": {"$in": list(doc_ids)}}
