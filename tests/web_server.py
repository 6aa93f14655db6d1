"""The real page for tests: small documents, one of them hostile, an index of them, `app.py` as its own process, and
somebody who visits it with a browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parent.parent
PORT = str(7900 + os.getpid() % 1000)  # several runs of the tests at once do not wait for each other's

INNER = """---
title: Inner alignment
question: What is inner alignment?
authors: [Ada Reef, Bo Tide]
published: 2019-06-05
url: https://example.org/inner#part
licence: CC BY 4.0
level: introductory
related: [outer]
---

Inner alignment is the problem of making a trained model pursue the goal that its training rewarded. Inner alignment
fails when a model learns a proxy that happened to agree with the reward during training.

## A story

Evolution is the usual example: humans were selected for having children, and yet humans invented birth control.
"""

OUTER = """---
title: Outer alignment
question: What is outer alignment?
authors: [Cy Wave]
published: 2021
level: introductory
---

Outer alignment is the problem of choosing a training reward that captures what people want. Outer alignment fails when
the reward can be had in ways that nobody wanted.
"""

HOSTILE_TITLE = "Tripwires <script>window.pwned='title'</script>"
HOSTILE_AUTHOR = "Eve <img src=x onerror=window.pwned='author'>"
HOSTILE = f"""---
title: "{HOSTILE_TITLE}"
question: "What is a tripwire <svg onload=window.pwned='question'>?"
authors: ["{HOSTILE_AUTHOR}"]
url: "javascript:window.pwned='url'"
licence: "<b onmouseover=window.pwned='licence'>CC</b>"
---

A tripwire is `<img src=x onerror="window.pwned='image'">` a test at which an unsafe model fails loudly.

A tripwire also says `${{window.pwned='dollar'}} {{{{value}}}} </template></div></article><script>window.pwned=1</script>`
and `[a link](javascript:window.pwned='md')` to those who read about a tripwire.
"""

GLOSSARY = """
- term: Trained model
  definition: "A trained model is a network <img src=x onerror=window.pwned='term'> after its training."
  synonyms: [finished model]
- term: Training
  definition: Training is the adjusting of a model to what it is rewarded for.
  synonyms: []
"""

DOCUMENTS = {"inner.md": INNER, "outer.md": OUTER, "hostile.md": HOSTILE, "glossary.yaml": GLOSSARY}


def make_index(folder: Path) -> Path:
    """Write the documents and index them with the command that people use."""
    documents = folder / "documents"
    documents.mkdir()
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text)
    command = [sys.executable, "-m", "ingest", str(documents), "--index", str(folder / "index")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder / "index"


class Page:
    """A running `app.py`: a context manager with the `address` that it printed, and all its `lines`."""

    def __init__(self, index: Path, *options: str) -> None:
        self.lines: list[str] = []
        self.address = ""
        self._command = [sys.executable, "app.py", "--index", str(index), "--port", PORT, *options]

    def __enter__(self) -> Page:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line.rstrip())
            if found := re.search(r"http://\S+/", line):
                self.address = found[0]
                break
        assert self.address, "\n".join(self.lines)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self._process.stdout
        self.lines.extend(line.rstrip() for line in self._process.stdout)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._reader.join(5)
        if self._process.stdout:
            self._process.stdout.close()


class Visitor:
    """Somebody with a browser at the page. `problems` are what must never happen: errors, dialogs, foreign hosts."""

    def __init__(self, browser: Any, site: Page, **context: Any) -> None:
        self.problems: list[str] = []
        self.site = site
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **context}
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(60000)  # a machine may be busy
        self.page.on("console", lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("dialog", self._refuse)
        self.page.on("request", self._note)

    def _refuse(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.site.address, "data:", "blob:")):
            self.problems.append(f"request to {request.url}")

    def open(self, query: str = "") -> Visitor:
        self.page.goto(self.site.address + query)
        self.page.wait_for_selector("#aq-examples .ask", state="attached")
        return self

    def ask(self, question: str) -> Any:
        """Type a question; its turn once it is whole."""
        self.page.fill("#aq-question", question)
        self.page.press("#aq-question", "Enter")
        return self.whole()

    def whole(self) -> Any:
        self.page.wait_for_function("document.querySelector('.aq').dataset.busy === 'no'")
        return self.page.locator(".turn").last

    def focused(self, attribute: str) -> str | None:
        value: str | None = self.page.evaluate(f"document.activeElement.getAttribute('{attribute}')")
        return value
