"""What flags say: to the instructor, and those few that advise a student, to that student."""

from __future__ import annotations

import sys

from helpers.internal.sentences import Sentence

_PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor}"
"""What grades: other versions know other syntax."""

FLAGS = {
    # ingest
    "unreadable": Sentence(
        ja="ファイルが読めません。壊れているか、途中で切れています。",
        en="The file cannot be read. It is damaged or cut off.",
    ),
    "too_large": Sentence(
        ja="ファイルが大きすぎるので、読みませんでした。",
        en="The file is too large and was not read.",
    ),
    "too_slow": Sentence(
        ja="読むのに時間がかかりすぎるので、途中でやめました。",
        en="Reading took too long and was given up.",
    ),
    "link": Sentence(
        ja="ほかの場所へのリンクなので、読みませんでした。",
        en="This is a link to another place and was not followed.",
    ),
    "not_a_notebook": Sentence(
        ja="ノートブックではないファイルです。", en="The file is no notebook."
    ),
    "not_of_course": Sentence(
        ja="この教材のノートブックではありません。", en="The notebook is none of this course's."
    ),
    "unknown_student": Sentence(
        ja="だれの提出物か分かりません。ファイル名を学生証番号の代わりにしました。",
        en="Nobody knows whose this is. The file's name stands for the student number.",
    ),
    "name_for_number": Sentence(
        ja="学生証番号がありません。LMS が付けた名前を、番号の代わりにしました。",
        en="There is no student number. The name that the LMS gave stands for it.",
    ),
    "number_shared": Sentence(
        ja="違う名前やフォルダの提出物に、同じ学生証番号があります。別の学生として採点しました。",
        en="Submissions with different names or folders have this student number. "
        "They were graded as different students'.",
    ),
    "pair_work": Sentence(
        ja="何人かの名前か学生証番号があるノートブックです。それぞれの学生の提出物として採点しました。",
        en="The notebook names several students. It was graded for each of them.",
    ),
    "several_students": Sentence(
        ja="1 つの提出の中に、何人かの学生証番号のノートブックがあります。",
        en="One upload brings the notebooks of several student numbers.",
    ),
    "other_number_in_file_name": Sentence(
        ja="ファイルやフォルダの名前の番号が、ノートブックの学生証番号と違います。",
        en="The number in the name of the file or folder is not the one in the notebook.",
    ),
    "second_file": Sentence(
        ja="同じ課題の提出物がほかにもあります。いちばん新しいものを採点しました。",
        en="There are other submissions of this lesson. The newest was graded.",
    ),
    "missing": Sentence(ja="解答のセルがありません。", en="The cell of an answer is missing."),
    "duplicated": Sentence(
        ja="解答のセルが 2 つ以上あります。"
        "`check` が最後に正解としたもの、なければ最後のものを採点しました。",
        en="There are several cells for one answer. "
        "The last one that `check` accepted was graded, else the last.",
    ),
    "retyped": Sentence(
        ja="解答のセルの種類（コードと文章）が変わっていました。解答は見つかりました。",
        en="An answer's cell changed between code and text. The answer was found.",
    ),
    "lost_metadata": Sentence(
        ja="セルの情報が失われていました。問の番号か関数の名前から解答を見つけました。",
        en="A cell lost its metadata. "
        "The answer was found by the exercise's number or by the names it defines.",
    ),
    "other_cell": Sentence(
        ja="解答が、もとのセルとは別のセルにありました。そのセルを採点しました。",
        en="The answer stood in another cell than its own. That cell was graded.",
    ),
    "own_cells": Sentence(
        ja="ほかのセルの定義を使う解答です。その定義も合わせて実行しました。",
        en="The answer uses definitions of other cells. They were run with it.",
    ),
    "not_python": Sentence(
        ja=f"採点に使う {_PYTHON} では読めない行があります。"
        "書きまちがいか、もっと新しい Python の文法です。",
        en=f"{_PYTHON}, which grades, cannot read a line. "
        "It is a mistake, or the syntax of a newer Python.",
    ),
    "essay_below": Sentence(
        ja="考察が、解答のセルの外に書かれていました。合わせて 1 つにしました。",
        en="An essay was written outside its cell. The parts were put together.",
    ),
    "essay_elsewhere": Sentence(
        ja="考察の欄は空ですが、ほかの場所に文章があります。",
        en="An essay's cell is empty, but there is text elsewhere.",
    ),
    "too_long": Sentence(
        ja="長すぎるセルです。途中までを採点しました。",
        en="A cell is too long. Only its beginning was graded.",
    ),
    "figures_left_out": Sentence(
        ja="図が多すぎるか大きすぎるので、一部だけを残しました。",
        en="Figures are too many or too large. Some were left out.",
    ),
    # run
    "time_limit": Sentence(
        ja="実行が制限時間を超えたので、止めました。", en="An answer was stopped at the time limit."
    ),
    "memory_limit": Sentence(
        ja="実行がメモリの上限を超えたので、止めました。",
        en="An answer was stopped at the memory limit.",
    ),
    "reply_too_long": Sentence(
        ja="実行の結果が大きすぎるので、読みませんでした。",
        en="What an answer gave is too large and was not read.",
    ),
    "process_died": Sentence(
        ja="実行中のプロセスが、結果を返さずに終わりました。",
        en="An answer's process ended without a result.",
    ),
    "malformed_reply": Sentence(
        ja="実行の結果が、読める形ではありませんでした。細工された可能性があります。",
        en="What an answer gave could not be read. It may be a forgery.",
    ),
    # judge
    "unexamined": Sentence(
        ja="入れ子が深すぎて、教材の実装を呼び出していないか調べられない解答です。",
        en="An answer is nested too deep to see whether it calls the course's own implementation.",
    ),
    "borrowed": Sentence(
        ja="教材の実装を呼び出しているかもしれません。点数は変えていません。",
        en="An answer may call the course's own implementation. Its points were left as they are.",
    ),
    "lacks_package": Sentence(
        ja="採点するマシンにないパッケージを使う解答です。",
        en="An answer uses a package that the grading machine lacks.",
    ),
    "accepted_in_notebook": Sentence(
        ja="ノートブックの `check` では正解でしたが、採点では正解になりませんでした。",
        en="`check` accepted the answer in the notebook, but it was not correct when graded.",
    ),
    "grader_failed": Sentence(
        ja="採点プログラムがこの提出物の途中で止まりました。同じコマンドで、もう一度採点します。"
        "くり返すときは、手で確かめてください。",
        en="The grader stopped while it graded this. The same command grades it again. "
        "If that repeats, look at it yourself.",
    ),
}
"""By reason; read by the instructor, in the summary and in ``grades.csv``."""

