"""The sentences of the analysis, in Japanese and English."""

from helpers.internal.sentences import Sentence

REPORT_DAMAGED = Sentence(
    ja="{path} が壊れています（{error}）。course grade をもう一度実行してください。",
    en="{path} is damaged ({error}). Run course grade again.",
)

# --- the head of the page -------------------------------------------------------------------------
TITLE = Sentence(ja="クラスの分析", en="What the class understood")
SUBTITLE = Sentence(
    ja="{course}　学生 {students} 人、提出 {submissions} 件",
    en="{course} · students: {students} · submissions: {submissions}",
)
UNGRADED = Sentence(
    ja="うち {count} 件は、採点できませんでした。", en="Could not be graded: {count}."
)
NOTHING = Sentence(
    ja="採点できた提出物がありません。分析するものがまだありません。",
    en="No submission could be graded, so there is nothing to analyse yet.",
)
ANONYMOUS = Sentence(
    ja="クラスで見せるためのページです。名前も番号もありません。",
    en="For showing in class: it names nobody.",
)

# --- what to look at first ------------------------------------------------------------------------
FIRST = Sentence(ja="まず見るところ", en="Look here first")
FAULTS = Sentence(ja="問題のほうに原因があるかもしれない問", en="Exercises that may be at fault")
NO_FAULTS = Sentence(
    ja="問題のほうに原因がありそうな問は、見つかりませんでした。",
    en="Nothing speaks against any exercise.",
)
FAULT = {
    "nobody_right": Sentence(
        ja="書いた {students} 人のうち、正解が 1 人もいません。"
        "問題文、模範解答、環境を確かめてください。",
        en="Of {students} answers, none is right. Check the task, the reference and the machine.",
    ),
    "hard_and_not_discriminating": Sentence(
        ja="{of} 人のうち {students} 人が正解しておらず、ほかの問がよくできる学生も、"
        "できない学生と同じくらいつまずいています。問題文が分かりにくいのかもしれません。",
        en="Not right for {students} of {of}, and those who do well elsewhere stumble as often as "
        "the others. The task may be unclear.",
    ),
    "shared_wrong_answer": Sentence(
        ja="書いた {of} 人のうち {students} 人が、同じまちがいをしています。"
        "問題文や説明が、そこへ導いているのかもしれません。",
        en="{students} of the {of} who wrote anything made one and the same mistake. "
        "The task, or what comes before it, may lead there.",
    ),
}
WAITING = Sentence(
    ja="採点を待つ考察が {count} 件あります。ここまでの点には入っていません。",
    en="Essays that wait to be marked: {count}. They are not in the points so far.",
)
NONE_WAITING = Sentence(ja="採点を待つ考察はありません。", en="No essay waits to be marked.")
NEEDS_LINK = Sentence(
    ja="助けが要るかもしれない学生: {count} 人",
    en="Students who may need help: {count}",
)

POLICY = Sentence(
    ja="policy.toml で決めたこと（遅れの分を引く前の点で分析しています）",
    en="Decided in policy.toml (points are those before anything is taken off for late work)",
)

# --- totals ---------------------------------------------------------------------------------------
TOTALS = Sentence(ja="合計点の分布", en="How the totals are spread")
TOTALS_ALL = Sentence(ja="すべてのノートブックの合計", en="All notebooks together")
HISTOGRAM = Sentence(
    ja="合計点のヒストグラム。{students} 人、中央値 {median}、満点 {highest}",
    en="Histogram of totals: students {students}, median {median}, highest possible {highest}",
)
BAR = Sentence(
    ja="{low} 点以上 {high} 点未満: {count} 人", en="from {low} to below {high} points: {count}"
)
POINTS_AXIS = Sentence(ja="点", en="points")
STUDENTS_AXIS = Sentence(ja="人", en="students")
MEDIAN = Sentence(ja="中央値 {median}", en="median {median}")
SPREAD = Sentence(
    ja="平均 {mean}、中央値 {median}、中央の半分は {low}〜{high}、標準偏差 {deviation}"
    "（満点 {highest}）",
    en="Mean {mean}, median {median}, middle half {low} to {high}, standard deviation {deviation} "
    "(highest possible: {highest})",
)

