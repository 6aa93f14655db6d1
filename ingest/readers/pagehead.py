"""A page's tree flows in, what the page states about itself flows out: its title, authors, day, address and licence.

Only statements count: meta elements, JSON-LD, a byline. A date guessed from an address or a footer is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.readers.blocks import prose
from ingest.readers.frontmatter import Stated, iso_date, names, web_address
from ingest.readers.titles import usable

_AUTHORS = ("citation_author", "author", "dc.creator", "dcterms.creator", "article:author", "parsely-author")
_DATES = (
    "citation_publication_date",
    "article:published_time",
    "datepublished",
    "dc.date",
    "dcterms.created",
    "dc.date.issued",
    "citation_date",
    "date",
    "pubdate",
)
_ADDRESSES = ("og:url", "citation_abstract_html_url", "twitter:url")
_TITLES = ("citation_title", "og:title", "dc.title", "twitter:title")
_LICENCES = ("dcterms.license", "dc.rights", "dcterms.rights")
_DISTILL = {"author": "authors", "headline": "title", "datePublished": "published"}
_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DAY = re.compile(rf"{_MONTHS} \d{{1,2}},? \d{{4}}|\d{{1,2}} {_MONTHS},? \d{{4}}|\d{{4}}-\d\d-\d\d")
_NOT_A_NAME = re.compile(r"https?:|@|\d|admin|editor|staff|\bposted\b|comment|share|follow", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s+(?:[|•·—–-]|::)\s+")


def stated(page: Any) -> Stated:
    """What the page says of itself."""
    meta = _meta(page)
    linked = list(_linked_data(page))
    by, day = _byline(page)

    def first(keys: tuple[str, ...]) -> str:
        return next((meta[key][0] for key in keys if meta.get(key)), "")

    authors = next((meta[key] for key in _AUTHORS if meta.get(key)), None) or _of(linked, "author") or by
    people = dict.fromkeys(name for value in authors for name in names(value) if _is_name(name))
    published = first(_DATES) or next(iter(_of(linked, "datePublished")), "") or _time(page) or day
    address = next((link.get("href") for link in page.xpath("//link[@rel='canonical']")), "") or first(_ADDRESSES)
    licence = next((link.get("href") for link in page.xpath("//*[@rel='license']")), "") or first(_LICENCES)
    return Stated(
        title=_title(
            page, first(_TITLES) or next(iter(_of(linked, "headline")), ""), meta.get("og:site_name", [""])[0]
        ),
        authors=tuple(people),
        published=iso_date(published),
        url=web_address(address) or _own_address(page),
        licence=prose(licence) or None,
    )


def _title(page: Any, announced: str, site: str) -> str:
    """The page's title without the name of its site: the `h1` that it contains, if it contains one."""
    found = page.find(".//title")
    shown = prose("".join(found.itertext()) if found is not None else "")
    title = prose(announced) or shown
    tops = [top for element in page.xpath("//h1[not(ancestor::nav)]") if (top := prose("".join(element.itertext())))]
    for top in tops:
        if len(top) > 3 and title.casefold().startswith(top.casefold()):
            return top
    if not usable(title):
        return tops[0] if len(tops) == 1 else ""
    parts = _SEPARATOR.split(title)
    suffix = parts[-1]
    is_site = suffix.casefold() == site.casefold() or (not announced and len(parts) == 2 and len(suffix.split()) <= 4)
    return title[: title.rindex(suffix)].rstrip(" |•·—–-:") if len(parts) > 1 and is_site else title


def _meta(page: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in page.iter("meta"):
        key = (element.get("name") or element.get("property") or element.get("itemprop") or "").strip().lower()
        value = prose(element.get("content") or "")
        if key and value:
            found.setdefault(key, []).append(value)
    return found


def _linked_data(page: Any) -> Iterator[Mapping[str, Any]]:
    """The articles that JSON-LD, or Distill's front matter, describes."""
    for script in page.xpath("//script[@type='application/ld+json'] | //d-front-matter/script"):
        try:
            content = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        waiting = [content]
        while waiting:
            value = waiting.pop(0)
            if isinstance(value, list):
                waiting += value
            elif isinstance(value, Mapping):
                waiting += value["@graph"] if isinstance(value.get("@graph"), list) else []
                # Distill's own front matter has no type.
                kind = str(value.get("@type") or ("" if "@context" in value else "article"))
                if re.search("article|posting|report|paper|page", kind, re.IGNORECASE):
                    yield value


def _of(linked: list[Mapping[str, Any]], key: str) -> list[str]:
    for value in linked:
        found = value.get(key) or value.get(_DISTILL.get(key, key))
        listed = found if isinstance(found, list) else [found]
        words = [each.get("name") or each.get("author") if isinstance(each, Mapping) else each for each in listed]
        said = [prose(word) for word in words if isinstance(word, str) and word.strip()]
        if said:
            return said
    return []


def _byline(page: Any) -> tuple[list[str], str]:
    """Names and a day in the one element that is marked as the author's."""
    marked = page.xpath(
        "//*[@rel='author' or @itemprop='author' or contains(concat(' ', @class, ' '), ' author ')"
        " or contains(concat(' ', @class, ' '), ' byline ') or contains(concat(' ', @class, ' '), ' creator ')]"
        "[not(ancestor::footer) and not(ancestor::aside) and not(ancestor::section)]"
    )
    if not marked:
        return [], ""
    words = prose(" ".join(marked[0].itertext()))
    links = [prose("".join(link.itertext())) for link in marked[0].iter("a")]
    day = _DAY.search(words)
    return links or [re.sub(r"^(?:written )?by:? ", "", words, flags=re.IGNORECASE)], day.group() if day else ""


def _is_name(name: str) -> bool:
    return 0 < len(name.split()) <= 6 and len(name) <= 80 and _NOT_A_NAME.search(name) is None


def _time(page: Any) -> str:
    found = page.xpath(
        "//time[@datetime][@pubdate or @itemprop='datePublished' or ancestor::header or ancestor::article]"
    )
    return str(found[0].get("datetime")) if found else ""


def _own_address(page: Any) -> str | None:
    """An address that the page's header prints as itself."""
    for link in page.xpath("//header//a[@href]"):
        if prose("".join(link.itertext())) == link.get("href"):
            return web_address(link.get("href"))
    return None
