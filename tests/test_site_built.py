"""The whole site, built once: its pages, its links, and how it behaves in a real browser."""

import importlib.util
import os
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import nbformat
import pytest
from site_course import ROOT, RUN, executed_notebooks

from course.repository import Repository
from course.site.build import build_site
from course.site.glossary import terms
from course.site.leaks import hidden_parts, leaks
from course.site.lesson_pages import lesson_page
from course.site.tools import CHROMIUM_FLAGS, chromium, print_pages, serve
from course.site.trees import lesson_names, trees

REPOSITORY = Repository.read(ROOT)
NAMES = lesson_names(REPOSITORY)
LANGUAGES = ("ja", "en")
PHONE = {"width": 360, "height": 760}
# The engine of the search works in the background from the first opening on.
SEARCH = """async words => {
  const pagefind = await import(new URL("pagefind/pagefind.js", document.baseURI));
  const found = await pagefind.search(words);
  const pages = await Promise.all(found.results.slice(0, 8).map(page => page.data()));
  return pages.flatMap(page => page.sub_results.map(section => section.url));
}"""
AXE = """async () => {
  const found = await axe.run({resultTypes: ["violations"]});
  return found.violations.map(violation => [violation.id, violation.nodes[0].html]);
}"""


def skip_or_fail(reason):
    """Skip where a machine lacks something, but not in CI, which has to bring it."""
    (pytest.fail if os.environ.get("COURSE_SITE") == "required" else pytest.skip)(reason)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of this checkout, built from one run and the outputs that notebooks keep."""
    if importlib.util.find_spec("sphinx") is None:
        skip_or_fail('no Sphinx: pip install -e ".[site]"')
    if not (ROOT / "site" / "node_modules").is_dir():
        skip_or_fail("no packages of Node: npm ci --prefix site")
    folder = tmp_path_factory.mktemp("site")
    executed_notebooks(folder / "executed")
    build_site(REPOSITORY, folder / "out", executed=folder / "executed")
    return folder / "out"


@pytest.fixture(scope="module")
def address(site):
    with serve(site) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    if importlib.util.find_spec("playwright") is None:
        skip_or_fail('no Playwright: pip install -e ".[site]"')
    if chromium() is None:
        skip_or_fail("no Chromium: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium(), args=[*CHROMIUM_FLAGS])
        yield browser
        browser.close()


@pytest.fixture
def tab(browser):
    """Open a tab of a given width, light or dark."""
    contexts = []

    def open_tab(width=1200, **options):
        viewport = PHONE if width == PHONE["width"] else {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=viewport, **options))
        return contexts[-1].new_page()

    yield open_tab
    for context in contexts:
        context.close()


class Page(HTMLParser):
    """What a page refers to: ids, links, and what a browser loads for it."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads, self.headings = set(), [], [], []
        self.undescribed = []
        self.language = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values:
            assert values["id"] not in self.ids, values["id"]
            self.ids.add(values["id"])
        if tag == "html":
            self.language = values["lang"]
        if re.fullmatch("h[1-6]", tag) and "id" in values:
            self.headings.append(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "img" and "alt" not in values:
            self.undescribed.append(values["src"])
        if "src" in values:
            self.loads.append(values["src"])
        if tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(values["href"])


@pytest.fixture(scope="module")
def pages(site):
    return {path.relative_to(site).as_posix(): Page(path) for path in our_pages(site)}


def our_pages(site):
    """The pages of the two trees; the explorer has tests of its own."""
    return [
        path for path in sorted(site.rglob("*.html"))
        if path.relative_to(site).parts[0] not in ("explorer", "_static")
    ]  # fmt: skip


# --- the files ---


def test_every_lesson_has_a_page_in_both_languages(pages):
    for name in NAMES:
        assert f"lessons/{name}.html" in pages
        assert f"en/lessons/{name}.html" in pages


def test_every_page_says_its_language_and_has_a_twin_with_the_same_sections(pages):
    japanese = {name: page for name, page in pages.items() if not name.startswith("en/")}
    assert {f"en/{name}" for name in japanese} == pages.keys() - japanese.keys()
    for name, page in japanese.items():
        twin = pages[f"en/{name}"]
        assert (page.language, twin.language) == ("ja", "en")
        lesson = name.removeprefix("lessons/").removesuffix(".html")
        translated = not name.startswith("lessons/") or trees(REPOSITORY, ROOT)[1].has(lesson)
        if translated and name != "glossary.html":
            assert page.headings == twin.headings, name


def test_every_internal_link_and_anchor_resolves(site, pages):
    broken = []
    for name, page in pages.items():
        for link in [*page.links, *page.loads]:
            target = urlsplit(urljoin(f"http://site/{name}", link))
            if target.netloc != "site":
                continue
            path = unquote(target.path).lstrip("/")
            anchor = unquote(target.fragment)
            missing = anchor and path in pages and anchor not in pages[path].ids
            if missing or not (site / path).is_file():
                broken.append((name, link))
    assert broken == []


def test_pages_load_nothing_from_elsewhere(pages):
    foreign = {load for page in pages.values() for load in page.loads if urlsplit(load).netloc}
    assert foreign == set()


def test_every_picture_is_described(pages):
    assert [src for page in pages.values() for src in page.undescribed] == []


def test_figures_carry_the_words_of_the_notebook(site):
    page = (site / "lessons" / f"{RUN}.html").read_text(encoding="utf-8")
    assert 'alt="100 枚の画像を並べた図"' in page
    assert 'alt="クラスごとの枚数の棒グラフ"' in page


def test_no_page_shows_anything_of_a_solution(site):
    checked = 0
    for tree in trees(REPOSITORY, ROOT):
        for name in filter(tree.has, NAMES):
            solution = nbformat.read(tree.solution(name), as_version=4)
            student = nbformat.read(tree.student(name), as_version=4)
            hidden = hidden_parts(solution, student)
            assert hidden
            for page in pages_of(site, tree):
                assert leaks(page, hidden if page.stem == name else hidden_prose(hidden)) == []
                checked += 1
    assert checked


def pages_of(site, tree):
    return [page for page in our_pages(site) if ("en" in page.parts) == (tree.language == "en")]


def hidden_prose(hidden):
    """Sentences of model answers; lines of code may well stand in the guide or the reference."""
    return [part for part in hidden if re.search("[ぁ-ん]", part)]


def test_downloads_are_the_student_editions(site):
    for name in NAMES:
        downloaded = (site / "notebooks" / f"{name}.ipynb").read_bytes()
        assert downloaded == (REPOSITORY.notebooks / f"{name}.ipynb").read_bytes()


def test_lines_of_a_japanese_paragraph_are_joined(site):
    page = (site / "lessons" / "01_data.html").read_text(encoding="utf-8")
    assert not re.search(r"[ぁ-ん。、]\n[ぁ-んァ-ヶ一-龠]", page)


def test_formulas_are_set_without_a_script(site):
    page = (site / "lessons" / "01_data.html").read_text(encoding="utf-8")
    assert '<span class="katex-mathml"><math' in page
    assert "MathJax" not in page


# --- in a browser ---


def test_every_page_opens_on_a_phone_without_error_foreign_request_or_barrier(
    site, pages, address, tab
):
    axe = (ROOT / "site" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    # English lessons have the marks of the Japanese ones, and one template makes the reference.
    looked_at = {name for name in pages if not re.match("en/|reference/", name)}
    looked_at |= {"reference/explain.html", "en/index.html", "en/guide.html"}
    faults = []
    page = tab(PHONE["width"])
    page.on("console", lambda message: faults.append((page.url, message.type, message.text))
            if message.type in ("error", "warning") else None)  # fmt: skip
    page.on("pageerror", lambda error: faults.append((page.url, "exception", str(error))))
    page.on("request", lambda request: faults.append((page.url, "foreign", request.url))
            if not request.url.startswith((address, "data:")) else None)  # fmt: skip
    for name in pages:
        page.goto(f"{address}/{name}", wait_until="load")
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            faults.append((name, "scrolls sideways", ""))
        if name in looked_at:
            page.evaluate(axe)
            faults += [(name, *violation) for violation in page.evaluate(AXE)]
    assert faults == []


@pytest.mark.parametrize("name", ["index.html", "lessons/01_data.html", "reference/explain.html"])
def test_dark_pages_have_no_barrier_either(name, address, tab):
    page = tab(color_scheme="dark")
    page.goto(f"{address}/{name}")
    page.add_script_tag(path=ROOT / "site" / "node_modules" / "axe-core" / "axe.min.js")
    assert page.evaluate(AXE) == []


def test_the_page_follows_the_system_and_keeps_what_the_reader_chose(address, tab):
    page = tab(color_scheme="dark")
    page.goto(f"{address}/about.html")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="明るさを切り替える").click()
    light = page.evaluate(background)
    brightness = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (dark, light)]
    assert brightness[0] < 150 < 600 < brightness[1]
    page.goto(f"{address}/setup.html")
    assert page.evaluate(background) == light


