"""The sentences of ``similar.html``."""

from course.grade.similar.fragments import CODE, ESSAYS
from helpers.internal.sentences import Sentence

TITLE = Sentence(ja="よく似た提出物", en="Submissions that are alike")
LEAD = Sentence(
    ja="教材や解答例、答えの短さからは説明できないほど似ている提出物の組です。点数は変えていません。",
    en="These pairs of submissions are more alike than the course, its solutions and the shortness "
    "of the answers explain. Nobody's points were changed.",
)
READ_FIRST = Sentence(
    ja="写したかどうかは、このページには分かりません。両方を読み、本人たちの話を聞いてから判断してください。",
    en="Whether anybody copied, this page cannot know. Read both, and hear the students, before "
    "you decide anything.",
)
UNKNOWN_TITLE = Sentence(ja="このページに分からないこと", en="What this page cannot know")
UNKNOWN = (
    Sentence(
        ja="どちらが先に書いたか。一緒に考えたのか、同じ本、Web、生成 AI、友人から取ったのか。"
        "相談してよい課題だったのか。",
        en="Who wrote first. Whether two worked together, or took from one book, web page, chatbot "
        "or friend. Whether you allowed it.",
    ),
    Sentence(
        ja="短い答え、教材の解答とほぼ同じ答えを写したこと。正直な答えと区別できないので、ここには出ません。",
        en="Copies of short answers, and of answers close to the course's own: nothing tells them "
        "from honest ones, so they are not listed.",
    ),
    Sentence(
        ja="クラスの多くの人が同じものを写したこと。多くの人が書いたことは、ありふれたこととして扱います。",
        en="What a large part of the class copied: what many have counts as common.",
    ),
    Sentence(
        ja="すっかり書き直したもの、ほかの言語に訳した考察、ほかのクラスや去年の提出物から写したもの。",
        en="What was written anew from the ground up, essays in translation, and copies from other "
        "classes or years.",
    ),
    Sentence(
        ja="10 人より少ないクラスのこと。何が珍しいのかが分からないので、ほとんど何も出ません。",
        en="Classes of fewer than ten: too few to say what is rare, so next to nothing is listed.",
    ),
)
NO_PROOF = Sentence(
    ja="ここに出ていないことは、自分で書いたという証拠にはなりません。",
    en="Not to be listed here proves nothing either.",
)
RULES_TITLE = Sentence(ja="比べ方", en="How they were compared")
RULES = (
    Sentence(
        ja="コードは {length} 語ずつ、考察は {length} 文字ずつの断片に分けます。"
        "コードでは、自分で付けた名前、コメント、docstring、空白の違いを見ません。",
        en="Code is cut into fragments of {length} words and marks, essays into {length} letters. "
        "In code, names of one's own, comments, docstrings and layout make no difference.",
    ),
    Sentence(
        ja="配ったセル、例、解答、本文にある断片は、日本語版のものも英語版のものも数えません。"
        "クラスの 5 人に 4 人より多くにある断片も数えません。残りが「自分で書いた断片」です。",
        en="What the handed-out cells, examples, solutions and texts contain, in Japanese or "
        "English, does not count, nor what more than four in five of the class have. What is left "
        "is “one's own”.",
    ),
    Sentence(
        ja="2 つの条件の両方に当てはまる組を出します。1 つは、自分で書いた断片のうち"
        "共通するものの割合が、このクラスのほかの組から大きく外れること。"
        "もう 1 つは、共通する断片が珍しいこと（珍しい断片ほど重く数えます）。",
        en="A pair is listed if two things come together: the share of their own fragments that "
        "both have lies far outside what the other pairs of this class have, and what they share "
        "is rare (the rarer a fragment, the more it weighs).",
    ),
    Sentence(
        ja="境目は、クラスごとに計算します。正直な組が誤って出るのが、"
        "1 冊のノートブックのコードか考察について、{classes} クラスに 1 組ほどになるようにです。",
        en="The limits are worked out for each class so that, for the code or the essays of one "
        "notebook, an honest pair is listed in about one class of {classes}.",
    ),
)
NONE = Sentence(
    ja="{submissions} 件の提出物の {compared} 組に、似ている組はありません。",
    en="{submissions} submissions, {compared} pairs; none is alike.",
)
SUMMARY = Sentence(
    ja="{submissions} 件の提出物の {compared} 組のうち、{pairs} 組が似ています。",
    en="{submissions} submissions, {compared} pairs; alike: {pairs}.",
)
ASKED_FOR = Sentence(
    ja="{kind}: 共通する割合が {likeness} を超え、珍しさの重さが {evidence} ビット以上の組。",
    en="{kind}: pairs that share more than {likeness}, with a rarity of {evidence} bits or more.",
)
NO_LESSONS = Sentence(ja="比べる提出物がありません。", en="There is nothing to compare.")
GROUP = Sentence(ja="つながっているグループ", en="Linked in a group")
SEPARATOR = Sentence(ja="、", en=", ")
HEADINGS = (
    Sentence(ja="組", en="Pair"),
    Sentence(ja="学生", en="Students"),
    Sentence(ja="コードの共通", en="Code shared"),
    Sentence(ja="考察の共通", en="Essays shared"),
    Sentence(ja="2 人だけの断片", en="Fragments only these two have"),
)
KINDS = {
    CODE: Sentence(ja="コード", en="Code"),
    ESSAYS: Sentence(ja="考察", en="Essays"),
}
MEASURE = Sentence(
    ja="{kind}: {first} が自分で書いた断片の {of_first}、{second} の {of_second} が共通です。"
    "共通する {fragments} の断片のうち、{alone} はこのクラスでこの 2 人だけにあります。",
    en="{kind}: {of_first} of what {first} wrote and {of_second} of what {second} wrote is shared. "
    "Of {fragments} shared fragments, {alone} are found with nobody else in this class.",
)
EXERCISE = Sentence(ja="問 {id}", en="Exercise {id}")
ESSAY = Sentence(ja="考察 {id}", en="Essay {id}")
LEGEND = Sentence(ja="共通する部分", en="What both have")
LEGEND_COMMON = Sentence(ja="ほかの人にもある", en="others have it too")
LEGEND_RARE = Sentence(
    ja="珍しい（クラスの 10 分の 1 以下）", en="rare (a tenth of the class at most)"
)
MORE = Sentence(
    ja="ほかに {count} 組あります（similar.json）。", en="{count} more pairs: see similar.json."
)
COMPARING = Sentence(ja="似た提出物", en="Look-alikes")
