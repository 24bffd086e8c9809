"""Every Japanese sentence of the grader, in one place.

A sentence with ``{names}`` is filled in with :meth:`str.format` by the module that shows it.
"""

import sys

PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor}"
"""What grades: other versions know other syntax."""

# --- flags: what an instructor should look at ----------------------------------------------------
FLAGS = {
    # ingest, claims and borrowed
    "unreadable": "ファイルが読めません。壊れているか、途中で切れています。",
    "too_large": "ファイルが大きすぎるので、読みませんでした。",
    "too_slow": "読むのに時間がかかりすぎるので、途中でやめました。",
    "link": "ほかの場所へのリンクなので、読みませんでした。",
    "not_a_notebook": "ノートブックではないファイルです。",
    "not_of_course": "この教材のノートブックではありません。",
    "unknown_student": "だれの提出物か分かりません。ファイル名を学生証番号の代わりにしました。",
    "name_for_number": "学生証番号がありません。LMS が付けた名前を、番号の代わりにしました。",
    "number_shared": "違う名前やフォルダの提出物に、同じ学生証番号があります。別の学生として採点しました。",
    "pair_work": "何人かの名前か学生証番号があるノートブックです。それぞれの学生の提出物として採点しました。",
    "several_students": "1 つの提出の中に、何人かの学生証番号のノートブックがあります。",
    "other_number_in_file_name": "ファイルやフォルダの名前の番号が、ノートブックの学生証番号と違います。",
    "second_file": "同じ課題の提出物がほかにもあります。いちばん新しいものを採点しました。",
    "missing": "解答のセルがありません。",
    "duplicated": (
        "解答のセルが 2 つ以上あります。`check` が最後に正解としたもの、なければ最後のものを採点しました。"
    ),
    "retyped": "解答のセルの種類（コードと文章）が変わっていました。解答は見つかりました。",
    "lost_metadata": "セルの情報が失われていました。問の番号か関数の名前から解答を見つけました。",
    "other_cell": "解答が、もとのセルとは別のセルにありました。そのセルを採点しました。",
    "own_cells": "ほかのセルの定義を使う解答です。その定義も合わせて実行しました。",
    "not_python": (
        f"採点に使う {PYTHON} では読めない行があります。"
        "書きまちがいか、もっと新しい Python の文法です。"
    ),
    "essay_below": "考察が、解答のセルの外に書かれていました。合わせて 1 つにしました。",
    "essay_elsewhere": "考察の欄は空ですが、ほかの場所に文章があります。",
    "too_long": "長すぎるセルです。途中までを採点しました。",
    "figures_left_out": "図が多すぎるか大きすぎるので、一部だけを残しました。",
    "unexamined": "入れ子が深すぎて、教材の実装を呼び出していないか調べられない解答です。",
    "borrowed": "教材の実装を呼び出しているかもしれません。点数は変えていません。",
    # run and sandbox
    "time_limit": "実行が制限時間を超えたので、止めました。",
    "memory_limit": "実行がメモリの上限を超えたので、止めました。",
    "reply_too_long": "実行の結果が大きすぎるので、読みませんでした。",
    "process_died": "実行中のプロセスが、結果を返さずに終わりました。",
    "malformed_reply": "実行の結果が、読める形ではありませんでした。細工された可能性があります。",
    # judge and grading
    "lacks_package": "採点するマシンにないパッケージを使う解答です。",
    "accepted_in_notebook": (
        "ノートブックの `check` では正解でしたが、採点では正解になりませんでした。"
    ),
    "grader_failed": (
        "採点プログラムがこの提出物の途中で止まりました。同じコマンドで、もう一度採点します。"
        "くり返すときは、手で確かめてください。"
    ),
}
"""By reason; read by the instructor, in the summary, ``grades.csv`` and ``report.json``."""

