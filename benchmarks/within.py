"""What it costs to search some documents of many: the program's way beside Chroma's own filter and an unfiltered search,
over made-up passages, and how many of the nearest chosen passages each finds."""

from __future__ import annotations

import numpy as np

from alignment_qa.index import Index
from alignment_qa.scope import EXACT, Scope
from benchmarks.common import arguments, table
from benchmarks.latency import clocked, made_up
from eval import golden
from eval.corpus import index_of

POOL = 100  # candidates, as `Config.pool` wants them


def main() -> None:
    parser = arguments(__doc__, "")
    parser.add_argument("--passages", type=int, default=100_000, help="made-up passages")
    parser.add_argument("--like", metavar="DIR", help="index that they are made up like (default: of the articles)")
    options = parser.parse_args()
    index = Index.open(made_up(options.passages, options.like or index_of(golden.ARTICLES), options.seed))
    questions = [q.question for q in golden.load(split="dev") if not q.history][: options.limit or 20]
    vectors = [index.encode(question) for question in questions]
    index.near(questions[0], POOL)
    documents = [source.doc_id for source in index.sources()]
    rng = np.random.default_rng(options.seed)
    print(f"{len(documents)} documents, {index.count()[1]} passages; each passage compared up to {EXACT}; ms, median")
    rows = []
    for share in (0.001, 0.01, 0.1, 0.19, 0.21, 0.5, 0.9):
        doc_ids = [str(name) for name in rng.choice(documents, max(1, round(share * len(documents))), replace=False)]
        scope = Scope(index, doc_ids)
        first = clocked(lambda scope=scope: scope.near(questions[0], POOL))
        names, held = index.vectors_of(doc_ids)
        nearest = [{names[at] for at in np.argsort(-(held @ v))[:10]} for v in vectors]
        ours = [(clocked(lambda s=scope, q=q: s.near(q, POOL)), scope.near(q, POOL)) for q in questions]
        filtered = [clocked(lambda q=q, d=doc_ids: index.near(q, POOL, d)) for q in questions[:5]]
        found = [len(want & {n for n, _ in hits}) / len(want) for want, (_, hits) in zip(nearest, ours, strict=True)]
        free = [clocked(lambda q=q: index.near(q, POOL)) for q in questions]
        rows.append([
            f"{len(doc_ids)} ({len(names)})", f"{np.median(free):.1f}", f"{np.median(filtered):.1f}",
            f"{np.median([ms for ms, _ in ours]):.1f}", f"{first:.0f}", f"{np.mean(found):.3f}",
        ])  # fmt: skip
    print(
        table(
            ["documents (passages)", "unfiltered", "Chroma's filter", "ours", "ours, first", "ten nearest found"], rows
        )
    )


if __name__ == "__main__":
    main()
