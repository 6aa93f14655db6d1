"""What people say of answers and quotes in the page is kept in the file beside the index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alignment_qa import Assistant
from alignment_qa.feedback import Feedback
from tests.web_server import Page, Visitor
from web import chat, opinions, records

INNER = "What is inner alignment?"
browsing = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def kept(page_index: Path) -> Iterator[Feedback]:
    """The file beside the index, as it will be."""
    feedback = Feedback(page_index.with_name("index-feedback.sqlite"))
    yield feedback
    for file in page_index.parent.glob("index-feedback.sqlite*"):
        file.unlink()


class TestInTheBrowser:
    pytestmark = browsing

    def test_an_answer_is_said_to_be_wrong_and_why(self, visitor: Visitor, kept: Feedback, page_index: Path) -> None:
        page = visitor.open().page
        turn = visitor.ask(INNER)
        wrong = turn.locator('> .rate [data-verdict="wrong"]')
        wrong.click()
        turn.locator(".comment input").fill("<b>too</b> short")
        turn.locator(".comment button").click()
        turn.get_by_text("Thank you.").wait_for()
        (opinion,) = kept.opinions()
        assert (opinion.citation, opinion.verdict, opinion.comment) == (0, "wrong", "<b>too</b> short")
        assert opinion.answer["question"] == INNER
        assert opinion.answer["text"] == turn.get_attribute("data-text")
        assert opinion.index == Assistant.open(page_index).index.digest
        page.reload()
        page.wait_for_selector('.turn > .rate [data-verdict="wrong"][aria-pressed="true"]')
        turn.locator('> .rate [data-verdict="right"]').click()
        page.wait_for_selector('.turn > .rate [data-verdict="right"][aria-pressed="true"]')
        assert wrong.get_attribute("aria-pressed") == "false"
        assert [opinion.verdict for opinion in kept.opinions()] == ["right"]
        turn.locator('> .rate [data-verdict="right"]').click()
        page.wait_for_selector('.turn > .rate [data-verdict="right"][aria-pressed="false"]')
        assert kept.opinions() == []

    def test_a_quote_is_said_not_to_support_its_sentence(self, visitor: Visitor, kept: Feedback) -> None:
        page = visitor.open().page
        visitor.ask(INNER).locator(".answer .cite").nth(1).click()
        page.locator("#aq-panel").get_by_text("The quote does not support this").click()
        page.wait_for_selector('#aq-panel .rate [aria-pressed="true"]')
        page.locator('[data-do="previous"]').click()
        assert page.locator('#aq-panel .rate [aria-pressed="false"]').count() == 1
        page.locator('[data-do="next"]').click()
        assert page.locator('#aq-panel .rate [aria-pressed="true"]').count() == 1
        assert [(opinion.citation, opinion.verdict) for opinion in kept.opinions()] == [(2, "wrong")]

    def test_what_cannot_be_kept_is_said(self, page_index: Path, browser: Any, tmp_path: Path) -> None:
        with Page(page_index, "--feedback", str(tmp_path / "nowhere" / "said.sqlite")) as site:
            visitor = Visitor(browser, site).open()
            turn = visitor.ask(INNER)
            turn.locator('> .rate [data-verdict="right"]').click()
            turn.locator(".told").wait_for()
            assert "Feedback could not be kept in" in turn.locator(".told").inner_text()
            assert turn.locator('[aria-pressed="true"]').count() == 0
            visitor.context.close()
            assert visitor.problems == []


def test_a_record_gives_the_same_answer_again(assistant: Assistant) -> None:
    for question in (
        "What is a kelp forest?",
        "What uses do seagrass meadows have?",
        "What is the capital of Mongolia?",
    ):
        answer = assistant.answer(question, detail="beginners")
        answer = replace(answer, claims=tuple(replace(claim, cut=claim.item) for claim in answer.claims))
        again = records.recall(records.record(answer, "a" * 16), assistant.index)
        assert (again.text, again.claims, again.citations, again.related, again.terms) == (
            answer.text, answer.claims, answer.citations, answer.related, answer.terms
        )  # fmt: skip
        assert again.abstention == answer.abstention
        assert again.trace["gone"] == []
        if answer.abstention:
            assert [hit.passage for hit in again.hits] == [hit.passage for hit in answer.hits]


def test_what_the_index_no_longer_holds_is_shown_as_it_was_quoted(assistant: Assistant) -> None:
    record = records.record(assistant.answer("What is a kelp forest?"), "a" * 16)
    record["citations"][0]["passage_id"] = "gone-1"
    answer = records.recall(record, assistant.index)
    assert answer.trace["gone"] == [1]
    assert answer.citations[0].passage.text == answer.citations[0].quote == record["citations"][0]["quote"]
    (html,) = chat.restore(assistant, [record])
    assert "no longer hold these words" in html


@pytest.mark.parametrize(
    "change",
    [
        {"question": 7},
        {"text": "x" * 50_000},
        {"claims": [{"text": "x", "citations": [99], "support": "quoted"}]},
        {"claims": [{"text": "x", "citations": [], "support": "proven"}]},
        {"claims": [{"text": "x", "citations": [], "support": []}]},
        {"citations": [{"number": 1}]},
        {"citations": "all"},
        {"abstention": "tired"},
        {"abstention": ["tired"]},
        {"trace": {"ms": ["x" * 50_000]}},
        {"nearest": [1]},
        {"related": [{}]},
        {"terms": {"a": 1}},
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, Any], assistant: Assistant, tmp_path: Path) -> None:
    record = {**records.record(assistant.answer("What is a kelp forest?"), "a" * 16), **change}
    with pytest.raises(ValueError, match=r"record|Abstention"):
        chat.restore(assistant, [record])
    feedback = Feedback(tmp_path / "said.sqlite")
    assert opinions.rate(assistant, feedback, {"record": record, "verdict": "right"})
    assert not feedback.path.exists()


@pytest.mark.parametrize(
    "sent",
    [None, [], {}, {"record": {}}, {"verdict": "great"}, {"citation": 99}, {"citation": True}, {"comment": 7}],
)
def test_what_is_no_opinion_is_refused(sent: Any, assistant: Assistant, tmp_path: Path) -> None:
    record = records.record(assistant.answer("What is a kelp forest?"), "a" * 16)
    feedback = Feedback(tmp_path / "said.sqlite")
    if isinstance(sent, dict) and "record" not in sent:
        sent = {"record": record, "verdict": "right", "citation": 0, **sent} if sent else sent
    assert opinions.rate(assistant, feedback, sent)
    assert not feedback.path.exists()


@pytest.mark.browser
@pytest.mark.slow
def test_a_read_only_page_asks_for_no_opinion_and_takes_no_file(browser: Any, page_index: Path) -> None:
    with Page(page_index, "--read-only") as site:
        visitor = Visitor(browser, site)
        page = visitor.open().page
        turn = visitor.ask(INNER)
        assert turn.locator("> .rate").is_hidden()
        turn.locator('.rate [data-verdict="right"]').first.dispatch_event("click")  # as a visitor who unhides it could
        turn.get_by_text("This page keeps no opinions.").wait_for(state="attached")
        page.click('a[href="#library"]')
        page.wait_for_selector("text=documents")
        assert page.get_by_text("Add files").count() == 0
    assert not page_index.with_name("index-feedback.sqlite").exists()
