"""The bytes of a LaTeX file flow in, a Document flows out. It has pylatexenc parse what `texsource` unfolded, and
knows where a paper states its title, authors and day. No other file is opened, whatever it names."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import texsource
from ingest.readers.assemble import assemble
from ingest.readers.blocks import Block, normal, prose
from ingest.readers.decoding import decode
from ingest.readers.frontmatter import Stated, iso_date, names
from ingest.readers.texblocks import Writer, last_argument
from ingest.readers.texwords import ARGUMENTS, TABLES, THEOREMS

_LARGEST = 4 * 1024 * 1024
"""Bytes."""
_LONGEST = 15.0
"""Seconds of parsing; a megabyte of any paper takes about four."""
_TITLED = re.compile(
    r"\\(?:part|chapter|(?:sub){0,2}section)\*?\s*(?:\[[^\[\]]{0,300}\])?\s*\{([^{}\\$]{1,300})\}\s*\\label\{([^{}]{1,200})\}"
)
_NO_NAME = re.compile(r"\d|@|universit|institut|department|laborator|https?:|school of|\binc\b", re.IGNORECASE)


def read(content: bytes, *, name: str = "", collection: str = "") -> Document:
    """The document in a LaTeX file. ReadFailed if it holds no prose, nests too deep, or unfolds without end."""
    if len(content) > _LARGEST:
        raise ReadFailed(f"too large for LaTeX ({len(content) >> 20} MB; at most {_LARGEST >> 20} MB)")
    source, theorems = texsource.unfolded(normal(decode(content)))
    try:
        nodes = _parsed(source, theorems)
        writer = Writer(THEOREMS | theorems, {label: title for title, label in _TITLED.findall(source)})
        body = next((n.nodelist for n in nodes if getattr(n, "environmentname", "") == "document"), nodes)
        writer.write(body)
        writer.close()
        said = _stated(nodes, writer)
    except RecursionError:
        raise ReadFailed("groups nested too deep") from None
    notes = [Block("paragraph", note) for note in writer.notes]
    found = [*writer.found, Block("heading", "Footnotes", 2), *notes] if notes else writer.found
    return assemble(found, said, name=name, collection=collection)


def _parsed(source: str, theorems: dict[str, str]) -> list[Any]:
    import logging

    from pylatexenc.latexwalker import LatexWalker, get_default_latex_context_db
    from pylatexenc.macrospec import EnvironmentSpec, MacroSpec

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)  # it reports every unbalanced brace
    known = get_default_latex_context_db()
    known.add_context_category(
        "ours",
        macros=[MacroSpec(name, spec) for name, spec in ARGUMENTS.items()],
        environments=[EnvironmentSpec(name, "[") for name in {**THEOREMS, **theorems}]
        + [EnvironmentSpec(name, spec) for name, spec in TABLES.items()],
        prepend=True,
    )

    class Walker(LatexWalker):  # type: ignore[misc]
        until = time.thread_time() + _LONGEST

        def get_token(self, *place: Any, **options: Any) -> Any:
            if time.thread_time() > self.until:
                raise ReadFailed(f"over {_LONGEST:.0f} s of parsing")
            return super().get_token(*place, **options)

    nodes, _, _ = Walker(source, latex_context=known, tolerant_parsing=True).get_latex_nodes()
    return list(nodes)


def _stated(nodes: Sequence[Any], writer: Writer) -> Stated:
    """What `\\title`, `\\author` and `\\date` state, wherever they stand."""
    found: dict[str, Any] = {}
    people: list[str] = []
    waiting = list(nodes)
    for node in waiting:
        if getattr(node, "environmentname", "") == "document":
            waiting += node.nodelist
        macro = getattr(node, "macroname", "")
        if macro in ("title", "date") and macro not in found:
            found[macro] = writer.line([last_argument(node)]).replace("\n", " ")
        elif macro == "author":
            people += _people(writer.line([last_argument(node)], without_math=True))
    return Stated(
        title=prose(found.get("title", "")),
        authors=tuple(dict.fromkeys(people)),
        published=iso_date(found.get("date", "")),
    )


def _people(text: str) -> list[str]:
    """Names on the first line of each author; affiliations and addresses are none."""
    firsts = [next((line for line in part.split("\n") if line.strip()), "") for part in text.split("\n\n")]
    found = [re.sub(r"[\s*†‡,\d]+$", "", name) for first in firsts for name in names(first)]
    return [name for name in found if 1 < len(name.split()) <= 6 and not _NO_NAME.search(name)]
