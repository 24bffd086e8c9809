"""Builds the site from executed notebooks."""

from __future__ import annotations

import importlib.util
import io
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from course.errors import SiteError
from course.explorer import publish
from course.repository import Repository
from course.site import text
from course.site.executed import outputs_by_cell, read
from course.site.glossary import Term, in_english, terms
from course.site.leaks import hidden_parts, leaks
from course.site.lesson_pages import LessonPage, lesson_page
from course.site.pages import EXTRA, explorer_folder, explorer_page, write_tree
from course.site.tools import index_for_search, print_pages, require_packages, set_formulas
from course.site.trees import Tree, lesson_names, trees

_MARK = ".cnn-gasshuku-site"


def build_site(
    repository: Repository,
    out: Path,
    *,
    executed: Path | None = None,
    solutions: bool = False,
    pdf: bool = False,
) -> None:
    """Build both trees of the site, with one search over them.

    Args:
        repository: The checkout.
        out: Folder of the site: new, empty, or an earlier site, which is replaced.
        executed: Where `course run` has left the notebooks, English ones in its folder ``en``;
            by default ``build/html``.
        solutions: Show solutions and model answers, folded.
        pdf: Also print every lesson to a PDF.

    Raises:
        SiteError: A notebook has not been run as it is now, a page has a fault or would show
            something of a solution, a tool is missing, or ``out`` holds something else.
    """
    _require_sphinx()
    require_packages(repository.root / "site")
    _require_replaceable(out)
    both = trees(repository, executed or repository.root / "build" / "html")
    names = lesson_names(repository)
    pages = {tree.language: _lesson_pages(tree, names, solutions) for tree in both}
    glossary = terms(pages["ja"])
    glossaries = {"ja": glossary, "en": in_english(glossary, pages["en"])}
    out.parent.mkdir(parents=True, exist_ok=True)
    # On the same disk, so that the finished site takes its place in one step.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site-") as folder:
        site = Path(folder) / "site"
        for tree in both:
            sources = Path(folder) / tree.language
            lessons, known = pages[tree.language], glossaries[tree.language]
            _build_tree(tree, sources, site, lessons, names, known, pdf)
        _finish(repository, site)
        if not solutions:
            _require_no_leaks(both, names, site)
        if pdf:
            lessons = [
                f"{tree.folder}/lessons/{page.name}.html".lstrip("/")
                for tree in both
                for page in pages[tree.language]
            ]
            print_pages(site, lessons)
        (site / _MARK).touch()
        if out.exists():
            shutil.rmtree(out)
        site.rename(out)


def _require_sphinx() -> None:
    if not all(map(importlib.util.find_spec, ("sphinx", "myst_nb", "sphinx_book_theme"))):
        raise SiteError(text.NO_SPHINX)


def _require_replaceable(out: Path) -> None:
    foreign = out.exists() and not (out / _MARK).is_file()
    if foreign and (not out.is_dir() or any(out.iterdir())):
        raise SiteError(text.FOREIGN_FOLDER.format(folder=out))


def _lesson_pages(tree: Tree, names: Sequence[str], solutions: bool) -> list[LessonPage]:
    pages = []
    for name in filter(tree.has, names):
        outputs = outputs_by_cell(tree, name)
        solution = read(tree.solution(name)) if solutions else None
        student = read(tree.student(name))
        pages.append(lesson_page(name, student, outputs, tree.language, solution))
    return pages


def _build_tree(
    tree: Tree,
    sources: Path,
    site: Path,
    pages: Sequence[LessonPage],
    names: Sequence[str],
    glossary: Sequence[Term],
    pdf: bool,
) -> None:
    write_tree(tree, sources, pages, names, glossary)
    out = site / tree.folder
    _run_sphinx(tree, sources, out, pages, pdf)
    (out / "notebooks").mkdir()
    for page in pages:
        shutil.copyfile(tree.student(page.name), out / "notebooks" / f"{page.name}.ipynb")