STUDENT_FLAGS = {
    "unreadable": "ファイルが壊れていて、読めませんでした。もう一度保存して、提出してください。",
    "too_large": "ファイルが大きすぎて、読めませんでした。出力を消してから、提出してください。",
    "not_a_notebook": "ノートブック（.ipynb）を提出してください。",
    "not_of_course": "この教材のノートブックを提出してください。",
    "too_slow": "ファイルが複雑すぎて、読めませんでした。出力を消してから、提出してください。",
    "unknown_student": "学生証番号が見つかりません。ノートブックの最初に書いてください。",
    "name_for_number": "学生証番号が見つかりません。ノートブックの最初に書いてください。",
    "second_file": "同じ課題のファイルが 2 つ以上ありました。いちばん新しいものを採点しました。",
    "missing": "{where} のセルがありません。セルを消さずに提出してください。",
    "duplicated": (
        "{where} のセルが 2 つ以上ありました。`check` が最後に正解としたもの、"
        "なければ最後のものを採点しました。"
    ),
    "not_python": f"{{where}} に、{PYTHON} では読めない行があります。",
    "retyped": "{where} のセルの種類が変わっていました。コードのセルに書いてください。",
    "essay_below": "{where} が、解答のセルの外に書かれていました。解答のセルに書いてください。",
    "essay_elsewhere": "{where} の欄は空でした。考察は、解答のセルに書いてください。",
    "too_long": "長すぎるセルがありました。途中までを採点しました。",
}
"""By reason; the few flags that students read in their feedback page, as advice."""

# --- ingest --------------------------------------------------------------------------------------
NO_SUBMISSIONS = "{path} は、提出物のフォルダでも zip でもありません（{error}）。"
OWN_RESULTS = "{path} は採点の結果のフォルダです。提出物のフォルダか zip を指定してください。"
NO_ROOM = (
    "このマシンの側の理由で、提出物を読めません（{error}）。"
    "ディスクの空き容量、メモリ、同時に開けるファイルの数（ulimit -n）を確かめてください。"
)
CHANGED = "読んでいる間に {path} の中身が変わりました。もう一度実行してください。"

# --- lock ----------------------------------------------------------------------------------------
IN_USE = (
    "{folder} では、ほかの course grade が採点しています。終わってから、もう一度実行してください。"
)

# --- judge ---------------------------------------------------------------------------------------
MISSING = "解答が見つかりません。"
BLANK = "まだ書かれていないところがあります。"
NO_RESULT = "結果が得られませんでした。時間がかかりすぎたか、途中で止まった可能性があります。"
TOO_LARGE = "結果が大きすぎます。"
NOT_JUDGED = "自動では採点できませんでした。先生が確かめます。"
REFERENCE_FAILS = (
    "問 {exercise} は、教材の解答そのものが、このマシンで動きません（{error}）。"
    "course doctor で環境を確かめてください。"
)

# --- formgrader ----------------------------------------------------------------------------------
ESSAY_EMPTY = "（記入がありません）"
FOR_TEACHERS = "#### 解答例と採点基準（先生用）"
FIGURES_TITLE = "#### 提出されたノートブックの図"
FIGURE = "図 {number}"

# --- gradebook -----------------------------------------------------------------------------------
LESSON_CHANGED = "{lesson} の問が、{folder} で採点を始めたときと違います。--out に新しいフォルダを指定してください。"
NO_GRADEBOOK = "{folder} の gradebook.db に書き込めません（{error}）。"

# --- feedback ------------------------------------------------------------------------------------
FEEDBACK_TITLE = "採点結果"
FEEDBACK_HEADINGS = ("問", "結果", "点", "コメント")
EXERCISE = "問 {id}"
ESSAY = "考察 {id}"
STATES = {
    "correct": "✅ 正解",
    "wrong": "❌ 不正解",
    "blank": "未完成",
    "waiting": "採点待ち",
    "marked": "採点済み",
}
ESSAY_STATES = {
    "waiting": "先生が読んで採点します。",
    "marked": "先生が採点しました。",
    "blank": "記入がありません。",
}
WAITING = "–"
ESSAYS_WAIT = "（ほかに、採点待ちの考察が {count} 問あります）"
NO_LESSON = "教材のノートブックとして読めませんでした"
ADVICE = "提出についてのお知らせ"
FIGURES = "あなたのノートブックの図"


def points(number: float) -> str:
    """Return points as a reader expects them: ``3``, but ``2.5``."""
    return f"{number:g}"


