"""What the README tells a person to type works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
PYTHON = [
    c for c in re.findall(r"```python\n(.*?)```", README, re.S) if "127.0.0.1" not in c
]  # those: tests/test_programs.py
SHELL = [
    line.split("#")[0].strip() for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.splitlines()
]
ASKING = [line for line in SHELL if line.startswith("python -m alignment_qa")]


@pytest.fixture(scope="module")
def home(articles_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the README's reader has it: with an index of the corpus, and one of their own."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "index").symlink_to(articles_index)
    (folder / "my-index").symlink_to(articles_index)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("code", PYTHON)
def test_the_python_in_the_readme_runs(home: Path, code: str) -> None:
    result = subprocess.run([sys.executable, "-c", code], cwd=home, env=environment(), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "alignment" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("line", ASKING)
def test_the_questions_in_the_readme_are_answered(home: Path, line: str) -> None:
    command = [sys.executable, *shlex.split(line)[1:]]
    result = subprocess.run(command, cwd=home, env=environment(), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


@pytest.mark.parametrize("module", ["alignment_qa", "ingest", "eval", "app.py"])
def test_every_option_in_the_readme_is_one_of_the_commands(module: str) -> None:
    command = [sys.executable, *(["-m", module] if module != "app.py" else [module])]
    known = subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    asked = re.escape(module if module == "app.py" else f"-m {module}")
    used = {option for line in SHELL if re.search(asked, line) for option in re.findall(r"--[\w-]+", line)}
    assert used <= set(re.findall(r"--[\w-]+", known))


def test_every_file_that_the_readme_names_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
    folder = ""
    for name in re.findall(r"^(  )?([\w./]+)  ", README.split("## How it is built")[1].split("```")[1], re.M):
        folder = name[1] if not name[0] else folder
        assert (ROOT / (folder if not name[0] else folder + name[1])).exists(), name


def test_both_ways_of_installing_take_the_same_files() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert name in makefile
        assert name in README
    assert "torch==2.13.0" in (ROOT / "requirements.txt").read_text()
    assert "torch==2.13.0" in README


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}
