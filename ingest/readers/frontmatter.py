"""YAML front matter flows in, what the document states about itself flows out. It alone trusts nothing in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ingest.readers.blocks import prose

_LARGEST = 64 * 1024
_FRONT = re.compile(r"\A\s*---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_PLAIN = re.compile(r"^([A-Za-z][\w-]{0,40}):[ \t]+([^\s\[{&*|>!#][^\n]{0,1000})$", re.MULTILINE)
_DATE = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?!\d)")
_WRITTEN = ("%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%a, %d %b %Y", "%B %Y", "%b %Y")
_BYLINE = frozenset(
    """author authors by title created modified updated published date language status importance confidence tags
    topics category version licence license url link source""".split()
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a document says of itself. Empty where it says nothing; nothing here is guessed."""

    title: str = ""
    questions: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: str | None = None
    url: str | None = None
    licence: str | None = None
    level: str | None = None
    related: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    score: int | None = None


def split_front_matter(text: str) -> tuple[Stated, str]:
    """What the front matter states, and the text after it. Front matter that is not YAML states nothing."""
    match = _FRONT.match(text)
    if match is None:
        return Stated(), text
    fields = _fields(match[1])
    if fields is None and not _looks_like_fields(match[1]):
        return Stated(), text  # a text between two rules
    return stated(fields or {}), text[match.end() :]


def stated(fields: Mapping[object, object]) -> Stated:
    """What the fields say, whatever their types: a field of a wrong type is read as text or left out."""
    field = {str(key).strip().lower().replace("-", "_").replace(" ", "_"): value for key, value in fields.items()}

    def first(*names: str) -> object:
        return next((field[name] for name in names if field.get(name) not in (None, "", [], {})), None)

    questions = [*_lines(first("question", "questions")), *_lines(first("also_asked"))]
    return Stated(
        title=_line(first("title")),
        questions=tuple(dict.fromkeys(questions)),
        authors=tuple(dict.fromkeys(names(first("authors", "author", "by", "creator")))),
        published=iso_date(first("published", "date", "date_published", "created", "updated")),
        url=web_address(first("url", "link", "source_url", "canonical_url", "permalink")),
        licence=_line(first("licence", "license", "rights")) or None,
        level=_line(first("level")) or None,
        related=tuple(_lines(first("related"))),
        references=tuple(_references(first("sources", "references"))),
        tags=tuple(dict.fromkeys(_listed(first("tags", "topics")))),
        score=_whole(first("score", "karma")),
    )


def byline(line: str) -> Stated | None:
    """What a line of pairs states, as `author: Jane Doe, created: 2024-04-06, status: draft`; None if it is prose."""
    pairs = [pair.partition(":") for pair in re.split(r"\s*[,;|·]\s*(?=\w+:\s)", line)]
    fields: dict[object, object] = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if len(fields) < 2 or not fields.keys() <= _BYLINE or "" in fields.values():
        return None
    return stated(fields)


def names(value: object) -> list[str]:
    """Names of people from a text, a list of texts or a list of mappings with a name."""
    if isinstance(value, str) and ("," in value or ";" in value or " and " in value):
        # "Doe, Jane" stays one name: one comma with one word on a side.
        parts = re.split(r"\s*;\s*|\s*,\s*(?:and\s+)?|\s+and\s+|\s+&\s+", value)
        if ";" in value:
            parts = value.split(";")
        elif value.count(",") == 1 and " and " not in value and min(len(part.split()) for part in parts) < 2:
            parts = [value]
        return [name for part in parts if (name := _line(part))]
    return _lines(value)


def iso_date(value: object) -> str | None:
    """An ISO 8601 date, or its year or year and month where no more is stated; None if it is no date."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = _line(value)
    if match := _DATE.match(text):
        parts = [int(part) for part in match.groups() if part]
        try:
            date(*[*parts, 1, 1][:3])
        except ValueError:
            return match[1] if 1000 <= parts[0] <= 2999 else None
        return "-".join(f"{part:02}" for part in parts) if 1000 <= parts[0] <= 2999 else None
    for form in _WRITTEN:
        try:
            parsed = datetime.strptime(text[:40].strip().removesuffix("."), form)
        except ValueError:
            continue
        return parsed.date().isoformat() if "%d" in form else f"{parsed:%Y-%m}"
    return None


def web_address(value: object) -> str | None:
    """The value if it is a web address; a path or a word is none."""
    text = _line(value)
    return text if re.fullmatch(r"https?://[^\s<>\"]{3,2000}", text) else None


def _fields(text: str) -> Mapping[object, object] | None:
    import yaml

    # Anchors and aliases let a few bytes unfold into gigabytes; front matter has no use for them.
    if len(text) > _LARGEST or re.search(r"(?:^|[\s\[,:{-])[&*]\w+\s*(?:$|[\n,\]}])", text):
        return None
    try:
        fields = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        # Mostly an unquoted colon in a title: the plain lines still say what they say.
        return {line[1]: line[2].strip("\"' ") for line in _PLAIN.finditer(text)} or None
    return fields if isinstance(fields, Mapping) else None


def _looks_like_fields(text: str) -> bool:
    return re.match(r"\s*(?:#.*\n\s*)*[\w-]{1,40}[ \t]*:", text) is not None


def _line(value: object) -> str:
    """One line of a scalar or of a mapping's name; empty for anything else."""
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("title") or ""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, (str, int, float, date)) and not isinstance(value, bool):
        return prose(str(value))[:2000]
    return ""


def _lines(value: object) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [line for each in value if (line := _line(each))]
    line = _line(value)
    return [line] if line else []


def _listed(value: object) -> list[str]:
    """`a, b` as two, `[a, b]` as two."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    return _lines(value)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _references(value: object) -> Iterable[str]:
    """Lines like `Evan Hubinger (2019). Risks from Learned Optimization. arXiv. https://…`."""
    for work in value if isinstance(value, list) else [value]:
        if not isinstance(work, Mapping):
            if line := _line(work):
                yield line
            continue
        who = ", ".join(names(work.get("authors") or work.get("author")))
        year = _line(work.get("year") or work.get("date"))
        opening = f"{who} ({year})" if who and year else who or year
        address = _line(work.get("url") or work.get("link"))
        parts = [opening, _line(work.get("title")), _line(work.get("venue"))]
        line = " ".join(part if part[-1] in ".?!" else part + "." for part in parts if part)
        if line or address:
            yield f"{line} {address}".strip()