def glossary():
    """Every term, with the page and section that introduces it."""
    pages = []
    for name in NAMES:
        student = nbformat.read(REPOSITORY.notebooks / f"{name}.ipynb", as_version=4)
        pages.append(lesson_page(name, student, {}, "ja"))
    return terms(pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_search_finds_terms_at_the_section_that_introduces_them(language, address, tab):
    tree = trees(REPOSITORY, ROOT)[LANGUAGES.index(language)]
    known = [term for term in glossary() if tree.has(term.lesson)]
    if not known:
        pytest.skip("no lesson is in English yet")
    page = tab()
    page.goto(f"{address}/about.html")
    page.evaluate("language => { document.documentElement.lang = language }", language)
    missed = []
    for term in known:
        words = term.japanese if language == "ja" else term.english.split(",")[0]
        wanted = f"lessons/{term.lesson}.html#{term.section.anchor}"
        lesson = wanted.partition("#")[0]
        found = page.evaluate(SEARCH, words)
        # The title's section begins at the top of the page.
        places = (wanted, lesson) if term.section.level == 1 else (wanted,)
        if not any(url.endswith(places) for url in found):
            missed.append((words, wanted, found))
    assert len(known) - len(missed) >= 30
    assert len(missed) <= len(known) // 10, missed


@pytest.mark.parametrize("words", ["大域平均プーリング", "混同行列"])
def test_a_reader_searches_by_keyboard_alone(words, address, tab):
    page = tab()
    page.goto(f"{address}/index.html")
    page.keyboard.press("/")
    page.keyboard.insert_text(words)
    first = page.locator("#search ol a").first
    first.wait_for()
    assert "ページ見つかりました" in page.locator("#search [role=status]").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/lessons/**")
    assert words in page.locator("article").inner_text()
    page.keyboard.press("Control+k")
    assert page.locator("#search").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#search").is_visible()


def test_a_word_that_stands_nowhere_is_said_not_to_be_found(address, tab):
    page = tab()
    page.goto(f"{address}/en/about.html")
    page.get_by_role("button", name="Search").click()
    page.keyboard.insert_text("zyzzyva")
    page.get_by_text("Nothing found. Try other words.").wait_for()


def switch_language(page):
    # Playwright's own click first scrolls to a link that stays at the top of the window.
    page.locator(".language-switch").evaluate("link => link.click()")


def test_the_language_switch_leads_to_the_same_section(pages, address, tab):
    page = tab()
    page.goto(f"{address}/guide.html")
    anchor = pages["guide.html"].headings[4]
    page.evaluate("id => document.getElementById(id).scrollIntoView()", anchor)
    switch_language(page)
    page.wait_for_url(f"**/en/guide.html#{anchor}")
    switch_language(page)
    page.wait_for_url(f"**/guide.html#{anchor}")


def test_a_lesson_leads_to_colab_to_its_notebook_and_to_its_neighbours(address, tab):
    page = tab()
    page.goto(f"{address}/lessons/{NAMES[1]}.html")
    colab = page.get_by_role("link", name="Colab で開く").get_attribute("href")
    version = f"v{REPOSITORY.version}/notebooks/{NAMES[1]}.ipynb"
    assert colab == f"https://colab.research.google.com/github/{REPOSITORY.address}/blob/{version}"
    with page.expect_download() as download:
        page.get_by_role("link", name="ノートブックをダウンロード").click()
    assert download.value.suggested_filename == f"{NAMES[1]}.ipynb"
    assert page.locator(".prev-next-area a").count() == 2
    hint = page.locator("article details").first
    assert hint.get_attribute("open") is None
    hint.locator("summary").press("Enter")
    assert hint.get_attribute("open") is not None


@pytest.mark.parametrize("front", ["index.html", "en/index.html"])
def test_the_front_page_shows_all_lessons_in_one_screen(front, address, tab):
    page = tab(1400)
    page.goto(f"{address}/{front}")
    cards = page.locator(".lesson-card")
    assert cards.count() == len(NAMES)
    bottom = max(card.bounding_box()["y"] + card.bounding_box()["height"] for card in cards.all())
    assert bottom <= 900


def test_a_lesson_is_printed_as_a_handout(site, address, tab):
    print_pages(site, ["lessons/02_model.html"])
    printed = (site / "lessons" / "02_model.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 30
    page = tab()
    page.goto(f"{address}/lessons/02_model.html")
    page.emulate_media(media="print")
    assert page.locator("article h1").is_visible()
    for gone in (".bd-sidebar-primary", ".lesson-tools", ".prev-next-footer", ".bd-header-article"):
        assert not page.locator(gone).first.is_visible(), gone
