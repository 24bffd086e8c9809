"""One progress bar for everything that takes long; quiet where nobody watches."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm


def progress_bar(iterable: Iterable | None = None, *, show: bool = True, **options: Any) -> tqdm:
    """Return a tqdm bar; ``options`` are tqdm's own.

    The bar is left out if ``show`` is False, and in continuous integration (``CI`` is set).
    """
    hidden = not show or bool(os.environ.get("CI"))
    return tqdm(iterable, disable=hidden, leave=False, **options)
