"""Checks an answer the moment a student writes it, and says what was found."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from typing import Any

from exercises.catalogue import find
from exercises.engine import Status, Verdict, judge, make_cases, observe, observe_case
from exercises.exercise import Case, Exercise
from exercises.wording import Phrases, in_words
from helpers.errors import CourseError, UnknownNameError
from helpers.internal.sentences import Sentence

_PUBLIC_SEED = 2020
_LONGEST_PRINTED = 1000

_NOTEBOOK = object()
"""Stands for: whatever the notebook that calls has under the exercise's names."""

_VERDICTS = {
    "correct": Sentence(ja="問 {id}: ✅ {message}", en="Exercise {id}: ✅ {message}"),
    "wrong": Sentence(ja="問 {id}: ❌ {message}", en="Exercise {id}: ❌ {message}"),
    "blank": Sentence(ja="問 {id}: 未完成 {message}", en="Exercise {id}: unfinished. {message}"),
}
_GOING_ON = {
    "blank": Sentence(
        ja="いまは教材の解答例で先へ進みます。",
        en="From here on the course's own answer is used.",
    ),
    "wrong": Sentence(
        ja='いまは教材の解答例で先へ進みます。あなたの答えは check.own("{id}") で試せます。',
        en='From here on the course\'s own answer is used. Yours is at check.own("{id}").',
    ),
}
_MISSING = Sentence(
    ja="{names} がありません。問のセルを実行し、エラーが出ないことと、名前が {names} のままであることを確かめましょう。",
    en="There is no {names}. Run the exercise cell. Check that it raises no error and that "
    "the name is still {names}.",
)
_COURSES_OWN = Sentence(
    ja="いまの {names} は、あなたの答えではなく、教材の解答例です。問のセルをもう一度実行してください。"
    "エラーが出たら先に直し、名前が {names} のままかも確かめましょう。",
    en="{names} is the course's own answer now, not yours. Run the exercise cell again. If it "
    "raises an error, fix that first, and check that the name is still {names}.",
)
_LAST_TIME = Sentence(ja="前回の結果: {message}", en="Last time: {message}")
_PRINTED = Sentence(
    ja="あなたのコードが表示したもの:\n{printed}", en="What your code printed:\n{printed}"
)

_NONE_CHECKED = Sentence(
    ja="問 {id} の答えは、まだ確認されていません。",
    en="No answer to exercise {id} has been checked yet.",
)

_last: dict[str, Verdict] = {}
_own: dict[str, Any] = {}


class CheckFailed(AssertionError):
    """An answer is wrong or missing while ``COURSE_STRICT=1``, or while nbgrader grades it."""


def check(exercise_id: str, answer: Any = _NOTEBOOK) -> Any:
    """Check an answer, say what was found, and return what the notebook goes on with.

    There is no time limit. A loop without end is ended by the notebook's stop button; the names of
    the notebook, random numbers, gradient mode and output are then as they were before.

    Args:
        exercise_id: Such as ``"3-1"``.
        answer: What the exercise cell defines; a tuple if it defines several things. Left out, it
            is looked up by its name where ``check`` is called.

    Returns:
        The answer itself if it is correct, else the course's reference, so that every later cell
        runs.

    Raises:
        CheckFailed: The answer is wrong or missing, and ``COURSE_STRICT=1`` or nbgrader executes
            the notebook. Otherwise nothing is raised.
        KeyboardInterrupt: The check was stopped.
    """
    try:
        exercise = find(exercise_id)
    except UnknownNameError as error:
        _tell(str(error), good=False)
        return None if answer is _NOTEBOOK else answer
    if answer is _NOTEBOOK:
        named = inspect.currentframe().f_back.f_globals
        missing = [name for name in exercise.names if name not in named]
        if missing:
            return _go_on_without(exercise, "blank", _naming(_MISSING, missing))
        answer = answer_named(exercise, named)
    if borrowed := _courses_own(exercise, answer):
        return _go_on_without(exercise, *_once_more(exercise, borrowed))
    try:
        cases = make_cases(exercise, _PUBLIC_SEED)
    except CourseError as error:
        # The data that the cases are made of cannot be had.
        _tell(str(error), good=False)
        return exercise.reference
    return _judge_and_tell(exercise, answer, cases)


def answer_named(exercise: Exercise, names: Mapping[str, Any]) -> Any:
    """Return what stands under an exercise's names, as ``check`` takes it; None where nothing."""
    answers = tuple(names.get(name) for name in exercise.names)
    return answers if len(answers) > 1 else answers[0]


def own(exercise_id: str) -> Any:
    """Return the answer of the student's own that was checked last, also when it was wrong.

    Raises:
        UnknownNameError: None of this exercise was checked yet.
    """
    if exercise_id not in _own:
        raise UnknownNameError(_NONE_CHECKED.format(id=exercise_id))
    return _own[exercise_id]


check.own = own  # so that a notebook imports one name


def _judge_and_tell(exercise: Exercise, answer: Any, cases: list[Case]) -> Any:
    wanted = observe(exercise, exercise.reference, cases)
    seen = [observe_case(exercise, answer, case) for case in cases]
    verdict = judge(exercise, cases, [observation for observation, _ in seen], wanted)
    _last[exercise.id], _own[exercise.id] = verdict, answer
    message = _message(exercise, verdict)
    if verdict.status == "correct":
        _tell(_VERDICTS["correct"].format(id=exercise.id, message=message), good=True)
        return answer
    _, printed = seen[verdict.case]
    return _go_on_without(exercise, verdict.status, message, printed)


def _message(exercise: Exercise, verdict: Verdict) -> str:
    return in_words(verdict, Phrases.of(exercise))


def _go_on_without(exercise: Exercise, status: Status, message: str, printed: str = "") -> Any:
    going_on = _GOING_ON[status].format(id=exercise.id)
    report = _VERDICTS[status].format(id=exercise.id, message=f"{message}\n  {going_on}")
    if printed.strip():
        shown = printed if len(printed) <= _LONGEST_PRINTED else printed[:_LONGEST_PRINTED] + "…"
        report += "\n" + _PRINTED.format(printed=shown.rstrip())
    _tell(report, good=False)
    return exercise.reference


def _courses_own(exercise: Exercise, answer: Any) -> list[str]:
    """Return the names under which the course's answer stands in place of the student's."""
    answers = answer if len(exercise.names) > 1 else (answer,)
    if not isinstance(answers, tuple) or len(answers) != len(exercise.names):
        return []
    return [
        name
        for name, part in zip(exercise.names, answers, strict=True)
        if any(part is reference for reference in exercise.references)
    ]


def _once_more(exercise: Exercise, borrowed: list[str]) -> tuple[Status, str]:
    """Return status and words of last time: handing in the course's answer changes nothing."""
    message = _naming(_COURSES_OWN, borrowed)
    last = _last.get(exercise.id)
    if last is None or last.status == "correct":
        return "blank", message
    last_time = _LAST_TIME.format(message=_message(exercise, last))
    return last.status, f"{message}\n  {last_time}"


def _naming(sentence: Sentence, names: list[str]) -> str:
    return sentence.format(names=", ".join(names))


def _tell(report: str, good: bool) -> None:
    if not good and _is_strict():
        raise CheckFailed(report)
    print(report)


def _is_strict() -> bool:
    return os.environ.get("COURSE_STRICT") == "1" or bool(os.environ.get("NBGRADER_EXECUTION"))
