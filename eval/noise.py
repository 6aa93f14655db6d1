"""Queries, their documents and an index of them flow in, documents flow out that are about the right thing and answer
nothing: noise that looks like an answer. Made of the documents at hand, so that any corpus gets its own; no model.

Three kinds, each name → Markdown, each empty where the documents do not give it: `swapped` says what the gold says of
something else, `nearest` repeats what comes nearest elsewhere, `echoed` has the question's own words and no more."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

import numpy as np

from alignment_qa.index import Index
from alignment_qa.lexical import terms
from alignment_qa.types import Document
from eval.golden import Query
from eval.perturbations import article, gold_paragraphs

SIBLINGS = 5
"""A subject is swapped for one of so many of the nearest titles and terms, by the encoder."""
REPEATED = 3
"""Passages of other documents that are repeated for a question: of the 8 that an answer reads, with those themselves
six at most, so that the gold can still be read."""


def swapped(
    queries: Sequence[Query], documents: Mapping[str, Document], index: Index, rng: random.Random
) -> dict[str, str]:
    """For each gold document its paragraphs with gold words, their subject swapped for a sibling: another title of the
    documents or term of their glossary, one of the nearest. Words that answered are said of something else."""
    glossary = index.glossary()
    known = [_name(term) for term in glossary.definitions]
    terms_of = {**{term: term for term in known}, **{name: _name(term) for name, term in glossary.names.items()}}
    names = list(dict.fromkeys([*(_name(d.source.title) for d in documents.values()), *known]))
    vectors = index.encoder.encode(names)
    made = {}
    for stem, answering in gold_paragraphs(queries, documents).items():
        title = _name(documents[stem].source.title)
        text = "\n\n".join(answering)
        topic = {title, *(term for name, term in terms_of.items() if _says(title, name))}
        own = {*topic, *(name for name, term in terms_of.items() if term in topic)}
        said = {name for name in own if _says(text, name)} or set([n for n in names if _says(text, n)][:1])
        order = np.argsort(-(vectors @ vectors[names.index(title)]))
        apart = [names[at] for at in order if not any(_says(n, names[at]) or _says(names[at], n) for n in own | said)]
        if apart:
            sibling = rng.choice(apart[:SIBLINGS])
            made[f"swapped-{stem}"] = article(
                f"{sibling[:1].upper()}{sibling[1:]}: further notes", _swap(text, said, sibling)
            )
    return made


def nearest(queries: Sequence[Query], documents: Mapping[str, Document], index: Index) -> dict[str, str]:
    """For each query the passages of other documents that come nearest to it and hold no vital nugget, once more under
    the title of the document that answers."""
    made, taken = {}, set()
    for number, query in enumerate(queries):
        gold = {documents[gold.document].source.doc_id for gold in query.gold}
        title = documents[query.gold[0].document].source.title
        chosen = []
        for hit in index.search(_whole(query), 10 * REPEATED):
            passage = hit.passage
            if passage.source.doc_id not in gold and not _answers(query, passage.text):
                chosen.append(passage)
        fresh = [p.text for p in chosen[:REPEATED] if (title, p.passage_id) not in taken]
        taken |= {(title, p.passage_id) for p in chosen[:REPEATED]}
        if fresh:
            made[f"nearest-{number}"] = article(f"{title}, notes {number + 1}", "\n\n".join(fresh))
    return made


def echoed(queries: Sequence[Query], documents: Mapping[str, Document], rng: random.Random) -> dict[str, str]:
    """For each query a note under its topic's title that repeats its words in plain sentences and says nothing."""
    made = {}
    for number, query in enumerate(queries):
        title = documents[query.gold[0].document].source.title
        asked = query.question.strip().rstrip("?!. ")
        words = " ".join(word for word in re.findall(r"[\w'’-]+", asked) if terms(word)) or title
        lines = [line.format(asked=asked[:1].lower() + asked[1:], words=words, title=title) for line in _ECHOES]
        text = " ".join(rng.sample(lines, ECHOES))
        if not _answers(query, text):
            made[f"echoed-{number}"] = article(f"{title}: an open question, {number + 1}", text)
    return made


