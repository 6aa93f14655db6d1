"""Blocks and statements flow in, a title flows out: the document's own words where it has a title, and the subject of
its first sentence where it has none. A file's name is the last resort and its hash is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from alignment_qa.sentences import sentence_spans
from ingest.readers.blocks import Block
from ingest.readers.sections import purpose_of

_LONGEST = 300
_EARLY = 12
_PREAMBLE = 200
_MOTTO = 30
"""Blocks and words that may stand above a title: an address, an abstract, a motto."""
_GENERIC = re.compile(
    r"(?:overview|introduction|intro|abstract|summary|background|preface|foreword|main)", re.IGNORECASE
)
_FINITE = frozenset(
    """is are was were am isn't aren't has have had does do did can could may might will would shall should must
    asks asked means meant refers referred describes denotes concerns involves consists occurs arises happens aims
    says states holds seems appears remains becomes represents provides requires deals tries names calls includes
    explores examines introduces presents""".split()
)
_STARTERS = frozenset(
    """a an the this that these those it he she we they i you there here what when where why how who which while if
    as in on at by for from to with although because since after before suppose consider imagine let some many most
    all no not however and but or so""".split()
)
_NO_NAMES = ("readme", "index", "main", "content", "document", "page", "text", "untitled", "output", "article", "post")
_QUESTION_OPENERS = re.compile(
    r"(?:what|why|how|who|whom|when|where|which|whose|can|could|do|does|did|is|are|was|were|will|would|should|shall"
    r"|might|may|isn't|aren't|won't|wouldn't|can't|couldn't|don't|doesn't|if|has|have|aren’t|isn’t|wouldn’t|couldn’t"
    r"|can’t|don’t|doesn’t|won’t|in what|to what|under what|at what)\b",
    re.IGNORECASE,
)
_TURN = re.compile(r"[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*){0,3}: ")
_NAME_WORDS = re.compile(r"[A-Za-z]{2,}")
_ROMAN_NUMBER = re.compile(r"[IVX]+\.?")
_SMALL = frozenset(("a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"))


def is_question(line: str) -> bool:
    """Whether a whole line is one question, not prose that contains one."""
    line = line.strip()
    words = len(line.split())
    opens = words <= 12 or _QUESTION_OPENERS.match(line) is not None
    return line.endswith("?") and 3 <= words <= 40 and opens and len(sentence_spans(line)) == 1


def opening_title(blocks: Sequence[Block]) -> tuple[str, int]:
    """The title that the document opens with, and how many blocks it took; an empty title if it has none.

    In order: a heading that is first, or of level 1 after a short preamble, or the only such; a line marked ■;
    a short first line that is no sentence. A question comes later: `leading_questions`."""
    tops = [block.text for block in blocks if block.kind == "heading" and block.level == 1 and not block.bare]
    before = 0  # words above the first heading that is not the page's furniture
    for at, block in enumerate(blocks[:_EARLY]):
        if block.kind == "heading" and purpose_of(block.text) == "prose":
            under_menu = blocks[0].kind == "heading" and not tops and before <= _MOTTO
            if at == 0 or (block.level == 1 and not block.bare) or under_menu:
                return block.text, at + 1 if before == 0 else 0
            break
        before += len(block.text.split()) if block.kind != "heading" else 0
    if len(tops) == 1 and before < _PREAMBLE:
        return tops[0], 0
    first = blocks[0].text if blocks and blocks[0].kind == "paragraph" else ""
    if first.startswith("■"):
        return first.strip("■ "), 1
    if 0 < len(first.split()) <= 12 and first[-1] not in ".?!:;," and len(blocks) > 1 and purpose_of(first) == "prose":
        return first, 1
    return "", 0


def generic(title: str) -> bool:
    """Whether a title names a part that any document could have."""
    return _GENERIC.fullmatch(title.strip()) is not None


def leading_questions(blocks: Sequence[Block]) -> list[int]:
    """Places of lines that are questions among the first three blocks, before any prose: what the document answers."""
    found: list[int] = []
    if all(_TURN.match(block.text) for block in blocks[:2]):
        return found  # people who talk to each other, not the document's own
    for at, block in enumerate(blocks[:3]):
        if block.kind == "paragraph" and is_question(block.text):
            found.append(at)
        elif block.kind != "heading":
            break
    return found


def title_of_sentence(sentence: str) -> str:
    """The subject of a sentence, or its first words: "Inner alignment asks the question" is about inner alignment."""
    words = sentence.split()
    for count, word in enumerate(words[:9]):
        if word.strip("\"'“”‘’(),") in _FINITE:
            subject = words[:count]
            content = [each for each in subject if each.strip("\"'“”(),").lower() not in _STARTERS]
            if content and subject[0].lower() not in _STARTERS - {"a", "an", "the"}:
                if subject[0].lower() in ("a", "an", "the") and len(subject) > 1:
                    subject = subject[1:]
                return _capital(" ".join(subject).strip("\"'“”‘’(),;:"))
            break
    if len(words) <= 8:
        return sentence.strip().rstrip(".:;, ")
    return " ".join(words[:8]).rstrip(",;:.") + "…"


def title_of_name(stem: str) -> str:
    """The words of a file's name; empty if it is a hash, a number or an identifier."""
    words = [word for word in re.split(r"[\s_.+-]+", stem) if word]
    if len(words) == 1 and words[0].lower() in _NO_NAMES:
        return ""
    told = [word for word in words if _NAME_WORDS.fullmatch(word) and re.search("[aeiouyAEIOUY]", word)]
    if not told or sum(map(len, told)) * 3 < sum(map(len, words)) * 2 or re.search(r"[0-9a-f]{8,}", stem):
        return ""
    return _capital(" ".join(words))


def usable(title: str) -> bool:
    """Whether a title from a file's metadata is one: not a file's name, not what a program put there."""
    title = title.strip()
    return (
        3 <= len(title) <= _LONGEST
        and _NAME_WORDS.search(title) is not None
        and not re.search(r"\.(?:docx?|tex|pdf|dvi|indd|html?|pptx?|rtf|odt|qxd|txt|md)\b", title, re.IGNORECASE)
        and not re.match(r"untitled|microsoft word|slide \d|presentation|document\d*$|arxiv:|home$|index$", title, re.I)
        and not ("_" in title and " " not in title)
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def calm(title: str) -> str:
    """A heading set in capitals as other headings are: `II. Background and Methods`."""
    if not title.isupper():
        return title
    words = [word if _ROMAN_NUMBER.fullmatch(word) else word.capitalize() for word in title.split()]
    small = [word.lower() if at and word.lower() in _SMALL else word for at, word in enumerate(words)]
    return " ".join(small)
