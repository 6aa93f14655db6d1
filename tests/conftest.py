"""Small real things that tests share: documents we wrote, a real index of them, and a real chat server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from alignment_qa.config import quiet_libraries  # noqa: E402

quiet_libraries()
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a test that would fetch a model must fail at once

SHARED = ROOT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz", type=int, default=200, help="how many broken files test_fuzz makes (2000 for a release)")
    parser.addoption("--fuzz-seed", type=int, default=0, help="which ones")
    parser.addoption("--kills", type=int, default=3, help="how often test_killed kills a run (200 for a release)")


LIBRARY = {
    "kelp.md": """---
title: Kelp forests
question: What is a kelp forest?
authors: [Ada Reef]
published: 2021-04-02
url: https://example.org/kelp
sources:
  - authors: [Bo Tide, Cy Wave]
    title: Otters and the Urchin Problem
    venue: Journal of Shores
    year: 1998
    url: https://example.org/otters
---

A kelp forest is a dense stand of large brown algae in cold, shallow sea water. Kelp forests shelter fish, crabs and
sea otters. Sea otters protect kelp because otters eat the urchins that graze on kelp [1].

## Decline

Kelp forests off one coast shrank by 40 percent between 2014 and 2018, after a marine heat wave. However, some stands
recovered within five years. Sea urchins graze bare the rock where no otter hunts.
""",
    "seagrass.md": """---
title: Seagrass meadows
question: What is a seagrass meadow?
authors: [Dee Shoal]
published: 2019
---

A seagrass meadow is a bed of flowering plants that grow under the sea on sand or mud. Unlike kelp, seagrass has roots,
and seagrass meadows differ from kelp forests in growing on soft ground rather than on rock.

## Uses

Seagrass meadows have three main uses for people on the coast:

- Seagrass meadows slow the waves that wear away beaches.
- Seagrass meadows store carbon in the mud under their roots.
- Seagrass meadows are nurseries for fish that are caught when grown.
""",
    "reef.txt": """Coral reefs

Coral reefs are ridges built by colonies of tiny animals called polyps. Reefs bleach when warm water makes polyps drive
out the algae that feed them. A reef can recover if the water cools within weeks.

Related

- What is a seagrass meadow?
""",
}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three small documents."""
    folder = tmp_path_factory.mktemp("library")
    for name, text in LIBRARY.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="session")
def library_index(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the library."""
    return make_index(library, tmp_path_factory.mktemp("library-index") / "index")


@pytest.fixture(scope="session")
def assistant(library_index: Path) -> object:
    """An assistant over the library that quotes."""
    from alignment_qa import Assistant

    return Assistant.open(library_index)


@pytest.fixture(scope="session")
def sources_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the three messy source documents."""
    folder = SHARED / "source-documents"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    return make_index(folder, tmp_path_factory.mktemp("sources-index") / "index")


@pytest.fixture(scope="session")
def articles_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the shipped corpus."""
    return make_index(ROOT / "corpus" / "articles", tmp_path_factory.mktemp("articles-index") / "index")


@pytest.fixture
def server() -> Iterator[object]:
    """A loopback server that speaks the OpenAI chat-completions stream; each test sets what it says."""
    from tests.chat_server import ChatServer

    with ChatServer() as running:
        yield running


@pytest.fixture
def upstream() -> Iterator[object]:
    """A loopback server that answers as a public collection does; each test sets its routes."""
    from tests.upstream_server import Upstream

    with Upstream() as running:
        yield running


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A reader of the network that does not wait, and keeps what it fetches under the test's folder."""
    from ingest.sources.fetch import Fetch

    monkeypatch.setenv("ALIGNMENT_QA_CACHE", str(tmp_path / "cache"))
    with Fetch(pace=0, patience=0.01, allow_private=True) as running:
        yield running


def make_index(folder: Path, target: Path) -> Path:
    from alignment_qa.index import Index
    from ingest.sync import sync

    with Index.open(target, write=True) as index:
        report = sync([folder], index)
    assert not report.skipped
    return target
