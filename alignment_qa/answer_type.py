"""A question and a sentence → does the sentence hold the kind of thing that was asked for: a definition, a contrast, a
cause, a person, a time, an amount. Words alone decide; whether it is the right one is for `evidence`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from alignment_qa.definition import defines
from alignment_qa.lexical import FUNCTION_WORDS, terms
from alignment_qa.question import UNTIL, Aspect, Question, Unit

STRICT = frozenset({"who", "when", "number"})
"""Kinds whose answer must hold a thing of that kind."""

TOLD = frozenset({"who", "when"})
"""Those that only a sentence with a name, or with a time, can answer."""
_HOW_MANY = re.compile(r"\bhow many\b", re.I)

NAMELESS = frozenset("i ai ais agi agis asi ml rl llm llms ok".split())
"""Written as names, and the name of nobody."""
APART = 3  # words between a number and what it counts

_CONTRAST = re.compile(
    r"\b(differ\w*|whereas|while|in contrast|contrast\w*|unlike|distinct\w*|not the same|rather than|on the other hand|versus|as opposed)\b",
    re.I,
)
_SAYS = r"(?:[ -]\w+){0,2}?['’]?s?,? (?:\w+ )?(?:is|are|asks?|means?|deals?|concerns?|refers?|describes?|covers?|requires?|occurs?|happens?|fails?|compares?|trains?|uses?)\b"

_SMALL = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_NUMBER = rf"(?:\d[\d,.]*|(?:{_SMALL})(?:-\w+)?|no|zero|once|twice|thrice|dozens?|hundreds?|thousands?|millions?|billions?|half|third|thirds|quarters?|tenth|couple|several)"
_AMOUNT = re.compile(rf"(?<![\w.\[]){_NUMBER}\b(?! et al)", re.I)
_YEAR = re.compile(r"(?:19|20)\d\d")
"""A number that more often tells when than how many: "since 2010 more computers …"."""
_UNITS: dict[Unit, re.Pattern[str]] = {
    "money": re.compile(rf"[$€£¥]\s?\d|\b{_NUMBER}(?:[ -]\w+)? (?:dollars?|euros?|pounds?|cents?|yen|yuan)\b|\b(?:USD|EUR|GBP)\b|\b(?:free of charge|unpaid|for free)\b", re.I),
    "share": re.compile(rf"\d\s?(?:%|‰)|\b(?:percent|per cent|percentage points?)\b|\b{_NUMBER} (?:(?:out )?of|in) (?:the |every |its |all )?\w+|\b(?:half|thirds?|quarters?|fraction|majority|minority|always|never|times)\b", re.I),
    "duration": re.compile(rf"\b{_NUMBER}(?:[ -]\w+)?[ -](?:(?:milli)?seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies)|pages?|words?|tokens?|chapters?|steps?)\b", re.I),
    "day": re.compile(r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.? \d|\d(?:st|nd|rd|th)? (?:of )?(?:January|February|March|April|May|June|July|August|September|October|November|December)\b|\b\d{4}-\d\d-\d\d\b"),
    "month": re.compile(r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|spring|summer|autumn|winter)\b"),
}  # fmt: skip
_DATE = re.compile(
    r"\b(?:1[0-9]|20)\d\ds?\b|\b(?:January|February|March|April|June|July|August|September|October|November|December) \d|"
    r"\b(?:in|of|by|until|till|since|from|every|each|last|next|early|late) (?:January|February|March|April|May|June|July|August|September|October|November|December)\b|"
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b|\b(?:yesterday|last (?:year|month|week)|(?:years?|decades?|months?|centur(?:y|ies)) (?:ago|earlier|later|before|after))\b"
)
_OCCASION = re.compile(
    r"\b(?:when|once|whenever|until|before|after|as soon as|during|daily|weekly|monthly|quarterly|yearly|annually|noon|midnight|"
    r"(?:every|each|twice a) (?:\w+ )?(?:hour|day|night|morning|evening|week|month|quarter|year|spring|summer|autumn|winter)s?|"
    rf"at (?:\d\d?(?::\d\d)?|{_SMALL})(?: ?[ap]\.?m\b| o['’]clock|(?=[,.;]|$)))"
)
_PAST = re.compile(r"\b(?:was|were|did|had|year|date|month|decade)\b", re.I)
"""A question about time that wants a date: one about what happens at times takes an occasion as well."""
_FUTURE = re.compile(
    rf"\bwhen will\b|{UNTIL}|\bwhen\b.*\b(?:going to|(?:is|are) (?:expected|predicted)|(?:we|they|it|there)['’]ll)\b|"
    r"\bwhen (?:do|does|is|are|might|could)\b.*\b(?:expect|predict|forecast|coming|due)\b",
    re.I,
)
_AHEAD = re.compile(
    r"\b(?:by|before|until|around|about|after|between|in|of|at|to|from) (?:the (?:end|middle|year|early|late|mid)[^.,;]{0,12} )?(?:20[3-9]\d|2[1-9]\d\d)|"
    r"\b(?:by|before|until|between) (?:the (?:end|middle) of )?(?:20\d\d|th(?:is|e) (?:decade|century))\b|"
    rf"\b(?:within|in) (?:about |some |at most |as few as |a (?:few|couple of) )*(?:{_NUMBER}(?:(?: to | or |-){_NUMBER})? )?(?:years?|decades?|centur(?:y|ies))\b|"
    r"\b(?:years?|decades?|centur(?:y|ies)) (?:away|off|from now|hence|to come)\b|\b(?:never|soon|someday|no time soon|far off)\b",
    re.I,
)
"""A time ahead, for what has not happened: that somebody proposed something in 2023 does not tell when a thing will be."""
_NAME = re.compile(
    r"\b[A-Z][\w'’-]*(?:[ -](?:(?:van|von|de|der|la|al|of) )?[A-Z][\w.'’-]*)*(?: et al)?|\b(?:he|she) (?:wrote|argued)"
)
_GENITIVE = re.compile(r"['’]s?$")
_SEVERAL = re.compile(r"[A-Z]{2,}s")
"""Things of a kind, by their abbreviation."""
ATTRIBUTES = re.compile(
    r"\b(introduced?|coin(?:ed|s)|defin(?:ed|es)|propos(?:ed|es)|wrote|writ(?:ten|es)|publish(?:ed|es)|argu(?:ed|es)|nam(?:ed|es)|describ(?:ed|es)|"
    r"call(?:ed|s)|invent(?:ed|s)|develop(?:ed|s)|found(?:ed|s)?|show(?:ed|n|s)|report(?:ed|s)|built|made|led|won|said|says|held|holds|gave|gives|et al|by)\b",
    re.I,
)

_ASCRIBED = re.compile(
    rf"(?:['’]s?\b|,[^,.]{{0,60}},| \([^)]{{0,40}}\))?(?:[ ,]+[\w'’-]+){{0,3}}?[ ,]+{ATTRIBUTES.pattern}|['’]s? (?:\w+ )?(?:idea|term|proposal|argument|work|paper|book|essay|point|definition)",
    re.I,
)
"""What follows a name to which something is ascribed."""
_ASCRIBING = re.compile(r"\b(?:by|from|et al|authors?|named after|called)(?:[ ,]+[\w'’-]+){0,4}[ ,(\[“\"]*$", re.I)
"""What stands before it."""
_BY = re.compile(
    r"\b(\w+(?:ed|en|wn|t|d)) by (?:the|our|its|their|his|her) (?!means\b|use\b|time\b|end\b|\w+ing\b)[a-z]"
)
"""What was done by somebody."""
_OPENS = re.compile(
    r"^\W*[A-Z][\w-]+(?:['’]s? (?P<own>[\w-]+(?: [\w-]+){,3})|(?: (?:first|later|also|has|had|then|once|originally))* (?P<did>[\w-]+))"
)
"""A word that opens a sentence, which has a capital there in any case, and what that one did; or, after a genitive, somebody
or something of that one's did."""


