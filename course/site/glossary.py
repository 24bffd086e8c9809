"""The glossary: every term that a lesson introduces in bold, with its English name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from course.site.lesson_pages import LessonPage, Section, cell_sections

_TERM = re.compile(r"\*\*(?P<japanese>[^*()（）]+?)\s*[(（](?P<english>[A-Za-z][^)）*]*)[)）]\*\*")
_SENTENCE = re.compile(r"[^。！？]*[。！？]?")
_ENGLISH_SENTENCE = re.compile(r".*?(?:[.!?](?=\s|$)|$)", re.DOTALL)
_LINE_START = re.compile(r"^(?:[-*>]|\d+\.)\s+")


@dataclass(frozen=True)
class Term:
    """An entry of the glossary.

    Attributes:
        japanese: Its Japanese name.
        english: Its English name.
        lesson: Name of the lesson that introduces it.
        section: The heading below which it is introduced, in the words of the page's language.
        sentence: The sentence that introduces it, in Markdown; empty where it stands in a table.
    """

    japanese: str
    english: str
    lesson: str
    section: Section
    sentence: str


def terms(pages: Sequence[LessonPage]) -> list[Term]:
    """Return the terms of the Japanese lessons, in the order in which they are introduced."""
    found: dict[str, Term] = {}
    for page in pages:
        for section, paragraph, match in _terms_of(page):
            sentence = _around(paragraph, match[0], _SENTENCE)
            english = match["english"].strip()
            term = Term(match["japanese"].strip(), english, page.name, section, sentence)
            found.setdefault(term.japanese, term)
    return list(found.values())


def in_english(known: Sequence[Term], pages: Sequence[LessonPage]) -> list[Term]:
    """Return the terms as English pages show them, in alphabetical order.

    Cells have the same ids in both languages, so a term's place is known; its sentence is the one
    that has the term in bold there.
    """
    by_name = {page.name: page for page in pages}
    translated = [_translated(term, by_name) for term in known]
    return sorted(translated, key=lambda term: term.english.casefold())


def _translated(term: Term, pages: Mapping[str, LessonPage]) -> Term:
    page = pages.get(term.lesson)
    if page is None:
        return Term(term.japanese, term.english, term.lesson, term.section, "")
    # A lesson whose English lags behind may lack the section.
    same = (section for section in page.sections if section.anchor == term.section.anchor)
    section = next(same, page.sections[0])
    bold = re.compile(rf"\*\*[^*]*{re.escape(term.english.split(',')[0])}[^*]*\*\*", re.IGNORECASE)
    for cell in page.student.cells:
        for paragraph in _paragraphs(cell) if cell.cell_type == "markdown" else ():
            if match := bold.search(paragraph):
                sentence = _around(paragraph, match[0], _ENGLISH_SENTENCE)
                return Term(term.japanese, term.english, term.lesson, section, sentence)
    return Term(term.japanese, term.english, term.lesson, section, "")


def _terms_of(page: LessonPage) -> Iterator[tuple[Section, str, re.Match[str]]]:
    section = page.sections[0]
    for cell in page.student.cells:
        if cell.cell_type != "markdown":
            continue
        inside = {found.title: found for found in cell_sections(cell)}
        for paragraph in _paragraphs(cell):
            heading = re.match(r"#+ +(.+?)\s*$", paragraph)
            if heading and heading[1] in inside:
                section = inside[heading[1]]
            for match in _TERM.finditer(paragraph):
                yield section, paragraph, match


def _paragraphs(cell: NotebookNode) -> Iterator[str]:
    """Yield paragraphs and items of lists, each as one line; lines of tables as they are."""
    lines: list[str] = []
    for line in [*cell.source.splitlines(), ""]:
        begins = _LINE_START.match(line) or line.startswith(("#", "|", "<")) or not line.strip()
        if begins and lines:
            yield "".join(lines) if _japanese(lines) else " ".join(lines)
            lines = []
        if line.strip():
            lines.append(_LINE_START.sub("", line.strip()))


def _japanese(lines: Sequence[str]) -> bool:
    return bool(re.search(r"[ぁ-んァ-ン]", "".join(lines)))


def _around(paragraph: str, term: str, sentences: re.Pattern[str]) -> str:
    if paragraph.startswith(("|", "#", "<")):
        return ""
    whole = (sentence.strip() for sentence in sentences.findall(paragraph))
    return next((sentence for sentence in whole if term in sentence), "")
