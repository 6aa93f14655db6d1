"""MTRAG (Katsis et al., TACL 2025): a question deep in a conversation flows in, made to stand alone by our rules; how near
it comes to what a person rewrote flows out, beside the question asked as it is and all questions together.

The folder holds questions, rewrites and judgements, but no passages. So here the person's rewrites are what is searched:
does a follow-up find its own among those of its domain, most of them from other turns and conversations? With the
published passages (`--corpora`) the judged passages are searched, as the published figures did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alignment_qa.conversation import Corpus, standalone
from alignment_qa.lexical import terms
from alignment_qa.retrieve import Retriever
from alignment_qa.types import Document, Turn
from benchmarks.common import arguments, document, index_of, interval, limited, measured, shipped, table

PUBLISHED = (
    "published, all four corpora, R@5 / nDCG@10, last turn → person's rewrite: BM25 .20/.21 → .25/.25, "
    "BGE-base 1.5 .30/.30 → .37/.38, Elser .49/.49 → .52/.54 (retrieval_tasks/README.md of the data)\n"
    "published for MTRAG-UN, R@5, last turn → rewritten: BM25 .29 → .36, BGE .25 → .38 (ANSWERING.md)"
)
DOMAINS = ("clapnq", "cloud", "fiqa", "govt")
WAYS = ("last turn", "all turns", "ours", "person's rewrite")
ITEM = ("R@1", "RR@10")
PASSAGES = ("R@5", "nDCG@10")


@dataclass(frozen=True, slots=True)
class Task:
    """The questions of one conversation so far, the last of them the one that is asked; `rewrite` is a person's."""

    id: str
    domain: str
    asked: tuple[str, ...]
    rewrite: str

    @property
    def conversation(self) -> str:
        return self.id.partition("<::>")[0]

    @property
    def changed(self) -> bool:
        """Whether the person found anything to change."""
        return _plain(self.rewrite) != _plain(self.asked[-1])

    def put(self, way: str, closeness: Callable[[str], float]) -> str:
        """The question as one of WAYS puts it."""
        if way == "ours":
            return standalone(self.asked[-1], [Turn("user", text) for text in self.asked[:-1]], Corpus(closeness))
        return {"last turn": self.asked[-1], "all turns": "\n".join(self.asked)}.get(way, self.rewrite)


def main() -> None:
    parser = arguments(__doc__, "mtrag")
    parser.add_argument("--corpora", type=Path, help="folder of the published passages: NAME.jsonl, unpacked")
    parser.add_argument("--domains", nargs="+", choices=DOMAINS, default=DOMAINS)
    options = parser.parse_args()
    tasks = {task.id: task for name in options.domains for task in read(options.path, name)}
    later = {name: task for name, task in tasks.items() if len(task.asked) > 1}
    print(f"{len(tasks)} questions; {len(later)} follow an earlier one, and the rest have nothing to put in")
    chosen = limited(later, options.limit, options.seed)
    report_rewriting(list(chosen.values()), options.seed)
    report_items(tasks, chosen, options.seed)
    if options.corpora:
        for name in options.domains:
            report_passages(options.path, options.corpora, name, chosen, options.seed)
    else:
        print("the judged passages are not here, so recall of passages is not measured (--corpora)")
    print(PUBLISHED)


def read(path: Path, domain: str) -> Iterator[Task]:
    folder = path / "retrieval_tasks" / domain
    rewrites = dict(_lines(folder / f"{domain}_rewrite.jsonl"))
    for name, text in _lines(folder / f"{domain}_questions.jsonl"):
        asked = tuple(turn.strip() for turn in text.split("|user|:") if turn.strip())
        yield Task(name, domain, asked, rewrites[name].removeprefix("|user|:").strip())


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["_id"], row["text"]


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).strip(" .?!")


def nowhere(text: str) -> float:
    """Stands in for the corpus where there is none: nothing is near, so the first way to fill in a question is taken."""
    return 0.0


# without passages


def report_rewriting(tasks: Sequence[Task], seed: int) -> None:
    """Whether our rules change what the person changed, and whether the words put in are the person's."""
    clusters = [task.conversation for task in tasks]
    ours = [task.put("ours", nowhere) for task in tasks]
    touched = [float(_plain(text) != _plain(task.asked[-1])) for text, task in zip(ours, tasks, strict=True)]
    for person in (True, False):
        kept = [at for at, task in enumerate(tasks) if task.changed is person]
        value = interval([touched[at] for at in kept], [clusters[at] for at in kept], seed)
        print(f"ours changes {value} of the {len(kept)} that the person {'changed' if person else 'left as they were'}")
    shares = [put_in(task.asked[-1], text, task.rewrite) for text, task in zip(ours, tasks, strict=True)]
    for at, name in enumerate(
        ("of the words the person put in, ours puts in", "of the words ours puts in, the person has")
    ):
        known = [(share[at], cluster) for share, cluster in zip(shares, clusters, strict=True) if share[at] is not None]
        print(f"{name} {interval([v for v, _ in known], [c for _, c in known], seed)} over {len(known)} questions")


