"""What the benchmarks share: where the public data lies, an index of it kept between runs, means with intervals."""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from alignment_qa import Document, Source
from alignment_qa.index import Index
from alignment_qa.store import SCHEMA
from ingest.passages import split
from ingest.sync import LIMIT, SIZE

SHARED = Path(__file__).parent.parent.parent / "shared" / "benchmarks"


def arguments(description: str, folder: str) -> argparse.ArgumentParser:
    """A parser with the data's folder (`--path`) and the seed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--path", type=Path, default=SHARED / folder, help="folder of the data")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def document(doc_id: str, title: str, text: str) -> Document:
    return Document(Source(doc_id, title), text)


def index_of(name: str, documents: Sequence[Document], size: int = SIZE, limit: int = LIMIT) -> Index:
    """A reader of an index of these documents; made once for the same texts, sizes and schema."""
    key = hashlib.sha256(repr([(d.source.doc_id, d.source.title, d.text) for d in documents]).encode()).hexdigest()[:12]
    path = Path(tempfile.gettempdir()) / f"alignment-qa-{name}-{key}-{size}-{SCHEMA}"
    if not (path / "done").exists():
        from tqdm import tqdm

        with Index.open(path, write=True) as index:
            for at in tqdm(range(0, len(documents), 50), desc=f"indexing {name}"):
                missing = [d for d in documents[at : at + 50] if not index.store.has(d.source.doc_id)]
                index.add([(d, list(split(d, index.encoder.count, size=size, limit=limit))) for d in missing])
        (path / "done").touch()
    return Index.open(path)


def mean(values: Iterable[float], seed: int = 0, rounds: int = 2000) -> str:
    """A mean with its 95 % bootstrap interval, as text."""
    sample = np.asarray(list(values), float)
    if not len(sample):
        return "–"
    draws = np.random.default_rng(seed).choice(sample, (rounds, len(sample))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{sample.mean():.3f} [{low:.3f}, {high:.3f}]"
