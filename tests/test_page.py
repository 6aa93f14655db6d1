"""Journeys through the real page in a real browser, over a real index of small documents, one of them hostile."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from eval import page as report_page
from tests.chat_server import ChatServer
from tests.test_eval_report import HISTORY, HOSTILE, full_run
from tests.web_server import HOSTILE_AUTHOR, HOSTILE_TITLE, Page, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
INNER = "What is inner alignment?"


def test_the_first_screen_tells_what_this_is_and_the_cursor_is_in_the_box(visitor: Visitor) -> None:
    page = visitor.open().page
    assert "3 documents" in page.inner_text("#aq-welcome")
    assert "quoted word for word" in page.inner_text("#aq-welcome")
    assert visitor.focused("id") == "aq-question"
    assert set(page.locator("#aq-examples .ask").all_inner_texts()) >= {INNER, "What is outer alignment?"}
    assert page.title() == "Alignment Q&A"


def test_an_answer_streams_and_every_sentence_has_a_number(visitor: Visitor) -> None:
    page = visitor.open().page
    asked = {"question": INNER, "history": [], "detail": "full", "number": 1, "cited": [], "within": None}
    # not of the page's own request: a page lets go of a stream that it has read
    told = visitor.context.request.post(f"{visitor.site.address}turn", data=asked)
    lines = [json.loads(line) for line in told.text().splitlines()]
    states = [re.findall(r'data-state="(\w+)"', line)[0] for line in lines]
    assert states == ["searching", *["writing"] * (len(lines) - 2), "done"]
    assert "writing" in states
    turn = visitor.ask(INNER)
    assert turn.locator(".claim").count() >= 2
    assert turn.locator(".claim:has(.cite)").count() == turn.locator(".claim").count()
    assert "Ada Reef, Bo Tide (2019)" in turn.locator(".references").inner_text()
    assert "quoted word for word" in turn.locator(".made").inner_text()
    assert "Inner alignment is the problem" in page.inner_text("#aq-said")  # what a screen reader is told, once
    assert page.input_value("#aq-question") == ""


def test_what_follows_a_list_stands_apart_from_it(visitor: Visitor) -> None:
    visitor.open()
    gap = (
        visitor.ask(INNER)
        .locator(".answer")
        .evaluate(
            """answer => {
            answer.innerHTML = "<ul><li>Kelp</li></ul><p>Otters</p>";
            const [list, after] = answer.children;
            return after.getBoundingClientRect().top - list.getBoundingClientRect().bottom;
        }"""
        )
    )
    assert gap >= 8


def test_a_number_opens_its_source_at_the_quoted_words(visitor: Visitor) -> None:
    page = visitor.open().page
    turn = visitor.ask(INNER)
    second = turn.locator(".claim").nth(1)
    words = second.inner_text().rstrip("0123456789 \n")
    second.locator(".cite").first.click()
    panel = page.locator("#aq-panel")
    assert panel.is_visible()
    assert panel.locator("mark").inner_text() == words
    assert panel.locator("mark").is_visible()
    assert panel.locator(".source-title").inner_text() == "Inner alignment"
    assert panel.locator(".source-facts").inner_text() == "Ada Reef, Bo Tide · 5 June 2019 · CC BY 4.0"
    link = panel.locator("a[target]")
    assert link.get_attribute("href").startswith("https://example.org/inner#:~:text=")
    assert link.get_attribute("rel") == "noopener noreferrer"
    panel.locator('[data-do="close"]').click()
    assert not panel.is_visible()
    assert visitor.focused("data-open") == second.locator(".cite").first.get_attribute("data-open")


def test_the_keyboard_alone_asks_opens_steps_and_comes_back(visitor: Visitor) -> None:
    page = visitor.open().page
    page.keyboard.type(INNER)
    page.keyboard.press("Enter")
    turn = visitor.whole()
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if visitor.focused("data-open") == "1" and page.evaluate("!!document.activeElement.closest('.claim')"):
            break
    assert visitor.focused("aria-label") == "Source 1: Inner alignment"
    assert page.locator("#aq-hint").is_visible()
    assert "Inner alignment is the problem" in page.inner_text("#aq-hint")
    page.keyboard.press("Enter")
    assert page.locator("#aq-panel mark").inner_text().startswith("Inner alignment is the problem")
    assert page.evaluate("!!document.activeElement.closest('#aq-panel')")
    page.locator('[data-do="next"]').press("Enter")
    assert page.locator("#aq-where").inner_text().startswith("Source 2 of")
    page.keyboard.press("Escape")
    assert not page.locator("#aq-panel").is_visible()
    assert visitor.focused("data-open") == "2"
    assert turn.locator(".is-open").count() == 0


def test_numbers_of_earlier_answers_still_open(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    visitor.ask("What is outer alignment?")
    page.locator(".turn").first.locator(".claim .cite").first.click()
    assert page.locator("#aq-panel .source-title").inner_text() == "Inner alignment"


def test_a_related_question_and_a_follow_up_continue_the_conversation(visitor: Visitor) -> None:
    page = visitor.open().page
    first = visitor.ask(INNER)
    related = first.locator(".related .ask").first
    question = related.inner_text()
    related.click()
    assert visitor.whole().locator(".asked").inner_text() == question
    visitor.ask(INNER)
    followed = visitor.ask("and the outer one?")
    assert "Outer alignment" in followed.locator(".answer").inner_text()
    assert followed.locator(".read-as").inner_text() == "Read as “What is outer alignment?”"
    assert page.locator(".turn").count() == 4


def test_what_is_not_answered_is_said_with_the_nearest_documents(visitor: Visitor) -> None:
    page = visitor.open().page
    turn = visitor.ask("What is the capital of Mongolia?")
    assert turn.locator(".declined").is_visible()
    assert turn.locator(".claim").count() == 0
    turn.locator(".references .work").first.click()
    assert page.locator("#aq-panel .words").is_visible()
    assert page.locator("#aq-panel mark").count() == 0


def test_a_hostile_document_is_only_text(visitor: Visitor) -> None:
    page = visitor.open().page
    turn = visitor.ask("What is a tripwire for unsafe models?")
    assert "<img src=x onerror=\"window.pwned='image'\">" in turn.locator(".answer").inner_text()
    assert HOSTILE_TITLE in turn.locator(".references").inner_text()
    assert HOSTILE_AUTHOR in turn.locator(".references").inner_text()
    for at in range(turn.locator(".claim .cite").count()):
        turn.locator(".claim .cite").nth(at).hover()
        turn.locator(".claim .cite").nth(at).click()
        assert page.locator("#aq-panel .source-title").inner_text() == HOSTILE_TITLE
        assert "onmouseover" in page.locator("#aq-panel .source-facts").inner_text()
        assert page.locator("#aq-panel a[target]").count() == 0
    assert page.locator("#aq-panel .words").inner_text().count("window.pwned=1</script>") == 1
    assert page.locator(".aq :is(script, img, iframe, [onerror], [onload], [onmouseover])").count() == 0


@pytest.mark.parametrize(
    "question", ["<img src=x onerror=window.pwned=1> inner alignment?", "${window.pwned=1} {{1}} `"]
)
def test_a_hostile_question_is_only_text(visitor: Visitor, question: str) -> None:
    page = visitor.open().page
    assert visitor.ask(question).locator(".asked").inner_text() == question
    assert page.locator(".aq :is(script, img)").count() == 0


def test_a_new_conversation_starts_from_the_first_screen(visitor: Visitor) -> None:
    page = visitor.open().page
    visitor.ask(INNER)
    page.click('[data-do="clear"]')
    assert page.locator(".turn").count() == 0
    assert page.locator("#aq-welcome").is_visible()
    assert visitor.focused("id") == "aq-question"
    assert visitor.ask("Hello").locator(".reply").inner_text().startswith("I answer questions from 3 documents")


def test_on_a_phone_nothing_scrolls_sideways_and_the_source_is_a_sheet(browser: Any, site: Page) -> None:
    phone = Visitor(browser, site, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = phone.open().page
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    turn = phone.ask("What is a tripwire for unsafe models?")
    assert page.evaluate(fits)
    turn.locator(".claim .cite").first.tap()
    page.wait_for_selector("#aq-panel[open]")
    sheet = page.locator("#aq-panel").bounding_box()
    assert sheet["x"] == 0
    assert sheet["width"] == 390
    assert sheet["y"] + sheet["height"] == pytest.approx(844, abs=1)
    assert page.locator("#aq-panel mark").is_visible()
    page.touchscreen.tap(195, 40)  # beside the sheet
    page.wait_for_selector("#aq-panel", state="hidden")
    page.set_viewport_size({"width": 360, "height": 640})
    assert page.evaluate(fits)
    phone.context.close()
    assert phone.problems == []


def test_dark_follows_the_system_and_the_switch_stays(browser: Any, site: Page) -> None:
    dark = Visitor(browser, site, color_scheme="dark")
    page = dark.open().page
    paper = "getComputedStyle(document.querySelector('.aq')).backgroundColor"
    assert page.evaluate(paper) == "rgb(21, 24, 26)"
    page.click('[data-do="theme"]')
    assert page.evaluate(paper) == "rgb(251, 251, 249)"
    dark.open()
    assert page.evaluate(paper) == "rgb(251, 251, 249)"
    dark.context.close()
    assert dark.problems == []


def test_without_a_report_of_these_documents_there_is_no_tab(visitor: Visitor) -> None:
    page = visitor.open("#report").page
    assert page.locator("#aq-views a").all_inner_texts() == ["Chat", "Library"]
    assert page.locator("#aq-question").is_visible()


def test_the_report_is_a_tab_that_can_do_nothing_but_filter(page_index: Path, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(report_page.html(full_run(HOSTILE), 0, HISTORY))
    with Page(page_index, "--report", str(tmp_path)) as site:
        reader = Visitor(browser, site, color_scheme="dark")
        page = reader.open().page
        assert page.locator("#aq-question").is_visible()
        assert page.locator(".report iframe").count() == 0  # not before it is asked for
        turn = reader.ask(INNER)
        page.click("#aq-views a[href='#report']")
        frame = page.frame_locator(".report iframe")
        failures = frame.locator(".failure")
        frame.get_by_text("4 shown").wait_for()
        frame.locator("[name=way]").select_option("not found")
        assert failures.filter(visible=True).count() == 1
        frame.locator("[name=way]").select_option("")
        frame.locator("[name=words]").fill("ANSWERED, should")
        assert failures.filter(visible=True).count() == 1
        inside = page.frames[-1]
        paper = "colour => getComputedStyle(document.body).backgroundColor === colour"
        inside.wait_for_function(paper, arg="rgb(21, 24, 26)")
        page.click('[data-do="theme"]')
        inside.wait_for_function(paper, arg="rgb(251, 251, 249)")
        assert inside.evaluate("window.pwned") is None
        assert inside.evaluate("try { localStorage } catch (error) { error.name }") == "SecurityError"
        page.go_back()
        turn.wait_for()
        for width in (1280, 390, 360):
            page.set_viewport_size({"width": width, "height": 700})
            for view in ("report", "chat"):
                page.evaluate(f"location.hash = '{view}'")
                page.wait_for_selector(f'.aq[data-view="{view}"]')
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                if view == "report":
                    assert frame.locator("html").evaluate("e => e.scrollWidth <= innerWidth")
        reader.context.close()
        assert reader.problems == []


def test_a_written_answer_can_be_stopped_and_its_failures_are_told(
    page_index: Path, browser: Any, server: ChatServer
) -> None:
    words = "Inner alignment is the problem of making a trained model pursue the goal that its training rewarded [1]."

    stopped = threading.Event()

    def slow(_: object) -> str:
        stopped.wait(60)
        return words

    with Page(page_index, "--model", "owl", "--base-url", server.address) as site:
        visitor = Visitor(browser, site)
        page = visitor.open().page
        assert "owl" in page.inner_text("#aq-way")
        server.says = words + " Otters fly to the moon on Sundays [1]."
        turn = visitor.ask(INNER)
        assert turn.locator(".claim").count() == 1
        assert "supported" in turn.locator(".made").inner_text()
        assert "1 sentence left out" in turn.locator(".left-out").inner_text()

        server.says = slow
        page.fill("#aq-question", "What is outer alignment?")
        page.press("#aq-question", "Enter")
        page.wait_for_selector('.turn[data-state="searching"]')
        page.click('.send[aria-label="Stop"]')
        assert visitor.whole().locator(".note").inner_text() == "Stopped."
        stopped.set()
        server.says = "Outer alignment is the problem of choosing a training reward that captures what people want [1]."
        page.click('.turn:last-child [data-do="again"]')
        assert visitor.whole().locator(".claim").count() == 1

        server.says = words
        server.status = 500
        turn = visitor.ask(INNER)
        assert "Quoted from the documents instead" in turn.locator(".note").inner_text()
        assert turn.locator(".claim").count() >= 1
        visitor.context.close()
        assert visitor.problems == []


def test_when_the_program_ends_the_page_says_so(page_index: Path, browser: Any) -> None:
    with Page(page_index) as site:
        visitor = Visitor(browser, site).open()
        visitor.ask(INNER)
    assert "still running" in visitor.ask(INNER).locator(".reply").inner_text()
    visitor.context.close()


def test_programs_ask_and_search_through_gradio_and_plain_http(site: Page) -> None:
    whole = _call(site, "ask", {"question": INNER})
    assert whole["question"] == INNER
    assert whole["abstention"] is None
    assert set(whole) == {"question", "text", "abstention", "claims", "citations", "related", "terms", "trace"}
    for citation in whole["citations"]:
        assert citation["quote"] in citation["passage"]
    history = [{"role": "user", "text": INNER}, {"role": "assistant", "text": whole["text"]}]
    followed = _call(site, "ask", {"question": "and the outer one?", "history": history, "detail": "brief"})
    assert "Outer alignment" in followed["text"]
    hits = _call(site, "search", {"question": INNER, "k": 1})
    assert [hit["title"] for hit in hits] == ["Inner alignment"]
    with urllib.request.urlopen(site.address + "healthz") as answer:
        assert json.load(answer) == {"status": "ok"}
        assert "connect-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_gradio_client_sees_two_endpoints_and_gets_the_same_answer(site: Page) -> None:
    from gradio_client import Client  # type: ignore[import-untyped]

    client = Client(site.address, verbose=False)
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/ask", "/search"}
    answer = client.predict(question=INNER, api_name="/ask")
    assert answer["text"] == _call(site, "ask", {"question": INNER})["text"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"question": INNER, "detail": "long"}, "brief, full or beginners"),
        ({"question": INNER, "history": [{"role": "system", "text": "x"}]}, "role"),
        ({"question": INNER, "history": "before"}, "list"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(site: Page, values: dict[str, Any], told: str) -> None:
    with pytest.raises(RuntimeError, match=told):
        _call(site, "ask", values)


def _call(site: Page, endpoint: str, values: dict[str, Any]) -> Any:
    """The endpoint's answer over plain HTTP: post the values by name, then read the event stream."""
    address = f"{site.address}gradio_api/call/"
    request = urllib.request.Request(
        f"{address}v2/{endpoint}", json.dumps(values).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as reply:
        event = json.load(reply)["event_id"]
    with urllib.request.urlopen(f"{address}{endpoint}/{event}") as stream:
        lines = stream.read().decode().splitlines()
    content = json.loads(lines[1].removeprefix("data: "))
    if lines[0] != "event: complete":
        raise RuntimeError(content)
    return content[0]
