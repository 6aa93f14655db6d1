"""What LaTeX's commands mean to a reader: which print nothing, which open a section, what a citation or a reference
says. Tables and three functions, so that the walk in `latex` stays short."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HEADINGS = {
    "part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5, "subparagraph": 6,
}  # fmt: skip
LISTS = frozenset("itemize enumerate description compactitem compactenum inparaenum list trivlist".split())
QUOTING = frozenset("quote quotation displayquote blockquote".split())
DROPPED_ENVIRONMENTS = frozenset(
    """figure wrapfigure SCfigure subfigure tikzpicture picture pspicture comment filecontents algorithmic tikzcd
    forest CCSXML keywords IEEEkeywords titlepage""".split()
)
TABLES = {
    "longtable": "[{", "tabularx": "{{", "tabulary": "{{", "tabular": "[{", "supertabular": "{", "tabu": "{",
    "array": "[{", "xltabular": "{{", "longtabu": "{", "tabular*": "{[{",
}  # fmt: skip
THEOREMS = {
    "theorem": "Theorem", "lemma": "Lemma", "proposition": "Proposition", "corollary": "Corollary",
    "definition": "Definition", "remark": "Remark", "claim": "Claim", "assumption": "Assumption",
    "example": "Example", "conjecture": "Conjecture", "proof": "Proof", "hypothesis": "Hypothesis",
    "observation": "Observation", "fact": "Fact", "thm": "Theorem", "lem": "Lemma", "prop": "Proposition",
    "cor": "Corollary", "defn": "Definition", "conj": "Conjecture", "rem": "Remark",
}  # fmt: skip
SHOWN = {
    "~": " ", "``": "“", "''": "”", "---": "—", "--": "–", "!`": "¡", "?`": "¿", "&": " ",
    "quad": " ", "qquad": " ", " ": " ", ",": " ", ";": " ", ":": " ", "!": "", "-": "", "/": "", "@": "",
    "xspace": " ", "today": "", "hfill": " ", "textbackslash": "\\", "slash": "/", "\n": " ", "\t": " ",
}  # fmt: skip
_CITING = (
    "cite citep citet citealp citealt citeauthor citeyear citeyearpar citenum autocite parencite textcite footcite "
    "footcitetext smartcite supercite fullcite footfullcite Cite Citet Citep Citealp Citealt Autocite Parencite "
    "Textcite onlinecite citeA citeN shortcite citeauthoryear"
).split()
_REFERRING = "ref eqref cref Cref autoref pageref nameref vref Vref hyperref labelcref fullref secref figref".split()
_HIDING = (
    "label vspace hspace includegraphics input include subfile import bibliography bibliographystyle nocite "
    "addbibresource usepackage documentclass RequirePackage pagestyle thispagestyle setcounter newcounter "
    "graphicspath hypersetup captionsetup definecolor color index glossary todo addcontentsline rule setlength "
    "addtolength geometry thanks printbibliography tableofcontents maketitle newpage clearpage centering noindent "
    "phantomsection appendix footnotemark markboth markright hline cline toprule midrule bottomrule cmidrule endhead "
    "endfirsthead endfoot endlastfoot title author date small footnotesize normalsize large Large scriptsize bf it "
    "em tt rm sc sf bfseries itshape ttfamily newblock selectfont urlstyle numberwithin theoremstyle setlist "
    "titleformat titlespacing newlength DeclareUnicodeCharacter allowdisplaybreaks pagenumbering addlinespace "
    "affiliation email orcid institute keywords icmlaffiliation vskip hskip kern looseness bibinfo fontsize "
    "input@path subtitle dedication qed qedhere mathtoolsset crefname Crefname linespread"
).split()
SILENT = frozenset(_HIDING)

ARGUMENTS = {
    **dict.fromkeys(_CITING, "*[[{"),
    **dict.fromkeys(_REFERRING, "*{"),
    **dict.fromkeys(HEADINGS, "*[{"),
    **dict.fromkeys(("title", "author", "thanks", "caption", "todo", "bibitem", "includegraphics", "usepackage"), "[{"),
    **dict.fromkeys(("documentclass", "RequirePackage", "addbibresource", "printbibliography", "footnotemark"), "["),
    "documentclass": "[{", "RequirePackage": "[{", "addbibresource": "[{", "caption": "*[{", "includegraphics": "*[{",
    **dict.fromkeys(
        """date input include subfile bibliography bibliographystyle nocite pagestyle thispagestyle newcounter
        graphicspath hypersetup color index glossary geometry label markright cline urlstyle theoremstyle newlength
        pagenumbering email orcid institute keywords affiliation subtitle dedication linespread""".split(),
        "{",
    ),
    **dict.fromkeys(("vspace", "hspace"), "*{"),
    **dict.fromkeys(("setcounter", "setlength", "addtolength", "markboth", "import", "fontsize", "bibinfo"), "{{"),
    **dict.fromkeys(("DeclareUnicodeCharacter", "icmlaffiliation", "numberwithin"), "{{"),
    **dict.fromkeys(("crefname", "Crefname", "definecolor", "addcontentsline"), "{{{"),
    "captionsetup": "[{", "rule": "[{{", "setlist": "[{", "cmidrule": "[{", "titleformat": "*{[{{{{[",
    "titlespacing": "*{{{{", "epigraph": "{{", "href": "{{", "textcolor": "[{{", "colorbox": "{{", "fcolorbox": "{{{",
    "multicolumn": "{{{", "multirow": "[{[{{", "makebox": "[[{", "framebox": "[[{", "parbox": "[[[{{",
    "resizebox": "*{{{", "scalebox": "{[{", "raisebox": "{[[{", "rotatebox": "[{{", "footnotetext": "[{",
    "footnote": "[{", "captionof": "{[{", "enquote": "*{", "texorpdfstring": "{{", "foreignlanguage": "[{{",
}  # fmt: skip


def cited(node: Any) -> str:
    """The reference keys of a citation with its notes, `[see hubinger2019risks, p. 4]`; empty for any other command."""
    if node.macroname not in _CITING or not node.nodeargd:
        return ""
    *notes, keys = node.nodeargd.argnlist
    if keys is None:
        return ""
    told = [
        note.latex_verbatim().strip("[]{} ").replace("~", " ").replace("\\", "")
        for note in notes[1:]
        if note is not None
    ]
    before, after = (told[0], told[1]) if len(told) == 2 else ("", told[0] if told else "")
    listed = ", ".join(key.strip() for key in keys.latex_verbatim().strip("{}").split(",") if key.strip())
    said = f"{before} {listed}".strip() + (f", {after}" if after else "")
    return f"[{said}]" if listed else ""


def label_words(key: str, titles: Mapping[str, str]) -> str:
    """What a reference points at: the title that its label follows, or the label's own words."""
    shown = [titles.get(each.strip()) or _words(each.strip()) for each in key.split(",")]
    return ", ".join(f"“{each}”" for each in shown if each)


def _words(label: str) -> str:
    words = re.sub(r"[\W_]+", " ", re.sub(r"^[A-Za-z]{1,8}:", "", label)).strip()
    return words if re.search(r"[A-Za-z]{3}", words) else ""
