"""The text of a passage → which of its sentences may be quoted, and which of them stand on their own: the wording that
tells a sentence from a stub, a pointer to elsewhere, or an order to the assistant."""

from __future__ import annotations

import re
from typing import Literal

from alignment_qa.lexical import FUNCTION_WORDS, named, terms
from alignment_qa.question import Question
from alignment_qa.sentences import LIST_MARK
from alignment_qa.types import Passage

SHORTEST = 8
"""Words of a sentence that can define anything, or that may be quoted although it ends in a colon."""
FEW = 3
"""Terms of a question that may stand together by chance when there are fewer."""
TITLE = 12
"""Words up to which a line whose every content word opens with a capital is a title, also with a full stop."""

_DANGLING = re.compile(
    r"^[\"“'(]*(?:it|its|they|their|them|this|that|these|those|such|he|she|his|her|him|former|latter|the former|the latter|both|"
    r"neither|either|here|there(?! (?:is|are|was|were|may|can))|one|another|others|some of (?:these|those|them)|"
    r"however|but|therefore|thus|hence|moreover|furthermore|also|so|and|or|yet|instead|otherwise|nevertheless|nonetheless|"
    r"consequently|accordingly|similarly|likewise|conversely|meanwhile|then|still|again|besides|additionally|finally|second(?:ly)?|third(?:ly)?|"
    r"in (?:contrast|other words|addition|particular|this|that|these|such|turn|short|fact)|on the other hand|on the contrary|"
    r"(?:(?:all|each|some|many|most|none|few|several|any|two|three|four) )?(?:of|in|among|with|without|by|on|from|under|at|through|after|before|despite|to|like|unlike) "
    r"(?:all |both |many |any |each of )?(?:this|these|them|such|those(?! (?:who|whose|that|which|with|in|of)\b))|"
    r"for (?:example|instance|this|that|these)|as a (?:result|consequence)|as an (?:example|illustration)|as (?:mentioned|noted|described|discussed|we saw)|"
    r"because of (?:this|that)|due to (?:this|that)|if so|if not|rather|more specifically|more precisely|specifically|indeed|of course)\b",
    re.I,
)  # fmt: skip
_PART = r"(?:sub)?(?:sections?|chapters?|appendix|lessons?|posts?|essays?|articles?|paragraphs?|pages?)"
_SHOWN = r"(?:figures?|tables?|diagrams?|charts?|plots?)"
_PICTURE = r"(?:figures?|tables?|images?|diagrams?|graphs?|charts?|pictures?|plots?|videos?)"
_POINTING = re.compile(  # text about the document it stands in, not about its subject
    r"\b(?:as (?:mentioned|noted|described|discussed|shown|explained) (?:above|below|earlier|before)|see (?:above|below|" + _PICTURE + "|" + _PART + r")|"
    r"(?:figure|fig\.|table|section|chapter|equation|eq\.) \d|(?:above|below|previous|preceding|following|subsequent|next|this|remaining) (?:few |two |three |several )?(?:paper|" + _SHOWN + "|" + _PART + r")|"
    + _PICTURE + r" (?:above|below)|(?:explained|described|discussed|covered|explored|treated)\b[^.;]{0,40} in (?:the|our) [^.;]{0,60}?(?:sections?|chapters?|appendix)|rest of (?:the|this) (?:document|" + _PART + r")|this link|these links|"
    r"(?:read|learn|find|explore|discuss|continue|look|listen|watch)\w*\b[^.;:]{0,80}\b(?:here|below|elsewhere|the following links?)(?=\s*(?:[.,;:)]|$))|"
    r"check out|click|subscribe)\b|^(?:below|above) (?:is|are)\b|^\W*see\b|[(;,] ?see (?:the|also)\b"
    r"|^\W*for (?:more|further|additional) (?:information|details?|discussion|background|reading|context|examples|guidance|on|about)\b[^.;]{0,80}\b(?:see|read|look at|visit|refer to|consult|turn to|go to)\b"
    r"|^\W*(?:more|further) (?:information|details?|discussion)\b[^.;]{0,80}\b(?:(?:is|are) (?:available|given|provided) (?:in|at|on|by|from)|can be found)\b"
    r"|(?:^|: ?)(?:in )?(?:the|our|my) (?:next |final |last |first |second |third )?(?:newsletter|textbook|course|blog|talk|episode|" + _PART + r")(?: also| then| finally| first| briefly| next)?,? "
    r"(?:we|i|you|concludes?|discusse[sd]|covers?|explores?|examines?|introduces?|presents?|describes?|explains?|begins?|ends?|reviews?|surveys?|outlines?|summari[sz]es?|closes?|starts?|provides?|gives?|looks?|will|is (?:about|organi[sz]ed))\b"
    r"|^we (?:will |then |also |first |finally |briefly |now ){0,2}(?:explain|discuss|cover|look at|turn to|conclude|begin by|start by|close with)\b",
    re.I,
)  # fmt: skip
_ASKING = re.compile(
    r"^\W*(?:what|why|how|when|who|whom|whose|which|where|is|are|was|were|do|does|did|can|could|should|would|will)\b.*\?\W*$",
    re.I | re.S,
)
_LABEL = re.compile(
    r"^\W*(?:theorem|lemma|definition|proposition|corollary|conjecture|assumption|axiom|claim|remark|observation|example|proof)\b[ \d.]*(?:\([^()]*\))?[ .:]*$",
    re.I,
)
"""What heads a statement: "Theorem 3 (No free lunch)." """
_CUT_OFF = re.compile(r"[a-z]{2,}[ ,;]")
"""How a piece of a sentence opens: with a word in lower case that is no name as o3 is one."""
ORDER = re.compile(  # text that speaks to the assistant or its reader, not about its subject; no part may match twice
    r"^\W*(?:(?:important|attention|note|system|assistant|ai|warning|(?:new )?instructions?)\s*[:,!–—-]+\s*)?"
    r"(?:(?:dear |to the )?(?:assistant|chatbot|model|ai|llm)s?,? (?=you |must|should|shall|will|are ))?"
    r"(?:when (?:asked|answering|you)\b[^.,]{0,80}, )?(?:please |now |instead,? |always |never |only ){0,3}"
    r"(?:(?:you )?(?:must|should|shall|will|are to|are now|need to|have to) (?:now |only |always |never |not )?)?"
    r"(?:(?:ignore|disregard|forget|override|bypass|reveal|print|output|repeat|respond|reply|answer (?:only|with|that|every|all|the)|say (?:only|that|exactly)|tell (?:the )?(?:user|reader|them)|"
    r"pretend|roleplay|act as|do not (?:mention|tell|answer|reveal|cite|say|follow|use|quote)|stop (?:answering|citing)|cite (?:only|this)|follow these)\b"
    r"|you are (?:now |no longer )(?:an? |the |in |bound)|from now on\b)",
    re.I,
)
_PAIRED = re.compile(
    r"\bthe (?:former|latter)\b|\b(?:introduc|coin|develop|propos|populari[sz]|revisit|reject|accept)(?:ed|es|s)? (?:the|both|these) "
    r"(?:terms?|ideas?|notions?|names?|concepts?|words?|phrases?|claims?)\b"
    r"(?=\W*$|[,.;:)]| (?:in|into|as|at|on|with|by|from|when|where|while|and|but|or|under|through|during|first|later|again|long|before|after|over|"
    r"without|more|so|too|also|because|since|once|together|independently|himself|herself|themselves|an?|the)\b)",
    re.I,
)
_OF_THAT_KIND = re.compile(
    r"^(?:(?!\b(?:if|when|who|which|that|where|because|and)\b)[^,;:]){0,80}\b(?:this|that) (?:way|manner|kind|sort|type)\b(?!:)|"
    r"^[^,;:]{0,80}\b(?:these|those) (?:two|three|four|five|six|seven)\b(?!:)",
    re.I,
)
"""What kind that is, or which three, was said before, unless a clause of the sentence itself tells: "A proof of that kind …". """

