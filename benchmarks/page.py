"""Shows measured figures: a table for the terminal, and a page with a plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from rich.table import Table

from benchmarks.figure import OURS

_HEADINGS = ("figure", "way", "value", "times ours", "aim")
_SLOWER, _QUICKER = "#3f90da", "#e76300"
_MET = {True: "✓", False: "✗"}


def table(entries: Sequence[dict]) -> Table:
    """Return what :func:`benchmarks.entries.measure` returned as a table for the terminal."""
    shown = Table(*_HEADINGS)
    for entry in entries:
        for figure in entry["figures"]:
            for row in _rows(figure):
                shown.add_row(*row)
            shown.add_section()
    return shown


def write_page(entries: Sequence[dict], file: Path) -> None:
    """Write a page in Markdown, and beside it the plot that it shows."""
    plot = file.with_suffix(".png")
    draw_comparisons(entries).savefig(plot, dpi=110)
    parts = [_INTRODUCTION, f"![How many times longer other ways take]({plot.name})", ""]
    for entry in entries:
        parts += [f"## {entry['name']}", "", *_lines(entry["figures"]), ""]
        parts += [f"- {figure['note']}" for figure in entry["figures"] if figure["note"]]
        machine = ", ".join(f"{name} {value}" for name, value in entry["machine"].items())
        parts += [f"- Measured on: {machine}", ""]
    file.write_text("\n".join(parts), encoding="utf-8")


def _lines(figures: Sequence[dict]) -> Iterator[str]:
    yield _line(_HEADINGS)
    yield _line(("---", "---", "--:", "--:", "---"))
    for figure in figures:
        yield from map(_line, _rows(figure))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rows(figure: dict) -> Iterator[tuple[str, ...]]:
    title = figure["title"]
    aims = ", ".join(f"{_MET[met]} {aim}" for aim, met in figure["verdicts"].items())
    ours = figure["values"].get(OURS)
    for way, value in figure["values"].items():
        ratio = f"{value / ours:.2f}" if ours and way != OURS else ""
        yield title, way, f"{_short(value)} {figure['unit']}".rstrip(), ratio, aims
        title = aims = ""


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 1 else f"{value:.4f}"


def draw_comparisons(entries: Sequence[dict]) -> Figure:
    """Draw how many times longer than ours each other way takes, a row each."""
    rows = [
        (f"{figure['title']}\n{way}".replace("`", ""), value / figure["values"][OURS])
        for entry in entries
        for figure in entry["figures"]
        if figure["unit"] == "s" and OURS in figure["values"]
        for way, value in figure["values"].items()
        if way != OURS
    ]
    drawn = Figure(figsize=(9, 1 + 0.45 * len(rows)), layout="constrained")
    ax = drawn.subplots()
    for place, (_, ratio) in enumerate(rows):
        ax.barh(place, ratio - 1, left=1, color=_SLOWER if ratio > 1 else _QUICKER)
        ax.annotate(f" {ratio:.3g}×", (max(ratio, 1), place), va="center", fontsize=8)
    ax.set_yticks(range(len(rows)), labels=[name for name, _ in rows], fontsize=8)
    ax.invert_yaxis()
    ax.axvline(1, color="black", linewidth=1)
    ax.set(xscale="log", xlabel="times longer than ours; orange: quicker than ours")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.margins(x=0.12, y=0.02)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return drawn


_INTRODUCTION = """\
# 速さ / Speed

`python -m benchmarks --json benchmarks/results.json` が測って書くページです。手では直しません。
比べる相手も同じ回に測ります。短いものは交互に何度か測り、中央値を取ります。t-SNE と UMAP は
2 度測って速いほうを取り、学習、ノートブック、採点は 1 度だけ測ります。割合が大切で、秒はマシンに
よって変わります。
✓ は目標に届いた、✗ は届かなかった印です。

`python -m benchmarks --json benchmarks/results.json` measures and writes this page; it is not
edited by hand. Ours and the others are measured in one run. What is short is measured
several times, in turns, and the median is taken; of t-SNE and UMAP, the quicker of two; trainings,
notebooks and grading are measured once. What counts are the ratios: seconds change from machine to
machine. ✓ marks an aim that is met, ✗ one that is missed.
"""