def _run_sphinx(
    tree: Tree, sources: Path, out: Path, pages: Sequence[LessonPage], pdf: bool
) -> None:
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=sources,
            confdir=None,
            outdir=out,
            doctreedir=sources.with_name(f"{tree.language}-doctrees"),
            buildername="html",
            confoverrides=_settings(tree, sources, pages, pdf),
            status=None,
            warning=warnings,
            freshenv=True,
        )
        app.build()
    if warnings.getvalue():
        raise SiteError(text.PAGES_FAULTY.format(warnings=warnings.getvalue()[:2000]))


def _settings(
    tree: Tree, sources: Path, pages: Sequence[LessonPage], pdf: bool
) -> dict[str, object]:
    root = tree.repository.root / "site" / "theme"
    title = text.words(tree.language)["title"]
    return {
        "project": title,
        "author": "The CNN Gasshuku authors",
        "version": tree.repository.version,
        "release": tree.repository.version,
        "language": tree.language,
        "extensions": [
            "course.site.sphinx_extension",
            "myst_nb",
            "sphinx_copybutton",
        ],
        "myst_enable_extensions": ["dollarmath", "deflist", "attrs_block"],
        "add_module_names": False,
        "nb_execution_mode": "off",
        "nb_ipywidgets_js": {},
        "nb_render_markdown_format": "myst",
        "copybutton_exclude": ".linenos, .gp, .go",
        "html_theme": "sphinx_book_theme",
        "html_title": title,
        "html_math_renderer": "katex",
        "html_static_path": [str(root / "static")],
        "templates_path": [str(root / "templates")],
        "html_css_files": ["site.css"],
        "html_js_files": [("site.js", {"type": "module"})],
        "html_extra_path": [EXTRA] if (sources / EXTRA).is_dir() else [],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_use_index": False,
        "html_permalinks_icon": "#",
        "html_sidebars": {"**": ["sidebar-tools.html", "sbt-sidebar-nav.html"]},
        "html_context": {"default_mode": "auto"},
        "html_domain_indices": False,
        "html_favicon": str(root / "static" / "favicon.svg"),
        "html_theme_options": {
            "disable_search": True,
            "show_toc_level": 2,
            "max_navbar_depth": 1,  # deeper levels fold behind buttons that have no name
            "home_page_in_toc": False,
            "use_download_button": False,
            "use_fullscreen_button": False,
            "toc_title": text.words(tree.language)["contents"],
            "back_to_top_button": False,
            "footer_content_items": ["site-footer.html"],
            "pygments_light_style": "a11y-high-contrast-light",
            "pygments_dark_style": "a11y-high-contrast-dark",
        },
        "course_to_other": tree.to_other,
        "course_explorer": explorer_page(tree),
        "course_lessons": {page.name: _lesson_links(tree, page, pdf) for page in pages},
    }


def _lesson_links(tree: Tree, page: LessonPage, pdf: bool) -> Mapping[str, object]:
    repository = tree.repository
    path = tree.student(page.name).relative_to(repository.root).as_posix()
    place = f"{repository.address}/blob/{repository.tag or 'HEAD'}/{path}"
    return {
        "name": page.name,
        "minutes": page.minutes,
        "pdf": pdf,
        "colab": f"https://colab.research.google.com/github/{place}",
    }


def _finish(repository: Repository, site: Path) -> None:
    if explorer_folder(repository):
        publish(site / "explorer")
    for template in site.rglob("*webpack-macros.html"):  # of the theme, no page
        template.unlink()
    (site / ".nojekyll").touch()  # GitHub Pages would leave out _static
    set_formulas(repository.root / "site", site)
    index_for_search(repository.root / "site", site)


def _require_no_leaks(both: Sequence[Tree], names: Sequence[str], site: Path) -> None:
    for tree in both:
        for name in filter(tree.has, names):
            hidden = hidden_parts(read(tree.solution(name)), read(tree.student(name)))
            page = site / tree.folder / "lessons" / f"{name}.html"
            if found := leaks(page, hidden):
                raise SiteError(text.LEAKING.format(page=page.name, secret=found[0]))
