"""The web chat in Chromium: from Enter to the first words and to the whole answer, and ten people who ask at once.

Questions are those that the corpus's own articles say they answer; the page, the index in `index/` and the browser are
real. Times include the browser's drawing, on whatever machine this is: compare them only within one run."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from alignment_qa.index import Index
from benchmarks.common import table
from tests.web_server import ROOT, Page


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    asked = sorted(
        question for document in Index.open(ROOT / "index").documents() for question in document.questions[:1]
    )
    chosen = random.Random(options.seed).sample(asked, options.questions + 1)
    with Page(ROOT / "index") as site:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            tab = browser.new_page()
            tab.goto(site.address)
            tab.wait_for_selector("#aq-examples .ask")
            timed = [_ask(tab, question, number) for number, question in enumerate(chosen)][
                1:
            ]  # the first one warms up
            browser.close()
        first, whole = ([pair[at] for pair in timed] for at in (0, 1))
        rows = [["first words", *_spread(first)], ["whole answer", *_spread(whole)]]
        print(table([f"{len(timed)} questions, ms", "median", "slowest"], rows))
        alone = _over_http(site.address, chosen[0])
        started = time.perf_counter()
        with ThreadPoolExecutor(10) as people:
            each = list(people.map(lambda question: _over_http(site.address, question), chosen[1:11]))
        print(f"ten at once: all answered after {(time.perf_counter() - started) / alone:.1f} times one answer alone; "
              f"the slowest of them waited {max(each) / alone:.1f} times")  # fmt: skip


def _ask(tab: Tab, question: str, number: int) -> tuple[float, float]:
    """Milliseconds from Enter to the first sentence and to the finished answer, as the page itself sees them."""
    tab.fill("#aq-question", question)
    watch = """number => new Promise(done => {
        const started = performance.now(); let first = 0;
        const look = () => {
            const turn = document.querySelectorAll('.turn')[number];
            if (turn && !first && turn.querySelector('.claim')) first = performance.now() - started;
            if (turn && turn.dataset.state === 'done') return done([first || performance.now() - started, performance.now() - started]);
            requestAnimationFrame(look);
        };
        const box = document.querySelector('#aq-question');
        box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true}));
        look();
    })"""
    first, whole = tab.evaluate(watch, number)
    return float(first), float(whole)


def _over_http(address: str, question: str) -> float:
    """Seconds of an answer over HTTP."""
    body = json.dumps({"question": question}).encode()
    started = time.perf_counter()
    request = urllib.request.Request(f"{address.rstrip('/')}/ask", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()
    return time.perf_counter() - started


def _spread(values: list[float]) -> list[str]:
    return [f"{statistics.median(values):.0f}", f"{max(values):.0f}"]


if __name__ == "__main__":
    main()
