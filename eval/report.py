"""A run flows in, its scorecard flows out: estimates with intervals, as text for a terminal, Markdown or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eval import intervals
from eval.intervals import Estimate, Statistic
from eval.runs import Run

Record = Mapping[str, Any]

MEANING = {
    "good": "answered with at least half of the vital facts (where none are given: of the reference's words), or rightly declined",
    "recall@8": "of the passages with gold words (documents, where all of one is gold), the share among the best 8",
    "recall@20": "the same among 20",
    "nDCG@10": "the same with the better ranks counting more",
    "RR@10": "1 / rank of the first passage with gold words",
    "documents@8": "of the gold documents, the share among those of the first 8 passages",
    "nuggets in hits": "vital facts that the passages hold: what the answer could have said",
    "nuggets": "vital facts that the answer holds",
    "nuggets, lenient": "vital and welcome facts that the answer holds",
    "complete": "answers that hold every vital fact",
    "lead": "answers whose first sentence, with the item that it leads into, holds a vital fact",
    "words": "length of an answer, in words",
    "ROUGE-L": "longest common word sequence with the reference answer, or with the gold quotes, F1",
    "contained": "content words of the reference answer that the answer holds",
    "quotes exact": "citations verbatim at their span, inside their passage, in the stored document",
    "claims cited": "claims with a citation",
    "citation recall": "claims that their quotes carry (ALCE, offline check)",
    "citation precision": "citations that are needed for their claim (ALCE, offline check)",
    "false refusals": "answerable questions that were declined",
    "declined": "unanswerable questions that were declined",
    "declined, out_of_scope": "about something else altogether",
    "declined, not_in_corpus": "in the field, not in the corpus",
    "declined, near_miss": "the topic is covered, what was asked is not",
    "AUROC": "a question with an answer is given a higher probability than one without",
    "AURC": "mean risk over all ways to answer only the surest; lower is better",
    "calibration error": "distance of stated probability from outcome, 10 bins; lower is better",
}
GROUPS: dict[str, tuple[str, ...]] = {
    "All": ("good",),
    "Retrieval": ("recall@8", "recall@20", "nDCG@10", "RR@10", "documents@8", "nuggets in hits"),
    "Answer": ("nuggets", "nuggets, lenient", "complete", "lead", "words", "ROUGE-L", "contained"),
    "Citations": ("quotes exact", "claims cited", "citation recall", "citation precision"),
    "Declining": (
        "false refusals", "declined", "declined, out_of_scope", "declined, not_in_corpus", "declined, near_miss",
        "AUROC", "AURC", "calibration error",
    ),
}  # fmt: skip
NEUTRAL = frozenset({"words"})
LOWER_IS_BETTER = frozenset({"false refusals", "AURC", "calibration error"})
FIELDS = ("kind", "topic", "style")
PRECISION = 0.03
"""Half the width of an interval that is worth having: the scorecard says how many questions would give it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the scorecard."""

    group: str
    name: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of a stage over the questions that went through it."""

    stage: str
    median: float
    p95: float
    questions: int


def statistic(name: str, records: Sequence[Record]) -> tuple[Statistic, list[str]] | None:
    """A measure over records: its statistic and the clusters of the records it applies to. None if to none."""
    if name in {"AUROC", "calibration error", "AURC"}:
        if len({record["answerable"] for record in records}) < 2:
            return None
        scores = [record["probability"] for record in records]
        answerable = [record["answerable"] for record in records]
        clusters = [record["cluster"] for record in records]
        match name:
            case "AUROC":
                return intervals.auroc(scores, answerable), clusters
            case "AURC":
                return intervals.aurc(scores, [risk(record) for record in records]), clusters
            case _:
                return intervals.calibration_error(scores, answerable), clusters
    having = [record for record in records if name in record["measures"]]
    if not having:
        return None
    return intervals.mean([r["measures"][name] for r in having]), [r["cluster"] for r in having]


def risk(record: Record) -> float:
    """What an answer costs: the share it lacks of the vital nuggets, or of the reference's words where there are no
    nuggets; 1 where there is no answer to give."""
    measured = record["measures"]
    return 1 - float(measured.get("nuggets", measured.get("contained", 1.0))) if record["answerable"] else 1.0


def scorecard(run: Run, seed: int) -> list[Line]:
    """Every measure that applies, then `good` by kind of question, by style, and for follow-ups."""
    records: Sequence[Record] = run.questions
    lines = [
        Line(group, name, found)
        for group, names in GROUPS.items()
        for name in names
        if (found := _line(name, records, seed))
    ]
    parts: dict[str, list[Record]] = {
        "follow-ups": [record for record in records if record["history"]],
        "two or more documents": [record for record in records if len(record["documents"]) > 1],
    }
    for field in FIELDS:
        for record in sorted(records, key=lambda record: str(record.get(field))):
            if record["answerable"] and record.get(field):
                parts.setdefault(f"{field}: {record[field]}", []).append(record)
    for name, chosen in parts.items():
        if found := _line("good", chosen, seed):
            lines.append(Line("Good, by", name, found))
    return lines


def _line(name: str, records: Sequence[Record], seed: int) -> Estimate | None:
    found = statistic(name, records)
    return intervals.estimate(*found, seed, shifted=name == "calibration error") if found else None