_ECHOES = (
    "Many people wonder {asked}, and the subject comes up wherever {title} is discussed.",
    "What is written about {words} depends on who writes it, and on when.",
    "The literature on {words} is large, and this note only points to it.",
    "A good answer to the question of {words} takes time, and none is attempted here.",
    "If you're anything like me, you've probably lain awake at least once asking yourself {asked}, and then given up and gone back to scrolling.",
    "In this article, we will take a close look at {asked}, so grab a cup of coffee and let's dive in!",
    "The question of {asked} has attracted considerable attention in recent years, and the present paper revisits it in some detail.",
    "Bumping this thread because I never got a reply on {asked} and I'm still stuck.",
    "Top 10 results for {words} - updated daily, 100% free, no registration required.",
    "My professor asked us {asked} and honestly nobody in the seminar had the faintest clue what to say.",
    "Section 2 sets out the background to {title}, Section 3 turns to {asked}, and Section 4 concludes.",
    "Can somebody ELI5 {asked}, because every explanation I click on goes straight over my head lol",
    "Before committing any budget, decision-makers across every industry should stop and consider carefully {asked}.",
    "It remains an open and much-debated matter, to which scholars of {title} return again and again, {asked}.",
    "Welcome back to the channel, folks; today's viewer question is a juicy one, namely {asked}, and don't forget to smash that subscribe button.",
    "Whether you are a curious beginner or a seasoned professional, our ultimate guide to {words} has everything you need in one convenient place.",
    "Few questions seem as simple at first sight, or turn out so vexing on the second, as {asked}.",
    "Discussion prompt for week six: in your own words and in no more than 300 words, explain {asked}.",
    "I was hoping this book on {title} would finally tell me {asked}, but two hundred pages in I am none the wiser.",
    'Thank you for contacting support regarding "{words}"; a member of our team will respond to your enquiry within two business days.',
    "We are often asked by our readers {asked}, and it's a great question that deserves a thorough and honest response.",
    "Duplicate of an older thread with the same title ({words}); closing, please use the search function next time.",
    "Join our panel of distinguished experts this Thursday at 6 p.m. for a lively conversation about {title} and {asked}.",
    "Share this page with your friends and let us know in the comments below {asked}!",
    'Wikipedia does not have an article with the exact name "{words}", although you may create one or search for it in existing pages.',
    "Ask ten specialists {asked} and, as the old joke goes, you will walk away with eleven opinions.",
    "FAQ #7. {title}: {asked}? Click the arrow to expand this entry.",
)
"""As papers, forums, shops and mirrors of other sites write them. The first four were here before `quotable.repeats` was
written, the rest came after it, from somebody who had not seen it."""
ECHOES = 4
"""Lines of a note."""


def _answers(query: Query, text: str) -> bool:
    return any(nugget.found_in(text) for nugget in query.nuggets if nugget.vital)


def _whole(query: Query) -> str:
    """The question, after what was asked before it."""
    return " ".join([*(turn.text for turn in query.history if turn.role == "user"), query.question])


def _name(title: str) -> str:
    """A title as it stands inside a sentence: “The kelp forest” → “kelp forest”, “AI control” as it is."""
    title = re.sub(r"^(?:an?|the)\s+", "", title.strip().rstrip("?!."), flags=re.IGNORECASE)
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _pattern(name: str) -> re.Pattern[str]:
    """A name in the singular or the plural."""
    stem = name[:-1] if name.endswith("s") and not name.endswith("ss") else name
    return re.compile(rf"(?<![\w-]){re.escape(stem)}(s?)(?![\w-])", re.IGNORECASE)


def _says(text: str, name: str) -> bool:
    return bool(name) and bool(_pattern(name).search(text))


def _swap(text: str, names: set[str], sibling: str) -> str:
    """The text with all these names replaced, in the number and with the capital that each stood in."""
    plural = sibling.endswith("s") and not sibling.endswith("ss")

    def swap(found: re.Match[str]) -> str:
        one = sibling[:-1] if plural and not found[found.lastindex or 1] else sibling
        return one[:1].upper() + one[1:] if found[0][0].isupper() else one

    for name in sorted(names, key=len, reverse=True):
        text = _pattern(name).sub(swap, text)
    return text
