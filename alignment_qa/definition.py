"""A subject and a sentence → does the sentence say what the subject is? By its form alone: "Kelp is a brown seaweed that …",
"The term “kelp” refers to …", "Kelp: a brown seaweed …", "Such places are called kelp forests." """

from __future__ import annotations

import re
from functools import lru_cache

from alignment_qa.quotable import SHORTEST

LONG, DERIVED = 7, 11
"""Letters of a word from which its last three, and its last five, may be others: aligned, alignment; corrigible, corrigibility."""
_HEADS = (
    "problem|question|concept|idea|notion|term|word|phrase|field|theory|practice|process|state|property|phenomenon|task"
)
"""What of a thing is the thing: the problem of alignment is alignment, its loss is not."""
_JOINS = "when(?:ever)?|if|once|while|al?though|because|since|unless|until|whether|that|why|how|where|as|before|after"
_MORE = (
    "problem|thesis|hypothesis|principle|paradox|law|theorem|argument|conjecture|game|effect|property|scenario|agent|system|"
    "model|technique|method|approach"
)
"""What may follow the subject's words and leaves it the same."""
_OF_IT = (
    "often|also|sometimes|usually|typically|generally|not|still|now|important|hard|difficult|easy|likely|unlikely|possible|"
    "impossible|(?:an? )?(?:separate|distinct|different|similar|related)|another|one of|more|most|less|about to|being|said|"
    "thought|widely|commonly|named|called|discussed|described(?! as)|covered|considered|mentioned|used|explained|introduced|"
    r"listed|shown|based|due|(?!defined|characteri[sz]ed)\w+ed (?:by|from|in|at|with|on|to|for|and|into|under|through)"
)
"""What follows to be where a sentence says something of its subject and not what it is."""
_MEANS = (
    "refers? to|means?|describes?|denotes?|stands? for|asks?|occurs? when|happens? when|consists? of|"
    "(?:states?|asserts?|holds?|says?|claims?) that|(?:can|may|could|might) be (?:defined|described|understood|thought of) as|is meant (?:as|to)"
)
_FIELD = r"in (?!\d|advance|fact|general|particular|practice|theory|turn|wh\w+|how|that|this)(?:the |an? )?[\w-]+(?: [\w-]+){0,2}?"
"""Where the subject is sought: "Bias in machine learning is …". """
_SERVES = "revolves? around|focus(?:es)? on|encompass(?:es)?|aims? (?:to|at)|seeks? to|tries to|attempts? to|involves?|concerns?|studies|corresponds? to|(?:was|were) (?:co-?)?(?:founded|formed|established|launched|set up)"
"""What a thing is for or about, or when it began, which is next to what it is."""
_WELL = "(?:very )?roughly(?: speaking)?|broadly(?: speaking)?|informally|formally|briefly|simply put|in short|in brief"
_KIND = re.compile(
    r"\W*(?:(?:an?|the|any|some) (?!(?:very )?(?:good|great|bad|better|best|useful|promising|powerful|popular|major|valuable|"
    r"crucial|critical|key|important|simplistic|strong|central|diverse|serious|significant|fundamental|essential|vital|core|"
    r"big|main|primary|necessary|most|least|(?:clean|clear|simpl|pur|strong|bigg|larg|hard|easi|old|new|lat|earli|deep|weak|high|near|saf|sharp)est)\b)|to \w+ (?:an?|the|how|whether)\b|(?:when(?:ever)?|where|what(?:ever)?|how|those|something|anything)\b|"
    r"(?:(?!(?:to|in|on|for|with|from|as|at)\b)[\w-]+ ){1,5}?(?:that|which|who|whose|where|between)\b)",
    re.I,
)
"""What follows to be where a definition names a kind, and not only a merit of it."""


def defines(subject: str, text: str) -> bool:
    """The sentence opens as a definition of the subject does, "Inner alignment is …", or comes to its name at its end."""
    return _opening(subject, text) is not None or _named_last(subject, text)


def classes(subject: str, text: str) -> bool:
    """The definition says what kind of thing the subject is: "Inner alignment is the …", not "Inner alignment is complementary to …"."""
    found = _opening(subject, text)
    if found is None or found["serves"]:
        return False
    return not found["is"] or bool(_KIND.match(text, found.end()))


def serves(subject: str, text: str) -> bool:
    """It says what the subject is for: "Kelp counts seek to show …"."""
    found = _opening(subject, text)
    return bool(found and found["serves"])


