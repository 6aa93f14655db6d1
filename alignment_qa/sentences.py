"""Text flows in, the spans of its sentences flow out. This alone knows where a sentence ends.

Rules, not a model: an answer quotes these spans, so they must be explainable, and they run on every document and on
every sentence a model writes. Every pattern is bounded, so that a line of a megabyte costs linear time.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

_MARK = r"[ \t]{0,12}(?:[-*+•‣◦▪●][ \t]+|\(?\d{1,3}[.)][ \t]+|\(?[a-z]\)[ \t]+|\(?[ivx]{1,5}\)[ \t]+)"
LIST_MARK = re.compile(_MARK + r"(?=\S)")
_CODE_LINE = re.compile(r"(?: {4}|\t)[ \t]*\S")
_LINE = re.compile(r"[^\n]+")

# A stop, what may close after it (quotes, brackets), citation tails such as [3][4] or (Hubinger, 2019), then space.
_STOP = re.compile(
    r"(?P<stop>(?:\.[ ]\.[ ]\.|[.!?…]){1,8})"
    r"(?P<close>[\"'”’»)\]}$*_¹²³⁰⁴-⁹]{0,6}(?:[ ]?\[\^?\w{1,12}(?:[,–-][ ]?\d{1,4}){0,8}\]){0,8}"
    r"(?:[ ]\([A-Z][^()]{0,100}\b(?:19|20)\d\d[a-z]?\)(?!\.))?)"
    r"(?=\s)|(?P<wide>[。！？]{1,4}[」』”）]{0,3})"
)
# Inside these a full stop ends nothing: formulas, brackets, short quotations. One character class a pattern and a
# bound on its length keep the search linear.
_SHIELD = re.compile(
    r"\$\$[^$]{1,600}\$\$|\$(?! )[^$\n]{1,200}(?<! )\$(?!\d)"
    r"|\([^()]{0,400}\)|\[[^\[\]]{0,200}\]"
    r"|“[^“”]{0,300}”|«[^«»]{0,300}»"
    r"|(?<![\w\"])\"(?=\S)[^\"]{0,300}(?<=\S)\"(?!\w)"
)
_LAST_WORD = re.compile(r"[^\s(\[{“\"‘'«—–/]+$")
_NEXT_WORD = re.compile(r"[^\w$\\]*([\w$\\][\w'’-]*)")


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Never the end of a sentence: something always follows.
_LEADS = _words(
    """e.g i.e eg ie cf viz vs mr mrs ms dr prof st mt sr gen col lt sgt rev hon fig figs eq eqs sec secs ch chap thm
    def lem prop cor ref refs ed eds vol vols pp approx resp incl esp ca al.g dept univ assoc bros ave blvd"""
)
# The end only where the next word opens sentences: "Hubinger et al. Risks from" goes on, "et al. The authors" ends;
# "Garcia v. Character Technologies" and "v. 2" go on.
_EITHER = _words(
    """al v etc inc ltd corp co u.s u.k u.n e.u a.m p.m ph.d m.d b.a m.a b.s m.s jr d.c a.k.a
    jan feb mar apr jun jul aug sep sept oct nov dec"""
)
# An abbreviation only before a number: "No. 5", "p. 3", "Ep. 4", "art. 6".
_NUMBERED = _words("no nos p ep ser art n nr para item step")
_OPENERS = _words(
    """a an the this that these those it its he she we they you i there here in on at by for from to with as if when
    while because since although though however but and or so then thus hence therefore moreover furthermore
    instead another other others some many most all each every both one two such what why how who where which after
    before during under once our their his her my your not no yes also first second third finally for example
    consider suppose let note see imagine perhaps maybe still yet even now today rather"""
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Spans of sentences: in order, apart, trimmed, each inside one paragraph, list item or table row.

    A blank line or a list item ends what came before; any other single newline is a soft wrap. A list item's mark
    belongs to its first sentence. Lines indented by four spaces or more are code and hold no sentences."""
    return [span for start, end in _units(text) for span in _sentences(text, start, end)]


def is_list_item(text: str) -> bool:
    """Whether the text opens with the mark of a list item: `- `, `1. `, `(a) `."""
    return LIST_MARK.match(text) is not None


def _units(text: str) -> Iterator[tuple[int, int]]:
    """Spans inside which sentences are sought: paragraphs with their soft wraps, list items, table rows."""
    start = end = -1  # the open unit; none while start is negative
    was_row = False
    for line in _LINE.finditer(text):
        content = line.group()
        blank = not content.strip()
        gap = end >= 0 and text.count("\n", end, line.start()) > 1
        item = not blank and is_list_item(content)
        row = " | " in content
        # Under an open list item an indented line continues the item.
        code = not blank and not item and _CODE_LINE.match(content) is not None and (start < 0 or gap)
        if start >= 0 and (blank or gap or item or code or (row and was_row)):
            yield start, end
            start = -1
        if not blank and not code:
            start = line.start() if start < 0 else start
        end = line.end()
        was_row = row
    if start >= 0:
        yield start, end


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    body = text[start:end]
    shields = [match.span() for match in _SHIELD.finditer(body)]
    starts = [shield[0] for shield in shields]
    mark = LIST_MARK.match(body)
    first = 0
    for match in _STOP.finditer(body, mark.end() if mark else 0):
        stop = match.end()
        nearest = bisect_right(starts, stop - 1) - 1
        if nearest >= 0 and stop < shields[nearest][1]:
            continue
        if match["wide"] or _ends(body, match):
            yield from _trimmed(body, first, stop, start)
            first = stop
    yield from _trimmed(body, first, len(body), start)


def _ends(body: str, match: re.Match[str]) -> bool:
    """Whether the stop at this place ends its sentence, judged by the word before it and the word after it."""
    following = _NEXT_WORD.match(body, match.end(), match.end() + 80)
    if following is None:
        return True
    word = following[1]
    if word[0].islower():
        return False
    if match["stop"] != ".":
        return True
    if match["close"] and match["close"][0] not in "*_":
        # "(e.g. this etc.) Next": the bracket closed what the abbreviation was part of.
        return _before(body, match.start()) not in _LEADS
    before = _before(body, match.start())
    opener = word.lower() in _OPENERS
    if before in _LEADS:
        return False
    if len(before) == 1 and before.isalpha() and body[match.start() - 1].isupper():
        return opener and before != "j"  # "J. R. Smith" and "Ada P. Reef" go on; "plan B. The" ends
    if before in _NUMBERED:
        return not word[0].isdigit()
    if before in _EITHER:
        return opener
    # The number of a list item or a heading at the front ends nothing.
    return not before.isdigit() or body[: match.start() - len(before)].strip() != ""


def _before(body: str, stop: int) -> str:
    """The word that the stop at this place follows, in lower case, with its inner stops."""
    found = _LAST_WORD.search(body[max(0, stop - 24) : stop])
    return found.group().lower().strip("*_") if found else ""


def _trimmed(body: str, first: int, last: int, offset: int) -> Iterator[tuple[int, int]]:
    piece = body[first:last]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    if right > left:
        yield offset + first + left, offset + first + right
