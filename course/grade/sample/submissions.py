"""Makes the submissions of a class that never was, and knows what each of them is worth.

They are the repository's own student editions, filled in by students who are right or wrong, who
break their notebooks, or who attack the grader. For trying the grader, and for its tests.
"""

from __future__ import annotations

import base64
import copy
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course import lessons
from course.grade.sample import copies
from course.grade.sample.answers import (
    ACCUSED,
    BORROWED,
    COMMON,
    HOSTILE,
    NOISY,
    RECOGNISED,
    RIGHT,
    WRONG,
)
from course.grade.shared.assignment import ESSAY, EXERCISE
from course.repository import Repository

_FIRST, _THIRD = "01_data", "03_training"
_HANDED_IN = 1_700_000_000
_DAY = 86_400
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
_ESSAY = "4 と 9 は、上が開いているかどうかしか違わないので、間違えやすいと思います。"

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """One file that is handed in.

    Attributes:
        what: What is special about it.
        file: Its name in the class's folder.
        content: Its bytes.
        student: The student number to be found, empty if this file does not count.
        lesson: Its lesson; empty if it is no notebook of the course.
        points: What every exercise of the lesson is worth.
        mistakes: The hint that knows what is wrong, by exercise.
        flags: Reason and exercise of what must be flagged. What depends on how the machine stops an
            answer is not among them.
        days: How many days before the last moment it was handed in.
    """

    what: str
    file: str
    content: bytes = field(repr=False)
    student: str
    lesson: str = ""
    points: Mapping[str, float] = field(default_factory=dict)
    mistakes: Mapping[str, str] = field(default_factory=dict)
    flags: frozenset[tuple[str, str]] = frozenset()
    days: int = 0


def sample_class(repository: Repository) -> list[Sample]:
    """Return a class of at least 60 files, for notebooks 01 and 03.

    Raises:
        UnknownNameError: The notebooks have not been built.
    """
    desk = _Desk(repository)
    for act in (_honest, _broken, _strange, _hostile, _mistaken, _alike):
        act(desk)
    return desk.samples


def write_sample_class(repository: Repository, folder: Path) -> list[Sample]:
    """Write the sample class into a folder, as an LMS would, and return it."""
    samples = sample_class(repository)
    for sample in samples:
        path = folder / sample.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sample.content)
        moment = _HANDED_IN - sample.days * _DAY
        os.utime(path, (moment, moment))
    return samples


