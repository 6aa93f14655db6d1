"""Passages in, hits out: the index, its one writer and its many readers.

An index is a folder: `passages.sqlite` (what stands there is true), `vectors` (Chroma) and `keywords` (tantivy), the
last two made from the first. It records its schema and its encoder. One process writes at a time; readers notice a new
generation at their next question.

On a Chroma server the vectors that are searched are the server's alone, and the server keeps all else too; each machine
has a copy of that (texts, sentence vectors, keywords) in its cache folder and follows the server (`replica`).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from alignment_qa import encoders, replica
from alignment_qa.chroma import BATCH, Server, collection_in, in_folder, is_address
from alignment_qa.copies import Copies
from alignment_qa.embed import passage_vectors
from alignment_qa.encoders import Encoder, Vectors
from alignment_qa.errors import IndexBusy, IndexMissing
from alignment_qa.fast import fastest
from alignment_qa.glossary import Glossary
from alignment_qa.lexical import Keywords, rows_of, terms
from alignment_qa.place import encoder_name, recorded_in, take_lock, written
from alignment_qa.replica import Packed
from alignment_qa.retrieve import in_context
from alignment_qa.store import SCHEMA, Store, Vectors16
from alignment_qa.types import Document, Hit, Passage, Source

FOLLOWING = 600.0  # seconds to wait for another process of this machine that copies a server's documents
MANY = 256  # passages from which a faster engine is worth the seconds that it takes to load


class Index:
    """An open index. Make one with `Index.open`; a writer must be closed (it is a context manager)."""

    def __init__(
        self, path: Path, encoder: Encoder, lock: Any = None, headings: bool = True, server: Server | None = None
    ) -> None:
        self.path = path
        self._server = server
        self.encoder = encoder
        self._lock = lock
        self._guard = RLock()
        self._store = Store(path / "passages.sqlite", write=lock is not None)
        self._keywords = Keywords(path / "keywords")
        self._client: Any = None
        self._glossary: tuple[str | None, Glossary] = (None, Glossary({}, {}))
        self._fast: Encoder | None = None
        self._embedded = 0
        self._encoded: dict[str, Vectors] = {}
        self._collections: dict[str, Any] = {}
        self._generation = self._store.generation
        if lock is not None:
            self._store.record("schema", str(SCHEMA))
            self._store.record("encoder", encoder.name)
            if not headings:
                self._store.record("headings", "left out")
        self._headings = self._store.fact("headings") is None
        if lock is not None:
            for doc_id in self._store.unfinished():
                self._erase([doc_id])
            self._align()

    @classmethod
    def open(
        cls, path: str | Path = "index", *, write: bool = False, encoder: str | None = None, headings: bool = True
    ) -> Index:
        """Open the index in a folder or at a server's address, with the encoder it was made with. `write` makes one
        where there is none (with `encoder`, or the default) and keeps other writers out until `close`. An index made
        without `headings` finds passages by their own words alone, and stays so; it is there to measure what headings
        bring.

        Raises IndexMissing, IndexMismatch, IndexBusy, IndexUnreachable, EncoderUnavailable."""
        if is_address(path):
            return cls._open_server(Server(str(path)), write, encoder, headings)
        path = Path(path)
        recorded = recorded_in(path)
        name = encoder_name(recorded, f"{path}/", write, encoder)
        lock = take_lock(path) if write else None
        with written(path) if write else nullcontext():
            return cls(path, encoders.load(name, export=write), lock, headings or recorded is not None)

    @classmethod
    def _open_server(cls, server: Server, write: bool, encoder: str | None, headings: bool) -> Index:
        """First this machine's copy is brought up to date; where another process is at it, that one is waited for."""
        lock = None
        try:
            facts = server.facts()
            name = encoder_name(facts, server.address, write, encoder)
            loaded = encoders.load(name, export=write)
            lock = take_lock(server.folder, 0 if write else FOLLOWING)
            if write:
                server.lease()
                if facts is None:
                    left_out = {} if headings else {"headings": "left out"}
                    server.begin({"schema": str(SCHEMA), "encoder": name, **left_out})
                replica.tidy(server)
            with written(server.folder):
                replica.follow(server, server.folder)
                if not write:
                    lock.release()
                return cls(server.folder, loaded, lock if write else None, server=server)
        except BaseException:
            if lock is not None:
                lock.release()
            server.close()
            raise

    def close(self) -> None:
        """Finish writing and let others in. Readers need not call it."""
        try:
            self._keywords.close()
        finally:
            self._disconnect()
            self._store.close()
            if self._lock is not None:
                self._lock.release()
            if self._server is not None:
                self._server.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with written(self.path) if self._lock is not None else nullcontext():
            try:
                if error is not None:
                    raise error
            finally:
                self.close()

    # writing

    def add(
        self,
        documents: Sequence[tuple[Document, Sequence[Passage]]],
        encoded: Sequence[Sequence[Vectors16]] | None = None,
    ) -> None:
        """Encode, keep and show documents with their passages; a document that is here already is replaced. `encoded`
        has what `passage_vectors` gives for the prose of each, where another process has encoded it."""
        if not documents:
            return
        for document, _ in documents:
            self.remove(document.source.doc_id)
        prose = [[p for p in passages if p.role == "prose"] for _, passages in documents]
        encoder = self._encoder_for(0 if encoded else sum(map(len, prose)))
        vectors = encoded or passage_vectors(encoder, prose, self._headings)
        ids: list[str] = []
        packed: list[Packed] = []
        for (document, passages), own, matrices in zip(documents, prose, vectors, strict=True):
            by_id = {p.passage_id: m for p, m in zip(own, matrices, strict=True)}
            packed.append(Packed(document, list(passages), [by_id.get(p.passage_id) for p in passages]))
            self._store.put(*packed[-1])
            self._keywords.add(rows_of(passages, self._headings))
            ids += [p.passage_id for p in own]
        self._upsert("passages", ids, [m[0] for matrices in vectors for m in matrices])
        asked = [(name, text) for document, _ in documents for name, text in asked_of(document)]
        self._upsert("questions", [name for name, _ in asked], list(encoder.encode([text for _, text in asked])))
        self._keywords.commit()
        generation = replica.publish(self._server, packed) if self._server else 0
        self._store.mark([document.source.doc_id for document, _ in documents], "ready")
        if self._server is not None:
            self._followed(generation)

    def restore(self, doc_ids: Iterable[str], beyond: Mapping[str, list[str]]) -> None:
        """Make what is in vectors and keywords of these documents anew from the store; only their questions are encoded.
        `beyond` names rows of a collection (`passages`, `questions`) that are to go."""
        for collection, ids in beyond.items():
            for at in range(0, len(ids), BATCH):
                self._collection(collection).delete(ids=ids[at : at + BATCH])
        for doc_id in doc_ids:
            self._keywords.remove(doc_id)
            document = self._store.document(doc_id)
            if document is None or self._store.state(doc_id) == "copy":
                continue
            passages = self._store.passages_of(doc_id)
            rows = self.vectors(passages)
            self._upsert("passages", list(rows), [row[0] for row in rows.values()])
            asked = dict(asked_of(document))
            self._upsert("questions", list(asked), list(self.encoder.encode(list(asked.values()))))
            self._keywords.add(rows_of(passages, self._headings))
        self._keywords.commit()
        self._store.mark([], "ready")

    def reconcile(self, names: Iterable[str], unsound: Container[str], sound: Callable[[Packed], bool]) -> set[str]:
        """Settle where a server and this machine's copy differ, of which the documents `unsound` are not whole; what is
        whole nowhere goes. The documents that were taken over from the server. Nothing for an index in a folder."""
        if self._server is None:
            return set()
        taken, lost = replica.reconcile(self._server, self._store, self._keywords, names, unsound, sound)
        if lost:
            self._erase(lost)
        return taken

    def _encoder_for(self, passages: int) -> Encoder:
        """The encoder, from the first MANY passages on as this machine runs it fastest. What ran it is recorded."""
        self._embedded += passages
        if self._embedded >= MANY and self._fast is None:
            self._fast = fastest(self.encoder)
        chosen = self._fast or self.encoder
        backends = set(filter(None, (self._store.fact("backends") or "").split(", ")))
        if passages and chosen.backend not in backends:
            self._store.record("backends", ", ".join(sorted({*backends, chosen.backend})))
        return chosen

    def remove(self, doc_id: str) -> bool:
        """Take a document out of everything; False if it is not here."""
        if not self._store.has(doc_id):
            return False
        self._store.mark([doc_id], "going")
        self._erase([doc_id])
        return True

    def settle(self, copies: Copies) -> None:
        """Let copies answer nothing, and documents that are none answer again. They stay in the store, so that nothing is
        read or encoded again for it."""
        known = self._store.copies()
        copies = replace(copies, changed=tuple(self._store.moves(copies)))
        if not copies.changed and (copies.of, copies.also) == (known.of, known.also):
            return
        if self._server is not None:
            self._followed(replica.publish_copies(self._server, copies.dumps()))
        self._store.settle(copies)
        self._align()

    def _align(self) -> None:
        """Bring vectors and keywords in line with what was last settled; a run may have been killed before it was done."""
        text = self._store.fact("copies") or ""
        settled = hashlib.sha256(text.encode()).hexdigest()
        if not text or settled == self._store.fact("aligned"):
            return
        changed = Copies.loads(text).changed
        for doc_id in changed:
            self._forget_vectors(doc_id)
        self.restore(changed, {})
        self._store.record("aligned", settled)

    def bring_glossary(self, glossary: Glossary) -> None:
        """Keep other names for the terms of the documents."""
        text = glossary.dumps()
        if text != self._store.fact("glossary"):
            if self._server is not None:
                self._followed(replica.publish_glossary(self._server, text))
            self._store.record("glossary", text)

    def _followed(self, generation: int) -> None:
        """This machine's copy has all that the server has at this generation."""
        self._store.record("followed", str(generation))

    def _erase(self, doc_ids: Sequence[str]) -> None:
        if self._server is not None:
            self._followed(replica.withdraw(self._server, doc_ids))
        for doc_id in doc_ids:
            self._forget_vectors(doc_id)
            self._keywords.remove(doc_id)
        self._keywords.commit()
        for doc_id in doc_ids:
            self._store.erase(doc_id)

    def _forget_vectors(self, doc_id: str) -> None:
        for name in ("passages", "questions"):
            self._collection(name).delete(where={"doc_id": doc_id})  # by their ids it took as long, at 50,000

    def _upsert(self, collection: str, ids: list[str], vectors: list[Any]) -> None:
        for at in range(0, len(ids), BATCH):
            part = slice(at, at + BATCH)
            self._collection(collection).upsert(
                ids=ids[part],
                embeddings=[v.astype(np.float32) for v in vectors[part]],
                metadatas=[{"doc_id": name.rpartition("-")[0]} for name in ids[part]],
            )

    # files: what ingest remembers

    @property
    def store(self) -> Store:
        """The documents and passages themselves."""
        return self._store

    # reading

    def search(self, question: str, k: int = 8) -> list[Hit]:
        """The k passages nearest in meaning; scores are cosines in [-1, 1]."""
        return self.nearest(self.encode(question), k)

    def nearest(self, vector: Vectors, k: int) -> list[Hit]:
        """The k passages nearest to a (dimension,) unit vector; scores are cosines."""
        found = self._query("passages", vector, k)
        passages = self._store.passages([passage_id for passage_id, _ in found])
        rows = [(passages[p], cosine) for p, cosine in found if p in passages]
        return [Hit(passage, cosine, rank) for rank, (passage, cosine) in enumerate(rows, 1)]

    def keywords(
        self, question: str, k: int = 8, role: str = "prose", doc_ids: Iterable[str] | None = None
    ) -> list[Hit]:
        """The k passages, of these documents or of all, with the highest BM25 score for the question's content words."""
        self._refresh()
        found = self._keywords.search(question, k, role, doc_ids)
        passages = self._store.passages([passage_id for passage_id, _ in found])
        rows = [(passages[p], score) for p, score in found if p in passages]
        return [Hit(passage, score, rank) for rank, (passage, score) in enumerate(rows, 1)]

    def asked(self, question: str, k: int = 8) -> list[tuple[str, float]]:
        """(document id, cosine) of the documents whose own questions or title are nearest, best first."""
        vector = self.encode(question)
        best: dict[str, float] = {}
        for name, cosine in self._query("questions", vector, 4 * k):
            doc_id = name.rpartition("-")[0]
            best.setdefault(doc_id, cosine)
        return [(doc_id, cosine) for doc_id, cosine in best.items() if self._store.state(doc_id) == "ready"][:k]

    def asking(self, question: str) -> dict[str, float]:
        """Passage id → cosine of the question and the nearest of those that the passage's document says it answers, for
        the documents nearest by that and the first passages of each."""
        return self.openings(self.asked(question))

    def openings(self, asked: Iterable[tuple[str, float]]) -> dict[str, float]:
        """(document id, value) → passage id → value, for the first passages of each."""
        return {passage_id: value for doc_id, value in asked for passage_id in self._store.opening(doc_id, OPENING)}

    def encode(self, question: str) -> Vectors:
        """(dimension,) unit vector of a question; the last few are remembered, since one answer asks several times."""
        vector = self._encoded.get(question)
        if vector is None:
            vector = self.encoder.encode([question])[0]
            if len(self._encoded) >= 16:
                self._encoded.clear()
            self._encoded[question] = vector
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
        """(passage id, cosine) of the k passages nearest in meaning, before it is known which are visible. To have those
        of some documents only takes Chroma many times as long (benchmarks/within.py)."""
        return self._query("passages", self.encode(question), k, None if doc_ids is None else _of(doc_ids))

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
        sentence's vector and the passage's, added. An answer is often one sentence of a passage about something else."""
        rows = self._store.vectors(passage_ids, self.encoder.dimension)
        return dict(zip(rows, in_context(list(rows.values()), self.encode(question)), strict=True))

    def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        """Those of the passages that are visible."""
        return self._store.passages(passage_ids)

    def frequency(self, words: Sequence[str]) -> dict[str, int]:
        """In how many passages each term (as `lexical.terms` gives it) occurs."""
        return self._keywords.frequency(words)

    def words(self, words: Sequence[str]) -> Vectors:
        """(n, any): the encoder's unit vector of each single word, zeros where it has none."""
        return self.encoder.words(words)

    def knows(self, name: str) -> bool:
        """Some passage uses every content word of the name."""
        return all(self.frequency(terms(name)).values())

    def respell(self, text: str) -> str:
        """The text with misspelt words as the passages spell them."""
        self._refresh()
        return self._keywords.respell(text)

    def glossary(self) -> Glossary:
        """Other names for the terms of the documents; empty where none was brought."""
        text = self._store.fact("glossary")
        if text != self._glossary[0]:
            self._glossary = (text, Glossary.loads(text))
        return self._glossary[1]

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

    def following(self, passage: Passage) -> Passage | None:
        """The passage after this one under the same headings, if there is one."""
        later = [p for p in self.passages_of(passage.source.doc_id) if p.start >= passage.end]
        return later[0] if later and (later[0].heading, later[0].role) == (passage.heading, passage.role) else None

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


def _of(doc_ids: Iterable[str]) -> dict[str, Any]:
    """Chroma's filter for these documents."""
    return {"doc_id": {"$in": list(doc_ids)}}


OPENING = 30  # passages of a document that its own questions speak for: all of an article, not all of a book


def asked_of(document: Document) -> Iterator[tuple[str, str]]:
    """A name and the text of each question that a document says it answers, its title one of them."""
    for i, text in enumerate(dict.fromkeys([*document.questions, document.source.title])):
        yield f"{document.source.doc_id}-{i}", text
