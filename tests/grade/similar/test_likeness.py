"""Holds the search to classes that never were, whose copies are known."""

import math
import random

import numpy as np
import pytest
from grade_notebooks import HANDOUTS, REPOSITORY
from made_up_class import WAYS, commented, made_up_class, made_up_essays

from course.grade.similar import likeness
from course.grade.similar.fragments import CODE, ESSAYS, LENGTH, fragments, tokens
from course.grade.similar.likeness import DEPENDENCE, EXPECTED, compare
from course.grade.similar.material import material

LESSON = "03_training"
EXPLAINED = material(REPOSITORY, LESSON, HANDOUTS)


def own(kind, texts):
    """What a student wrote, in fragments, without what the course explains."""
    return [
        (name, fragment)
        for name, text in texts.items()
        for fragment in fragments(tokens(kind, text, EXPLAINED.given))
        if fragment not in EXPLAINED.known[kind]
    ]


def pairs_found(students, kind=CODE):
    names = list(students)
    compared = compare(own(kind, texts) for texts in students.values())
    return {frozenset((names[one.first], names[one.second])) for one in compared.pairs}


@pytest.fixture(scope="module")
def classes():
    """Of each class the copies, with their ways, and the pairs that were found."""
    made = [made_up_class(60, 1, seed) for seed in range(5)]
    return [(copies, pairs_found(students)) for students, copies in made]


def test_no_honest_pair_is_listed(classes):
    for copies, found in classes:
        assert found <= copies.keys()


def test_copies_are_found_however_they_were_hidden(classes):
    were_found = {way: [] for way in WAYS}
    for copies, found in classes:
        for pair, way in copies.items():
            were_found[way].append(pair in found)
    found_of = {way: np.mean(found) for way, found in were_found.items()}
    for way in ("verbatim", "renamed", "commented", "reordered", "reformatted", "edited"):
        assert found_of[way] >= 0.8, found_of
    assert min(found_of["all of it"], found_of["half"]) >= 0.4, found_of


@pytest.mark.parametrize("exercises", [("3-1",), ("3-3", "3-5")])
def test_honest_look_alikes_of_short_answers_are_not_listed(exercises):
    for seed in range(3):
        students, copies = made_up_class(60, 1, seed)
        short = {
            name: {exercise: answers[exercise] for exercise in exercises}
            for name, answers in students.items()
        }
        assert pairs_found(short) <= copies.keys()


def test_a_class_without_copies_has_no_pairs_however_small():
    for honest in (2, 3, 8, 14, 30):
        for seed in range(3):
            students, _ = made_up_class(honest, 0, seed)
            assert pairs_found(students) == set()


def test_who_works_in_the_other_language_is_compared_like_everybody():
    students, _ = made_up_class(40, 1, seed=3)
    other = {
        name: {key: commented(random.Random(0), code) for key, code in answers.items()}
        if place % 2
        else answers
        for place, (name, answers) in enumerate(students.items())
    }
    assert pairs_found(other) == pairs_found(students) != set()


def test_copied_essays_are_found_and_no_others():
    for seed in range(3):
        essays = made_up_essays(40, seed)
        found = pairs_found({name: {"3-6": one} for name, one in essays.items()}, ESSAYS)
        assert found == {
            frozenset(("h000", "verbatim of h000")),
            frozenset(("h001", "touched up of h001")),
        }


def test_a_class_that_wrote_the_solution_has_no_pairs():
    solution = [[] for _ in range(30)]
    assert compare(solution).pairs == []
    assert compare([]).pairs == compare([["a"]]).pairs == compare([["a"], ["a"]]).pairs == []


def test_what_nearly_everybody_has_is_no_evidence():
    texts = [[f"all {at}" for at in range(500)] + [f"own {name}"] for name in range(20)]
    assert compare(texts).pairs == []


def test_evidence_is_counted_in_bits_of_rarity():
    """17 texts with nothing in common, and two that share 40 fragments of their 50."""
    common = [f"shared {at}" for at in range(40)]
    texts = [[f"{name} {at}" for at in range(50)] for name in range(15)]
    texts += [common + [f"{name} {at}" for at in range(10)] for name in (15, 16)]
    (pair,) = compare(texts).pairs
    assert (pair.first, pair.second) == (15, 16)
    assert pair.evidence == pytest.approx(40 * math.log2(16) / LENGTH)
    assert pair.likeness == pytest.approx(0.8)
    assert pair.held == pytest.approx((0.8, 0.8))
    assert (pair.fragments, pair.alone) == (40, 40)


def test_evidence_asked_for_follows_from_the_number_of_pairs():
    texts = [[f"{name}"] for name in range(17)]
    assert compare(texts).least_evidence == pytest.approx(
        DEPENDENCE * math.log2(17 * 16 / 2 / EXPECTED)
    )


def test_likeness_asked_for_is_the_one_that_honest_pairs_exceed_once_in_twenty_classes():
    generator, exceeded = np.random.default_rng(0), 0
    for _ in range(400):
        odds = generator.normal(-0.5, 0.8, 1770)
        honest = 1 / (1 + np.exp(-odds))
        exceeded += np.sum(honest > likeness._likeness_asked_for(honest, len(honest)))
    assert exceeded / 400 == pytest.approx(EXPECTED, abs=0.04)
