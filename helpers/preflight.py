"""The line at the top of every notebook: which versions, which device, which data."""

from __future__ import annotations

import platform
from importlib.metadata import version

from helpers.data import describe
from helpers.internal.sentences import Sentence

_ENVIRONMENT = Sentence(
    ja="環境: {packages}、計算装置 {device}", en="Environment: {packages}, device {device}"
)


def preflight(dataset: str, framework: str = "torch") -> None:
    """Print what the notebook runs on.

    Args:
        dataset: ``"MNIST"`` or ``"FashionMNIST"``.
        framework: ``"torch"`` or ``"keras"``.

    Raises:
        UnknownNameError, DataError: As :func:`helpers.data.prepare`.
    """
    packages = f"Python {platform.python_version()}, {framework} {version(framework)}"
    print(_ENVIRONMENT.format(packages=packages, device=_device(framework)))
    print(describe(dataset))


def _device(framework: str) -> str:
    if framework == "torch":
        from helpers.internal.devices import device
    else:
        from helpers.internal.keras_backend import device
    return str(device())
