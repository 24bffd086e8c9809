"""Grades a class: leads every submission through the four stages, and takes up what was stopped."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from course.errors import StorageError
from course.files import write_whole
from course.grade.analysis.analysis import analyse
from course.grade.ingest.handout import read_handouts
from course.grade.ingest.ingest import ingest
from course.grade.lock import locked
from course.grade.policy.policy import Policy
from course.grade.policy.reading import FILE as POLICY
from course.grade.policy.reading import read_policy
from course.grade.pool import grade_all
from course.grade.record import report
from course.grade.record.feedback import Result, page
from course.grade.record.formgrader import Pristine
from course.grade.record.gradebook import DATABASE, Gradebook
from course.grade.record.report import Entry
from course.grade.record.verdicts import messages_of
from course.grade.run.sandbox import check_sandbox
from course.grade.shared.assignment import Assignment, read_assignments
from course.grade.shared.stages import Figures, Judgement, Phrasebook, Run, Stages, Submission
from course.grade.shared.untrusted import line
from course.grade.similar import similar
from course.grade.similar.page import write_pages
from course.grade.similar.words import COMPARING
from course.grade.wire.limits import Limits
from course.grade.worker import Conditions
from course.repository import Repository
from exercises.wording import Phrases
from helpers.internal.sentences import Language, Sentence, addressed_in

Pool = Callable[[Iterable[str], Conditions, Stages], Iterator[str]]
"""Grades submissions of one lesson, by key, and yields each key when its judgement is kept."""

_INGESTING = Sentence(ja="読み込み", en="Reading")
_JUDGING = Sentence(ja="実行と採点", en="Running and judging")
_RECORDING = Sentence(ja="記録", en="Recording")
_BETWEEN_STUDENTS = Sentence(ja="、", en=", ")
_ABSENT = Sentence(
    ja="前に採点した {count} 人の提出物が、今回の提出物にありません（{students}）。"
    "grades.csv と report.json に入れるには、前の分も合わせて採点してください。",
    en="{count} students who were graded before are not among these submissions ({students}). "
    "To have them in grades.csv and report.json, grade the earlier submissions with these.",
)
_NOT_OURS = Sentence(
    ja="{folder} には、採点の結果ではないファイルがあります。"
    "--out に新しいフォルダを指定してください。",
    en="{folder} holds files that are no results of grading. Name a new folder with --out.",
)

_LOCK = ".lock"
_SETTINGS = "settings.json"


@dataclass(frozen=True, order=True)
class _HandedIn:
    """What is kept in memory of a submission, however large its notebook."""

    student: str
    lesson: str
    key: str


def local_pool(workers: int) -> Pool:
    """Return a pool of ``workers`` processes on this machine."""

    def grade_here(keys: Iterable[str], conditions: Conditions, stages: Stages) -> Iterator[str]:
        return grade_all(keys, conditions, stages, workers)

    return grade_here


def grade(
    source: Path,
    out: Path,
    repository: Repository,
    *,
    pool: Pool,
    limits: Limits,
    sandboxed: bool = True,
    console: Console,
) -> list[Entry]:
    """Grade what was handed in; everything in ``out`` that is still right is kept.

    Args:
        source: Folder or zip of notebooks.
        out: Folder of the results, new or begun earlier.
        repository: The course.
        pool: Where answers are run and judged.
        limits: What an answer may use.
        sandboxed: Lock the answers in; False only for code that is trusted.
        console: Where progress and summary go.

    Returns:
        One entry a submission, as reported.

    Raises:
        CourseError: Nothing can be graded, or no further: no sandbox, a full disk, a folder that
            holds something else or that another process grades into. What is done stays done.
    """
    if sandboxed:
        check_sandbox()
    assignments, stages = read_assignments(repository), Stages(out / "stages")
    _see_that_folder_is_ours(out, stages)
    policy = read_policy(out / POLICY, assignments)
    with locked(out / _LOCK), _progress(console) as progress:
        seed = _settle(stages, _fingerprints(repository.root, assignments, limits, sandboxed))
        handed_in = _ingest(source, out, repository, stages, progress)
        conditions = {
            name: Conditions(one, seed, limits, sandboxed) for name, one in assignments.items()
        }
        _judge(handed_in, conditions, stages, pool, progress)
        entries = list(_record(handed_in, repository, stages, out, policy, progress))
        report.write_grades(out / "grades.csv", entries, assignments.values())
        course = f"{repository.name} {repository.version}"
        report.write_report(out / "report.json", entries, course, policy)
        analyse(out)
        _compare(handed_in, repository, stages, out, progress)
    report.show(entries, out, console)
    _show_absent(_absent(handed_in, stages), console)
    return entries


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    return Progress(*columns, console=console)


# --- what earlier results were made with ---------------------------------------------------------
_RUNS_USE = (
    "helpers", "exercises", "course/grade/inside", "course/grade/wire", "course/grade/run",
    "course/grade/shared", "course/grade/syntax",
)  # fmt: skip
_JUDGEMENTS_USE = (
    "helpers", "exercises", "course/grade/judge", "course/grade/shared", "course/grade/syntax",
)  # fmt: skip


def _fingerprints(
    root: Path, assignments: Mapping[str, Assignment], limits: Limits, sandboxed: bool
) -> dict[str, str]:
    """Return digests of all that runs and judgements depend on, besides the submissions."""
    return {
        "runs": _digest(root, _RUNS_USE, assignments, limits, sandboxed),
        "judgements": _digest(root, _JUDGEMENTS_USE, assignments),
    }


def _digest(root: Path, folders: Iterable[str], *settings: object) -> str:
    digest = hashlib.sha256(repr(settings).encode())
    for path in sorted(path for folder in folders for path in (root / folder).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _see_that_folder_is_ours(out: Path, stages: Stages) -> None:
    ours = (stages.folder / _SETTINGS, out / DATABASE)
    if any(path.is_file() for path in ours) or not out.is_dir():
        return
    if any(path.name not in (_LOCK, POLICY) for path in out.iterdir()):
        raise StorageError(_NOT_OURS.format(folder=out))


def _settle(stages: Stages, fingerprints: Mapping[str, str]) -> int:
    """Return the secret seed of this folder; forget what another course or limits gave."""
    path = stages.folder / _SETTINGS
    try:
        settings = json.loads(path.read_bytes())
    except (OSError, ValueError):
        settings = {"seed": secrets.randbits(63)}
    if settings.get("runs") != fingerprints["runs"]:
        stages.forget_all(Run, Judgement, Phrasebook)
    elif settings.get("judgements") != fingerprints["judgements"]:
        stages.forget_all(Judgement, Phrasebook)
    if settings != settings | fingerprints:
        write_whole(path, json.dumps(settings | fingerprints))
    return settings["seed"]


# --- the stages ----------------------------------------------------------------------------------
def _ingest(
    source: Path, out: Path, repository: Repository, stages: Stages, progress: Progress
) -> list[_HandedIn]:
    """Read everything, every time: what is new or changed loses its run and judgement."""
    task, handed_in = progress.add_task(str(_INGESTING), total=None), []
    found = ingest(
        source, read_handouts(repository), recorded=partial(stages.read, Submission), skip=out
    )
    for submission in found:
        before = stages.read(Submission, submission.key)
        if before != submission:
            stages.forget(submission.key, Run, Judgement)
        if before != submission or before.handed_in != submission.handed_in:
            stages.write(submission.key, submission)
        student = submission.student.key
        handed_in.append(_HandedIn(student, submission.lesson, submission.key))
        progress.update(task, advance=1)
    progress.update(task, total=len(handed_in))
    return sorted(handed_in)


def _absent(handed_in: Iterable[_HandedIn], stages: Stages) -> list[str]:
    """Return the students of whom an earlier run recorded a lesson that is not among these."""
    here = {(one.student, one.lesson) for one in handed_in}
    keys = {one.key for one in handed_in}
    paths = (stages.folder / "submissions").glob("*.json")
    recorded = (stages.read(Submission, path.stem) for path in paths if path.stem not in keys)
    return sorted(
        {
            one.student.number
            for one in recorded
            if one and one.lesson and (one.student.key, one.lesson) not in here
        }
    )


def _show_absent(students: Sequence[str], console: Console) -> None:
    if students:
        names = str(_BETWEEN_STUDENTS).join(line(student, 24) for student in students)
        console.print(Text(_ABSENT.format(count=len(students), students=names)), soft_wrap=True)


def _judge(
    handed_in: Sequence[_HandedIn],
    conditions: dict[str, Conditions],
    stages: Stages,
    pool: Pool,
    progress: Progress,
) -> None:
    """Run and judge what has no judgement yet, one lesson after the other."""
    of_course = [one for one in handed_in if one.lesson]
    told = {name for name in conditions if stages.read(Phrasebook, name)}
    to_do = [one for one in of_course if one.lesson not in told or not _is_judged(one.key, stages)]
    task = progress.add_task(str(_JUDGING), total=len(of_course))
    progress.update(task, completed=len(of_course) - len(to_do))
    for name, its_conditions in conditions.items():
        keys = [one.key for one in to_do if one.lesson == name]
        for _ in pool(keys, its_conditions, stages):
            progress.update(task, advance=1)


def _is_judged(key: str, stages: Stages) -> bool:
    # Where the grader itself failed, the machine can be to blame: the next run tries again.
    judgement = stages.read(Judgement, key)
    return judgement is not None and not any(
        flag.reason == "grader_failed" for flag in judgement.flags
    )


def _record(
    handed_in: Sequence[_HandedIn],
    repository: Repository,
    stages: Stages,
    out: Path,
    policy: Policy,
    progress: Progress,
) -> Iterator[Entry]:
    """Write gradebook and feedback, a student at a time."""
    with Gradebook(out) as gradebook:
        phrases: dict[str, dict[str, Phrases]] = {"": {}}
        for lesson in sorted({one.lesson for one in handed_in if one.lesson}):
            gradebook.add_lesson(lesson, Pristine.read(repository, lesson))
            book = stages.read(Phrasebook, lesson)
            phrases[lesson] = book.phrases if book else {}
        task = progress.add_task(str(_RECORDING), total=len(handed_in))
        for student, group in groupby(handed_in, key=lambda one: one.student):
            group = list(group)
            with addressed_in(_language_of(group, stages)):
                results = [
                    _result(one.key, stages, gradebook, phrases[one.lesson], policy)
                    for one in group
                ]
                feedback = page(results[0].submission.student, results)
            write_whole(out / "feedback" / f"{student}.html", feedback)
            progress.update(task, advance=len(results))
            yield from map(Entry.of, results)


def _language_of(group: Sequence[_HandedIn], stages: Stages) -> Language | None:
    """Return the language of most of a student's notebooks; None where none is of the course."""
    languages = Counter(stages.read(Submission, one.key).language for one in group if one.lesson)
    return max(languages, key=languages.get, default=None)


