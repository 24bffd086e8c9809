"""The first stage: reads what was handed in, and executes nothing.

Any folder or zip gives one submission a file and author, whatever its name; a file that cannot be
read becomes a submission without answers, with a flag that says why, and the rest goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from course.errors import SubmissionsError
from course.grade.ingest.archive import UploadedFile, files_in
from course.grade.ingest.claims import Claim, claims_of, that_count
from course.grade.ingest.handout import Handouts
from course.grade.ingest.submission import read_submissions
from course.grade.shared.stages import Submission
from helpers.internal.sentences import Sentence

_CHANGED = Sentence(
    ja="読んでいる間に {path} の中身が変わりました。もう一度実行してください。",
    en="{path} changed while it was read. Run the command again.",
)

_OLDEST_YEAR = 1980
"""The year in which files of a zip that knows no time were written."""


def ingest(
    source: Path,
    handouts: Handouts,
    *,
    recorded: Callable[[str], Submission | None] = lambda key: None,
    skip: Path | None = None,
) -> Iterator[Submission]:
    """Read every file of a folder or zip.

    Of several files of one student for one lesson the newest counts (of equally new ones, the one
    with more answers, then the last by name); it is flagged with the names of the others. Where
    their names or the LMS's folders say that they are of different students, all of them count:
    they get numbers that tell them apart, but whoever has been recorded keeps the number.

    Args:
        source: A folder or a zip, with folders and zips in it, as the LMS made it.
        handouts: What students were given.
        recorded: Returns what an earlier run gave under a key.
        skip: A folder that is no submission: that of the results, which may lie inside.

    Yields:
        Submissions whose keys differ, in the order of the files.

    Raises:
        SubmissionsError: ``source`` is neither a folder nor a zip, or changes meanwhile.
        StorageError: This machine cannot unpack or open any more.
    """
    # Read twice, so that pictures of a whole class never fill the memory.
    claims = (
        claim
        for place, entry in enumerate(files_in(source, skip))
        for claim in claims_of(place, entry, handouts)
    )
    count: dict[int, list[Claim]] = defaultdict(list)
    for claim in that_count(claims, recorded):
        count[claim.place].append(claim)
    for place, entry in enumerate(files_in(source, skip)):
        if place in count:
            yield from _submissions(entry, count.pop(place), source, handouts)
    if count:
        raise SubmissionsError(_CHANGED.format(path=source))


def _submissions(
    entry: UploadedFile, claims: list[Claim], source: Path, handouts: Handouts
) -> Iterator[Submission]:
    submissions = read_submissions(entry, handouts)
    for claim in claims:
        if entry.file != claim.file or claim.person >= len(submissions):
            raise SubmissionsError(_CHANGED.format(path=source))
        submission = submissions[claim.person]
        student = submission.student
        # Where a name stands for the number, it is the same name.
        name = claim.number if student.name == student.number else student.name
        yield replace(
            submission,
            key=claim.key,
            student=replace(student, number=claim.number, name=name),
            flags=claim.flags + submission.flags,
            handed_in=_moment(entry.modified),
        )


def _moment(modified: Sequence[int]) -> str:
    """Return when a file was written; nothing if it is unreadable or its zip says 1980: unknown."""
    if not modified:
        return ""
    try:
        moment = datetime(*modified[:6])
    except ValueError:  # a zip can hold any numbers
        return ""
    return moment.isoformat() if moment.year > _OLDEST_YEAR else ""
