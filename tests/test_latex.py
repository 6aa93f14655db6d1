"""What the LaTeX reader makes of a paper: the words that it prints, its sections, keys, formulas and statements."""

from __future__ import annotations

import contextlib
import re
import time

import pytest

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import latex, read
from tests.conftest import SHARED

PAPER = r"""
\documentclass[10pt]{article} % a comment with \title{no}
\usepackage[utf8]{inputenc}
\newcommand{\reward}{\ensuremath{R}}
\newcommand\eg{e.g.\xspace}
\newcommand{\pair}[2][first]{#1 and #2}
\def\E#1{\mathbb{E}\left[#1\right]}
\DeclareMathOperator*{\argmax}{arg\,max}
\newtheorem{thm}{Main theorem}
\title{Learning \\ from \emph{Feedback}\thanks{Funded by nobody.}}
\author{Ada Lovelace\textsuperscript{1}\thanks{ada@example.org} \\ Analytical Institute \and
  Kurt G\"odel$^{2}$ \\ University of Vienna}
\date{March 4, 2021}
\begin{document}
\maketitle
\begin{abstract}
A policy is trained on a model of \emph{human} approval.% not shown
\end{abstract}
\section{Reward models}\label{sec:models}
As \citet{christiano2017deep} say, the model is learned~\citep[see][p.~4]{leike2018,ibarz2018}.
It pays 100\,\% of 5\% --- ``always'', \eg in \pair{second} \url{https://example.org/a%20b}.\footnote{A \textbf{note}.}

The return is
\begin{equation}\label{eq:return}
  \E{\reward} = \sum_t r_t,  % why
\end{equation}
where $\argmax_a$ is taken.
\begin{figure}\includegraphics{x.png}\caption{Never shown.}\end{figure}
\begin{itemize}
  \item First \verb|a_b| thing.
  \item[Second] thing in {\bf bold}.
\end{itemize}
\subsection*{Limits}
See Section~\ref{sec:models} and Eq.~\eqref{eq:return} and \cref{app:proof-of-bound}.
\begin{thm}[Bound]
It holds that $x < y$.
\end{thm}
\begin{center}
\begin{tabular}{ll}
\toprule
Method & Score \\ \midrule
Ours & \textbf{1.0} \\
\end{tabular}
\end{center}
\paragraph{Run-in.} Text after it. \unknowncommand{Its words stay.}
\input{appendix} \iffalse hidden \fi
\begin{thebibliography}{9}
\bibitem{leike2018} J. Leike. Scalable agent alignment via reward modeling. 2018.
\bibitem[Ibarz(2018)]{ibarz2018} B. Ibarz. Reward learning from human preferences. \url{https://arxiv.org/abs/1811.06521}
\end{thebibliography}
\end{document}
Nothing after the end is read.
"""


def tex(content: str) -> Document:
    return latex.read(content.encode())


@pytest.fixture(scope="module")
def paper() -> Document:
    return tex(PAPER)


def test_title_authors_and_date_are_what_the_paper_states(paper: Document) -> None:
    assert paper.source.title == "Learning from Feedback"
    assert paper.source.authors == ("Ada Lovelace", "Kurt Gödel")
    assert paper.source.published == "2021-03-04"
    assert tex("\\date{\\today} \\author{MIT} Some words of prose.").source.published is None
    assert tex("\\author{Department of Physics} Some words of prose.").source.authors == ()


def test_sections_are_headings_and_the_bibliography_is_a_list_of_references(paper: Document) -> None:
    assert [(h.level, h.title, h.role) for h in paper.headings] == [
        (2, "Abstract", "prose"),
        (2, "Reward models", "prose"),
        (3, "Limits", "prose"),
        (5, "Run-in", "prose"),
        (2, "References", "references"),
        (2, "Footnotes", "prose"),
    ]
    start = next(h.start for h in paper.headings if h.role == "references")
    assert paper.text[start:].split("\n")[:2] == [
        "- J. Leike. Scalable agent alignment via reward modeling. 2018. [leike2018]",
        "- B. Ibarz. Reward learning from human preferences. https://arxiv.org/abs/1811.06521 [ibarz2018]",
    ]


