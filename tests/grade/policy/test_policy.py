import contextlib
from dataclasses import replace
from datetime import datetime

import pytest
from grade_class import LESSON, submission
from hypothesis import given
from hypothesis import strategies as st

from course.grade.policy.policy import NOTHING, Policy, total
from course.grade.policy.reading import PolicyError, read_policy
from course.grade.policy.words import of_policy, of_submission
from course.grade.shared.assignment import Assignment
from course.grade.shared.stages import Score

ASKED = {LESSON: Assignment(LESSON, (), ("3-1",), {"3-2": 5.0})}
SCORES = {"3-1": Score(2.0, 2.0), "3-2": Score(None, 5.0)}
DEADLINE = datetime(2026, 5, 8, 23, 59)
LATE = Policy(deadlines={LESSON: DEADLINE}, per_day=0.1, most=0.25)
EVERYTHING = """
# In May
voided = ["3-2"]

[weights]
"3-1" = 1.5

[deadlines]
03_sample = 2026-05-08T23:59:00

[late]
per_day = 0.1
most = 0.25

[extensions]
"Ｓ１" = 7

[comments]
unclear = "What do you mean?"
"""


def read(tmp_path, content):
    path = tmp_path / "policy.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_policy(path, ASKED)


def handed_in(moment, number="s1"):
    return replace(submission(number), handed_in=moment)


def applied(policy, moment, number="s1"):
    return policy.apply(handed_in(moment, number), SCORES)[1]


def test_a_policy_says_everything_that_it_can(tmp_path):
    assert read(tmp_path, EVERYTHING) == Policy(
        weights={"3-1": 1.5},
        voided=("3-2",),
        deadlines={LESSON: DEADLINE},
        per_day=0.1,
        most=0.25,
        extensions={"s1": 7.0},
        comments={"unclear": "What do you mean?"},
    )


def test_without_a_file_or_a_word_in_it_nothing_changes(tmp_path):
    for policy in (read_policy(tmp_path / "none", ASKED), read(tmp_path, "")):
        assert policy == Policy()
        assert policy.apply(handed_in("2030-01-01T00:00:00"), SCORES) == (SCORES, NOTHING)


def test_weights_change_points_and_what_can_be_reached():
    scores, changed = Policy(weights={"3-1": 1.5, "3-2": 0.2}).apply(submission(), SCORES)
    assert scores == {"3-1": Score(3.0, 3.0), "3-2": Score(None, 1.0)}
    assert [one.en for one in of_submission(changed)] == ["Weights: 3-1 × 1.5, 3-2 × 0.2"]


def test_what_is_voided_counts_for_nobody_and_waits_for_nobody():
    scores, changed = Policy(voided=("3-2",)).apply(submission(), SCORES)
    assert scores == {"3-1": Score(2.0, 2.0), "3-2": Score(0.0, 0.0)}
    assert [one.ja for one in of_submission(changed)] == ["採点に入れない問: 3-2"]


@pytest.mark.parametrize(
    ("moment", "days", "taken"),
    [
        ("2026-05-08T23:58:00", 0, 0.0),
        ("2026-05-08T23:59:00", 0, 0.0),
        ("2026-05-08T23:59:01", 1, 0.1),
        ("2026-05-09T23:59:00", 1, 0.1),
        ("2026-05-10T00:00:00", 2, 0.2),
        ("2026-05-12T00:00:00", 4, 0.25),
        ("", 0, 0.0),
    ],
)
def test_every_begun_day_takes_its_share_up_to_the_most(moment, days, taken):
    changed = applied(LATE, moment)
    assert (changed.late_days, changed.taken) == (days, pytest.approx(taken))
    assert total(SCORES, changed) == pytest.approx(2.0 * (1 - taken))


def test_an_extension_puts_off_one_student_s_deadline():
    policy = replace(LATE, extensions={"s1": 7.0})
    in_time, late, other = (
        applied(policy, moment, number)
        for moment, number in [
            ("2026-05-15T12:00:00", "S1"),
            ("2026-05-16T12:00:00", "s1"),
            ("2026-05-15T12:00:00", "s2"),
        ]
    )
    assert (in_time.late_days, late.late_days, other.late_days) == (0, 1, 7)
    assert [one.en for one in of_submission(late)] == [
        "The deadline was put off by 7 days.",
        "Late: day 1 after the deadline. 10 % of the sum were taken off.",
    ]
    assert of_submission(other)[0].en.startswith("Late: day 7")


def test_a_moment_with_a_time_zone_is_that_of_this_machine(tmp_path, monkeypatch):
    policy = read(tmp_path, "[deadlines]\n03_sample = 2026-05-08T14:59:00Z\n")
    expected = datetime.fromisoformat("2026-05-08T14:59:00+00:00").astimezone()
    assert policy.deadlines[LESSON] == expected.replace(tzinfo=None)


def test_comments_of_the_bank_are_written_out():
    policy = Policy(comments={"why": "Why is that so?"})
    scores = {"3-2": Score(3.0, 5.0, "Good. [[why]] [[unknown]]")}
    changed, _ = policy.apply(submission(), scores)
    assert changed["3-2"].comment == "Good. Why is that so? [[unknown]]"


def test_the_whole_class_s_policy_is_told_in_both_languages(tmp_path):
    said = of_policy(read(tmp_path, EVERYTHING).as_data())
    assert [one.en for one in said] == [
        "Not counted: 3-2",
        "Weights: 3-1 × 1.5",
        "Deadline: 03_sample, 2026-05-08 23:59:00",
        "Late work: 10 % of the sum for each begun day, 25 % at most.",
    ]
    assert all(one.ja != one.en for one in said)


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        ("a = 1\nb = = 2\n", 2, "TOML"),
        ('[weights]\n"3-1" = 1\n"3-1" = 2\n', 3, "TOML"),
        ("\n\n[weigths]\n", 3, "weigths"),
        ('# x\nvoided = ["3-1",\n "3-9"]\n', 3, "3-9"),
        ("\nvoided = 3\n", 2, "voided"),
        ('[weights]\n\n"9-9" = 1\n', 3, "9-9"),
        ('[weights]\n"3-1" = -1\n', 2, "3-1"),
        ('[weights]\n"3-1" = true\n', 2, "3-1"),
        ('[weights]\n"3-1" = nan\n', 2, "3-1"),
        ('weights = { "9-9" = 1 }\n', 1, "9-9"),
        ("x = 1\n", 1, "x"),
        ("\nweights = 1\n", 2, "weights"),
        ("[deadlines]\n99_none = 2026-05-08T23:59:00\n", 2, "99_none"),
        ('[deadlines]\n03_sample = "tomorrow"\n', 2, "03_sample"),
        ("[deadlines]\n03_sample = 2026-05-08\n", 2, "03_sample"),
        ("[late]\nper_day = 10\n", 2, "per_day"),
        ("[late]\nper_week = 0.1\n", 2, "per_week"),
        ("[comments]\na = 1\n", 2, "a"),
        (b'# ok\n[comments]\na = "\x83\x65"\n', 3, "UTF-8"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path, content, line, word):
    with pytest.raises(PolicyError, match=rf"policy.toml の {line} 行目: .*{word}"):
        read(tmp_path, content)


@given(st.text(alphabet="[]=\"'\n.ab1- {}#", max_size=60))
def test_no_text_at_all_ends_in_another_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "policy.toml"
    path.write_text(content)
    with contextlib.suppress(PolicyError):
        read_policy(path, ASKED)
