import re
import resource
from dataclasses import replace

import numpy as np
import pytest

from course.errors import GradingError
from course.grade.judge import judge as judging
from course.grade.judge.judge import LARGEST, failed, judge
from course.grade.shared.assignment import Assignment
from course.grade.shared.stages import STOPPED, Flag, Run, Student, Submission
from exercises.catalogue import find
from exercises.engine import Verdict, observe
from exercises.exercise import Exercise, Hint
from helpers.internal.sentences import Sentence

SEED = 11
KANA = re.compile("[ぁ-んァ-ヶ一-龥]")
LESSON = Assignment("01_data", ("import torch",), ("1-3",), {"1-5": 4.0})
EXERCISE = find("1-3")
CASES = EXERCISE.cases(np.random.default_rng(SEED))
RIGHT = observe(EXERCISE, EXERCISE.reference, CASES)


def observed(answer):
    return observe(EXERCISE, answer, CASES)


def judged(claim, *, answers=("1-3",), code="x = 1", flags=(), accepted=()):
    """The judgement of what the sandbox is said to have sent back."""
    submission = Submission(
        "s1-01_data",
        Student("s1"),
        "01_data",
        "f.ipynb",
        dict.fromkeys(answers, code),
        accepted=accepted,
    )
    run = Run({} if claim is None else {"1-3": claim}, SEED, 1.0, flags)
    return judge(submission, run, LESSON)


def verdict(claim):
    return judged(claim).verdicts["1-3"]


def test_a_right_answer_gets_its_points():
    judgement = judged(observed(lambda images: (images + 1) / 2))
    assert judgement.verdicts["1-3"].status == "correct"
    assert judgement.points == {"1-3": 2.0}


def test_a_wrong_answer_gets_none_and_the_hint_that_students_saw():
    judgement = judged(observed(lambda images: images))
    assert judgement.verdicts["1-3"].hint == "unchanged"
    assert judgement.points == {"1-3": 0.0}


def test_right_for_the_public_seed_alone_is_wrong():
    public = EXERCISE.cases(np.random.default_rng(2020))
    assert verdict(observe(EXERCISE, EXERCISE.reference, public)).status == "wrong"


def test_a_blank_answer_is_not_wrong_but_blank():
    def stub(images):
        raise NotImplementedError

    assert verdict(observed(stub)).status == "blank"


def test_an_exercise_without_an_answer_is_blank_whatever_is_claimed():
    judgement = judged(RIGHT, answers=())
    assert judgement.verdicts["1-3"].status == "blank"
    assert judgement.points == {"1-3": 0.0}


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


MALFORMED = {
    "nothing": None,
    "text": "correct",
    "no list": {"pixels": 1},
    "too few": RIGHT[:1],
    "too many": [*RIGHT, *RIGHT],
    "no entries": [[], []],
    "empty": [{}, {}],
    "ragged": [{"pixels": [[1, 2], [3]], "images afterwards": 1}] * 2,
    "endless": [{"pixels": nested(5000)}] * 2,
    "object": [{"pixels": object()}] * 2,
    "an array of objects": [{"pixels": np.array([object()])}] * 2,
    "complex": [{"pixels": np.zeros(3, complex)}] * 2,
    "error of no text": [{"error": np.zeros(3)}] * 2,
    "error of a list": [{"error": ["a"], "line": 3}] * 2,
    "numbers too large": [{"pixels": 10**400}] * 2,
    "not a number": [{"pixels": np.full_like(RIGHT[0]["pixels"], np.nan)}] * 2,
    "too large": [{"pixels": np.zeros(LARGEST * 30_000)}] * 2,
    "right and an error": [seen | {"error": "x"} for seen in RIGHT],
}


@pytest.mark.parametrize("claim", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_claim_is_a_wrong_answer_and_never_an_exception(claim):
    judgement = judged(claim)
    assert judgement.verdicts["1-3"].status == "wrong"
    assert judgement.points == {"1-3": 0.0}


@pytest.mark.parametrize("reason", sorted(STOPPED))
def test_an_answer_that_was_stopped_is_wrong_for_that_reason(reason):
    stopped = [{"error": reason, "by": "sandbox"}] * len(RIGHT)
    assert verdict(stopped) == Verdict("wrong", reason)


def test_a_verdict_holds_no_words():
    for claim in (RIGHT, None, [{"error": "NotImplementedError"}] * 2, observed(lambda x: x)):
        assert not KANA.search(repr(verdict(claim)))


def test_a_hint_never_takes_much_memory(monkeypatch):
    asked = []

    def hungry(got, want, case):
        asked.append(True)
        return np.ones(2**28).sum() > 0  # 2 GB

    sentence = Sentence(ja="多い", en="much")
    exercise = replace(EXERCISE, hints=(Hint("hungry", hungry, sentence),))
    monkeypatch.setattr(judging, "find", lambda name: exercise)
    assert verdict(observed(lambda images: images)).hint is None
    assert asked


def test_the_memory_of_hints_is_given_back():
    before = resource.getrlimit(resource.RLIMIT_AS)
    verdict(RIGHT)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@pytest.mark.parametrize("claim", [None, "wrong"])
def test_work_that_the_notebook_accepted_is_never_lost_unseen(claim):
    claim = claim and observed(lambda images: images)
    judgement = judged(claim, accepted=("1-3", "9-9"))
    assert judgement.flags == (Flag("accepted_in_notebook", "1-3"),)
    assert judged(RIGHT, accepted=("1-3",)).flags == ()


def test_an_answer_that_needs_a_package_of_another_machine_is_flagged():
    error = "ModuleNotFoundError: No module named 'japanize'"
    judgement = judged([{"error": error}] * 2)
    assert judgement.flags == (Flag("lacks_package", "1-3", error),)


def test_flags_of_both_stages_before_are_kept():
    assert judged(RIGHT, flags=(Flag("missing", "1-3"),)).flags == (Flag("missing", "1-3"),)


def test_an_answer_that_calls_the_courses_own_is_flagged():
    code = "from exercises.lesson_01 import unnormalise"
    assert [flag.reason for flag in judged(RIGHT, code=code).flags] == ["borrowed"]


def test_a_submission_that_ended_the_grader_waits_for_a_person():
    submission = Submission("k", Student("s"), "01_data", "f", flags=(Flag("missing", "1-1"),))
    judgement = failed(submission, LESSON, "killed")
    assert judgement.points == {"1-3": 0.0}
    assert judgement.flags == (Flag("missing", "1-1"), Flag("grader_failed", detail="killed"))


def test_a_reference_that_fails_here_stops_everything(monkeypatch):
    """A package that is missing must not make every answer of a class wrong."""
    broken = Exercise("1-3", 2, ("f",), None, EXERCISE.cases, EXERCISE.probe)
    monkeypatch.setattr(judging, "find", lambda name: broken)
    judging._reference.cache_clear()
    with pytest.raises(GradingError, match="問 1-3"):
        judged(RIGHT)
