import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from course.grade.analysis.measures import correlation, item_rest_correlations, spread

CLASS = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 1]], float)
"""Five students, three items. The rests of item 1 are 2, 1, 0, 0, 2."""

points_of_two_items = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=4, max_size=40
)


def test_an_item_is_correlated_with_the_others_alone():
    first, second, third = item_rest_correlations(CLASS)
    # Item 1: deviations .4 .4 .4 -.6 -.6 against 1 0 -1 -1 1: sum of products 0.
    assert first.value == pytest.approx(0.0)
    # Item 2: .4 .4 -.6 -.6 .4 against rests 2 1 1 0 1, deviations 1 0 0 -1 0: 1 / sqrt(1.2 * 2).
    assert second.value == pytest.approx(1 / np.sqrt(2.4))
    # Item 3: .6 -.4 -.4 -.4 .6 against rests 2 2 1 0 1, deviations .8 .8 -.2 -1.2 -.2.
    assert third.value == pytest.approx(0.6 / np.sqrt(1.2 * 2.8))
    assert {first.students, second.students, third.students} == {5}


@given(points_of_two_items)
def test_correlation_and_interval_are_those_of_scipy(pairs):
    one, other = np.array(pairs, float).T
    found = correlation(one, other)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        assert found.value is None
        return
    expected = stats.pearsonr(one, other)
    assert found.value == pytest.approx(expected.statistic)
    if abs(expected.statistic) < 0.999999:
        interval = expected.confidence_interval()
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_what_waits_for_a_person_counts_neither_as_item_nor_in_the_rest():
    waiting = CLASS.copy()
    waiting[3, 2] = np.nan
    first, second, third = item_rest_correlations(waiting)
    without = item_rest_correlations(np.delete(CLASS, 3, axis=0))
    assert (first, second, third) == tuple(without)
    assert first.students == 4


@pytest.mark.parametrize("points", [np.ones((9, 3)), np.zeros((9, 3)), np.eye(2)])
def test_there_is_no_correlation_where_all_are_alike_or_few(points):
    assert [one.value for one in item_rest_correlations(points)] == [None] * points.shape[1]


def test_rounding_makes_no_difference_between_those_who_are_alike():
    rests = np.array([0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2])
    assert correlation(np.array([0.0, 1, 1, 0]), rests).value is None


def test_a_single_item_has_no_rest():
    (only,) = item_rest_correlations(np.arange(5.0)[:, None])
    assert (only.value, only.students) == (None, 0)


def test_three_students_have_a_correlation_without_an_interval():
    found = correlation(np.array([0.0, 1, 2]), np.array([0.0, 1, 0]))
    assert (found.value, found.low, found.high) == (0.0, None, None)


def test_spread_of_a_class_by_hand():
    found = spread(np.array([8.0, 2, 4, 6]), 10)
    assert found.points == (2, 4, 6, 8)
    assert found.mean == 5
    assert found.quartiles == (3.5, 5, 6.5)
    assert found.deviation == pytest.approx(np.sqrt(20 / 3))


def test_one_student_has_no_deviation():
    found = spread(np.array([3.0]), 8)
    assert (found.mean, found.quartiles, found.deviation) == (3, (3, 3, 3), None)
