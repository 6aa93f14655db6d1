"""`python -m alignment_qa --doctor`: how encoder, index, model and disk are, and the fix of what is not well."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alignment_qa import chat, encoders, writer
from alignment_qa.budget import Day
from alignment_qa.config import Config, cache_folder
from alignment_qa.errors import AlignmentQAError
from alignment_qa.index import Index

LEAST_FREE = 1 << 30  # bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is, in a line; where it is not `well`, the line names the fix."""

    thing: str
    well: bool
    line: str


def examine(config: Config) -> Iterator[Finding]:
    """The findings, one at a time, as each may take seconds. The model is asked one word, which costs some tokens."""
    for thing, look in (
        ("encoder", _encoder),
        ("index", _index),
        ("model", _model),
        ("checker", _checker),
        ("disk", _disk),
    ):
        yield _found(thing, look, config)


def _found(thing: str, look: Callable[[Config], str], config: Config) -> Finding:
    try:
        return Finding(thing, True, look(config))
    except (AlignmentQAError, ValueError, OSError) as error:
        return Finding(thing, False, " ".join(str(error).split()))


def _encoder(config: Config) -> str:
    encoder = encoders.load(config.encoder)
    near, far = encoder.encode(["A kitten is asleep.", "Interest rates rose."]) @ encoder.encode_query(["A cat sleeps."])[0]  # fmt: skip
    if not near > far:
        raise ValueError(f"{encoder.name} does not tell like from unlike. Install requirements.txt anew.")
    return f"{encoder.name}, {encoder.dimension} dimensions, by {encoder.backend}"


def _index(config: Config) -> str:
    with Index.open(config.index) as index:
        documents, passages = index.count()
        if not passages:
            raise ValueError(
                f"The index at {config.index} is empty. Fill it with: python -m ingest DIR --index {config.index}"
            )
        if not index.search("alignment", 1):
            raise ValueError(
                f"The index at {config.index} finds nothing. Mend it with: python -m ingest --repair --index {config.index}"
            )
        return f"{config.index}: {documents} documents, {passages} passages, by {index.encoder.name}"


def _model(config: Config) -> str:
    if not config.model:
        return "none: answers are quoted. Name one with --model or ALIGNMENT_QA_MODEL to have them written"
    spent = chat.Spent()
    spent.cost(config.price)
    day = Day(config.index, config.day_tokens)
    day.allow()
    model = chat.open_model(config.model, config.base_url, config.timeout)
    said = chat.ask(model, [("system", "You are asked whether you work."), ("human", "Reply with: yes.")], spent)
    day.add(spent.tokens)
    if not said:
        raise ValueError(f"{config.model} sends no words. Try another model.")
    cited = ", cites by itself" if chat.cites_itself(model) else ""
    return f"{config.model} answers, {spent.tokens} tokens{' (estimated)' if spent.estimated else ''}{cited}"


def _checker(config: Config) -> str:
    check = writer.configured_checker(config)
    if check is None:
        return "the offline one"
    carried, not_carried = (
        check(text, ["Cats sleep in the sun."]) for text in ("Cats sleep in the sun.", "Rates rose.")
    )
    if carried <= not_carried:
        raise ValueError(
            f"{config.checker} does not tell what a text says from what it does not. Take another, or none."
        )
    return f"{config.checker}: {carried:.2f} for what a text says, {not_carried:.2f} for what it does not"


def _disk(config: Config) -> str:
    places = {"the index": Path(config.index), "the cache": cache_folder()}
    told = []
    for name, place in places.items():
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free
        told.append(f"{free / (1 << 30):.1f} GiB free for {name}")
        if free < LEAST_FREE:
            raise ValueError(f"Only {told[-1]}. Make room, or move it with --index or ALIGNMENT_QA_CACHE.")
    return ", ".join(told)