_CAUSE = re.compile(
    r"(?<!\bnot )\b(?:because|since|so|due to|owing to)\b|\breasons?\b(?! (?:is|are|was|were) not\b)|\b(?:therefore|thereby|otherwise|lest|for fear)\b",
    re.I,
)

_SHOWS: dict[Aspect, re.Pattern[str]] = {
    "objection": re.compile(r"\b(object(?:s|ed|ions?)|critic\w*|disagree\w*|disput\w*|doubt\w*|argu(?:es?|ed) (?:that|against)|repl(?:y|ied|ies)|contest\w*|counter\w*|however|question(?:s|ed)|"
                            r"limit(?:s|ed|ations?)?|weak\w*|drawbacks?|fails? to|cannot|skeptic\w*|sceptic\w*|against|controvers\w*|warn(?:s|ed)?|challeng\w*|not (?:show|prove|mean|enough))\b", re.I),
    "evidence": re.compile(r"\b(evidence|experiment\w*|found|show(?:s|ed|n)?|test(?:s|ed)?|observ\w*|measur\w*|report(?:s|ed)?|stud(?:y|ies|ied)|result\w*|demonstrat\w*|data|per ?cent)\b|\d ?%", re.I),
    "example": re.compile(r"\b(for example|for instance|such as|examples?|e\.g\.|instances?|a case|one case|illustrat\w*|demonstrat\w*)\b", re.I),
    "open": re.compile(r"\b(open|unsolved|unresolved|unclear|unknown|remain\w*|not yet|no (?:one|method|agreed)|whether|question)\b", re.I),
    "origin": re.compile(r"\b(?:coined|introduced|invented|originat\w*|devised|goes back to|dates? from|came up with|gave (?:\S+ ){1,6}(?:its|their|the|a) name|"
                         r"first (?:described|used|proposed|named|defined|introduced|stated|formulated|appeared|set out|wrote)|(?:described|used|proposed|named|defined|introduced|stated|formulated) first)\b", re.I),
}  # fmt: skip


