"""How a question leans on what was said before: the words that stand for something, and those that leave something out."""

from __future__ import annotations

import re

from alignment_qa.lexical import terms
from alignment_qa.talk import talk

ABOUT = re.compile(r"^\W*(?:(?:and|but|so|then|now)\b[\s,]*)?(?:what|how) about\b", re.I)
PRONOUN = re.compile(r"\b(it|its|they|their|theirs|them|this|that|these|those|he|she|him|his|her|one|ones)\b", re.I)
_ALONE = (
    r"(?: one)?(?=\W*$|['’]s\b|\W*[,;?!]| (?:is|are|was|were|does|do|did|has|have|had|can|could|would|will|and|or|but|in|for|with|by|at|on|about|to|as|after|before|when|if|"
    r"than|from|\w+ed|begin|began|start|come|came|appear|happen|get|go|take|become|say|means?|works?|fails?|helps?|ever|also|still|really|actually|more|less|\w+er)\b)"
)
"""What follows an ordinal that names a thing by itself: not "the first two", nor "the second argument". """
BACK = re.compile(  # this, that, these and those before a noun are no pronouns: the noun says what is meant
    rf"\b(?:it|its|they|their|theirs|them|he|she|him|his|her|the (?:former|latter|other(?: one)?)|the (?:first|second|third){_ALONE}|"
    r"the (?:term|word|phrase|name|idea|concept|notion)(?=\W*$| (?:come|mean|stem|originat|itself|first))|"
    r"(?:(?<=\bdid )|(?<=\bdoes )|(?<=\bcould )|(?<=\bwould )|(?<=\bwill )|(?<=\bcan )|(?<=\bshould ))(?:this|that)(?= \w+\W*$)|"
    r"(?:this|that|these|those)(?=\W*$|[,;?!]| (?:in|on|at|for|to|with|about|from|by|different|been|ever|just|and|or|too|also|even|still|really|actually|always|never|all|not|than|so|true|go|do|does|get|come|mean|work|happ?en|occur|exist|matter|fail|help|differ|sounds?|seems?|looks?|feels?|would|could|should|will|can|cannot|is|was|isn|wasn|doesn|has|had)\b))\b",
    re.I,
)
LEANS = re.compile(r"\b(?:it|its|they|their|them|this|that|these|those|he|she|his|her)\b", re.I)
"""Words that may stand for something said before, whatever comes after them."""
PERSON = re.compile(
    r"\b[A-Z][a-zé]+(?: [A-Z]\.)? (?:(?:de|van|von|du|la) )?[A-Z][a-zé]+(?:[A-Z][a-z]+)?(?:-[A-Z][a-z]+)?\b(?! (?:Institute|University|Act|Center|Centre|Foundation|Project|Forum|Lab))"
)
"""A name of two words, as persons have."""
OF_THEM = re.compile(
    r"\bof (?:them|these|those)\b|\b(?:none|neither|both|some|most|few|many|any|(?<!at )all|each|others)(?= (?:of (?:them|these|those)|has|have|had|is|are|was|were|do|does|did|can|could|will|would|ever)\b|\W*$)",
    re.I,
)
"""So many of what was spoken of: "surely none has ever got out". """
AT = re.compile(r"^(?:in|for|with|at|on|during|after|before|among|by|from|without|to|within|under|outside)\b", re.I)
"""What goes on with the last question: "and in current models?" """
WHICH_WAS = re.compile(r"^(?:which|what) \w+ (?:is|was|are|were) (?:it|this|that|they|these|those)\W*$", re.I)
EXAMPLE = re.compile(r"\b(?:examples?|instances?)\W*$", re.I)
DETERMINED = re.compile(r"\b(?:the|my|our|your)\b", re.I)
NEW = re.compile(r"\ban? (?!lot\b|bit\b|few\b|way\b)\w", re.I)
"""What a thing that a pronoun can stand for is named with: "Can I trust the chatbot when it …", "Could a company prove that its …" """
_OWNED = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|could|would|will|should)(?:n['’]t)? (?:the |an? )?([\w'’-]+)(?: [\w'’-]+){1,5}? (?:its|their|his|her)\b",
    re.I,
)
OF_A_PERSON = re.compile(r"\b(?:he|she|him|his|her)\b", re.I)
CLAUSE_END = re.compile(
    r"[,;.?!:]|\b(?:and|or|but|because|when|if|since|that|which|after|before|than|as|with|like|who|while)\b", re.I
)
CHANGES = re.compile(
    r"^\W*(?:by the way|btw|speaking (?:of|about)|talking about|chang\w+ the subject|(?:on )?another (?:topic|subject|question|thing)|"
    r"(?:a |on a )?different (?:topic|subject|question|matter)|unrelated(?:ly)?)\b",
    re.I,
)
"""Words that announce another subject."""
BARE = re.compile(
    r"^\W*(?:why|how|how so|when|where|who|really|for example|such as|like what|example|examples|more|go on|continue|"
    r"tell me more|more details?|elaborate|explain(?: more| further| that| this)?|in what way|what else|any examples?|"
    r"can you give (?:me )?(?:an )?examples?|give (?:me )?(?:an )?examples?|what do you mean|why not|(?:since|until|till|by|from|for|to|with|in|at) (?:when|whom?|what|where|which(?: one)?)|"
    r"(?:(?:for|by|in|to|with|at|from|since) )?how (?:often|much|many|long|far|big|fast|soon|likely|exactly)|why exactly|(?:like|such as) (?:who|where|which|when)|meaning(?: what)?|in what sense|which(?: ones?)?)\W*$",
    re.I,
)
ACCORDING = re.compile(
    r"^\W*(?:says who|according to whom?|who (?:says|said|claims?|thinks|believes|argues)(?: (?:so|that|this|it))?)\W*$",
    re.I,
)
REASON = re.compile(
    r"^(why|how)(?: (?:so|come))?$|^(why|how) (?:is|are|does|do|would|could|can) (?:it|that|this|they)(?: be| work| happen)?$",
    re.I,
)
YES_NO = re.compile(
    r"^\W*(?:(?:and|so|but|then) )*((?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|may|might|must)\b.+?)\W*$",
    re.I | re.S,
)
ANY = re.compile(r"any\b(?: [\w'’-]+){1,3}$", re.I)
"""What is asked after with no verb: "any known biases?" """
SOURCES = re.compile(
    r"^\W*(?:(?:(?:what(?: are|['’]s| is)|where (?:are|is)|give me|list|show(?: me)?|any|some|your|the|got|do you have|have you got|are there|is there|more|further|good|best|useful|key|main|original|recommended|can you recommend|recommend(?: me)?) )*"
    r"(?:sources?|references?|citations?|bibliography|literature|papers?|links?|reading(?: list)?|books?|articles?|resources?)|"
    r"(?:(?:and )?where (?:can|could|do|should|would) (?:i|we|one) (?:read|learn|find|go|look)(?: out)?(?: for)?(?: more)?(?: details?| information)?|(?:and )?what (?:else )?(?:should|can|could) (?:i|we) read(?: next| first| further| more)?))"
    r"(?: (?:for|on|about|of) (?:it|this|that|these|those|them))?\W*$",
    re.I,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|isn.t|would) it an? (?:\w+ )?\w+ (?:to|that|for|if)\b|\b(?:is|was|isn.t|would) it (?:\w+ly )?(?!\w+ed (?:to|for)\b)\w+ (?:to|that|for(?! (?:\w+ing\b|[^ ]+ *$))|if)\b|\bdoes it (?:matter|make sense) \w|"
    r"\bwhat (?:does|did|would|will) it (?:takes?|makes?|mean (?:for|to|that|if|when))\b|\b(?:what|how) it (?:means|is (?:said|called|spelled|written))\b|"
    r"\bit(?:['’]s| is| was) (?:\w+ly )?(?:hard(?:er)?|difficult|easy|easier|(?:im)?possible|important|better|best|wrong|right|dangerous|safe|necessary|enough) (?:to|never|not to)\b|"
    r"\bit(?:['’]s| is| was) (?:\w+ly )?(?:true|clear|unclear|known|(?:un)?likely|(?:im)?possible|important) (?:that|if)\b",
    re.I,
)
THERE = re.compile(r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere$", re.I)
_THAT = re.compile(r"\b(?:this|that|these|those)\b", re.I)
ONE = re.compile(r"(?<!\bby )\bones?$", re.I)
_KIND_OF_ONE = re.compile(r"\b(?:the|an?|which|each|every|no|any|another|only) (?:[\w'’-]+ ){0,3}ones?$", re.I)
"""What tells itself which one is meant: "the sleeper agents one", but not "detect one". """
EVENT = re.compile(
    r"\b(?:it|this|that) (?:\w+ly |ever |all )?happ?en|\b(?:do|does|did|done|doing) (?:it|this|that|so)(?=\W*$| (?:too|also|again|as well|yet|ever|now|today|anyway)\b)",
    re.I,
)
"""What happens, or is done, is all that was asked: "Will AI take our jobs?" "When will that happen?" """
TOO = re.compile(r"\b(?:too|also|as well|either|instead)\W*$", re.I)
"""What says the same of another: "Do chatbots fall for it, too?" """
SIDES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\bthe (?:former(?: one)?\b|first{_ALONE})",
        rf"\bthe (?:(?:other|latter)(?: one)?\b|second{_ALONE})",
        rf"\bthe third{_ALONE}",
    )
)
"""What stands for each of the things that were compared."""
WHICH = re.compile(r"which(?: one| of (?:them|these|those|the (?:two|three)))?\b", re.I)


def of_those(rest: str) -> bool:
    """One of several is meant, and what tells which is not said."""
    return bool(ONE.search(rest)) and bool(BACK.search(rest) or _THAT.search(rest) or not _KIND_OF_ONE.search(rest))


def stands_for(rest: str) -> re.Match[str] | None:
    """The pronoun that stands for something said before."""
    if _EXPLETIVE.search(rest) or _owned(rest):
        return None
    return next((found for found in BACK.finditer(rest) if not _relative(rest, found)), None)


def _relative(rest: str, back: re.Match[str]) -> bool:
    """ "that" begins a clause on the noun before it: "the kinds of alignment that exist"."""
    before = re.search(r"([\w'’-]{4,}) $", rest[: back.start()])
    return (
        bool(rest[back.end() :].strip(" ?.!"))
        and back[0].lower() == "that"
        and bool(before)
        and bool(set(terms(before[1] if before else "")) - talk())
    )


def _owned(rest: str) -> bool:
    """What a possessive belongs to is the subject of its own question: "Why did OpenAI stop its project?" """
    found = _OWNED.search(rest)
    return bool(found) and not set(terms(found[1] if found else "")) <= talk()
