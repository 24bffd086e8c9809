"""Says in words what an answer was found to be."""

from __future__ import annotations

from collections.abc import Mapping

from course.grade.shared.stages import Judgement
from course.grade.shared.untrusted import line, without_folders
from exercises.engine import Verdict
from exercises.wording import Phrases, in_words
from helpers.internal.sentences import Sentence

LONGEST_MESSAGE = 400
"""Characters of what is said of an answer: it can quote an error of the student's own."""

_SENTENCES = {
    "missing": Sentence(ja="解答が見つかりません。", en="No answer was found."),
    "no_result": Sentence(
        ja="結果が得られませんでした。時間がかかりすぎたか、途中で止まった可能性があります。",
        en="There is no result. It may have taken too long, or stopped half-way.",
    ),
    "too_large": Sentence(ja="結果が大きすぎます。", en="The result is too large."),
    "not_judged": Sentence(
        ja="自動では採点できませんでした。先生が確かめます。",
        en="This could not be graded automatically. Your teacher will look at it.",
    ),
    "time_limit": Sentence(
        ja="制限時間を超えたので、実行を止めました。終わらない繰り返しはありませんか。",
        en="This ran into the time limit and was stopped. Is there a loop without end?",
    ),
    "memory_limit": Sentence(
        ja="メモリを使いすぎたので、実行を止めました。",
        en="This used too much memory and was stopped.",
    ),
    "reply_too_long": Sentence(
        ja="返された値が大きすぎます。", en="The values that were returned are too large."
    ),
    "process_died": Sentence(
        ja="実行が途中で終わりました。`exit()` のような、プログラムを終える命令はありませんか。",
        en="This ended half-way. Is there a call that ends the program, such as `exit()`?",
    ),
    "malformed_reply": Sentence(
        ja="返された値を読めませんでした。", en="The values that were returned could not be read."
    ),
}
"""Reasons that only the grader gives; the others are those of the checks."""


def messages_of(judgement: Judgement, phrases: Mapping[str, Phrases]) -> dict[str, str]:
    """Return what each exercise's verdict says, on one line, safe but for markup.

    Args:
        judgement: Of one submission.
        phrases: The lesson's words, by exercise id.
    """
    nothing = Phrases({}, {})
    return {
        exercise: _message(verdict, phrases.get(exercise, nothing))
        for exercise, verdict in judgement.verdicts.items()
    }


def _message(verdict: Verdict, phrases: Phrases) -> str:
    if sentence := _SENTENCES.get(verdict.reason):
        return str(sentence)
    return without_folders(line(in_words(verdict, phrases), LONGEST_MESSAGE))
