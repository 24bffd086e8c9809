import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from grade_notebooks import HANDOUTS, REPOSITORY
from made_up_class import made_up_class

from course.grade.shared.stages import Stages, Student, Submission
from course.grade.similar import similar
from course.grade.similar.fragments import CODE, ESSAYS
from course.grade.similar.material import material
from course.grade.similar.page import page, write_pages
from course.repository import Repository

LESSON = "03_training"
SCRIPT = "</pre></mark><script>document.title = 'run'</script><img src=x onerror=alert(1)>{{ 7*7 }}"


def submission(name, answers, essays=None, file="", full_name=""):
    student = Student(name, full_name)
    return Submission(
        f"{student.key}-{LESSON}", student, LESSON, file or f"{name}.ipynb", answers, essays or {}
    )


def found_among(folder, submissions):
    stages = Stages(folder / "stages")
    for one in submissions:
        stages.write(one.key, one)
    return similar.of_lesson(LESSON, [one.key for one in submissions], stages, REPOSITORY, HANDOUTS)


@pytest.fixture(scope="module")
def a_class():
    students, copies = made_up_class(30, 1, seed=1)
    return [submission(name, answers) for name, answers in students.items()], copies


@pytest.fixture(scope="module")
def findings(a_class, tmp_path_factory):
    return found_among(tmp_path_factory.mktemp("out"), a_class[0])


