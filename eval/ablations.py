"""The name of a part flows in, an assistant without that part flows out; then runs without each part, and the table of
what each part is worth: paired differences from the whole system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alignment_qa import evidence
from alignment_qa.assistant import Assistant
from eval import compare, corpus, tables
from eval.corpus import AS_SHIPPED, Building
from eval.golden import GoldenError
from eval.runs import Run


@dataclass(frozen=True, slots=True)
class Ablation:
    """A part taken away: by fields of the configuration, by another way of building the index, by encoding
    questions as passages are, or by never declining."""

    meaning: str
    chosen: Mapping[str, Any] = field(default_factory=dict)
    building: Building = AS_SHIPPED
    declines: bool = True
    adapts: bool = True


ABLATIONS: dict[str, Ablation] = {
    "dense": Ablation("candidates scored by meaning alone", {"keyword_weight": 0.0}),
    "keyword": Ablation("candidates scored by keywords alone", {"keyword_weight": 1.0}),
    "fused": Ablation("no re-ranker", {"reranker": ""}),
    "no-adapter": Ablation("questions encoded as passages are", adapts=False),
    "no-headings": Ablation("passages found by their own words only", building=Building(headings=False)),
    "passages-100": Ablation("passages of 100 tokens for 190", building=Building(100, 110)),
    "passages-240": Ablation("passages of 240 tokens for 190", building=Building(240, 254)),
    "no-evidence-model": Ablation("answers whatever the evidence", declines=False),
}
SHOWN = ("good", "nuggets in hits", "nDCG@10", "nuggets", "false refusals", "declined", "AUROC")
"""The measures of the table."""
NOTE = """Below the whole system's values: what changes without a part, with its 95 % interval; bold where that excludes
zero. Every system reads the same number of passages, so smaller ones are less text, and keeps the evidence model that was fitted
on the whole. nDCG@10 is over passages, so that of other sizes is over other units. Without the evidence model it is the
decision to decline that goes; sentences are scored as before."""


@contextmanager
def without(part: str | None, documents: Path, index: str | None = None) -> Iterator[Assistant]:
    """For as long as the context lasts, the assistant over these documents (or an index of them) without that part;
    None takes nothing away. Raises GoldenError when there is no such part, or it is none of a built index."""
    if part is not None and part not in ABLATIONS:
        raise GoldenError(f"--ablate takes one of: {', '.join(ABLATIONS)}, all")
    ablation = ABLATIONS[part] if part else Ablation("")
    if index and ablation.building != AS_SHIPPED:
        raise GoldenError(f"--ablate {part} builds an index of its own: leave --index out.")
    assistant = Assistant.open(index or corpus.index_of(documents, ablation.building), **ablation.chosen)
    encoder, gather = assistant.index.encoder, evidence.gather
    encode_taught = encoder.encode_taught
    if not ablation.adapts:
        encoder.encode_taught = encoder.encode_query
    if not ablation.declines:
        evidence.gather = lambda *given: replace(gather(*given), abstention=None)
    try:
        yield assistant
    finally:
        encoder.encode_taught, evidence.gather = encode_taught, gather


def parts(whole: Assistant) -> list[str]:
    """The parts that can be taken from this assistant: a re-ranker only where it has one."""
    return [part for part in ABLATIONS if part != "fused" or whole.config.reranker]


def table(whole: Run, lesser: Mapping[str, Run], seed: int) -> str:
    """A Markdown table: the whole system's measures, then the change that taking each part away makes, with its 95 %
    interval. Changes whose interval excludes zero are bold."""
    compared = {part: {one.name: one for one in compare.compare(whole, run, seed)[0]} for part, run in lesser.items()}
    itself = {one.name: one for one in compare.compare(whole, whole, seed)[0]}
    names = [name for name in SHOWN if name in itself]
    rows = [["whole", *(f"{itself[name].before:.3f}" for name in names), "as shipped"]]
    for part, found in compared.items():
        rows.append([part, *(tables.change(found.get(name)) for name in names), ABLATIONS[part].meaning])
    return tables.table(["", *names, "what it is"], rows) + f"\n\n{NOTE}"
