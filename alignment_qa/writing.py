"""Documents in, an index that holds them out: its one writer, who keeps vectors and keywords in line with the store, and a
server with this machine's copy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from alignment_qa import background, replica
from alignment_qa.chroma import BATCH, Server
from alignment_qa.copies import Copies
from alignment_qa.embed import passage_vectors
from alignment_qa.encoders import Encoder
from alignment_qa.fast import fastest
from alignment_qa.glossary import Glossary
from alignment_qa.lexical import rows_of
from alignment_qa.packing import Packed
from alignment_qa.reading import Reading
from alignment_qa.store import SCHEMA, Vectors16
from alignment_qa.types import Document, Passage

MANY = 128  # passages from which a faster engine is worth the seconds that it takes to load


class Writing(Reading):
    """What changes an index; only one that was opened to write does."""

    def __init__(
        self, path: Path, encoder: Encoder, lock: Any = None, headings: bool = True, server: Server | None = None
    ) -> None:
        super().__init__(path, encoder, lock, server)
        self._fast: Encoder | None = None
        self._embedded = 0
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

    def add(
        self,
        documents: Sequence[tuple[Document, Sequence[Passage]]],
        encoded: Sequence[Sequence[Vectors16] | None] | None = None,
    ) -> None:
        """Encode, keep and show documents with their passages; a document that is here already is replaced. `encoded`
        has what `passage_vectors` gives for the prose of each that was encoded elsewhere or before."""
        if not documents:
            return
        if old := [document.source.doc_id for document, _ in documents if self._store.has(document.source.doc_id)]:
            self._store.mark(old, "going")
            self._withdraw(old)
        prose = [[p for p in passages if p.role == "prose"] for _, passages in documents]
        vectors = self.embedded(prose, encoded or [None] * len(prose))
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
        self._upsert(
            "questions",
            [name for name, _ in asked],
            list((self._fast or self.encoder).encode([text for _, text in asked])),
        )
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

    def embedded(
        self, prose: Sequence[Sequence[Passage]], known: Sequence[Sequence[Vectors16] | None]
    ) -> list[Sequence[Vectors16]]:
        """What `passage_vectors` gives for the prose of each document where it is not known, from the first MANY passages on
        by the encoder as this machine runs it fastest. What ran it is recorded. May run beside `add`."""
        new = [own for own, vectors in zip(prose, known, strict=True) if vectors is None]
        number = sum(map(len, new))
        self._embedded += number
        if self._embedded >= MANY and self._fast is None:
            self._fast = fastest(self.encoder)
        encoder = self._fast or self.encoder
        backends = set(filter(None, (self._store.fact("backends") or "").split(", ")))
        if number and encoder.backend not in backends:
            self._store.record("backends", ", ".join(sorted({*backends, encoder.backend})))
        made = iter(passage_vectors(encoder, new, self._headings) if number else [[] for _ in new])
        return [next(made) if vectors is None else vectors for vectors in known]

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
            self._followed(replica.publish_fact(self._server, replica.COPIES, copies.dumps()))
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
        self._show("glossary", glossary.dumps())

    def weigh(self) -> None:
        """Record how near the passages are to everyday questions, unless nothing has changed since that was last done."""
        generation = str(self._store.generation)
        if generation == self._store.fact("weighed"):
            return
        vectors = (self._fast or self.encoder).encode(background.questions())  # as passages: another model costs memory
        found = self._collection("passages").query(
            query_embeddings=list(vectors), n_results=background.NEAREST, include=["distances"]
        )
        self._show("background", str(background.closeness([[1.0 - d for d in row] for row in found["distances"]])))
        self._store.record("weighed", generation)

    def _show(self, name: str, text: str) -> None:
        """Record a fact that every reader needs."""
        if text != self._store.fact(name):
            if self._server is not None:
                self._followed(replica.publish_fact(self._server, name, text))
            self._store.record(name, text)

    def _followed(self, generation: int) -> None:
        """This machine's copy has all that the server has at this generation."""
        self._store.record("followed", str(generation))

    def _erase(self, doc_ids: Sequence[str]) -> None:
        self._withdraw(doc_ids)
        for doc_id in doc_ids:
            self._store.erase(doc_id)

    def _withdraw(self, doc_ids: Sequence[str]) -> None:
        """Take documents out of everything but the store, and its note of the files that brought them."""
        if self._server is not None:
            self._followed(replica.withdraw(self._server, doc_ids))
        for doc_id in doc_ids:
            self._forget_vectors(doc_id)
            self._keywords.remove(doc_id)
        self._keywords.commit()

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


def asked_of(document: Document) -> Iterator[tuple[str, str]]:
    """A name and the text of each question that a document says it answers, its title one of them."""
    for i, text in enumerate(dict.fromkeys([*document.questions, document.source.title])):
        yield f"{document.source.doc_id}-{i}", text