# --- exercises ------------------------------------------------------------------------------------
EXERCISES = Sentence(ja="問ごとに", en="Exercise by exercise")
EXERCISE = Sentence(ja="問 {id}", en="Exercise {id}")
ESSAY = Sentence(ja="考察 {id}", en="Essay {id}")
HANDED_IN = Sentence(ja="提出 {count} 件", en="handed in: {count}")
HEADINGS = (
    Sentence(ja="問", en="Exercise"),
    Sentence(ja="結果", en="Outcome"),
    Sentence(ja="正解", en="Right"),
    Sentence(ja="識別力", en="Item–rest"),
)
OUTCOMES = {
    "right": Sentence(ja="正解", en="right"),
    "wrong": Sentence(ja="不正解", en="wrong"),
    "failed": Sentence(ja="エラー・停止", en="failed"),
    "blank": Sentence(ja="未記入", en="blank"),
}
CORRELATION_RESTS_ON = Sentence(ja="{count} 人", en="n = {count}")
INTERVAL = Sentence(
    ja="95 % 信頼区間 {low}〜{high}", en="95 % confidence interval: {low} to {high}"
)
UNDEFINED = Sentence(ja="–", en="–")
CORRECTION_WAITS = Sentence(
    ja="点の手直しを待つ解答: {count} 件", en="Answers whose points wait for you: {count}"
)
MISCONCEPTIONS = Sentence(ja="多いまちがい", en="Commonest mistakes")
MISCONCEPTION_COUNT = Sentence(ja="{count} 人（{share}）", en="{count} ({share})")
MORE_MISCONCEPTIONS = Sentence(
    ja="ほかに {kinds} 種類、{count} 人", en="and {kinds} other kinds: {count}"
)
EXAMPLE = Sentence(ja="例（だれのものかは分かりません）", en="An example, of nobody in particular")
NO_MISTAKES = Sentence(ja="まちがいはありません。", en="No mistakes.")
MISTAKES = {
    "error": Sentence(ja="エラー（{key}）で終わった", en="Ended with an error ({key})"),
    "absent": Sentence(ja="「{key}」が得られない", en="No {key}"),
    "text": Sentence(ja="「{key}」が違う", en="Wrong {key}"),
    "shape": Sentence(ja="「{key}」の形が違う", en="Wrong shape of {key}"),
}
"""By kind of mistake, where no hint names it."""
WRONG_VALUE = Sentence(ja="「{key}」の値が違う", en="Wrong value of {key}")
OTHER_ERROR = Sentence(ja="エラーで終わった", en="Ended with an error")
NO_RESULT = {
    "time_limit": Sentence(ja="制限時間を超えた", en="Stopped: over the time limit"),
    "memory_limit": Sentence(ja="メモリの上限を超えた", en="Stopped: over the memory limit"),
    "reply_too_long": Sentence(ja="結果が大きすぎる", en="Stopped: the result is too large"),
    "process_died": Sentence(ja="実行が途中で終わった", en="The process ended early"),
    "malformed_reply": Sentence(ja="結果が読めない形", en="The result could not be read"),
    "no_result": Sentence(ja="結果が得られない", en="No result"),
    "too_large": Sentence(ja="結果が大きすぎる", en="The result is too large"),
    "not_judged": Sentence(ja="自動では採点できなかった", en="Could not be graded automatically"),
}
MAP = Sentence(ja="難しさと識別力", en="How hard, and how telling")
MAP_ALT = Sentence(
    ja="横は点の割合、縦は識別力。左下の色のついたところにある問は、難しいうえに、"
    "できる学生とできない学生を分けていません。",
    en="Across: share of the points. Up: item–rest correlation. Exercises in the shaded corner "
    "are hard and do not tell who knows more.",
)
MAP_EASY = Sentence(ja="点の割合 →", en="share of the points →")
MAP_TELLS = Sentence(ja="↑ 識別力", en="↑ item–rest correlation")
MAP_POINT = Sentence(
    ja="問 {id}: 点の割合 {mean}、識別力 {value}（{count} 人）",
    en="Exercise {id}: share of the points {mean}, item–rest {value} (n = {count})",
)

