"""The page as axe-core sees it in each of its states, and what axe cannot see: zoomed text, small and wide windows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web_server import Page, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
INNER = "What is inner alignment?"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_any_state(browser: Any, site: Page, scheme: str, width: int) -> None:
    size = {"width": width, "height": 844}
    visitor = Visitor(browser, site, viewport=size, color_scheme=scheme).open()
    page = visitor.page
    seen = {"first": violations(page)}
    page.locator('input[value="beginners"]').check(force=True)
    turn = visitor.ask(INNER)
    turn.locator('> .rate [data-verdict="wrong"]').click()
    turn.locator(".comment").wait_for()
    seen["answer"] = violations(page)
    turn.locator(".answer .cite").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.wait_for_selector("#aq-hint:not([hidden])")
    seen["hint"] = violations(page)
    turn.locator(".answer .cite").first.click()
    seen["source"] = violations(page)
    page.locator('[data-do="close"]').click()
    visitor.ask("What is the capital of Mongolia?")
    page.locator('[data-do="edit"]').last.click()
    seen["declined"] = violations(page)
    page.click('[data-do="talks"]')
    seen["conversations"] = violations(page)
    page.click('[data-do="close-talks"]')
    page.route("**/turn", lambda route: route.fulfill(status=503))
    page.fill("#aq-question", INNER)
    page.press("#aq-question", "Enter")
    page.wait_for_selector('.turn[data-state="stopped"]')
    seen["error"] = violations(page)
    assert "refuses it (503)" in page.locator(".turn .note").inner_text()
    visitor.context.close()
    assert seen == {state: [] for state in seen}


@pytest.mark.parametrize("width", [360, 768, 1280, 2560])
@pytest.mark.parametrize("text", [100, 200])
def test_at_any_width_and_twice_the_size_of_text_nothing_is_cut_off(visitor: Visitor, width: int, text: int) -> None:
    page = visitor.open().page
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(f"document.documentElement.style.fontSize = '{text}%'")
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    turn = visitor.ask(INNER)
    assert page.evaluate(fits)
    turn.locator(".answer .cite").first.click()
    assert page.evaluate(fits)
    panel = page.locator("#aq-panel")
    assert panel.locator("mark").is_visible()
    page.locator('[data-do="close"]').click()
    page.click('[data-do="talks"]')
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.talks-body'))")
    assert page.evaluate(fits)


def test_every_target_has_24_pixels_or_room_around_it(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER).locator(".answer .cite").first.click()
    small = page.evaluate(
        """() => [...document.querySelectorAll('.aq button')].filter((one) => {
            const box = one.getBoundingClientRect();
            return one.checkVisibility() && !one.matches('.cite') && (box.width < 24 || box.height < 24);
        }).map((one) => one.outerHTML)"""
    )
    assert small == []


def test_the_answer_is_announced_once_when_it_is_whole(visitor: Visitor) -> None:
    page = visitor.open().page
    page.evaluate("""() => {
        window.heard = [];
        new MutationObserver(() => window.heard.push(document.querySelector('#aq-said').textContent))
            .observe(document.querySelector('#aq-said'), {childList: true, subtree: true, characterData: true});
    }""")
    visitor.ask(INNER)
    heard = [words for words in page.evaluate("window.heard") if words]
    assert len(heard) == 1
    assert "[1]" not in heard[0]
    assert page.locator("#aq-log[aria-live]").count() == 0


def test_the_question_can_be_typed_while_an_answer_comes(visitor: Visitor) -> None:
    page = visitor.open().page
    page.fill("#aq-question", INNER)
    page.press("#aq-question", "Enter")
    page.locator("#aq-question").press_sequentially("and the outer one?")
    assert visitor.whole().locator(".answer").is_visible()
    assert page.input_value("#aq-question") == "and the outer one?"
