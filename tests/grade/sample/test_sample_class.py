from pathlib import Path

import pytest

from course.errors import SandboxError
from course.grade.analysis.analysis import analyse
from course.grade.ingest.handout import read_handouts
from course.grade.ingest.ingest import ingest
from course.grade.judge.judge import judge
from course.grade.record.report import Entry, write_report
from course.grade.run.runner import Runner
from course.grade.run.sandbox import check_sandbox
from course.grade.sample.answers import BORROWED, COMMON, HOSTILE, RIGHT, WRONG
from course.grade.sample.check import found_misconceptions, planted_misconceptions
from course.grade.sample.copies import ALIKE, MAY_BE_ALIKE
from course.grade.sample.submissions import sample_class, write_sample_class
from course.grade.shared.assignment import read_assignments
from course.grade.shared.stages import Score, Stages, Student
from course.grade.similar.similar import of_lesson
from course.grade.wire.limits import Limits
from course.repository import Repository

REPOSITORY = Repository.find(Path(__file__).parent)
LESSONS = read_assignments(REPOSITORY)


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """Return each sample with the submission that ingest makes of it, or None."""
    folder = tmp_path_factory.mktemp("class")
    samples = write_sample_class(REPOSITORY, folder)
    submissions = {one.file: one for one in ingest(folder, read_handouts(REPOSITORY))}
    assert submissions.keys() <= {sample.file for sample in samples}
    return [(sample, submissions.get(sample.file)) for sample in samples]


def test_class_has_every_kind_of_student():
    samples = sample_class(REPOSITORY)
    assert len(samples) >= 30
    assert {sample.lesson for sample in samples} == {"", "01_data", "03_training"}
    assert len({sample.file for sample in samples}) == len(samples)
    assert RIGHT.keys() == WRONG.keys() == {exercise for one in samples for exercise in one.points}


def test_class_is_the_same_every_time():
    assert sample_class(REPOSITORY) == sample_class(REPOSITORY)


def test_every_file_is_found_and_its_student_known(handed_in):
    for sample, submission in handed_in:
        found = submission and (submission.student.number, submission.lesson)
        assert found == ((sample.student, sample.lesson) if sample.student else None), sample


def test_ingest_flags_what_is_to_be_flagged_and_nothing_else(handed_in):
    for sample, submission in handed_in:
        if submission:
            expected = {flag for flag in sample.flags if flag[0] != "borrowed"}
            assert {(flag.reason, flag.where) for flag in submission.flags} == expected, sample


def test_keys_are_safe_and_differ(handed_in):
    keys = [submission.key for _, submission in handed_in if submission]
    assert len(set(keys)) == len(keys)
    assert all(key.replace("-", "").replace("_", "").isalnum() and key.isascii() for key in keys)


@pytest.fixture(scope="module")
def judged(handed_in):
    """Return each sample of a lesson with its judgement."""
    try:
        check_sandbox()
    except SandboxError as error:
        pytest.skip(str(error))
    graded = [pair for pair in handed_in if pair[1] and pair[1].lesson]
    graded.sort(key=lambda pair: pair[1].lesson)
    with Runner(Limits(seconds=15)) as runner:
        return [
            (sample, judge(one, runner.run(one, LESSONS[one.lesson], seed=5), LESSONS[one.lesson]))
            for sample, one in graded
        ]


def test_points_of_the_whole_class_are_exact(judged):
    assert len(judged) >= 60
    for sample, judgement in judged:
        assert judgement.points == sample.points, (sample, judgement.verdicts)


def test_hints_know_the_planted_mistakes_and_no_others(judged):
    for sample, judgement in judged:
        hints = {exercise: one.hint for exercise, one in judgement.verdicts.items() if one.hint}
        assert hints == sample.mistakes, sample


def test_analysis_finds_exactly_the_planted_misconceptions(judged, tmp_path):
    entries = [
        Entry(
            Student(sample.student),
            sample.lesson,
            sample.file,
            judgement.verdicts,
            {exercise: Score(points, 2.0) for exercise, points in judgement.points.items()},
            judgement.flags,
        )
        for sample, judgement in judged
    ]
    write_report(tmp_path / "report.json", entries, "sample")
    analyse(tmp_path)
    planted = planted_misconceptions(sample for sample, _ in judged)
    assert found_misconceptions(tmp_path) == planted
    assert [planted[exercise, hint] for exercise, hint, *_ in COMMON] == [7, 4, 3]


def test_borrowed_answers_are_flagged_and_no_others(judged):
    for sample, judgement in judged:
        found = {flag.where for flag in judgement.flags if flag.reason == "borrowed"}
        assert found == {where for reason, where in sample.flags if reason == "borrowed"}, sample


def test_answers_that_end_their_process_are_flagged(judged):
    reasons = {
        sample.what: {flag.reason for flag in judgement.flags} for sample, judgement in judged
    }
    assert "process_died" in reasons["exits when defined"]
    assert "process_died" in reasons["crashes Python"]
    assert "time_limit" in reasons["endless loop"]
    assert "reply_too_long" in reasons["answers with 80 MB"]


def test_every_trick_is_in_the_class():
    whats = {sample.what for sample in sample_class(REPOSITORY)}
    assert HOSTILE.keys() <= whats
    assert {f"borrows: {what}" for what in BORROWED} <= whats


def test_the_pairs_that_are_alike_are_the_planted_ones(handed_in, tmp_path):
    stages, handouts, found = Stages(tmp_path), read_handouts(REPOSITORY), set()
    for lesson in LESSONS:
        graded = [(sample, one) for sample, one in handed_in if one and one.lesson == lesson]
        for _, one in graded:
            stages.write(one.key, one)
        whats = {sample.file: sample.what for sample, _ in graded}
        keys = [one.key for _, one in graded]
        findings = of_lesson(lesson, keys, stages, REPOSITORY, handouts)
        found |= {frozenset(whats[file] for file in pair.files) for pair in findings.pairs}
    assert ALIKE <= found <= ALIKE | MAY_BE_ALIKE