def wanted(line: Line) -> str:
    """Questions for an interval of ± `PRECISION`: a number, “enough” where there are as many, empty where that says
    nothing (a measure that is no share, an interval without width)."""
    needed = None if line.name in NEUTRAL else intervals.needed(line.estimate, PRECISION)
    if needed is None:
        return ""
    return "enough" if needed <= line.estimate.questions else str(needed)


def latencies(run: Run) -> list[Latency]:
    """Median and 95th percentile a stage."""
    stages = dict.fromkeys(stage for record in run.questions for stage in record["ms"])
    result = []
    for stage in stages:
        times = [record["ms"][stage] for record in run.questions if stage in record["ms"]]
        result.append(Latency(stage, float(np.median(times)), float(np.percentile(times, 95)), len(times)))
    return result


def as_json(run: Run, seed: int) -> dict[str, Any]:
    """The scorecard as plain JSON values."""
    return {
        "facts": run.facts,
        "lines": [{"group": line.group, "name": line.name, **asdict(line.estimate)} for line in scorecard(run, seed)],
        "ms": [asdict(latency) for latency in latencies(run)],
    }


def text(run: Run, seed: int) -> str:
    """The scorecard for a terminal."""
    rows, group = [], ""
    for line in scorecard(run, seed):
        if line.group != group:
            group = line.group
            rows += ["", group]
        rows.append(
            f"  {line.name:40.40} {_interval(line.estimate):20} n {line.estimate.questions:4d} {wanted(line):>6}  "
            f"{MEANING.get(line.name, '')}".rstrip()
        )
    rows += ["", f"After n: how many questions would give an interval of ± {PRECISION}."]
    rows += ["", "Milliseconds               p50      p95"]
    rows += [f"  {latency.stage:20} {latency.median:8.1f} {latency.p95:8.1f}" for latency in latencies(run)]
    return "\n".join([headline(run), *rows])


def markdown(run: Run, seed: int) -> str:
    """The scorecard to keep."""
    rows = [f"# Evaluation, {run.facts['date'][:10]}", "", headline(run), ""]
    rows += _table(
        ["", "measure", "value", "95 % interval", "n", f"n for ± {PRECISION}", "what it means"],
        (
            [line.group, line.name, f"{line.estimate.value:.3f}", _bounds(line.estimate), str(line.estimate.questions),
             wanted(line), MEANING.get(line.name, "")]
            for line in scorecard(run, seed)
        ),
    )  # fmt: skip
    rows += ["", *_table(
        ["stage", "p50 ms", "p95 ms", "n"],
        ([one.stage, f"{one.median:.1f}", f"{one.p95:.1f}", str(one.questions)] for one in latencies(run)),
    )]  # fmt: skip
    rows += ["", "## Questions that went wrong", ""]
    for record in wrong(run):
        rows += [f"- `{record['id']}` {record['kind']}: {record['question']}", f"  - {failing(record)}"]
    return "\n".join(rows) + "\n"


def wrong(run: Run) -> list[Record]:
    """The questions whose answer is not good, the least complete first; where nothing says what is good, those that
    were declined or whose documents were not found."""
    bad = [
        record
        for record in run.questions
        if not record["measures"].get("good", _found(record) and not record["abstention"])
    ]
    return sorted(bad, key=lambda record: (record["measures"].get("nuggets", 0.0), record["id"]))


def way(record: Record) -> str:
    """In two or three words, where it went wrong."""
    if not record["answerable"]:
        return "answered, should not"
    if record["abstention"]:
        return "declined, should not"
    return "found, not said" if _found(record) else "not found"


def _found(record: Record) -> bool:
    """Whether half of what was wanted was read: of the facts, or of the documents where no facts are given."""
    measured = record["measures"]
    return float(measured.get("nuggets in hits", measured.get("documents@8", 0.0))) >= 0.5


def failing(record: Record) -> str:
    """In a line, where it went wrong and what is missing."""
    if not record["answerable"]:
        return f"{way(record)} ({record['reason']}), with probability {record['probability']:.2f}"
    lost = "; ".join(item["text"] for item in record["expected"] if item["vital"] and not item["found"])
    lost = lost or str(record.get("reference", ""))
    where = way(record)
    if record["abstention"]:
        where += f" ({record['abstention']}), with probability {record['probability']:.2f}"
    return f"{where}: {lost}" if lost else where


def headline(run: Run) -> str:
    """What was run, on what, in two lines."""
    facts = run.facts
    return (
        f"{len(run.questions)} questions ({facts.get('split', 'all')}), {facts['documents']} documents, "
        f"{facts['passages']} passages, {facts['way']}, retriever {facts.get('ablation') or 'as configured'}\n"
        f"corpus {facts.get('corpus', '?')}, index {facts.get('index', '?')}, config {facts['config']}, code {facts['code']}, seed {facts.get('seed')}, {facts['date']}, "
        f"{facts['machine']}, {facts['seconds']} s, {facts['peak_mb']} MB"
    )


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:6.3f}  {_bounds(estimate)}"


def _bounds(estimate: Estimate) -> str:
    return "" if estimate.low is None else f"{estimate.low:.3f}–{estimate.high:.3f}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
