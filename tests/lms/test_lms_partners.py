import pytest
from hypothesis import given
from hypothesis import strategies as st
from lms_class import CANVAS, MOODLE, entry, graded

from course.grade.shared.stages import Student
from course.lms.forms import Named, read_table
from course.lms.partners import find_partners
from course.lms.results import Result

NAMED = Named(grade="grade", number="number", mail="mail", name="name")


def partners(folder, text, *entries, named=None):
    table = read_table(text.encode(), named or Named())
    return find_partners(graded(folder, *entries), table)


def sheet(*rows):
    return "number,mail,name,grade\n" + "".join(f"{row},\n" for row in rows)


def named_partners(folder, rows, *entries):
    return partners(folder, sheet(*rows), *entries, named=NAMED)


@pytest.mark.parametrize(
    "student",
    [
        ("24001",),
        ("２４００１",),
        ("", "Taro Yamada"),
        ("Yamada Taro",),
        ("99999", "", "S24001@u.example"),
        ("s24001",),
    ],
)
def test_a_student_is_found_by_number_name_or_mail_however_it_is_written(tmp_path, student):
    assert partners(tmp_path, MOODLE, entry(*student)).rows == {0: 1}


def test_the_id_that_moodle_puts_into_folders_finds_who_wrote_nothing(tmp_path):
    file = "山田_502_assignsubmission_file_/03_training.ipynb"
    assert partners(tmp_path, MOODLE, entry("unknown", file=file)).rows == {0: 2}


def test_the_id_that_canvas_puts_into_file_names_finds_who_wrote_nothing(tmp_path):
    file = "yamadataro_LATE_71_88801_03_training.ipynb"
    assert partners(tmp_path, CANVAS, entry("unknown", file=file)).rows == {0: 3}


def test_who_hands_in_under_a_classmates_number_gets_no_row(tmp_path):
    file = "佐藤 花子_502_assignsubmission_file_/03_training.ipynb"
    found = partners(tmp_path, MOODLE, entry("24001", file=file))
    assert (found.rows, found.contradictory) == ({}, [0])


def test_of_two_people_with_one_file_each_is_found_by_the_number(tmp_path):
    file = "Yamada_501_assignsubmission_file_/03_training.ipynb"
    pair = entry("24001", file=file), entry("24002", file=file)
    assert partners(tmp_path, MOODLE, *pair).rows == {0: 1, 1: 2}


def test_two_students_of_one_row_get_none(tmp_path):
    found = partners(tmp_path, MOODLE, entry("24001"), entry("x", "Yamada Taro"))
    assert (found.rows, found.several_students) == ({}, [0, 1])


def test_namesakes_are_told_apart_by_number_and_never_by_chance(tmp_path):
    rows = ["24001,,佐藤 健", "24002,,佐藤 健"]
    found = named_partners(tmp_path, rows, entry("24002", "佐藤健"), entry("", "佐藤健"))
    assert (found.rows, found.several_rows) == ({0: 2}, [1])


def test_a_namesake_of_another_class_gets_no_row(tmp_path):
    rows = ["24001,,佐藤 健", "24002,,鈴木 一"]
    found = named_partners(tmp_path, rows, entry("24002", "鈴木一"), entry("25001", "佐藤健"))
    assert (found.rows, found.contradictory) == ({0: 2}, [1])


def test_a_namesake_with_another_address_of_the_university_gets_no_row(tmp_path):
    found = named_partners(
        tmp_path, [",ken1@u.example,佐藤 健"], entry("", "佐藤健", "ken2@u.example")
    )
    assert (found.rows, found.contradictory) == ({}, [0])


def test_a_private_address_does_not_stand_in_the_way_of_a_name(tmp_path):
    found = named_partners(
        tmp_path, [",ken1@u.example,佐藤 健"], entry("", "佐藤健", "k@mail.example")
    )
    assert found.rows == {0: 1}


def test_a_column_of_numbers_of_another_kind_does_not_stand_in_the_way_of_names(tmp_path):
    rows = ["a-1,,佐藤 健", "a-2,,鈴木 一"]
    found = named_partners(tmp_path, rows, entry("24001", "佐藤健"), entry("24002", "鈴木一"))
    assert found.rows == {0: 1, 1: 2}


def test_a_number_that_stands_in_two_rows_finds_neither(tmp_path):
    found = named_partners(tmp_path, ["24001,,", "24001,,"], entry("24001"))
    assert (found.rows, found.several_rows) == ({}, [0])


def test_who_is_in_no_row_is_told(tmp_path):
    found = partners(tmp_path, MOODLE, entry("99999", "だれか"))
    assert (found.rows, found.nowhere) == ({}, [0])


SHORT = st.sampled_from(["", "24001", "24002", "24003"])
NAMES = st.sampled_from(["", "佐藤", "鈴木", "高橋"])
PEOPLE = st.tuples(SHORT, NAMES)


@given(st.lists(PEOPLE, max_size=5), st.lists(PEOPLE, max_size=5))
def test_no_row_is_given_twice_nobody_is_lost_and_no_partner_disagrees(rows, students):
    text = "number,mail,name,grade\n" + "".join(f"{n},,{name},\n" for n, name in rows)
    table = read_table(text.encode(), NAMED)
    results = [
        Result(Student(n, name), "03_training", f"{place}.ipynb", 1.0, 2.0, 0, {})
        for place, (n, name) in enumerate(students)
    ]
    found = find_partners(results, table)
    assert len(set(found.rows.values())) == len(found.rows)
    left = found.nowhere + found.contradictory + found.several_rows + found.several_students
    assert sorted([*found.rows, *left]) == list(range(len(results)))
    for place, row in found.rows.items():
        number, _, name, _ = table.sheet.texts(row)
        own = results[place].student
        assert (own.number and own.number == number) or (own.name and own.name == name)
