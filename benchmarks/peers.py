"""The peers that a person could install in our place, each cutting and retrieving as its own documentation has it, beside
our retriever as shipped, on three sets: SciFact, our golden dev questions, chunking_eval. One encoder for all; no model.

Pieces differ in size from peer to peer, so what is found is also counted within a budget of tokens: pieces are read best
first until it is full, the last of them in part. Needs requirements-benchmarks.txt; a peer that is not installed is
named and left out."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate
from pathlib import Path

import numpy as np

from alignment_qa.index import Index
from benchmarks import chunking, pipelines, scifact
from benchmarks.common import arguments, index_of, interval, limited, measured, shipped, table
from benchmarks.pipelines import Embedded, Piece, Search
from eval import golden
from eval.corpus import index_of as index_of_folder

OURS = "ours"
BUDGET = 1600
"""Tokens of the golden questions' reading: eight passages of 200."""
PASSAGES = 8
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; `cluster` is what it stands or falls with. `wanted` gives the documents that are judged right, and
    in each the groups of spans of which one must be found."""

    text: str
    cluster: str
    wanted: Mapping[str, Sequence[Sequence[Span]]]


@dataclass(slots=True)
class Part:
    """One set: what every system is given, what is asked of it, how deep, and what is measured."""

    name: str
    texts: dict[str, str]
    asked: dict[str, Asked]
    ours: Search
    depth: int
    measures: Callable[[Mapping[str, list[Piece]]], dict[str, list[float]]]
    found: dict[str, dict[str, list[Piece]]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)


def main() -> None:
    parser = arguments(__doc__, "")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--peers", nargs="+", choices=pipelines.PEERS, default=list(pipelines.PEERS))
    options = parser.parse_args()
    pipelines.quiet()
    present = []
    for name in options.peers:
        if absent := pipelines.missing(name):
            print(f"{name} is left out: {', '.join(absent)} not installed (pip install -r requirements-benchmarks.txt)")
        else:
            present.append(name)
    print("; ".join(f"{package} {found}" for package in PACKAGES if (found := _version(package))))
    embedded = Embedded()
    for name in options.sets:
        part = SETS[name](options.path, options.limit, options.seed, embedded)
        ask(part, present, embedded)
        report(part, options.seed, embedded)
    print(scifact.PUBLISHED)
    print(chunking.PUBLISHED)


PACKAGES = ("langchain-core", "langchain-chroma", "haystack-ai", "llama-index-core", "txtai", "paper-qa")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


# sets


def of_scifact(path: Path, limit: int | None, seed: int, embedded: Embedded) -> Part:
    """Abstracts are given as BEIR gives them, title and text; an abstract is ranked by its first piece."""
    documents = list(scifact.documents(path / "scifact"))
    claims, judged = scifact.queries(path / "scifact")
    asked = {
        name: Asked(text, name, {doc_id: [] for doc_id in judged[name]})
        for name, text in limited(claims, limit, seed).items()
    }
    texts = {d.source.doc_id: f"{d.source.title} {d.text}" for d in documents}

    def measures(found: Mapping[str, list[Piece]]) -> dict[str, list[float]]:
        runs = {name: by_rank(pieces) for name, pieces in found.items()}
        return measured(runs, {name: one.wanted for name, one in asked.items()}, scifact.MEASURES)

    return Part(f"SciFact, {len(asked)} claims", texts, asked, pieces_of(index_of("scifact", documents)), 300, measures)


def of_golden(path: Path, limit: int | None, seed: int, embedded: Embedded) -> Part:
    """The answerable dev questions that stand alone, over the shipped articles; ours reads them as the assistant does.
    What an article says it answers is known to ours, so the peers have it too, with the title at the head of the text."""
    index = Index.open(index_of_folder(golden.ARTICLES))
    documents = golden.read_documents()
    queries = {q.id: q for q in golden.load(split="dev") if q.answerable and not q.history}
    texts, asked = {}, {}
    heads = {name: "\n".join([d.source.title, *d.questions]) + "\n\n" for name, d in documents.items()}
    for name, document in documents.items():
        texts[document.source.doc_id] = heads[name] + document.text
    for name, query in limited(queries, limit, seed).items():
        wanted: dict[str, list[list[Span]]] = {}
        for gold in query.gold:
            document = documents[gold.document]
            shift = len(heads[gold.document])
            spans = [(start + shift, end + shift) for start, end in golden.spans_of(gold, document)]
            wanted.setdefault(document.source.doc_id, []).append(spans)
        asked[name] = Asked(query.question, query.cluster, wanted)
    places = {name: Place(text) for name, text in texts.items()}

    def measures(found: Mapping[str, list[Piece]]) -> dict[str, list[float]]:
        read = {name: within(pieces, BUDGET, embedded.encoder.count) for name, pieces in found.items()}
        return {
            f"documents@{PASSAGES}": [
                len(one.wanted.keys() & {p.doc_id for p in found[name][:PASSAGES]}) / len(one.wanted)
                for name, one in asked.items()
            ],
            f"quotes@{BUDGET} tokens": [quotes(one, read[name], places) for name, one in asked.items()],
        }

    plain = pieces_of(index)

    def ours(question: str, k: int) -> list[Piece]:
        return plain(index.respell(question), k)

    return Part(f"golden dev, {len(asked)} questions", texts, asked, ours, 50, measures)


def of_chunking(path: Path, limit: int | None, seed: int, embedded: Embedded) -> Part:
    folder = path / "chunking_eval"
    texts = {name: (folder / "corpora" / f"{name}.md").read_text(encoding="utf-8") for name in chunking.POOLED}
    questions = limited(chunking.questions(folder, chunking.POOLED), limit, seed)
    asked = {str(n): Asked(q.text, str(n), {q.corpus: [q.spans]}) for n, q in questions.items()}
    places = {name: Place(text) for name, text in texts.items()}

    def measures(found: Mapping[str, list[Piece]]) -> dict[str, list[float]]:
        return {
            f"@{budget}": [
                share(one, within(found[name], budget, embedded.encoder.count), places) for name, one in asked.items()
            ]
            for budget in chunking.BUDGETS
        }

    index = chunking.index_of_corpora(folder, chunking.POOLED, plain=True)  # no peer is told of headings
    return Part(f"chunking_eval, {len(asked)} questions", texts, asked, pieces_of(index), 50, measures)


SETS = {"scifact": of_scifact, "golden": of_golden, "chunking": of_chunking}


def pieces_of(index: Index) -> Search:
    retriever = shipped(index)
    return lambda question, k: [Piece(hit.passage.source.doc_id, hit.passage.text) for hit in retriever(question, k)]


# asking


def ask(part: Part, peers: Sequence[str], embedded: Embedded) -> None:
    """Every question of every system in turn, so that whatever else the machine does slows all of them alike."""
    systems = {OURS: part.ours}
    for name in peers:
        systems[name] = pipelines.PEERS[name][0](part.texts, embedded)
    for search in systems.values():
        search("What is loaded once is loaded now?", part.depth)
    for at, (name, one) in enumerate(part.asked.items()):
        order = list(systems)
        for system in order[at % len(order) :] + order[: at % len(order)]:
            started = time.perf_counter()
            pieces = systems[system](one.text, part.depth)
            part.seconds.setdefault(system, []).append(time.perf_counter() - started)
            part.found.setdefault(system, {})[name] = pieces


def report(part: Part, seed: int, embedded: Embedded) -> None:
    """The systems ranked by the first measure, each with its interval, what ours has more, and its time."""
    clusters = [one.cluster for one in part.asked.values()]
    values = {system: part.measures(found) for system, found in part.found.items()}
    names = list(values[OURS])
    rows = []
    for system in sorted(values, key=lambda system: -float(np.mean(values[system][names[0]]))):
        row = [system]
        for name in names:
            more = np.subtract(values[OURS][name], values[system][name])
            row += [interval(values[system][name], clusters, seed)]
            row += ["" if system == OURS else interval(list(more), clusters, seed, signed=True)]
        ratio = np.median(np.divide(part.seconds[system], part.seconds[OURS]))
        rows.append([*row, f"{lengths(part.found[system], embedded.encoder.count):.0f}", f"{ratio:.2f}"])
    header = [*(column for name in names for column in (name, "ours more by")), "tokens a piece", "time, ours 1"]
    print(f"\n{table([part.name, *header], rows)}")
    print(f"ours: {1000 * np.median(part.seconds[OURS]):.1f} ms a question, its encoding with it, {part.depth} deep\n")


def lengths(found: Mapping[str, Sequence[Piece]], count: Callable[[list[str]], list[int]]) -> float:
    """The median tokens of the first pieces found."""
    return float(np.median(count([pieces[0].text for pieces in found.values() if pieces])))


# counting


def by_rank(pieces: Iterable[Piece]) -> dict[str, float]:
    """Document id → a score that falls with the rank of its first piece."""
    scores: dict[str, float] = {}
    for rank, piece in enumerate(pieces):
        scores.setdefault(piece.doc_id, -float(rank))
    return scores


def within(pieces: Iterable[Piece], budget: int, count: Callable[[list[str]], list[int]]) -> list[Piece]:
    """The first pieces up to the budget in tokens; the one that does not fit is kept as far as its words do."""
    kept = []
    for piece in pieces:
        tokens = count([piece.text])[0]
        if tokens > budget:
            words = piece.text.split()
            fit = bisect_right(range(len(words) + 1), budget, key=lambda n: count([" ".join(words[:n])])[0]) - 1
            return [*kept, Piece(piece.doc_id, " ".join(words[:fit]))]
        kept.append(piece)
        budget -= tokens
    return kept


class Place:
    """Finds the words of a piece again in the text that it was cut from; white space does not count, since peers
    strip and join it each in its own way. Positions are those of the text without it."""

    def __init__(self, text: str) -> None:
        self._dense = "".join(text.split())
        self._before = [0, *accumulate(not character.isspace() for character in text)]

    def span(self, start: int, end: int) -> range:
        return range(self._before[start], self._before[end])

    def of(self, text: str) -> range:
        """Raises ValueError where the text does not hold these words."""
        dense = "".join(text.split())
        at = self._dense.index(dense)
        return range(at, at + len(dense))


def covered(pieces: Iterable[Piece], doc_id: str, place: Place) -> set[int]:
    return {at for piece in pieces if piece.doc_id == doc_id for at in place.of(piece.text)}


def quotes(asked: Asked, pieces: Sequence[Piece], places: Mapping[str, Place]) -> float:
    """The share of the gold quotes that stand whole in what was read, wherever the document has them."""
    held = []
    for doc_id, groups in asked.wanted.items():
        read = covered(pieces, doc_id, places[doc_id])
        held += [any(read.issuperset(places[doc_id].span(*span)) for span in spans) for spans in groups]
    return sum(held) / len(held)


def share(asked: Asked, pieces: Sequence[Piece], places: Mapping[str, Place]) -> float:
    """The share of the wanted characters that stand in what was read."""
    found = total = 0
    for doc_id, groups in asked.wanted.items():
        wanted = {at for spans in groups for span in spans for at in places[doc_id].span(*span)}
        found += len(wanted & covered(pieces, doc_id, places[doc_id]))
        total += len(wanted)
    return found / total


if __name__ == "__main__":
    main()
