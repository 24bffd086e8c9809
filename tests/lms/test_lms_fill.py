import pytest
from hypothesis import given
from hypothesis import strategies as st
from lms_class import CANVAS, DATA, MOODLE, MOODLE_JA, TRAINING, entry, graded

from course.grade.shared.stages import Student
from course.lms.fill import fill
from course.lms.forms import Named, read_table
from course.lms.results import Result
from course.lms.sheet import Sheet, SheetError


def filled(folder, text, *entries, named=None, encoding="utf-8", **options):
    table = read_table(text.encode(encoding), named or Named())
    content, outcomes = fill(table, graded(folder, *entries), **options)
    return content.decode(encoding), outcomes


def test_a_moodle_worksheet_gets_grade_and_comment_and_is_else_the_same(tmp_path):
    text, [outcome] = filled(tmp_path, MOODLE, entry("24001"))
    comment = "採点結果: 8 / 12 点（03_training）<br>3-1: 8 / 12 不正解 - 順番が違います。"
    assert text == MOODLE.replace(
        '"Submitted for grading",,12.00,', '"Submitted for grading",8,12.00,'
    ).replace('9:00 AM",-,\n', f'9:00 AM",-,{comment}\n')
    assert (len(outcome.partners), outcome.replaced) == (1, 0)


def test_a_japanese_moodle_worksheet_is_understood(tmp_path):
    text, _ = filled(tmp_path, MOODLE_JA, entry("24001", mail="s24001@u.example"))
    assert text.splitlines()[1].startswith("参加者501,山田太郎,s24001@u.example,未提出,8,12.00,")
    assert text.endswith("\r\n")


def test_rows_and_students_that_are_left_alone_are_all_listed(tmp_path):
    entries = entry("24002", waiting=True), entry("24003"), entry("99999", "だれか")
    text, [outcome] = filled(tmp_path, MOODLE, *entries)
    assert text == MOODLE
    assert outcome.left == {
        "nowhere": ["99999 だれか"],
        "waiting": ["24002"],
        "closed": ['4 行目 O"Neil Sam'],
        "no_result": ["2 行目 Yamada, Taro"],
    }


def test_who_waits_for_a_person_can_be_filled_in_on_demand(tmp_path):
    text, [outcome] = filled(tmp_path, MOODLE, entry("24002", waiting=True), with_waiting=True)
    assert '"No submission",8,12.00' in text
    assert "3-6: 採点待ち / 0" in text
    assert "waiting" not in outcome.left


def test_a_comment_of_a_person_is_kept_and_told_and_an_earlier_one_of_ours_replaced(tmp_path):
    open_row = MOODLE.replace("No,-,-", "Yes,-,-")
    text, [outcome] = filled(tmp_path, open_row, entry("24003", points=9.0))
    assert '9,12.00,Yes,-,-,"by hand\nsecond line"' in text
    assert (outcome.replaced, len(outcome.left["kept_comment"])) == (1, 1)
    first, _ = filled(tmp_path, MOODLE, entry("24002"))
    second, _ = filled(tmp_path, first, entry("24002", points=5.0))
    assert "採点結果: 5 / 12" in second
    assert "採点結果: 8 / 12" not in second


def test_comments_are_html_in_moodle_and_nothing_of_an_answer_becomes_markup(tmp_path):
    said = {"item": "x", "got": '<script>x</script>" &\n=1+1', "want": "1"}
    hostile = entry("24002", reason="text", fields=said, comment="=cmd|' /C calc'!A0")
    text, _ = filled(tmp_path, MOODLE, hostile)
    assert "<script>" not in text
    assert "&lt;script&gt;x&lt;/script&gt;&quot; &amp;" in text
    assert Sheet(text.encode()).texts(2)[10].startswith("採点結果")


def test_each_lesson_finds_its_column_in_canvas_by_its_number(tmp_path):
    entries = entry("24001"), entry("24002", lesson=DATA, points=7.5)
    text, outcomes = filled(tmp_path, CANVAS, *entries, scale=True)
    assert text.splitlines()[3] == '"Yamada, Taro",71,24001,s24001@u.example,A,,8,,0.00'
    assert text.splitlines()[4].endswith(',"a ""note""",N/A,6.25,0.00')
    assert {o.lesson: o.column for o in outcomes} == {
        TRAINING: "03 学習 (9003)",
        DATA: "01 データ (9001)",
    }
    assert [outcome.replaced for outcome in outcomes] == [0, 1]


