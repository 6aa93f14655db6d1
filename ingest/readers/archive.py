"""A zip file flows in, its members flow out, one at a time and never onto the disk. It alone knows how an archive
attacks: by unfolding without end, by archives in archives, by names that lead out of it."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from alignment_qa.errors import ReadFailed

_HIGHEST_RATIO = 200
_SMALL = 1024 * 1024
"""Bytes; below, a high ratio harms nobody."""
_LARGEST_MEMBER = 64 * 1024 * 1024
_DEEPEST = 2


@dataclass(slots=True)
class Allowance:
    """What one file may still unfold into, all archives inside it together."""

    members: int = 20_000
    size: int = 1024 * 1024 * 1024
    """Bytes."""
    depth: int = 0

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1


def members(
    stream: BinaryIO, allowance: Allowance, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, bytes | ReadFailed | None]]:
    """Each file in an archive: its name and its bytes, or why they are refused; None where the name is not wanted.
    ReadFailed for the whole."""
    if allowance.depth > _DEEPEST:
        raise ReadFailed(f"archives nested more than {_DEEPEST} deep")
    with opened(stream) as archive:
        listed = [info for info in archive.infolist() if not info.is_dir() and not _hidden(info.filename)]
        allowance.members -= len(listed)
        if allowance.members < 0:
            raise ReadFailed("an archive of too many files")
        for info in listed:
            name = info.filename.encode("utf-8", "backslashreplace").decode()
            yield name, _content(archive, info, allowance) if wanted(name) else None


def opened(stream: BinaryIO | bytes) -> zipfile.ZipFile:
    """An open archive. ReadFailed if it is none."""
    try:
        return zipfile.ZipFile(BytesIO(stream) if isinstance(stream, bytes) else stream)
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, UnicodeError):
        raise ReadFailed("not a readable zip archive") from None


def checked(stream: BinaryIO | bytes) -> zipfile.ZipFile:
    """An open archive that is one document: all of it is within limits. ReadFailed otherwise."""
    archive = opened(stream)
    allowance = Allowance(members=5_000, size=256 * 1024 * 1024)
    allowance.members -= len(archive.infolist())
    if allowance.members < 0:
        raise ReadFailed("an archive of too many files")
    for info in archive.infolist():
        _check(info, allowance)
    return archive


def content(archive: zipfile.ZipFile, member: zipfile.ZipInfo | str) -> bytes:
    """A member's bytes; zipfile never unpacks more than the directory announces. ReadFailed if it is broken."""
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, KeyError, ValueError):
        raise ReadFailed("broken inside its archive") from None


def xml(archive: zipfile.ZipFile, member: str) -> Any:
    """The root of an XML file of an archive, its entities left alone. ReadFailed if it is none."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(content(archive, member), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise ReadFailed(f"broken inside its archive: {member}")
    return root


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: Allowance) -> bytes | ReadFailed:
    try:
        _check(info, allowance)
        return content(archive, info)
    except ReadFailed as refusal:
        return refusal


def _check(info: zipfile.ZipInfo, allowance: Allowance) -> None:
    parts = info.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        raise ReadFailed("its name leads out of its archive")
    if info.flag_bits & 0x1:
        raise ReadFailed("encrypted")
    if info.file_size > _LARGEST_MEMBER:
        raise ReadFailed(f"too large ({info.file_size >> 20} MB; at most {_LARGEST_MEMBER >> 20} MB)")
    if info.file_size > max(_SMALL, info.compress_size * _HIGHEST_RATIO):
        raise ReadFailed("it unfolds like a zip bomb")
    allowance.size -= info.file_size
    if allowance.size < 0:
        raise ReadFailed("its archive unfolds into too much")


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in name.split("/"))
