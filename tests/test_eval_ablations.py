"""One part of the system taken away at a time, and the table of what it was worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from alignment_qa import Assistant
from alignment_qa.index import Index
from eval import corpus
from eval.ablations import ABLATIONS, parts, table, without
from eval.corpus import KEPT, Building, index_of
from eval.golden import GoldenError
from eval.runs import Run
from tests.conftest import LIBRARY, make_index
from tests.test_eval_command import record


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(corpus, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "eval"


@pytest.mark.parametrize("part", [name for name, one in ABLATIONS.items() if one.building == Building()])
def test_each_ablation_takes_its_part_away_and_only_that(library: Path, library_index: Path, part: str) -> None:
    with without(part, library, str(library_index)) as lesser:
        assert lesser.answer("What is a kelp forest?").hits
        answered = lesser.answer("What is the capital of Mongolia?").abstention is None
    assert answered == (part == "no-evidence-model")
    assert lesser.answer("What is the capital of Mongolia?").abstention is not None


def test_dense_and_keyword_score_differently(library: Path, library_index: Path) -> None:
    scores = []
    for part in ("dense", "keyword"):
        with without(part, library, str(library_index)) as lesser:
            scores.append([hit.score for hit in lesser.search("warm water drives out algae")])
    assert scores[0] != scores[1]


def test_without_the_adapter_passages_are_sought_by_the_question_itself(
    library: Path, library_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Index, "taught", lambda self: frozenset(source.doc_id for source in self.sources()))
    asked, scores = "What becomes of algae in warm water?", {}
    for part in (None, "no-adapter"):
        with without(part, library, str(library_index)) as one:
            nearest, cosine = one.index.near(asked, 1)[0]
            scores[part] = cosine
            plain = {hit.passage.passage_id: hit.score for hit in one.index.nearest(one.index.encode(asked), 8)}
            assert (cosine == pytest.approx(plain[nearest], abs=1e-3)) == (part == "no-adapter")
    assert scores[None] != scores["no-adapter"]


def test_without_headings_a_passage_is_not_found_by_its_heading(library: Path, cache: Path) -> None:
    found = {}
    for headings in (True, False):
        index = Index.open(index_of(library, Building(headings=headings)))
        found[headings] = [hit.passage.heading for hit in index.keywords("decline", role="prose")]
        (passage,) = [
            p
            for document in index.documents()
            for p in index.passages_of(document.source.doc_id)
            if p.heading.endswith("Decline")
        ]
        assert passage.heading == "Kelp forests › Decline"  # it is still shown
    assert found == {True: ["Kelp forests › Decline"], False: []}


def test_an_index_with_headings_keeps_them_whatever_a_later_writer_asks(library: Path, tmp_path: Path) -> None:
    make_index(library, tmp_path / "index")
    with Index.open(tmp_path / "index", write=True, headings=False) as index:
        assert index.store.fact("headings") is None


def test_passages_of_another_size_are_cut_and_the_whole_index_is_kept_apart(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "kelp.md").write_text(LIBRARY["kelp.md"] + "\n\n" + "Kelp grows in the cold. " * 60)
    counts = []
    for building in (Building(), Building(50, 60)):
        index = Index.open(index_of(tmp_path / "documents", building))
        counts.append(index.count()[1])
        lengths = [
            index.encoder.count([p.text])[0] for d in index.documents() for p in index.passages_of(d.source.doc_id)
        ]
        assert max(lengths) <= building.limit
    assert counts[1] > counts[0]
    assert len(list(cache.iterdir())) == 2


def test_the_cache_of_indexes_does_not_grow_without_bound(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "reef.txt").write_text(LIBRARY["reef.txt"])
    built = [index_of(tmp_path / "documents", Building(100 + n, 120 + n)) for n in range(KEPT + 1)]
    assert sorted(cache.iterdir()) == sorted(built[1:])


def test_a_reranker_is_taken_away_only_where_there_is_one(assistant: Assistant) -> None:
    assert "fused" not in parts(assistant)
    ranking = SimpleNamespace(config=replace(assistant.config, reranker="some-model"))
    assert "fused" in parts(ranking)  # type: ignore[arg-type]


def test_an_unknown_part_is_refused_with_the_ones_there_are(library: Path) -> None:
    with pytest.raises(GoldenError, match="dense, keyword, fused"), without("everything", library):
        pass


def test_the_table_gives_the_change_from_the_whole_and_marks_what_is_real() -> None:
    names = [f"q{n}" for n in range(30)]
    whole = Run({}, [record(name, 1) for name in names])
    worse = Run({}, [record(name, float(n % 3 == 0)) for n, name in enumerate(names)])
    lines = table(whole, {"dense": worse, "keyword": whole}, seed=0).split("\n\n")[0].splitlines()
    assert lines[2].startswith("| whole")
    assert "1.000" in lines[2]
    assert "**-0.667** (-0.8" in lines[3]
    assert "| +0.000 (+0.000 … +0.000)" in lines[4]
    assert len({line.count("|") for line in lines}) == 1
