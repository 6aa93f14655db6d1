"""Conversations in the page: asked again, edited, kept in the browser, named, saved, opened by a link; terms and levels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.web_server import Page, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
INNER, OUTER = "What is inner alignment?", "What is outer alignment?"


def numbers(turn: Any) -> list[str]:
    found: list[str] = turn.locator(".answer .cite").all_inner_texts()
    return found


def kept(visitor: Visitor) -> list[dict[str, Any]]:
    found = visitor.page.evaluate(
        "Object.keys(localStorage).filter(k => k.startsWith('aq-talk-')).map(k => JSON.parse(localStorage[k]))"
    )
    return sorted(found, key=lambda one: one["changed"])


def copied(button: Any) -> str:
    """What is in the clipboard once the button says so."""
    button.click()
    button.filter(has_text="Copied").wait_for()
    words: str = button.page.evaluate("navigator.clipboard.readText()")
    return words


def test_words_keep_their_number_through_a_conversation(visitor: Visitor) -> None:
    page = visitor.open().page
    first = numbers(visitor.ask(INNER))
    assert first[0] == "1"
    second = numbers(visitor.ask(OUTER))
    assert max(map(int, second)) > max(map(int, first))
    assert numbers(visitor.ask(INNER)) == first
    (one,) = kept(visitor)
    cited = [citation for entry in one["turns"] for citation in entry["record"]["citations"]]
    words = {(citation["number"], citation["quote"]) for citation in cited}
    assert len(words) == len({number for number, _ in words}) == len({quote for _, quote in words})
    page.locator(".turn").nth(1).locator(".answer .cite").first.click()
    assert page.locator("#aq-panel .source-title").inner_text() == "Outer alignment"


def test_asking_again_takes_the_place_of_the_answer(visitor: Visitor) -> None:
    page = visitor.open().page
    before = numbers(visitor.ask(INNER))
    page.click('[data-do="again"]')
    assert numbers(visitor.whole()) == before
    assert page.locator(".turn").count() == 1
    assert [len(one["turns"]) for one in kept(visitor)] == [1]


def test_an_edited_question_takes_the_place_of_the_old_one_when_it_is_asked(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    page.click('[data-do="edit"]')
    assert page.input_value("#aq-question") == INNER
    assert visitor.focused("id") == "aq-question"
    page.keyboard.press("Escape")
    assert page.input_value("#aq-question") == ""
    page.click('[data-do="edit"]')
    page.reload()  # nothing is lost by having begun
    page.wait_for_selector('.turn[data-state="done"] .made')
    page.click('[data-do="edit"]')
    assert visitor.ask(OUTER).locator(".asked").inner_text() == OUTER
    assert page.locator(".turn").count() == 1
    assert [one["turns"][0]["record"]["question"] for one in kept(visitor)] == [OUTER]


def test_a_link_asks_its_question_once_with_its_kind_of_answer(visitor: Visitor) -> None:
    page = visitor.open("?q=What%20is%20outer%20alignment%3F&detail=brief").page
    turn = visitor.whole()
    assert turn.locator(".asked").inner_text() == OUTER
    assert turn.locator(".answer .claim").count() <= 2
    assert page.locator('input[value="brief"]').is_checked()
    assert "?" not in page.url
    page.reload()
    page.wait_for_selector('.turn[data-state="done"]')
    assert page.locator(".turn").count() == 1
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator('input[value="beginners"]').check(force=True)
    assert (
        copied(page.locator('[data-do="copy-link"]'))
        == page.url + "?q=What%20is%20outer%20alignment%3F&detail=beginners"
    )


def test_conversations_are_found_after_a_restart_of_page_and_program(page_index: Path, browser: Any) -> None:
    with Page(page_index) as site:
        visitor = Visitor(browser, site).open()
        first = visitor.ask(INNER)
        words, references = first.locator(".answer").inner_text(), first.locator(".references").inner_text()
        visitor.ask("What is the capital of Mongolia?")
        visitor.page.click('[data-do="clear"]')
        visitor.ask("What is a tripwire?")
        address = visitor.site.address
    with Page(page_index, "--port", address.rstrip("/").rpartition(":")[2]) as site:
        assert site.address == address  # what a browser keeps is kept by address
        page = visitor.open().page
        page.wait_for_selector('.turn[data-state="done"]')
        assert page.locator(".turn .asked").all_inner_texts() == ["What is a tripwire?"]
        page.click('[data-do="talks"]')
        assert page.locator(".talk-open").count() == 2
        page.locator(".talk-open", has_text=INNER).click()
        page.wait_for_selector('.turn[data-number="2"] .declined')
        turn = page.locator(".turn").first
        assert turn.locator(".answer").inner_text() == words
        assert turn.locator(".references").inner_text() == references
        turn.locator(".answer .cite").first.click()
        assert page.locator("#aq-panel mark").inner_text().startswith("Inner alignment is the problem")
        assert page.locator("#aq-panel .near").count() == 1
        page.locator('#aq-panel [data-do="close"]').click()
        assert "Outer alignment" in visitor.ask("and the outer one?").locator(".answer").inner_text()
        assert [len(one["turns"]) for one in kept(visitor)] == [1, 3]
    visitor.context.close()
    assert visitor.problems == []


def test_a_conversation_is_named_saved_and_deleted_and_deleting_can_be_undone(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    page.click('[data-do="talks"]')
    page.fill("#aq-talk-name", "Goals <b>of models</b>")
    page.press("#aq-talk-name", "Tab")
    assert page.locator(".talk-open").inner_text().startswith("Goals <b>of models</b>\n1 question · ")
    for form in ("md", "json"):
        with page.expect_download() as saved:
            page.click(f'[data-form="{form}"]')
        saved.value.save_as(tmp_path / f"saved.{form}")
    assert "Ada Reef, Bo Tide (2019). Inner alignment" in (tmp_path / "saved.md").read_text()
    assert (tmp_path / "saved.md").read_text().startswith("# Goals \\<b\\>of models\\</b\\>\n")
    saved_turns = json.loads((tmp_path / "saved.json").read_text())["turns"]
    assert saved_turns[0]["citations"][0]["quote"] in saved_turns[0]["text"]
    page.locator(".talk-list").get_by_text("Delete").click()
    assert page.locator(".talk-open").count() == 0
    assert kept(visitor) == []
    page.get_by_text("Undo").click()
    assert page.locator(".talk-open").count() == 1
    page.click('[data-do="close-talks"]')
    assert page.locator("#aq-welcome").is_visible()


def test_a_conversation_for_which_there_is_no_room_is_said_to_be_unkept(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    page.evaluate("localStorage.setItem('aq-talk-full', 'x'.repeat(3999000))")
    visitor.ask(OUTER)
    assert "room for conversations in this browser is full" in page.inner_text("#aq-unkept")
    assert page.locator(".turn").count() == 2
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('aq-talk-')).length") == 2  # none dropped
    page.evaluate("localStorage.removeItem('aq-talk-full')")
    visitor.ask("What is a tripwire?")
    assert not page.locator("#aq-unkept").is_visible()
    assert [len(one["turns"]) for one in kept(visitor)] == [3]


def test_two_tabs_that_go_on_with_one_conversation_lose_nothing(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    (one,) = kept(visitor)
    one["changed"] += 1
    page.evaluate("one => localStorage.setItem('aq-talk-' + one.id, JSON.stringify(one))", one)  # the other tab
    visitor.ask(OUTER)
    assert sorted((one["name"], len(one["turns"])) for one in kept(visitor)) == [("", 1), (INNER + " (2)", 2)]


def test_what_lies_in_the_browser_and_is_no_conversation_breaks_nothing(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    (one,) = kept(visitor)
    hostile = "<img src=x onerror=window.pwned='kept'>"
    one["turns"][0]["record"] |= {"question": hostile, "related": [hostile], "citations": [], "claims": []}
    page.evaluate(
        """one => {
            localStorage.setItem('aq-talk-' + one.id, JSON.stringify(one));
            localStorage.setItem('aq-talk-wrong', '{"turns": 7}');
            localStorage.setItem('aq-talk-worse', 'no JSON');
            const other = {...one, id: 'other', name: 'Broken', turns: [{record: {question: 7, citations: []}, rated: {}}]};
            localStorage.setItem('aq-talk-other', JSON.stringify(other));
        }""",
        one,
    )
    page.reload()
    page.wait_for_selector('.turn[data-state="done"]')
    assert page.locator(".asked").inner_text() == hostile
    page.click('[data-do="talks"]')
    assert page.locator(".talk-open").count() == 2
    page.locator(".talk-open", has_text="Broken").click()
    page.wait_for_selector("#aq-log .note")
    assert "“Broken” cannot be opened. A record" in page.inner_text("#aq-log")
    assert page.locator(".aq :is(img, script)").count() == 0
    assert visitor.ask(OUTER).locator(".answer").is_visible()


def test_terms_are_underlined_once_and_explained_on_hover_focus_and_tap(visitor: Visitor) -> None:
    page = visitor.open().page
    turn = visitor.ask(INNER)
    terms = turn.locator(".answer .term")
    assert terms.all_inner_texts() == ["trained model"]  # “training” is an everyday word
    terms.hover()
    page.wait_for_selector("#aq-hint:not([hidden])")
    meaning = "A trained model is a network <img src=x onerror=window.pwned='term'> after"
    assert meaning in page.inner_text("#aq-hint")
    page.keyboard.press("Escape")
    page.wait_for_selector("#aq-hint", state="hidden")
    page.mouse.move(0, 0)
    terms.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#aq-hint:not([hidden])")
    assert meaning in page.inner_text("#aq-hint")
    assert terms.get_attribute("aria-describedby") == "aq-hint"


def test_an_answer_for_beginners_defines_its_terms(visitor: Visitor) -> None:
    page = visitor.open().page
    page.locator('input[value="beginners"]').check(force=True)
    turn = visitor.ask(INNER)
    assert turn.locator(".terms dt").all_inner_texts() == ["Trained model", "Training"]
    page.locator('input[value="full"]').check(force=True)
    assert visitor.ask(INNER).locator(".terms").count() == 0


def test_a_source_is_cited_in_markdown_and_bibtex(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.ask(INNER).locator(".answer .cite").first.click()
    markdown, bibtex = page.locator('#aq-panel [data-do="copy-reference"]').all()
    assert copied(bibtex).startswith("@misc{reef2019inner,\n  author = {Ada Reef and Bo Tide}")
    assert copied(markdown) == "Ada Reef, Bo Tide (2019). [Inner alignment](https://example.org/inner#part)"


def test_small_talk_is_answered_with_questions_to_ask(visitor: Visitor) -> None:
    visitor.open()
    assert visitor.ask("Hello").locator(".related .ask").count() >= 2
