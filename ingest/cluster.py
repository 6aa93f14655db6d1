"""Files to read flow in, their passages with vectors flow out, made by the workers of a Dask cluster: the only door to
distributed. What is done with them stays with the calling process, the one writer of the index.

Workers run this program's code and see the files under the same paths. A worker's task that is lost with it is done
again by another; a file that takes several workers with it is skipped by name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from alignment_qa import encoders
from alignment_qa.embed import passage_vectors
from alignment_qa.encoders import Encoder
from alignment_qa.errors import EngineUnavailable, ReadFailed
from alignment_qa.fast import fastest
from alignment_qa.types import Document
from ingest import readers
from ingest.passages import split
from ingest.sync import Engine, Read, Reading

AHEAD = 4  # tasks a worker's thread that are under way: enough that none waits, and no more than these are in memory
TOGETHER = 16  # documents a task, of a file of many
_ALONE = Lock()  # a worker of several threads loads one encoder, and runs it once at a time


@contextmanager
def cluster(
    scheduler: str | None, encoder: str, size: int, limit: int, fields: Mapping[str, str] | None
) -> Iterator[Engine]:
    """An engine for `sync` on a scheduler's workers; without a scheduler, on a cluster of this machine's cores.

    Raises EngineUnavailable."""
    try:
        import distributed
    except ImportError:
        raise EngineUnavailable(
            "--engine dask needs a package more. Install it with: pip install -r requirements-scale.txt"
        ) from None
    try:
        client = distributed.Client(scheduler, timeout=10, **({} if scheduler else _LOCAL))
    except (OSError, ValueError) as error:
        raise EngineUnavailable(f"No Dask scheduler answers at {scheduler}. Start one with: dask scheduler") from error
    if not client.nthreads():
        client.close()
        raise EngineUnavailable(f"The scheduler at {scheduler} has no workers. Start one with: dask worker {scheduler}")
    told = encoder, size, limit, fields

    def engine(readings: Iterator[Reading]) -> Iterator[tuple[Reading, Iterable[Read], bool]]:
        waiting: deque[tuple[Reading, Any, bool]] = deque()
        tasks = _tasks(client, readings, told)
        while True:
            ahead = AHEAD * max(1, sum(client.nthreads().values()))  # workers come and go
            waiting.extend(islice(tasks, max(0, ahead - len(waiting))))
            if not waiting:
                return
            reading, task, last = waiting.popleft()
            yield reading, _result(task), last

    with client:
        yield engine


_LOCAL: dict[str, Any] = {"processes": True, "threads_per_worker": 1, "dashboard_address": None}


def _tasks(client: Any, readings: Iterator[Reading], told: tuple[Any, ...]) -> Iterator[tuple[Reading, Any, bool]]:
    """A task a file, or some documents of a file that holds many, which is read here; whether it is its last."""
    for reading in readings:
        path, collection = reading.file.path.absolute(), reading.file.collection
        if path.suffix.lower() in readers.SINGLE:
            yield reading, client.submit(read_file, str(path), collection, *told, pure=False), True
            continue
        parts = readers.read_all(path, collection=collection, fields=told[-1])
        ahead = list(islice(parts, TOGETHER))
        while ahead:
            some, ahead = ahead, list(islice(parts, TOGETHER))
            yield reading, client.submit(embed, some, *told[:-1], pure=False), not ahead


def _result(task: Any) -> list[Read]:
    from distributed import KilledWorker

    try:
        return task.result()  # type: ignore[no-any-return]
    except KilledWorker:
        return [Read("", ReadFailed("each worker that read it died"))]
    except ImportError as error:
        raise EngineUnavailable(
            f"The workers cannot run this program ({error}). Start them where it is installed, with its folder in PYTHONPATH."
        ) from error


# on the workers


def read_file(
    path: str, collection: str, encoder: str, size: int, limit: int, fields: Mapping[str, str] | None
) -> list[Read]:
    """What is in a file, embedded."""
    return embed(readers.read_all(Path(path), collection=collection, fields=fields), encoder, size, limit)


def embed(parts: Iterable[readers.Part], encoder: str, size: int, limit: int) -> list[Read]:
    """Documents with their passages, and a (1 + sentences, dimension) matrix for each passage of prose."""
    with _ALONE:
        loaded = _encoder(encoder)
        reads = []
        for place, found in parts:
            if not isinstance(found, Document):
                reads.append(Read(place, found))
                continue
            passages = list(split(found, loaded.count, size=size, limit=limit))
            (vectors,) = passage_vectors(loaded, [[p for p in passages if p.role == "prose"]])
            reads.append(Read(place, found, passages, vectors))
        return reads


@lru_cache(maxsize=1)
def _encoder(name: str) -> Encoder:
    return fastest(encoders.load(name))
