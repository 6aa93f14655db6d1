"""The evaluation run: `python -m eval`, `python -m eval --report DIR`, `python -m eval compare A.json B.json`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from alignment_qa.errors import AlignmentQAError
from alignment_qa.types import Document
from eval import golden
from eval.golden import GoldenError, Query

if TYPE_CHECKING:
    from eval.runs import Run

_COMMITTED = Path(__file__).parent / "results" / "run.json"
_WHOLE = ("golden", "documents", "index", "split", "limit", "ablate", "run")
"""Options with which a run is another than the one that is committed."""


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 measured, 1 the golden set has faults or the comparison or the gate shows a loss, 2 nothing could
    be done."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if arguments[:1] == ["compare"]:
            return _compare(_compare_parser().parse_args(arguments[1:]))
        options = _parser().parse_args(arguments)
        if options.add:
            return _add(options)
        return _check(options) if options.check else _measure(options)
    except (AlignmentQAError, GoldenError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except (KeyboardInterrupt, EOFError):
        print("\nInterrupted.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m eval",
        description="Ask the golden questions and measure the answers: retrieval, nuggets, citations, declining, "
        "latency, each with a 95 %% interval. Two runs are compared by: python -m eval compare A.json B.json",
    )
    parser.add_argument(
        "--golden",
        type=Path,
        default=golden.SHIPPED,
        metavar="PATH",
        help="questions: a golden JSONL or a folder of them, a JSONL of question, answer, document, or a BEIR folder",
    )
    parser.add_argument(
        "--documents", type=Path, default=golden.ARTICLES, metavar="DIR", help="what the questions are about"
    )
    parser.add_argument("--index", metavar="DIR", help="an index to ask (default: one of --documents as they are now)")
    parser.add_argument(
        "--split", choices=("dev", "test", "all"), default="all", help="half of the questions (default: all)"
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="write there what people read (report.html, report.md) and what programs do: the run, its scorecard, "
        "TREC and ragas files",
    )
    parser.add_argument("--run", type=Path, metavar="RUN.json", help="take a run that --report wrote, and ask nothing")
    parser.add_argument(
        "--gate",
        nargs="?",
        type=Path,
        const=_COMMITTED,
        metavar="RUN.json",
        help="exit with 1 if something that matters was lost since that run (default: the committed one)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="commit to this run: write it to eval/results/ with a line of history"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="ask only the first N")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap (default: 0)")
    parser.add_argument("--ablate", metavar="PART", help="dense, keyword, fused or no-evidence-model")
    parser.add_argument("--failures", action="store_true", help="also print each question that went wrong")
    parser.add_argument("--check", action="store_true", help="check the golden set against the documents and stop")
    parser.add_argument("--add", action="store_true", help="ask for a new golden question, check it and keep it")
    return parser


def _compare_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m eval compare",
        description="Paired differences of two runs, with intervals, a permutation test and the questions that flipped.",
    )
    parser.add_argument("a", type=Path, metavar="A.json")
    parser.add_argument("b", type=Path, metavar="B.json")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _check(options: argparse.Namespace) -> int:
    queries = golden.load(options.golden, "all", measuring=True)
    problems = golden.check(queries, golden.read_documents(options.documents))
    for problem in problems:
        print(problem, file=sys.stderr)
    unanswerable = sum(not query.answerable for query in queries)
    print(f"{len(queries)} questions, {unanswerable} without an answer, {len(problems)} faults")
    return 1 if problems else 0


def _add(options: argparse.Namespace) -> int:
    from eval import drafts

    row = drafts.compose(input, golden.read_documents(options.documents))
    print(f"Added {row['id']} to {drafts.append(row, options.golden)}")
    return 0


def _measure(options: argparse.Namespace) -> int:
    from eval import committed, report
    from eval.runs import Run

    if options.keep and [*map(vars(options).get, _WHOLE)] != [_parser().get_default(name) for name in _WHOLE]:
        raise GoldenError(f"--keep takes whole runs, asked anew: no {', '.join(f'--{name}' for name in _WHOLE)}.")
    if options.gate and not options.gate.exists():
        raise GoldenError(f"No run at {options.gate} to compare with. Commit one with: python -m eval --keep")
    before = Run.read(options.gate) if options.gate else None  # a gate without a run is better told of now
    run = Run.read(options.run) if options.run else _asking(options)
    if (options.report or options.keep or options.failures) and not all("answer" in row for row in run.questions):
        raise GoldenError(
            f"{options.run} holds no texts, as committed runs do not. Take the run.json that --report wrote."
        )
    print(report.text(run, options.seed))
    if options.failures:
        for record in report.wrong(run):
            print(f"\n{record['id']}  {record['question']}\n  {report.failing(record)}\n  {record['answer'][:600]}")
    if options.keep:
        committed.keep(run, options.seed)
        _write(run, options.seed, committed.RESULTS)
    if options.report:
        _write(run, options.seed, options.report)
        _write_for_programs(run, options.seed, options.report)
    if before is None:
        return 0
    verdicts, lost = committed.judge(before, run, options.seed), committed.broken(before, run)
    print(f"\n{committed.text(before, run, verdicts, lost)}")
    return 1 if lost or any(verdict.loss for verdict in verdicts) else 0


def _asking(options: argparse.Namespace) -> Run:
    """Ask all that is to be asked."""
    from tqdm import tqdm

    from alignment_qa import Assistant
    from eval import corpus, runs

    if options.ablate and options.ablate not in runs.ABLATIONS:
        raise GoldenError(f"--ablate takes one of: {', '.join(runs.ABLATIONS)}")
    queries, documents = _asked(options)
    queries = queries[: options.limit]
    if not queries:
        raise GoldenError(f"No {options.split} questions in {options.golden}.")
    faulty = {query.id for query in queries if golden.check([query], documents)}
    if faulty:
        print(f"{len(faulty)} questions are left out, see: python -m eval --check", file=sys.stderr)
        queries = [query for query in queries if query.id not in faulty]
    index = options.index or corpus.index_of(options.documents)
    assistant = Assistant.open(index, **runs.ABLATIONS.get(options.ablate, {}))
    facts = {
        "split": options.split, "seed": options.seed, "ablation": options.ablate,
        "corpus": corpus.digest(options.documents), "index": corpus.index_digest(assistant.index),
        "golden": options.golden.name, "left_out": sorted(faulty),
    }  # fmt: skip
    with (
        runs.answering_always() if options.ablate == "no-evidence-model" else nullcontext(),
        tqdm(total=len(queries), desc="Asking", leave=False, disable=None) as bar,
    ):
        run = runs.measure(queries, assistant, documents, facts, lambda: bar.update(1))
    topics = corpus.topics(options.documents)
    return runs.Run(run.facts, [{**row, "topic": topics.get(row["cluster"], "")} for row in run.questions])


def _write(run: Run, seed: int, folder: Path) -> None:
    """What people read."""
    from eval import committed, page, report

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text(page.html(run, seed, committed.history(run)), encoding="utf-8")
    (folder / "report.md").write_text(report.markdown(run, seed), encoding="utf-8")
    print(f"\nWritten: {folder / 'report.html'}")


def _write_for_programs(run: Run, seed: int, folder: Path) -> None:
    from eval import formats, report

    run.write(folder / "run.json")
    formats.write_trec(run, folder)
    formats.write_ragas(run, folder / "ragas.jsonl")
    scorecard = json.dumps(report.as_json(run, seed), ensure_ascii=False, indent=1)
    (folder / "scorecard.json").write_text(scorecard, encoding="utf-8")


def _asked(options: argparse.Namespace) -> tuple[list[Query], dict[str, Document]]:
    """The questions, of whichever form, and the documents that they are about."""
    from eval import corpus, formats

    if formats.is_beir(options.golden):
        options.documents = corpus.home() / "beir" / options.golden.resolve().name
        shutil.rmtree(options.documents, ignore_errors=True)
        queries = formats.beir(options.golden, options.documents)
        return queries, golden.read_documents(options.documents)
    documents = golden.read_documents(options.documents)
    if formats.is_answers(options.golden):
        return formats.answers(options.golden, documents), documents
    return golden.load(options.golden, options.split, measuring=True), documents


def _compare(options: argparse.Namespace) -> int:
    from eval import compare
    from eval.runs import Run

    before, after = Run.read(options.a), Run.read(options.b)
    differences, flips = compare.compare(before, after, options.seed)
    print(f"Differing: {'; '.join(compare.apart(before, after)) or 'nothing that is recorded'}")
    print(compare.text(differences, flips))
    return 1 if any(one.loss for one in differences) else 0


if __name__ == "__main__":
    sys.exit(main())
