"""Zips are read without being unpacked, whatever is in them."""

import errno
import io
import os
import resource
import shutil
import struct
import zipfile

import pytest
from grade_notebooks import (
    HANDOUTS,
    content,
    flags,
    notebook,
    zipped,
)

from course.errors import StorageError
from course.grade.ingest import archive, cells
from course.grade.ingest.ingest import ingest


@pytest.fixture
def unzip(tmp_path):
    """Return a function from a zip's bytes to the submissions in it, by file."""

    def unzip(packed):
        path = tmp_path / "class.zip"
        path.write_bytes(packed)
        before = set(tmp_path.rglob("*"))
        submissions = {one.file: one for one in ingest(path, HANDOUTS)}
        assert set(tmp_path.rglob("*")) == before
        return submissions

    return unzip


def test_zips_within_zips_and_folders_are_read(unzip):
    inner = zipped({"deep/S22222.ipynb": content(notebook(""))})
    outer = zipped({"鈴木/work.ZIP": inner, "S11111.ipynb": content(notebook(""))})
    assert {file: one.student.number for file, one in unzip(outer).items()} == {
        "S11111.ipynb": "S11111",
        "鈴木/work.ZIP/deep/S22222.ipynb": "S22222",
    }


def test_names_that_lead_outside_stay_names(unzip):
    names = ["../../../S11111.ipynb", "/etc/S22222.ipynb", "C:\\Windows\\S33333.ipynb"]
    found = unzip(zipped({name: content(notebook("")) for name in names}))
    assert sorted(one.student.number for one in found.values()) == ["S11111", "S22222", "S33333"]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
def test_japanese_names_of_old_zips_are_decoded(unzip, encoding):
    name, same_length = "表計算.ipynb".encode(encoding), b"x" * len("表計算.ipynb".encode(encoding))
    packed = zipped({same_length.decode(): content(notebook())})
    assert list(unzip(packed.replace(same_length, name))) == ["表計算.ipynb"]


def test_link_in_a_zip_is_not_followed(unzip):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        info = zipfile.ZipInfo("link.ipynb")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    assert flags(unzip(packed.getvalue())["link.ipynb"]) == {("link", "")}


def spoilt(packed):
    return packed.replace(b"noise", b"NOISE")


def locked(packed):
    """Return the zip with its first member marked as encrypted."""
    changed = bytearray(packed)
    struct.pack_into("<H", changed, packed.index(b"PK\x01\x02") + 8, 1)
    return bytes(changed)


@pytest.mark.parametrize("damage", [spoilt, locked])
def test_damaged_and_locked_members_are_reported(unzip, damage):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("bad.ipynb", b"noise")
        made.writestr("good.ipynb", content(notebook()))
    found = unzip(damage(packed.getvalue()))
    assert flags(found["bad.ipynb"]) == {("unreadable", "")}
    assert flags(found["good.ipynb"]) == set()


def test_inner_zip_that_is_damaged_is_reported(unzip):
    found = unzip(zipped({"a.zip": b"PK no zip", "b.ipynb": content(notebook())}))
    assert flags(found["a.zip"]) == {("unreadable", "")}
    assert flags(found["b.ipynb"]) == set()


@pytest.mark.parametrize(
    ("limit", "value"), [("LARGEST_UPLOAD", 10**6), ("MOST_FILES", 3), ("DEEPEST_ZIP", 1)]
)
def test_zip_bomb_is_reported_and_the_rest_goes_on(unzip, monkeypatch, limit, value):
    monkeypatch.setattr(archive, limit, value)
    bomb = {f"{place}.ipynb": bytes(300_000) for place in range(4)}
    deep = zipped({"deep.zip": zipped(bomb)})
    found = unzip(zipped({"bomb.zip": deep, "good.ipynb": content(notebook())}))
    assert {("too_large", "")} in [flags(one) for file, one in found.items() if "bomb" in file]
    assert not [file for file in found if file.endswith(("0.ipynb", "3.ipynb"))]
    assert flags(found["good.ipynb"]) == set()


@pytest.mark.parametrize("shortage", [errno.ENOSPC, errno.EMFILE, errno.EIO])
@pytest.mark.parametrize("module_and_name", [(shutil, "copyfileobj"), (zipfile.ZipFile, "open")])
def test_no_student_is_blamed_for_a_short_machine(unzip, monkeypatch, shortage, module_and_name):
    packed = zipped({"a.zip": zipped({"S11111.ipynb": content(notebook(""))})})

    def fail(*_, **__):
        raise OSError(shortage, os.strerror(shortage))

    monkeypatch.setattr(*module_and_name, fail)
    with pytest.raises(StorageError, match="このマシンの側"):
        unzip(packed)


def test_many_zips_do_not_use_up_the_open_files(unzip):
    many = zipped({f"{place}.zip": zipped({}) for place in range(200)})
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 30, most))
    try:
        found = unzip(zipped({"a.zip": many, "b.zip": zipped({"x": content(notebook())})}))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
    assert {file: flags(one) for file, one in found.items()} == {"b.zip/x": set()}


def test_member_larger_than_a_notebook_is_not_unpacked(unzip):
    found = unzip(zipped({"big.ipynb": bytes(cells.LARGEST_FILE + 1)}))
    assert flags(found["big.ipynb"]) == {("too_large", "")}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ((2026, 5, 8, 23, 10, 2), "2026-05-08T23:10:02"),
        ((1980, 1, 1, 0, 0, 0), ""),
        ((2026, 0, 0, 0, 0, 0), ""),
    ],
)
def test_when_a_file_was_written_is_known_as_far_as_its_zip_tells(unzip, written, told):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr(zipfile.ZipInfo("S1.ipynb", written), content(notebook("")))
    assert unzip(packed.getvalue())["S1.ipynb"].handed_in == told
