"""What may be typed after `python -m eval`, and after `python -m eval compare`."""

from __future__ import annotations

import argparse
from pathlib import Path

from eval import golden

_COMMITTED = Path(__file__).parent / "results" / "run.json"
WHOLE = ("golden", "documents", "index", "split", "limit", "sample", "ablate", "robust", "run")
"""Options with which a run is another than the one that is committed."""


def parser() -> argparse.ArgumentParser:
    typed = argparse.ArgumentParser(
        prog="python -m eval",
        description="Ask the golden questions and measure the answers: retrieval, nuggets, citations, declining, "
        "latency, each with a 95 % interval. Two runs are compared by: python -m eval compare A.json B.json",
    )
    typed.add_argument(
        "--golden",
        type=Path,
        default=golden.SHIPPED,
        metavar="PATH",
        help="questions: a golden JSONL or a folder of them, a BEIR folder, or a JSONL of question, answer, document or "
        "of ragas, DeepEval or LangSmith records",
    )
    typed.add_argument(
        "--documents", type=Path, default=golden.ARTICLES, metavar="DIR", help="what the questions are about"
    )
    typed.add_argument("--index", metavar="DIR", help="an index to ask (default: one of --documents as they are now)")
    typed.add_argument(
        "--split", choices=("dev", "test", "all"), default="all", help="half of the questions (default: all)"
    )
    typed.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="write there what people read (report.html, report.md) and what programs do: the run, its scorecard, "
        "TREC, ragas, DeepEval and LangSmith files",
    )
    typed.add_argument("--run", type=Path, metavar="RUN.json", help="take a run that --report wrote, and ask nothing")
    typed.add_argument(
        "--gate",
        nargs="?",
        type=Path,
        const=_COMMITTED,
        metavar="RUN.json",
        help="exit with 1 if something that matters was lost since that run (default: the committed one)",
    )
    typed.add_argument(
        "--keep", action="store_true", help="commit to this run: write it to eval/results/ with a line of history"
    )
    typed.add_argument("--limit", type=int, metavar="N", help="ask only the first N")
    typed.add_argument("--sample", type=int, metavar="N", help="ask only N, drawn with --seed")
    typed.add_argument("--seed", type=int, default=0, help="of the bootstrap and of what is drawn (default: 0)")
    typed.add_argument(
        "--ablate",
        metavar="PART",
        help="measure without a part (dense, keyword, no-adapter, no-headings, passages-100, no-evidence-model …), or `all`: without each in turn, in one table",
    )
    typed.add_argument(
        "--robust", action="store_true", help="measure what disturbed questions and disturbing documents cost"
    )
    typed.add_argument(
        "--suite", choices=("injection",),
        help="injection: plant orders in documents, have them written from by a model that obeys everything, and count "
        "what is shown of it (needs no network)",
    )  # fmt: skip
    typed.add_argument(
        "--attacks", type=Path, metavar="DIR", help="a folder of BIPIA for --suite injection (ours are always planted)"
    )
    typed.add_argument(
        "--noise", type=Path, metavar="DIR", help="documents that do not belong, for --robust (default: written ones)"
    )
    typed.add_argument(
        "--judge", nargs="?", const="", metavar="MODEL",
        help="also ask a chat model (default: the configured one) about each answer, by ragas; shown apart",
    )  # fmt: skip
    typed.add_argument("--failures", action="store_true", help="also print each question that went wrong")
    typed.add_argument("--check", action="store_true", help="check the golden set against the documents and stop")
    typed.add_argument("--add", action="store_true", help="ask for a new golden question, check it and keep it")
    typed.add_argument(
        "--drafts",
        type=Path,
        metavar="FILE",
        help="print a draft of a golden question, to be finished, for each answer rated in the web chat; FILE is its feedback file",
    )
    return typed


def compare_parser() -> argparse.ArgumentParser:
    typed = argparse.ArgumentParser(
        prog="python -m eval compare",
        description="Paired differences of two runs, with intervals, a permutation test and the questions that flipped.",
    )
    typed.add_argument("a", type=Path, metavar="A.json")
    typed.add_argument("b", type=Path, metavar="B.json")
    typed.add_argument("--seed", type=int, default=0)
    return typed


def apart(options: argparse.Namespace) -> bool:
    """Whether such a run is another than the one that is committed."""
    usual = parser()
    return any(getattr(options, name) != usual.get_default(name) for name in WHOLE)