class _Desk:
    """Where the class's students work: it hands out notebooks, and takes them in."""

    def __init__(self, repository: Repository) -> None:
        self.samples: list[Sample] = []
        self.solutions: dict[str, dict[str, str]] = {}
        self.stubs: dict[str, dict[str, str]] = {}
        self.asked: dict[str, list[str]] = {}
        self._blank: dict[str, Notebook] = {}
        self._points: dict[str, dict[str, float]] = {}
        for name in (_FIRST, _THIRD):
            self._prepare(name, repository)

    def _prepare(self, name: str, repository: Repository) -> None:
        blank = json.loads((repository.notebooks / f"{name}.ipynb").read_text(encoding="utf-8"))
        source = lessons.read(repository.solutions / f"{name}.py")
        self._blank[name] = blank
        self.solutions[name] = {
            cell.exercise: _solution(cell) for cell in source.having("exercise")
        }
        self.stubs[name] = {
            exercise: _without_mark("".join(cell_of(blank, EXERCISE + exercise)["source"]))
            for exercise in self.solutions[name]
        }
        self.asked[name] = [
            _grade_id(cell).partition("-")[2]
            for cell in blank["cells"]
            if _grade_id(cell).startswith((EXERCISE, ESSAY))
        ]
        self._points[name] = {
            exercise: float(_grading(cell_of(blank, f"check-{exercise}"))["points"])
            for exercise in self.solutions[name]
        }

    def notebook(self, name: str, answers: Mapping[str, str], essay: str = _ESSAY) -> Notebook:
        """Return a student edition with answers filled in."""
        notebook = copy.deepcopy(self._blank[name])
        for exercise, code in answers.items():
            cell_of(notebook, EXERCISE + exercise)["source"] = f"# 問 {exercise}\n{code.strip()}"
        for cell in notebook["cells"]:
            if essay and _grade_id(cell).startswith(ESSAY):
                cell["source"] = essay
        return notebook

    def points(self, name: str, wrong: tuple[str, ...] = ()) -> dict[str, float]:
        """Return full points, but for the exercises that are wrong."""
        return {key: 0.0 if key in wrong else worth for key, worth in self._points[name].items()}

    def take(
        self,
        what: str,
        name: str,
        answers: Mapping[str, str] | None = None,
        *,
        wrong: tuple[str, ...] = (),
        flags: tuple[tuple[str, str], ...] = (),
        change: Callable[[Notebook], object] = lambda notebook: None,
        essay: str = _ESSAY,
        header: str = "- 学生証番号: {number}\n- 名前: 見本 {place}\n",
        file: str = "{name}_{number}.ipynb",
        number: str = "",
        found: str = "",
    ) -> None:
        """Take a notebook in: the solutions, but for other ``answers``, with a ``change``."""
        number = number or f"S24{len(self.samples):04d}"
        notebook = self.notebook(name, self.solutions[name] | dict(answers or {}), essay)
        if header:
            filled = header.format(number=number, place=len(self.samples))
            notebook["cells"].insert(0, _text(filled))
        change(notebook)
        self.samples.append(
            Sample(
                what=what,
                file=file.format(name=name, number=number),
                content=json.dumps(notebook, ensure_ascii=False).encode(errors="surrogatepass"),
                student=found or number,
                lesson=name,
                points=self.points(name, wrong),
                mistakes={
                    exercise: RECOGNISED[code]
                    for exercise, code in (answers or {}).items()
                    if exercise in wrong and code in RECOGNISED
                },
                flags=frozenset(flags),
            )
        )

    def take_earlier(
        self, what: str, name: str, number: str, header: str, answers: Mapping[str, str]
    ) -> None:
        """Take in a notebook that its author replaces later, so that it does not count."""
        notebook = self.notebook(name, _of(name, answers))
        notebook["cells"].insert(0, _text(header.format(number=number)))
        content = json.dumps(notebook).encode()
        self.samples.append(Sample(what, f"{name}_{number}.ipynb", content, student="", days=3))

    def take_file(self, what: str, file: str, content: bytes, student: str, reason: str) -> None:
        """Take in a file that is no notebook of the course."""
        flags = frozenset({(reason, "")})
        self.samples.append(Sample(what, file, content, student, flags=flags))


def _solution(cell: lessons.Cell) -> str:
    return _without_mark("\n".join(row for row, _ in lessons.solution_regions(cell.source)))


def _without_mark(source: str) -> str:
    return source.partition("\n")[2]


def _grading(cell: Mapping[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})


def _grade_id(cell: Mapping[str, Any]) -> str:
    return _grading(cell).get("grade_id", "")


