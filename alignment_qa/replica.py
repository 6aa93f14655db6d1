"""Documents flow to a server and back: what an index has beside its vectors, kept on the server in pieces of text, and
every machine's own copy of it, made and followed from there.

The server's copy is a journal. Each step (some documents in, some out) has a generation; its rows are written first,
and the step counts once the generation is recorded. So a reader follows from its generation to the server's, and of a
writer that was killed only the last step can be half done.
"""

from __future__ import annotations

import logging
import zlib
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from alignment_qa import encoders
from alignment_qa.chroma import Server
from alignment_qa.copies import Copies
from alignment_qa.lexical import Keywords, rows_of
from alignment_qa.packing import Packed, pack, unpacked
from alignment_qa.store import Store

VALUE, VALUES = 4_000, 3  # characters of a piece in each metadata value of a row: Chroma Cloud takes 4 KiB a value
PIECE = VALUE * VALUES
ROWS = 100  # rows a call, so that a call stays far below the 40 MB that a server takes
STEPS = 8  # generations read at a time
COPIES = "copies"
FACTS = ("glossary", COPIES, "background")  # the names of what is no document

log = logging.getLogger("alignment_qa")

Sound = Callable[[Packed], bool]
"""Whether a document agrees with itself."""

# to the server


def publish(server: Server, documents: Sequence[Packed]) -> int:
    """Show documents to all; their vectors are there already. Returns the new generation."""
    return _step(server, {packed.document.source.doc_id: pack(packed) for packed in documents})


def withdraw(server: Server, doc_ids: Sequence[str]) -> int:
    """Hide documents from all; their vectors are deleted after that. Returns the new generation."""
    generation = _step(server, dict.fromkeys(doc_ids, ""))
    journal = server.collection("documents")
    for doc_id in doc_ids:
        journal.delete(where={"$and": [{"name": doc_id}, {"part": {"$gt": 0}}]})
    return generation


def publish_fact(server: Server, name: str, text: str) -> int:
    """Show to all one of the FACTS: other names of terms, which documents are copies of others, how near passages are to
    everyday questions. Returns the new generation."""
    return _step(server, {name: text})


def reconcile(
    server: Server, store: Store, keywords: Keywords, names: Iterable[str], unsound: Container[str], sound: Sound
) -> tuple[set[str], list[str]]:
    """Settle where the server and this machine's copy differ: what is whole here is shown to all, what is whole only there
    is taken over. Returns the names of what was taken over and of what is whole nowhere. The caller holds the lease."""
    dimension = int(encoders.load(store.fact("encoder") or "").dimension)
    ours: dict[str, str] = {}
    taken: set[str] = set()
    lost: list[str] = []
    for name in names:
        here = None if name in unsound else kept(store, name, dimension)
        if here is not None:
            ours[name] = here
        elif (there := _text_of(server, name)) and (name in FACTS or _is_sound(there, sound)):
            _bring(store, keywords, iter([(name, there)]))
            taken.add(name)
        else:
            lost.append(name)
        if len(ours) >= STEPS:
            store.record("followed", str(_step(server, ours)))
            ours = {}
    if taken:
        _settle(store, keywords, store.copies())
    store.record("followed", str(_step(server, ours)))  # without any too: readers look for the server's vectors anew
    return taken, lost


def _is_sound(text: str, sound: Sound) -> bool:
    packed = unpacked(text)
    return packed is not None and sound(packed)


def tidy(server: Server) -> None:
    """Finish the one step that a killed writer may have left half done: what was not yet shown is withdrawn, and the
    vectors of what was hidden last are deleted."""
    journal = server.collection("documents")
    generation = int((server.facts() or {})["generation"])
    last = journal.get(where={"generation": {"$gte": generation}}, include=["metadatas"])["metadatas"]
    torn = sorted({row["name"] for row in last if row["generation"] > generation})
    for name in torn:
        journal.delete(where={"$and": [{"name": name}, {"part": {"$gt": 0}}]})
    if torn:
        withdraw(server, [name for name in torn if name not in FACTS])
    for name in {*torn, *(row["name"] for row in last if not row["parts"])}:
        for part in ("passages", "questions"):
            server.collection(part).delete(where={"doc_id": name})


def _step(server: Server, texts: dict[str, str]) -> int:
    """Write each text, none for what goes, then record the generation that shows them."""
    server.renew()
    facts = server.facts() or {}
    generation = int(facts["generation"]) + 1
    rows = [
        (
            f"{name}-{part}",
            {"name": name, "part": part, "parts": len(pieces), "generation": generation, **_spread(piece)},
        )
        for name, text in texts.items()
        for pieces in [[text[at : at + PIECE] for at in range(0, len(text), PIECE)]]
        for part, piece in enumerate(pieces or [""])
    ]
    journal = server.collection("documents")
    for at in range(0, len(rows), ROWS):
        ids, metadatas = zip(*rows[at : at + ROWS], strict=True)
        journal.upsert(ids=list(ids), metadatas=list(metadatas), embeddings=[_somewhere(i) for i in ids])
    server.record({**facts, "generation": str(generation)})
    return generation


def _spread(piece: str) -> dict[str, str]:
    """A piece as metadata. As a document of Chroma's it would go into its full-text index as well: the articles then take
    52 MB on the server for 20, and three times as long to write. Each value is written, since Chroma keeps those that are not."""
    return {f"text{number}": piece[number * VALUE :][:VALUE] for number in range(VALUES)}


