"""The page: one Gradio component that holds frame, style and script, and the events between it and `chat`.

The script gets each turn's HTML as the component's value and puts it where it belongs; Gradio itself renders only the
frame, which never changes. So nothing that came from a document passes through Gradio's templates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment_qa import AlignmentQAError
from alignment_qa.config import quiet_libraries
from web import chat, library, mcp, render
from web.api import AT_ONCE, LINE, Desk
from web.guard import OPEN, Accounts, Guard

if TYPE_CHECKING:
    import gradio

    from alignment_qa import Assistant

_HERE = Path(__file__).parent
_STYLES = ("page.css", "answer.css", "source.css", "talks.css", "library.css")
_SCRIPTS = ("source.js", "turns.js", "talks.js", "rate.js", "library.js", "page.js")


def build(assistant: Assistant, *, report: bool = False, read_only: bool = False) -> gradio.Blocks:
    """The page and its API over an assistant, ready to launch with `settings()`; with a tab for the report or without.
    A page that is `read_only` asks for no opinions and keeps none."""
    quiet_libraries()
    import gradio as gr

    from alignment_qa.feedback import Feedback
    from web import opinions

    feedback = None if read_only else Feedback.of(assistant.config)

    def restore(sent: Any) -> dict[str, Any]:
        try:
            return {"turns": chat.restore(assistant, sent)}
        except ValueError as error:
            return {"problem": str(error)}

    def rate(sent: Any, request: Any) -> str:
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return "Opinions come from this page only."
        if feedback is None:
            return "This page keeps no opinions."
        return opinions.rate(assistant, feedback, sent)

    rate.__annotations__["request"] = gr.Request
    with gr.Blocks(analytics_enabled=False, title="Alignment Q&A") as page:
        frame = gr.HTML(
            "",
            html_template=render.shell(report=report, keeps=not read_only),
            js_on_load=_read(_SCRIPTS),
            apply_default_css=False,
            server_functions=[restore, rate],
        )
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

        def welcome() -> str:
            return chat.welcome(assistant)

        def reply(event: Any) -> Iterator[str]:
            sent = event._data if isinstance(event._data, dict) else {}
            number = sent.get("number")
            try:
                asked = chat.asked(
                    sent.get("question"),
                    sent.get("history"),
                    sent.get("detail", "full"),
                    number,
                    sent.get("cited"),
                    sent.get("within"),
                )
            except ValueError as error:
                place = number if type(number) is int else 0
                yield render.failed(place, str(sent.get("question", ""))[:2000], str(error))
                return
            yield from chat.reply(assistant, asked)

        reply.__annotations__["event"] = gr.EventData  # Gradio reads it, and cannot resolve a name imported in here
        page.load(welcome, None, frame, queue=False, api_name="page_load", **quiet)
        frame.fresh(welcome, None, frame, queue=False, api_name="page_fresh", **quiet)
        replying = frame.ask(
            reply, None, frame, api_name="page_ask", trigger_mode="multiple",
            concurrency_id="questions", concurrency_limit=AT_ONCE, **quiet,
        )  # fmt: skip
        replying.failure(None, js="() => { document.dispatchEvent(new Event('aq:failed')) }", api_visibility="private")
        frame.halt(None, None, None, cancels=[replying], api_visibility="private")
        _endpoints(gr, assistant)
    return page.queue(max_size=LINE)


def settings(
    assistant: Assistant,
    *,
    report: Path | None = None,
    uploads: library.Uploads | None = None,
    anywhere: bool = False,
    accounts: Accounts | None = None,
) -> dict[str, Any]:
    """What `Blocks.launch` needs so that the page looks like itself, keeps to this machine and is whole: plain HTTP, MCP
    and the library are routes of their own. `report` is an HTML file that is given as it stands then, in a sandbox: it is
    not this program that vouches for it. Files are taken where there are `uploads`, from this machine or from `anywhere`."""
    import gradio as gr
    from starlette.middleware import Middleware
    from starlette.responses import FileResponse, JSONResponse
    from starlette.routing import Route

    from web.headers import SANDBOX, SafeHeaders

    desk = Desk(assistant)
    routes = [
        Route(OPEN, lambda request: JSONResponse({"status": "ok"})),
        *desk.routes(),
        *mcp.routes(desk),
        *library.routes(assistant, uploads, anywhere=anywhere),
    ]
    if report:
        routes.append(Route("/report", lambda request: FileResponse(report, headers=SANDBOX)))
    theme = gr.themes.Base(font=["Arial", "sans-serif"], font_mono=["monospace"])
    theme.set(body_background_fill="#fbfbf9", body_background_fill_dark="#15181a")
    return {
        "theme": theme,
        "head": f"<style>{_read(_STYLES)}</style>",
        "favicon_path": _HERE / "icon.svg",
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": False,  # ours is `mcp`: Gradio's asks itself over HTTP, without the password
        "max_file_size": "1kb",  # files go to the library, so Gradio's upload address need not take anything
        "quiet": True,
        "app_kwargs": {
            "routes": routes,
            "middleware": [Middleware(SafeHeaders), Middleware(Guard, accounts=accounts)],
        },
    }


def _endpoints(gr: Any, assistant: Assistant) -> None:
    """The API: the same answers and passages for programs."""

    def ask(
        question: str,
        history: list[dict[str, str]] | None = None,
        detail: str = "full",
        within: list[str] | None = None,
    ) -> dict[str, Any]:
        """Answer a question about AI alignment, with a citation for every sentence.

        Parameters:
            question: the question, in words
            history: the conversation so far, like [{"role": "user", "text": "…"}, {"role": "assistant", "text": "…"}]
            detail: full, brief for one or two sentences, or beginners
            within: ids of documents, or names of collections, to ask within; all without it
        Returns:
            question, text, abstention, claims, citations with their exact quotes, related questions, trace
        """
        with told():
            return chat.answer(assistant, chat.asked(question, history, detail, within=within))

    def search(question: str, k: int = 8, within: list[str] | None = None) -> list[dict[str, Any]]:
        """Find the passages that best fit a question.

        Parameters:
            question: the question, in words
            k: how many passages, at most 50
            within: ids of documents, or names of collections, to search; all without it
        Returns:
            passages, best first, with title, address, heading and their place in the document
        """
        with told():
            return chat.search(assistant, chat.asked(question, within=within), k)

    @contextmanager
    def told() -> Iterator[None]:
        try:
            yield
        except (ValueError, AlignmentQAError) as error:
            raise gr.Error(str(error), print_exception=False) from None

    for endpoint in (ask, search):
        gr.api(
            endpoint,
            api_name=endpoint.__name__,
            concurrency_id="questions",
            concurrency_limit=AT_ONCE,
        )


def _read(names: tuple[str, ...]) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)
