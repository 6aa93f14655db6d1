"""The command that answers: `python -m alignment_qa "question"`, or a chat when there is no question."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from typing import TYPE_CHECKING

from alignment_qa.cite import Words, as_json, cited, hit_as_json, numbered, renumber
from alignment_qa.errors import AlignmentQAError
from alignment_qa.types import Answer, Detail, Hit, Turn

if TYPE_CHECKING:
    from alignment_qa.assistant import Assistant


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 answered or declined, 1 the doctor found something, 2 something must be mended first, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (AlignmentQAError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m alignment_qa",
        description="Answer a question from the index, with a citation for every sentence. Without a question: a chat.",
    )
    parser.add_argument("question", nargs="?", help="the question; without one a chat that remembers the conversation")
    parser.add_argument(
        "--index", metavar="DIR|URL", help="folder of the index (default: index), or http://host:port/collection"
    )
    parser.add_argument("--model", metavar="NAME", help="chat model that writes, e.g. anthropic:NAME, ollama:NAME")
    parser.add_argument("--base-url", metavar="URL", help="address of an OpenAI-compatible server for --model")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--brief", action="store_true", help="one or two sentences")
    length.add_argument(
        "--beginners", action="store_true", help="from introductory documents first, with the terms defined"
    )
    parser.add_argument(
        "--within",
        metavar="NAME",
        action="append",
        help="ask only documents of this collection, or the one of this id; may be given again for more",
    )
    parser.add_argument(
        "--checker",
        metavar="NAME",
        help="what checks written sentences: a cross-encoder, or a chat model as provider:model",
    )
    parser.add_argument(
        "--doctor",
        action="store_true",
        help="say how encoder, index, model and disk are, with the fix; exit with 1 if one is not well",
    )
    parser.add_argument(
        "--left-out", action="store_true", help="print also the model's sentences that were left out, with the reasons"
    )
    parser.add_argument("--search", action="store_true", help="print the passages found and no answer")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _run(options: argparse.Namespace) -> int:
    from alignment_qa.assistant import Assistant

    if options.doctor:
        return _doctor(options)
    assistant = Assistant.open(options.index, options.model, base_url=options.base_url, checker=options.checker)
    if options.within:
        assistant = assistant.within(options.within)
    detail: Detail = "brief" if options.brief else "beginners" if options.beginners else "full"
    if options.question is None and not sys.stdin.isatty():
        options.question = sys.stdin.read().strip()
    if options.question is None:
        return _chat(assistant, detail, options.left_out)
    if options.search:
        hits = assistant.search(options.question)
        print(json.dumps([hit_as_json(hit) for hit in hits], ensure_ascii=False) if options.json else _hits(hits))
        return 0
    answer = assistant.answer(options.question, detail=detail)
    print(json.dumps(as_json(answer), ensure_ascii=False) if options.json else _page(answer, options.left_out))
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from alignment_qa.config import from_environment
    from alignment_qa.doctor import examine

    config = from_environment(
        index=options.index, model=options.model, base_url=options.base_url, checker=options.checker
    )
    well = True
    for finding in examine(config):
        print(f"{'ok ' if finding.well else 'NOT'} {finding.thing:<8} {finding.line}", flush=True)
        well = well and finding.well
    return 0 if well else 1


def _chat(assistant: Assistant, detail: Detail, left_out: bool) -> int:
    documents, _ = assistant.index.count()
    print(f"{documents} documents, answers by {assistant.way}. An empty line ends the chat.")
    history: list[Turn] = []
    cited: dict[Words, int] = {}
    while True:
        try:
            question = input("\n> ").strip()
        except EOFError:
            return 0
        if not question:
            return 0
        answer = renumber(assistant.answer(question, history, detail=detail), cited)
        cited |= numbered(answer)
        print(_page(answer, left_out))
        history += [Turn("user", question), Turn("assistant", answer.text)]


def _page(answer: Answer, left_out: bool) -> str:
    """The answer, then its references with the quoted words and, if asked for, what was left out, wrapped to the terminal."""
    lines = [_wrap(line, "  " if line.startswith("- ") else "") for line in answer.text.split("\n")]
    if read_as := answer.trace.get("read_as"):
        lines.insert(0, _wrap(f"(Read as “{read_as}”)"))
    if problem := answer.trace.get("model_error"):
        lines.insert(0, _wrap(f"({problem} Quoted instead.)"))
    if note := answer.trace.get("note"):
        lines.append(_wrap(f"({note})"))
    for order in answer.trace.get("orders") or ():  # type: ignore[attr-defined]
        lines.append(_wrap(f"(“{order['title']}” contains instructions; they were not followed: “{order['text']}”)"))
    if answer.citations:
        lines.append("")
    for citation in answer.citations:
        lines.append(_wrap(f"[{citation.number}] {cited(citation)}", "    "))
        lines.append(_wrap(f"    “{citation.quote}”", "    "))
    if answer.terms:
        lines += ["", *(_wrap(f"{term}: {definition}", "    ") for term, definition in answer.terms)]
    if dropped := answer.trace.get("dropped"):
        count = f"{len(dropped)} sentence{'s' * (len(dropped) > 1)} left out"  # type: ignore[arg-type]
        lines.append(f"\n{count}:" if left_out else f"\n{count}; --left-out shows why.")
        if left_out:
            lines += [_wrap(f"- {item['text']} — {item['reason']}", "  ") for item in dropped]  # type: ignore[attr-defined]
    if answer.related:
        lines += ["", _wrap("Related: " + " · ".join(answer.related))]
    return "\n".join(lines)


def _hits(hits: list[Hit]) -> str:
    return "\n\n".join(
        f"{hit.rank}. {hit.passage.heading}  ({hit.score:.2f})\n{_wrap('   ' + ' '.join(hit.passage.text.split()), '   ')}"
        for hit in hits
    )


def _wrap(text: str, indent: str = "") -> str:
    text = "".join(char for char in text if char.isprintable() or char.isspace())  # no escape sequence of a document's
    width = min(os.get_terminal_size().columns if sys.stdout.isatty() else 100, 100)
    return textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    sys.exit(main())
