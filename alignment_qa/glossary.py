"""Other names for things → the names that documents use: abbreviations and synonyms written out in a question."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
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

    def expand(self, question: str, known: Callable[[str], bool]) -> tuple[str, str, dict[str, str]]:
        """The question with names that no document knows replaced by their terms; the same with the terms of all other
        names after it in brackets; and these names, each with its term. Single plain words are left, they mean too many
        things."""
        terms: dict[str, str] = {}
        for name, term in self.names.items():
            abbreviation = name != name.lower()
            if not abbreviation and " " not in name and "-" not in name:
                continue
            if name not in (question if abbreviation else question.lower()) or term.lower() in question.lower():
                continue
            pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", 0 if abbreviation else re.IGNORECASE)
            if pattern.search(question) and known(name):
                terms[name] = term
            else:
                question = pattern.sub(term, question)
        wide = f"{question.rstrip()} ({', '.join(dict.fromkeys(terms.values()))})" if terms else question
        return question, wide, terms


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
