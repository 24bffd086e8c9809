import pytest
from analysis_class import WRONG, answer, essay, handed_in, hinted, of_outcomes, write

from course.grade.analysis import findings
from course.grade.analysis.results import Mistake, read_results

RESPONSES = ["rrr", "rrw", "rfw", "rww", "rbb", "wbb"]


def results(tmp_path, submissions):
    return read_results(write(tmp_path / "grades", submissions))


def measured(tmp_path, submissions, lesson="01_data"):
    return findings.measure_lesson(lesson, results(tmp_path, submissions).of_lesson(lesson))


def faults(tmp_path, submissions):
    handed_in = results(tmp_path, submissions).of_lesson("01_data")
    return findings.faults(findings.measure_lesson("01_data", handed_in), handed_in)


def test_outcomes_are_counted_exercise_by_exercise(tmp_path):
    lesson = measured(tmp_path, of_outcomes(RESPONSES))
    assert [one.outcomes for one in lesson.exercises] == [
        {"right": 5, "wrong": 1, "failed": 0, "blank": 0},
        {"right": 2, "wrong": 1, "failed": 1, "blank": 2},
        {"right": 1, "wrong": 3, "failed": 0, "blank": 2},
    ]
    assert [one.answered for one in lesson.exercises] == [6, 4, 4]
    assert [one.mean for one in lesson.exercises] == pytest.approx([5 / 6, 2 / 6, 1 / 6])
    assert lesson.totals.points == (0, 1, 1, 1, 2, 3)
    assert lesson.totals.highest == 3


@pytest.mark.parametrize(
    ("reason", "mistake"),
    [
        ("time_limit", Mistake("no_result", "time_limit")),
        ("no_result", Mistake("no_result", "no_result")),
        ("not_judged", Mistake("no_result", "not_judged")),
        ("error", Mistake("error", "NameError")),
    ],
)
def test_an_answer_without_a_result_has_failed(tmp_path, reason, mistake):
    fields = {"error": "NameError: name 'x' is not defined"} if reason == "error" else {}
    given = WRONG | {"reason": reason, "fields": fields}
    (one,) = measured(tmp_path, [handed_in("s1", {"1-1": answer(given)})]).exercises
    assert one.outcomes == {"right": 0, "wrong": 0, "failed": 1, "blank": 0}
    assert [found.mistake for found in one.misconceptions] == [mistake]


def test_an_error_by_a_name_that_a_student_made_up_is_not_repeated(tmp_path):
    given = WRONG | {"reason": "error", "fields": {"error": "YamadaTaroError: hello"}}
    (one,) = measured(tmp_path, [handed_in("s1", {"1-1": answer(given)})]).exercises
    assert [found.mistake for found in one.misconceptions] == [Mistake("error", "")]


def test_misconceptions_are_counted_by_hint_the_commonest_first(tmp_path):
    given = [hinted("swapped"), hinted("percent"), hinted("swapped"), WRONG]
    submissions = [handed_in(f"s{k}", {"1-1": answer(one)}) for k, one in enumerate(given)]
    (one,) = measured(tmp_path, [*submissions, *of_outcomes(["b", "r"])]).exercises
    assert [(found.mistake, found.students, found.share) for found in one.misconceptions] == [
        (Mistake("hint", "swapped"), 2, 0.4),
        (Mistake("first difference", "values"), 1, 0.2),
        (Mistake("hint", "percent"), 1, 0.2),
    ]


def test_points_that_a_person_gave_count_in_the_mean(tmp_path):
    corrected = {"1-1": answer(WRONG, 2.0, points=1.5), "1-2": answer(WRONG, 2.0)}
    waits = {"1-1": {**answer(WRONG, 2.0), "points": None}, "1-2": answer(WRONG, 2.0)}
    lesson = measured(tmp_path, [handed_in("s1", corrected), handed_in("s2", waits)])
    assert (lesson.exercises[0].mean, lesson.exercises[0].waiting) == (0.75, 1)


def test_essays_that_wait_are_counted_and_left_out_of_the_mean(tmp_path):
    points = [None, 0.0, 5.0, 2.5]
    submissions = [handed_in(f"s{k}", {"1-5": essay(one)}) for k, one in enumerate(points)]
    (one,) = measured(tmp_path, submissions).essays
    assert (one.students, one.waiting, one.without_points, one.mean) == (4, 1, 1, 0.5)


# --- exercises that may be at fault ---------------------------------------------------------------
GOOD_AT_THE_REST = ["rrw", "rrw", "rrw", "rrw", "rrr"]
BAD_AT_THE_REST = ["wwr", "wwr", "wwf", "wwf", "wwf"]


def kinds(found):
    return [(fault.kind, fault.exercise) for fault in found]


