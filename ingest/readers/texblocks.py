"""Nodes of parsed LaTeX flow in, blocks flow out. It alone knows how commands and environments print: lists, tables,
theorems, formulas kept as TeX, citations kept as their keys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ingest.readers.blocks import Block, prose
from ingest.readers.texwords import (
    DROPPED_ENVIRONMENTS,
    HEADINGS,
    LISTS,
    QUOTING,
    SHOWN,
    SILENT,
    TABLES,
    cited,
    label_words,
)

_NOT_SHOWN = re.compile(r"\\label\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])|\\ensuremath(?=\s*\{)")


def last_argument(node: Any) -> Any:
    """A command's last argument; None if it has none."""
    return next((each for each in reversed(node.nodeargd.argnlist if node.nodeargd else []) if each is not None), None)


class Writer:
    """The place in the document: words gathered for the open block, the lists around it, and what was written."""

    def __init__(self, theorems: dict[str, str], titles: dict[str, str]) -> None:
        self.theorems = theorems
        self.titles = titles
        self.found: list[Block] = []
        self.notes: list[str] = []
        self.text: list[str] = []
        self.kept: list[str] = []  # formulas, keys and code, which no tidying may touch
        self.mark = ""
        self.key = ""  # of the entry of a reference list that is open
        self.lists: list[int] = []

    def close(self) -> None:
        """End the open block."""
        words = self._tidy("".join(self.text))
        self.text = []
        if words:
            words += f" [{self.key}]" if self.key else ""
            self.found.append(Block("item", f"{self.mark} {words}") if self.mark else Block("paragraph", words))
            self.mark = self.key = ""

    def say(self, words: str) -> None:
        self.text.append(words)

    def keep(self, words: str) -> None:
        self.text.append(f"\ue000{len(self.kept)}\ue001")
        self.kept.append(words)

    def line(self, nodes: Sequence[Any], *, without_math: bool = False) -> str:
        """What nodes print, as a text of its own: a newline at each line break, a blank line between authors."""
        inner = Writer(self.theorems, self.titles)
        inner.write([node for node in nodes if node is not None])
        self.notes += inner.notes
        if without_math:
            inner.kept = ["" if kept.startswith("$") else kept for kept in inner.kept]
        # An inner paragraph is one line here.
        said = [block.text for block in inner.found] + ["".join(inner.text)]
        lines = [inner._tidy(each) for part in said for each in part.split("\ue002")]
        return "\n".join(lines).replace("\ue003", "\n").strip("\n")

    def _tidy(self, text: str) -> str:
        text = prose(text.replace("\ue002", " "))
        return re.sub("\ue000(\\d+)\ue001", lambda match: self.kept[int(match[1])], text)

    def write(self, nodes: Sequence[Any]) -> None:
        """Write nodes in their order. A command that nobody told us takes the groups that follow it."""
        from pylatexenc import latexwalker as tex

        at = 0
        while at < len(nodes):
            node = nodes[at]
            at += 1
            if node.isNodeType(tex.LatexCharsNode):
                self._chars(node.chars)
            elif node.isNodeType(tex.LatexGroupNode):
                self.write(node.nodelist)
            elif node.isNodeType(tex.LatexMathNode):
                self._math(node.latex_verbatim(), node.displaytype == "display")
            elif node.isNodeType(tex.LatexSpecialsNode):
                self.say(SHOWN.get(node.specials_chars, node.specials_chars))
            elif node.isNodeType(tex.LatexEnvironmentNode):
                self._environment(node)
            elif node.isNodeType(tex.LatexMacroNode):
                groups = []
                if not _known(node):
                    while at < len(nodes) and nodes[at].isNodeType(tex.LatexGroupNode):
                        groups.append(nodes[at])
                        at += 1
                self._macro(node, groups)

    def _chars(self, chars: str) -> None:
        first, *others = re.split(r"\n[ \t]*\n\s*", chars)
        self.say(first.replace("\n", " "))
        for part in others:
            self.close()
            self.say(part.replace("\n", " "))

    def _math(self, source: str, display: bool) -> None:
        inner = re.sub(r"^(?:\$\$?|\\[(\[])|(?:\$\$?|\\[)\]])$", "", source)
        inner = " ".join(_NOT_SHOWN.sub("", inner).split())
        if inner and display:
            self.say(" ")
            self.keep(f"$${inner}$$")
            self.say(" ")
        elif inner:
            self.keep(f"${inner}$")

    def _environment(self, node: Any) -> None:
        name = node.environmentname
        plain = name.rstrip("*")
        if plain in DROPPED_ENVIRONMENTS:
            return
        if plain == "math" or (node.nodelist and node.nodelist[0].parsing_state.in_math_mode):
            inner = "".join(each.latex_verbatim() for each in node.nodelist)
            self._math(
                inner if plain in ("equation", "math", "displaymath") else _aligned(plain, inner), plain != "math"
            )
            return
        self.close()
        if plain in ("verbatim", "lstlisting", "minted", "alltt", "Verbatim"):
            self._code(node)
        elif plain in TABLES or plain == "tabular":
            self._table(node)
        elif plain in LISTS or plain == "thebibliography":
            self._list(node, plain)
        else:
            if plain == "abstract":
                self.found.append(Block("heading", "Abstract", 2))
            if plain in self.theorems:
                named = self.line([last_argument(node)]).replace("\n", " ")
                self.say(self.theorems[plain] + (f" ({named}). " if named else ". "))
            before = len(self.found)
            self.write(node.nodelist if plain in self.theorems else _without_settings(node.nodelist))
            if plain in QUOTING:
                self._quote(before)
        self.close()
        self.mark = self.key = ""

    def _quote(self, since: int) -> None:
        self.close()
        self.found[since:] = [replace(block, quoted=True) for block in self.found[since:]]

    def _code(self, node: Any) -> None:
        told = getattr(node.nodeargd, "verbatim_text", None)
        code = told if told is not None else "".join(each.latex_verbatim() for each in node.nodelist)
        code = re.sub(r"\A(?:\[[^\]\n]*\])?(?:\{\w*\})?\s*?\n", "", code).strip("\n").expandtabs(4)
        if code.strip():
            self.found.append(Block("code", code))

    def _list(self, node: Any, name: str) -> None:
        if name == "thebibliography":
            self.found.append(Block("heading", "References", 2))
        self.lists.append(1 if name == "enumerate" else 0)
        self.write(_without_settings(node.nodelist))
        self.close()
        self.lists.pop()

    def _item(self, node: Any) -> None:
        self.close()
        number = self.lists[-1] if self.lists else 0
        self.mark = f"{number}." if number and len(self.lists) == 1 else "-"
        if number:
            self.lists[-1] += 1
        label = self.line([last_argument(node)]).replace("\n", " ")
        if re.search(r"\w", label):
            self.say(label + (" " if label[-1] in ".:)?!" else ": "))

    def _table(self, node: Any) -> None:
        """Each row of a table on a line, its cells parted by bars."""
        rows: list[list[list[Any]]] = [[[]]]
        for each in node.nodelist:
            if getattr(each, "specials_chars", "") == "&":
                rows[-1].append([])
            elif getattr(each, "macroname", "") in ("\\", "tabularnewline"):
                rows.append([[]])
            else:
                rows[-1][-1].append(each)
        for row in rows:
            cells = [self.line(cell).replace("\n", " ").strip() for cell in row]
            if any(cells):
                self.found.append(Block("row", " | ".join(cells)))

    def _macro(self, node: Any, groups: Sequence[Any]) -> None:
        name = node.macroname.rstrip("*")
        if name in HEADINGS:
            self.close()
            title = self.line([last_argument(node)]).replace("\n", " ").rstrip(". ")
            self.found += [Block("heading", title, HEADINGS[name])] if title else []
        elif name == "item":
            self._item(node)
        elif name == "bibitem":
            self.close()
            self.mark, self.key = "-", last_argument(node).latex_verbatim().strip("{} ") if last_argument(node) else ""
        elif name in ("footnote", "footnotetext"):
            self.notes += [note] if (note := self.line([last_argument(node)]).replace("\n", " ")) else []
        elif keys := cited(node):
            self.say("" if not self.text or self.text[-1][-1:] in (" ", "(", "[") else " ")
            self.keep(keys)
        elif name.endswith("ref") and name != "href" and node.nodeargd and last_argument(node) is not None:
            key = last_argument(node).latex_verbatim().strip("{}")
            self.say(label_words(key, self.titles) if name != "pageref" else "")
        elif name in ("url", "path", "nolinkurl"):
            self.keep(
                re.sub(r"\\([%#_&~])", r"\1", last_argument(node).latex_verbatim().strip("{}"))
                if last_argument(node)
                else ""
            )
        elif name in ("\\", "newline", "linebreak"):
            self.say("\ue002")
        elif name in ("and", "And", "AND"):
            self.say("\ue002\ue003\ue002")
        elif name in ("par", "caption", "epigraph", "captionof"):
            self.close()
            arguments = node.nodeargd.argnlist if node.nodeargd and name != "par" else []
            before = len(self.found)
            for each in arguments[1:] if name == "caption" else arguments:
                self.write([each] if each is not None else [])
                self.say(" ")
            self.close()
            if name == "epigraph":
                self._quote(before)
        elif name in ("verb", "lstinline"):
            self.keep(getattr(node.nodeargd, "verbatim_text", "") or "")
        elif name == "ensuremath":
            self._math(last_argument(node).latex_verbatim().strip("{}"), False)
        elif name in SHOWN:
            self.say(SHOWN[name])
        elif name not in SILENT:
            self._plain(node, groups)

    def _plain(self, node: Any, groups: Sequence[Any]) -> None:
        """A letter or a sign as it prints; the words of a command that sets words; nothing of a setting."""
        from pylatexenc.latex2text import LatexNodes2Text

        last = last_argument(node)
        if groups:
            # Of several arguments some are settings: those that are no sentence.
            spoken = groups if len(groups) == 1 else [each for each in groups if " " in each.latex_verbatim().strip()]
            for each in spoken:
                self.write([each])
                self.say(" " if len(groups) > 1 else "")
        elif last is not None and not re.fullmatch(r"\W|[cdbHtruvk]", node.macroname):
            if node.macroname == "enquote":
                self.say("“")
            self.write([last])
            if node.macroname == "enquote":
                self.say("”")
        else:
            shown = LatexNodes2Text(math_mode="verbatim").node_to_text(node)
            self.say(shown if shown.strip() else node.macro_post_space or (" " if node.macroname in " ,;:" else ""))