def test_who_was_not_assigned_or_is_excused_in_canvas_keeps_the_cell(tmp_path):
    text, [outcome] = filled(tmp_path, CANVAS, entry("24002"))
    assert text == CANVAS
    assert outcome.left["closed"] == ["5 行目 佐藤, 花子"]


def test_a_canvas_gradebook_with_semicolons_and_decimal_commas_is_understood(tmp_path):
    text = CANVAS.replace(",", ";").replace("12.00", "12,00").replace("10.00", "10,00")
    new, _ = filled(tmp_path, text, entry("24001"))
    assert new.splitlines()[3] == '"Yamada; Taro";71;24001;s24001@u.example;A;;8;;0.00'


def test_any_other_sheet_is_filled_by_naming_its_columns(tmp_path):
    text = "学生番号\t点\t感想\t備考\r\n24001\t\t\t休\r\n24002\t\t\t\r\n"
    named = Named(grade="点", number="学生番号", comment="感想")
    new, _ = filled(tmp_path, text, entry("24001"), named=named, encoding="utf-16")
    assert new == text.replace(
        "24001\t\t\t",
        '24001\t8\t"採点結果: 8 / 12 点（03_training）\n3-1: 8 / 12 不正解 - 順番が違います。"\t',
    )


def test_a_sheet_of_cp932_takes_every_comment(tmp_path):
    text = "学生番号,点,感想\r\n24001,,\r\n"
    named = Named(grade="点", number="学生番号", comment="感想")
    odd = entry("24001", comment="波〜 − 🎉")
    new, _ = filled(tmp_path, text, odd, named=named, encoding="cp932")
    assert "波～ － ?" in new


def test_rows_of_another_width_than_the_header_are_left_alone_and_listed(tmp_path):
    text = "number,name,grade\nYamada, Taro,24001,\n24002,x,\n"
    new, [outcome] = filled(
        tmp_path, text, entry("24001"), entry("24002"), named=Named("grade", number="number")
    )
    assert new == "number,name,grade\nYamada, Taro,24001,\n24002,x,8\n"
    assert outcome.left["damaged"] == ["2 行目 Yamada"]


def test_the_same_grades_a_second_time_change_nothing(tmp_path):
    once, _ = filled(tmp_path, MOODLE, entry("24001"), entry("24002"))
    twice, [outcome] = filled(tmp_path, once, entry("24001"), entry("24002"))
    assert (twice, outcome.replaced) == (once, 0)


def test_a_grade_that_is_there_in_another_form_is_not_written_anew(tmp_path):
    text = MOODLE.replace("3.00,12.00,No", "8.00,12.00,Yes")
    new, _ = filled(tmp_path, text, entry("24003"))
    assert "8.00,12.00,Yes" in new


def test_another_highest_grade_is_an_error_until_somebody_decides(tmp_path):
    text = MOODLE.replace("12.00", "100.00")
    with pytest.raises(SheetError, match="12 点満点ですが、「Grade」は 100 点満点"):
        filled(tmp_path, text, entry("24001"))
    assert '"Submitted for grading",66.67,' in filled(tmp_path, text, entry(), scale=True)[0]
    assert '"Submitted for grading",8,' in filled(tmp_path, text, entry(), scale=False)[0]


def test_of_several_lessons_one_must_be_chosen_for_moodle(tmp_path):
    entries = entry("24001"), entry("24001", lesson=DATA, points=2.0)
    with pytest.raises(SheetError, match=r"--lesson で指定.*01_data, 03_training"):
        filled(tmp_path, MOODLE, *entries)
    for name in ("01", "1", DATA):
        assert '"Submitted for grading",2,' in filled(tmp_path, MOODLE, *entries, lessons=[name])[0]
    with pytest.raises(SheetError, match="「05」は採点されていません"):
        filled(tmp_path, MOODLE, *entries, lessons=["05"])


def test_the_assignment_that_the_files_were_handed_in_to_tells_the_lesson(tmp_path):
    file = "Yamada_501_assignsubmission_file_/03_training.ipynb"
    other = "Yamada_777_assignsubmission_file_/01_data.ipynb"
    entries = entry(file=file), entry(lesson=DATA, points=2.0, file=other)
    text, [outcome] = filled(tmp_path, MOODLE, *entries)
    assert outcome.lesson == TRAINING
    assert '"Submitted for grading",8,' in text
    with pytest.raises(SheetError, match="この表の課題には 03_training が提出されて"):
        filled(tmp_path, MOODLE, *entries, lessons=["01"])