def cell_of(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    """Return the cell with a grade id."""
    return next(cell for cell in notebook["cells"] if _grade_id(cell) == grade_id)


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _insert_after(notebook: Notebook, grade_id: str, *cells: dict[str, Any]) -> None:
    place = notebook["cells"].index(cell_of(notebook, grade_id)) + 1
    notebook["cells"][place:place] = cells


def _of(name: str, answers: Mapping[str, str]) -> dict[str, str]:
    number = str(int(name[:2]))
    return {key: code for key, code in answers.items() if key.startswith(f"{number}-")}


# --- who works as expected ------------------------------------------------------------------------
def _honest(desk: _Desk) -> None:
    for name in (_FIRST, _THIRD):
        right, wrong = _of(name, RIGHT), _of(name, WRONG)
        blank = desk.stubs[name]
        desk.take("the solutions", name)
        desk.take("another style", name, right)
        desk.take("all wrong", name, wrong, wrong=tuple(wrong))
        for exercise, code in wrong.items():
            desk.take(f"{exercise} wrong", name, {exercise: code}, wrong=(exercise,))
        others = dict(list(blank.items())[1:])
        desk.take("one answer only", name, others, wrong=tuple(others))
        desk.take("blank", name, blank, wrong=tuple(blank), essay="")
    desk.take("noise on standard error", _FIRST, {"1-3": NOISY})
    desk.take(
        "code that is no Python", _FIRST, {"1-3": "def unnormalise(images:\n"},
        wrong=("1-3",), flags=(("not_python", "1-3"),),
    )  # fmt: skip


# --- who breaks the notebook ----------------------------------------------------------------------
def _broken(desk: _Desk) -> None:
    lost = tuple(("lost_metadata", part) for part in desk.asked[_THIRD])
    wrong = WRONG["1-3"]
    desk.take(
        "copied cell, the last one right", _FIRST, {"1-3": wrong},
        change=_duplicate(desk.solutions[_FIRST]["1-3"]), flags=(("duplicated", "1-3"),),
    )  # fmt: skip
    desk.take(
        "copied cell, the last one wrong", _FIRST,
        change=_duplicate(wrong), wrong=("1-3",), flags=(("duplicated", "1-3"),),
    )  # fmt: skip
    desk.take(
        "deleted cells", _THIRD,
        change=_delete, wrong=("3-2",), flags=(("missing", "3-2"), ("missing", "3-6")),
    )  # fmt: skip
    desk.take(
        "retyped cells", _THIRD,
        change=_retype, flags=tuple(("retyped", where) for where in ("3-1", "3-2", "3-6")),
    )  # fmt: skip
    desk.take("lost metadata", _THIRD, change=_lose_metadata, flags=lost)
    desk.take(
        "lost metadata and marks", _THIRD, _of(_THIRD, RIGHT), change=_lose_marks_too, flags=lost
    )
    desk.take("lost kernelspec", _THIRD, change=lambda notebook: notebook.pop("metadata"))
    desk.take("through Colab", _THIRD, change=_through_colab)
    desk.take("essay below its cell", _FIRST, change=_write_below, flags=(("essay_below", "1-5"),))
    desk.take(
        "all answers in one cell", _FIRST,
        change=_merge, flags=tuple(("lost_metadata", part) for part in list(desk.stubs[_FIRST])[1:]),
    )  # fmt: skip
    desk.take(
        "cells of one's own", _FIRST,
        {"1-3": "def unnormalise(images):\n    return restored(images)"},
        change=_add_cells, flags=(("own_cells", "1-3"),),
    )  # fmt: skip
    desk.take(
        "branches, loops and commands of one's own", _FIRST,
        {"1-3": "def unnormalise(images):\n    return images * HALVES[1] + HALVES[0]"},
        change=_add_branches, flags=(("own_cells", "1-3"),),
    )  # fmt: skip
    desk.take(
        "a new cell below a touched one", _FIRST, {"1-3": "def unnormalise(images):\n    pass"},
        change=_write_anew(desk.solutions[_FIRST]["1-3"]), flags=(("other_cell", "1-3"),),
    )  # fmt: skip
    desk.take("shuffled cells", _THIRD, change=lambda notebook: notebook["cells"].reverse())
    desk.take("cells cut into lines", _FIRST, change=_cut_into_lines)
    desk.take("format 3", _FIRST, change=_to_format_3)
    desk.take("wrong types", _FIRST, change=_spoil_types, wrong=("1-1",))


def _duplicate(code: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        again = copy.deepcopy(cell_of(notebook, "exercise-1-3"))
        _insert_after(notebook, "exercise-1-3", again | {"source": f"# 問 1-3\n{code}"})

    return change


def _retype(notebook: Notebook) -> None:
    for grade_id in ("exercise-3-1", "exercise-3-2"):
        cell_of(notebook, grade_id)["cell_type"] = "markdown"
    cell_of(notebook, "essay-3-6")["cell_type"] = "code"


def _lose_metadata(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)


def _lose_marks_too(notebook: Notebook) -> None:
    _lose_metadata(notebook)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = "".join(cell["source"]).replace("# 問", "#")


def _delete(notebook: Notebook) -> None:
    notebook["cells"].remove(cell_of(notebook, "exercise-3-2"))
    notebook["cells"].remove(cell_of(notebook, "essay-3-6"))


def _write_below(notebook: Notebook) -> None:
    cell_of(notebook, "essay-1-5")["source"] = "（ここにあなたの考えを書いてください。）"
    _insert_after(notebook, "essay-1-5", _text(_ESSAY), _code("これもコードのセルに書きました。"))


def _merge(notebook: Notebook) -> None:
    ids = [_grade_id(cell) for cell in notebook["cells"] if _grade_id(cell).startswith(EXERCISE)]
    sources = ["".join(cell_of(notebook, grade_id)["source"]) for grade_id in ids]
    cell_of(notebook, ids[0])["source"] = "\n\n".join(sources)
    for grade_id in ids[1:]:
        notebook["cells"].remove(cell_of(notebook, grade_id))


def _add_cells(notebook: Notebook) -> None:
    notebook["cells"].insert(1, _code("import math\nHALF = 0.5\n1 / 0"))
    notebook["cells"].insert(2, _code("def restored(y):\n    return y * HALF + math.sqrt(0.25)"))


def _add_branches(notebook: Notebook) -> None:
    own = (
        "!pip install \\\n    nothing\nfiles = !ls\nHALVES = []\n"
        "try:\n    import nowhere\nexcept ImportError:\n    HALF = 1 / 2\n"
        "for _ in range(2):\n    HALVES.append(HALF)"
    )
    notebook["cells"].insert(1, _code(own))


def _write_anew(code: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        _insert_after(notebook, "exercise-1-3", _code(code))

    return change


def _through_colab(notebook: Notebook) -> None:
    notebook["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}
    for place, cell in enumerate(notebook["cells"]):
        cell["metadata"] |= {"id": f"c{place}", "outputId": "x", "colab": {"base_uri": "y"}}


def _cut_into_lines(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)


def _to_format_3(notebook: Notebook) -> None:
    cells = notebook.pop("cells")
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    notebook |= {"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


def _spoil_types(notebook: Notebook) -> None:
    cell_of(notebook, "exercise-1-1")["source"] = 5
    spoilt = [None, 7, "cell", [], {}, {"cell_type": 3, "metadata": [], "source": {"a": 1}}]
    notebook["cells"] += [*spoilt, {"cell_type": "code", "outputs": "x", "source": [1, None, "#"]}]
    notebook["cells"].append({"cell_type": "code", "outputs": [{"data": {"image/png": [5]}}, 3]})
    notebook |= {"metadata": [], "nbformat": "four"}


# --- who has a strange name, or hands in a strange file ------------------------------------------
def _strange(desk: _Desk) -> None:
    script = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    formula = '=HYPERLINK("http://example.invalid","x")'
    desk.take(
        "number in full width", _FIRST, header="学生証番号：Ｓ２４９００１\n", number="S249001"
    )
    desk.take(
        "header as a table", _THIRD,
        header="| 学生証番号 | 名前 | メールアドレス |\n|---|---|---|\n"
        "| {number} | 表 花子 | a@example.jp |",
    )  # fmt: skip
    desk.take(
        "no header, number in the file's name", _FIRST, header="", number="S249002",
        file="{name}_{number} (1).ipynb",
    )  # fmt: skip
    desk.take(
        "no header, folder made by the LMS", _FIRST, header="", number="山田 太郎",
        file="山田 太郎_314159_assignsubmission_file_/{name}.ipynb",
        flags=(("name_for_number", ""),),
    )  # fmt: skip
    desk.take(
        "header, and numbers of Canvas", _THIRD,
        file="hanakosuzuki_LATE_31415_926535_{name}-1.ipynb",
    )  # fmt: skip
    desk.take(
        "no header, folders of Teams", _THIRD, header="", number="山下 一郎",
        file="Submitted files/山下 一郎/課題/Version 1/{name}.ipynb",
        flags=(("name_for_number", ""),),
    )  # fmt: skip
    desk.take(
        "no header, a copy by Drive", _THIRD, header="", number="田中",
        file="「{name}.ipynb」のコピー 田中.ipynb",
    )  # fmt: skip
    desk.samples.append(Sample("a list by the LMS", "index.html", b"<html>", student=""))
    desk.take("no header, name alone", _FIRST, header="", number="鈴木花子", file="鈴木花子.ipynb")
    desk.take(
        "script in name, essay and outputs", _FIRST, essay=script,
        header="- 学生証番号: {number}\n- 名前: " + script, change=lambda nb: _show(nb, script),
        flags=(("figures_left_out", ""),),
    )  # fmt: skip
    desk.take(
        "formula in name and essay", _FIRST, essay=formula,
        header="- 学生証番号: {number}\n- 名前: " + formula + "\n- メール: +cmd|' /C calc'!A0",
    )  # fmt: skip
    desk.take(
        "number that is a formula and a path", _THIRD, number="=1+1/../../GRADES",
        file="{name}_formula.ipynb",
    )  # fmt: skip
    desk.take(
        "name written from right to left", _THIRD,
        header="- 学生証番号: {number}\n- 名前: \u202egnp.exe\u2066 אבג 👩\u200d🎓 \ud800 \x00",
    )  # fmt: skip
    header = "- 学生証番号: {number}\n- 名前: "
    desk.take(
        "second of two files", _THIRD, number="S249003", header=header + "双葉",
        file="{name}_{number} のコピー.ipynb", flags=(("second_file", ""),),
    )  # fmt: skip
    desk.take_earlier("first of two files", _THIRD, "S249003", header + "双葉", WRONG)
    for name in ("本人", "他人"):
        desk.take(
            f"number of a fellow student: {name}", _THIRD, number="S249010",
            header=header + name, file=name + "/{name}.ipynb", flags=(("number_shared", ""),),
            found=f"S249010 ({name})",
        )  # fmt: skip
    whole = desk.samples[0].content
    desk.take_file("cut off", "S249004.ipynb", whole[: len(whole) // 2], "S249004", "unreadable")
    desk.take_file("empty", "S249005.ipynb", b"", "S249005", "unreadable")
    desk.take_file("no notebook", "S249006.pdf", b"%PDF-1.7\n", "S249006", "not_a_notebook")
    desk.take_file(
        "another notebook", "S249007.ipynb", _other_notebook(), "S249007", "not_of_course"
    )
    desk.take_file("too deep", "S249008.ipynb", b"[" * 100_000, "S249008", "unreadable")
    desk.take_file(
        "50 MB", "S249009.ipynb", b'{"cells": ["' + b"x" * 50_000_000, "S249009", "too_large"
    )


def _show(notebook: Notebook, script: str) -> None:
    data = {
        "text/html": script,
        "application/javascript": "alert(3)",
        "image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'>{script}</svg>",
        "image/png": _PIXEL,
    }
    notebook["cells"].append(
        _code("") | {"outputs": [{"output_type": "display_data", "data": data}]}
    )
    broken = base64.b64encode(script.encode()).decode()
    data = {"image/png": broken}
    notebook["cells"].append(
        _code("") | {"outputs": [{"output_type": "display_data", "data": data}]}
    )


def _other_notebook() -> bytes:
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [_code("print('こんにちは')")],
    }
    return json.dumps(notebook).encode()


# --- who attacks the grader -----------------------------------------------------------------------
def _hostile(desk: _Desk) -> None:
    for what, code in HOSTILE.items():
        flags = (("borrowed", "1-3"),) if what in ACCUSED else ()
        desk.take(what, _FIRST, {"1-3": code}, wrong=("1-3",), flags=flags)
    for what, (exercise, code) in BORROWED.items():
        name = _FIRST if exercise.startswith("1-") else _THIRD
        flags = (("borrowed", exercise),)
        desk.take(f"borrows: {what}", name, {exercise: code}, wrong=(exercise,), flags=flags)


# --- who makes the mistake that others make too ---------------------------------------------------
def _mistaken(desk: _Desk) -> None:
    for exercise, hint, students, code in COMMON:
        name = _FIRST if exercise.startswith("1-") else _THIRD
        for _ in range(students):
            desk.take(f"{exercise} with {hint}", name, {exercise: code}, wrong=(exercise,))


# --- who worked with whom -------------------------------------------------------------------------
def _alike(desk: _Desk) -> None:
    desk.take("an own way", _THIRD, copies.OWN)
    desk.take("copied, with other names and comments", _THIRD, copies.RENAMED)
    desk.take("copied in half", _THIRD, {"3-2": copies.RENAMED["3-2"]})
    desk.take("an own essay", _THIRD, essay=copies.ESSAY)
    desk.take("an essay copied and touched up", _THIRD, essay=copies.ESSAY_CHANGED)
    for one in ("one", "another", "a third"):
        desk.take(f"a short answer that is like others: {one}", _THIRD, copies.LOOP)
