"""The articles flow in, indexes of a few of them each flow out: libraries as small as those that people begin with. Their
documents list no questions and have no glossary, as those that people bring do not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from alignment_qa import Assistant
from alignment_qa.index import Index
from alignment_qa.types import Document

SIZES = {3: 30, 10: 12, 40: 4}
"""How many articles a library has, and how many such libraries are made."""


def shelves(
    articles: Mapping[str, Document], index: Index, seed: int = 0
) -> Iterator[tuple[frozenset[str], Assistant]]:
    """Some of the `articles`, by name, and an assistant over those alone; it is gone with the next. The `index` of all of
    them has their passages and vectors, so nothing is encoded but what tells how near a library is to everyday questions."""
    draw = random.Random(seed)
    for size, number in SIZES.items():
        left: list[str] = []
        for _ in range(number):
            if len(left) < size:
                left = draw.sample(sorted(articles), len(articles))
            names, left = left[:size], left[size:]
            with TemporaryDirectory() as place:
                with Index.open(Path(place) / "index", write=True) as shelf:
                    _fill(shelf, [articles[name] for name in names], index)
                assistant = Assistant.open(Path(place) / "index")
                with assistant.index:
                    yield frozenset(names), assistant


def _fill(shelf: Index, documents: Sequence[Document], index: Index) -> None:
    passages = [index.passages_of(document.source.doc_id) for document in documents]
    vectors = index.vectors([p for own in passages for p in own])
    known = [[vectors[p.passage_id] for p in own if p.passage_id in vectors] for own in passages]
    bare = [replace(document, questions=(), related=()) for document in documents]
    shelf.add(list(zip(bare, passages, strict=True)), known)
    shelf.weigh()