def put_in(asked: str, ours: str, person: str) -> tuple[float | None, float | None]:
    """Recall and precision of the content terms that ours adds, the person's taken as right; None where none are."""
    before = set(terms(asked))
    added, wanted = set(terms(ours)) - before, set(terms(person)) - before
    return (
        len(added & wanted) / len(wanted) if wanted else None,
        len(added & wanted) / len(added) if added else None,
    )


def report_items(tasks: Mapping[str, Task], asked: Mapping[str, Task], seed: int) -> None:
    """How well each way finds the person's rewrite among all rewrites of the domain; also where the person changed something."""
    found: dict[str, dict[str, list[float]]] = {way: {name: [] for name in ITEM} for way in WAYS[:-1]}
    order: list[Task] = []
    for domain in dict.fromkeys(task.domain for task in asked.values()):
        texts = {task.rewrite for task in tasks.values() if task.domain == domain}
        index = index_of(f"mtrag-{domain}", [document(text, "", text) for text in sorted(texts)])
        here = {name: task for name, task in asked.items() if task.domain == domain}
        order += here.values()
        judged = {name: {task.rewrite} for name, task in here.items()}
        for way, values in found.items():
            for name, more in run(way, here, shipped(index), judged, ITEM, nowhere).items():
                values[name] += more
    for title, kept in (
        ("all follow-ups", [True] * len(order)),
        ("those the person changed", [t.changed for t in order]),
    ):
        report(title, found, ITEM, kept, [task.conversation for task in order], seed)


# with passages


def report_passages(path: Path, corpora: Path, domain: str, asked: Mapping[str, Task], seed: int) -> None:
    judged = read_judged(path / "retrieval_tasks" / domain / "qrels" / "dev.tsv")
    here = {name: task for name, task in asked.items() if task.domain == domain and name in judged}
    index = index_of(f"mtrag-passages-{domain}", list(read_passages(corpora / f"{domain}.jsonl")))

    def closeness(text: str) -> float:
        return max((hit.score for hit in index.search(text, 1)), default=-1.0)

    found = {way: run(way, here, shipped(index), judged, PASSAGES, closeness) for way in WAYS}
    clusters = [task.conversation for task in here.values()]
    report(f"{domain}: passages", found, PASSAGES, [True] * len(here), clusters, seed)


def read_judged(file: Path) -> dict[str, set[str]]:
    judged: dict[str, set[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines()[1:]:
        query, passage, score = line.split("\t")
        if int(score) > 0:
            judged.setdefault(query, set()).add(passage)
    return judged


def read_passages(file: Path) -> Iterator[Document]:
    with file.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield document(row["_id"], row.get("title", ""), row["text"])


# both


def run(
    way: str,
    asked: Mapping[str, Task],
    retriever: Retriever,
    judged: Mapping[str, Iterable[str]],
    names: Sequence[str],
    closeness: Callable[[str], float],
) -> dict[str, list[float]]:
    """Measure → one value a question. A document scores as its best passage."""
    runs: dict[str, dict[str, float]] = {}
    for name, task in asked.items():
        runs[name] = {}
        for hit in retriever(task.put(way, closeness), 30):
            runs[name].setdefault(hit.passage.source.doc_id, hit.score)
    return measured(runs, judged, names)


def report(
    title: str,
    found: Mapping[str, Mapping[str, Sequence[float]]],
    names: Sequence[str],
    kept: Sequence[bool],
    clusters: Sequence[str],
    seed: int,
) -> None:
    """A row a way, with what ours has more than it; conversations are drawn, not questions."""
    chosen = [cluster for cluster, keep in zip(clusters, kept, strict=True) if keep]
    rows = []
    for way, by_measure in found.items():
        row = [way]
        for name in names:
            values = [value for value, keep in zip(by_measure[name], kept, strict=True) if keep]
            ours = [value for value, keep in zip(found["ours"][name], kept, strict=True) if keep]
            more = [a - b for a, b in zip(ours, values, strict=True)]
            row += [
                interval(values, chosen, seed),
                "" if way == "ours" else interval(more, chosen, seed, signed=True),
            ]
        rows.append(row)
    header = [f"{title}: {len(chosen)}", *(column for name in names for column in (name, "ours more by"))]
    print(f"\n{table(header, rows)}\n")


if __name__ == "__main__":
    main()
