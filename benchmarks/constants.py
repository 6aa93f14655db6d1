"""The constants that are set by hand: what other values would give on the golden dev questions. Nothing is chosen here;
a change that its interval does not tell from chance says that the constant hardly matters."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from alignment_qa import Assistant
from benchmarks.common import limited
from eval import compare, golden, runs, tables
from eval.corpus import index_of

TRIED: dict[str, tuple[float, ...]] = {
    "answerable.NEAREST": (1, 2, 5, 8),
    "answerable.MEETING": (3, 8, 10),
    "answerable.AROUND": (1, 5),
    "answerable.FAR": (0.1, 0.3),
    "answerable.ALIKE": (0.7, 0.9),
    "answerable.LEAST": (0.02, 0.1),
    "answer_type.SUBJECT": (4, 10),
    "lexical.LONG": (8, 20),
    "quotable.FEW": (2, 4),
    "question.TERM": (2, 5),
    "question.SIDES": (2, 6),
    "lexical.HALF": (2, 5),
    "retrieve.NEAR": (0.2, 0.4),
    "retrieve.SURE": (0.4, 0.7),
    "retrieve.APART": (0.1, 0.3),
    "retrieve.ALONE": (0, 1, 3),
    "retrieve.REPEATED": (1, 9),
    "retrieve.HEADED": (0, 1),
    "retrieve.AMONG": (8, 80),
    "retrieve.SHARPLY": (1, 6),
    "answerable.SURELY": (2, 8),
    "answerable.LATEST": (0.5, 3),
    "assistant.DEFINING": (1, 8),
    "arrange.LISTED": (8, 30),
    "conversation.OWN": (4, 6),
    "conversation.BEFORE": (1, 3),
    "conversation.FEW": (1, 4),
    "conversation.CONTEXT": (15, 60),
    "unsaid.SAID": (0.6, 2.4),
    "compound.FIRST": (1, 5),
}
SHOWN = ("good", "recall@8", "false refusals", "declined", "AUROC")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, metavar="N", help="only N questions, drawn with the seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", metavar="NAME", help="only constants whose name holds this")
    options = parser.parse_args()
    queries = limited({q.id: q for q in golden.load(golden.SHIPPED, "dev")}, options.limit, options.seed)
    documents = golden.read_documents(golden.ARTICLES)
    assistant = Assistant.open(index_of(golden.ARTICLES))

    def run() -> runs.Run:
        return runs.measure(list(queries.values()), assistant, documents, {})

    shipped = run()
    itself = {one.name: one for one in compare.compare(shipped, shipped, options.seed)[0]}
    names = [name for name in SHOWN if name in itself]
    lines = [["as shipped", *(f"{itself[name].before:.3f}" for name in names)]]
    for constant, values in TRIED.items():
        for value in values if (options.only or "") in constant else ():
            with instead(constant, value):
                found = {one.name: one for one in compare.compare(shipped, run(), options.seed)[0]}
            lines.append([f"{constant} = {value:g}", *(tables.change(found.get(name)) for name in names)])
            print(*lines[-1], flush=True)
    print(tables.table([f"{len(queries)} dev questions", *names], lines))


@contextmanager
def instead(constant: str, value: float) -> Iterator[None]:
    """For as long as the context lasts, that constant of the package has another value."""
    place, _, name = constant.rpartition(".")
    module = import_module(f"alignment_qa.{place}")
    before = getattr(module, name)
    setattr(module, name, type(before)(value))
    try:
        yield
    finally:
        setattr(module, name, before)


if __name__ == "__main__":
    main()
