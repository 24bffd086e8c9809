"""Any file can be handed in, and none stops the class."""

import errno
import json
import os
import random
import shutil
import socket
import time

import pytest
from grade_notebooks import (
    BLANK,
    HANDOUTS,
    STEP,
    code,
    content,
    flags,
    notebook,
)

from course.errors import SubmissionsError
from course.grade.ingest import cells
from course.grade.ingest.ingest import ingest

DAMAGED = {
    "empty": (b"", "unreadable"),
    "cut off": (content(BLANK)[:5000], "unreadable"),
    "no JSON": (b"\x00\xff\xfe" * 100, "unreadable"),
    "NUL": (bytes(1_000_001), "unreadable"),
    "no UTF-16": (b"\0\0" + b"A" * 1_000_001, "unreadable"),
    "too deep": (b"[" * 200_000, "unreadable"),
    "too many cells": (b'{"cells": [' + b"{}," * 600_000 + b"{}]}", "too_large"),
    "too long a number": (b'{"cells": ' + b"9" * 10_000 + b"}", "unreadable"),
    "a list": (b"[1, 2]", "not_a_notebook"),
    "no cells": (b'{"cells": null}', "not_a_notebook"),
    "a notebook of something else": (b'{"nbformat": 4, "cells": []}', "not_of_course"),
    "50 MB": (b" " * 50_000_000, "too_large"),
}