def test_the_sum_of_all_lessons_goes_into_one_column_and_what_is_missing_counts_nothing(tmp_path):
    entries = entry("24001"), entry("24001", lesson=DATA, points=2.0), entry("24002", points=3.0)
    text, [outcome] = filled(tmp_path, MOODLE.replace("12.00", "24.00"), *entries, total=True)
    assert '"Submitted for grading",10,24.00' in text
    assert '"No submission",3,24.00' in text
    assert "採点結果: 10 / 24 点（01+03）" in text
    assert outcome.lesson == "01+03"


def test_the_sum_needs_one_column(tmp_path):
    entries = entry("24001"), entry("24001", lesson=DATA, points=2.0)
    with pytest.raises(SheetError, match=r"01\+03 の点をどの列に"):
        filled(tmp_path, CANVAS, *entries, total=True)


def test_several_lessons_share_a_column_of_comments(tmp_path):
    entries = entry("24001"), entry("24001", lesson=DATA, points=2.0)
    named = Named(comment="Notes")
    text, _ = filled(tmp_path, CANVAS, *entries, named=named, scale=True)
    cell = Sheet(text.encode()).texts(3)[5]
    headings = [line for line in cell.splitlines() if line.startswith("採点結果")]
    assert headings == ["採点結果: 8 / 12 点（03_training）", "採点結果: 2 / 12 点（01_data）"]
    assert filled(tmp_path, text, *entries, named=named, scale=True)[0] == text


def test_columns_that_name_no_lesson_are_listed_until_one_is_chosen(tmp_path):
    text = CANVAS.replace("03 学習", "Week 9-03").replace("01 データ", "Week 8")
    with pytest.raises(SheetError, match=r"「Week 9-03 \(9003\)」, 「Week 8 \(9001\)」"):
        filled(tmp_path, text, entry("24001"))
    new, _ = filled(tmp_path, text, entry("24001"), named=Named(grade="Week 9-03"))
    assert ",A,,8,,0.00" in new


def test_a_column_that_is_not_there_or_there_twice_is_an_error(tmp_path):
    text = "number,grade,grade\n24001,,\n"
    with pytest.raises(SheetError, match="「mark」という列がありません"):
        filled(tmp_path, text, entry(), named=Named("mark", number="number"))
    with pytest.raises(SheetError, match="2 つ以上"):
        filled(tmp_path, text, entry(), named=Named("grade", number="number"))


def test_an_unknown_sheet_names_its_columns(tmp_path):
    with pytest.raises(SheetError, match="「a」, 「b」"):
        filled(tmp_path, "a;b\n1;2\n", entry())


def test_a_scale_instead_of_points_is_an_error(tmp_path):
    with pytest.raises(SheetError, match="評価尺度"):
        filled(tmp_path, MOODLE.replace("Maximum Grade", "Scale"), entry())


def test_the_sentences_are_in_english_too(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_LANG", "en")
    text, _ = filled(tmp_path, MOODLE, entry("24002"))
    assert (
        "Result of grading: 8 / 12 points (03_training)<br>3-1: 8 / 12 wrong - The order is wrong."
        in text
    )


NUMBERS = [f"2400{n}" for n in range(6)]
ODD = st.text(st.sampled_from('x ,;"\n\r\t=+-@表é'), max_size=8)


@given(
    st.lists(st.tuples(st.sampled_from(NUMBERS), ODD, ODD), max_size=8),
    st.dictionaries(st.sampled_from(NUMBERS), st.integers(0, 12)),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp932", "utf-16"]),
)
def test_in_any_sheet_only_grades_of_single_partners_change(rows, points, delimiter, encoding):
    def quoted(cell):
        return '"' + cell.replace('"', '""') + '"'

    lines = [["number", "note", "grade", "more"]]
    lines += [[number, quoted(note), "", quoted(more)] for number, note, more in rows]
    text = "\r\n".join(delimiter.join(cells) for cells in lines)
    content = text.encode(encoding, "replace")
    results = [
        Result(Student(number), TRAINING, f"{number}.ipynb", float(mark), 12.0, 0, {})
        for number, mark in points.items()
    ]
    table = read_table(content, Named("grade", number="number"))
    if not results:
        with pytest.raises(SheetError):
            fill(table, results)
        return
    new, _ = fill(table, results)
    numbers = [row[0] for row in rows]
    for cells in lines[1:]:
        if numbers.count(cells[0]) == 1 and cells[0] in points:
            cells[2] = str(points[cells[0]])
    expected = "\r\n".join(delimiter.join(cells) for cells in lines)
    assert new == expected.encode(encoding, "replace")
