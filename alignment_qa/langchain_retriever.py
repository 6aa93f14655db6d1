"""Our search as a LangChain `BaseRetriever`, for those who build on it with LangChain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever

from alignment_qa.types import Hit


class PassageRetriever(BaseRetriever):
    """Passages as LangChain documents: text, and the source's fields, heading, span and score as metadata."""

    search: Callable[[str, int], list[Hit]]
    k: int = 8

    def _get_relevant_documents(self, query: str, *, run_manager: Any = None) -> list[LangChainDocument]:
        return [
            LangChainDocument(
                id=hit.passage.passage_id,
                page_content=hit.passage.text,
                metadata={
                    **asdict(hit.passage.source),
                    "heading": hit.passage.heading,
                    "start": hit.passage.start,
                    "end": hit.passage.end,
                    "score": hit.score,
                },
            )
            for hit in self.search(query, self.k)
        ]
