"""What Sphinx has to know about our pages: anchors, Japanese lines, formulas, the other tree."""

from __future__ import annotations

import html
import posixpath
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxTranslator

from course.site.text import words

_OUR_ANCHOR = "cell-"


class SectionAnchors(SphinxTransform):
    """Gives every section one id, which is the same in both languages.

    In lessons it is made from the id of the cell; elsewhere it counts the sections, as an id made
    from Japanese words says nothing either.
    """

    # After targets have reached their sections, before Sphinx collects the contents.
    default_priority = 860

    def apply(self, **_: Any) -> None:
        """Rename the sections of a page."""
        if self.env.docname.startswith("reference/"):
            return
        for count, section in enumerate(self.document.findall(nodes.section)):
            ours = [name for name in section["ids"] if name.startswith(_OUR_ANCHOR)]
            section["ids"] = ours[:1] or [f"section-{count}"]


class JapaneseLines(SphinxTransform):
    """Joins the lines of Japanese paragraphs, where a browser would put a space."""

    default_priority = 870

    def apply(self, **_: Any) -> None:
        """Join the lines of a page."""
        for block in self.document.findall(_is_prose):
            texts = list(_texts(block))
            whole = "".join(part.astext() for part in texts)
            place = 0
            for part in texts:
                content = part.astext()
                joined = _joined(whole, place, content)
                place += len(content)
                if joined != content:
                    _replace(part, nodes.Text(joined))


def _is_prose(node: nodes.Node) -> bool:
    outermost = isinstance(node, nodes.TextElement) and not isinstance(
        node.parent, nodes.TextElement
    )
    return outermost and not isinstance(node, nodes.FixedTextElement)


def _texts(block: nodes.Element) -> Iterator[nodes.Text]:
    return block.findall(nodes.Text)


def _replace(old: nodes.Text, new: nodes.Text) -> None:
    # Not by Element.replace, which takes the first text that says the same.
    children = old.parent.children
    place = next(place for place, child in enumerate(children) if child is old)
    old.parent[place] = new


def _joined(whole: str, start: int, content: str) -> str:
    """Return ``content``, which stands at ``start`` in ``whole``, without needless line breaks."""
    kept = []
    for place, letter in enumerate(content, start):
        between = 0 < place < len(whole) - 1
        needless = (
            letter == "\n" and between and _wide(whole[place - 1]) and _wide(whole[place + 1])
        )
        kept.append("" if needless else letter)
    return "".join(kept)


def _wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _visit_formula(translator: SphinxTranslator, node: nodes.Element) -> None:
    display = isinstance(node, nodes.math_block)
    tag = "div" if display else "span"
    formula = html.escape(node.astext())
    translator.body.append(f'<{tag} class="formula">{formula}</{tag}>')
    raise nodes.SkipNode


def _page_context(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Add what templates need: words, the page in the other language, the lesson's links."""
    to_front = posixpath.relpath(".", posixpath.dirname(pagename) or ".")
    to_front = "" if to_front == "." else f"{to_front}/"
    context["words"] = words(app.config.language)
    context["to_site"] = to_front + ("" if app.config.language == "ja" else "../")
    context["other_language"] = "en" if app.config.language == "ja" else "ja"
    context["other_page"] = f"{to_front}{app.config.course_to_other}{pagename}.html"
    context["explorer"] = (
        app.config.course_explorer and context["to_site"] + app.config.course_explorer
    )
    lesson = pagename.removeprefix("lessons/") if pagename.startswith("lessons/") else ""
    context["lesson"] = app.config.course_lessons.get(lesson)
    formulas = (nodes.math, nodes.math_block)
    context["has_formulas"] = doctree is not None and any(map(list, map(doctree.findall, formulas)))
    context["body"] = _readable(context.get("body", ""))
    context["indexed"] = pagename not in ("glossary", "genindex", "index")


def _readable(body: str) -> str:
    """Return a page whose headings have the ids of their sections, where Pagefind looks for them.

    The marks that lead to a heading are no part of its words.
    """
    moved = re.sub(
        r'<section id="([^"]+)">\s*(?:<span id="[^"]*"></span>)*\s*<(h[1-6])>',
        r'<section>\n<\2 id="\1">',
        body,
    )
    marked = moved.replace('<a class="headerlink"', '<a data-pagefind-ignore class="headerlink"')
    # The corner of a table is no heading.
    return re.sub(r'<th class="head">\s*(?:<p></p>)?\s*</th>', "<td></td>", marked)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register everything with Sphinx."""
    app.add_config_value("course_to_other", "", "html", str)
    app.add_config_value("course_explorer", "", "html", str)
    app.add_config_value("course_lessons", {}, "html", dict)
    app.add_transform(SectionAnchors)
    app.add_transform(JapaneseLines)
    app.add_html_math_renderer("katex", (_visit_formula, None), (_visit_formula, None))
    app.connect("html-page-context", _page_context)
    # Pagefind searches the site; Sphinx's own search does not find words within Japanese compounds.
    app.connect("builder-inited", lambda app: setattr(app.builder, "search", False))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