_ADDRESSES = re.compile(
    r"^\W*(?:to illustrate,? |as (?:an example|an illustration),? |for (?:example|instance),? |now |first,? |so |let us |let['’]s )?"
    r"(?:consider|imagine|suppose|assume|recall|picture|note|notice|remember|think (?:of|about)|say (?:that )?you)\b",
    re.I,
)

_CONTINUES = re.compile(
    r"^\W*(?:(?:an?|the|one|yet|two|three|four|several|some) )*(?:(?:further|additional|other|another|remaining|opposite)(?! (?:than|and)\b|-)|"
    r"(?:second|third|fourth|fifth|next|final|last)(?! and\b|-)(?! \w+ of\b)) |^\W*the same \w+ (?!as\b|that\b)|^\W*(?:two|three|four|several|some) more ",
    re.I,
)

_CONCLUDES = re.compile(r"^[^,;:.?!]{1,80}\b(?:therefore|thus|hence|consequently|accordingly)\b", re.I)
_BESIDE_OTHERS = re.compile(
    r"^(?:(?! and\b)[^,;:]){1,80}? (?:is|was) (?:also )?(?:(?:an?|the) (?:\w+ly )?(?:related|similar|narrower|broader|weaker|stronger|milder|further|other|second|third|fourth|fifth)|another) "
    r"(?!.*\b(?:to|than|from|of|as|in|that|which|who|whose|where)\b)",
    re.I,
)
"""It says of something only how it stands to what came before it: "Time is a third ground for doubt." """

