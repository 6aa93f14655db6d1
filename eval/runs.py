"""Queries and an assistant flow in, a Run flows out: every question asked once, every measure taken, with all that
is needed to know later what was run. A Run is plain JSON values, so that two of them can be compared."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import alignment_qa
from alignment_qa import evidence, support
from alignment_qa.assistant import Assistant
from alignment_qa.types import Document
from eval import measures
from eval.golden import GoldenError, Query
from eval.measures import Outcome

_VERSIONS = "torch sentence-transformers onnxruntime chromadb tantivy numpy ir-measures rouge-score".split()


@dataclass(frozen=True, slots=True)
class Run:
    """`facts` say what was run, `questions` hold one record a question with its `measures`."""

    facts: dict[str, Any]
    questions: list[dict[str, Any]]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps({"facts": self.facts, "questions": self.questions}, ensure_ascii=False, indent=1))

    @classmethod
    def read(cls, path: Path) -> Run:
        """Raises GoldenError when the file is no run."""
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
            return cls(row["facts"], row["questions"])
        except OSError as error:
            raise GoldenError(f"{path}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError):
            raise GoldenError(f"{path} is not a run. Write one with: python -m eval --report DIR") from None


def measure(
    queries: Sequence[Query],
    assistant: Assistant,
    documents: Mapping[str, Document],
    facts: Mapping[str, Any],
    progress: Callable[[], object] = lambda: None,
) -> Run:
    """Ask every question once and measure. `documents` are the golden set's, by their names there.

    Raises GoldenError when the index lacks documents that the questions are about."""
    _same_documents(queries, assistant, documents)
    started = time.perf_counter()
    assistant.answer(queries[0].question)  # the first answer loads the encoder, which is no latency of a question
    outcomes = []
    for query in queries:
        answer = assistant.answer(query.question, query.history)
        alone = str(answer.trace.get("question") or query.question)
        depth = measures.DEPTH * (5 if query.gold and not query.gold[0].quote else 1)
        outcomes.append(Outcome(query, answer, tuple(assistant.search(alone, depth))))
        progress()
    passages = assistant.index.passages_of
    wanted = {o.query.id: measures.relevant(o.query, documents, passages) for o in outcomes if o.query.gold}
    retrieved = measures.retrieval(outcomes, wanted)
    carries = _carries(assistant)
    records = []
    for outcome in outcomes:
        measured = dict(retrieved.get(outcome.query.id, {}))
        if outcome.query.gold:
            measured["documents@8"] = measures.document_recall(outcome, documents)
        measured |= measures.answers(outcome) | measures.declining(outcome)
        measured |= measures.citations(outcome.answer, assistant.index.document, carries)
        records.append(_record(outcome, measured, sorted(wanted.get(outcome.query.id, ()))))
    return Run({**_facts(assistant), **facts, "seconds": round(time.perf_counter() - started, 1)}, records)


def _same_documents(queries: Sequence[Query], assistant: Assistant, documents: Mapping[str, Document]) -> None:
    wanted = {gold.document for query in queries for gold in query.gold}
    if unknown := sorted(wanted - set(documents)):
        raise GoldenError(f"The questions are about documents that are not here: {', '.join(unknown[:5])}")
    missing = [name for name in sorted(wanted) if assistant.index.document(documents[name].source.doc_id) is None]
    if missing:
        raise GoldenError(
            f"The index at {assistant.index.path}/ lacks {len(missing)} of the {len(wanted)} documents that the "
            f"questions are about, as they are now ({', '.join(missing[:3])}…). Bring it up to date with: "
            f"python -m ingest --index {assistant.index.path}, or leave --index out."
        )


def _carries(assistant: Assistant) -> measures.Check:
    """The offline support check; words that stand in the text verbatim are carried without asking it."""
    check = support.checker(assistant.index.encoder.encode, lambda words: evidence.weights(words, assistant.index))

    def carries(sentence: str, texts: Sequence[str]) -> bool:
        said = " ".join(sentence.split())
        if any(said in " ".join(text.split()) for text in texts):
            return True
        return support.verdict(check(sentence, texts)) == "supported"

    return carries


def _record(outcome: Outcome, measured: dict[str, float], relevant: list[str]) -> dict[str, Any]:
    query, answer = outcome.query, outcome.answer
    cited = {citation.number: citation.passage.source.doc_id for citation in answer.citations}
    return {
        "id": query.id, "split": query.split, "kind": query.kind, "style": query.style, "reason": query.reason,
        "answerable": query.answerable, "cluster": query.cluster, "question": query.question,
        "history": [{"role": turn.role, "text": turn.text} for turn in query.history],
        "documents": list(dict.fromkeys(gold.document for gold in query.gold)),
        "expected": [
            {"text": n.text, "vital": n.vital, "found": not outcome.declined and n.found_in(answer.text)}
            for n in query.nuggets
        ],
        "quotes": [gold.quote for gold in query.gold],
        "reference": query.reference,
        "alone": answer.trace.get("question", query.question),
        "answer": answer.text,
        "claims": [
            {"text": c.text, "support": c.support, "documents": [cited[n] for n in c.citations if n in cited]}
            for c in answer.claims
        ],
        "abstention": answer.abstention.value if answer.abstention else None,
        "hits": [f"{h.passage.heading or h.passage.source.title} [{h.passage.start}]" for h in answer.hits],
        "read": [hit.passage.source.doc_id for hit in answer.hits],
        "contexts": [hit.passage.text for hit in answer.hits],
        "run": measures.units(outcome),
        "relevant": relevant,
        "probability": outcome.probability,
        "ms": answer.trace.get("ms", {}),
        "measures": {name: round(value, 4) for name, value in measured.items()},
    }  # fmt: skip


def _facts(assistant: Assistant) -> dict[str, Any]:
    documents, passages = assistant.index.count()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "documents": documents,
        "passages": passages,
        "generation": assistant.index.store.generation,
        "encoder": assistant.index.encoder.name,
        "config": assistant.config.digest,
        "code": _code(),
        "way": assistant.way,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _VERSIONS},
        "peak_mb": round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)),
    }


def _code() -> str:
    """Eight hex digits that change with the core's code and its fitted models."""
    total = hashlib.sha256()
    for file in sorted(Path(alignment_qa.__file__).parent.iterdir()):
        if file.suffix in {".py", ".json"}:
            total.update(file.read_bytes())
    return total.hexdigest()[:8]
