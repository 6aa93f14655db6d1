"""The page: one Gradio component that holds frame, style and script, and the API.

The script fetches each turn's HTML from `turns` and puts it where it belongs; Gradio itself renders only the frame, which
never changes. So nothing that came from a document passes through Gradio's templates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment_qa import AlignmentQAError
from alignment_qa.config import quiet_libraries
from web import chat, library, mcp, render, turns
from web.api import AT_ONCE, LINE, Desk
from web.guard import OPEN, Accounts, Guard

if TYPE_CHECKING:
    import gradio

    from alignment_qa import Assistant

_HERE = Path(__file__).parent
_STYLES = ("page.css", "answer.css", "source.css", "talks.css", "library.css")
_SCRIPTS = ("source.js", "turns.js", "talks.js", "rate.js", "library.js", "upload.js", "page.js", "start.js")


def build(assistant: Assistant, *, report: bool = False, read_only: bool = False) -> gradio.Blocks:
    """The page and its API over an assistant, ready to launch with `settings()`; with a tab for the report or without.
    A page that is `read_only` asks for no opinions."""
    quiet_libraries()
    import gradio as gr

    with gr.Blocks(analytics_enabled=False, title="Alignment Q&A") as page:
        gr.HTML(
            "",
            html_template=render.shell(report=report, keeps=not read_only),
            js_on_load=_read(_SCRIPTS),
            apply_default_css=False,
        )
        _endpoints(gr, assistant)
    return page.queue(max_size=LINE)


def settings(
    assistant: Assistant,
    *,
    report: Path | None = None,
    read_only: bool = False,
    uploads: library.Uploads | None = None,
    anywhere: bool = False,
    accounts: Accounts | None = None,
) -> dict[str, Any]:
    """What `Blocks.launch` needs so that the page looks like itself, keeps to this machine and is whole: plain HTTP, MCP
    and the library are routes of their own. `report` is an HTML file that is given as it stands then, in a sandbox: it is
    not this program that vouches for it. A `read_only` page keeps no opinions. Files are taken where there are `uploads`, from this machine or from `anywhere`."""
    import gradio as gr
    from starlette.middleware import Middleware
    from starlette.responses import FileResponse, JSONResponse
    from starlette.routing import Route

    from alignment_qa.feedback import Feedback
    from web.headers import SANDBOX, SafeHeaders

    desk = Desk(assistant)
    routes = [
        Route(OPEN, lambda request: JSONResponse({"status": "ok"})),
        *turns.routes(assistant, desk, None if read_only else Feedback.of(assistant.config)),
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