# --- essays ---------------------------------------------------------------------------------------
ESSAYS = Sentence(ja="考察", en="Essays")
ESSAY_HEADINGS = (
    Sentence(ja="考察", en="Essay"),
    Sentence(ja="採点待ち", en="Waiting"),
    Sentence(ja="0 点・空欄", en="No points"),
    Sentence(ja="平均", en="Mean"),
)

# --- students -------------------------------------------------------------------------------------
NEEDS = Sentence(ja="助けが要るかもしれない学生", en="Students who may need help")
NO_NEEDS = Sentence(ja="とくにいません。", en="Nobody stands out.")
NEEDS_COUNT = Sentence(
    ja="{students} 人のうち {count} 人です。内訳（重なりがあります）:",
    en="{count} of {students}. Reasons, of which several may hold:",
)
NEEDS_HEADINGS = (
    Sentence(ja="学生", en="Student"),
    Sentence(ja="問の点", en="Points of exercises"),
    Sentence(ja="理由", en="Why"),
)
MORE_NEEDS = Sentence(
    ja="ほかに {count} 人います。全員は analysis.json にあります。",
    en="And {count} more; all of them are in analysis.json.",
)
REASONS = {
    "few_points": Sentence(ja="問の点が半分に届きません", en="less than half of the points"),
    "many_blank": Sentence(
        ja="{exercises} 問のうち {blank} 問が未記入", en="{blank} of {exercises} exercises blank"
    ),
    "not_handed_in": Sentence(ja="未提出: {missing}", en="not handed in: {missing}"),
    "nothing_readable": Sentence(ja="読める提出物がありません", en="nothing that can be read"),
}
REASON_NAMES = {
    "few_points": Sentence(ja="問の点が半分に届かない", en="less than half of the points"),
    "many_blank": Sentence(ja="半分以上が未記入", en="half of the exercises or more are blank"),
    "not_handed_in": Sentence(
        ja="多くの学生が出したノートブックを出していない",
        en="a notebook that most handed in is missing",
    ),
    "nothing_readable": Sentence(ja="読める提出物がない", en="nothing that can be read"),
}

# --- how to read it -------------------------------------------------------------------------------
READING = Sentence(ja="数の読み方", en="How to read the numbers")
NOTES = (
    Sentence(
        ja="識別力は、その問の点と、同じノートブックのほかの問の合計点との相関係数です"
        "（その問自身は合計に入れません）。1 に近いほど、ほかの問ができる学生ほど、"
        "その問もできています。横の人数は、計算に使った学生の数です。"
        "少ない人数の値は、あてになりません。全員が同じ点の問では、計算できません。",
        en="Item–rest correlation: the points of an exercise against the sum of the other "
        "exercises of its notebook, itself left out. Near 1, those who do well elsewhere do well "
        "here. n says on how many students it rests; of few students, trust no value. Where all "
        "have the same points, there is none.",
    ),
    Sentence(
        ja="「難しく、識別力がない」とするのは、点の割合が {hard} 未満で、"
        "識別力が {discriminates} 未満、{fewest} 人以上のデータがある問です。",
        en="Hard and not discriminating: less than {hard} of the points, item–rest correlation "
        "below {discriminates}, and at least {fewest} students.",
    ),
    Sentence(
        ja="「同じまちがい」とするのは、書いた学生の {many} 以上、{alike} 人以上が、"
        "同じヒントにあたるか、まったく同じ値になるまちがいをした問です。",
        en="A shared mistake: at least {many} of those who wrote anything, and no fewer than "
        "{alike}, made the mistake that one hint knows, or gave the very same wrong values.",
    ),
    Sentence(
        ja="「エラー・停止」は、実行がエラーで終わったか止められ、どのヒントにもあたらない解答です。"
        "結果は自動の判定で、点は先生の手直しを含みます。",
        en="Failed: the answer ended with an error or was stopped, and no hint knows why. Outcomes "
        "are those of the automatic judgement; points include what you corrected.",
    ),
    Sentence(
        ja="ここにあるのは手がかりです。学生についても問についても、決めるのは、読んだ人です。",
        en="All of this is a pointer. About students and exercises alike, you decide.",
    ),
)