_CASE = re.compile(
    r"\b(?:for example|for instance|e\.g\.|as when|an? (?:\w+ ){0,2}(?:example|instance|illustration)|examples?(?= (?:is|are|was|of))|['’]s (?:[\w-]+ )?example|scenario|"
    r"(?:one|best-known|well-known|famous|real|clear|known) cases?|incidents?|in one (?:\w+ )?(?:test|study|experiment|game|run|trial))\b",
    re.I,
)
_YEARS = re.compile(r"\b(?:19|20)\d\d\b")
_SEEN = re.compile(
    r"\b(?:found|show(?:ed|n)|reported|observed|trained|built|tested|gave up|got|put|ran|told|asked|led|learn(?:ed|t)|demonstrated|recovered|withdrew|posted|became|attempted|tried|printed|deliberately)\b",
    re.I,
)
_CLAIMED = re.compile(
    r"\b(?:argue[ds]?|h[eo]ld(?:s|ing)?|proposed|defined|named|divided|sorted|splits?|takes? an|took an|remark)\b", re.I
)
_ONE_OF = re.compile(r"\b(?:is|are|was|were) (?:an?|one) ([^,;.:]*)", re.I)
"""What something is one of: "The boat that circled is an outer failure." """
SUBJECT = 6  # words up to which what stands before "is" is a name
_CASES = re.compile(
    r"\b(?:examples?|cases?|experiments?|illustrat\w+|demonstrat\w+|incidents?|observed|practice|seen|stud(?:y|ies))\b",
    re.I,
)
"""The heading of a section of cases."""


_SECTION: dict[Aspect, re.Pattern[str]] = {
    **_SHOWS,
    "origin": re.compile(
        rf"{_SHOWS['origin'].pattern}|\b(?:origins?|original|history|beginnings|developed|development|came from)\b",
        re.I,
    ),
}
"""The words of a heading whose section shows it."""


def shows(aspect: Aspect, heading: str, text: str) -> float:
    """How clearly a sentence is about that side of its topic: by its own words, and by those of its section's heading."""
    if not aspect:
        return 0.0
    section = heading.rpartition("›")[2]
    return (float(bool(_SHOWS[aspect].search(text))) + float(bool(_SECTION[aspect].search(section)))) / 2


