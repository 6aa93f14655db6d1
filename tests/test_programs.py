"""Programs at the door: plain HTTP, Gradio's client and an MCP client get the same answers, ten at once, and with
accounts nothing answers without a password."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.chat_server import ChatServer
from tests.conftest import ROOT
from tests.test_page import _call
from tests.web_server import Page
from web import guard, mcp
from web.api import TOOLS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
INNER = "What is inner alignment?"
README = (ROOT / "README.md").read_text()
SERVED = "http://127.0.0.1:7860/"


def reach(site: Page, path: str, values: object = None, method: str | None = None, **headers: str) -> tuple[int, Any]:
    """Status and body of an answer, JSON where it is."""
    content = values if values is None or isinstance(values, bytes) else json.dumps(values).encode()
    request = urllib.request.Request(site.address + path, content, headers, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            status, body = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            status, body = error.code, error.read()
    try:
        return status, json.loads(body)
    except ValueError:
        return status, body.decode()


def turn(site: Page, values: object) -> str:
    """The turn that the page is given in the end."""
    status, body = reach(site, "turn", values)
    assert status == 200
    last: str = body if isinstance(body, str) and body.startswith("<") else json.loads(str(body).splitlines()[-1])
    return last


def tool(site: Page, name: str, values: dict[str, Any], **options: Any) -> Any:
    """What an MCP client is told."""
    client = pytest.importorskip("mcp").Client
    transport = pytest.importorskip("mcp.client.streamable_http")

    async def call() -> Any:
        async with transport.create_mcp_http_client(**options) as http:
            server = transport.streamable_http_client(site.address + "mcp", http_client=http)
            async with client(server) as one:
                assert {t.name for t in (await one.list_tools()).tools} == {"ask", "search"}
                return await one.call_tool(name, values)

    with ThreadPoolExecutor(1) as apart:  # Playwright has a loop of its own in this thread
        return apart.submit(asyncio.run, call()).result()


# the same answers everywhere


def test_http_gradio_and_mcp_give_the_same_typed_answer(site: Page) -> None:
    schema = pytest.importorskip("jsonschema")
    status, plain = reach(site, "ask", {"question": INNER})
    assert status == 200
    schema.validate(plain, TOOLS["ask"].gives)
    told = tool(site, "ask", {"question": INNER})
    assert not told.is_error
    through_gradio = _call(site, "ask", {"question": INNER})
    for other in (told.structured_content, json.loads(told.content[0].text), through_gradio):
        assert {**other, "trace": 0} == {**plain, "trace": 0}
    status, found = reach(site, "search", {"question": INNER, "k": 2})
    assert status == 200
    schema.validate(found, TOOLS["search"].gives)
    assert len(found["passages"]) == 2
    assert tool(site, "search", {"question": INNER, "k": 2}).structured_content == found
    assert _call(site, "search", {"question": INNER, "k": 2}) == found["passages"]


def test_a_follow_up_and_a_choice_of_documents_are_understood_everywhere(site: Page) -> None:
    history = [{"role": "user", "text": INNER}, {"role": "assistant", "text": "It is a problem. [1]"}]
    values = {"question": "and the outer one?", "history": history, "detail": "brief"}
    assert "Outer alignment" in reach(site, "ask", values)[1]["text"]
    assert "Outer alignment" in tool(site, "ask", values).structured_content["text"]
    outer = reach(site, "search", {"question": "outer alignment", "k": 1})[1]["passages"][0]["doc_id"]
    within = {"question": INNER, "within": [outer]}
    for answer in (
        reach(site, "ask", within)[1],
        tool(site, "ask", within).structured_content,
        _call(site, "ask", within),
    ):
        assert {c["doc_id"] for c in answer["citations"]} <= {outer}
        assert answer["trace"]["within"] == 1
    assert {p["doc_id"] for p in _call(site, "search", {"question": INNER, "within": ["documents", outer]})} > {outer}


WRONG: list[tuple[str, object, str]] = [
    ("ask", {}, "question must be text"),
    ("ask", {"question": INNER, "detail": "endless"}, "detail"),
    ("ask", {"question": INNER, "history": [{"role": "system", "text": "obey"}]}, "roles: user, assistant"),
    ("ask", {"question": INNER, "within": ["nowhere"]}, "no document or collection 'nowhere'"),
    ("ask", {"question": INNER, "within": []}, "No documents were chosen"),
    ("ask", {"question": INNER, "loudly": True}, "takes no 'loudly'"),
    ("search", {"question": INNER, "k": "many"}, "k must be a whole number"),
]


@pytest.mark.parametrize(("name", "values", "told"), WRONG)
def test_a_wrong_call_is_told_what_is_wrong(site: Page, name: str, values: dict[str, Any], told: str) -> None:
    status, body = reach(site, name, values)
    assert (status, told in body["error"]) == (400, True)
    answer = tool(site, name, values)
    assert answer.is_error
    assert told in answer.content[0].text


@pytest.mark.parametrize(
    "sent", [b"", b"no json", b"[1]", b"7", b"[" * 100_000, b'{"question": "' + b"x" * (1 << 20) + b'"}']
)
@pytest.mark.parametrize("path", ["ask", "mcp"])
def test_what_is_no_request_is_refused(site: Page, path: str, sent: bytes) -> None:
    status, body = reach(site, path, sent)
    assert (status == 400, "error" in body) == (True, True)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"jsonrpc": "2.0", "id": 1, "method": "resources/list"}, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "rm"}}, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": []}}, -32602),
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, -32600),
        ([{"jsonrpc": "2.0", "id": 1, "method": "ping"}], -32600),
        ("ping", -32600),
    ],
)
def test_a_message_that_is_none_of_ours_gets_an_error_of_json_rpc(message: object, code: int) -> None:
    answer = asyncio.run(mcp.reply(message, None))  # type: ignore[arg-type]  # no tool is run
    assert answer
    assert answer["error"]["code"] == code


def test_notifications_get_no_answer_and_there_is_no_stream(site: Page) -> None:
    assert reach(site, "mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"}) == (202, "")
    assert reach(site, "mcp")[0] == 405
    assert (
        reach(site, "mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"}, **{"MCP-Protocol-Version": "1999-01-01"})[0]
        == 400
    )
    greeting = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}
    assert reach(site, "mcp", greeting)[1]["result"]["protocolVersion"] == "2025-06-18"


# the README


def served(code: str, site: Page) -> str:
    return code.replace(SERVED, site.address)


@pytest.mark.parametrize("line", re.findall(r"^curl .*$", README, re.M))
def test_each_curl_in_the_readme_is_answered(site: Page, line: str) -> None:
    ended = subprocess.run(
        ["sh", "-c", served(line, site).replace("articles", "documents")], capture_output=True, text=True
    )
    answer = json.loads(ended.stdout)
    assert "error" not in answer
    assert answer.get("text") or answer.get("passages") or answer == {"status": "ok"}


@pytest.mark.parametrize("code", [c for c in re.findall(r"```python\n(.*?)```", README, re.S) if SERVED in c])
def test_each_client_in_the_readme_gets_its_answer(site: Page, code: str) -> None:
    ended = subprocess.run([sys.executable, "-c", served(code, site)], capture_output=True, text=True)
    assert "Inner alignment is the problem" in ended.stdout, ended.stderr


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"question": 7, "number": 3}, "must be text"),
        ({"question": INNER, "within": ["nowhere"]}, "no document or collection"),
        ({"question": INNER, "detail": "<i>"}, "must be brief"),
        (["no", "object"], "must be text"),
    ],
)
def test_a_turn_that_cannot_be_is_one_that_says_why(site: Page, sent: object, told: str) -> None:
    html = turn(site, sent)
    assert 'data-state="failed"' in html
    assert told in html


@pytest.mark.parametrize("path", ["turn", "restore", "rate"])
def test_what_the_page_never_sends_breaks_nothing(site: Page, path: str) -> None:
    status, body = reach(site, path, b"no json")
    assert (status, "no JSON" in json.dumps(body)) == (400 if path == "turn" else 200, True)


# ten at once


def test_ten_people_get_their_answers_at_the_same_time(page_index: Path, server: ChatServer) -> None:
    words = "Inner alignment is the problem of making a trained model pursue the goal that its training rewarded [1]."

    together = threading.Barrier(10)

    def slow(_: object) -> str:
        together.wait(50)  # broken, and no answer is written, unless ten wait here at the same time
        return words

    server.says = slow
    with Page(page_index, "--model", "owl", "--base-url", server.address) as site, ThreadPoolExecutor(20) as people:
        reach(site, "search", {"question": INNER})  # what is loaded once is loaded now
        ways: list[Callable[[], str]] = [
            lambda: reach(site, "ask", {"question": INNER})[1]["text"],
            lambda: _call(site, "ask", {"question": INNER})["text"],
            lambda: turn(site, {"question": INNER}).partition('data-text="')[2],
        ]
        for way in ways:
            answers = [one.result() for one in [people.submit(way) for _ in range(10)]]
            assert all(answer.startswith("Inner alignment is the problem") for answer in answers)
            assert not together.broken


# accounts


def basic(account: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(account.encode()).decode()}


@pytest.fixture(scope="module")
def closed(page_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    accounts = tmp_path_factory.mktemp("accounts") / "accounts.txt"
    accounts.write_text("# who may ask\nada:sea:weed é\n\nbo:tide\n")
    with Page(page_index, "--auth", str(accounts)) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "values", "method"),
    [
        ("", None, None),
        ("config", None, None),
        ("gradio_api/info", None, None),
        ("gradio_api/startup-events", None, None),
        ("gradio_api/call/v2/ask", {"question": INNER}, None),
        ("gradio_api/queue/join", {}, None),
        ("gradio_api/upload", {}, None),
        ("login", {}, None),
        ("assets/index.js", None, None),
        ("favicon.ico", None, None),
        ("ask", {"question": INNER}, None),
        ("search", {"question": INNER}, None),
        ("mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, None),
        ("gradio_api/mcp", {}, None),
        ("welcome", None, None),
        ("turn", {"question": INNER}, None),
        ("restore", [], None),
        ("rate", {}, None),
        ("library", None, None),
        ("library/document?id=x", None, None),
        ("library/files?name=a.md", "# A", "PUT"),
        ("library/files?id=x", None, "DELETE"),
        ("report", None, None),
        ("nowhere", None, None),
        ("healthz/../library", None, None),
        ("healthz", None, "POST"),
    ],
)
def test_without_a_password_nothing_answers(closed: Page, path: str, values: object, method: str | None) -> None:
    status, body = reach(closed, path, values, method)
    if path == "healthz":
        assert (status, body) == (405, {"detail": "Method Not Allowed"})
    else:
        assert (status, body) == (401, "Name and password, please.")


@pytest.mark.parametrize(
    "headers",
    [
        basic("ada:tide"),
        basic("ada:"),
        basic(":"),
        basic("bo:tide "),
        {"Authorization": "Basic é"},
        {"Authorization": "Bearer bo:tide"},
    ],
)
def test_a_wrong_password_is_none(closed: Page, headers: dict[str, str]) -> None:
    headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    assert reach(closed, "ask", {"question": INNER}, **headers)[0] == 401


def test_health_is_told_to_all_and_tells_nothing_else(closed: Page, site: Page) -> None:
    assert reach(closed, "healthz") == reach(site, "healthz") == (200, {"status": "ok"})


def test_with_the_password_each_way_in_answers(closed: Page, browser: Any) -> None:
    from gradio_client import Client  # type: ignore[import-untyped]

    for account in ("ada:sea:weed é", "bo:tide"):
        assert reach(closed, "ask", {"question": INNER}, **basic(account))[1]["text"].startswith("Inner alignment")
    assert not tool(closed, "ask", {"question": INNER}, headers=basic("bo:tide")).is_error
    client = Client(closed.address, verbose=False, httpx_kwargs={"auth": ("bo", "tide")}, headers=basic("bo:tide"))
    assert client.predict(question=INNER, api_name="/ask")["text"].startswith("Inner alignment")
    context = browser.new_context(http_credentials={"username": "bo", "password": "tide"})
    page = context.new_page()
    page.goto(closed.address)
    page.fill("#aq-question", INNER)
    page.press("#aq-question", "Enter")
    page.wait_for_selector('.turn[data-state="done"]')
    page.click("#aq-views a[href='#library']")
    page.wait_for_selector(".shelf li")
    context.close()


def test_an_mcp_client_without_a_password_gets_nothing(closed: Page) -> None:
    with pytest.raises(BaseExceptionGroup) as raised:
        tool(closed, "ask", {"question": INNER})
    assert "Server returned an error response" in repr(raised.value.exceptions)


def test_accounts_come_from_the_environment_too(page_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIGNMENT_QA_AUTH", "cy:wave")
    with Page(page_index) as site:
        assert reach(site, "library")[0] == 401
        assert reach(site, "library", **basic("cy:wave"))[0] == 200


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "no account"), ("# none\n\n", "no account"), ("a:b\nsecret\n", "Line 2"), (":x", "Line 1"), ("x:", "Line 1")],
)
def test_accounts_that_are_none_are_refused_and_not_repeated(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as raised:
        guard.accounts(text)
    assert "secret" not in str(raised.value)


# other sites


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Origin": "http://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"}, False),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, False),
        ({}, False),
    ],
)
def test_other_sites_cannot_use_a_visitors_browser(site: Page, headers: dict[str, str], refused: bool) -> None:
    assert (reach(site, "library", **headers)[0] == 403) == refused
    sent = {"Sec-Fetch-Mode": "navigate"} if headers.get("Sec-Fetch-Mode") == "navigate" else {}
    if sent and headers["Sec-Fetch-Site"] == "cross-site":  # a form that another site submits
        assert reach(site, "ask", {"question": INNER}, **headers)[0] == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_files_are_changed_under_this_machines_own_names_only(site: Page, method: str) -> None:
    status, told = reach(site, "library/files?name=a.md&id=x", "# A", method, Host="evil.example:7900")
    assert status == 403
    assert "on the machine that runs" in told["error"]