_NAMING = re.compile(
    r"^\W*(?:to [a-z]+|[A-Za-z]{2,}ing)\b(?!.*\b(?:is|are|was|were|am|be|been|has|have|had|can(?:not)?|could|will|would|may|might|must|shall|should|do|does|did|"
    r"means?|makes?|requires?|leads?|gives?|allows?|involves?|helps?|needs?|seems?|becomes?|remains?|works?|shows?)\b)",
    re.I | re.S,
)
"""What names a thing to do and says nothing of it: "Specifying goals in an appropriate language." """

Form = Literal["plain", "item", "lead_in"]
"""A sentence of a paragraph, an item of a list, or the sentence that leads into a list."""


def quotable(text: str, form: Form) -> bool:
    """A whole sentence of some length that does not point elsewhere; not a stub, a heading, a question or a formula."""
    words = re.findall(r"[A-Za-z]{2,}", text)
    ends = text.rstrip(" \"”’')*_")[-1:]
    whole = ends in {".", "!", "?", ";"} or form == "lead_in" or (ends == ":" and len(words) >= SHORTEST)
    if not whole or len(words) < 4 or text.startswith("|") or (form == "plain" and _CUT_OFF.match(text)):
        return False
    if form == "item" and _NAMING.match(text):  # it is said with its list, or not at all
        return False
    return not (
        _POINTING.search(text) or ORDER.match(text) or _ASKING.match(text) or _LABEL.match(text) or _is_title(words)
    )


def _is_title(words: list[str]) -> bool:
    """ "Conclusion on the Limitations of RLHF." """
    return len(words) <= TITLE and all(word[0].isupper() for word in words if word.lower() not in FUNCTION_WORDS)


def repeats(question: Question, text: str, heading: str) -> bool:
    """What is asked stands together in the text, which does not open with it and names nobody and nothing else: "Many
    people wonder why alignment is hard." Asked is more than a subject: three terms at least, two of them not in the
    heading."""
    words, asked, topic = terms(text), set(question.terms), set(terms(heading))
    if len(asked) < FEW or len(asked - topic) < FEW - 1 or asked <= set(terms(question.subject)):
        return False
    if not words or words[0] in asked:
        return False
    if not any(asked <= set(words[at : at + len(asked) + 1]) for at in range(len(words) - len(asked) + 1)):
        return False
    others = (set(terms(name)) - asked - topic for name in named(text) if not any(map(str.isdigit, name)))
    return not any(others)


_AS_EXAMPLE = re.compile(r"^\W*(?:for (?:example|instance)|as an (?:example|illustration)),? ", re.I)


def for_example(text: str) -> str:
    """The sentence without what makes it an example of something said before it: where that was asked for, it is one of that."""
    return _AS_EXAMPLE.sub("", text)


def dangling(text: str) -> bool:
    """The sentence opens with, or rests on, something said before it."""
    return bool(_DANGLING.match(text) or _PAIRED.search(text) or _OF_THAT_KIND.match(text))


def opens_badly(text: str) -> bool:
    """The sentence may stand alone, and is none to begin with: it asks its reader to think of something ("Consider a robot
    that …"), which sets a scene and answers nothing, or counts on from others ("A second reason is …", "Time is another one") or concludes from them ("A box therefore needs …")."""
    return any(pattern.match(text) for pattern in (_ADDRESSES, _CONTINUES, _BESIDE_OTHERS, _CONCLUDES))


def bare(passage: Passage, place: int) -> tuple[int, int, str]:
    """Span and text of a sentence of a passage, without the mark of a list item."""
    start, end = passage.sentences[place]
    text = passage.text[start - passage.start : end - passage.start]
    mark = LIST_MARK.match(text)
    return (start + mark.end(), end, text[mark.end() :]) if mark else (start, end, text)


def forms(passage: Passage) -> list[Form]:
    """For each sentence of a passage, what it is of."""
    texts = [passage.text[start - passage.start : end - passage.start] for start, end in passage.sentences]
    items = [bool(LIST_MARK.match(text)) for text in texts]
    return [
        "item" if item else "lead_in" if text.endswith(":") and any(items[place + 1 : place + 2]) else "plain"
        for place, (text, item) in enumerate(zip(texts, items, strict=True))
    ]
