"""A sentence and the words it rests on → the first number, date or name in it that those words do not hold.

True words around a false fact are what closeness in meaning cannot see. Rules over words, in time linear in the texts;
`turned.py` has those for facts that are there and turned round.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache

from alignment_qa.lexical import FUNCTION_WORDS
from alignment_qa.sentences import LIST_MARK

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][\w’'-]*")
_NEGATION = re.compile(r"\b(?:not|no|never|none|neither|nor|without|cannot|fails? to|unlike|\w+n[’']t)\b", re.I)
_NUMBER_WORDS = {
    word: n
    for n, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_LARGER_WORDS = {
    **dict(zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)),
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "half": 0.5, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "first": 1, "second": 2, "fourth": 4, "fifth": 5,
    "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "twice": 2, "once": 1,
    "dozen": 12, "hundred": 100, "thousand": 1000,
}  # fmt: skip
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "k": 1e3,
    "m": 1e6,
    "bn": 1e9,
    "b": 1e9,
}
_FIGURE = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,15}(?:,\d{3}){0,6}(?:\.\d{1,12})?)(?:(?:st|nd|rd|th)\b|[ -]?(?P<scale>hundred|thousand|million|billion|trillion|bn|k|m|b)\b|(?![\w]))",
    re.I,
)
_SHORT_RANGE = re.compile(r"\b((?:1[5-9]|20)\d\d)[–/-](\d\d)\b")
_LOOSE = frozenset({"one", "two", "three", "half", "first", "second", "third", "once", "twice", "hundred", "thousand"})
"""Number words that people also use for what they have counted themselves, or for no number at all."""
PASSAGES = 128
"""Passages of which what they hold is kept: each sentence of an answer is held against the same few."""
WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = {name[:3]: name for name in _MONTHS} | {"sept": "september"}
_DATE = re.compile(
    r"\b(?P<m>" + "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in _MONTHS) + r"|sept)\.?\s{1,2}(?P<d>\d{1,2})(?!\d)(?:st|nd|rd|th)?"
    r"|\b(?P<d2>\d{1,2})(?:st|nd|rd|th)?\s{1,2}(?:of )?(?P<m2>" + "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in _MONTHS) + r"|sept)\b",
    re.I,
)  # fmt: skip
ABSTRACT = re.compile(
    r"(?:tion|sion|ment|ity|ness|ing|ism|ship|ly|ence|ics|s)$|^(?:research|evidence|work|progress|history|theory|trust|power|software|hardware|data|code|text|money|critique|debate|oversight|human|people|everyone|everything|nothing|nobody|however|although|though|while|despite|therefore|thus|moreover|furthermore|instead|perhaps|maybe|yes|unlike|like|given|since|because|once|even|still|later|earlier|today|recently|often)$"
)
"""Words that open a sentence without an article and are no names, as far as their form tells."""
_VERB = re.compile(
    r" (?:is|was|has|had|does|did|will|can|won|made|wrote|bought|led|built|held|said|met|began|took|gave|went|\w{2,12}ed|\w{2,12}[^s]s)\b"
)
_PEOPLES = {
    "french": "france",
    "dutch": "netherlands",
    "british": "britain",
    "spanish": "spain",
    "swiss": "switzerland",
    "danish": "denmark",
    "greek": "greece",
    "polish": "poland",
    "american": "america",
    "turkish": "turkey",
}
_TITLE = re.compile(r"[A-Z]\w{1,20}(?: (?:of|the|and|for|in|to) (?:the )?[A-Z]\w{1,20}){1,4}")
_ROMAN = {"II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9}
_KINDS = frozenset(
    "election ceremony convention empire navy army university institute company act war series award cup championship season game theory problem learning "
    "court government parliament church museum school college department ministry council committee association society foundation center centre laboratory "
    "project program programme system model network company corporation group team club league party union state states kingdom republic city county river lake "
    "mountain ocean sea island street road park day week month year century age era dr mr mrs ms professor prof sir lord president king queen report paper book "
    "article study movie film song album show episode chapter section figure table part version internet web earth god ai".split()
)
"""Words that say of what kind a named thing is; that one of them is lacking makes no name wrong."""


def numbers(text: str) -> set[str]:
    """Numbers in figures, those up to twelve also where they are written as words."""
    found = {n.replace(",", "").rstrip(".") for n in _NUMBER.findall(text)}
    return found | {
        str(_NUMBER_WORDS[w]) for w in re.findall(r"[a-z]+", text.lower()) if w in _NUMBER_WORDS and w != "one"
    }


def negated(text: str) -> bool:
    """The text denies something, by a word for it."""
    return bool(_NEGATION.search(text))


def names(text: str) -> set[str]:
    """Capitalised words that do not only open a sentence, lower-cased, without possessive endings."""
    openers = {found.start() for found in re.finditer(r"(?:^|[.!?:]\s+|[“\"(]\s*)\b[A-Z]", text)}
    result: set[str] = set()
    for found in _NAME.finditer(text):
        opens = any(found.start() - 3 <= at <= found.start() for at in openers)
        followed = bool(re.match(r" [A-Z][a-z]", text[found.end() : found.end() + 3]))
        word = re.sub(r"[’']s?$", "", found[0])
        plain = word.lower()
        named = (
            opens
            and plain not in FUNCTION_WORDS
            and plain not in _NUMBER_WORDS
            and (followed or bool(_VERB.match(text, found.end()) and not ABSTRACT.search(plain)))
        )
        if not opens or named or (len(word) > 1 and word.isupper()):
            result.update(part.lower() for part in re.split(r"[-’']", word) if len(part) > 1)
    return {name for name in result if not re.fullmatch(r"q\d|i", name)}


def lacking(sentence: str, texts: Sequence[str]) -> str | None:
    """A number, date or name of the sentence that is in none of the texts, in a few words; None where all are there."""
    everything = " ".join(texts)
    return _wrong_number(sentence, everything) or _wrong_date(sentence, everything) or _wrong_name(sentence, everything)


def _wrong_number(sentence: str, everything: str) -> str | None:
    held, mark = _values(everything), LIST_MARK.match(sentence)
    for written, value in figures(sentence[mark.end() if mark else 0 :]):
        if value not in held and not (
            written.lower() in _LOOSE and not _counted_otherwise(written, sentence, everything)
        ):
            return f"the number {written} is not in the cited words"
    return None


@lru_cache(PASSAGES)
def _values(text: str) -> frozenset[float]:
    return frozenset(value for _, value in figures(text))


def figures(text: str) -> Iterator[tuple[str, float]]:
    """Each number as it is written, with its value; a number with its scale ("10.4 billion") also without it."""
    for first, last in _SHORT_RANGE.findall(text):
        yield f"{first[:2]}{last}", float(first[:2] + last)
    for found in _FIGURE.finditer(_SHORT_RANGE.sub(r"\1", text)):
        value = float(found["number"].replace(",", ""))
        yield found["number"], value
        if found["scale"]:
            yield found[0], value * _SCALES[found["scale"].lower()]
    yield from ((word, float(_ROMAN[word])) for word in re.findall(r"\b[IVX]{2,4}\b|\bV\b", text) if word in _ROMAN)
    previous = 0.0
    for word in re.findall(r"[a-z]+", text.lower()):
        value = float(_NUMBER_WORDS.get(word, _LARGER_WORDS.get(word, -1)))
        if value > 0 and word != "one":
            yield word, value
            if 20 <= previous <= 90 and value < 10:
                yield f"{word}", previous + value
        previous = value


def _counted_otherwise(written: str, sentence: str, everything: str) -> bool:
    """The texts count the same thing (the word after the number), and not to this number."""
    found = re.search(rf"\b{re.escape(written)}[ -](\w+)", sentence)
    counts = "|".join([*_NUMBER_WORDS, *_LARGER_WORDS])
    return bool(found) and bool(re.search(rf"\b(?:{counts}|\d+)[ -]{re.escape(found[1])}\b", everything, re.I))  # type: ignore[index]


def _wrong_date(sentence: str, everything: str) -> str | None:
    told = set(_dates(everything))
    for month, day, year in _dates(sentence):
        years = {other for m, d, other in told if (m, d) == (month, day)}
        if not years or (year and None not in years and year not in years):
            return f"the date {month.title()} {day}{f', {year}' if years else ''} is not in the cited words"
    return None


def _dates(text: str) -> Iterator[tuple[str, int, str | None]]:
    """Month, day, and the year that stands right behind them."""
    for found in _DATE.finditer(text):
        year = re.match(r",? {0,2}((?:1\d|20)\d\d)\b", text[found.end() : found.end() + 8])
        yield _MONTH[(found["m"] or found["m2"])[:3].lower()], int(found["d"] or found["d2"]), year[1] if year else None


def _wrong_name(sentence: str, everything: str) -> str | None:
    known = _words(everything)
    lacking = [name for name in sorted(names(sentence)) if not known_as(name, known)]
    if not lacking:
        return None
    short, own = _initials(everything), _initials(sentence)
    titled = {
        part.lower()
        for run in _TITLE.findall(sentence)
        for part in run.split()
        if any(known_as(p.lower(), known) for p in run.split() if p[0].isupper())
    }
    for name in lacking:
        spelt = short.get(name) or short.get(name.removesuffix("s"))
        written_out = any(name in words for abbreviation, words in own.items() if abbreviation in known)
        if name not in titled and not spelt and not written_out and _KINDS.isdisjoint({name, name.removesuffix("s")}):
            shown = re.search(rf"\b{re.escape(name)}\b", sentence, re.I)
            return f"the name {shown[0] if shown else name} is not in the cited words"
    return None


@lru_cache(PASSAGES)
def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in re.findall(r"\w+", text))


def known_as(name: str, known: Set[str]) -> bool:
    """The name, or another form of it: American for America, Sept for September."""
    if _PEOPLES.get(name) in known:
        return True
    if name in known or name.removesuffix("s") in known or f"{name}s" in known or _MONTH.get(name[:4], name) in known:
        return True
    size = max(4, round(0.6 * len(name)))
    return len(name) >= size and any(word[:size] == name[:size] for word in known)


@lru_cache(PASSAGES)
def _initials(text: str) -> dict[str, list[str]]:
    """Abbreviation → the words that it may stand for: the initials of two to six words in a row, with and without
    little words between."""
    found: dict[str, list[str]] = {}
    for words in (
        re.findall(r"[^\W\d_]+", text.lower()),
        [w for w in re.findall(r"[^\W\d_]+", text.lower()) if w not in FUNCTION_WORDS],
    ):
        for size in range(2, 7):
            for at in range(len(words) - size + 1):
                run = words[at : at + size]
                found.setdefault("".join(word[0] for word in run), run)
    dotted = re.findall(r"\b(?:[A-Z]\.){2,5}", text)
    return found | {d.replace(".", "").lower(): [d] for d in dotted}


def missing(sentence: str, texts: Iterable[str]) -> int:
    """How many of the sentence's numbers are in none of the texts."""
    held = _values(" ".join(texts))
    return sum(value not in held for _, value in figures(sentence))
