"""The bytes of a Word document flow in, a Document flows out. It alone calls mammoth, which tells headings, lists,
tables and notes by their styles; what Word fills in by itself, such as days, is not taken for a statement."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import archive, html
from ingest.readers.assemble import assemble
from ingest.readers.blocks import normal, prose
from ingest.readers.frontmatter import Stated, names
from ingest.readers.titles import usable

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name^='toc '] => !
p[style-name^='TOC '] => !
p[style-name='header'] => !
p[style-name='footer'] => !
"""
_BODY = "word/document.xml"
_CORE = "docProps/core.xml"


def read(content: bytes, *, name: str = "", collection: str = "") -> Document:
    """The document in a .docx file. ReadFailed if it is none, is encrypted, or holds no prose."""
    import mammoth

    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise ReadFailed("an old or encrypted Word file; save it as .docx")
    with archive.checked(content) as opened:
        if b"<!DOCTYPE" in archive.content(opened, _BODY):
            raise ReadFailed("it declares entities, as no Word file does")
        said = _stated(archive.xml(opened, _CORE)) if _CORE in opened.namelist() else Stated()
    # Pictures would come as text of megabytes.
    pictures = mammoth.images.img_element(lambda image: {"src": ""})
    try:
        page = mammoth.convert_to_html(BytesIO(content), style_map=_STYLES, convert_image=pictures).value
    except RecursionError:
        raise
    except Exception as error:  # mammoth checks nothing: what breaks inside it is as various as broken files are
        raise ReadFailed(f"not a readable Word file ({error})"[:200]) from None
    return assemble(html.plain_blocks(normal(page)), said, name=name, collection=collection)


def _stated(root: Any) -> Stated:
    """Title and authors of the properties; a program's or an account's name is none."""
    title = prose(normal(root.findtext(".//{*}title") or ""))
    people = names(normal(root.findtext(".//{*}creator") or ""))
    return Stated(
        title=title if usable(title) else "",
        authors=tuple(each for each in people if re.search(r"[^\W\d_]{2,} +[^\W\d_]", each)),
    )
