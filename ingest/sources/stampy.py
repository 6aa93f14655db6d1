"""The answers of aisafety.info, by the JSON of all questions that are on the site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from alignment_qa.errors import FetchFailed
from ingest.sources.fetch import JSON, Fetch, Seal, parsed
from ingest.sources.original import Collection, Content, Has, Listing, Original
from ingest.sources.page import text_of

_LIVE = "live on site"


def originals(collection: Collection, fetch: Fetch, since: date | None, has: Has) -> Listing:
    """Every answer that is live."""
    base = collection.address.rstrip("/")
    page = fetch.get(f"{base}/questions/allQuestionsOnSite", JSON, api=True)
    answer = parsed(page.body, base) if page else None
    questions = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(questions, list):
        raise FetchFailed(f"{base}: no list of questions in its answer")
    for question in questions:
        text = question.get("markdown") or question.get("text")
        live = str(question.get("status") or _LIVE).casefold() == _LIVE
        if live and question.get("pageid") and isinstance(text, str) and text.strip():
            said = _said(question, base)
            load = partial(_load, said, text, not question.get("markdown"))
            yield Original(str(question["pageid"]), said, load, str(question.get("updatedAt") or ""))
    return True


def _said(question: Mapping[str, Any], base: str) -> dict[str, object]:
    others = str(question.get("alternatePhrasings") or "").splitlines()
    banners = [banner.get("title") for banner in question.get("banners") or [] if isinstance(banner, dict)]
    tags = [tag.get("name") if isinstance(tag, dict) else tag for tag in question.get("tags") or []]
    return {
        "title": question.get("title"),
        "published": str(question.get("updatedAt") or "")[:10] or None,
        "url": f"{base}/questions/{question['pageid']}",
        "also_asked": [line.strip(" -*") for line in others if line.strip(" -*")],
        "related": [each.get("title") for each in question.get("relatedQuestions") or [] if isinstance(each, dict)],
        "tags": [tag for tag in [*tags, *banners] if tag],
    }


def _load(said: Mapping[str, object], text: str, html: bool, seal: Seal | None) -> Content:
    return text_of(said, text, html=html)
