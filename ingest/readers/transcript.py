"""Subtitles and transcripts flow in, a Document flows out: who speaks and what is said, no times. It alone knows cues
(SubRip, WebVTT) and how texts mark a speaker."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers.assemble import assemble
from ingest.readers.blocks import Block, normal, prose
from ingest.readers.decoding import decode
from ingest.readers.frontmatter import Stated

_TIME = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_CUE = re.compile(rf"\s*({_TIME})\s*-->\s*({_TIME}).*")
_VOICE = re.compile(r"<v(?:\.[\w.-]+)?\s+([^<>]{1,80})>")
_TAG = re.compile(r"</?[a-zA-Z0-9.:_ =\"#-]{0,80}>|\{\\[^{}]{0,80}\}")
_NAME = r"[A-Z][\w.’' -]{0,40}?"
_SAID = re.compile(rf"(?:>>|-)?\s*({_NAME}):\s+(?=\S)")
_SOUND = re.compile(r"[\[(♪][^\[\]()]{0,80}[\])♪]|♪.*")
_STAMP = rf"[\[(<]?{_TIME}[\])>]?"
_LINE_OF = re.compile(rf"\s*(?:{_STAMP}\s*[-–—]?\s*)?({_NAME})(?:\s*[,-]?\s*{_STAMP})?\s*:\s+(?=\S)(?:{_STAMP}\s+)?")
_LINE_ABOVE = re.compile(rf"\s*({_NAME}):?\s+{_STAMP}\s*:?\s*|\s*{_STAMP}\s+({_NAME})\s*:?\s*")
_STAMPED = re.compile(rf"\s*{_STAMP}(?:\s*(?:-->|[-–—])\s*{_STAMP})?(?:\s+|$)")
_LONGEST = 600
"""Characters after which a speaker's next sentence opens a paragraph."""
_PAUSE = 4.0
"""Seconds of silence that part two paragraphs."""


@dataclass(frozen=True, slots=True)
class _Cue:
    """What is shown at once: seconds, the speaker if one is named, words."""

    start: float
    end: float
    speaker: str
    words: str
    turns: bool
    """Marked as the words of somebody else, `>>`, without a name."""


def read(content: bytes, *, name: str = "", collection: str = "") -> Document:
    """The document in a .srt or .vtt file. ReadFailed if no cue is in it."""
    cues = list(_cues(normal(decode(content))))
    if not cues:
        raise ReadFailed("no cue of a subtitle in it")
    return assemble(_paragraphs(cues), Stated(), name=name, collection=collection)


def untimed(text: str) -> str:
    """A text with each turn of a transcript as a paragraph that opens with its speaker, times gone; any other text as
    it is."""
    lines = text.split("\n")
    spoken = Counter(match[1] for line in lines if (match := _LINE_OF.match(line)))
    above = Counter(match[1] or match[2] for line in lines if (match := _LINE_ABOVE.fullmatch(line)))
    stamped = sum(1 for line in lines if _STAMPED.match(line))
    written = sum(1 for line in lines if line.strip())
    names = {name for name, count in (spoken + above).items() if count > 1}
    speaks = len(names) > 1 and sum((spoken + above)[name] for name in names) * 6 >= written
    if not speaks and (stamped < 5 or stamped * 4 < written):
        return text
    kept: list[str] = []
    for line in lines:
        if speaks and (match := _LINE_ABOVE.fullmatch(line)) and (match[1] or match[2]) in names:
            kept += ["", f"{match[1] or match[2]}: "]
        elif speaks and (match := _LINE_OF.match(line)) and match[1] in names:
            kept += ["", f"{match[1]}: {line[match.end() :]}"]
        elif kept and kept[-1].endswith(": "):
            kept[-1] += line.strip()
        else:
            kept.append(_STAMPED.sub("", line, count=1))
    return "\n".join(kept)


def _cues(text: str) -> Iterator[_Cue]:
    """The cues in their order. Captions that roll, as a site's own often do, repeat the line before: it is said once."""
    last = ""
    for group in re.split(r"\n[ \t]*\n", text):
        lines = group.strip("\n").split("\n")
        at = next((at for at, line in enumerate(lines[:3]) if _CUE.fullmatch(line)), None)
        if at is None:
            continue  # a header, a note or a style
        match = _CUE.fullmatch(lines[at])
        shown = [line for line in lines[at + 1 :] if line.strip()]
        speaker = next((voice[1] for line in shown if (voice := _VOICE.search(line))), "")
        said = [prose(html.unescape(_TAG.sub("", _VOICE.sub("", line)))) for line in shown]
        said = [line for line in said if line and line != last and not _SOUND.fullmatch(line)]
        if not said or match is None:
            continue
        last = said[-1]
        words = " ".join(said)
        turns = words.startswith(">>")
        if not speaker and (named := _SAID.match(words)):
            speaker, words = named[1], words[named.end() :]
        yield _Cue(_seconds(match[1]), _seconds(match[2]), prose(speaker), words.lstrip("> "), turns)


def _paragraphs(cues: list[_Cue]) -> Iterator[Block]:
    """A paragraph a turn, and within long turns one at a pause or after enough words, each with its speaker."""
    speaker = ""
    words: list[str] = []
    before: _Cue | None = None

    def paragraph() -> Block:
        return Block("paragraph", f"{speaker}: {' '.join(words)}" if speaker else " ".join(words))

    for cue in cues:
        other = cue.turns or (cue.speaker and cue.speaker != speaker)
        ended = words and words[-1][-1:] in tuple('.?!”"')
        long = sum(map(len, words)) > _LONGEST and ended
        pause = before is not None and cue.start - before.end > _PAUSE and (ended or not any(map(_ends, words)))
        if words and (other or long or pause):
            yield paragraph()
            words = []
        if other:
            speaker = cue.speaker
        words.append(cue.words)
        before = cue
    if words:
        yield paragraph()


def _ends(words: str) -> bool:
    return re.search(r"[.?!](?:\s|$)", words) is not None


def _seconds(time: str) -> float:
    total = 0.0
    for part in time.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total
