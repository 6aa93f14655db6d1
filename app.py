"""Starts the web chat: opens the index, prints the page's address, answers until it is stopped."""

from __future__ import annotations

import argparse
import errno
import socket
import sys
import threading
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from alignment_qa.config import CHAT_ACCOUNTS, Config, chat_accounts, quiet_libraries
from alignment_qa.errors import AlignmentQAError
from web.guard import Accounts, accounts

if TYPE_CHECKING:
    from alignment_qa import Assistant
    from ingest.uploads import Uploads

PORTS = 100  # ports tried from --port on, if it is taken
REPORT = "report.html"
COMMITTED = Path(__file__).parent / "eval" / "results" / REPORT


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 stopped, 2 something must be mended first."""
    options = _parser().parse_args(arguments)
    try:
        return _serve(options)
    except (AlignmentQAError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def free_port(host: str, first: int) -> int:
    """The first port from `first` on that can be listened on. Raises OSError when the host is not this machine's."""
    for port in range(first, min(first + PORTS, 65536)):
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(address)
            except OverflowError:
                break
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    raise OSError(f"This machine has no address {host}. Choose another with --host.") from None
                continue
            return port
    raise OSError(f"No free port from {first} on. Choose another with --port.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python app.py", description="Start the web chat and print its address.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument("--port", type=int, default=7860, help="port; if taken the next free one (default: 7860)")
    parser.add_argument(
        "--index", metavar="DIR|URL", help="folder of the index (default: index), or http://host:port/collection"
    )
    parser.add_argument("--model", metavar="NAME", help="chat model that writes, e.g. anthropic:NAME, ollama:NAME")
    parser.add_argument("--base-url", metavar="URL", help="address of an OpenAI-compatible server for --model")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="show the report that `python -m eval --report DIR` wrote (default: the committed one, with the default index)",
    )
    parser.add_argument(
        "--auth",
        type=Path,
        metavar="FILE",
        help=f"ask for a name and password; FILE holds name:password, one a line (default: those in {CHAT_ACCOUNTS}, else none)",
    )
    parser.add_argument(
        "--uploads",
        action=argparse.BooleanOptionalAction,
        help="let people add documents and remove them again (default: where only this machine "
        "can reach the page). They are kept in INDEX-files/",
    )
    parser.add_argument(
        "--feedback",
        metavar="FILE",
        help="keep there what people say of answers (default: INDEX-feedback.sqlite, beside the index)",
    )
    parser.add_argument(
        "--read-only", action="store_true", help="keep nothing that visitors bring: neither files nor feedback"
    )
    parser.add_argument("--share", action="store_true", help="also open a public address through Gradio's servers")
    return parser


def _report(chosen: Path | None, index: str) -> Path | None:
    """The report to show. Another index than the default holds other documents, of which the committed one says nothing.

    Raises ValueError when there is none where one was said to be."""
    if chosen is None:
        return COMMITTED if index == Config().index and COMMITTED.is_file() else None
    if not (chosen / REPORT).is_file():
        raise ValueError(f"No {REPORT} in {chosen}/. Write one with: python -m eval --report {chosen}")
    return chosen / REPORT


def _accounts(file: Path | None) -> Accounts | None:
    """Who may ask; None is anybody. Raises ValueError."""
    try:
        text = chat_accounts() if file is None else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise ValueError(f"The accounts in {file} cannot be read: {reason}.") from None
    return None if text is None else accounts(text)


def _uploads(options: argparse.Namespace, assistant: Assistant) -> Uploads | None:
    """Where files that people add go; None where they may not. Raises ValueError where they were asked for and cannot."""
    from ingest.uploads import Uploads, files_of

    if options.read_only and options.uploads:
        raise ValueError("--uploads keeps what visitors bring and --read-only does not: leave one of them out.")
    if not files_of(assistant.config.index):
        if options.uploads:
            raise ValueError("--uploads needs an index in a folder: files are kept beside it.")
        return None
    wanted = False if options.read_only else options.uploads
    if wanted is None:
        wanted = not options.share and is_loopback(options.host)
    return Uploads(assistant.index) if wanted else None


def is_loopback(host: str) -> bool:
    """Only this machine can reach what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _serve(options: argparse.Namespace) -> int:
    quiet_libraries()
    from alignment_qa import Assistant

    assistant = Assistant.open(options.index, options.model, base_url=options.base_url, feedback=options.feedback)
    if options.base_url and assistant.way == "quoting":
        raise ValueError("--base-url is where a model is asked: say which one with --model.")
    report = _report(options.report, assistant.config.index)
    known = _accounts(options.auth)
    uploads = _uploads(options, assistant)
    documents, _ = assistant.index.count()
    port = free_port(options.host, options.port)

    from web.page import build, settings

    page = build(assistant, report=report is not None, read_only=options.read_only)
    _, address, shared = page.launch(
        server_name=options.host, server_port=port, share=options.share, prevent_thread_lock=True,
        **settings(
            assistant, report=report, read_only=options.read_only, uploads=uploads, anywhere=bool(options.uploads),
            accounts=known,
        ),
    )  # fmt: skip
    # The first question loads the encoder and the vectors; better now than while somebody waits.
    threading.Thread(target=assistant.search, args=("alignment", 1), daemon=True).start()
    if uploads and not known and (options.share or not is_loopback(options.host)):
        print(
            "Whoever reaches the page can add and remove documents; --auth asks for a password first.", file=sys.stderr
        )
    print(f"{documents} documents, answers by {assistant.way}. Open {shared or address} (Ctrl+C stops)", flush=True)
    try:
        threading.Event().wait()
    finally:
        page.close(verbose=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