def _gathered(row: Mapping[str, Any]) -> str:
    return "".join(row[f"text{number}"] for number in range(VALUES))


def _somewhere(name: str) -> list[float]:
    """Chroma keeps nothing without a vector: two numbers that are never asked for, apart, since equal ones are slow."""
    angle = zlib.crc32(name.encode()) / 2**32 * 2 * np.pi
    return [float(np.cos(angle)), float(np.sin(angle))]


# from the server


def follow(server: Server, folder: Path) -> None:
    """Bring this machine's copy to the server's generation. The caller holds the folder's lock."""
    facts = server.facts()
    if facts is None:
        return
    store = Store(folder / "passages.sqlite", write=True)
    try:
        keywords = Keywords(folder / "keywords")
    except OSError:
        store.close()
        raise
    try:
        if store.fact("origin") != facts["origin"]:  # another index had this name
            store.mark(store.held(), "going")
            _forget(store, keywords, store.unfinished())
            store.settle(Copies())
            for name in FACTS:  # else what is the same in the new one would not be shown to the others
                store.unrecord(name)
            store.record("followed", "0")
            for name in facts.keys() - {"generation"}:
                store.record(name, facts[name])
        target = int(facts["generation"])
        for after in range(int(store.fact("followed") or 0), target, STEPS):
            upto = min(after + STEPS, target)
            _bring(store, keywords, changed(server, after, upto))
            store.record("followed", str(upto))
    finally:
        keywords.close()
        store.close()


def changed(server: Server, after: int, upto: int) -> Iterator[tuple[str, str]]:
    """(name, text) of what was last changed in these generations; no text where it has gone."""
    found = server.collection("documents").get(
        where={"$and": [{"generation": {"$gt": after}}, {"generation": {"$lte": upto}}]},
        include=["metadatas"],
    )
    pieces: dict[tuple[int, str], dict[int, str]] = defaultdict(dict)
    parts: dict[tuple[int, str], int] = {}
    for row in found["metadatas"]:
        pieces[row["generation"], row["name"]][row["part"]] = _gathered(row)
        parts[row["generation"], row["name"]] = row["parts"]
    for key in sorted(pieces):
        if len(pieces[key]) >= parts[key]:  # else it is being changed just now, and a later generation tells
            yield key[1], "".join(pieces[key][part] for part in range(parts[key]))


def whole(server: Server) -> Iterator[tuple[str, str]]:
    """(name, text) of all that the server has now, one at a time; no text where a piece of it is missing."""
    journal = server.collection("documents")
    parts: dict[str, int] = {}
    for at in range(0, journal.count(), ROWS):
        for row in journal.get(limit=ROWS, offset=at, include=["metadatas"])["metadatas"]:
            parts[row["name"]] = row["parts"]
    for name in sorted(name for name, count in parts.items() if count):
        yield name, _text_of(server, name)


def _text_of(server: Server, name: str) -> str:
    found = server.collection("documents").get(where={"name": name}, include=["metadatas"])["metadatas"]
    pieces = {row["part"]: _gathered(row) for row in found}
    parts = max((row["parts"] for row in found), default=0)
    return "".join(pieces[part] for part in range(parts)) if len(pieces) >= parts else ""


def kept(store: Store, name: str, dimension: int) -> str | None:
    """What `whole` has where the server has what this machine has."""
    if name in FACTS:
        return store.fact(name)
    document = store.document(name)
    if document is None:
        return None
    passages = store.passages_of(name)
    vectors = store.vectors([p.passage_id for p in passages], dimension)
    bare = replace(document, source=replace(document.source, also=()))
    return pack(Packed(bare, passages, [vectors.get(p.passage_id) for p in passages]))


def _bring(store: Store, keywords: Keywords, changes: Iterator[tuple[str, str]]) -> None:
    came: list[str] = []
    gone: list[str] = []
    copies: Copies | None = None
    for name, text in changes:
        if name == COPIES:
            copies = Copies.loads(text)
            continue
        if name in FACTS:
            store.record(name, text)
            continue
        keywords.remove(name)
        if not text:
            gone.append(name)
            continue
        packed = unpacked(text)
        if packed is None:
            log.warning("%s is damaged on the server: mend it with python -m ingest --repair", name)
            gone.append(name)
            continue
        store.put(packed.document, packed.passages, packed.vectors)
        keywords.add(rows_of(packed.passages, store.fact("headings") is None))
        came.append(name)
    store.mark(gone, "going")
    _forget(store, keywords, gone)
    store.mark(came, "ready")
    if copies is not None:
        _settle(store, keywords, copies)


def _settle(store: Store, keywords: Keywords, copies: Copies) -> None:
    moved = store.moves(copies)
    store.settle(copies)
    for doc_id in moved:
        keywords.remove(doc_id)
        if store.state(doc_id) == "ready":
            keywords.add(rows_of(store.passages_of(doc_id), store.fact("headings") is None))
    keywords.commit()


def _forget(store: Store, keywords: Keywords, doc_ids: Sequence[str]) -> None:
    for doc_id in doc_ids:
        keywords.remove(doc_id)
    keywords.commit()
    for doc_id in doc_ids:
        store.erase(doc_id)
