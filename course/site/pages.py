"""Writes the source folder of one tree: what Sphinx turns into pages."""

from __future__ import annotations

import io
import posixpath
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from course.errors import SiteError
from course.repository import Repository
from course.site import text
from course.site.glossary import Term
from course.site.lesson_pages import LessonPage
from course.site.reference import module_names, module_page
from course.site.trees import Language, Tree

_README = {
    "ja": ("README.md", ("始めかた", "環境ごとの違い", "データ")),
    "en": ("README.en.md", ("Getting started", "Differences between environments", "Data")),
}
_GUIDE = {"ja": "course/grade/README.md", "en": "course/grade/README.en.md"}
_BENCHMARKS = {"speed": "benchmarks/results.md", "reproduction": "benchmarks/reproduction.md"}
# What a link in the repository's own pages becomes on the site.
_PAGE_OF = {
    "course/grade/README.md": "guide.md",
    "course/grade/README.en.md": "guide.md",
    "benchmarks/results.md": "speed.md",
    "benchmarks/reproduction.md": "reproduction.md",
}
# On the site every page has a switch.
_OTHER_LANGUAGE = re.compile(r"（\[English\]\([^)]*\)）| \(\[日本語\]\([^)]*\)\)")
_KANA = re.compile("[ぁ-んァ-ヶ]")
_LINK = re.compile(r"\]\((?!https?:|#)(?P<target>[^)#\s]+)(?P<anchor>#[^)]*)?\)")
_FRONT_FIGURES = {
    "01": ("plot_images",),
    "03": ("plot_confusion", "plot_history"),
    "04": ("tsne", "plot_embedding"),
    "05": ("plot_overlay", "plot_maps"),
    "06": ("conv1_maps", "plot_filters"),
    "07": ("plot_conv_filter", "plot_result"),
    "08": ("plot_misclassified", "plot_images"),
}
"""Which demonstration stands for a lesson on the front page: the first whose code has the word."""
_FRONT_ASSETS = {"02": "convolution-channels.png"}
_THUMBNAIL = (640, 480)
EXTRA = "_extra"
"""Folder of a tree's sources that is copied to the site as it is."""


@dataclass(frozen=True)
class Card:
    """A lesson on the front page.

    Attributes:
        name: Such as ``"03_training"``.
        title: Its title without the number.
        minutes: The time it takes; empty if the lesson does not say.
        goal: The first of its goals, in plain words.
        picture: File name of a figure that it draws; empty if there is none.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
    """

    name: str
    title: str
    minutes: str = ""
    goal: str = ""
    picture: str = ""
    width: int = 0
    height: int = 0


