"""A question as a person typed it → what it asks for: its kind, its sides, and whether it is a question to us at all.

The kinds follow the non-factoid taxonomy of Bolotova et al. (SIGIR 2022), cut down to what changes an answer here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from alignment_qa.lexical import FUNCTION_WORDS, terms

Kind = Literal[
    "definition",
    "comparison",
    "why",
    "how",
    "list",
    "example",
    "who",
    "when",
    "where",
    "number",
    "yes_no",
    "sources",
    "open",
]

Aspect = Literal["", "objection", "evidence", "example", "open", "origin"]
"""Which side of its topic a question asks for; empty where none in particular."""

Unit = Literal["", "money", "share", "duration", "day", "month"]
"""In what an amount or a time is asked for; empty where any will do."""

MAX_LENGTH = 2000
"""Characters of a question that are read; a longer one is cut there."""

TERM = 3
"""Words up to which what is to be defined or compared is a name, not a description."""

SIDES = 4
"""Things that are compared, at most: each is searched for by itself, and an answer has room for two sentences on each."""

_AUXILIARY = "is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|may|might|must"
_ASKED = r"(?:(?:^|[,:;?.!–—])\W{0,4}(?:(?:so|and|but|or|then|ok|okay|on average) )*(?:(?:by|at|to|in|for|of|with|from|over|on|after|within|against|under) )?)"
"""What a question may open with before the word that asks; that word inside a question asks for nothing: "Do we know how much …" """
UNTIL = r"how (?:soon(?! after)|far (?:off|away)|(?:long|many (?:years|decades|months))(?: is it| will it be| do we have)? (?:until|till|before (?:we|ais?|agi)))\b"
"""What asks for a time ahead in other words than "when". """
_TOPIC = rf"(?:(?!(?:{'|'.join(map(re.escape, sorted(FUNCTION_WORDS)))})\b)[\w'’.-]+ ){{1,8}}"
"""Words of a search: "Kelp survey 2023 how many divers". """
_WORKS = r"(?:papers|articles|books|posts|essays|works|publications|writings)"
_EXAMPLE = (
    r"^\W*(?:(?:(?:what|which)(?:['’]?s)?|give|show|tell|name|list|can|could|do|is|are|was|were|have|has|any|please|you|we|there|me|us|know|would|be|some|an?|of|got|provide|with|and|so|ok|"
    r"(?:the )?(?:best|clearest|classic|standard|usual|most famous|best-known)|real|life|world|concrete|simple|everyday|good|famous|well-known|specific|known|actual|historical|recent|"
    r"more|another|one|few|clear|practical|typical)[\s,-]+)*(?:examples?|instances?|illustrations?)\b(?=\W*$|\W*:| (?:of|for|where|when|in|that|from|please|with)\b)"
)
"""How a question opens that asks for examples; not one after adversarial examples, nor after "the example of the thermostat". """
_EXAMPLES_OF = (
    r"(?<=[\w’'-])(?<!al)(?<!ive)(?<!ic)(?<!ous)(?<!ed)(?<!training)(?<!shot)(?<!context)(?<!toy)(?<!test)(?<!these)(?<!those)(?<!the)(?<!\ba)(?<!\ban)(?<!any)(?<!some)"
    r"(?<!have)(?<!has)(?<!give)(?<!gave)(?<!many)(?<!more)(?<!other)(?<!with)(?<!few)(?<!no) examples?"
    r"(?= in (?:real\b|practice|the wild)|(?: please| pls)?\W*$)"
)
"""And after the thing that they are to be of: "reward hacking examples", but not "adversarial examples"."""
_NOUN = r"(?!(?:the|this|that|which|how|who|why|when|is|are|was|were|did|does|do|can)\b)[\w’'-]+"
_ILLUSTRATE = r"\b(?:illustrate|explain|show|describe)\b.* (?:with|by|through) (?:an? |some )?(?:\w+ )?examples?\W*$"
_CLASSES = (
    "ways|reasons|steps|stages|phases|methods|approaches|techniques|strategies|proposals|solutions|defen[cs]es|mitigations|problems|challenges|difficulties|limitations|"
    "weaknesses|drawbacks|criticisms|objections|arguments|causes|conditions|requirements|assumptions|components|parts|risks|dangers|benefits|advantages|consequences|implications"
)
"""What a list may be of, in the words of a question for one."""
AUTHORED = (
    r"^\W*(?:what|which)\b[^?]*\b(?:did [^?]+\b(?:write|publish|author)|(?:has|have) (?!been\b)[^?]+\b(?:written|published|authored))(?=\W*$| (?:about|on|so far)\b)"
    rf"|\bwhat (?:has|have) been (?:written|published) by\b|^\W*(?:(?:what|which|list|name|are there|any|all|the|some|other|more|key|main|recent|best|important) )*{_WORKS} "
    rf"(?:(?:written|published|authored) )?by\b|^\W*(?:(?:what|which) (?:are|were)|list|name) (?:[\w.-]+ ){{0,2}}[\w.-]+['’]s? (?:\w+ )?{_WORKS}\W*$"
)
"""A question for what somebody wrote."""
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.I))  # type: ignore[misc]
    for kind, pattern in (
        ("sources", rf"{AUTHORED}|^(?!\W*(?:so |and |ok )?who\b).*\b(where (can|could|do|should) (i|we|one) (read|learn|find)|(sources?|references?|citations?|papers?|"
                    r"articles?|books?|further reading|bibliography|literature)( (are|is) there|( (have|has))? been (written|published))? (on|about|for|behind)\b"
                    r"|what (should|can|could) (i|we|one) read|reading list|recommend(ed)? (me )?((some|any|a|good|further) )*(reading|papers?|articles?|books?|posts?|literature|resources)"
                    r"|(which|what|any) ((good|other|more) )?(papers?|articles?|books?|posts?|essays?|documents?|works) (are (on|about)|on|about|discuss|cover|mention|describe|deal with|talk about|address))"),
        ("example", rf"{_EXAMPLE}|{_ILLUSTRATE}|^\W*(?:(?:what|give|show|tell|list|can|could|do|any|some|an?|please|you|me|us|is|are|have|there)(?:['’]?s)? )*"
                    rf"(?:{_NOUN} ){{0,3}}{_NOUN}{_EXAMPLES_OF}"),
        ("number", rf"{_ASKED}(?:(?:roughly|about|exactly|approximately) )?(?!{UNTIL})how (?:many|much|long|large|big|often|old|tall|fast|expensive)\b|^{_TOPIC}how many\b|\b(what|which) (was the |is the |were the )?(\w+ )?"
                   r"(number|percentage|percent|fraction|share|proportion|rate|price|cost|budget|salary|accuracy|size|score|odds|probability|chance|temperature|amount|factor|sum|deviation|total|figure)\b"
                   r"|\bwhat (do|does|did)\b.{1,60}\b(pay|cost|earn|charge)\b"),
        ("who", rf"^\W*(by )?who(m|se)?\b|\bwho (first|coined|introduced|wrote|defined|invented|proposed|named|came)\b|{_ASKED}(which|what) (?!do |does |did |would |should |can |could |will |have )(\w+ )?(author|researcher|person|people|philosopher|scientist|economist|writer|professor|founder|co-author|engineer|compan|lab|laborator|organi[sz]ation|universit|institute|team|group|firm|newspaper|journal|politician|minister|president|judge|lawyer|official)(s|y|ies)?\b"
                r"|\bwhich of \S+ co-?authors\b"),
        ("when", rf"{_ASKED}{UNTIL}|^\W*(since |in )?when\b|\b(what|which) (year|date|month|decade)\b"),
        ("where", r"^\W*where\b|\b(in |at |from )?(which|what) (city|country|town|place|venue|state|building)\b"),
        ("why", r"\bwhy\b|\bwhat (causes?|caused|makes?|led|leads)\b|\bhow come\b|\bwhat is the (reason|point|cause)\b|\breasons? (for|why|that)\b"),
        ("list", r"^\W*(?:so |and |ok(?:ay)? |please |now |(?:can|could) you )*(?:(?:list|name|enumerate) .{0,60}\b\w+s\b|(?:give|show|tell) (?:me |us )?(?:a list|(?:\w+ ){0,2}examples)\b)"
                 r"|\bwhat (are|were) (the |some |all )?(\w+ ){0,3}(types?|kinds?|sorts?|ways|examples|cases|"
                 r"reasons|steps|stages|methods|approaches|problems|causes|conditions|forms|components|parts|sub-?problems|limits|limitations|arguments|objections)\b"
                 rf"|\bwhat (?:are|were) (?:the|some|all) (?:\w+ ){{0,3}}(?:{_CLASSES})\b"
                 r"|^\W*what (?:are|were) (?:the|some|all|any) (?:\w+[ -]){0,3}\w+[^s\W]s\b (?:of|in|for|to|behind|that|between) \w"
                 rf"|^(?!\W*(?:{_AUXILIARY}|if|how|why|when|where|who|whose|with|in|by|on|for)\b)(?!.*\.$)\W*(?:[\w'’-]+ ){{0,3}}(?:(examples|types|kinds|sorts) of|(?:{_CLASSES}) (?:of|to|for|against|with)) \w"
                 rf"|\b(which|what) (\w+ )?(types|kinds|sorts|problems|methods|conditions|cases)\b|^\W*(?:(?:in|for|under) )?(?:which|what) (?:\w+ )?(?:{_CLASSES})\b"),
        ("how", r"^\W*(and |so |but )?how\b|\bin what way\b|\bwhat happens\b"),
        ("definition", r"^\W*(so |and |ok |okay |hey |please )?(what(?:'?s|’s| is| are| was| were| exactly)(?! (?:so )?(?:wrong|bad|good) )|what (?:do|does) (?!it )[^?]{1,80}?(?: stand for| refer to|(?<!to) mean\b| do(?=\W*$))|define|explain|describe|state|outline|summari[sz]e|"
                       r"(?:meaning|definition) of|tell me (about|what)|can you (explain|define|tell me))\b"),
        ("yes_no", rf"^\W*(and |so |but |then )?(?:({_AUXILIARY})(n['’]?t)?|can['’]?t|won['’]?t)\b"),
    )
)  # fmt: skip

_UNITS: tuple[tuple[Unit, re.Pattern[str]], ...] = tuple(
    (unit, re.compile(pattern, re.I))  # type: ignore[misc]
    for unit, pattern in (
        ("money", r"\bhow much\b.*\b(cost|costs|pay|pays|paid|spend|spent|rais(e|ed)|earn|earned|money|charge|charged|worth|salary|funding|fund(ed)?|donate|donated|grant(ed)?|prize)\b"
                  r"|\bhow (many|much) (us |u\.s\. )?(dollars|euros|pounds|bucks|money|cash)\b|\b(what|which)\b.{0,30}\b(price|cost|salary|budget|prize money|fee|sum)\b|\bwhat (do|does|did)\b.{1,60}\b(pay|cost|earn|charge)\b"),
        ("share", r"\b(percent(age)?|fraction|share|proportion|rate|how often|accuracy|probability|odds|chance)\b"),
        ("duration", r"\bhow (long|old)\b|\bhow many (pages|hours|days|weeks|months|years|minutes|seconds|words|tokens)\b"),
        ("day", r"\b(what|which|on what|on which) (exact )?(day|date)\b|\bdate of\b"),
        ("month", r"\b(what|which) month\b"),
    )
)  # fmt: skip

_TOLD_IN: Mapping[Unit, frozenset[Kind]] = {unit: frozenset({"number", "when"}) for unit in ("day", "month")}
"""The kinds of question that a unit is of, where it is not only amounts."""

_ASPECTS: tuple[tuple[Aspect, re.Pattern[str]], ...] = tuple(
    (aspect, re.compile(pattern, re.I))  # type: ignore[misc]
    for aspect, pattern in (
        ("objection", r"\b(objections?|critics?|critici[sz]\w*|disagree\w*|against|counter-?arguments?|wrong with|skeptic\w*|sceptic\w*|opponents?|downsides?|"
                      r"drawbacks?|shortcomings?|flaws?|weakness\w*|limits|limitations?|doubts?|dispute\w*|problems? with|fails?|contested|controvers\w*|push-?back|dead ends?|over-?rated|over-?hyped|useless|pointless|flawed)\b|"
                      r"^\W*(?:(?:so|and|but|then|why) )?(?:is|are|was|were|would|will|can)(?:n['’]t)?\b.{1,50}\b(?:enough|sufficient|suffice)\W*$"),
        ("evidence", r"\b(evidence|proof|prove[dns]?|experiments?|tested|tests?|observed|measured|empirical\w*|stud(y|ies)|real life|in practice|actually happen\w*|seen in|data)\b"),
        ("example", r"\b(examples?|instances?|cases? (?:of|where|when|in which)|illustrat\w*|demonstrat\w*)\b"),
        ("open", r"\b(open (problems?|questions?)|unsolved|unresolved|still (open|unknown|unclear)|remain\w*|not yet known|future work)\b"),
        ("origin", r"\b(origin\w*|coined|invented|thought up|first (used|proposed|described|defined|named|introduced)|came up with|introduced|history|name come from)\b"),
    )
)  # fmt: skip

_SIDES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\b(?:diff(?:s|erences?)?|distinctions?|contrast|compari[sz]ons?) (?:is |are )?(?:there )?(?:between|of) (?P<a>.+?) (?:and|&|or|with) (?P<b>[^?.!]+)",
        r"\b(?:distinguish(?:es)?(?: between)?|differentiat(?:es?|ing)|separates?|sets?|tell) (?P<a>(?!me\b|us\b).{1,80}?)(?: apart)? from (?P<b>[^?.!]+)",
        r"\b(?:compar(?:e|ing)|contrast(?:ing)?|distinguish(?:es)? between) (?P<a>(?!(?:what|how|why|who)\b).+?) (?:and|with|to|against) (?P<b>[^?.!]+)",
        r"\b(?:how|in (?:what|which) ways?) (?:is|are|was|were) (?P<a>.{1,80}?) (?:different|distinct|distinguished) (?:from|to|than) (?P<b>[^?.!]+)",
        r"\b(?:do|does|did) (?P<a>.{1,80}?) (?:differ (?:from|to)|compare (?:to|with|against)|stack up (?:to|against)) (?P<b>[^?.!]+)",
        r"\b(?:(?:do|does|did)(?! (?:i|you|we)\b)|tell) (?P<a>.{1,80}?) (?:and|or) (?P<b>[^?.!]{1,80}?) (?:really |actually |even )?(?:differ|compare|contrast|apart|have in common)\b",
        r"\b(?:is|are|was|were) (?P<a>.{1,80}?) (?:and|or) (?P<b>[^?.!]{1,80}?) (?:really |just |simply |actually |basically |exactly |all )*(?:the same|different|identical|equivalent|synonym\w*|interchangeable)\b",
        r"\b(?:is|are) (?P<a>.{1,80}?) (?:really |just |simply |actually |basically |exactly )*(?:the same (?:thing )?(?:as|with)|different (?:from|to|than)|identical (?:to|with)|equivalent to|an?(?:other| fancy| new)? (?:name|word|synonym|term) (?:for|of)|unlike) (?P<b>[^?.!]+)",
        r"^(?:what is |what's |explain )?(?P<a>[^?.!,]+?) (?:vs\.?|versus|as opposed to|in contrast (?:to|with)) (?P<b>[^?.!]+)",
        r"^(?:what is |what's |explain )?(?P<a>[^?.!,\s]+(?: [^?.!,\s]+){0,3}?) (?:as )?(?:compared (?:to|with)|in comparison (?:to|with)) (?P<b>[^?.!]+)",
        r"^(?P<a>[\w'’-]+(?: [\w'’-]+){0,3})/(?P<b>[\w'’-]+(?: [\w'’-]+){0,3}) (?:difference|comparison)s?\b",
        r"^which (?:is|are|was|one is) [\w ]{1,30}[,:] (?P<a>[^?.!,:]{1,60}?) or (?P<b>[^?.!,:]{1,60})\W*$",
        r"^(?P<a>[^?.!:,]{1,60}?) (?:and|or) (?P<b>[^?.!:,]{1,60}): (?:which|what|how)(?:['’]s| is| are)? (?:the )?(?:better|best|worse|difference|same|safer|cheaper)\b[^,;]*$",
    )
)
_SIDE_END = re.compile(
    r"\s*[,:;…]|\.\.|\s+[-–—]\s|\s+(?:what'?s?|who|how|which|where|when|why|are|is|do|does|and what|in terms of)\b",
    re.I,
)
_ADJECTIVE = re.compile(  # a word that wants a noun after it: "fast vs slow takeoff", but not "jailbreak vs prompt injection"
    r"(?:inner|outer|upper|lower|fast|slow|hard|soft|narrow|broad|wide|strong|weak|short|long|near|far|early|late|high|low|deep|shallow|open|closed|"
    r"good|bad|big|small|dense|sparse|black|white|on|off|pre|post|single|multi|first|second|old|new|prosaic|causal|"
    r"\w+(?:[bcdilnrtu]al|ive|ic|ous|able|ible|less|ful|ed))"
)
_SIDE_NOISE = re.compile(r"^(?:what(?: is|'s)?|the|a|an|is|of|so|and|between)\s+|[\s,]+$", re.I)
_SUBJECT = re.compile(
    r"^\W*(?:so |and |ok |okay |hey |please )?(?:what(?:'s|’s|s| is| are| was| were)|define|explain|describe|state|outline|summari[sz]e|(?:meaning|definition) of|"
    r"what (?:do|does) [^?.!]{1,40}? mean by|what (?:do|does) (?:an? |the (?:(?:term|word|phrase) )?)?(?P<term>.+?) (?:mean|stand for|refer to|do(?=\W*$))|tell me (?:about|what)|can you (?:explain|define))"
    r"\s*(?:exactly |really |actually )?(?:is |are )?(?:meant by |the meaning of |the (?:term|idea|concept|notion) (?:of )?|the deal with |up with |an? |the )?(?P<rest>[^?.!]*)",
    re.I,
)
_SUBJECT_END = re.compile(
    r"\s*[,;:(]|\s+(?:and|but|or) (?:how|why|what|who|when|where|which|is|are|was|were|can|could|does|do|did|has|have|should|will|would)\b"
    r"|\s+(?:in|using) (?:plain|simple|other|your own|lay|everyday|a few|one|non-technical|a nutshell)\b|\s+for (?:a )?(?:beginners?|dummies|newcomers?|lay\w*|kids|children)\b"
    r"|\s+to (?:me|us|my \w+|an? (?:beginner|child|kid|newcomer|five\b|lay))\b|\s+(?:like|as if|as though) (?:i|we)\b"
    r"|\s+(?:exactly|really|actually|anyway|please|again|about)$",
    re.I,
)
_SOUGHT = re.compile(r"^(?:an?|the)\s+|\s+(?:definition|meaning|defined|explained)(?: simply)?$", re.I)
"""What is no part of a topic in a search for what it is: "the kelp forest meaning". """
_TOLD_TO = re.compile(
    r"^\W*(?:(?:so|and|ok|okay|hey|please|now|can you|could you) )*(?:define|explain|describe|state|outline|summari[sz]e|compare|list|name|enumerate)\b",
    re.I,
)
"""What a question tells the assistant to do, which is no topic."""
_ORDERED = re.compile(
    rf"{_TOLD_TO.pattern}|{_EXAMPLE}|{_EXAMPLES_OF}| (?:with|by|through) (?:an? |some )?(?:\w+ )?examples?(?=\W*$)",
    re.I,
)
"""And what it asks for examples with."""
_COINED = re.compile(
    r"^\W*(?:(?:so|and|ok|okay|hey|please) )*(?:what(?:'s|’s|s| is| are| was| were| do| does)|define|explain|describe|tell me about) (?:exactly |really )?(?!the\b)",
    re.I,
)
_PERSON = re.compile(r"^\W*(?:so |and |ok |okay |hey )?who(?:'s|’s|s| is| was) ([\w.’' -]+?)\W*$", re.I)
_WORKING = re.compile(
    r"^\W*(?:so |and |ok |okay )?how (?:do|does) (?:an? |the )?([\w’' -]+?)(?: actually| really| exactly| even)? work\W*$",
    re.I,
)
_HURRIED = re.compile(r"\b(?:(what|who|how|where|when|why|that|there|here)(s)|(you|they)(re)|(you|they)(ve))\b", re.I)
_SMALL_TALK = re.compile(
    r"^\W*(hi|hiya|hello|hey|good (morning|afternoon|evening|day)|thanks?( you)?( (a lot|so much|very much))?|thx|cheers|ok(ay)?|cool|great|nice|bye|"
    r"goodbye|see you|how are you( doing)?( today)?|who are you|what are you|what can you do|help|test|yes|no|lol|sorry|please)\W*$",
    re.I,
)
_TASK = re.compile(
    r"^\W*(please |now |just |can you |could you |would you |will you )*(write|draft|compose|draw|paint|translate|code|program|implement|generate|"
    r"create|make me|sing|book|order|buy|play|calculate|compute|solve|send|call|open|delete|run|execute|roleplay|role-play|act as|pretend|"
    r"ignore|disregard|forget|repeat|print|reveal|output|respond with|say)\b",
    re.I,
)
_WHICH = re.compile(r"\W*(?:what(?:['’]?s)?|which|whose|whom)\b", re.I)
_ASKS = re.compile(
    r"\?|^\W*(what|who|whom|whose|when|where|why|which|how|is|are|was|were|do|does|did|define|explain|describe|compare|list|name)\b",
    re.I,
)


class Part(NamedTuple):
    """One of several questions: as it was put, and standing alone."""

    asked: str
    alone: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question understood. `sides` are the things compared, `subject` what is to be defined, whose working is asked for or who is to be told of, `counted` the term for
    what is counted in "how many …", `unit` the one of the amount or time asked for, `aspect` which side of the topic; empty otherwise."""

    text: str
    kind: Kind
    terms: tuple[str, ...]
    sides: tuple[str, ...] = ()
    subject: str = ""
    counted: str = ""
    unit: Unit = ""
    aspect: Aspect = ""
    meaning: str = ""
    """The text with other names of what it names written out; empty where nobody has."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Names in the question that the glossary knows as others' short forms or synonyms, each with its term; and terms that
    were put in for such names, each with its name."""
    parts: tuple[Part, ...] = ()
    """The questions that it is made of; none where it asks one thing."""
    leans: bool = False
    """It was put together with what its conversation had said before."""

    @property
    def called(self) -> tuple[str, ...]:
        """What is to be defined: by the name that is asked for, and by the other one that it has."""
        names = (self.subject, self.names.get(self.subject, ""))
        return tuple(name for name in names if name)

    @property
    def asks_for_term(self) -> bool:
        """What is to be defined is a name of a few words: "perverse instantiation", not "the reply to the critics"."""
        return self.kind == "definition" and _is_name(self.subject)

    @property
    def is_coined(self) -> bool:
        """It is asked for as a term, "What is reflective stability?", and not as something that is there and may be told of
        in other words: "What is the refund policy?" """
        return self.asks_for_term and bool(_COINED.match(self.text))


