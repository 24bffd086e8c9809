"""Makes both notebooks of every lesson, and tells whether they are up to date."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course import text
from course.editions import (
    dumps,
    keep_outputs,
    needs_execution,
    solution_edition,
    student_edition,
)
from course.errors import NotebookError
from course.execution import execute as execute_notebook
from course.files import write_whole
from course.leaks import leaks
from course.lessons import Lesson
from course.problems import Problem, read_lessons, sound_lessons
from course.repository import Repository, in_language
from course.translation import words_path

# The mini data, so that outputs are the same everywhere; a wrong solution must stop the build.
_SETTINGS = {"COURSE_DATA": "mini", "COURSE_STRICT": "1"}


def build(
    repository: Repository,
    points: Mapping[str, float],
    names: Sequence[str] = (),
    *,
    execute: bool = False,
    log: Callable[[str], None] = print,
) -> list[Problem]:
    """Make the notebooks of the named lessons, or of all.

    A solution notebook is executed when its code has changed since its outputs were made.
    Nothing is written while any source has a fault; a notebook that cannot be executed keeps
    its earlier files.

    Args:
        repository: The checkout.
        points: Points of every exercise that is defined in exercises, by id.
        names: Beginnings of the lessons' names, such as ``"03"``; none means all.
        execute: Execute every notebook (for when helpers have changed).
        log: Takes a line for every step.

    Returns:
        What went wrong; nothing if all is well.

    Raises:
        StorageError: A notebook cannot be written.
    """
    lessons, problems = read_lessons(repository, points, names)
    if problems:
        return problems
    for lesson in lessons:
        try:
            _build_lesson(lesson, repository, points, execute, log)
        except NotebookError as error:
            problems.append(Problem(repository.relative(lesson.path), 0, str(error)))
    return problems


def check(
    repository: Repository, points: Mapping[str, float], names: Sequence[str] = ()
) -> list[Problem]:
    """Return what is stale, missing, without source, or leaking. Writes and executes nothing.

    Args:
        repository: The checkout.
        points: Points of every exercise that is defined in exercises, by id.
        names: Beginnings of the lessons' names, such as ``"03"``; none means all.
    """
    lessons, problems = read_lessons(repository, points, names)
    if problems:
        return problems
    for lesson in lessons:
        problems += _stale(lesson, repository, points)
    if not names:
        problems += _orphans(repository)
    return problems


def require_readable(repository: Repository) -> None:
    """Make sure that grading finds every source without faults, and both its notebooks.

    Raises:
        SourceError: A source has a fault.
        NotebookError: A notebook is missing or damaged.
    """
    for lesson in sound_lessons(repository):
        for path in _paths(lesson, repository):
            if _load(path) is None:
                place = repository.relative(path)
                raise NotebookError(text.NOTEBOOK_DAMAGED.format(notebook=place))


def _build_lesson(
    lesson: Lesson,
    repository: Repository,
    points: Mapping[str, float],
    execute: bool,
    log: Callable[[str], None],
) -> None:
    solution_path, student_path = _paths(lesson, repository)
    solution = solution_edition(lesson, repository, points)
    earlier = _load(solution_path)
    if execute or earlier is None or needs_execution(solution, earlier):
        log(f"{repository.relative(solution_path)}: executing")
        earlier = copy.deepcopy(solution)
        execute_notebook(earlier, _SETTINGS | {"COURSE_LANG": lesson.language})
    keep_outputs(solution, earlier)
    student = student_edition(lesson, repository, points)
    for path, notebook in ((solution_path, solution), (student_path, student)):
        if _write(path, dumps(notebook)):
            log(f"{repository.relative(path)}: written")


def _paths(lesson: Lesson, repository: Repository) -> tuple[Path, Path]:
    name = f"{lesson.name}.ipynb"
    solutions, notebooks = (
        in_language(folder, lesson.language)
        for folder in (repository.solutions, repository.notebooks)
    )
    return solutions / name, notebooks / name


def _load(path: Path) -> NotebookNode | None:
    """Return the notebook at ``path``; None if there is none that can be read."""
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except Exception:  # nbformat raises all kinds on what is no notebook
        return None


def _write(path: Path, notebook: str) -> bool:
    """Bring the file to ``notebook`` in one step; return whether it was different."""
    content = notebook.encode()
    if path.is_file() and path.read_bytes() == content:
        return False
    write_whole(path, content)
    return True


def _stale(
    lesson: Lesson, repository: Repository, points: Mapping[str, float]
) -> Iterator[Problem]:
    solution_path, student_path = _paths(lesson, repository)
    solution = solution_edition(lesson, repository, points)
    student = student_edition(lesson, repository, points)
    committed_solution, committed_student = _load(solution_path), _load(student_path)
    if committed_solution:
        # Outputs can be judged by executing alone, which is the task of nbval.
        keep_outputs(solution, committed_solution)
    messages = [
        *((solution_path, message) for message in _differences(solution, committed_solution)),
        *((student_path, message) for message in _differences(student, committed_student)),
    ]
    if committed_student:
        messages += [(student_path, leak) for leak in leaks(lesson, committed_student)]
    return (Problem(repository.relative(path), 0, message) for path, message in messages)


def _differences(wanted: NotebookNode, committed: NotebookNode | None) -> list[str]:
    """Compare content, not bytes: versions of nbformat write the same notebook differently."""
    if committed is None:
        return ["missing, or no notebook"]
    ours, theirs = ({cell.get("id"): cell for cell in nb.cells} for nb in (wanted, committed))
    differences = [
        *(f"cell {key} is missing" for key in ours.keys() - theirs.keys()),
        *(f"cell {key} has no source" for key in theirs.keys() - ours.keys()),
        *(
            f"cell {key} is stale"
            for key in ours.keys() & theirs.keys()
            if ours[key] != theirs[key]
        ),
    ]
    if not differences and list(ours) != [cell.get("id") for cell in committed.cells]:
        differences.append("the cells stand in another order")
    if wanted.metadata != committed.metadata:
        differences.append("the notebook's metadata are stale")
    return sorted(differences)


def _orphans(repository: Repository) -> Iterator[Problem]:
    sources = repository.sources()
    translated = [source for source in sources if words_path(source).is_file()]
    for language, having in (("ja", sources), ("en", translated)):
        names = {source.stem for source in having}
        for folder in (repository.notebooks, repository.solutions):
            for path in sorted(in_language(folder, language).glob("*.ipynb")):
                if path.stem not in names:
                    yield Problem(repository.relative(path), 0, "has no source; delete it")
    for path in sorted((repository.solutions / "en").glob("*.py")):
        if path.name not in {source.name for source in sources}:
            yield Problem(repository.relative(path), 0, "translates no lesson; delete it")