def _compare(
    handed_in: Sequence[_HandedIn],
    repository: Repository,
    stages: Stages,
    out: Path,
    progress: Progress,
) -> None:
    """Write which submissions of a lesson are alike."""
    of_lesson: dict[str, list[str]] = {}
    for one in sorted(handed_in, key=lambda one: one.lesson):
        if one.lesson:
            of_lesson.setdefault(one.lesson, []).append(one.key)
    handouts = read_handouts(repository)
    findings = [
        similar.of_lesson(lesson, keys, stages, repository, handouts)
        for lesson, keys in progress.track(of_lesson.items(), description=str(COMPARING))
    ]
    write_pages(out, findings)


def _result(
    key: str, stages: Stages, gradebook: Gradebook, phrases: Mapping[str, Phrases], policy: Policy
) -> Result:
    submission = stages.read(Submission, key)
    if not submission.lesson:
        return Result(submission, Judgement({}, {}, submission.flags), {}, Figures(()), {})
    judgement, figures = stages.read(Judgement, key), stages.read(Figures, key) or Figures(())
    messages = messages_of(judgement, phrases)
    given = gradebook.record(submission, judgement, figures, messages)
    scores, applied = policy.apply(submission, given)
    return Result(submission, judgement, scores, figures, messages, applied)
