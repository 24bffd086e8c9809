"""The command line of maintainers and instructors: ``course build | run | doctor | colab-check``.

Heavy imports live inside the commands, so that ``course --help`` answers at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def main() -> None:
    """Build, run and examine the course."""


@app.command()
def build(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="Lessons, such as 03; none means all.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only tell what is out of date; write nothing.")
    ] = False,
    execute: Annotated[
        bool, typer.Option("--execute", help="Execute every notebook: helpers have changed.")
    ] = False,
) -> None:
    """Make both editions of the notebooks from solutions/NN_name.py."""
    from course import build as builder
    from course.repository import Repository
    from helpers.check import all_exercises

    points = {exercise.id: exercise.points for exercise in all_exercises()}
    with _errors_as_messages():
        repository = Repository.find(Path.cwd())
        if check:
            problems = builder.check(repository, points, lessons or ())
        else:
            problems = builder.build(
                repository, points, lessons or (), execute=execute, log=typer.echo
            )
    for problem in problems:
        typer.echo(problem, err=True)
    if problems and check:
        typer.echo("Correct the sources above if any; then run `course build`.", err=True)
    if problems:
        raise typer.Exit(1)


class Edition(StrEnum):
    """A folder of notebooks: with the solutions, or as students get them."""

    solutions = "solutions"
    notebooks = "notebooks"


@app.command()
def run(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="Lessons, such as 03; none means all.")
    ] = None,
    edition: Annotated[Edition, typer.Option(help="Which notebooks.")] = Edition.solutions,
    report: Annotated[
        Path | None, typer.Option(help="Also write the table to this JSON file.")
    ] = None,
) -> None:
    """Execute notebooks headless; build/html/index.html leads to their pages."""
    from course.repository import Repository, lesson_files
    from course.run import run_notebooks, write_report

    with _errors_as_messages():
        root = Repository.find(Path.cwd()).root
        paths = lesson_files(root / edition, ".ipynb", lessons or ())
    # In a solution every check must pass; a blank student edition goes on without.
    rows = run_notebooks(paths, root / "build" / "html", strict=edition is Edition.solutions)
    if report:
        write_report(rows, report)
    if not all(row.ok for row in rows):
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Examine this machine: can the course run here, and if not, what is to be done?"""
    from course.doctor import examine, show

    findings = examine()
    show(findings)
    if any(finding.status == "fail" for finding in findings):
        raise typer.Exit(1)


@app.command()
def colab_check() -> None:
    """Prove that installing the course in Colab changes no version that Colab has."""
    from course.colab import added_packages, base_requirements, recorded_versions
    from course.repository import Repository

    with _errors_as_messages():
        requirements = base_requirements(Repository.find(Path.cwd()).root)
        added = added_packages(requirements, recorded_versions())
    typer.echo("Every version recorded in Colab stays as it is. The course would add:")
    for name, version in added.items():
        typer.echo(f"  {name} {version}")


@contextmanager
def _errors_as_messages() -> Iterator[None]:
    from helpers.errors import CourseError

    try:
        yield
    except CourseError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error
