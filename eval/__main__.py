"""The evaluation run: `python -m eval`, `python -m eval --report DIR`, `python -m eval compare A.json B.json`. What is
typed flows in (`options.py`), what is asked (`asking.py`) and measured flows out, printed or written."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment_qa.errors import AlignmentQAError
from eval import asking, golden
from eval.asking import Documents
from eval.golden import GoldenError, Query
from eval.options import WHOLE, apart, compare_parser, parser

if TYPE_CHECKING:
    from eval.runs import Run


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 measured, 1 the golden set has faults or the comparison or the gate shows a loss, 2 nothing could
    be done."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if arguments[:1] == ["compare"]:
            return _compare(compare_parser().parse_args(arguments[1:]))
        options = parser().parse_args(arguments)
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


def _check(options: argparse.Namespace) -> int:
    options.split = "all"
    queries, documents = asking.asked(options)
    problems = golden.check(queries, documents)
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

    if options.keep and apart(options):
        raise GoldenError(f"--keep takes whole runs, asked anew: no {', '.join(f'--{name}' for name in WHOLE)}.")
    if options.gate and not options.gate.exists():
        raise GoldenError(
            f"No run at {options.gate} to compare with. --report DIR writes one, DIR/run.json; "
            "python -m eval --keep commits one of our questions."
        )
    if options.ablate == "all" or options.robust:
        return _several(options)
    before = Run.read(options.gate) if options.gate else None  # a gate without a run is better told of now
    opened = judge.open_judge(options.judge) if options.judge is not None else None
    run = Run.read(options.run) if options.run else asking.run(options, options.ablate, *_prepared(options))
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


def _prepared(options: argparse.Namespace) -> tuple[list[Query], Documents, dict[str, Any]]:
    queries, documents, facts = asking.prepared(options)
    if left_out := facts["left_out"]:
        print(f"{len(left_out)} questions are left out for their faults; --check tells them.", file=sys.stderr)
    return queries, documents, facts


def _several(options: argparse.Namespace) -> int:
    """Several runs in one table: without each part, or with each disturbance."""
    return (_disturb if options.robust else _ablate)(options, *_prepared(options))


def _ablate(options: argparse.Namespace, queries: list[Query], documents: Documents, facts: dict[str, Any]) -> int:
    from eval import ablations, report

    with ablations.without(None, options.documents, options.index) as assistant:
        parts = ablations.parts(assistant)
    whole = asking.run(options, None, queries, documents, facts)
    lesser = {part: asking.run(options, part, queries, documents, facts) for part in parts}
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
