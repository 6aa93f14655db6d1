"""A run and a chat model flow in, the model's verdicts on its answers flow out, by ragas: the only door to it. They stand
beside the offline measures, never among them: a judge is another model's opinion, and changes with the model."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import isnan
from typing import Any

from alignment_qa.chat import open_model
from alignment_qa.config import from_environment, quiet_libraries
from alignment_qa.errors import ModelUnavailable
from eval import intervals, records, tables
from eval.golden import GoldenError
from eval.report import Record
from eval.runs import Run

MEANING = {
    "faithfulness": "statements of an answer that the passages it read carry, as the judge sees it",
    "correctness": "F1 of the answer's claims against those of the expected one, as the judge sees it",
}
FAILURES = 6
"""Verdicts in a row that cannot be had before the judge is given up."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A chat model that can be asked: the ragas metric of each measure."""

    name: str
    metrics: Mapping[str, Any]


def open_judge(name: str) -> Judge:
    """The judge of that name (`provider:model`), or the configured chat model where the name is empty.

    Raises GoldenError when there is no name or no ragas, ModelUnavailable."""
    config = from_environment(model=name or None)
    if not config.model:
        raise GoldenError("--judge needs a chat model: name one (provider:model), or set ALIGNMENT_QA_MODEL.")
    quiet_libraries()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ragas and what it imports, about their own futures
            from ragas.llms import LangchainLLMWrapper
            from ragas.metrics import FactualCorrectness, Faithfulness
    except ImportError as error:
        raise GoldenError(f"--judge needs ragas: pip install -r requirements-judge.txt ({error})") from None
    asked = LangchainLLMWrapper(open_model(config.model, config.base_url, config.timeout))
    return Judge(config.model, {"faithfulness": Faithfulness(llm=asked), "correctness": FactualCorrectness(llm=asked)})


def judged(run: Run, judge: Judge, progress: Callable[[], object] = lambda: None) -> Run:
    """The run with `judged` in each record: faithfulness where something was answered, correctness where an answer was
    expected too. What the judge gave no readable verdict on is left out.

    Raises ModelUnavailable when the judge fails again and again."""
    found = asyncio.run(_all(run, judge, progress))  # one loop: the client's connections belong to it
    return Run({**run.facts, "judge": judge.name, "judged_by": f"ragas {version('ragas')}"}, found)


async def _all(run: Run, judge: Judge, progress: Callable[[], object]) -> list[dict[str, Any]]:
    found, failed = [], 0
    for record in run.questions:
        verdicts: dict[str, float] = {}
        for measure, metric in judge.metrics.items() if _answered(record) else ():
            if measure == "correctness" and not records.reference(record):
                continue
            value = await _verdict(metric, record)
            failed = failed + 1 if value is None else 0
            if value is not None:
                verdicts[measure] = round(value, 4)
            if failed == FAILURES:
                raise ModelUnavailable(
                    f"The judge {judge.name!r} gave no verdict that can be read, {failed} times in a row."
                )
        found.append({**record, "judged": verdicts})
        progress()
    return found


def _answered(record: Record) -> bool:
    return record["abstention"] is None and bool(record["claims"])


async def _verdict(metric: Any, record: Record) -> float | None:
    from ragas.dataset_schema import SingleTurnSample

    sample = SingleTurnSample(
        user_input=record["alone"], response=" ".join(claim["text"] for claim in record["claims"]),
        retrieved_contexts=list(record["contexts"]), reference=records.reference(record),
    )  # fmt: skip
    try:
        value = float(await metric.single_turn_ascore(sample))
    except Exception:  # whatever the model said or the server did: this answer has no verdict
        return None
    return None if isnan(value) else value


def table(run: Run, seed: int) -> str:
    """A Markdown table under a line that says who judged."""
    rows = []
    for name, meaning in MEANING.items():
        having: Sequence[Record] = [record for record in run.questions if name in record["judged"]]
        values, clusters = [r["judged"][name] for r in having], [r["cluster"] for r in having]
        if one := intervals.estimate(intervals.mean(values), clusters, seed):
            bounds = "" if one.low is None else f"{one.low:.3f}–{one.high:.3f}"
            rows.append([name, f"{one.value:.3f}", bounds, str(one.questions), meaning])
    answered = sum(_answered(record) for record in run.questions)
    head = f"Judged by {run.facts['judge']} through {run.facts['judged_by']}, {answered} answers. No offline measure."
    return f"{head}\n\n{tables.table(['judged', 'value', '95 % interval', 'n', 'what it means'], rows)}"
