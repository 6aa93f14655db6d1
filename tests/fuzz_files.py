"""Files to throw at the readers: one good file of each format, and any number of mutations of them, by a seed."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.conftest import LIBRARY, ROOT
from tests.test_formats import _PAGE, book, para, word
from tests.test_latex import PAPER
from tests.test_readers import pdf_of
from tests.test_records import OTTERS, REEFS, WHALES, lines, zipped

_TOKENS = [
    b"\x00", b"\xed\xa0\x80", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\x1b[31m", b"<div>", b"</", b"<![CDATA[", b"<!--", b"&#xd800;",
    b"<table>", b"[[", b"]]", b"{{", b"}}", b"{|", b"|-", b"{%", b"{", b"}", b"$", b"$$", b"\\begin{itemize}", b"\\end{",
    b"\\newcommand{\\x}{\\x}", b"\\[", b"```", b"> ", b"- ", b"    ", b"---\n", b"!!! note\n", b"[^1]: ", b"](", b"**", b"_",
    b"\"", b",", b"\n\n", b" 00:00 --> 00:01\n", b"%PDF-1.4", b"endobj", b"stream", b"/Kids [3 0 R 3 0 R]", b"PK\x03\x04",
    b"\xe2\x80\x8f", b"a" * 5000, b"?" * 500, b"\\" * 501, b"<" * 999,
]  # fmt: skip


def good_files() -> dict[str, bytes]:
    """A file of each format, by name."""
    articles = sorted((ROOT / "corpus" / "articles").glob("*.md"))[:4]
    prose = articles[0].read_text(encoding="utf-8").split("---", 2)[2]
    body = "".join(f"<h2>Part</h2><p>{line}</p>" for line in prose.split("\n\n"))
    page = f"<html><head><title>Reefs</title></head><body><nav>Home</nav><article>{body}</article></body></html>"
    table = "title,text,authors\n" + "\n".join(f'T{n},"Otters, {n} of them, sleep in kelp.",Ada Reef' for n in range(9))
    cues = "\n\n".join(f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\nAda: Otters {n} sleep." for n in range(1, 30))
    wiki = "<page><title>Kelp</title><ns>0</ns><revision><text>Kelp is an '''alga'''.</text></revision></page>"
    export = f"<mediawiki>{wiki * 3}</mediawiki>"
    printed = pdf_of([[(72, 700 - 14 * n, 11, f"Goal {n} is learned from the rewards given.") for n in range(30)]] * 3)
    files = {
        **{path.name: path.read_bytes() for path in articles},
        "kelp.txt": LIBRARY["reef.txt"].encode(),
        "talk.txt": ("Ada: Otters sleep.\nBo: In kelp?\n" * 20).encode(),
        "page.html": page.encode(),
        "plain.htm": f"<body>{body}</body>".encode("utf-16"),
        "paper.tex": PAPER.encode(),
        "report.docx": word(para("Otters", "Title") + para("Otters sleep in kelp.") * 20, creator="Ada Reef"),
        "book.epub": book(**{"one": f"<h1>Kelp</h1>{body}", "two b": "<p>Reefs grow.</p>"}),
        "talk.srt": cues.encode(),
        "talk.vtt": ("WEBVTT\n\n" + cues.replace(",", ".")).encode(),
        "page.wiki": _PAGE.encode(),
        "export.xml": export.encode(),
        "forum.jsonl": lines(OTTERS, WHALES, REEFS).encode(),
        "table.csv": table.encode(),
        "paper.pdf": printed,
        "notes.qmd": f"---\ntitle: Otters\n---\n\n{prose}\n\n```{{r}}\nx\n```\n".encode(),
    }
    return {**files, "all.zip": zipped({"a.md": files["page.html"], "b/c.jsonl": files["forum.jsonl"]})}


def mutations(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents of broken files, the formats in turn."""
    chance = random.Random(seed)
    seeds = list(good_files().items())
    for number in range(count):
        name, content = seeds[number % len(seeds)]
        other = chance.choice(seeds)[1]
        if name.endswith((".docx", ".epub", ".zip")) and chance.random() < 0.7:
            content = _inside(content, other, chance)
        else:
            for _ in range(chance.choice((1, 1, 2, 5))):
                content = chance.choice(_WAYS)(content, other, chance)
        suffix = chance.choice(seeds)[0] if chance.random() < 0.05 else name
        yield f"{number:06}-{suffix}", content


def _inside(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """An archive with one member broken, so that what is inside is met too."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        members: dict[str, bytes | str] = {name: opened.read(name) for name in opened.namelist()}
    name = chance.choice(list(members))
    whole = members[name]
    members[name] = chance.choice(_WAYS)(whole if isinstance(whole, bytes) else whole.encode(), other, chance)
    return zipped(members)


def _flipped(content: bytes, other: bytes, chance: random.Random) -> bytes:
    broken = bytearray(content)
    for _ in range(chance.randint(1, 30)):
        if broken:
            broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def _at(content: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randint(0, len(content))
    return start, min(len(content), start + chance.choice((1, 10, 100, 5000)))


def _cut(content: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = _at(content, chance)
    return content[:start] + content[end:]


def _truncated(content: bytes, other: bytes, chance: random.Random) -> bytes:
    return content[: _at(content, chance)[0]]


def _inserted(content: bytes, other: bytes, chance: random.Random) -> bytes:
    start, _ = _at(content, chance)
    return content[:start] + chance.choice(_TOKENS) * chance.choice((1, 3, 100, 3000)) + content[start:]


def _repeated(content: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = _at(content, chance)
    return content[:start] + content[start:end] * chance.choice((2, 10, 50)) + content[end:]


def _spliced(content: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = _at(content, chance)
    first, last = _at(other, chance)
    return content[:start] + other[first:last] + content[end:]


def _sprinkled(content: bytes, other: bytes, chance: random.Random) -> bytes:
    for _ in range(20):
        start, _ = _at(content, chance)
        content = content[:start] + chance.choice(_TOKENS) + content[start:]
    return content


_WAYS: list[Callable[[bytes, bytes, random.Random], bytes]] = [
    _flipped, _cut, _truncated, _inserted, _repeated, _spliced, _sprinkled,
]  # fmt: skip


def written(folder: Path, count: int, seed: int) -> dict[str, bytes]:
    """Mutations in a folder, and among them a good file after every tenth; those that are good, by name."""
    kept = {}
    seeds = list(good_files().items())
    for number, (name, content) in enumerate(mutations(count, seed)):
        (folder / name).write_bytes(content)
        if number % 10 == 9:
            good, content = seeds[number // 10 % len(seeds)]
            (folder / f"{number:06}-good-{good}").write_bytes(content)
            kept[f"{number:06}-good-{good}"] = content
    (folder / "seed.json").write_text(json.dumps({"seed": seed, "count": count}))
    return kept