def understand(text: str) -> Question:
    """What a question asks for, from its words alone."""
    text = " ".join(text[:MAX_LENGTH].split())
    kind: Kind = next((kind for kind, pattern in _PATTERNS if pattern.search(text)), "open")
    sides = () if kind in {"sources", "example"} else _sides(text)
    kind = "comparison" if sides else kind
    subject = _ABOUT[kind](text) if kind in _ABOUT else ""
    content = tuple(dict.fromkeys(terms(_ORDERED.sub("", text)) or terms(text)))
    if kind == "open" and 0 < len(text.split()) <= 5 and content and not _TASK.match(text) and not _WHICH.match(text):
        kind, subject = "definition", _SOUGHT.sub("", text.strip(" ?.!"))  # a bare topic: "the treacherous turn"
    unit: Unit = next(
        (unit for unit, pattern in _UNITS if kind in _TOLD_IN.get(unit, {"number"}) and pattern.search(text)), ""
    )
    counted = _counted(text) if kind == "number" else ""
    return Question(text, kind, content, sides, subject, counted, unit, _aspect(text))


def apostrophes(text: str) -> str:
    """The text with the apostrophes that are left out in a hurry: "whats" is no word of a topic, nor a misspelt "what"."""
    return _HURRIED.sub(lambda found: "'".join(part for part in found.groups() if part), text)


