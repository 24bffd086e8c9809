"""The full and the mini edition of the data, and the line that says which is in use."""

from __future__ import annotations

from helpers.internal.idx import idx_path, read_idx
from helpers.internal.sentences import Sentence
from helpers.internal.sources import Edition, Location, locate

DATA_IN_USE: dict[Edition, Sentence] = {
    "full": Sentence(
        ja="データ: {name} 完全版（訓練 {train:,} 枚、テスト {test:,} 枚）",
        en="Data: {name}, the full set ({train:,} images to train, {test:,} to test)",
    ),
    "mini": Sentence(
        ja="データ: {name} ミニ版（訓練 {train:,} 枚、テスト {test:,} 枚の小さなデータ）",
        en="Data: {name}, the mini set ({train:,} images to train, {test:,} to test)",
    ),
}

_announced: set[tuple[str, Edition]] = set()


def announce(name: str, location: Location) -> None:
    """Print which data is in use, once for each edition of a data set."""
    if (name, location.edition) not in _announced:
        print(_banner(name, location))
        _announced.add((name, location.edition))


def edition(name: str) -> Edition:
    """Return ``"full"`` or ``"mini"``: which edition :func:`helpers.data.prepare` uses. Raises the same."""
    return locate(name).edition


def describe(name: str) -> str:
    """Return the line that says which data is in use. Raises the same as :func:`helpers.data.prepare`.

    The caller shows the line, so :func:`helpers.data.prepare` will not print it again.
    """
    location = locate(name)
    _announced.add((name, location.edition))
    return _banner(name, location)


def _banner(name: str, location: Location) -> str:
    train, test = (
        len(read_idx(idx_path(location.root, name, split, "labels"))) for split in (True, False)
    )
    return DATA_IN_USE[location.edition].format(name=name, train=train, test=test)
