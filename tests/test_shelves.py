"""Libraries of a few articles, for calibrating."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment_qa.index import Index
from eval import shelves


def test_a_shelf_holds_some_of_the_documents_as_they_are_in_the_whole_index_and_no_questions_of_theirs(
    library_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "SIZES", {2: 3})
    with Index.open(library_index) as whole:
        documents = {document.source.title: document for document in whole.documents()}
        made = 0
        for names, alone in shelves.shelves(documents, whole):
            made += 1
            found = alone.index.documents()
            assert {document.source.title for document in found} == names
            assert len(names) == 2
            assert not any(document.questions for document in found)
            assert alone.index.background() is not None
            for document in found:
                passages = whole.passages_of(document.source.doc_id)
                assert alone.index.passages_of(document.source.doc_id) == passages
                here, there = alone.index.vectors(passages), whole.vectors(passages)
                assert here.keys() == there.keys()
                assert all((here[name] == there[name]).all() for name in here)
        assert made == 3
