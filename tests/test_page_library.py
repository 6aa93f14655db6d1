"""Journeys through the library in a real browser: finding, reading, asking within, adding and removing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web_server import HOSTILE_AUTHOR, HOSTILE_TITLE, Page, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TIDES = (
    b"# Tides\n\nTides are the rise and fall of the sea that the moon causes. Tides come twice a day at most coasts.\n"
)
HOSTILE_FILE = "<img src=x onerror=window.pwned='file'>.md"


def visit(browser: Any, site: Page, **context: Any) -> Iterator[Visitor]:
    one = Visitor(browser, site, **context)
    yield one
    pwned = one.page.evaluate("window.pwned")
    one.context.close()
    assert one.problems == []
    assert pwned is None


def enter(visitor: Visitor) -> Any:
    """The page with the library open."""
    page = visitor.open().page
    page.click("#aq-views a[href='#library']")
    page.wait_for_selector(".shelf li")
    return page


def titles(page: Any) -> list[str]:
    shown: list[str] = page.locator(".shelf .work").all_inner_texts()
    return shown


def counted(page: Any, words: str) -> None:
    page.wait_for_function("words => document.querySelector('#aq-count')?.textContent === words", arg=words)


def arrived(page: Any, number: int) -> list[str]:
    page.wait_for_function("n => document.querySelectorAll('#aq-incoming [data-state]').length === n", arg=number)
    lines: list[str] = page.locator("#aq-incoming li").all_inner_texts()
    return [" ".join(line.split()) for line in lines]


def files(*named: tuple[str, bytes]) -> list[dict[str, Any]]:
    return [{"name": name, "mimeType": "", "buffer": content} for name, content in named]


def test_the_library_is_listed_and_sifted(visitor: Visitor) -> None:
    page = enter(visitor)
    assert titles(page) == ["Inner alignment", "Outer alignment", HOSTILE_TITLE]
    assert HOSTILE_AUTHOR in page.locator(".shelf").inner_text()
    page.fill("[name=words]", "tide ali")
    counted(page, "1 of 3 documents")
    assert titles(page) == ["Inner alignment"]
    assert visitor.focused("name") == "words"
    page.fill("[name=words]", "")
    counted(page, "3 documents")
    page.select_option("[name=year]", "2021")
    counted(page, "1 of 3 documents")
    assert titles(page) == ["Outer alignment"]
    page.select_option("[name=year]", "")
    counted(page, "3 documents")
    page.select_option("[name=author]", HOSTILE_AUTHOR)
    counted(page, "1 of 3 documents")
    assert titles(page) == [HOSTILE_TITLE]
    page.select_option("[name=level]", "introductory")
    counted(page, "0 of 3 documents")
    assert "No document fits." in page.inner_text("#aq-shelf")


def test_a_document_is_read_in_the_page_and_the_way_back_is_found(visitor: Visitor) -> None:
    page = enter(visitor)
    page.get_by_role("link", name="Inner alignment").press("Enter")
    page.wait_for_selector(".document .words")
    page.wait_for_function("document.activeElement.matches('.document h2')")
    assert "Evolution is the usual example" in page.locator(".reading").inner_text()
    assert page.locator(".reading h3").all_inner_texts() == ["A story"]
    assert page.locator(".source-acts a").get_attribute("href") == "https://example.org/inner#part"
    page.go_back()
    page.wait_for_function("document.activeElement.matches('.shelf .work')")
    assert titles(page)[0] == page.evaluate("document.activeElement.textContent") == "Inner alignment"
    page.go_forward()
    page.wait_for_selector(".document .words")
    page.locator(".document .ask").click()
    assert "Inner alignment is the problem" in visitor.whole().locator(".answer").inner_text()
    assert page.locator("#aq-list").is_hidden()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_source_is_opened_in_its_document_at_the_quoted_words(browser: Any, site: Page, width: int) -> None:
    for visitor in visit(browser, site, viewport={"width": width, "height": 700}):
        page = visitor.open().page
        turn = visitor.ask("What is inner alignment?")
        turn.locator(".answer .cite").nth(1).click()
        quote = page.locator("#aq-panel mark").inner_text()
        page.locator("#aq-panel").get_by_text("Open the document").click()
        page.wait_for_selector(".document .is-sought")
        assert page.locator(".document mark").inner_text() == quote
        assert page.locator(".document mark").is_visible()
        page.go_back()
        page.locator("#aq-question").wait_for()
        page.locator("#aq-question").fill("not kept from typing by a sheet")
        page.go_forward()
        page.locator(".document .is-sought").wait_for()
        page.reload()
        page.wait_for_selector(".document .is-sought")
        page.evaluate("location.hash = '#library/100%'")
        page.get_by_text("There is no such document").wait_for()
        visitor.problems = [words for words in visitor.problems if "404" not in words]


def test_an_address_opens_a_document_and_an_unknown_one_is_told(visitor: Visitor) -> None:
    page = enter(visitor)
    address = page.locator(".shelf .work").nth(1).get_attribute("href")
    page.goto("about:blank")
    page = visitor.open(address).page
    page.wait_for_selector(".document .words")
    assert page.locator(".document h2").inner_text() == "Outer alignment"
    page.evaluate("location.hash = '#library/nobody%22%3E'")
    page.get_by_text("There is no such document").wait_for()
    visitor.problems = [words for words in visitor.problems if "404" not in words]


def test_a_hostile_document_is_only_text(visitor: Visitor) -> None:
    page = enter(visitor)
    page.locator(".shelf .work").nth(2).click()
    page.wait_for_selector(".document .words")
    assert page.locator(".document h2").inner_text() == HOSTILE_TITLE
    assert "window.pwned=1</script>" in page.locator(".reading").inner_text()
    assert page.locator(".source-acts a").count() == 0  # its address is a script
    page.click(".within-one")
    assert page.inner_text("#aq-scope b") == HOSTILE_TITLE
    assert page.locator(".aq :is(script, img, iframe, [onerror], [onload], [onmouseover])").count() == 0


def test_a_question_is_asked_within_what_was_chosen_until_all_are_asked_again(visitor: Visitor) -> None:
    page = enter(visitor)
    page.get_by_label("Ask within Outer alignment").check()
    page.get_by_role("button", name="Ask within the chosen one").click()
    assert visitor.focused("id") == "aq-question"
    assert page.inner_text("#aq-scope b") == "Outer alignment"
    turn = visitor.ask("What is inner alignment?")
    assert "Inner alignment" not in turn.locator(".references").all_inner_texts()
    assert "Outer alignment" in turn.inner_text()
    followed = visitor.ask("and why does it fail?")
    assert followed.locator(".claim").count() == 0 or "Outer alignment" in followed.locator(".references").inner_text()
    page.click('[data-do="anywhere"]')
    assert page.locator("#aq-scope").is_hidden()
    assert "pursue the goal" in visitor.ask("What is inner alignment?").locator(".answer").inner_text()


def test_those_that_a_filter_leaves_can_be_asked_within(visitor: Visitor) -> None:
    page = enter(visitor)
    assert page.locator(".within").is_hidden()
    page.select_option("[name=level]", "introductory")
    counted(page, "2 of 3 documents")
    page.get_by_role("button", name="Ask within these 2").click()
    assert page.inner_text("#aq-scope b") == "2 documents"
    assert visitor.ask("What is a tripwire?").locator(".declined").is_visible()


def test_files_are_added_told_of_one_by_one_asked_about_and_removed(visitor: Visitor) -> None:
    page = enter(visitor)
    given = files(("tides.md", TIDES), ("broken.pdf", b"%PDF-1.4 broken"), ("setup.exe", b"MZ"), (HOSTILE_FILE, b""))
    page.set_input_files("#aq-files", given)
    lines = arrived(page, 4)
    assert lines[0] == "tides.md Added. Read"
    assert lines[1].startswith("broken.pdf Not added: not a readable PDF")
    assert lines[2].startswith("setup.exe Not added: .exe files are not supported")
    assert lines[3].startswith(f"{HOSTILE_FILE} Not added: the file is empty")
    counted(page, "4 documents")
    page.wait_for_function("document.querySelector('#aq-way').textContent.includes('4 documents')")
    page.click("#aq-views a[href='#chat']")
    assert "Tides" in visitor.ask("What are tides?").locator(".references").inner_text()
    page.click("#aq-views a[href='#library']")
    page.set_input_files("#aq-files", files(("copy.md", TIDES)))
    assert "the same text is here already: Tides" in arrived(page, 5)[4]
    page.get_by_label("Ask within Tides").check()
    button = page.get_by_role("button", name="Remove tides.md")
    button.click()
    assert page.locator("[data-do=remove]").inner_text() == "Really remove tides.md?"
    page.locator("[data-do=remove]").click()
    counted(page, "3 documents")
    page.wait_for_function("document.querySelector('#aq-said').textContent === 'Removed tides.md'")
    assert page.locator(".choose-none").is_hidden()
    page.click("#aq-views a[href='#chat']")
    assert visitor.ask("What are tides?").locator(".declined").is_visible()


def test_a_file_chosen_while_the_list_is_made_anew_still_arrives(visitor: Visitor) -> None:
    page = enter(visitor)
    opened = page.query_selector("#aq-files")  # as the window to choose a file holds it
    page.fill("[name=words]", "tides")
    counted(page, "0 of 3 documents")
    page.click("#aq-views a[href='#chat']")
    with page.expect_response(lambda reply: "/library?" in reply.url):
        page.click("#aq-views a[href='#library']")
    page.wait_for_timeout(200)
    assert page.input_value("[name=words]") == "tides"
    opened.set_input_files(files(("tides.md", TIDES)))
    assert arrived(page, 1) == ["tides.md Added. Read"]
    counted(page, "1 of 4 documents")
    page.get_by_role("button", name="Remove tides.md").click()
    page.locator("[data-do=remove]").click()
    counted(page, "0 of 3 documents")


def test_a_file_is_dropped_into_the_page(visitor: Visitor) -> None:
    page = enter(visitor)
    page.evaluate("""() => {
        const carried = new DataTransfer();
        carried.items.add(new File(["# Moons\\n\\nMoons are bodies that go around planets, some large and some small.\\n"], "moons.md"));
        for (const name of ["dragenter", "dragover", "drop"])
            document.querySelector("#aq-drop").dispatchEvent(new DragEvent(name, {dataTransfer: carried, bubbles: true, cancelable: true}));
    }""")
    assert arrived(page, 1) == ["moons.md Added. Read"]
    page.locator("#aq-incoming a").click()
    page.wait_for_selector(".document .words")
    page.locator(".document [data-do=remove]").click()
    page.locator(".document [data-do=remove]").click()
    counted(page, "3 documents")


def test_where_files_are_not_taken_the_library_is_only_read(page_index: Path, browser: Any) -> None:
    with Page(page_index, "--no-uploads") as site:
        for visitor in visit(browser, site):
            page = enter(visitor)
            assert page.locator("#aq-drop").count() == 0
            reply = visitor.context.request.put(site.address + "library/files?name=a.md", data=TIDES)
            assert reply.status in (404, 405)


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FITS = "document.documentElement.scrollWidth <= innerWidth"
SMALL = """() => [...document.querySelectorAll('.library :is(button, a, input, select), #aq-views a, .drop-act')]
    .filter(one => one.offsetParent && !one.matches('#aq-files'))
    .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""