def core(name: str) -> str:
    """ "biological anchors approach" → "biological anchors"."""
    return re.sub(rf" (?:{_MORE}|{_HEADS})s?$", "", name, flags=re.IGNORECASE)


def names_first(subject: str, text: str) -> bool:
    """The sentence begins with the subject itself: "Compute is …", not "Training compute is …" or "Compute: it …"."""
    own = _own(subject)
    return bool(own) and bool(
        re.match(
            rf"(?:(?:{_WELL}), )?(?:an? |the )?(?:(?:{_HEADS}) (?:of )?)?\W*{own}\b(?!\W{{0,2}}[:–—](?! (?-i:An?|The)\b))",
            text,
            re.I,
        )
    )


def _opening(subject: str, text: str) -> re.Match[str] | None:
    """The opening of a definition, up to its verb."""
    return _opens(own).match(text) if (own := _own(subject)) and len(text.split()) >= SHORTEST else None


def _named_last(subject: str, text: str) -> bool:
    return bool((own := _own(subject)) and _ends(own).search(text))


@lru_cache(maxsize=256)
def _opens(own: str) -> re.Pattern[str]:
    before = rf"(?:(?!(?!(?:{_HEADS})\b)[\w’']+ (?:of|for|in|to|on|with|about|from|by) )(?:(?!(?:{_JOINS})\b)[\w’']+[ -]){{1,2}}?)??"
    after = rf"(?: (?:{_MORE})s?)?(?: \([^)]{{1,40}}\))?(?: or [\"“][^\"”]{{1,60}}[\"”])?(?: {_FIELD})?,?(?: [^,.]{{1,80}},)?"
    verb = rf"(?:(?P<is>(?:is|are|was|were)(?! (?:{_OF_IT})\b))|(?:{_MEANS})|(?P<serves>{_SERVES}))\b"
    return re.compile(
        rf"^(?:(?:(?:{_WELL}), )?(?:an? |the |in [^,]{{2,40}}, )?[\"“'*]*(?:{before}[\"“'‘*]*{own}|(?:[\w’'-]+ ){{1,7}}\({own}\))[\"”'’*s]*{after} {verb}"
        rf"|[\"“'*]*{own}[\"”'*]*(?: \([^)]{{1,40}}\))?(?::| [–—]) ?[\"”'*]*(?=[\w\"“]))",
        re.I,
    )


@lru_cache(maxsize=256)
def _ends(own: str) -> re.Pattern[str]:
    """How a sentence comes to a name: "… are called kelp forests", "The worst is a barren, in which …" or "… warned of a barren, in which …" """
    of_which = r"(?:in which|whereby|meaning|that is)\b"
    called = r"\b(?:(?:is|are|was|were|be) (?:\w+ly |often |also |sometimes |what (?:is|are|we) )?(?:called?|termed|dubbed|known as|referred to as)|"
    return re.compile(
        rf"{called}(?:call|dub|term) (?:it|this|these|such [\w-]+)|defines? (?:[\w-]+ ){{1,14}}as) (?:an? |the )?"
        rf"[\"“'‘*]*{own}[\"”'’*s]*(?: (?:{_MORE})s?)?(?: \([^)]{{1,40}}\))?(?=\W*$|[\"”'’*]*[.;:,)])"
        rf"|\b(?:(?:is|are) (?:an? |the )?[\"“'‘*]*{own}[\"”'’*s]*, where\b|(?:is|are|an?|the) [\"“'‘*]*{own}[\"”'’*s]*, {of_which})",
        re.I,
    )


@lru_cache(maxsize=256)
def _own(subject: str) -> str:
    """A pattern for the subject's words and what is derived from them; empty where it has none. Where it is sought, "in
    language models", may be left unsaid."""
    words = re.findall(r"\w+(?:['’]\w+)?", subject)[:6]
    at = next((at for at, word in enumerate(words) if at and word in {"in", "within", "as"}), len(words))
    said, where = (r"[- ]?".join(_inflected(word) for word in some) for some in (words[:at], words[at:]))
    return rf"{said}(?:[- ]?{where})?" if where else said


def _inflected(word: str) -> str:
    if len(word) <= 3 or re.search(r"['’]", word):
        return re.sub(r"['’]", "['’]", re.escape(word)) + "s?"
    if len(word) > LONG:
        return rf"{re.escape(word[: -5 if len(word) > DERIVED else -3])}\w{{0,6}}"
    return rf"{re.escape(word.rstrip('s'))}\w{{0,3}}"