# --- reports -------------------------------------------------------------------------------------
CSV_STUDENT = ("学生証番号", "名前", "メールアドレス")
CSV_SUM = "{lesson} 合計"
CSV_TOTALS = ("合計", "満点", "採点待ち", "要確認", "ファイル")
DETAIL = "（{detail}）"
SUMMARY = (
    "提出 {handed_in} 件（学生 {students} 人）のうち、{graded} 件を採点しました。"
    "採点待ちの考察は {waiting} 問です。"
)
LESSON_HEADINGS = ("ノートブック", "提出", "平均 / 満点", "採点待ち")
FLAG_TITLE = "要確認"
FLAG_HEADINGS = ("理由", "件数", "学生")
MORE = " ほか {count} 人"
NOTES = "ほかに、確認のいらない気づきが {count} 件あります（grades.csv の「要確認」の列）。"
NOTHING_TO_LOOK_AT = "確認が必要な提出はありません。"
WRITTEN = """成績 {out}/grades.csv、詳しい記録 {out}/report.json、学生に返すページ {out}/feedback/
考察の採点: cd {out} && jupyter lab（Nbgrader メニューの Formgrader）。採点したら、同じ course grade をもう一度実行します。"""

# --- grading -------------------------------------------------------------------------------------
INGESTING = "読み込み"
JUDGING = "実行と採点"
RECORDING = "記録"
ABSENT = (
    "前に採点した {count} 人の提出物が、今回の提出物にありません（{students}）。"
    "grades.csv と report.json に入れるには、前の分も合わせて採点してください。"
)
NOT_OURS = "{folder} には、採点の結果ではないファイルがあります。--out に新しいフォルダを指定してください。"

# --- run and sandbox -----------------------------------------------------------------------------
ENDED = {
    "time_limit": "制限時間を超えたので、実行を止めました。終わらない繰り返しはありませんか。",
    "memory_limit": "メモリを使いすぎたので、実行を止めました。",
    "reply_too_long": "返された値が大きすぎます。",
    "process_died": "実行が途中で終わりました。`exit()` のような、プログラムを終える命令はありませんか。",
    "malformed_reply": "返された値を読めませんでした。",
}
"""By reason; what the student reads in place of a result."""

NO_SANDBOX = (
    "提出されたコードを閉じ込めて実行するために、bubblewrap が必要です。"
    "Debian や Ubuntu では `sudo apt install bubblewrap`、"
    "Fedora では `sudo dnf install bubblewrap` で入ります。"
    "閉じ込めずに実行するには --unsafe-no-sandbox を付けますが、"
    "提出されたコードは、このマシンのファイルとネットワークを自由に使えてしまいます。"
)
SANDBOX_FAILS = (
    "bubblewrap はありますが、このマシンでは動きません（{error}）。"
    "Ubuntu 24.04 以降では `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` が、"
    "コンテナの中では `--privileged` が必要なことがあります。"
    "`sysctl user.max_user_namespaces` が 0 なら、増やしてください。"
)
SERVER_FAILS = "採点用のプロセスが始まりません（{error}）。"

# --- Dask ----------------------------------------------------------------------------------------
NO_DASK = "--scheduler を使うには Dask が必要です: pip install 'cnn-gasshuku[dask]'"
NO_SCHEDULER = "{address} の Dask スケジューラにつながりません（{error}）。"
NO_WORKERS = "{address} の Dask スケジューラに、ワーカーがいません。`dask worker {address}` で始めてください。"
LOST_SCHEDULER = (
    "{address} の Dask スケジューラとの接続が切れました。同じコマンドで、続きから採点します。"
)

# --- release -------------------------------------------------------------------------------------
NOT_EMPTY = "{folder} は空ではありません。新しいフォルダを指定してください。"
NO_ADDRESS = "{address!r} は GitHub のリポジトリの名前ではありません。teacher/class のように、所有者/名前の形で指定してください。"
REPORT_DAMAGED = "{path} が壊れています（{error}）。course grade をもう一度実行してください。"
LEAK = "{source} から作る学生版に、見せてはいけないものがあります（{leak}）。"
RELEASED = "{folder} に、学生に渡すものを書き出しました。"