def is_small_talk(text: str) -> bool:
    """A greeting, thanks, or a question about the assistant itself."""
    return bool(_SMALL_TALK.match(text))


def is_task(text: str) -> bool:
    """An order to do something else than answer: to write a poem, to forget the rules."""
    return bool(_TASK.match(text)) and not _ASKS.search(text)


def _sides(text: str) -> tuple[str, ...]:
    for pattern in _SIDES:
        if found := pattern.search(text):
            sides = [_trim(side) for part in (found["a"], found["b"]) for side in _several(part)]
            if len(sides) <= SIDES and all(terms(side) for side in sides):
                return (*(_share_head(side, sides[-1]) for side in sides[:-1]), sides[-1])
    return ()


def _several(side: str) -> list[str]:
    """The names that one side of "and" or "vs" may be a row of: "RLHF, DPO" or "DPO vs RLAIF"; else the side itself."""
    names = [name.strip() for name in re.split(r",|\bvs\b\.?|\bversus\b", side.rstrip(" ,")) if name.strip()]
    return names if len(names) > 1 and all(_is_name(name) for name in names) else [side]


def _is_name(phrase: str) -> bool:
    words = re.findall(r"[\w'’]+", phrase)
    plain = not any(word.lower() in FUNCTION_WORDS or re.search(r"['’]", word) for word in words)
    return 0 < len(words) <= TERM and plain