def _known(node: Any) -> bool:
    return bool(node.nodeargd and node.nodeargd.argnlist) or node.macroname in SILENT or node.macroname in SHOWN


def _aligned(name: str, inner: str) -> str:
    """A displayed environment inside one formula, under the name that TeX has for it there."""
    inner = re.sub(r"\A\s*\{[^{}]*\}", "", inner) if name == "alignat" else inner
    name = "gathered" if name in ("gather", "multline") else "aligned"
    return f"\\begin{{{name}}}{inner}\\end{{{name}}}" if "\\\\" in inner or "&" in inner else inner


def _without_settings(nodes: Sequence[Any]) -> list[Any]:
    """The nodes without what follows `\\begin{…}` to set its looks: `[…]`, `{0.5\\textwidth}`."""
    rest = list(nodes)
    while rest:
        first = rest[0]
        if getattr(first, "chars", "").startswith("["):
            end = next((at for at, each in enumerate(rest[:8]) if "]" in getattr(each, "chars", "")), None)
            if end is None:
                break
            rest = rest[end:]
            rest[0].chars = rest[0].chars.split("]", 1)[1]
        elif getattr(first, "chars", None) == "" or _is_setting(first):
            rest.pop(0)
        else:
            break
    return rest


def _is_setting(node: Any) -> bool:
    return hasattr(node, "delimiters") and re.search(r"\s", node.latex_verbatim().strip("{}")) is None
