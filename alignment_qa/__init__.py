"""A chat assistant over AI-alignment documents that shows, for every sentence, where it comes from.

>>> from alignment_qa import Assistant
>>> answer = Assistant.open().answer("What is inner alignment?")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alignment_qa.errors import (
    AlignmentQAError,
    DocumentMissing,
    EncoderUnavailable,
    EngineUnavailable,
    IndexBusy,
    IndexMismatch,
    IndexMissing,
    IndexUnreachable,
    ModelUnavailable,
    ReadFailed,
)
from alignment_qa.types import Abstention, Answer, Citation, Claim, Document, Heading, Hit, Passage, Source, Turn

if TYPE_CHECKING:
    from alignment_qa.assistant import Assistant

__all__ = [
    "Abstention",
    "AlignmentQAError",
    "Answer",
    "Assistant",
    "Citation",
    "Claim",
    "Document",
    "DocumentMissing",
    "EncoderUnavailable",
    "EngineUnavailable",
    "Heading",
    "Hit",
    "IndexBusy",
    "IndexMismatch",
    "IndexMissing",
    "IndexUnreachable",
    "ModelUnavailable",
    "Passage",
    "ReadFailed",
    "Source",
    "Turn",
]


def __getattr__(name: str) -> object:
    """`Assistant` is imported when it is first asked for, so that importing this package stays cheap."""
    if name == "Assistant":
        from alignment_qa.assistant import Assistant

        return Assistant
    raise AttributeError(f"module 'alignment_qa' has no attribute {name!r}")