def test_an_exercise_that_is_hard_and_tells_nothing_is_suspected(tmp_path):
    submissions = of_outcomes(GOOD_AT_THE_REST + BAD_AT_THE_REST)
    found = [one for one in faults(tmp_path, submissions) if one.exercise == "1-3"]
    assert ("hard_and_not_discriminating", "1-3") in kinds(found)
    assert (found[0].students, found[0].of) == (7, 10)


def test_few_students_make_no_exercise_suspect(tmp_path):
    submissions = of_outcomes(GOOD_AT_THE_REST[1:] + BAD_AT_THE_REST)
    found = faults(tmp_path, submissions)
    assert "hard_and_not_discriminating" not in [fault.kind for fault in found]


def test_a_hard_exercise_that_only_the_best_solve_is_not_suspected(tmp_path):
    submissions = of_outcomes(["rrr"] * 3 + ["rwb"] * 3 + ["wwb"] * 6)
    assert "1-3" not in [fault.exercise for fault in faults(tmp_path, submissions)]


def test_an_exercise_that_nobody_solves_is_suspected_before_all_others(tmp_path):
    found = faults(tmp_path, of_outcomes(["rf"] * 5 + ["rb"]))
    assert kinds(found) == [("nobody_right", "1-2")]
    assert (found[0].students, found[0].of) == (5, 6)
    other = faults(tmp_path, of_outcomes(GOOD_AT_THE_REST + BAD_AT_THE_REST))
    assert findings.gravest_first([*other, *found])[0] == found[0]


def test_blank_answers_alone_speak_against_no_exercise(tmp_path):
    assert faults(tmp_path, of_outcomes(["bb"] * 20)) == []


def of_first_exercise(verdicts):
    return [handed_in(f"s{k:02d}", {"1-1": answer(one)}) for k, one in enumerate(verdicts)]


def test_a_mistake_that_many_share_speaks_against_the_exercise(tmp_path):
    submissions = of_first_exercise([hinted("swapped")] * 3 + [hinted("percent")])
    submissions += of_outcomes(["r"] * 6 + ["b"] * 20)
    (fault,) = faults(tmp_path, submissions)
    assert (fault.kind, fault.students, fault.of) == ("shared_wrong_answer", 3, 10)
    assert fault.mistake == Mistake("hint", "swapped")


def test_a_mistake_of_fewer_than_three_tenths_is_no_fault_of_the_exercise(tmp_path):
    submissions = of_first_exercise([hinted("swapped")] * 3) + of_outcomes(["r"] * 8)
    assert faults(tmp_path, submissions) == []


def test_answers_that_are_wrong_in_different_ways_are_not_one_answer(tmp_path):
    different = [WRONG | {"fields": {**WRONG["fields"], "got": str(k)}} for k in range(4)]
    right = of_outcomes(["r"] * 4)
    assert faults(tmp_path, of_first_exercise(different) + right) == []
    alike = [WRONG | {"fields": {**WRONG["fields"], "line": f"x = {k}"}} for k in range(4)]
    (fault,) = faults(tmp_path, of_first_exercise(alike) + right)
    assert (fault.students, fault.mistake) == (4, Mistake("first difference", "values"))


# --- students who may need help -------------------------------------------------------------------
def reasons(tmp_path, submissions):
    needs = findings.who_may_need_help(results(tmp_path, submissions))
    return {one.student.number: one.reasons for one in needs}


def test_students_with_few_points_or_many_blanks_may_need_help(tmp_path):
    submissions = of_outcomes(["rrrr", "rrww", "rwww", "rrbb", "bbbb"])
    assert reasons(tmp_path, submissions) == {
        "s004": ("few_points", "many_blank"),
        "s002": ("few_points",),
        "s003": ("many_blank",),
    }


def test_who_misses_a_lesson_that_most_handed_in_may_need_help(tmp_path):
    first, third = of_outcomes(["r", "r", "r"]), of_outcomes(["r", "r"], "03_training")
    (needs,) = findings.who_may_need_help(results(tmp_path, [*first, *third]))
    assert (needs.student.number, needs.reasons) == ("s002", ("not_handed_in",))
    assert needs.missing == ("03_training",)


def test_a_lesson_that_few_handed_in_is_asked_of_nobody(tmp_path):
    first, third = of_outcomes(["r", "r", "r"]), of_outcomes(["r"], "03_training")
    assert reasons(tmp_path, [*first, *third]) == {}


def test_whose_only_file_cannot_be_read_may_need_help(tmp_path):
    submissions = [*of_outcomes(["r"]), handed_in("x", {}, "")]
    assert reasons(tmp_path, submissions) == {"x": ("nothing_readable",)}


def test_points_that_wait_for_a_person_are_not_held_against_a_student(tmp_path):
    waits = {"1-1": {**answer(WRONG), "points": None}, "1-2": answer(WRONG, points=1.0)}
    assert reasons(tmp_path, [handed_in("s1", waits)]) == {}
