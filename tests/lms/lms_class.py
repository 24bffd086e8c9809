"""A graded class and what LMSs export of it, all made up, for the tests of ``course lms``."""

from course.grade.record.report import Entry, write_report
from course.grade.shared.stages import Phrasebook, Score, Stages, Student
from course.lms.results import read_results
from exercises.engine import Verdict
from exercises.wording import Phrases
from helpers.internal.sentences import Sentence

TRAINING, DATA = "03_training", "01_data"
WORDS = Phrases({"order": Sentence(ja="順番が違います。", en="The order is wrong.")}, {})

MOODLE = (
    'Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum Grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
    '"Feedback comments"\n'
    '"Participant 501","Yamada, Taro",24001,s24001@u.example,"Submitted for grading",,12.00,'
    'Yes,"Tuesday, 3 November 2026, 9:00 AM",-,\n'
    '"Participant 502","佐藤 花子",24002,s24002@u.example,"No submission",,12.00,Yes,-,-,""\n'
    '"Participant 503","O""Neil Sam",24003,s24003@u.example,"No submission",3.00,12.00,'
    'No,-,-,"by hand\nsecond line"\n'
)
MOODLE_JA = (
    "ID,フルネーム,メールアドレス,ステータス,評点,最大評点,評点変更可,"
    '"最終更新日時 (提出)","最終更新日時 (評定)",フィードバックコメント\r\n'
    "参加者501,山田太郎,s24001@u.example,未提出,,12.00,Yes,-,-,\r\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,03 学習 (9003),01 データ (9001),"
    "Final Score\n"
    ",,,,,,Manual Posting,,\n"
    "    Points Possible,,,,,,12.00,10.00,(read only)\n"
    '"Yamada, Taro",71,24001,s24001@u.example,A,,,,0.00\n'
    '"佐藤, 花子",72,24002,s24002@u.example,A,"a ""note""",N/A,5,0.00\n'
)


def entry(number="24001", name="", mail="", *, lesson=TRAINING, points=8.0, file="x.ipynb", **more):
    """Return a graded submission: one wrong exercise worth 12 points in all."""
    scores = {"3-1": Score(points, 12.0, more.get("comment", ""))}
    if more.get("waiting"):
        scores["3-6"] = Score(None, 0.0)
    verdicts = {
        "3-1": Verdict("wrong", more.get("reason", "hint"), more.get("fields", {}), "order", 0)
    }
    return Entry(Student(number, name, mail), lesson, file, verdicts, scores, ())


def graded(folder, *entries):
    """Write the report of a class as ``course grade`` does, and read it as ``course lms`` does."""
    folder.mkdir(parents=True, exist_ok=True)
    write_report(folder / "report.json", entries, "cnn-gasshuku 0")
    for lesson in (TRAINING, DATA):
        Stages(folder / "stages").write(lesson, Phrasebook({"3-1": WORDS}))
    return read_results(folder)