class Page(HTMLParser):
    """Collects the tags, and the text of what stands side by side."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.open, self.texts, self.marked = [], [], [], []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open.append(tag)
        if tag == "pre":
            self.texts.append("")

    def handle_endtag(self, tag):
        while self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if "pre" in self.open:
            self.texts[-1] += data
        if "pre" in self.open and "mark" in self.open:
            self.marked.append(data)


def test_pairs_are_those_that_were_copied_and_the_strongest_come_first(a_class, findings):
    found = [frozenset(one.number for one in pair.students) for pair in findings.pairs]
    assert set(found) <= a_class[1].keys()
    assert len(found) >= 6
    assert [one.evidence for one in findings.pairs] == sorted(
        (one.evidence for one in findings.pairs), reverse=True
    )


def test_both_answers_are_shown_whole_with_what_is_shared_marked(a_class, findings):
    answers = {one.student.number: one.answers for one in a_class[0]}
    verbatim = next(pair for pair in findings.pairs if "verbatim" in pair.students[1].number)
    for part in verbatim.parts:
        assert part.kind == CODE
        for student, segments in zip(verbatim.students, part.texts, strict=True):
            shown = "".join(text for text, _ in segments)
            assert shown.strip() == answers[student.number][part.name].strip()
    marks = {mark for part in verbatim.parts for _, mark in part.texts[0]}
    assert marks == {"", similar.COMMON, similar.RARE}
    assert any("return" in text for text in Page(page([findings])).marked)


def test_what_the_course_explains_is_never_marked(findings):
    marked = {text.strip() for pair in findings.pairs for part in pair.parts
              for text, mark in part.texts[0] if mark}  # fmt: skip
    assert "def evaluate(model, batches):" not in marked
    assert "loss.backward()" not in marked


def test_one_notebook_of_two_who_worked_as_a_pair_is_no_pair(a_class, tmp_path):
    others, _ = a_class
    own = next(one for one in others if one.student.number == "h003")
    pair = [submission(name, own.answers, file="pair.ipynb") for name in ("s1", "s2")]
    found = found_among(tmp_path, [*others, *pair])
    assert all({one.number for one in pair.students} != {"s1", "s2"} for pair in found.pairs)


def test_invisible_characters_hide_nothing(a_class, tmp_path):
    others, copies = a_class
    hidden = [
        submission(
            one.student.number,
            {key: code.replace("e", "e\u200b") for key, code in one.answers.items()},
        )
        if "verbatim" in one.student.number
        else one
        for one in others
    ]
    (pair,) = (one for one, way in copies.items() if way == "verbatim")
    found = found_among(tmp_path, hidden)
    assert pair in [frozenset(one.number for one in pair.students) for pair in found.pairs]


def hostile(a_class):
    """A class with a copy by somebody whose name, code and essays are attacks on the page."""
    others, _ = a_class
    code = {key: f"{answer}\nx = '{SCRIPT}'\x1b[2J" for key, answer in others[3].answers.items()}
    essay = {"3-6": f"{SCRIPT} 谷をまたいで、反対の斜面に着地してしまいました。" * 3}
    attacks = [submission(name, code, essay, full_name=SCRIPT) for name in ("a1", "a2")]
    return [*others, *attacks]


def test_what_strangers_wrote_is_text_and_the_page_loads_nothing(a_class, tmp_path):
    markup = page([found_among(tmp_path, hostile(a_class))])
    shown = Page(markup)
    assert sum(SCRIPT in text for text in shown.texts) >= 4
    allowed = {"html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "h4",
               "p", "section", "table", "thead", "tbody", "tr", "th", "td", "br", "a", "article",
               "div", "figure", "figcaption", "pre", "mark", "footer", "ul", "li"}  # fmt: skip
    assert {tag for tag, _ in shown.tags} <= allowed
    assert all(not name.startswith("on") for _, given in shown.tags for name in given)
    assert all(given["href"].startswith("#") for tag, given in shown.tags if tag == "a")
    assert "\x1b" not in markup
    (policy,) = (given["content"] for tag, given in shown.tags if "http-equiv" in given)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_no_script_of_a_student_runs_in_a_browser(a_class, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        pytest.skip("no Chromium here")
    write_pages(tmp_path, [found_among(tmp_path, hostile(a_class))])
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
    command = [browser, *flags, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    done = subprocess.run(
        [*command, (tmp_path / "similar.html").as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "<title>よく似た提出物</title>" in done.stdout
    assert "<script" not in done.stdout
    assert "&lt;script&gt;" in done.stdout


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_speaks_the_language_of_the_teacher(findings, language, monkeypatch):
    monkeypatch.setenv("COURSE_LANG", language)
    markup = page([findings])
    own_words = re.sub(r"<pre.*?</pre>", "", markup, flags=re.DOTALL)
    assert f'<html lang="{language}">' in markup
    assert bool(re.search(r"[ぁ-んァ-ヶ一-龠]", own_words)) == (language == "ja")


def test_the_page_says_that_it_accuses_nobody_and_changed_no_points(findings):
    words = " ".join(page([findings]).split())
    assert "点数は変えていません" in words
    assert "写したかどうかは、このページには分かりません" in words
    assert "自分で書いたという証拠にはなりません" in words


def test_students_who_are_linked_are_named_as_a_group(a_class, tmp_path):
    others, _ = a_class
    copy = {"s7": "花子", "s8": "次郎"}
    joined = [submission(name, others[3].answers, full_name=full) for name, full in copy.items()]
    assert "つながっているグループ: h003、s7 花子、s8 次郎" in page(
        [found_among(tmp_path, [*others, *joined])]
    )


def test_of_very_many_pairs_the_strongest_are_shown_and_all_are_kept(
    findings, tmp_path, monkeypatch
):
    monkeypatch.setattr("course.grade.similar.page.MOST_SHOWN", 2)
    write_pages(tmp_path, [findings])
    assert f"ほかに {len(findings.pairs) - 2} 組あります" in (tmp_path / "similar.html").read_text(
        encoding="utf-8"
    )
    (kept,) = json.loads((tmp_path / "similar.json").read_bytes())
    assert len(kept["pairs"]) == len(findings.pairs)
    assert kept["pairs"][0]["students"][0]["number"] == findings.pairs[0].students[0].number


def test_a_class_of_one_and_of_none_have_pages(a_class, tmp_path):
    alone = found_among(tmp_path, a_class[0][:1])
    assert alone.pairs == []
    assert "似ている組はありません" in page([alone])
    assert "比べる提出物がありません" in page([])


def test_what_a_lesson_says_in_either_language_belongs_to_nobody(tmp_path):
    shutil.copy(REPOSITORY.root / "pyproject.toml", tmp_path)
    sources = {
        "notebooks": "raise ValueError('正の数を使ってください')",
        "notebooks/en": "raise ValueError('Use a positive number, please')",
    }
    for folder, source in sources.items():
        cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
        prose = {"cell_type": "markdown", "metadata": {}, "source": f"{folder}の説明です"}
        (tmp_path / folder).mkdir()
        content = json.dumps({"nbformat": 4, "cells": [cell, prose]})
        (tmp_path / folder / f"{LESSON}.ipynb").write_text(content)
    known = material(Repository.read(tmp_path), LESSON, HANDOUTS).known
    assert any('"Use a positive number, please' in one for one in known[CODE])
    assert any('"正の数を使ってください' in one for one in known[CODE])
    assert {"n\0の\0説\0明", "の\0説\0明\0で"} <= known[ESSAYS]
