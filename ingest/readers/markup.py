"""Text with light markup flows in, text without it flows out: tags, links, emphasis, and what site generators leave
in their sources (template tags, attribute lists, wiki links). For Markdown it clears what its parser does not know."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

_TAG = re.compile(
    r"</?(?:a|abbr|article|aside|audio|b|big|blockquote|body|br|center|cite|code|dd|del|details|dfn|div|dl|dt|em"
    r"|figcaption|figure|font|footer|h[1-6]|header|hr|html|i|iframe|img|ins|kbd|li|main|mark|nav|ol|p|pre|q|s|samp"
    r"|section|small|source|span|strike|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video)"
    r"(?:\s[^<>]{0,1000})?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
_TARGET = r"[^()\s]{0,2000}(?:\([^()\s]{0,300}\)[^()\s]{0,2000})?(?:\s\"[^\"\n]{0,1000}\"|\s'[^'\n]{0,1000}')?"
_IMAGE = re.compile(rf"!\[[^\[\]\n]{{0,1000}}\](?:\({_TARGET}\)|\[[^\[\]]{{0,200}}\])")
_LINK = re.compile(rf"\[([^\[\]\n]{{0,600}})\]\({_TARGET}\)")
_BROKEN_LINK = re.compile(r"\]\((?:https?://|\./|\.\./|/)[^()\n]{0,500}\)")
_WIKI = re.compile(r"!?\[\[([^\[\]|\n]{1,300})(?:\|([^\[\]\n]{0,300}))?\]\]")
_EMPHASIS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![\w*\\])\*{2,3}(?=[^\s*])([^*\n]{1,600})(?<=[^\s*])\*{2,3}(?![\w*])",
        r"(?<![\w*\\])\*(?=[^\s*])([^*\n]{1,600})(?<=[^\s*])\*(?![\w*])",
        r"(?<![\w\\])__(?=[^\s_])([^_\n]{1,600})(?<=[^\s_])__(?!\w)",
        r"(?<![\w\\])_(?=[^\s_])([^_\n]{1,600})(?<=[^\s_])_(?!\w)",
    )
)
_ICON = re.compile(r"(?<!\S):[a-z][a-z0-9_+-]{1,60}:(?:\{[^{}\n]{0,100}\})?(?!\S)")
_STRAY = re.compile(r"\*{2,4}(?!\s?\d)")
_TEMPLATE = re.compile(
    r"\{%[^\n]{0,500}?%\}|\{\{[<%][^\n]{0,500}?[>%]\}\}|(?<![\\^_}$\w])\{\{\s*[\w.|\"'(), -]{1,200}\}\}(?!\})"
)
_VALUE = r"(?:\"[^\"\n]{0,300}\"|[\w-]+)"
_ATTRIBUTES = re.compile(
    rf"[ \t]?\{{:?[ \t]*(?:[#.][\w-]+|[\w-]+={_VALUE})(?:[ \t]+(?:[#.]?[\w-]+(?:={_VALUE})?))*[ \t]*\}}"
)
_MATH = re.compile(r"\$\$[^$]{1,2000}\$\$|\$(?! )[^$\n]{1,300}(?<! )\$(?!\d)|`[^`\n]{1,500}`")


def plain(text: str) -> str:
    """A line of text without light markup; formulas keep their source."""
    return outside_math(text, _plain)


def without_template_tags(text: str) -> str:
    """Markdown without what its parser would leave as text: template tags, attribute lists, wiki links."""
    if "{" not in text and "[[" not in text:
        return text
    return outside_math(text, lambda part: _WIKI.sub(_wiki_text, _ATTRIBUTES.sub("", _TEMPLATE.sub("", part))))


def without_comments(text: str) -> str:
    """The text without `<!-- … -->`; a comment that nothing closes loses its mark only."""
    kept: list[str] = []
    last = 0
    while (start := text.find("<!--", last)) >= 0:
        end = text.find("-->", start)
        if end < 0:
            break
        kept.append(text[last:start])
        last = end + 3
    kept.append(text[last:].replace("<!--", ""))
    return "".join(kept)


def outside_math(text: str, change: Callable[[str], str]) -> str:
    """The text changed everywhere but in formulas and inline code."""
    kept: list[str] = []
    last = 0
    for match in _MATH.finditer(text):
        kept += [change(text[last : match.start()]), match.group()]
        last = match.end()
    kept.append(change(text[last:]))
    return "".join(kept)


def _plain(text: str) -> str:
    text = _BROKEN_LINK.sub("", _LINK.sub(r"\1", _WIKI.sub(_wiki_text, _IMAGE.sub("", text))))
    text = _TAG.sub("", _ATTRIBUTES.sub("", _TEMPLATE.sub("", text)))
    for pattern in _EMPHASIS:
        text = pattern.sub(r"\1", text)
    text = _ICON.sub("", _STRAY.sub("", text))
    return _ENTITY.sub(lambda match: html.unescape(match.group()), text)


def _wiki_text(match: re.Match[str]) -> str:
    if match.group().startswith("!"):
        return ""
    return match[2] or match[1].rsplit("#", 1)[0] or match[1]
