import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser

import pytest
from analysis_class import RIGHT, WRONG, answer, essay, handed_in, hinted, of_outcomes, write
from typer.testing import CliRunner

from course.cli import app
from course.errors import StorageError
from course.grade.analysis import text
from course.grade.analysis.analysis import analyse
from course.grade.analysis.words import Wording
from course.grade.shared.stages import Phrasebook, Stages
from exercises.wording import Phrases
from helpers.internal.sentences import Sentence

HOSTILE = "\"'><script>alert(1)</script><svg onload=alert(2)>{{ 7*7 }}\x1b[31m"
KANA = re.compile("[\u3041-\u30ff]")
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class Page(HTMLParser):
    """Collects the tags of a page with their attributes, and its words."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self._parts = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] != "style":
            self._parts.append(data)

    @property
    def words(self):
        return " ".join("".join(self._parts).split())


def analysed(tmp_path, submissions, codes=(), *, language="ja", anonymous=False):
    """Return page and data of a class."""
    folder = write(tmp_path / "grades", submissions, codes)
    analyse(folder, in_language=language, anonymous=anonymous)
    return Page((folder / "analysis.html").read_text()), data(folder)


def data(folder):
    return json.loads((folder / "analysis.json").read_text())


def swapped(number, code="return b, a", **student):
    """A student who makes a mistake that a hint knows, and the code for it."""
    one = handed_in(number, {"1-1": answer(hinted("swapped")), "1-5": essay(None)}, **student)
    return one, (number, "01_data", "1-1", f"def f(a, b):\n    {code}")


def test_page_and_data_tell_what_became_of_every_exercise(tmp_path):
    page, told = analysed(tmp_path, of_outcomes(["rrr", "rrw", "rfw", "rww", "rbb", "wbb"]))
    first, second, third = told["lessons"][0]["exercises"]
    assert second["outcomes"] == {"right": 2, "wrong": 1, "failed": 1, "blank": 2}
    assert "正解 2, 不正解 1, エラー・停止 1, 未記入 2" in [
        attributes.get("aria-label") for _, attributes in page.tags
    ]
    assert third["item_rest"]["students"] == 6
    assert first["item_rest"]["value"] == pytest.approx(0.5 / math.sqrt(5 / 6 * 3.5))
    assert "83 % 0.29 6 人" in page.words


def test_exercises_at_fault_are_named_first(tmp_path):
    page, told = analysed(tmp_path, of_outcomes(["rf"] * 6))
    assert [(fault["kind"], fault["exercise"]) for fault in told["faults"]] == [
        ("nobody_right", "1-2")
    ]
    found = page.words.index("問 1-2 書いた 6 人のうち、正解が 1 人もいません。")
    assert found < page.words.index("合計点の分布")


def test_misconceptions_are_told_in_the_words_of_their_hints_with_an_example(tmp_path):
    (one, code), (other, other_code) = swapped("s1"), swapped("s2", "return (b, a) # 名前")
    folder = write(tmp_path / "grades", [one, other], [code, other_code])
    hint = Sentence(ja="順が逆です。", en="The order is the wrong way round.")
    book = Phrasebook({"1-1": Phrases({"swapped": hint}, {})})
    Stages(folder / "stages").write("01_data", book)
    for language, words in (("ja", "2 人（100 %） 順が逆です。"), ("en", "2 (100 %) The order")):
        analyse(folder, in_language=language)
        shown = Page((folder / "analysis.html").read_text()).words
        assert words in shown
        assert "def f(a, b): return (b, a)" in shown
    (found,) = data(folder)["lessons"][0]["exercises"][0]["misconceptions"]
    assert found == {
        "mistake": {"kind": "hint", "key": "swapped"},
        "students": 2,
        "share": 1.0,
        "example": "def f(a, b):\n    return (b, a)",
    }


def test_waiting_essays_are_counted(tmp_path):
    essays = [None, None, 0.0, 4.0]
    page, told = analysed(
        tmp_path, [handed_in(f"s{k}", {"1-5": essay(one)}) for k, one in enumerate(essays)]
    )
    assert told["lessons"][0]["essays"][0]["waiting"] == 2
    assert "採点を待つ考察が 2 件あります。" in page.words
    assert "1-5 2 1 40 %" in page.words


def test_students_who_may_need_help_are_named_with_the_reasons(tmp_path):
    submissions = [*of_outcomes(["r"]), handed_in("s9", {"1-1": answer(WRONG)}, name="見本 九子")]
    page, told = analysed(tmp_path, submissions)
    assert "s9 見本 九子 0 / 1 問の点が半分に届きません" in page.words
    assert told["needs"]["reasons"] == {"few_points": 1}
    assert told["needs"]["named"][0]["student"] == {"number": "s9", "name": "見本 九子"}


# --- for showing in class -------------------------------------------------------------------------
def test_an_anonymous_page_and_its_data_name_nobody(tmp_path):
    secrets = ("K1234567", "山田", "花子", "hanako", "example.jp", "ほうこく", ".ipynb")
    one, code = swapped(
        "K1234567",
        'hanako = "山田 花子"; return b, a  # K1234567',
        name="山田 花子",
        mail="hanako@example.jp",
        file="山田花子_123_ほうこく.ipynb",
    )
    page, told = analysed(tmp_path, [one, handed_in("K7654321", {}, "")], [code], anonymous=True)
    written = (tmp_path / "grades" / "analysis.html").read_text() + json.dumps(
        told, ensure_ascii=False
    )
    assert [secret for secret in secrets if secret in written] == []
    assert told["needs"] == {"students": 2, "reasons": {"few_points": 1, "nothing_readable": 1}}
    assert "2 人のうち 2 人です。" in page.words


def test_an_anonymous_page_still_has_examples(tmp_path):
    one, code = swapped("K1234567", name="山田 花子")
    page, _ = analysed(tmp_path, [one], [code], anonymous=True)
    assert "def f(a, b): return (b, a)" in page.words


# --- languages ------------------------------------------------------------------------------------
def class_of_all_kinds():
    verdicts = [
        RIGHT,
        hinted("swapped"),
        *(WRONG | {"reason": reason} for reason in ("number", "shape", "text", "absent")),
        *(WRONG | {"reason": reason, "fields": {}} for reason in text.NO_RESULT),
        WRONG | {"reason": "error", "fields": {"error": "TypeError: x"}},
        WRONG | {"reason": "error", "fields": {"error": "nothing returned"}},
        WRONG | {"reason": "error", "fields": {"error": "not a number", "type": "dict"}},
        WRONG | {"reason": "trace", "fields": {"item": "inputs changed"}},
    ]
    for verdict in verdicts:
        yield verdict
        yield verdict


def test_an_english_page_has_no_japanese_and_data_have_no_language(tmp_path):
    submissions = [
        handed_in(f"s{k:02d}", {f"1-{k // 10 + 1}": answer(one), "1-5": essay(None)}, "01_data")
        for k, one in enumerate(class_of_all_kinds())
    ]
    ids = {key for one in submissions for key in one["answers"]}
    for one in submissions:
        blank = RIGHT | {"status": "blank", "reason": "missing"}
        one["answers"] = {
            key: one["answers"].get(key) or answer(blank) for key in sorted(ids - {"1-5"})
        } | {"1-5": essay(None)}
    submissions += [*of_outcomes(["r"], "03_training"), handed_in("broken", {}, "")]
    page, told = analysed(tmp_path, submissions, language="en")
    assert KANA.search(page.words) is None
    assert ("html", {"lang": "en"}) in page.tags
    assert KANA.search(json.dumps(told, ensure_ascii=False)) is None
    japanese, same = analysed(tmp_path, submissions, language="ja")
    assert same == told
    assert len(japanese.tags) == len(page.tags)


def test_the_language_is_that_of_the_command_line(tmp_path, monkeypatch):
    folder = write(tmp_path / "grades", of_outcomes(["r"]))
    monkeypatch.setenv("COURSE_LANG", "en")
    analyse(folder)
    assert "What the class understood" in (folder / "analysis.html").read_text()


@pytest.mark.parametrize("kind", ["hint", "trace", "number"])
def test_what_the_course_no_longer_knows_is_called_by_its_name(kind):
    mistake = type("Mistake", (), {"kind": kind, "key": "gone"})
    assert "gone" in Wording({}).of("9-9", mistake).en


# --- classes of every kind ------------------------------------------------------------------------
CLASSES = {
    "one": of_outcomes(["rwb"]),
    "all right": of_outcomes(["rrrr"] * 30),
    "all blank": of_outcomes(["bbbb"] * 500),
    "five hundred": of_outcomes(["rrww", "rwfb", "rrrr", "bbbb", "rrrw"] * 100),
    "several lessons": [
        *of_outcomes(["rr", "rw"] * 10),
        *of_outcomes(["www"] * 12, "03_training"),
        *of_outcomes(["r"] * 20, "08_fashion_mnist"),
    ],
    "essays alone": [handed_in("s1", {"1-5": essay(None)})],
    "nothing graded": [handed_in("s1", {}, ""), handed_in("s2", {}, "")],
    "nobody": [],
    "extra credit": [handed_in("s1", {"1-1": answer(RIGHT, points=3.5)})],
    "worth nothing": [handed_in("s1", {"1-1": answer(RIGHT, 0.0)})],
}


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_class_gets_a_page(tmp_path, kind, language):
    page, told = analysed(tmp_path, CLASSES[kind], language=language)
    assert told["submissions"] == len(CLASSES[kind])
    assert not re.search(r"\b(nan|inf|None)\b", page.words)
    places = [value for _, attributes in page.tags for value in attributes.values() if value]
    assert not [value for value in places if re.search(r"\bnan|\binf\b", value)]


def test_a_class_of_blanks_has_no_exercise_at_fault_and_a_list_that_ends(tmp_path):
    page, told = analysed(tmp_path, CLASSES["all blank"])
    assert told["faults"] == []
    assert len(told["needs"]["named"]) == 500
    assert "ほかに 460 人います。" in page.words


def test_bars_of_the_histogram_hold_the_whole_class(tmp_path):
    page, _ = analysed(tmp_path, CLASSES["five hundred"])
    titles = re.findall(r"\d+ 点以上 \d+ 点未満: (\d+) 人", page.words)
    assert sum(map(int, titles)) == 500


# --- strangers' words -----------------------------------------------------------------------------
def hostile_class():
    one, code = swapped(HOSTILE, f"return {HOSTILE!r}, a", name=HOSTILE, mail=HOSTILE, file=HOSTILE)
    shown = WRONG | {"reason": "error", "fields": {"error": HOSTILE, "line": HOSTILE}}
    return [one, handed_in("s2", {"1-1": answer(shown), "1-5": essay(1.0)})], [code]


def test_what_students_write_is_escaped_and_the_page_allows_its_own_style_alone(tmp_path):
    page, _ = analysed(tmp_path, *hostile_class())
    assert "script" not in [tag for tag, _ in page.tags]
    assert not [name for _, attributes in page.tags for name in attributes if name[:2] == "on"]
    assert HOSTILE.replace("\x1b[31m", "") in page.words
    markup = (tmp_path / "grades" / "analysis.html").read_text()
    style = re.search("<style>(.*?)</style>", markup, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [each["content"] for _, each in page.tags if each.get("http-equiv")]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


def test_nothing_is_loaded_from_anywhere(tmp_path):
    page, _ = analysed(tmp_path, CLASSES["several lessons"])
    addresses = [
        value for _, each in page.tags for name, value in each.items() if name in ("src", "href")
    ]
    assert [address for address in addresses if not address.startswith("#")] == []


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        try:
            browser = started.chromium.launch(
                executable_path="/usr/bin/chromium", args=CHROMIUM, timeout=60_000
            )
        except playwright.Error as error:
            pytest.skip(f"no Chromium here: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [360, 800, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_in_a_browser_no_script_runs_and_nothing_sticks_out(
    tmp_path, chromium, width, scheme, language
):
    submissions, codes = hostile_class()
    crowd = of_outcomes(["rw", "wf", "bb", "rr"] * 6, "03_training")
    folder, seen = write(tmp_path / "grades", [*submissions, *crowd], codes), []
    analyse(folder, in_language=language)
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: seen.append(message.text))
    page.on("request", lambda request: seen.append(request.url))
    page.goto((folder / "analysis.html").as_uri())
    page.wait_for_timeout(100)
    assert seen == [(folder / "analysis.html").as_uri()]
    assert page.locator("rect.bar").first.bounding_box()["height"] > 1
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
    page.close()


# --- the command ----------------------------------------------------------------------------------
def test_the_command_writes_page_and_data_again(tmp_path):
    folder = write(tmp_path / "grades", [handed_in("K1234567", {"1-1": answer(WRONG)})])
    for arguments, named in (([], True), (["--anonymous"], False)):
        ended = CliRunner().invoke(app, ["analyse", str(folder), *arguments])
        assert (ended.exit_code, ended.output.strip()) == (0, str(folder / "analysis.html"))
        assert ("K1234567" in (folder / "analysis.html").read_text()) is named


@pytest.mark.parametrize("report", [None, "{", "[]", '{"course": "x", "submissions": [{}]}'])
def test_without_results_there_is_an_error_that_names_the_file(tmp_path, report):
    if report is not None:
        (tmp_path / "report.json").write_text(report)
    with pytest.raises(StorageError, match=r"report\.json"):
        analyse(tmp_path)
