"""A text flows in, what its abbreviations stand for flows out, by Schwartz and Hearst (2003): where the long form and the
short one stand together, one of them in brackets, each letter of the short one is sought in the long one from its end. Of
those that texts take for known, a list tells what the field means by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from alignment_qa.lexical import FUNCTION_WORDS

SHORTEST, LONGEST = 2, 10
"""Letters of an abbreviation."""
SMALL = 6
"""Letters up to which a word in small letters that is no common one may be an abbreviation."""
_BEFORE = 120
"""Characters before a bracket among which the long form is sought."""
_WORD = re.compile(r"(?<![\w-])[A-Za-z][\w-]*(?![\w-])")


def abbreviations(text: str, common: Callable[[str], bool]) -> list[str]:
    """The words of a text that may be abbreviations, without the ending of a plural: more capitals than other letters, or a
    short word in small letters that is not `common`."""
    found = []
    for word in _WORD.findall(text):
        name = re.sub(r"(?<=[A-Z\d])s$", "", word)
        if sum(map(str.isupper, name)) > len(name) / 2:
            found += [name] if len(name) <= LONGEST else []
        elif name.islower() and len(name) <= SMALL and not common(name):
            found += [name, name[:-1]] if name.endswith("s") else [name]
    return [name for name in dict.fromkeys(found) if len(name) >= SHORTEST]


@lru_cache(maxsize=1)
def of_the_field() -> Mapping[str, str]:
    """The abbreviations that the shipped glossary has, in capitals → what they stand for in work on alignment. The list is
    kept here too, since other libraries are answered from without that glossary; a test holds the two together."""
    lines = Path(__file__).with_name("abbreviations.txt").read_text(encoding="utf-8").splitlines()
    return {name.upper(): long for name, long in (line.split(": ", 1) for line in lines)}


def written_out(name: str, text: str) -> Iterator[str]:
    """What a text says that an abbreviation stands for, each time that it says so; of one, where it writes of several."""
    for found in re.finditer(rf"\(\s*{re.escape(name)}(s?)\s*[),;]", text, re.I):
        before = re.split(r"[\n.;:!?()]", text[max(0, found.start() - _BEFORE) : found.start()])[-1]
        if long := _long(name, before.rstrip(" \"”’'*_")):
            yield _one(long) if found[1] else long
    for found in re.finditer(rf"(?<![\w-]){re.escape(name)}(s?)\s*\(([^()\n]{{3,{_BEFORE}}})\)", text, re.I):
        inside = found[2].strip(" \"“”‘’'*_")
        if _long(name, inside) == inside:
            yield _one(inside) if found[1] else inside


def _one(several: str) -> str:
    return re.sub(r"(?<=ss)es$|(?<=[^s])s$", "", several)


def _long(name: str, text: str) -> str | None:
    """The end of a text that the letters of the name stand for: the words that begin with them, or else what has them in
    their order, the first where a word begins and most of the others too."""
    letters = [letter for letter in name.lower() if letter.isalnum()]
    at = _initials(letters, text)
    long = text[_within(letters, text) if at is None else at :]
    words = long.split()
    if not 1 < len(words) <= min(len(letters) + 5, 2 * len(letters)) or words[0].lower() in FUNCTION_WORDS:
        return None
    return None if name.lower() in long.lower() else long


def _initials(letters: Sequence[str], text: str) -> int | None:
    """Where the words begin whose first letters these are; those that join others may be left out."""
    left = list(letters)
    for word in reversed(list(re.finditer(r"\w+", text))):
        if word[0][0].lower() == left[-1]:
            left.pop()
            if not left:
                return word.start()
        elif word[0].lower() not in FUNCTION_WORDS:
            break
    return None


def _within(letters: Sequence[str], text: str) -> int:
    """Where a text begins that has the letters in their order, two in three where a word or a capital is; its end if none does."""
    at, opening = len(text), 0
    for place, letter in reversed(list(enumerate(letters))):
        at -= 1
        while at >= 0 and not (text[at].lower() == letter and (place or _opens(text, at))):
            at -= 1
        if at < 0:
            return len(text)
        opening += text[at].isupper() or _opens(text, at)
    return at if 3 * opening >= 2 * len(letters) else len(text)


def _opens(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()
