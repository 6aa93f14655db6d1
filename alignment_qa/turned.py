"""A sentence and texts that say nearly the same → how they differ where it matters: another name, a "not" more or less,
the opposite word, or who does what to whom.

Rules over words, each bounded in the words that it compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from alignment_qa.facts import ABSTRACT, WORD, known_as
from alignment_qa.lexical import FUNCTION_WORDS, terms

_DENIES = frozenset(
    "not no never none neither nor without cannot nobody nothing nowhere hardly scarcely lack lacks lacking lacked fail fails failed failing unable "
    "refuse refuses refused deny denies denied unlike false untrue impossible rarely seldom".split()
)
_OPPOSITES: dict[str, frozenset[str]] = {}
for _pair in (
    "more less|more fewer|most least|greater less|greater smaller|larger smaller|large small|big small|bigger smaller|higher lower|high low|better worse|best worst|"
    "stronger weaker|strong weak|faster slower|fast slow|earlier later|early late|easier harder|easy hard|easy difficult|easier difficult|longer shorter|long short|"
    "increase decrease|increase reduce|increase decline|raise lower|rise fall|rise decline|grow shrink|gain lose|improve worsen|improve degrade|expand shrink|"
    "before after|above below|over under|inside outside|always never|always sometimes|always rarely|often rarely|often seldom|everyone nobody|all none|all some|all few|"
    "every no|every some|everything nothing|possible impossible|likely unlikely|able unable|safe unsafe|safe dangerous|safer riskier|aligned misaligned|true false|right wrong|"
    "agree disagree|accept reject|support oppose|support refute|confirm refute|prove disprove|win lose|succeed fail|success failure|include exclude|allow prevent|"
    "allow forbid|cause prevent|help harm|protect harm|protect destroy|protect threaten|encourage discourage|strengthen weaken|reward punish|positive negative|"
    "inner outer|internal external|honest deceptive|human artificial|maximum minimum|maximize minimize|optimist pessimist|optimistic pessimistic|known unknown|"
    "certain uncertain|stable unstable|necessary unnecessary|sufficient insufficient|intentional unintentional|open closed|public private|cheap expensive|"
    "simple complex|remain vanish|start stop|begin end|first last|major minor|direct indirect|explicit implicit|supervised unsupervised|offline online|hot cold|warm cold|"
    "deep shallow|hard soft|shrink grow|recover vanish|similar different|same different|before since|presence absence|present absent|advantage disadvantage|benefit cost"
).split("|"):  # fmt: skip
    for _one, _other in (_pair.split(), _pair.split()[::-1]):
        _OPPOSITES[_one] = _OPPOSITES.get(_one, frozenset()) | {_other}
_VERBS = frozenset(
    terms(
        "eat ate eaten protect harm threaten name create train control cause reward punish beat defeat win lose acquire buy sell invent write propose criticise cite praise optimise select supervise monitor oversee deceive trust fool manipulate exceed precede follow replace imply require depend produce lead influence teach judge evaluate choose help support oppose attack defend feed kill graze contain include cover shape drive explain predict learn imitate copy amplify distil reward found fund employ hire govern regulate serve approximate outperform surpass build design discover prove refute convince persuade ask answer detect prevent enable"
    )
)
DENIED = "the cited words say it with a “not” more or less"
DENIAL_SAME = 0.7  # share of the sentence's words that a text must have in their order, for one "not" to be told apart
LONGEST = 80  # words of a sentence that are compared one by one
_Terms = tuple[str, ...]
_CLOSE, _NEAR = 0.6, 0.5  # share of the sentence's terms that a text holds, for it to be about the same


def turned(sentence: str, texts: Sequence[str]) -> str | None:
    """Texts say the same with another name or number, a negation more or less, the opposite word, or the other way
    round, and none as near says it as it is."""
    words = set(terms(sentence))
    shares = [(len(words & _terms(text)) / len(words), text) for text in texts] if words else []
    best = max((share for share, _ in shares), default=0.0)
    near = [text for share, text in shares if share >= max(_NEAR, best - 0.1)]
    if not near or any(sentence.rstrip(".") in text for text in near):
        return None
    tests = [_replaced] if best < _CLOSE else [_replaced, _denied, _opposite, _swapped]
    for differs in tests:
        found = [differs(sentence, text) for text in near]
        if all(found):
            return found[0]
    return None


def _replaced(sentence: str, text: str) -> str | None:
    """Between the same words, another name or number stands where the text has one, or a denial more or less."""
    ours, theirs = (
        [re.split("[’']", w)[0] if w[0].isupper() else w for w in WORD.findall(t)[:LONGEST]] for t in (sentence, text)
    )
    lower, other = [w.lower() for w in ours], [w.lower() for w in theirs]
    steps = SequenceMatcher(None, lower, other, autojunk=False).get_opcodes()
    same = [b - a if step == "equal" else 0 for step, a, b, _, _ in steps]
    for n, (step, a, b, c, d) in enumerate(steps):
        if step == "equal" or b - a > 4 or d - c > 4 or sum(same[max(0, n - 1) : n + 2]) < 3:
            continue
        if sum(same) >= DENIAL_SAME * len(ours) and sum(map(_denies, ours[a:b])) != sum(map(_denies, theirs[c:d])):
            return DENIED
        put = [w for at, w in enumerate(ours[a:b], a) if _is_name(w, at) and w.lower() not in other]
        instead = [w for at, w in enumerate(theirs[c:d], c) if _is_name(w, at) and w.lower() not in lower]
        if put and instead and not known_as(put[0].lower(), set(other)):
            return f"the cited words say “{instead[0]}” where it says “{put[0]}”"
    return None


def _is_name(word: str, place: int) -> bool:
    plain = word.lower()
    if word[0].isdigit() or not word[0].isupper() or plain in FUNCTION_WORDS:
        return word[0].isdigit()
    return place > 0 or not ABSTRACT.search(plain)


@lru_cache(maxsize=4096)
def _terms(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def _denied(sentence: str, text: str) -> str | None:
    """One of the two denies a word that the other has, and the other denies nothing."""
    ours, theirs = dict(_scopes(sentence)), dict(_scopes(text))
    if any(ours.values()) == any(theirs.values()):
        return None
    if any(denied != theirs[word] for word, denied in ours.items() if word in theirs):
        return DENIED
    return None


def _scopes(text: str) -> Iterator[tuple[str, bool]]:
    """Each content term with whether a word of denial stands before it in its clause, within four words."""
    denial = 0
    for found in re.finditer(r"[\w’']+|[,;:.()—–]", text):
        word = found[0].lower().replace("’", "'")
        numbered = word == "no" and re.match(r"\.? ?\d", text[found.end() : found.end() + 3])
        if _denies(word) and not numbered:
            denial = 4
        elif not word[0].isalnum() or word in {"but", "only", "because", "unless", "until"}:
            denial = 0
        else:
            for stem in terms(word):
                yield stem, denial > 0
            denial -= 1


def _denies(word: str) -> bool:
    return word.lower() in _DENIES or word.endswith(("n't", "n’t"))


def _opposite(sentence: str, text: str) -> str | None:
    ours, theirs = _plain(sentence), _plain(text)
    for word in ours - theirs:
        if (other := next(iter(sorted(_opposites().get(word, frozenset()) & (theirs - ours))), None)) is not None:
            return f"the cited words say “{other}” where it says “{word}”"
    return None


@lru_cache(maxsize=1)
def _opposites() -> dict[str, frozenset[str]]:
    result: dict[str, frozenset[str]] = {}
    for word, others in _OPPOSITES.items():
        result[_stem(word)] = result.get(_stem(word), frozenset()) | {_stem(other) for other in others}
    return result


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    return next(iter(terms(word)), word)


def _plain(text: str) -> set[str]:
    return {_stem(word.lower()) for word in WORD.findall(text)}


def _swapped(sentence: str, text: str) -> str | None:
    """Around a word that both have, what comes before it in the one comes after it in the other and the other way
    round; not where one of them is passive, or where the order means nothing."""
    theirs: dict[str, list[tuple[_Terms, _Terms, bool]]] = {}
    for pivot, before, after, passive in _around(text):
        theirs.setdefault(pivot, []).append((before, after, passive))
    for pivot, before, after, passive in _around(sentence):
        if pivot in theirs and all(
            passive == their_passive and _crossed(before, after, their_before, their_after)
            for their_before, their_after, their_passive in theirs[pivot]
        ):
            return "the cited words say it the other way round"
    return None


def _crossed(before: _Terms, after: _Terms, their_before: _Terms, their_after: _Terms) -> bool:
    straight = before[-1:] == their_before[-1:] or after[:1] == their_after[:1]
    return not straight and not set(before).isdisjoint(their_after) and not set(after).isdisjoint(their_before)


def _around(text: str) -> Iterator[tuple[str, _Terms, _Terms, bool]]:
    """Each verb and comparative ("larger than") with the two content terms before and after it, and whether "by" or
    "of" follows it."""
    words = [(word.lower(), terms(word)) for word in WORD.findall(text)[:LONGEST]]
    content = [(at, stems[0]) for at, (_, stems) in enumerate(words) if stems]
    for n, (at, stem) in enumerate(content):
        if stem in _VERBS or "than" in (word for word, _ in words[at + 1 : at + 2]):
            before = tuple(other for _, other in content[max(0, n - 2) : n])
            after = tuple(other for _, other in content[n + 1 : n + 3])
            yield stem, before, after, any(word in {"by", "of"} for word, _ in words[at + 1 : at + 4])