@pytest.mark.parametrize(("damaged", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_file_that_cannot_be_graded_is_reported_and_the_rest_goes_on(hand_in, damaged, reason):
    bad, good = hand_in(**{"S11111.ipynb": damaged, "S22222.ipynb": notebook("")})
    assert (bad.student.number, bad.lesson, bad.answers) == ("S11111", "", {})
    assert flags(bad) == {(reason, "")}
    assert (good.student.number, flags(good)) == ("S22222", set())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp932"])
def test_other_encodings_are_read(read, encoding):
    changed = notebook(exercise_3_1=STEP)
    assert (
        read(json.dumps(changed, ensure_ascii=False).encode(encoding, "replace"))
        .answers["3-1"]
        .endswith("return 1.0")
    )


def test_nbformat_3_is_read(read):
    changed = notebook(exercise_3_1=STEP)
    for cell in changed["cells"]:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
    sheets = {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": changed["cells"]}]}
    assert read(sheets).answers["3-1"] == STEP


TEXTS = ["\n", "#", " ", "(", "学生証番号 ", "# 問 ", "def ", "| ", "x+"]
TEXTS += ["学生証番号" + " " * 40_000, "学生証番号\n", "# 考察 3-6\n", "<b ", "[](", "a-", "%\n"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:8]))
def test_monotonous_notebook_does_not_hold_the_class_up(read, text):
    long = text * (cells.LONGEST_SOURCE // len(text))
    changed = notebook()
    changed["cells"] += [code(long), {"cell_type": "markdown", "source": long}]
    began = time.process_time()
    assert read(changed).lesson == "03_training"
    assert time.process_time() - began < 5  # seconds; a pattern that backtracks takes minutes


def test_notebook_with_too_much_text_is_reported(hand_in):
    changed = notebook()
    changed["cells"] += [code("x = 1\n" * 5000)] * 40
    (submission,) = hand_in(**{"S11111.ipynb": changed})
    assert flags(submission) == {("too_large", "")}


WRONG_TYPES = [
    None,
    5,
    -1.5,
    True,
    "text",
    "",
    [],
    [1],
    {},
    {"a": []},
    [[]],
    "\ud800",
    float("nan"),
]


@pytest.mark.parametrize("seed", range(20))
def test_wrong_types_anywhere_never_stop_the_class(hand_in, seed):
    chance = random.Random(seed)

    def spoil(value, depth=0):
        if depth and chance.random() < 0.04:
            return chance.choice(WRONG_TYPES)
        if isinstance(value, dict):
            return {key: spoil(part, depth + 1) for key, part in value.items()}
        if isinstance(value, list):
            return [spoil(part, depth + 1) for part in value]
        return value

    spoilt = content(spoil(notebook(exercise_3_1=STEP)))
    submissions = hand_in(**{"spoilt.ipynb": spoilt, "S22222.ipynb": notebook("")})
    assert {one.file for one in submissions} == {"spoilt.ipynb", "S22222.ipynb"}
    for one in submissions:
        assert "grader_failed" not in {flag.reason for flag in one.flags}
        assert all(type(answer) is str for answer in one.answers.values())


def test_lost_notebook_metadata_do_not_matter(read):
    changed = notebook(exercise_3_1=STEP)
    del changed["metadata"]
    assert flags(read(changed)) == set()


def test_links_pipes_and_sockets_are_not_followed(hand_in, tmp_path):
    folder, secret = tmp_path / "class", tmp_path / "secret"
    folder.mkdir()
    secret.mkdir()
    (secret / "grades.ipynb").write_bytes(content(notebook()))
    (folder / "link.ipynb").symlink_to(secret / "grades.ipynb")
    (folder / "folder").symlink_to(secret)
    os.mkfifo(folder / "pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket.ipynb"))
    submissions = hand_in(**{"z.ipynb": notebook()})
    assert {one.file: {flag.reason for flag in one.flags} for one in submissions} == {
        "folder": {"link"},
        "link.ipynb": {"link"},
        "pipe.ipynb": {"unreadable"},
        "socket.ipynb": {"unreadable"},
        "z.ipynb": set(),
    }


def test_what_is_no_notebook_is_reported_and_what_systems_leave_is_not(hand_in):
    names = ["a/__MACOSX/._x.ipynb", ".DS_Store", "._y.ipynb", ".ipynb_checkpoints/z.ipynb"]
    submissions = hand_in(**dict.fromkeys(names, b"junk") | {"S12345.pdf": b"%PDF"})
    assert [(one.file, flags(one)) for one in submissions] == [
        ("S12345.pdf", {("not_a_notebook", "")})
    ]


def test_undecodable_file_name_is_read(hand_in, tmp_path):
    hand_in(notebook())
    os.rename(tmp_path / "class" / "0.ipynb", os.fsencode(tmp_path / "class") + b"/\x83\xff.ipynb")
    (submission,) = ingest(tmp_path / "class", HANDOUTS)
    assert submission.student.number == "S12345"
    submission.file.encode()


def test_names_in_cp932_are_read(hand_in, tmp_path):
    hand_in(notebook(header=""))
    folder = tmp_path / "class"
    for name in ("鈴木", "青木"):
        os.mkdir(os.fsencode(folder) + b"/" + name.encode("cp932"))
        shutil.copy(folder / "0.ipynb", os.fsencode(folder) + b"/" + name.encode("cp932") + b"/x")
    (folder / "0.ipynb").unlink()
    assert [one.student.number for one in ingest(folder, HANDOUTS)] == ["鈴木", "青木"]


def test_results_that_lie_among_the_submissions_are_no_submissions(hand_in, tmp_path):
    hand_in(**{"S11111.ipynb": notebook(""), "grades/autograded/S22222.ipynb": notebook("")})
    (submission,) = ingest(tmp_path / "class", HANDOUTS, skip=tmp_path / "class" / "grades")
    assert submission.file == "S11111.ipynb"


def test_results_are_refused_in_place_of_submissions(hand_in, tmp_path):
    hand_in(notebook())
    with pytest.raises(SubmissionsError, match="採点の結果"):
        list(ingest(tmp_path / "class", HANDOUTS, skip=tmp_path / "class"))


def test_folder_that_cannot_be_read_is_reported(hand_in, tmp_path, monkeypatch):
    hand_in(**{"S11111.ipynb": notebook(""), "closed/S22222.ipynb": notebook("")})
    list_folder = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", refuse)
    submissions = ingest(tmp_path / "class", HANDOUTS)
    assert {one.file: flags(one) for one in submissions} == {
        "S11111.ipynb": set(),
        "closed": {("unreadable", "")},
    }


@pytest.mark.parametrize("source", ["nowhere", "text.txt"])
def test_neither_folder_nor_zip_is_an_error(tmp_path, source):
    (tmp_path / "text.txt").write_text("x")
    with pytest.raises(SubmissionsError, match=source):
        list(ingest(tmp_path / source, HANDOUTS))
