"""Markdown as sites write it flows in, Markdown as its standard knows it flows out. This alone knows admonitions,
fenced containers, footnote definitions, abbreviations and the other additions of site generators."""

from __future__ import annotations

import re
from collections.abc import Callable

from ingest.readers.markup import outside_math, without_comments, without_template_tags

RESUME = "\ue002"
"""A paragraph of its own after an aside. The character is private, and `normal` leaves none in a text."""

_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")
_ASIDE = re.compile(r"([ \t]*)(?:!!!|\?\?\?\+?)[ \t]+([\w-]+)(?:[ \t]+[\w-]+)*(?:[ \t]+[\"“](.*)[\"”])?[ \t]*")
_CONTAINER = re.compile(r"[ \t]*:{3,}.*")
_ABBREVIATION = re.compile(r"[ \t]*\*\[[^\]\n]{1,200}\]:.*")
_NOTE = re.compile(r"[ ]{0,3}\[\^([^\]\s]{1,80})\]:[ \t]*(.*)")
_FURNITURE = re.compile(
    r"[ \t]*(?:\[\[?_?TOC_?\]\]?|\{\{?toc\}?\}|\\(?:newpage|pagebreak|clearpage|tableofcontents)|%%.*%%)[ \t]*"
)
_INLINE_NOTE = re.compile(r"\^\[[^\[\]\n]{1,40} [^\[\]\n]{0,1000}\]")
_DISPLAY = re.compile(r"\\\[(.{1,3000}?)\\\]", re.DOTALL)
_BRACKETED = re.compile(r"\\\((.{1,300}?)\\\)")
_CODED_MATH = re.compile(r"(?<!`)`(\$\$?[^`$\n]{1,500}\$\$?)`(?!`)")
_SMALL = re.compile(r"<(sup|sub)\b[^<>]{0,200}>([^<>]{0,200})</\1>", re.IGNORECASE)
_LABELS = frozenset("note info tip warning quote question meta abstract summary example danger bug".split())


def cleared(text: str) -> tuple[str, list[str]]:
    """The text without what is not standard Markdown, and the texts of its footnotes in order."""
    notes: list[str] = []
    lines = _asides(text.expandtabs(4).split("\n"))
    return _outside_fences(lines, lambda part: _clear(part, notes)), notes


def without_small_print(text: str) -> str:
    """Superscripts and subscripts as text: `10<sup>6</sup>` is 10^6, a raised number after a word is a reference."""

    def written(match: re.Match[str]) -> str:
        content = match[2].strip()
        if match[1].lower() == "sub":
            return content if len(content) <= 3 or not content else f" ({content})"
        if not re.fullmatch(r"[\[\]\d,;–-]{0,12}|[*†‡§]", content):
            return content
        base = re.search(r"(?:(?<![^\W_])[A-Za-z]|\d)$", text[max(0, match.start() - 2) : match.start()])
        return f"^{content}" if base and content.isdigit() else ""

    return _SMALL.sub(written, text)


def _asides(lines: list[str]) -> list[str]:
    """Admonitions (`!!! note "Title"`) as a heading with their text, moved to the margin, and a mark where they end."""
    kept: list[str] = []
    fence = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        fence = _fence_after(line, fence)
        aside = None if fence else _ASIDE.fullmatch(line)
        if aside is None:
            kept.append(line)
            continue
        indent = len(aside[1])
        body: list[str] = []
        while at < len(lines) and (not lines[at].strip() or _indent(lines[at]) >= indent + 2):
            body.append(lines[at])
            at += 1
        title = (aside[3] or "").strip()
        said = bool("".join(body).strip())
        kept.append("")
        if title and title.lower() not in _LABELS:
            kept += [f"###### {title}" if said else title, ""]
        inside = _asides(_to_margin(body))
        kept += [f"> {line}" for line in inside] if aside[2].lower() == "quote" else inside
        kept += ["", RESUME, ""] if said else [""]
    return kept


def _outside_fences(lines: list[str], change: Callable[[list[str]], str]) -> str:
    """The lines as text, those outside of fenced code changed."""
    parts: list[str] = []
    open_lines: list[str] = []
    fence = ""
    for line in lines:
        after = _fence_after(line, fence)
        if after and not fence:
            parts.append(change(open_lines))
            open_lines = []
        if fence or after:
            open_lines.append(line)
            if fence and not after:
                parts.append("\n".join(open_lines))
                open_lines = []
        else:
            open_lines.append(line)
        fence = after
    parts.append("\n".join(open_lines) if fence else change(open_lines))
    return "\n".join(parts)


def _fence_after(line: str, fence: str) -> str:
    """The fence that is open after this line, given the one open before it."""
    match = _FENCE.match(line)
    if match is None:
        return fence
    if not fence:
        return "" if match[1][0] == "`" and "`" in line[match.end() :] else match[1]
    closes = match[1].startswith(fence) and not line[match.end() :].strip()
    return "" if closes else fence


def _clear(lines: list[str], notes: list[str]) -> str:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if _CONTAINER.fullmatch(line) or _ABBREVIATION.fullmatch(line) or _FURNITURE.fullmatch(line):
            kept.append("")
        elif note := _NOTE.fullmatch(line):
            said = [note[2]]
            while at < len(lines) and (_indent(lines[at]) >= 2 or (lines[at].strip() and not _opens_block(lines[at]))):
                if lines[at].strip():
                    said.append(lines[at].strip())
                at += 1
            notes.append(" ".join(said))
            kept.append("")
        else:
            kept.append(line)
    text = without_comments("\n".join(kept))
    text = _DISPLAY.sub(lambda match: f"$${' '.join(match[1].split())}$$", _BRACKETED.sub(r"$\1$", text))
    text = arbital_math(_CODED_MATH.sub(r"\1", text))
    return _one_line_displays(outside_math(without_template_tags(text), lambda part: _INLINE_NOTE.sub("", part)))


def arbital_math(text: str) -> str:
    """`$~$x$~$` and `$$~$x$~$$`, which keep money apart from formulas, as `$x$` and `$$x$$`."""
    if "$~$" not in text:
        return text
    return text.replace("$$~$", "$$").replace("$~$$", "$$").replace("$~$", "$")


def _one_line_displays(text: str) -> str:
    """Displayed formulas on one line each, so that no line of theirs reads as a list or a heading."""
    parts = text.split("$$")
    if len(parts) < 3:
        return text
    inside = [" ".join(part.split()) if "\n\n" not in part and len(part) < 3000 else part for part in parts[1:-1:2]]
    last = len(parts) - 1
    return "$$".join(inside[at // 2] if at % 2 == 1 and at < last else part for at, part in enumerate(parts))


def _opens_block(line: str) -> bool:
    return re.match(r"\s*(?:#{1,6} |[-*+] |>|\d+[.)] |\||\[\^|<|```|~~~|\Z)", line) is not None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" ")) if line.strip() else 0


def _to_margin(lines: list[str]) -> list[str]:
    least = min((_indent(line) for line in lines if line.strip()), default=0)
    return [line[least:] for line in lines]
