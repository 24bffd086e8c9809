"""The one rule for devices: a model lies on the fastest, and images are brought to their model."""

from __future__ import annotations

import torch
from torch import nn


def device() -> torch.device:
    """Return the fastest device of this machine: CUDA, else Apple's GPU, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_of(model: nn.Module) -> torch.device:
    """Return the device that the model's parameters are on; the CPU if it has none."""
    parameter = next(model.parameters(), None)
    return parameter.device if parameter is not None else torch.device("cpu")


def is_fast_in_bfloat16(place: torch.device) -> bool:
    """Return whether a device has circuits for bfloat16, rather than imitating it with float32."""
    if place.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if place.type == "cpu":
        # Older versions of PyTorch cannot tell.
        capabilities = getattr(torch.cpu, "get_capabilities", dict)()
        return any(capabilities.get(circuit) for circuit in ("amx_bf16", "avx512_bf16"))
    return False
