"""The floors of the house: imports go down only, each engine has one door, importing is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = [
    {"types", "errors", "marks"},
    {
        "retrieve",
        "adapter",
        "encoders",
        "cross_encoders",
        "fast",
        "embed",
        "config",
        "prompt",
        "cite",
        "sentences",
        "lexical",
        "store",
        "ledger",
        "copies",
        "chroma",
        "replica",
        "packing",
        "place",
        "question",
        "manner",
        "quotable",
        "background",
        "words",
        "abbreviations",
        "answer_type",
        "definition",
        "facts",
        "budget",
        "turned",
        "glossary",
        "feedback",
        "talk",
        "topic",
        "pointing",
        "leaning",
    },
    {
        "index",
        "reading",
        "writing",
        "generate",
        "extract",
        "arrange",
        "lists",
        "evidence",
        "answerable",
        "declining",
        "support",
        "conversation",
        "langchain_retriever",
        "bibliography",
        "catalogue",
        "beginners",
        "unsaid",
        "sides",
        "compound",
        "scope",
        "chat",
        "orders",
        "writer",
    },
    {"assistant"},
    {"__main__", "doctor"},
]
DOORS = {
    "chromadb": {"alignment_qa/chroma.py"},
    "distributed": {"ingest/cluster.py"},
    "sentence_transformers": {"alignment_qa/encoders.py", "alignment_qa/cross_encoders.py"},
    "onnxruntime": {"alignment_qa/encoders.py"},
    "openvino": {"alignment_qa/fast.py"},
    "tantivy": {"alignment_qa/lexical.py"},
    "datasketch": {"ingest/copies.py"},
    "sqlite3": {
        "alignment_qa/store.py",
        "alignment_qa/ledger.py",
        "alignment_qa/place.py",
        "alignment_qa/feedback.py",
    },
    "matplotlib": {"eval/plots.py"},
    "ir_measures": {"eval/measures.py"},
    "rouge_score": {"eval/measures.py"},
    "watchfiles": {"ingest/watch.py"},
    "httpcore": {"ingest/sources/guard.py", "ingest/sources/fetch.py"},
    "protego": {"ingest/sources/fetch.py"},
    "feedparser": {"ingest/sources/xml.py"},
    "trafilatura": {"ingest/readers/html.py"},
    "pypdfium2": {"ingest/readers/pdf.py", "ingest/readers/pdflines.py"},
    "mammoth": {"ingest/readers/docx.py"},
    "mwparserfromhell": {"ingest/readers/mediawiki.py"},
    "pylatexenc": {"ingest/readers/latex.py", "ingest/readers/texblocks.py"},
    "langchain": {"alignment_qa/chat.py"},
    "ragas": {"eval/judge.py"},
    "langchain_core": {"alignment_qa/langchain_retriever.py", "alignment_qa/assistant.py"},
}
CODE = [
    path for folder in ("alignment_qa", "ingest", "web", "eval") for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "app.py"]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def floor(module: str) -> int:
    return next(level for level, modules in enumerate(FLOORS) if module in modules)


@pytest.mark.parametrize("path", sorted((ROOT / "alignment_qa").glob("*.py")), ids=lambda p: p.name)
def test_a_module_of_the_core_imports_only_from_its_own_floor_or_below(path: Path) -> None:
    if path.stem == "__init__":
        return
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("alignment_qa.")}
    higher = {name for name in ours if floor(name) > floor(path.stem)}
    assert not higher


@pytest.mark.parametrize("path", sorted((ROOT / "alignment_qa").glob("*.py")), ids=lambda p: p.name)
def test_the_core_knows_nothing_of_ingest_eval_and_web(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] in {"ingest", "eval", "web", "app"}}


@pytest.mark.parametrize("engine", DOORS)
def test_an_engine_has_one_door(engine: str) -> None:
    users = {
        str(path.relative_to(ROOT)) for path in CODE if any(name.split(".")[0] == engine for name in imports(path))
    }
    assert users <= DOORS[engine]


def test_the_page_knows_no_engine() -> None:
    engines = {"chromadb", "langchain", "sentence_transformers"}
    for path in (ROOT / "web").rglob("*.py"):
        assert not {name.split(".")[0] for name in imports(path)} & engines, path


def test_the_environment_is_read_in_one_place() -> None:
    readers = {path.name for path in CODE if "os.environ" in path.read_text() or "getenv" in path.read_text()}
    assert readers <= {"config.py"}


def test_importing_the_package_is_cheap() -> None:
    code = (
        "import time, sys; started = time.perf_counter(); import alignment_qa;"
        "heavy = {'torch', 'chromadb', 'numpy', 'langchain', 'gradio', 'onnxruntime'} & set(sys.modules);"
        "print(sorted(heavy))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_no_module_loads_a_model_or_an_engine_by_being_imported() -> None:
    code = (
        "import sys, alignment_qa.assistant, ingest.sync, ingest.__main__, eval.__main__, eval.page, eval.committed;"
        "print(sorted({'torch', 'chromadb', 'langchain', 'gradio', 'onnxruntime', 'sentence_transformers', 'trafilatura',"
        "'matplotlib', 'ir_measures', 'rouge_score', 'httpcore', 'feedparser'}"
        " & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_public_surface_is_this() -> None:
    import alignment_qa

    assert set(alignment_qa.__all__) == {
        "Abstention", "AlignmentQAError", "Answer", "Assistant", "Citation", "Claim", "Document", "DocumentMissing", "EncoderUnavailable",
        "EngineUnavailable", "Heading", "Hit", "IndexBusy", "IndexMismatch", "IndexMissing", "IndexUnreachable", "ModelUnavailable", "Passage", "ReadFailed",
        "Source", "Turn",
    }  # fmt: skip
    assert all(getattr(alignment_qa, name) for name in alignment_qa.__all__)
