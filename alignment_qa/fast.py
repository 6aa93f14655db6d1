"""An encoder flows in, the same encoder as this machine runs it fastest over many texts flows out: on a GPU, by OpenVINO
where it is installed, or by torch in bfloat16. None is taken that disagrees with the encoder as it is. The only door to
OpenVINO."""

from __future__ import annotations

import logging
import sys
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from alignment_qa.encoders import AS_EXPORTED, Encoder, ExportedEncoder, Vectors, cores, packaged_model, torch_transform

log = logging.getLogger("alignment_qa")

AGREEMENT = 0.9995
"""Least cosine with the encoder's own vectors on PROBES. On 265 texts of our corpus the least was .99997 for OpenVINO's
bfloat16 and .99993 for torch's; 8-bit integers, which moved the ten nearest passages, came to .998."""

GPU_TOKENS = 16384  # padded tokens in one run

PROBES = (
    "Inner alignment",
    "What is the difference between a reward model and a preference model?",
    "Goodhart's law: when a measure becomes a target, it ceases to be a good measure.",
    "See section 4.2 (2021), pp. 11–13; x ≥ 0.5, naïve, café.",
    "However, it does not follow that the second system is safer than the first.",
    "No.",
    "A mesa-optimizer is a learned model that is itself an optimizer. " * 12,
    "Weak supervisors can be helped by debate, by decomposition, or by tools that find the flaws in long answers. " * 6,
)


def fastest(encoder: Encoder) -> Encoder:
    """The encoder as this machine runs it fastest, or itself when that is as it is. Loads torch and what runs
    the model in it (three seconds), so it pays from some hundred passages on."""
    if not isinstance(encoder, ExportedEncoder) or encoder.backend != AS_EXPORTED:
        return encoder  # sentence-transformers chooses its own device; what was chosen before stays
    for make in (_on_gpu, _by_openvino, _by_torch):
        try:
            other = make(encoder)
            least = agreement(encoder, other) if other else 0.0
        except Exception as error:  # an engine of the user's machine may fail in its own ways; the index must be made
            log.info("%s cannot run the encoder: %s", make.__name__.strip("_"), error)
            continue
        if other and least >= AGREEMENT:
            return other
        if other:
            log.warning("%s is not used: its vectors disagree with the encoder's (cosine %.4f)", other.backend, least)
    return encoder


def agreement(encoder: Encoder, other: Encoder) -> float:
    """The least cosine between the vectors that two encoders make of PROBES."""
    return float((encoder.encode(PROBES) * other.encode(PROBES)).sum(axis=1).min())


def _on_gpu(encoder: ExportedEncoder) -> ExportedEncoder | None:
    import torch

    device = torch.accelerator.current_accelerator(check_available=True)
    if device is None:
        return None
    return encoder.run_by(torch_transform(packaged_model(), device.type), f"torch fp32 on {device.type}", GPU_TOKENS)


def _by_torch(encoder: ExportedEncoder) -> ExportedEncoder | None:
    import torch

    if not {"avx512_bf16", "amx_bf16"} & {name for name, has in torch.cpu.get_capabilities().items() if has}:
        return None
    torch.set_num_threads(1)  # a batch; several run at once
    return encoder.run_by(torch_transform(packaged_model(), "cpu", bfloat16=True), "torch bf16")


def _by_openvino(encoder: ExportedEncoder) -> ExportedEncoder | None:
    if find_spec("openvino") is None:
        return None
    # Importing OpenVINO tells its makers so over the network where this module is found beside it.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    core = openvino.Core()
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return None
    settings = {"INFERENCE_PRECISION_HINT": "bf16", "NUM_STREAMS": str(cores()), "INFERENCE_NUM_THREADS": str(cores())}
    compiled = core.compile_model(str(encoder.model), "CPU", settings)

    def transform(inputs: dict[str, NDArray[np.int64]]) -> Vectors:
        request = compiled.create_infer_request()  # each thread its own
        return request.infer(inputs, share_inputs=True)[0].copy()  # type: ignore[no-any-return]

    return encoder.run_by(transform, "openvino bf16")
