"""Above which share of common shingles are two texts one? Copies made of our articles, as they are made in the world (cut
short, in another site's frame, edited, printed as HTML and PDF), against different articles and, with `--path`, all pairs
of a folder's documents. Chromium prints the PDFs, where it is installed."""

from __future__ import annotations

import argparse
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from markdown_it import MarkdownIt

from alignment_qa import Document, ReadFailed
from alignment_qa.sentences import sentence_spans
from benchmarks.common import table
from ingest import readers
from ingest.copies import ALIKE, FEWEST, Shingles, bands, jaccard, shingles
from ingest.readers import html, pdf

ARTICLES = Path(__file__).parent.parent / "corpus" / "articles"
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
FRAME = 100  # words of another site's head and foot


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", type=Path, help="a folder whose documents are compared with one another too")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sources = {path.stem: path.read_text() for path in sorted(ARTICLES.glob("*.md"))}
    articles = documents(ARTICLES)
    draw = random.Random(options.seed)
    made: dict[str, list[tuple[Shingles, Shingles]]] = {}
    for name, text in articles.items():
        own = shingles(text)
        for kind, copy in variants(text, draw.choice([t for n, t in articles.items() if n != name]), draw):
            made.setdefault(kind, []).append((own, shingles(copy)))
    for kind, printed in renderings(sources).items():
        made[kind] = [(shingles(articles[name]), shingles(text)) for name, text in printed.items()]
    header = ["copies", "pairs", "least", "median", *(f"≥ {at}" for at in THRESHOLDS), "candidates"]
    print(table(header, [found(kind, pairs) for kind, pairs in made.items()]))
    print()
    folders = {"our articles": articles} | ({str(options.path): documents(options.path)} if options.path else {})
    header = ["different documents", "pairs", "most", *(f"≥ {at}" for at in THRESHOLDS), "candidates"]
    print(table(header, [apart(name, texts) for name, texts in folders.items()]))
    print(f"\nTwo texts are one from {ALIKE} on. Texts of fewer than {FEWEST} shingles are not compared.")


def documents(folder: Path) -> dict[str, str]:
    """Name → text of all documents in a folder that are long enough."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in readers.SUFFIXES):
        for place, part in readers.read_all(path) if path.is_file() else ():
            if isinstance(part, Document) and len(shingles(part.text)) >= FEWEST:
                found[f"{path.relative_to(folder).with_suffix('')}{place}"] = part.text
    return found


def variants(text: str, other: str, draw: random.Random) -> Iterator[tuple[str, str]]:
    """What others make of a text: (kind, the copy). `other` lends what is strange to it."""
    words, strange = text.split(), other.split()
    for share in (0.1, 0.3, 0.5):
        yield f"cut short by {share:.0%}", " ".join(words[: round(len(words) * (1 - share))])
    yield "another head and foot", " ".join([*strange[:FRAME], *words, *strange[-FRAME:]])
    sentences = [text[start:end] for start, end in sentence_spans(text)]
    theirs = [other[start:end] for start, end in sentence_spans(other)]
    for share in (0.1, 0.2, 0.3):
        edited = [draw.choice(theirs) if draw.random() < share else sentence for sentence in sentences]
        yield f"{share:.0%} of sentences edited", " ".join(edited)
    yield "10% of words changed, evenly", " ".join(draw.choice(strange) if draw.random() < 0.1 else w for w in words)


def renderings(sources: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The articles as other formats hold them: kind → name → the text that is read from it."""
    pages = {
        name: "<html><body><header>Some site · Menu</header><main>"
        + MarkdownIt("commonmark").render(source.partition("\n---\n")[2])
        + "</main><footer>Imprint</footer></body></html>"
        for name, source in sources.items()
    }
    made = {"Markdown and HTML": {name: html.read(page.encode()).text for name, page in pages.items()}}
    if program := shutil.which("chromium"):
        from playwright.sync_api import sync_playwright

        made["Markdown and PDF"] = {}
        with sync_playwright() as playwright:
            sheet = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"]).new_page()
            for name, page in pages.items():
                sheet.set_content(page)
                try:
                    made["Markdown and PDF"][name] = pdf.read(sheet.pdf(format="A4")).text
                except ReadFailed as refusal:
                    print(f"{name}: {refusal}")
    return made


def found(kind: str, pairs: Sequence[tuple[Shingles, Shingles]]) -> list[str]:
    """A row: how alike copies are, how many are found from each threshold on, and how many are looked at at all."""
    likeness = np.array([jaccard(one, other) for one, other in pairs])
    seen = np.mean([bool(set(bands(one)) & set(bands(other))) for one, other in pairs])
    shares = [f"{np.mean(likeness >= at):.2f}" for at in THRESHOLDS]
    return [kind, str(len(pairs)), f"{likeness.min():.2f}", f"{np.median(likeness):.2f}", *shares, f"{seen:.2f}"]


def apart(kind: str, texts: Mapping[str, str]) -> list[str]:
    """A row: how alike different documents are at most, and how many pairs there are from each threshold on."""
    kept = {name: shingles(text) for name, text in texts.items()}
    likeness = {pair: jaccard(kept[pair[0]], kept[pair[1]]) for pair in combinations(kept, 2)}
    most = max(likeness, key=lambda pair: likeness[pair])
    banded = {name: set(bands(one)) for name, one in kept.items()}
    looked_at = sum(not banded[one].isdisjoint(banded[other]) for one, other in combinations(kept, 2))
    counts = [str(sum(value >= at for value in likeness.values())) for at in THRESHOLDS]
    for (one, other), value in likeness.items():
        if value >= min(THRESHOLDS):
            print(f"{value:.2f}  {one}  {other}")
    return [kind, str(len(likeness)), f"{likeness[most]:.2f}", *counts, str(looked_at)]


if __name__ == "__main__":
    main()