_NUMBER_NOT_FOUND = Sentence(
    ja="学生証番号が見つかりません。ノートブックの最初に書いてください。",
    en="Your student number was not found. Write it at the beginning of the notebook.",
)

ADVICE = {
    "unreadable": Sentence(
        ja="ファイルが壊れていて、読めませんでした。もう一度保存して、提出してください。",
        en="The file is damaged and could not be read. Save it again and hand it in.",
    ),
    "too_large": Sentence(
        ja="ファイルが大きすぎて、読めませんでした。出力を消してから、提出してください。",
        en="The file is too large to be read. Clear the outputs and hand it in again.",
    ),
    "not_a_notebook": Sentence(
        ja="ノートブック（.ipynb）を提出してください。", en="Hand in a notebook (.ipynb)."
    ),
    "not_of_course": Sentence(
        ja="この教材のノートブックを提出してください。", en="Hand in a notebook of this course."
    ),
    "too_slow": Sentence(
        ja="ファイルが複雑すぎて、読めませんでした。出力を消してから、提出してください。",
        en="The file is too complicated to be read. Clear the outputs and hand it in again.",
    ),
    "unknown_student": _NUMBER_NOT_FOUND,
    "name_for_number": _NUMBER_NOT_FOUND,
    "second_file": Sentence(
        ja="同じ課題のファイルが 2 つ以上ありました。いちばん新しいものを採点しました。",
        en="There were several files for this lesson. The newest was graded.",
    ),
    "missing": Sentence(
        ja="{where} のセルがありません。セルを消さずに提出してください。",
        en="The cell of {where} is missing. Hand in the notebook with all its cells.",
    ),
    "duplicated": Sentence(
        ja="{where} のセルが 2 つ以上ありました。`check` が最後に正解としたもの、"
        "なければ最後のものを採点しました。",
        en="There were several cells for {where}. "
        "The last one that `check` accepted was graded, else the last.",
    ),
    "not_python": Sentence(
        ja=f"{{where}} に、{_PYTHON} では読めない行があります。",
        en=f"{{where}} has a line that {_PYTHON} cannot read.",
    ),
    "retyped": Sentence(
        ja="{where} のセルの種類が変わっていました。コードのセルに書いてください。",
        en="The cell of {where} had another type. Write code into a code cell.",
    ),
    "essay_below": Sentence(
        ja="{where} が、解答のセルの外に書かれていました。解答のセルに書いてください。",
        en="{where} was written outside its cell. Write it into its cell.",
    ),
    "essay_elsewhere": Sentence(
        ja="{where} の欄は空でした。考察は、解答のセルに書いてください。",
        en="The cell of {where} was empty. Write essays into their cells.",
    ),
    "too_long": Sentence(
        ja="長すぎるセルがありました。途中までを採点しました。",
        en="A cell was too long. Only its beginning was graded.",
    ),
}
"""By reason; what a student reads on the page of feedback."""
