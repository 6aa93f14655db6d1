"""LaTeX source flows in, LaTeX that says what it prints flows out: comments gone, the author's own macros unfolded.

It works on text because a macro may stand anywhere, in a formula as in a sentence; it runs nothing and opens no file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from alignment_qa.errors import ReadFailed

_LONGEST_BODY = 5_000
_UNCLOSED = 20
"""Definitions that nothing closes, after which no more is looked for: such a file is broken or an attack."""
_STEP = re.compile(
    r"\\(?:verb\*?(?P<bar>[^\w\s*]).{0,1000}?(?P=bar)|(?P<address>url|href|path|nolinkurl)\s*\{[^{}\n]{0,2000}\}"
    r"|begin\{(?P<raw>verbatim\*?|lstlisting|minted|comment|filecontents\*?)\}|iffalse(?![A-Za-z])|[^\n])"
    r"|%[^\n]*(?:\n(?![ \t]*\n)[ \t]*)?"
)
_DEFINITION = re.compile(
    r"\\(?:(?P<kind>(?:re|provide)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator)\*?\s*"
    r"(?:\{\s*\\(?P<braced>[A-Za-z@]+)\s*\}|\\(?P<bare>[A-Za-z@]+))\s*(?:\[(?P<count>\d)\]\s*(?:\[(?P<default>[^\[\]]{0,200})\])?)?"
    r"|(?:long\s*\\)?[egx]?def\s*\\(?P<defined>[A-Za-z@]+)(?P<marks>(?:#\d)*)"
    r"|(?P<environment>(?:re)?newenvironment)\*?\s*\{[^{}]{1,60}\}\s*(?:\[\d\]\s*(?:\[[^\[\]]{0,200}\])?)?)\s*(?=\{)"
)
_THEOREM = re.compile(
    r"\\newtheorem\*?\s*\{([A-Za-z*]{1,40})\}\s*(?:\[\w{1,40}\])?\s*\{([^{}\\]{1,60})\}(?:\s*\[\w{1,40}\])?"
)
_WORD = re.compile(r"\\([A-Za-z@]+)(?P<space>\s*)")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
# Redefined for their looks; what they mean stays.
_MEANT = re.compile(
    r"(?:(?:sub)*section|chapter|part|(?:sub)?paragraph|item|footnote|label|title|author|date|maketitle|caption|url"
    r"|href|begin|end|[A-Za-z]*cite[a-z]*|[a-zA-Z]*ref|the[a-z]+|[a-z]*name|bibitem|textbf|textit|emph|thanks|and)"
)


@dataclass(frozen=True, slots=True)
class _Macro:
    count: int
    default: str | None
    body: str


def unfolded(text: str) -> tuple[str, dict[str, str]]:
    """The source without comments and definitions, its macros unfolded; and its theorem environments: name → title.

    ReadFailed if macros unfold into far more than the file holds."""
    text = _without_comments(text)
    theorems = {match[1]: match[2] for match in _THEOREM.finditer(text)}
    text, macros = _defined(_THEOREM.sub("", text))
    if macros:
        text = _Unfolding(macros, budget=4 * len(text) + 1_000_000).of(text, frozenset())
    return text, theorems


def _without_comments(text: str) -> str:
    """The text without what a compiler skips; `%` in an address or in listed code is itself."""
    kept: list[str] = []
    at = 0
    unclosed: set[str] = set()  # looked for once, so that a file of opening marks takes no quadratic time
    while match := _STEP.search(text, at):
        kept.append(text[at : match.start()])
        at = match.end()
        if match.group().startswith("%"):
            continue
        raw = match["raw"] or ("\\fi" if match.group() == "\\iffalse" else "")
        closing = raw if raw.startswith("\\") else f"\\end{{{raw}}}"
        end = text.find(closing, at) if raw and raw not in unclosed else -1
        if match["address"]:
            kept.append(re.sub(r"(?<!\\)%", r"\\%", match.group()))
        elif end < 0:
            unclosed |= {raw} if raw else set()
            kept.append(match.group())
        else:
            said = raw.rstrip("*") not in ("\\fi", "comment", "filecontents")
            kept += [match.group(), text[at : end + len(closing)]] if said else []
            at = end + len(closing)
    kept.append(text[at:])
    return "".join(kept)


def _defined(text: str) -> tuple[str, dict[str, _Macro]]:
    kept: list[str] = []
    macros: dict[str, _Macro] = {}
    at = unclosed = 0
    while (match := _DEFINITION.search(text, at)) and unclosed < _UNCLOSED:
        end = _closing(text, match.end())
        if match["environment"] and end > 0 and text[end : end + 1] == "{":
            end = _closing(text, end)
        kept.append(text[at : match.start()])
        at = max(end, match.end())
        name = match["braced"] or match["bare"] or match["defined"]
        unclosed += end < 0
        if end < 0 or not name or _MEANT.fullmatch(name):
            continue
        body = text[match.end() + 1 : end - 1]
        if match["kind"] == "DeclareMathOperator":
            body = f"\\operatorname{{{body}}}"
        count = int(match["count"] or 0) or (match["marks"] or "").count("#")
        if match["kind"] != "providecommand" or name not in macros:
            macros[name] = _Macro(count, match["default"], body)
    kept.append(text[at:])
    return "".join(kept), macros


def _closing(text: str, at: int) -> int:
    """Where the group that opens at `at` has ended; -1 if it does not within a macro's length."""
    depth = 0
    for match in _BRACE.finditer(text, at, at + _LONGEST_BODY):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    return -1


class _Unfolding:
    """The macros of one file, and how many characters they may still unfold into."""

    def __init__(self, macros: Mapping[str, _Macro], budget: int) -> None:
        self.macros = macros
        self.budget = budget

    def of(self, text: str, inside: frozenset[str]) -> str:
        """The text unfolded; a macro inside itself stays as it is."""
        kept: list[str] = []
        at = 0
        for match in _WORD.finditer(text):
            macro = self.macros.get(match[1])
            if (
                macro is None
                or match[1] in inside
                or match.start() < at
                or text[match.start() - 1 : match.start()] == "\\"
            ):
                continue
            kept.append(text[at : match.start()])
            body, at = self._filled(macro, text, match)
            self.budget -= len(body)
            if self.budget < 0:
                raise ReadFailed("macros that unfold into far more than the file")
            body = self.of(body, inside | {match[1]})
            # A command's name must not grow into the letters after it.
            joins = re.search(r"\\[A-Za-z@]+$", body) and text[at : at + 1].isalpha()
            kept.append(body + " " if joins else body)
        kept.append(text[at:])
        return "".join(kept)

    def _filled(self, macro: _Macro, text: str, match: re.Match[str]) -> tuple[str, int]:
        """The macro's body with its arguments, and where they end."""
        at = match.end()
        values: list[str] = []
        if macro.count == 0 and "\n\n" in match["space"]:
            at = match.end(1)
        for number in range(macro.count):
            if number == 0 and macro.default is not None:
                optional = re.compile(r"\[([^\[\]]{0,1000})\]\s*").match(text, at)
                values.append(optional[1] if optional else macro.default)
                at = optional.end() if optional else at
                continue
            end = _closing(text, at) if text[at : at + 1] == "{" else -1
            values.append(text[at + 1 : end - 1] if end > 0 else text[at : at + 1])
            at = end if end > 0 else at + 1
        body = re.sub(
            r"#(\d)", lambda mark: values[int(mark[1]) - 1] if 0 < int(mark[1]) <= len(values) else "", macro.body
        )
        return body, min(at, len(text))