def test_the_text_is_what_is_printed(paper: Document) -> None:
    for words in (
        "A policy is trained on a model of human approval.",
        "As [christiano2017deep] say, the model is learned [see leike2018, ibarz2018, p. 4].",
        "It pays 100 % of 5% — “always”, e.g. in first and second https://example.org/a%20b.",
        "- First a_b thing.\n- Second: thing in bold.",
        "See Section “Reward models” and Eq. “return” and “proof of bound”.",
        "Main theorem (Bound). It holds that $x < y$.",
        "Method | Score\nOurs | 1.0",
        "Text after it. Its words stay.",
        "A note.",
    ):
        assert words in paper.text
    for words in ("comment", "not shown", "Never shown", "hidden", "appendix", "after the end", "nobody", "Analytical"):
        assert words not in paper.text


def test_formulas_stay_as_tex_with_the_authors_own_macros_unfolded(paper: Document) -> None:
    assert r"The return is $$\mathbb{E}\left[{R}\right] = \sum_t r_t,$$ where $\operatorname{arg\,max}_a$ is" in (
        paper.text
    )
    aligned = tex("Words before it.\n\\begin{align*} a &= b \\\\ c &= d \\label{x} \\end{align*}").text
    assert aligned == r"Words before it. $$\begin{aligned} a &= b \\ c &= d \end{aligned}$$"


def test_a_chapter_without_a_preamble_is_titled_by_its_heading() -> None:
    document = tex(
        "\\chapter{The Wrong Object}\n\\label{ch:x}\nAlignment is about objects.\n\n\\section{Why}\nBecause."
    )
    assert document.source.title == "The Wrong Object"
    assert document.text == "Alignment is about objects.\n\nBecause."


def test_listed_code_is_code_and_a_percent_in_it_is_no_comment() -> None:
    document = tex('Run this program:\n\\begin{lstlisting}[language=C]\nprintf("%d");\n\\end{lstlisting}\nIt prints.')
    assert document.text == 'Run this program:\n\n    printf("%d");\n\nIt prints.'


def test_a_command_that_nobody_told_us_keeps_its_words_and_loses_its_settings() -> None:
    assert tex("Start. \\leanspine{proof}{P01}{If it holds at first, it holds always.} End.").text == (
        "Start. If it holds at first, it holds always. End."
    )
    boxed = tex("\\begin{minipage}[t]{0.4\\textwidth}The words of the box.\\end{minipage}").text
    assert boxed == "The words of the box."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{" * 5000 + "a" + "}" * 5000, "nested too deep"),
        ("\\newcommand{\\a}{" + "\\b" * 50 + "}\\newcommand{\\b}{" + "\\c" * 50 + "}\\newcommand{\\c}{"
         + "\\d" * 50 + "}\\newcommand{\\d}{" + "words " * 50 + "}\\a", "unfold into far more"),
        ("\\input{chapter1}\n\\input{chapter2}", "no prose"),
        ("words " * 800_000, "too large for LaTeX"),
    ],
)  # fmt: skip
def test_what_would_never_end_is_refused_with_the_reason(content: str, reason: str) -> None:
    with pytest.raises(ReadFailed, match=reason):
        tex(content)


def test_a_paper_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latex, "_LONGEST", 0.2)
    with pytest.raises(ReadFailed, match="of parsing"):
        tex("words of prose" + "?" * 500_000)


@pytest.mark.parametrize(
    "content",
    [
        "\\newcommand{\\x}{\\x\\x} Words before \\x and after it.",
        "\\begin{verbatim}" * 20_000 + " words",
        "\\def\\a{" * 20_000 + " words",
        "$" * 9_999 + " words of prose",
        "\\iffalse " * 20_000 + "words of prose",
        "\\begin{itemize} " * 300 + "words of prose",
        "words of prose" + "}" * 30_000,
        "\\verb|" * 10_000 + "words of prose",
    ],
)
def test_hostile_source_is_read_or_refused_in_time(content: str) -> None:
    started = time.perf_counter()
    with contextlib.suppress(ReadFailed):
        tex(content)
    assert time.perf_counter() - started < 20


def test_every_chapter_of_the_shared_book_reads_without_a_trace_of_markup() -> None:
    folder = SHARED / "alignment-corpus"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    paths = sorted(folder.rglob("*.tex"))
    assert len(paths) == 50
    for path in paths[::5]:
        document = read(path)
        outside = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", document.text)
        assert document.source.title
        assert document.headings
        assert not {"\\", "{", "}", "~"} & set(outside), path
