"""Text with words cut at line ends flows in, the same with whole words flows out. What decides is how the document itself
writes the word elsewhere, then which words are common English: the encoder's vocabulary has about 20,000 of them whole."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache

from alignment_qa.encoders import packaged_model
from alignment_qa.errors import EncoderUnavailable

HYPHEN = "\ufffe"
"""What pdfium writes for a hyphen at the end of a line; the next line follows directly."""

_CUT = re.compile(rf"(-?)(\w+)(?:{HYPHEN}|-\n)(\w+)(?=([-{HYPHEN}]?))")
_APART = frozenset(("self", "well", "multi", "anti", "semi", "quasi", "cross", "half"))
_JOINED = frozenset(("dis", "hyper", "inter", "macro", "micro", "mis", "over", "pre", "sub", "super", "trans", "under"))
_ENDINGS = frozenset(("able", "fold", "hood", "less", "like", "ment", "ness", "ship", "some", "ward", "wise"))


def counted(text: str) -> Counter[str]:
    """How often a document writes each word, in small letters, apart from those that are cut."""
    return Counter(re.findall(r"\w+(?:-\w+)*", _CUT.sub(" ", text.casefold())))


def mended(text: str, words: Counter[str]) -> str:
    """The text of some lines with the words that were cut at their ends whole, or with the hyphen that they always had."""
    return _CUT.sub(lambda cut: f"{cut[1]}{cut[2]}{'-' if _kept(cut, words) else ''}{cut[3]}", text).replace(
        HYPHEN, "-"
    )


def _kept(cut: re.Match[str], words: Counter[str]) -> bool:
    """Whether the hyphen belongs to the word."""
    one, two = cut[2].casefold(), cut[3].casefold()
    whole, apart = words[one + two], words[f"{one}-{two}"]
    if two[0].isdigit() or apart or whole:
        return two[0].isdigit() or apart >= whole
    if one + two in _common():
        return False
    if cut[1] or cut[4] or cut[3][0].isupper() or one in _APART:  # `stop-the-` `world`, `interpreter-` `to-trace`
        return True
    known = all(words[part] or part in _common() for part in (one, two))
    return known and one not in _JOINED and two not in _ENDINGS and len(one) > 2 and len(two) > 3


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    try:
        file = packaged_model() / "tokenizer.json"
    except EncoderUnavailable:
        return frozenset()
    return frozenset(json.loads(file.read_text(encoding="utf-8"))["model"]["vocab"])
