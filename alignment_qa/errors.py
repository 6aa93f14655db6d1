"""The tree of errors: each message says what, where, and what to do. Everything we raise on purpose is here."""

from __future__ import annotations


class AlignmentQAError(Exception):
    """Something that a person can mend; its text tells how. Commands print it as one line and exit with 2."""


class IndexMissing(AlignmentQAError):
    """There is no index where one was expected."""


class IndexMismatch(AlignmentQAError):
    """The index was made by another schema or another encoder than the one that opens it."""


class IndexBusy(AlignmentQAError):
    """Another process is writing to the index."""


class WriteFailed(AlignmentQAError):
    """The index, or the file of feedback, cannot be written: the disk is full, say, or a file of it is damaged."""


class IndexUnreachable(AlignmentQAError):
    """The server that holds the index does not answer, or refuses us."""


class ReadFailed(AlignmentQAError):
    """A file cannot be read as a document. The text is the reason, in a few words, without the path."""


class DocumentMissing(AlignmentQAError):
    """A document or a collection that was asked for is not in the index."""


class EncoderUnavailable(AlignmentQAError):
    """The configured sentence encoder cannot be loaded."""


class ModelUnavailable(AlignmentQAError):
    """The configured chat model cannot be used: provider package, key, name or server is missing, or it broke off.

    `again` where another try may go better, `shorter` where one with fewer passages may."""

    def __init__(self, text: str, *, again: bool = False, shorter: bool = False) -> None:
        super().__init__(text)
        self.again, self.shorter = again, shorter


class EngineUnavailable(AlignmentQAError):
    """The cluster that was to do the work cannot be used: package, scheduler or workers are missing."""


class CollectionUnknown(AlignmentQAError):
    """A collection was asked for that the list of collections does not hold, or holds wrongly."""


class FetchFailed(AlignmentQAError):
    """An address was not fetched: it must not be, or its server has or gives nothing. `status` is HTTP's, 0 for none."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status
