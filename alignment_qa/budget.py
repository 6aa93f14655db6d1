"""Tokens that a chat model may cost in a day, counted in a small file beside the index, for all processes that use it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from alignment_qa.config import cache_folder
from alignment_qa.errors import ModelUnavailable


class Day:
    """What was spent today on questions to one index. `most` is the limit, None for none."""

    def __init__(self, index: str, most: int | None) -> None:
        self.most = most
        folder = Path(index)
        if index.startswith(("http://", "https://")):
            folder = cache_folder() / hashlib.sha256(index.encode()).hexdigest()[:12]
        self.path = folder.with_name(f"{folder.name}.spent.json")

    def allow(self) -> None:
        """Raises ModelUnavailable when the day's tokens are spent."""
        if self.most is not None and (spent := self.spent()) >= self.most:
            raise ModelUnavailable(f"The {self.most} tokens allowed for a day are spent ({spent}).")

    def spent(self) -> int:
        """Tokens of today; what cannot be read counts as nothing."""
        try:
            told = json.loads(self.path.read_text())
            return int(told["tokens"]) if told["day"] == _today() else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def add(self, tokens: int) -> None:
        """Count more tokens; nothing is written where no limit is set."""
        if self.most is None or not tokens:
            return
        from filelock import FileLock

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock", timeout=10):
            part = self.path.with_suffix(f".{os.getpid()}.part")
            part.write_text(json.dumps({"day": _today(), "tokens": self.spent() + tokens}))
            os.replace(part, self.path)


def _today() -> str:
    return time.strftime("%Y-%m-%d")
