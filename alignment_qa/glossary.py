"""Other names for things → the names that documents use: abbreviations and synonyms written out in a question; and a
text → the terms in it that have a definition."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from alignment_qa.lexical import terms

COMMON = 0.03
"""Of all passages, how many use a term that everybody in the field uses. In the 1,330 of the shipped corpus, reinforcement
learning (.098), machine learning (.070) and large language model (.040) are above it, reinforcement learning from human
feedback (.027) and mesa-optimizer (.028) below."""
FEW = 20  # passages that may use a term however small the corpus is
_MOST = 4  # terms that are explained in one answer


@dataclass(frozen=True)
class Glossary:
    """`names` maps a synonym in lower case, or an abbreviation as it is written, to its term; `definitions` a term to
    its sentence."""

    names: dict[str, str]
    definitions: dict[str, str]

    @classmethod
    def of(cls, entries: list[dict[str, object]]) -> Glossary:
        """From the entries of a glossary file: term, definition, synonyms, abbreviations."""
        names: dict[str, str] = {}
        for entry in entries:
            for name in _texts(entry.get("synonyms")):
                names[name.lower()] = str(entry["term"])
            for name in _texts(entry.get("abbreviations")):
                names[name] = str(entry["term"])
        return cls(names, {str(e["term"]): str(e["definition"]) for e in entries if e.get("definition")})

    @classmethod
    def loads(cls, text: str | None) -> Glossary:
        """From the JSON that `dumps` gives; None is an empty glossary."""
        return cls(**json.loads(text)) if text else cls({}, {})

    def dumps(self) -> str:
        return json.dumps({"names": self.names, "definitions": self.definitions}, ensure_ascii=False)

    def expand(
        self, question: str, uses: Callable[[str], int], everyday: Callable[[str], bool]
    ) -> tuple[str, str, dict[str, str]]:
        """The question with names that no document knows, and abbreviations that fewer passages use than write them out,
        replaced by their terms: its words as documents have them; the same with all other names replaced too: its meaning,
        for an encoder that knows no abbreviations; and these names, each with its term, and the terms that were put in, each with
        the name that it stands for. Everyday words are left, they mean too
        many things; so an abbreviation may be written small only where that is none. Another single word is a name where
        fewer passages use it than its term: "evals", "foom". `uses` says how many passages use a name."""
        terms: dict[str, str] = {}
        small, meaning = question.lower(), question
        for name in self._longest:
            term = self.names[name]
            short = name != name.lower()
            if name.lower() not in small or term.lower() in small:
                continue
            plain = not short and " " not in name and "-" not in name
            if plain and (everyday(name) or uses(name) >= uses(term)):
                continue
            flags = re.NOFLAG if short and everyday(name.lower()) else re.IGNORECASE
            pattern = re.compile(rf"(?<![\w-]){re.escape(name)}{'s?' if short else ''}(?![\w-])", flags)
            found = pattern.search(question)
            if not found:
                continue
            meaning = pattern.sub(term, meaning)
            if uses(name) >= (uses(term) if short else 1) > 0:
                terms[found[0]] = term
            else:
                question = pattern.sub(term, question)
                terms[term] = name
        return question, meaning, terms

    def mentions(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(start, end, term) wherever the text names a defined term, by whichever name; the longest name that fits."""
        for found in self._defined.finditer(text):
            named = found[0]
            for name in (named, named.lower(), named.lower().removesuffix("s")):
                if term := self._terms.get(name):
                    yield found.start(), found.end(), term
                    break

    def helpful(
        self,
        texts: Iterable[str],
        question: str,
        everyday: Callable[[str], bool],
        uses: Callable[[str], int],
        passages: int,
    ) -> Glossary:
        """Of the terms of an answer only those few whose meaning its reader may miss: not what the question names, for
        the answer tells that, nor words that have an everyday meaning too, and often have it there (goal, attention).
        `uses` says how many of all passages use a term."""
        named = dict.fromkeys(term for text in texts for _, _, term in self.mentions(text))
        asked, words = {term for _, _, term in self.mentions(question)}, set(terms(question))
        new = [term for term in named if term not in asked and not words.issuperset(terms(term)) and not everyday(term)]
        counts = {term: uses(term) for term in new}
        rare = [term for term, count in counts.items() if count <= max(FEW, COMMON * passages)]
        chosen = sorted(rare, key=lambda term: counts[term])[:_MOST]
        return replace(self, definitions={term: self.definitions[term] for term in chosen})

    @cached_property
    def _longest(self) -> list[str]:
        """The names, so that one is written out before another that it holds: "safety finetuning", then "finetuning"."""
        return _longest_first(self.names)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of all names, in lower case."""
        return frozenset(word for name in self.names for word in name.lower().split())

    @cached_property
    def _terms(self) -> dict[str, str]:
        """A name, in lower case where it is no abbreviation, → its defined term. A synonym that is a single plain word
        is left out: it means too many things."""
        names = {n: t for n, t in self.names.items() if t in self.definitions and (n != n.lower() or not n.isalpha())}
        return names | {term if term.isupper() else term.lower(): term for term in self.definitions}

    @cached_property
    def _defined(self) -> re.Pattern[str]:
        longest = _longest_first(self._terms)
        either = "|".join(
            re.escape(name) if name != name.lower() else f"(?i:{re.escape(name)}s?)" for name in longest if name
        )
        return re.compile(rf"(?<![\w-])(?:{either or '(?!)'})(?![\w-])")


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: -len(name))


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