def _aspect(text: str) -> Aspect:
    return next((aspect for aspect, pattern in _ASPECTS if pattern.search(text)), "")


def _counted(text: str) -> str:
    found = re.search(r"\bhow (?:many|much) (?:of (?:the )?)?([\w-]+)", text, re.I)
    words = terms(found[1]) if found else []
    return words[-1] if words else ""


def _person(text: str) -> str:
    """The one of whom "Who is …?" asks; empty where it asks for somebody who did or does something."""
    found = _PERSON.match(text)
    words = found[1].split() if found else []
    named = len(words) == 2 or all(word[0].isupper() for word in words)
    does = any(word.lower() in FUNCTION_WORDS for word in words) or (words[:1] and words[0].endswith("ing"))
    return " ".join(words) if named and not does else ""


def _working(text: str) -> str:
    """What a question asks the working of: "How does debate work?" """
    found = _WORKING.match(text)
    return found[1] if found and _is_name(found[1]) else ""


def _trim(side: str) -> str:
    """A side without articles before it and without the clause that goes on after it."""
    before, side = None, _SIDE_END.split(side, maxsplit=1)[0]
    while before != side:
        before, side = side, _SIDE_NOISE.sub("", side.strip())
    return side.strip(" '\"“”")


def _share_head(side: str, last: str) -> str:
    """ "inner and outer alignment" means inner alignment and outer alignment."""
    words, others = side.split(), last.split()
    return f"{side} {others[-1]}" if len(words) == 1 and len(others) == 2 and _ADJECTIVE.fullmatch(side) else side


def _subject(text: str) -> str:
    found = _SUBJECT.match(text)
    if not found:
        return ""
    return _SUBJECT_END.split(found["term"] or found["rest"] or "", maxsplit=1)[0].strip(" '\"“”,")


_ABOUT: Mapping[Kind, Callable[[str], str]] = {"definition": _subject, "who": _person, "how": _working}
"""The kinds of question that are about one thing, and how it is found."""
