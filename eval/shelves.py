"""The articles flow in, indexes of some of them flow out, read as those that people bring are: their documents list no
questions, have no glossary, and are none that the adapter was taught."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from alignment_qa import Assistant
from alignment_qa.index import Index
from alignment_qa.types import Document

SIZES = {3: 30, 10: 12, 40: 4}
"""How many articles a small library has, and how many such libraries are made."""


@contextmanager
def shelf(articles: Sequence[Document], index: Index) -> Iterator[Assistant]:
    """An assistant over these articles, gone with the context. The `index` of all has their passages and vectors, so nothing
    is encoded but what tells how near a library is to everyday questions."""
    with TemporaryDirectory() as place:
        with Index.open(Path(place) / "index", write=True) as made:
            _fill(made, articles, index)
        assistant = Assistant.open(Path(place) / "index")
        with assistant.index:
            yield assistant


def shelves(
    articles: Mapping[str, Document], index: Index, seed: int = 0
) -> Iterator[tuple[frozenset[str], Assistant]]:
    """Some of the `articles`, by name, and an assistant over those alone; it is gone with the next."""
    draw = random.Random(seed)
    for size, number in SIZES.items():
        left: list[str] = []
        for _ in range(number):
            if len(left) < size:
                left = draw.sample(sorted(articles), len(articles))
            names, left = left[:size], left[size:]
            with shelf([articles[name] for name in names], index) as assistant:
                yield frozenset(names), assistant


def _fill(made: Index, documents: Sequence[Document], index: Index) -> None:
    passages = [index.passages_of(document.source.doc_id) for document in documents]
    vectors = index.vectors([p for own in passages for p in own])
    known = [[vectors[p.passage_id] for p in own if p.passage_id in vectors] for own in passages]
    bare = [replace(document, questions=(), related=()) for document in documents]
    made.add(list(zip(bare, passages, strict=True)), known)
    made.weigh()
