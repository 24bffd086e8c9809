"""A lesson, and submissions of it, for the tests of what is recorded and shown."""

from sample_course import POINTS, sample_course

from course import lessons
from course.editions import solution_edition, student_edition
from course.grade.record.formgrader import Pristine
from course.grade.record.verdicts import messages_of
from course.grade.shared.stages import Figures, Judgement, Student, Submission
from exercises.engine import Verdict
from exercises.wording import Phrases
from helpers.internal.sentences import Sentence

LESSON = "03_sample"
NO_FIGURES = Figures(())
CORRECT = Verdict("correct", "correct")
WRONG = Verdict("wrong", "hint", hint="not_doubled")
NOT_DOUBLED = Sentence(ja="2 倍になっていません。", en="This is not the double.")
PHRASES = {"3-1": Phrases({"not_doubled": NOT_DOUBLED}, {})}


def pristine(folder):
    """Both editions of the sample course's lesson, which has exercise 3-1 and essay 3-2."""
    repository = sample_course(folder)
    lesson = lessons.read(repository.solutions / f"{LESSON}.py")
    return Pristine(
        student_edition(lesson, repository, POINTS), solution_edition(lesson, repository, POINTS)
    )


def submission(
    number="s1", *, essay="同じ数を足します。", code="# 問 3-1\ndef double(n): ...", **student
):
    student = Student(number, **student)
    return Submission(
        f"{student.key}-{LESSON}",
        student,
        LESSON,
        f"{number}.ipynb",
        {"3-1": code},
        {"3-2": essay},
    )


def messages(judged):
    """What is said of each exercise of a judgement."""
    return messages_of(judged, PHRASES)


def judgement(verdict=CORRECT, flags=()):
    return Judgement({"3-1": verdict}, {"3-1": 2.0 if verdict.status == "correct" else 0.0}, flags)
