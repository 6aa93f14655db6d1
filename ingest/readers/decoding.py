"""Bytes of a text file flow in, its characters flow out. It alone guesses encodings and refuses what is not text."""

from __future__ import annotations

import codecs
import re

from alignment_qa.errors import ReadFailed

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LOOKED_AT = 65_536


def decode(content: bytes, *, declared: bool = False) -> str:
    """UTF-8 first, then what a byte-order mark says, then the likeliest legacy encoding; ReadFailed if none fits.
    `declared` looks at the `charset` that a page declares before it guesses."""
    if not content.strip():
        raise ReadFailed("the file is empty")
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                raise ReadFailed(f"it says that it is {encoding} but is not") from None
    if b"\x00" in content:
        raise ReadFailed("binary content, not text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = (_as_declared(content) if declared else None) or _guessed(content)
    sample = text[:_LOOKED_AT]
    controls = sum(1 for character in sample if ord(character) < 32 and character not in "\t\n\r\f\v")
    if controls > len(sample) // 20:
        raise ReadFailed("binary content, not text")
    return text


def encoding_of(head: bytes) -> str:
    """The likeliest encoding of a text that is too long to be decoded at once, told by how it begins."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    if b"\x00" in head:
        raise ReadFailed("binary content, not text")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # a letter cut at the end is no error
        return "utf-8-sig"
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(head).best()
        return best.encoding if best else "cp1252"


def _as_declared(content: bytes) -> str | None:
    match = re.search(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]{2,40})", content[:4096])
    if match is None:
        return None
    try:
        return content.decode(match[1].decode("ascii"))
    except (UnicodeDecodeError, LookupError):
        return None


def _guessed(content: bytes) -> str:
    from charset_normalizer import from_bytes

    # The head is enough to tell the encoding, and the guess is slow on megabytes.
    found = from_bytes(content[:_LOOKED_AT])
    best = found.best()
    if best is not None:
        # Equally likely is likeliest what the web's unlabelled pages are in.
        alike = {match.encoding for match in found if (match.chaos, match.coherence) == (best.chaos, best.coherence)}
        try:
            return content.decode("cp1252" if "cp1252" in alike else best.encoding)
        except UnicodeDecodeError:
            pass
    raise ReadFailed("its text encoding is not one we can tell")