_LISTED = tuple(
    re.compile(rf"\b(?:{words})\b", re.I)
    for words in (
        r"approaches|methods|techniques|strategies|proposals|solutions|remedies|defen[cs]es|mitigations|ways|measures|families of methods?",
        r"types|kinds|sorts|forms|varieties|categories|classes|families",
        r"steps|stages|phases",
        r"parts|components|elements|ingredients",
        r"problems|issues|difficulties|challenges|obstacles|limits|limitations|weaknesses|drawbacks|criticisms|critics|objections|doubts",
        r"reasons|arguments|causes|explanations",
        r"risks|dangers|harms|threats",
        r"benefits|advantages|uses|applications",
        r"effects|consequences|implications|conclusions",
        r"conditions|requirements|assumptions|premises",
        r"findings|results",
    )
)
"""Words for what a list may be of, those that stand for the same together."""


def leads_into(question: Question, heading: str, text: str) -> bool:
    """It leads into a list of what is asked for, by its own words or its section's, and names all else in the question."""
    words = next((words for words in _LISTED if words.search(question.text)), None)
    if words is None or not set(terms(words.sub(" ", question.text))) <= set(terms(f"{heading} {text}")):
        return False
    others = (re.match(r" of (?:(?:the|an?) )?([\w-]+)", text[found.end() :]) for found in words.finditer(text))
    if any(of is None or set(terms(of[1])) <= set(question.terms) for of in others):
        return True
    return bool(words.search(heading.rpartition("›")[2])) and not any(other.search(text) for other in _LISTED)


def gives_example(question: Question, heading: str, text: str) -> float:
    """How clearly a sentence tells of a case, in [0, 1]: by saying so, by what was seen in some year, by calling something
    one, by its section. What says what all of it is tells of no case."""
    subject = re.split(r"\b(?:is|are|was|were|means?)\b", text, maxsplit=1)[0]
    asked, words = set(question.terms), set(terms(subject))
    if len(subject.split()) <= SUBJECT and asked <= words and ("exampl" in asked or not _CASE.search(subject)):
        return 0.0
    seen = _YEARS.search(text) and _SEEN.search(text) and not _CLAIMED.search(text)
    called = max((len(asked & set(terms(kind))) for kind in _ONE_OF.findall(text)), default=0)
    seen = seen or called >= max(2 * len(asked) / 3, 1)
    return (bool(_CASE.search(text) or seen) + bool(_CASES.search(heading.rpartition("›")[2]))) / 2


def holds(question: Question, text: str) -> float:
    """1 when the sentence holds what this kind of question asks for, else 0; a person of whom it says nothing, half."""
    match question.kind:
        case "definition" | "how":
            return float(any(defines(name, text) for name in question.called))
        case "who" if question.subject:  # who is that? told by what that one is, or at least did
            return max(float(defines(question.subject, text)), 0.75 * does(question.subject, text))
        case "who":
            found = max((1.0 if near else 0.5 for near in _names_another(question, text)), default=0.0)
            found = max(found, 0.5 * _done_by(question, text))
            return found / 2 if question.aspect == "origin" and not _SHOWS["origin"].search(text) else found
        case "when":
            if question.unit:
                return float(bool(_UNITS[question.unit].search(text)))
            if _FUTURE.search(question.text):
                return float(bool(_AHEAD.search(text)))
            return float(bool(_DATE.search(text) or (_OCCASION.search(text) and not _PAST.search(question.text))))
        case "number":
            return float(_counts(question, text))
        case "comparison":
            return float(contrasts(question.sides, text))
        case "why":
            return float(bool(_CAUSE.search(text)))
        case _:
            return 0.0


