"""One progress bar for everything that takes long; quiet where nobody watches."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm


def is_quiet() -> bool:
    """Say whether nobody watches: in continuous integration (``CI`` is set)."""
    return bool(os.environ.get("CI"))


def progress_bar(iterable: Iterable | None = None, *, show: bool = True, **options: Any) -> tqdm:
    """Return a tqdm bar; ``options`` are tqdm's own.

    The bar is left out if ``show`` is False, and where :func:`is_quiet` says so.
    """
    return tqdm(iterable, disable=is_quiet() or not show, leave=False, **options)
