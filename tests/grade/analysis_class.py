"""Results of made-up classes, as grading writes them, for the tests of the analysis."""

import json
from dataclasses import asdict

from course.grade.policy.policy import Policy
from course.grade.shared.stages import Stages, Student, Submission

RIGHT = {"status": "correct", "reason": "correct", "fields": {}, "hint": None, "case": None}
BLANK = RIGHT | {"status": "blank", "reason": "blank", "case": 0}
WRONG = RIGHT | {
    "status": "wrong",
    "reason": "first difference",
    "fields": {"item": "values", "place": "[0]", "got": "1", "want": "2"},
    "case": 0,
}
FAILED = WRONG | {
    "reason": "error",
    "fields": {"error": "NameError: name 'x' is not defined", "line": "x"},
}
OUTCOMES = {"r": RIGHT, "w": WRONG, "f": FAILED, "b": BLANK}


def hinted(hint):
    """A wrong answer that a hint recognises."""
    return WRONG | {"reason": "hint", "fields": {}, "hint": hint}


def answer(verdict, highest=1.0, points=None):
    """What the report tells of an exercise."""
    given = highest if verdict["status"] == "correct" else 0.0
    return {"points": given if points is None else points, "highest": highest, **verdict}


def essay(points, highest=5.0):
    """What the report tells of an essay."""
    return {"points": points, "highest": highest}


def handed_in(number, answers, lesson="01_data", *, name="", mail="", file="", flags=()):
    """One submission of the report."""
    student = Student(number, name, mail)
    return {
        "student": asdict(student) | {"key": student.key},
        "lesson": lesson,
        "file": file or f"{lesson}_{number}.ipynb",
        "points": sum(one["points"] or 0 for one in answers.values()),
        "highest": sum(one["highest"] for one in answers.values()),
        "waiting": sum(one["points"] is None for one in answers.values()),
        "answers": answers,
        "flags": list(flags),
    }


def of_outcomes(rows, lesson="01_data"):
    """A class of one lesson: a word a student, a letter (r, w, f, b) an exercise."""
    number = int(lesson[:2])
    return [
        handed_in(
            f"s{place:03d}",
            {f"{number}-{k}": answer(OUTCOMES[letter]) for k, letter in enumerate(row, 1)},
            lesson,
        )
        for place, row in enumerate(rows)
    ]


def write(folder, submissions, codes=()):
    """Write a folder of results; ``codes`` are (number, lesson, exercise, code)."""
    folder.mkdir(parents=True, exist_ok=True)
    report = {
        "course": "cnn-gasshuku 0.1.0",
        "policy": Policy().as_data(),
        "submissions": submissions,
    }
    (folder / "report.json").write_text(json.dumps(report))
    answers = {}
    for number, lesson, exercise, code in codes:
        answers.setdefault((number, lesson), {})[exercise] = code
    for (number, lesson), given in answers.items():
        student = Student(number)
        key = f"{student.key}-{lesson}"
        record = Submission(key, student, lesson, f"{number}.ipynb", given)
        Stages(folder / "stages").write(key, record)
    return folder
