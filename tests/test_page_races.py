"""The page for somebody on a slow machine: requests that take long, answers that come late or never, clicks that land
while something loads. Requests are held, and let go in the order that a test needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.test_page_library import TIDES, arrived, counted, enter, files
from tests.test_page_talks import INNER, OUTER, kept
from tests.web_server import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Held:
    """Requests to addresses that match, as they wait; the routes of those that came, in order."""

    def __init__(self, page: Any, pattern: str) -> None:
        self._page, self._pattern = page, re.compile(pattern)
        self.routes: list[Any] = []
        page.route(self._pattern, lambda route: self.routes.append(route))  # Playwright takes no built-in

    def __getitem__(self, at: int) -> Any:
        """The request of that number; waits until it has come."""
        for _ in range(1200):
            if len(self.routes) > at:
                return self.routes[at]
            self._page.wait_for_timeout(50)
        raise AssertionError(f"there was no request {at} to {self._pattern.pattern}")

    def go(self) -> None:
        """Let all go, also those to come."""
        self._page.unroute(self._pattern)
        for route in self.routes:
            with suppress(Exception):  # let go before, or given up by the page
                route.continue_()


def settled(visitor: Visitor) -> None:
    """Time for what should not happen."""
    visitor.page.wait_for_timeout(400)


def open_talk(visitor: Visitor, name: str) -> None:
    visitor.page.click('[data-do="talks"]')
    visitor.page.locator(".talk-open", has_text=name).click()


def two_talks(visitor: Visitor) -> Any:
    """The page with two kept conversations, and a third that is empty."""
    page = visitor.open().page
    visitor.ask(INNER)
    page.click('[data-do="clear"]')
    visitor.ask(OUTER)
    page.click('[data-do="clear"]')
    return page


# conversations


def test_of_two_conversations_that_are_opened_the_latter_is_shown(visitor: Visitor) -> None:
    page = two_talks(visitor)
    held = Held(page, r"/restore|/component_server")
    open_talk(visitor, INNER)
    first = held[0]
    assert "Opening" in page.inner_text("#aq-log")
    open_talk(visitor, OUTER)
    held[1].continue_()
    page.wait_for_selector(".turn")
    first.continue_()
    settled(visitor)
    assert page.locator(".turn .asked").all_inner_texts() == [OUTER]
    held.go()
    visitor.ask("What is a tripwire?")
    assert sorted(len(one["turns"]) for one in kept(visitor)) == [1, 2]


def test_a_new_conversation_begun_while_one_is_opened_stays_empty(visitor: Visitor) -> None:
    page = two_talks(visitor)
    held = Held(page, r"/restore|/component_server")
    open_talk(visitor, INNER)
    waiting = held[0]
    page.click('[data-do="clear"]')
    waiting.continue_()
    settled(visitor)
    assert page.locator(".turn").count() == 0
    held.go()
    visitor.ask("What is a tripwire?")
    assert page.locator(".turn").count() == 1


def test_an_opinion_that_is_kept_late_stays_with_its_conversation(visitor: Visitor) -> None:
    page = two_talks(visitor)
    open_talk(visitor, INNER)
    page.wait_for_selector(".turn")
    held = Held(page, r"/rate$")
    page.click('.turn > .rate [data-verdict="right"]')
    late = held[0]
    open_talk(visitor, OUTER)
    page.wait_for_function("q => document.querySelector('.turn .asked')?.textContent === q", arg=OUTER)
    late.continue_()
    page.wait_for_function("document.querySelector('#aq-said').textContent === 'Kept.'")
    open_talk(visitor, INNER)
    page.wait_for_selector('.turn > .rate [data-verdict="right"][aria-pressed="true"]')


# asking


def test_a_stopped_question_that_fails_late_does_not_end_the_next(visitor: Visitor) -> None:
    page = visitor.open().page
    held = Held(page, r"/turn$|/queue/join")
    page.fill("#aq-question", INNER)
    page.press("#aq-question", "Enter")
    first = held[0]
    page.click('.send[aria-label="Stop"]')
    page.fill("#aq-question", OUTER)
    page.press("#aq-question", "Enter")
    second = held[1]
    with suppress(Exception):  # the page may have given it up
        first.fulfill(status=503, json={"detail": "Queue is full."})
    settled(visitor)
    second.continue_()
    assert "Outer alignment" in visitor.whole().locator(".answer").inner_text()
    visitor.problems = [words for words in visitor.problems if "503" not in words]


def test_a_double_click_on_ask_asks_and_does_not_stop(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(OUTER)  # from here on the button stays where it is
    held = Held(page, r"/turn$|/queue/join")
    page.fill("#aq-question", INNER)
    page.dblclick(".send")
    held[0]
    settled(visitor)
    assert page.locator('.turn[data-state="stopped"]').count() == 0
    held.go()
    assert visitor.whole().locator(".answer").is_visible()


def test_examples_that_can_be_seen_stay_where_they_are(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    page.evaluate("[...document.querySelectorAll('#aq-examples .ask')].forEach(one => one.dataset.here = 'yes')")
    page.click('[data-do="clear"]')
    settled(visitor)
    marked = page.locator("#aq-examples .ask[data-here]").count()
    assert marked in (0, page.locator("#aq-examples .ask").count())
    page.evaluate("[...document.querySelectorAll('#aq-examples .ask')].forEach(one => one.dataset.here = 'yes')")
    visitor.page.evaluate("location.hash = '#library'")
    page.wait_for_selector(".shelf li")
    page.set_input_files("#aq-files", files(("tides.md", TIDES)))
    page.evaluate("location.hash = '#chat'")
    page.wait_for_function("document.querySelector('#aq-way').textContent.includes('4 documents')")
    page.evaluate("location.hash = '#library'")
    counted(page, "4 documents")
    page.get_by_role("button", name="Remove tides.md").click()
    page.locator("[data-do=remove]").click()
    page.evaluate("location.hash = '#chat'")
    page.wait_for_function("document.querySelector('#aq-way').textContent.includes('3 documents')")
    assert page.locator("#aq-examples .ask[data-here]").count() == page.locator("#aq-examples .ask").count()


def test_a_question_chosen_while_an_answer_comes_goes_into_the_box(visitor: Visitor) -> None:
    page = enter(visitor)
    page.locator(".shelf .work", has_text="Outer").click()
    page.wait_for_selector(".document .ask")
    page.evaluate("location.hash = '#chat'")
    held = Held(page, r"/turn$|/queue/join")
    page.fill("#aq-question", INNER)
    page.press("#aq-question", "Enter")
    held[0]
    page.go_back()
    page.locator(".document .ask").click()
    assert page.locator("#aq-question").is_visible()
    assert page.input_value("#aq-question") == OUTER
    held.go()
    visitor.whole()


def test_the_words_typed_before_a_question_is_edited_are_there_afterwards(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    page.fill("#aq-question", "and the outer one?")
    page.click('[data-do="edit"]')
    page.keyboard.press("Escape")
    assert page.input_value("#aq-question") == "and the outer one?"
    page.click('[data-do="edit"]')
    visitor.ask(OUTER)
    assert page.input_value("#aq-question") == "and the outer one?"


# the page loaded anew


def test_what_was_typed_and_what_was_not_answered_yet_outlive_a_reload(visitor: Visitor) -> None:
    page = enter(visitor)
    page.get_by_label("Ask within Outer alignment").check()
    page.get_by_role("button", name="Ask within the chosen one").click()
    visitor.ask(OUTER)
    held = Held(page, r"/turn$|/queue/join")
    page.fill("#aq-question", "and why does it fail?")
    page.press("#aq-question", "Enter")
    held[0]
    page.locator("#aq-question").press_sequentially("a long thought")
    opening = Held(page, r"/restore|/component_server")
    page.reload()
    opening[0]
    page.reload()  # somebody impatient
    opening[1]
    opening.go()
    page.wait_for_selector('.turn[data-state="stopped"]')
    assert page.locator(".turn .asked").all_inner_texts() == [OUTER, "and why does it fail?"]
    assert "loaded anew" in page.locator(".turn").last.locator(".note").inner_text()
    assert page.input_value("#aq-question") == "a long thought"
    assert page.inner_text("#aq-scope b") == "Outer alignment"
    held.go()
    page.click('.turn:last-child [data-do="again"]')
    assert "reward" in visitor.whole().inner_text()
    page.reload()
    page.wait_for_function("document.querySelectorAll('.turn[data-state=done]').length === 2")
    settled(visitor)
    assert page.locator(".turn").count() == 2


def test_a_broken_connection_loses_no_question_and_loads_nothing_anew(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    page.evaluate("window.here = true")
    page.route(re.compile(r"/turn$|/queue/join|/queue/data"), lambda route: route.abort())
    page.fill("#aq-question", OUTER)
    page.press("#aq-question", "Enter")
    page.wait_for_selector('.turn[data-state="stopped"]')
    page.wait_for_timeout(3000)  # Gradio looks every two seconds whether it can connect again
    assert page.evaluate("window.here") is True
    page.unroute(re.compile(r"/turn$|/queue/join|/queue/data"))
    page.click('.turn:last-child [data-do="again"]')
    assert "Outer alignment" in visitor.whole().locator(".answer").inner_text()
    visitor.problems = [words for words in visitor.problems if "ERR_FAILED" not in words]


def test_a_reload_in_the_library_stays_in_the_library(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    page.click("#aq-views a[href='#library']")
    page.wait_for_selector(".shelf li")
    page.reload()
    page.wait_for_selector('.turn[data-state="done"]', state="attached")
    assert page.locator("#aq-list").is_visible()


# the library


def late(visitor: Visitor, pattern: str, then: Callable[[Any], None], meanwhile: Callable[[Any], None]) -> None:
    """Do something whose request is held, something else meanwhile, and let the request go."""
    held = Held(visitor.page, pattern)
    then(visitor.page)
    held[0]
    meanwhile(visitor.page)
    held.go()
    settled(visitor)


def test_a_document_that_comes_late_does_not_move_the_conversation(visitor: Visitor) -> None:
    page = visitor.open().page
    page.set_viewport_size({"width": 1280, "height": 400})
    visitor.ask(INNER)
    page.click("#aq-views a[href='#library']")
    page.wait_for_selector(".shelf li")

    def read(page: Any) -> None:
        page.click("#aq-views a[href='#chat']")
        page.wait_for_selector(".turn")
        page.evaluate("scrollTo({top: 200, behavior: 'instant'})")

    late(visitor, "/library/document", lambda page: page.locator(".shelf .work").first.click(), read)
    assert page.evaluate("scrollY") == 200


def test_what_is_typed_while_the_list_comes_stays_and_keeps_the_keyboard(visitor: Visitor) -> None:
    page = enter(visitor)
    page.click("#aq-views a[href='#chat']")
    box = page.locator("[name=words]")
    late(
        visitor,
        r"/library\?words=&",
        lambda page: page.click("#aq-views a[href='#library']"),
        lambda page: box.press_sequentially("Outer"),
    )
    counted(page, "1 of 3 documents")
    assert box.input_value() == "Outer"
    assert visitor.focused("name") == "words"


def test_a_list_that_has_not_changed_is_left_under_the_finger(visitor: Visitor) -> None:
    page = enter(visitor)
    page.click("#aq-views a[href='#chat']")
    link = page.query_selector(".shelf .work")
    late(
        visitor,
        r"/library\?",
        lambda page: page.click("#aq-views a[href='#library']"),
        lambda page: page.locator(".shelf .work").first.focus(),
    )
    assert link.evaluate("one => one.isConnected && document.activeElement === one")


def test_a_double_click_on_remove_asks_once_more(visitor: Visitor) -> None:
    page = enter(visitor)
    page.set_input_files("#aq-files", files(("tides.md", TIDES)))
    counted(page, "4 documents")
    page.locator("[data-do=remove]").dblclick()
    settled(visitor)
    assert page.locator("[data-do=remove]").inner_text() == "Really remove tides.md?"
    page.locator("[data-do=remove]").click()
    counted(page, "3 documents")


def test_nobody_is_fetched_back_by_a_removal(visitor: Visitor) -> None:
    page = enter(visitor)
    page.set_input_files("#aq-files", files(("tides.md", TIDES)))
    arrived(page, 1)
    page.locator("#aq-incoming a").click()
    page.wait_for_selector(".document .words")
    page.locator(".document [data-do=remove]").click()
    late(
        visitor,
        "/library/files",
        lambda page: page.locator(".document [data-do=remove]").click(),
        lambda page: page.click("#aq-views a[href='#chat']"),
    )
    page.wait_for_function("document.querySelector('#aq-way').textContent.includes('3 documents')")
    assert page.locator("#aq-question").is_visible()


def test_a_library_that_does_not_come_is_said_and_can_be_tried_again(visitor: Visitor) -> None:
    page = visitor.open().page
    pattern = re.compile("/library")
    ways: list[Callable[[Any], None]] = [
        lambda route: route.fulfill(status=500, body="<b>Internal Server Error</b>"),
        lambda route: route.abort(),
    ]
    for way in ways:
        page.route(pattern, way)
        page.click("#aq-views a[href='#library']")
        page.locator("#aq-list .note").wait_for()
        assert "does not answer" in page.inner_text("#aq-list")
        page.unroute(pattern)
        page.click("#aq-views a[href='#chat']")
    page.click("#aq-views a[href='#library']")
    page.wait_for_selector(".shelf li")
    page.route(re.compile("/library/document"), lambda route: route.abort())
    page.locator(".shelf .work").first.click()
    page.locator("#aq-document .note").wait_for()
    page.unroute(re.compile("/library/document"))
    page.go_back()
    page.locator(".shelf .work").first.click()
    page.wait_for_selector(".document .words")
    visitor.problems = [words for words in visitor.problems if "Failed to load" not in words]
