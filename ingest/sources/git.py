"""The documents of a Git repository, by the `git` command. Nothing is checked out: a bare copy of the last commit is
fetched, and files are read from it, so that no hook, filter, link or submodule of it ever acts.

Options: `include`, `exclude`, file name patterns as `docs/*.md`."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import date
from fnmatch import fnmatch
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from alignment_qa.config import cache_folder
from alignment_qa.errors import FetchFailed
from ingest import readers
from ingest.sources.fetch import Fetch, Seal
from ingest.sources.guard import addresses, checked_url
from ingest.sources.original import Collection, Content, Has, Listing, Original

_LONGEST = 1800
"""Seconds that git may take."""
_NOT_TEXTS = ("license*", "licence*", "requirements*.txt", "robots.txt", "cmakelists.txt")


def originals(collection: Collection, fetch: Fetch, since: date | None, has: Has) -> Listing:
    """Every file of a format that we read, in the repository's last commit. `since` cannot be told from it."""
    url, pinned = _reached(collection, fetch)
    copy = cache_folder() / "repositories" / f"{collection.name}.git"
    if not (copy / "HEAD").exists():
        copy.mkdir(parents=True, exist_ok=True)
        _git(["init", "--quiet", "--bare", str(copy)], [])
    _git(["-C", str(copy), "fetch", "--quiet", "--depth=1", "--no-tags", url, "+HEAD:refs/heads/upstream"], pinned)
    commit = _git(["-C", str(copy), "rev-parse", "refs/heads/upstream"], []).decode().strip()
    listed = _git(["-C", str(copy), "ls-tree", "-r", "-l", "-z", commit], [])
    for row in listed.split(b"\0"):
        facts, _, name = row.partition(b"\t")
        mode, kind, blob, size = (facts.decode().split() + [""] * 4)[:4]
        path = name.decode("utf-8", "replace")
        if kind == "blob" and mode != "120000" and _is_wanted(path, collection) and int(size) <= readers.LARGEST:
            said = {"url": _shown(url, commit, path)}
            yield Original(path, said, partial(_load, copy, blob, path), blob)
    return True


def preview(collection: Collection, fetch: Fetch) -> str:
    """What a run would fetch, in words."""
    url, pinned = _reached(collection, fetch)
    head = _git(["ls-remote", url, "HEAD"], pinned).decode().partition("\t")[0]
    return f"the last commit ({head[:12]}) of {url}"


def _is_wanted(path: str, collection: Collection) -> bool:
    include, exclude = collection.listed("include"), collection.listed("exclude")
    name = PurePosixPath(path)
    return (
        name.suffix.lower() in readers.SUFFIXES
        and bool(name.suffix)
        and not any(part.startswith(".") for part in name.parts)
        and not any(fnmatch(name.name.lower(), pattern) for pattern in _NOT_TEXTS)
        and (not include or any(fnmatch(path, pattern) for pattern in include))
        and not any(fnmatch(path, pattern) for pattern in exclude)
    )


def _reached(collection: Collection, fetch: Fetch) -> tuple[str, list[str]]:
    """The repository's address, and what makes git connect to no other number than the one that was checked."""
    url = checked_url(collection.address)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    number = addresses(host, port, allow_private=fetch.allow_private)[0]
    inside = f"[{number}]" if ":" in number else number
    return url, [f"http.curloptResolve={host}:{port}:{inside}", "http.followRedirects=false", "http.proxy="]


def _git(arguments: list[str], settings: list[str]) -> bytes:
    """What git prints. It reads no settings but ours, asks nobody for a password and runs no hook."""
    settings = [*settings, "core.hooksPath=/dev/null", "credential.helper=", "fetch.fsckObjects=true"]
    settings += ["http.lowSpeedLimit=1000", "http.lowSpeedTime=60", "gc.auto=0"]
    command = [shutil.which("git") or "git", *(word for setting in settings for word in ("-c", setting)), *arguments]
    alone = {
        "PATH": os.defpath,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ALLOW_PROTOCOL": "http:https",
        "GIT_LFS_SKIP_SMUDGE": "1",
    }
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LONGEST, env=alone, check=False)
    except FileNotFoundError:
        raise FetchFailed("reading a repository needs git; install it") from None
    except subprocess.TimeoutExpired:
        raise FetchFailed(f"git took more than {_LONGEST} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise FetchFailed(f"git: {said[-1][:300] if said else 'failed'}")
    return done.stdout


def _shown(url: str, commit: str, path: str) -> str:
    """Where a person reads the file as it was."""
    return f"{url.rstrip('/').removesuffix('.git')}/blob/{commit}/{quote(path)}"


def _load(copy: Path, blob: str, path: str, seal: Seal | None) -> Content:
    return Content(_git(["-C", str(copy), "cat-file", "blob", blob], []), PurePosixPath(path).suffix.lower())