def write_tree(
    tree: Tree,
    folder: Path,
    pages: Sequence[LessonPage],
    names: Sequence[str],
    terms: Sequence[Term],
) -> None:
    """Write the sources of a tree.

    Args:
        tree: Its language and checkout.
        folder: Where to write; new.
        pages: The lessons that exist in this language.
        names: The names of all lessons.
        terms: The glossary.

    Raises:
        SiteError: README lacks a section that the site shows.
    """
    repository = tree.repository
    for page in pages:
        _write_lesson(page, folder / "lessons")
    for name in sorted(set(names) - {page.name for page in pages}):
        _write_missing_lesson(name, folder / "lessons", tree)
    _write_repository_pages(tree, folder)
    words_folder = repository.root / "site" / "pages"
    templates = Environment(
        loader=FileSystemLoader([words_folder / tree.language, words_folder]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    helpers = repository.root / "helpers"
    modules = module_names(helpers)
    by_name = {page.name: page for page in pages}
    values = {
        "words": text.words(tree.language),
        "names": names,
        "cards": [_card(name, by_name.get(name), repository, folder) for name in names],
        "terms": terms,
        "titles": {page.name: page.title for page in pages},
        "modules": modules,
        "version": repository.version,
        "repository": f"https://github.com/{repository.address}",
        "explorer": explorer_page(tree) and tree.to_site + explorer_page(tree),
    }
    for page in sorted((words_folder / tree.language).rglob("*.md")):
        name = page.relative_to(words_folder / tree.language).as_posix()
        _write(folder / name, templates.get_template(name).render(values))
    for module in modules:
        _write(folder / "reference" / f"{module}.md", module_page(helpers, module))


def explorer_folder(repository: Repository) -> Path | None:
    """Return the folder of the network that runs in the browser; None if there is none."""
    folder = repository.root / "site" / "explorer"
    return folder if (folder / "index.html").is_file() else None


def explorer_page(tree: Tree) -> str:
    """Return where the explorer stands in the site, in the tree's language; empty if nowhere."""
    folder = explorer_folder(tree.repository)
    page = "index.html" if tree.language == "ja" else f"{tree.language}.html"
    return f"explorer/{page}" if folder and (folder / page).is_file() else ""


def _write_lesson(page: LessonPage, folder: Path) -> None:
    _write(folder / f"{page.name}.ipynb", nbformat.writes(page.notebook))
    (folder / "pictures").mkdir(exist_ok=True)
    for name, content in page.pictures.items():
        (folder / "pictures" / name).write_bytes(content)


def _write_missing_lesson(name: str, folder: Path, tree: Tree) -> None:
    says = text.words(tree.language)["untranslated"]
    japanese = f"../{tree.to_other}lessons/{name}.html"
    _write(folder / f"{name}.md", f"# {name}\n\n{says.format(japanese=japanese)}\n")


def _card(name: str, page: LessonPage | None, repository: Repository, folder: Path) -> Card:
    if page is None:
        return Card(name, name[3:])
    goal = re.sub(r"[`*$]", "", next(iter(page.goals), ""))
    card = Card(name, page.title.removeprefix(page.number).strip(), page.minutes, goal)
    content = _front_figure(page, repository)
    if content is None:
        return card
    picture = Image.open(io.BytesIO(content))
    picture.thumbnail(_THUMBNAIL)
    target = folder / EXTRA / "front" / f"{name}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    picture.save(target, optimize=True)
    return replace(card, picture=target.name, width=picture.width, height=picture.height)


def _front_figure(page: LessonPage, repository: Repository) -> bytes | None:
    """Return the picture that stands for a lesson on the front page, None if it has none."""
    if asset := _FRONT_ASSETS.get(page.number):
        return (repository.root / "assets" / asset).read_bytes()
    found = [
        figures[0][0]
        for word in (*_FRONT_FIGURES.get(page.number, ()), "")
        for code, figures in page.drawn.items()
        if word in code and figures[0][0].endswith(".png")
    ]
    return page.pictures[posixpath.basename(found[0])] if found else None


def _write_repository_pages(tree: Tree, folder: Path) -> None:
    repository = tree.repository
    readme, headings = _README[tree.language]
    content = (repository.root / readme).read_text(encoding="utf-8")
    parts = [section(content, heading, readme) for heading in headings]
    title = {"ja": "自分のマシンで動かす", "en": "On your own machine"}[tree.language]
    _write(folder / "setup.md", with_links(f"# {title}\n\n" + "\n".join(parts), "", repository))
    for name, source in {"guide": _GUIDE[tree.language], **_BENCHMARKS}.items():
        content = (repository.root / source).read_text(encoding="utf-8")
        if name in _BENCHMARKS:
            content = in_one_language(content, tree.language)
        content = _OTHER_LANGUAGE.sub("", content)
        page = with_links(content, posixpath.dirname(source), repository)
        _write(folder / f"{name}.md", page)
    shutil.copyfile(repository.root / "benchmarks" / "results.png", folder / "results.png")


def section(content: str, heading: str, page: str) -> str:
    """Return the section of a Markdown page below ``## heading``, with its heading.

    Raises:
        SiteError: There is none.
    """
    found = re.search(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", content, re.DOTALL | re.M)
    if not found:
        raise SiteError(text.NO_SECTION.format(page=page, heading=heading))
    return found[0]


def in_one_language(content: str, language: Language) -> str:
    """Return one language of a page that begins in both: its title and its introduction."""
    introduction, rest = re.split(r"^(?=!\[|\|)", content, maxsplit=1, flags=re.MULTILINE)
    title, *paragraphs = introduction.strip().split("\n\n")
    names = title.removeprefix("# ").split(" / ")
    kept = [part for part in paragraphs if bool(_KANA.search(part)) == (language == "ja")]
    return "\n\n".join([f"# {names[language == 'en']}", *kept, rest])


def with_links(content: str, folder: str, repository: Repository) -> str:
    """Return a page of the repository whose links lead to the site, or else to GitHub.

    Args:
        content: Markdown.
        folder: Where the page stands in the repository, such as ``"course/grade"``.
        repository: The checkout.
    """

    def lead(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, link["target"]))
        anchor = link["anchor"] or ""
        if path.endswith(".png"):
            return f"]({posixpath.basename(path)})"
        if path in _PAGE_OF:
            return f"]({_PAGE_OF[path]}{anchor})"
        version = repository.tag or "HEAD"
        return f"](https://github.com/{repository.address}/blob/{version}/{path}{anchor})"

    return _LINK.sub(lead, content)


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
