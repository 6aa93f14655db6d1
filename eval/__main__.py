"""The evaluation run: `python -m eval`, `python -m eval --report DIR`, `python -m eval compare A.json B.json`."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment_qa.errors import AlignmentQAError
from alignment_qa.types import Document
from eval import golden
from eval.golden import GoldenError, Query

if TYPE_CHECKING:
    from eval.runs import Run

_COMMITTED = Path(__file__).parent / "results" / "run.json"
_WHOLE = ("golden", "documents", "index", "split", "limit", "sample", "ablate", "robust", "run")
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
        if options.drafts:
            return _drafts(options)
        if options.suite:
            return _injection(options)
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
        help="questions: a golden JSONL or a folder of them, a BEIR folder, or a JSONL of question, answer, document or "
        "of ragas, DeepEval or LangSmith records",
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
        "TREC, ragas, DeepEval and LangSmith files",
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
    parser.add_argument("--sample", type=int, metavar="N", help="ask only N, drawn with --seed")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap and of what is drawn (default: 0)")
    parser.add_argument(
        "--ablate",
        metavar="PART",
        help="measure without a part (dense, keyword, no-headings, passages-100, no-evidence-model …), or `all`: without each in turn, in one table",
    )
    parser.add_argument(
        "--robust", action="store_true", help="measure what disturbed questions and disturbing documents cost"
    )
    parser.add_argument(
        "--suite", choices=("injection",),
        help="injection: plant orders in documents, have them written from by a model that obeys everything, and count "
        "what is shown of it (needs no network)",
    )  # fmt: skip
    parser.add_argument(
        "--attacks", type=Path, metavar="DIR", help="a folder of BIPIA for --suite injection (ours are always planted)"
    )
    parser.add_argument(
        "--noise", type=Path, metavar="DIR", help="documents that do not belong, for --robust (default: written ones)"
    )
    parser.add_argument(
        "--judge", nargs="?", const="", metavar="MODEL",
        help="also ask a chat model (default: the configured one) about each answer, by ragas; shown apart",
    )  # fmt: skip
    parser.add_argument("--failures", action="store_true", help="also print each question that went wrong")
    parser.add_argument("--check", action="store_true", help="check the golden set against the documents and stop")
    parser.add_argument("--add", action="store_true", help="ask for a new golden question, check it and keep it")
    parser.add_argument(
        "--drafts",
        type=Path,
        metavar="FILE",
        help="print a draft of a golden question, to be finished, for each answer rated in the web chat; FILE is its feedback file",
    )
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


def _drafts(options: argparse.Namespace) -> int:
    from alignment_qa.feedback import Feedback
    from eval import drafts

    for row in drafts.from_feedback(Feedback(options.drafts).opinions(), golden.read_documents(options.documents)):
        print(json.dumps(row, ensure_ascii=False))
    return 0


def _measure(options: argparse.Namespace) -> int:
    from eval import committed, judge, report
    from eval.runs import Run

    if options.keep and [*map(vars(options).get, _WHOLE)] != [_parser().get_default(name) for name in _WHOLE]:
        raise GoldenError(f"--keep takes whole runs, asked anew: no {', '.join(f'--{name}' for name in _WHOLE)}.")
    if options.gate and not options.gate.exists():
        raise GoldenError(f"No run at {options.gate} to compare with. Commit one with: python -m eval --keep")
    if options.ablate == "all" or options.robust:
        return _several(options)
    before = Run.read(options.gate) if options.gate else None  # a gate without a run is better told of now
    opened = judge.open_judge(options.judge) if options.judge is not None else None
    run = Run.read(options.run) if options.run else _run(options, options.ablate, *_prepared(options))
    if (options.report or options.keep or options.failures) and not all("answer" in row for row in run.questions):
        raise GoldenError(
            f"{options.run} holds no texts, as committed runs do not. Take the run.json that --report wrote."
        )
    print(report.text(run, options.seed))
    if opened:
        run = judge.judged(run, opened)
        print(f"\n{judge.table(run, options.seed)}")
    if options.failures:
        for record in report.wrong(run):
            print(f"\n{record['id']}  {record['question']}\n  {report.failing(record)}\n  {record['answer'][:600]}")
    if options.keep:
        committed.keep(run, options.seed)
        _write(run, options.seed, committed.RESULTS)
    if options.report:
        _write(run, options.seed, options.report)
        _write_for_programs(run, options.seed, options.report)
        if opened:
            (options.report / "judged.md").write_text(judge.table(run, options.seed) + "\n", encoding="utf-8")
    if before is None:
        return 0
    verdicts, lost = committed.judge(before, run, options.seed), committed.broken(before, run)
    print(f"\n{committed.text(before, run, verdicts, lost)}")
    return 1 if lost or any(verdict.loss for verdict in verdicts) else 0


Documents = dict[str, Document]


def _prepared(options: argparse.Namespace) -> tuple[list[Query], Documents, dict[str, Any]]:
    """The questions that can be asked, their documents, and what the run is to remember about them."""
    from eval import corpus

    queries, documents = _asked(options)
    queries = [query for query in queries if query.answerable or not options.robust][: options.limit]
    if options.sample is not None and options.sample < len(queries):
        drawn = random.Random(options.seed).sample(range(len(queries)), max(options.sample, 0))
        queries = [queries[place] for place in sorted(drawn)]
    if not queries:
        raise GoldenError(f"No {options.split} questions in {options.golden}.")
    faulty = {query.id for query in queries if golden.check([query], documents)}
    if faulty:
        print(f"{len(faulty)} questions are left out, see: python -m eval --check", file=sys.stderr)
        queries = [query for query in queries if query.id not in faulty]
    facts = {
        "split": options.split, "seed": options.seed, "corpus": corpus.digest(options.documents),
        "golden": options.golden.name, "left_out": sorted(faulty),
    }  # fmt: skip
    return queries, documents, facts


def _run(
    options: argparse.Namespace, part: str | None, queries: list[Query], documents: Documents, facts: dict[str, Any]
) -> Run:
    """Every question asked once, without that part."""
    from tqdm import tqdm

    from eval import ablations, corpus, runs

    with (
        ablations.without(part, options.documents, options.index) as assistant,
        tqdm(total=len(queries), desc="Asking", leave=False, disable=None) as bar,
    ):
        facts = {**facts, "ablation": part, "index": assistant.index.digest}
        run = runs.measure(queries, assistant, documents, facts, lambda: bar.update(1))
    topics = corpus.topics(options.documents)
    return runs.Run(run.facts, [{**row, "topic": topics.get(row["cluster"], "")} for row in run.questions])


def _several(options: argparse.Namespace) -> int:
    """Several runs in one table: without each part, or with each disturbance."""
    return (_disturb if options.robust else _ablate)(options, *_prepared(options))


def _ablate(options: argparse.Namespace, queries: list[Query], documents: Documents, facts: dict[str, Any]) -> int:
    from eval import ablations, report

    with ablations.without(None, options.documents, options.index) as assistant:
        parts = ablations.parts(assistant)
    whole = _run(options, None, queries, documents, facts)
    lesser = {part: _run(options, part, queries, documents, facts) for part in parts}
    table = ablations.table(whole, lesser, options.seed)
    _write_several(
        options, "ablations", "What each part is worth", report.headline(whole), table, {"whole": whole, **lesser}
    )
    return 0


def _injection(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from eval import corpus, injection

    queries, _, _ = _prepared(options)
    planted = injection.attacks(options.attacks or injection.BIPIA)
    index = Path(options.index) if options.index else corpus.index_of(options.documents)
    with tqdm(total=len(planted), desc="Asking", leave=False, disable=None) as bar:
        print(injection.measure(queries, index, planted, lambda: bar.update(1)))
    return 0


def _disturb(options: argparse.Namespace, queries: list[Query], documents: Documents, facts: dict[str, Any]) -> int:
    from tqdm import tqdm

    from eval import corpus, report, robustness

    index = Path(options.index) if options.index else corpus.index_of(options.documents)
    with tqdm(desc="Asking", unit="", leave=False, disable=None) as bar:
        clean, outcomes = robustness.measure(queries, documents, index, facts, options.noise, lambda: bar.update(1))
    runs = {"clean": clean, **{one.disturbance.name: one.run for one in outcomes}}
    _write_several(
        options, "robustness", "What disturbances cost", report.headline(clean), robustness.table(outcomes), runs
    )
    return 0


def _write_several(
    options: argparse.Namespace, name: str, title: str, headline: str, table: str, runs: Mapping[str, Run]
) -> None:
    """Print a table of several runs, and write it and them where there is a folder to write to."""
    print(f"{headline}\n\n{table}")
    if options.report:
        options.report.mkdir(parents=True, exist_ok=True)
        for part, run in runs.items():
            run.write(options.report / f"{part}.json")
        (options.report / f"{name}.md").write_text(f"# {title}\n\n{headline}\n\n{table}\n")
        print(f"\nWritten to {options.report}/")


def _write(run: Run, seed: int, folder: Path) -> None:
    """What people read."""
    from eval import committed, page, report

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text(page.html(run, seed, committed.history(run)), encoding="utf-8")
    (folder / "report.md").write_text(report.markdown(run, seed), encoding="utf-8")
    print(f"\nWritten: {folder / 'report.html'}")


def _write_for_programs(run: Run, seed: int, folder: Path) -> None:
    from eval import formats, records, report

    run.write(folder / "run.json")
    formats.write_trec(run, folder)
    records.write(run, folder)
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
