"""An answer → the sides that its sentences take, each with who takes it and when; no side is judged or named pro or con.

Two plain rules, on words alone. Sentences of different sources that say nearly the same, while one denies it or gives
other numbers, differ. And where a sentence says itself who argues, doubts or objects, that is a position; positions of at
least two are sides when one of them opposes, or stands in a section on a dispute. What is said without a name is no side:
nobody could be shown for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from alignment_qa.extract import SAME_WORDS
from alignment_qa.lexical import terms
from alignment_qa.support import negated, numbers
from alignment_qa.types import Answer, Citation, Claim, Source

_NAME = r"[A-Z][\w’'-]*\.?(?: (?:(?:van|von|de|der|la|of|the|from)(?= [A-Z]))| [A-Z][\w’'-]*\.?)*"
_GROUP = r"(?:(?:Some|Other|Many|Several) )?(?:[Cc]ritics|[Ss]upporters|[Dd]efenders|[Ss][ck]eptics|[Oo]pponents|[Pp]roponents)"
_WHO = rf"(?P<who>{_NAME}(?:, {_NAME})*(?:,? and (?:{_NAME}|co-authors|colleagues|others))?|The authors|{_GROUP})"
_OPPOSES = (
    r"doubt(?:s|ed)?|object(?:s|ed)?|repl(?:y|ies|ied)|disagree[sd]?|critici[sz]e[sd]?|question(?:s|ed)?|reject(?:s|ed)?|attack(?:s|ed)?"
    r"|disput(?:e|es|ed)|challenge[sd]?|counter(?:s|ed)?|den(?:y|ies|ied)|rebut(?:s|ted)?|caution(?:s|ed)?|warn(?:s|ed)?"
)
_HOLDS = (
    r"argue[sd]?(?! the matter)|maintain(?:s|ed)?|contend(?:s|ed)?|thinks?|thought|believe[sd]?|expect(?:s|ed)?|accept(?:s|ed)?|defend(?:s|ed)?"
    r"|agree[sd]?(?= with| that)|claim(?:s|ed)?|concede[sd]?|insist(?:s|ed)?|suggest(?:s|ed)?|regard(?:s|ed)?|conclude[sd]?|favou?r(?:s|ed)?"
)
_SAYS = re.compile(
    r"^(?:(?:However|But|Yet|Still|Later|By contrast|In contrast|In (?:\w+ )?\d{4}),? )?"
    rf"{_WHO}(?:, [^,]{{1,60}},)?(?: (?:has|have|had|also|later|then|themselves|himself|herself|recently|publicly)){{0,2}}"
    rf" (?:(?P<opposes>{_OPPOSES})|{_HOLDS})\b"
)
_DISPUTE = re.compile(
    r"disagree|disput|objection|critic|doubt|debate|controvers|repl(?:y|ies)|\bfor and against\b", re.I
)
_YEAR = re.compile(r"\b(?:in|of|around|since) (?:\w+ )?((?:1[89]|20)\d\d)\b", re.I)


@dataclass(frozen=True, slots=True)
class Side:
    """What somebody holds, in the words of the answer's sentences; `when` are years, empty where none is given."""

    who: str
    when: str
    claims: tuple[Claim, ...]


def sides(answer: Answer) -> tuple[Side, ...]:
    """Two sides or more, in the order of the answer; none where its sentences take none."""
    cited = {citation.number: citation for citation in answer.citations}
    claims = [claim for claim in answer.claims if claim.citations]
    differing = list(dict.fromkeys(claim for pair in _differing(claims, cited) for claim in pair))
    if differing:
        return tuple(_by_source(claim, cited[claim.citations[0]].passage.source) for claim in differing)
    found = [(claim, said) for claim in claims if (said := _said(claim, cited))]
    disputed = any(said["opposes"] or _DISPUTE.search(_section(cited[c.citations[0]])) for c, said in found)
    held: dict[str, list[tuple[Claim, re.Match[str]]]] = {}
    for claim, said in found:
        held.setdefault(_surname(said["who"]), []).append((claim, said))
    return tuple(map(_side, held.values())) if disputed and len(held) > 1 else ()


def _differing(claims: list[Claim], cited: dict[int, Citation]) -> Iterator[tuple[Claim, Claim]]:
    for one, other in combinations(claims, 2):
        first, second = (cited[claim.citations[0]].passage.source for claim in (one, other))
        words, others = set(terms(one.text)), set(terms(other.text))
        smaller = min(len(words), len(others))
        apart = first.doc_id != second.doc_id and first.authors != second.authors
        figures, others_figures = numbers(one.text), numbers(other.text)
        opposed = negated(one.text) != negated(other.text) or bool(
            figures - others_figures and others_figures - figures
        )
        if apart and opposed and smaller and len(words & others) / smaller >= SAME_WORDS:
            yield one, other


def _said(claim: Claim, cited: dict[int, Citation]) -> re.Match[str] | None:
    """Who says it, if the sentence tells. A single word that its passage also has in lower case is no name."""
    said = _SAYS.match(claim.text)
    if not said or said["who"] == "Others":
        return None
    common = said["who"].isalpha() and not re.fullmatch(_GROUP, said["who"])
    plain = re.search(rf"\b{re.escape(said['who'].lower())}\b", cited[claim.citations[0]].passage.text)
    return None if common and plain else said


def _side(held: list[tuple[Claim, re.Match[str]]]) -> Side:
    who = max((said["who"] for _, said in held), key=len)
    years = dict.fromkeys(filter(None, (_year(claim.text) for claim, _ in held)))
    return Side(who, ", ".join(sorted(years)), tuple(claim for claim, _ in held))


def _by_source(claim: Claim, source: Source) -> Side:
    return Side(", ".join(source.authors) or source.title, source.year or "", (claim,))


def _section(citation: Citation) -> str:
    return citation.passage.heading.removeprefix(citation.passage.source.title)


def _surname(who: str) -> str:
    """ "Eliezer Yudkowsky" and "Yudkowsky" are one."""
    return re.split(r",| and ", who)[0].split()[-1].lower()


def _year(text: str) -> str:
    found = _YEAR.search(text)
    return found[1] if found else ""
