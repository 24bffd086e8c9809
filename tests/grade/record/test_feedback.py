import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from grade_class import NO_FIGURES, WRONG, judgement, messages, submission

from course.grade.policy.policy import Applied
from course.grade.record.feedback import Result, page
from course.grade.record.flags import ADVICE
from course.grade.shared.stages import Figures, Flag, Judgement, Score, Student
from exercises.engine import Verdict

WAITING = {"3-1": Score(2.0, 2.0), "3-2": Score(None, 5.0)}
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}\x1b[31m"


class Tags(HTMLParser):
    """Collects every tag with its attributes, and the text between."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.tags[-1:] != [("style", {})]:
            self.text.append(data)


def result(given=None, verdicts=None, scores=None, figures=NO_FIGURES):
    verdicts = verdicts or judgement()
    said = messages(verdicts)
    return Result(given or submission(), verdicts, scores or WAITING, figures, said)


def written(*results):
    return page(results[0].submission.student, results)


def words(*results):
    return " ".join("".join(Tags(written(*results)).text).split())


def test_points_verdict_and_hint_of_an_exercise_are_shown():
    scores = WAITING | {"3-1": Score(0.0, 2.0)}
    shown = words(result(verdicts=judgement(WRONG), scores=scores))
    assert "問 3-1 ❌ 不正解 0 / 2 2 倍になっていません。" in shown


def test_what_the_policy_changed_is_told_and_late_work_loses_its_share():
    late = replace(result(), applied=Applied(late_days=1, taken=0.25))
    assert "1.5 / 7 点" in words(late)
    assert "締め切りに遅れています（1 日目）。合計から 25 % を引きました。" in words(late)


def test_an_essay_waits_until_it_is_marked():
    shown = words(result())
    assert "考察 3-2 採点待ち – / 5 先生が読んで採点します。" in shown
    assert "2 / 7 点 （ほかに、採点待ちの考察が 1 問あります）" in shown


def test_a_marked_essay_shows_points_and_the_comment_of_the_person():
    scores = WAITING | {"3-2": Score(3.5, 5.0, "よく考えています。\n<次は>図も。")}
    shown = words(result(scores=scores))
    assert "考察 3-2 採点済み 3.5 / 5 先生が採点しました。よく考えています。 <次は>図も。" in shown
    assert "5.5 / 7 点" in shown
    assert "採点待ち" not in shown


def test_an_essay_without_a_word_is_not_done():
    scores = WAITING | {"3-2": Score(0.0, 5.0)}
    assert "考察 3-2 未完成 0 / 5 記入がありません。" in words(
        result(submission(essay=""), scores=scores)
    )


def test_an_essay_that_a_person_found_elsewhere_is_marked():
    given = replace(submission(essay=""), flags=(Flag("essay_elsewhere", "3-2"),))
    assert "考察 3-2 採点済み 4 / 5" in words(
        result(given, scores=WAITING | {"3-2": Score(4.0, 5.0)})
    )


def test_a_student_with_two_lessons_has_one_page_with_both():
    tags = Tags(written(result(), result())).tags
    assert len([tag for tag, _ in tags if tag == "section"]) == 2


def test_a_file_that_is_no_notebook_is_told():
    empty = Result(submission(), Judgement({}, {}, (Flag("unreadable"),)), {}, NO_FIGURES, {})
    assert str(ADVICE["unreadable"]) in words(empty)


def test_flags_for_the_instructor_are_not_told_to_students():
    assert "borrowed" not in ADVICE
    flagged = judgement(flags=(Flag("borrowed", "3-1", "helpers.models"),))
    assert "helpers.models" not in written(result(verdicts=flagged))


def test_every_sentence_for_students_can_be_filled_in():
    flags = tuple(Flag(reason, "3-1", "x") for reason in ADVICE)
    shown = words(result(verdicts=judgement(flags=flags)))
    assert "{" not in shown
    assert "問 3-1 のセルが 2 つ以上" in shown


@pytest.fixture
def hostile_page():
    """Everything that a student can write says the same hostile thing."""
    student = {"name": HOSTILE, "mail": HOSTILE}
    given = submission(HOSTILE, essay=HOSTILE, code=HOSTILE, **student)
    reasons = tuple(Flag(reason, HOSTILE, HOSTILE) for reason in ADVICE)
    verdicts = judgement(Verdict("wrong", "error", {"error": HOSTILE, "line": HOSTILE}), reasons)
    return written(result(given, verdicts, figures=Figures(('x"><script>alert(1)</script>',))))


def test_nothing_that_a_student_wrote_is_markup(hostile_page):
    tags = Tags(hostile_page).tags
    harmless = {"html", "head", "meta", "title", "style", "body", "section", "span", "small"}
    harmless |= {"h1", "h2", "h3", "p", "ul", "li", "img"}
    harmless |= {"table", "thead", "tbody", "tr", "th", "td"}
    assert {tag for tag, _ in tags} <= harmless
    attributes = {name for _, given in tags for name in given}
    assert not [name for name in attributes if name.startswith("on") or name == "href"]
    assert all(given["src"].startswith("data:image/png") for tag, given in tags if tag == "img")


def test_nothing_that_a_student_wrote_is_a_template_or_a_terminal_code(hostile_page):
    shown = "".join(Tags(hostile_page).text)
    assert "{{ 7*7 }}" in shown
    assert "49" not in shown
    assert "\x1b" not in hostile_page


def test_the_page_forbids_all_but_its_own_style_and_pictures(hostile_page):
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', hostile_page)
    [style] = re.findall(r"<style>(.*?)</style>", hostile_page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.replace("&#39;", "'").split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
    ]


def test_a_page_loads_nothing():
    addresses = re.findall(
        r"(?:src|href|url)\s*[=(]\s*\W?(\w+:)", written(result(figures=Figures(("QUJD",))))
    )
    assert addresses == ["data:"]


def test_the_name_is_on_the_page():
    assert "S21 山田 太郎" in words(result(submission("S21", name="山田 太郎")))
    assert "None" not in page(Student("s"), [result()])
    assert "正解です。" in words(result())