def is_told(question: Question, texts: Sequence[str]) -> bool:
    """Some text holds the person, the time or the money that is asked for, or a number where it is asked how many; for any
    other question true. Another amount may be told without a number ("rarely"), or of the same things by another word."""
    if question.kind == "who" and not question.subject:
        return any(_tells_who(question, text) for text in texts)
    if question.kind in TOLD or question.unit == "money":
        return any(holds(question, text) for text in texts)
    numbers = (found[0] for text in texts for found in _AMOUNT.finditer(text))
    return not _HOW_MANY.search(question.text) or any(not _YEAR.fullmatch(number) for number in numbers)


def _tells_who(question: Question, text: str) -> bool:
    """The text names somebody; and where it is asked who said or made something, it ascribes something to a name."""
    named = [*_names_another(question, text), *([True] if _done_by(question, text) else [])]
    return any(named) or (bool(named) and question.aspect != "origin" and not ATTRIBUTES.search(question.text))


def does(name: str, text: str) -> bool:
    """The sentence says what the one of that name wrote, argued or made."""
    return bool(re.search(rf"\b{re.escape(name)} (?:\w+ )?{ATTRIBUTES.pattern}", text, re.I))


def contrasts(sides: Sequence[str], text: str) -> bool:
    """The sentence sets one side against the other: with a word of contrast, or by saying something of each."""
    if not sides or not all(mentions(side, text) for side in sides):
        return False
    return says_of_each(sides, text) or bool(_CONTRAST.search(text))


def says_of_each(sides: Sequence[str], text: str) -> bool:
    """The sentence has each side as a subject: "A asks whether …, and B asks …"."""
    return all(re.search(rf"\b{re.escape(side.split()[0])}s?\b{_SAYS}", text, re.I) for side in sides)


def mentions(phrase: str, text: str) -> bool:
    """The text holds every content word of the phrase."""
    return set(terms(phrase)) <= set(terms(text))


def _counts(question: Question, text: str) -> bool:
    """An amount in the asked unit, or a number close before what is counted; any number where neither is known."""
    if question.unit:
        return bool(_UNITS[question.unit].search(text))
    for found in _AMOUNT.finditer(text):
        after = re.findall(r"[\w'’-]+", text[found.end() : found.end() + 80])
        apart = 0 if _YEAR.fullmatch(found[0]) or found[0].lower() == "no" else APART
        if not question.counted or question.counted in terms(" ".join(after[: apart + 1])):
            return True
    return False


def _names_another(question: Question, text: str) -> Iterator[bool]:
    """For each name that the sentence has and the question has not, whether something is ascribed to it. The first word,
    which has a capital in any case, is one where more of a name follows it, or at once what is ascribed ("Anthropic
    developed …") or asked of somebody. A single letter names a variable or an agent in a proof, and "APIs" nobody."""
    asked = {*_words_of(question.text), *NAMELESS, *FUNCTION_WORDS}
    opens = re.match(r"^\W*[A-Z][\w'’-]+ (?:[A-Z][\w.]|et al|and [A-Z]|\()", text) or _opens_with_one(question, text)
    first = re.match(r"^\W*\w+", text)
    for found in _NAME.finditer(text, 0 if opens or not first else first.end()):
        if _SEVERAL.fullmatch(found[0]):
            continue
        name = _GENITIVE.sub("", found[0])
        if any(len(word) > 1 and word not in asked for word in _words_of(name)):
            end = found.start() + len(name)
            yield bool(_ASCRIBED.match(text, end) or _ASCRIBING.search(text[: found.start()]))


def _done_by(question: Question, text: str) -> bool:
    """What is asked was done by somebody, who need have no name: "approved by the finance group"."""
    return any(set(terms(verb)) & set(question.terms) for verb in _BY.findall(text))


def _opens_with_one(question: Question, text: str) -> bool:
    """What follows the first word tells what that one said, made or did of what is asked."""
    found = _OPENS.match(text)
    words = (found["own"] or found["did"]).split() if found else []
    return any(ATTRIBUTES.match(word) or set(terms(word)) & set(question.terms) for word in words)


def _words_of(text: str) -> list[str]:
    """In small letters, parted at hyphens and apostrophes: "I'm" and "AI-made" are the words of no name."""
    return re.findall(r"[^\W_]+", text.casefold())