def barriers(page: Any) -> list[str]:
    """What axe-core finds, what is too small to hit, and what runs out of the window."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options={"runOnly": RULES}).response["violations"]
    told = [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]] + page.evaluate(SMALL)
    return told if page.evaluate(FITS) else [*told, "it scrolls sideways"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "text"), [(1280, 100), (360, 100), (360, 200)])
def test_there_is_no_barrier_in_any_state(browser: Any, site: Page, scheme: str, width: int, text: int) -> None:
    shape = {"viewport": {"width": width, "height": 740}, "has_touch": width < 500, "color_scheme": scheme}
    for visitor in visit(browser, site, **shape):
        page = enter(visitor)
        page.evaluate(f"document.documentElement.style.fontSize = '{text}%'")
        seen = {"list": barriers(page)}
        page.set_input_files("#aq-files", files(("tides.md", TIDES), ("a-name-without-any-place-to-break.exe", b"")))
        arrived(page, 2)
        counted(page, "4 documents")
        page.get_by_label("Ask within Tides").check()
        seen["added"] = barriers(page)
        page.locator("[data-do=remove]").click()
        seen["asked again"] = barriers(page)
        page.locator("[data-do=remove]").click()
        counted(page, "3 documents")
        page.locator(".shelf .work").nth(2).click()
        page.wait_for_selector(".document .words")
        seen["document"] = barriers(page)
        page.locator(".within-one").click()
        seen["within"] = barriers(page)
        assert seen == {state: [] for state in seen}
