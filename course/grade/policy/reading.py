"""Reads ``policy.toml``; whatever is wrong with it is told with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from course.files import storage_errors
from course.grade.policy.policy import Policy, student_id
from course.grade.shared.assignment import Assignment
from helpers.errors import CourseError
from helpers.internal.sentences import Sentence

FILE = "policy.toml"

_AT = Sentence(ja="{path} の {line} 行目: {problem}", en="{path}, line {line}: {problem}")
_NO_TOML = Sentence(ja="TOML として読めません（{error}）。", en="This is no TOML ({error}).")
_NO_UTF8 = Sentence(ja="UTF-8 で保存してください。", en="Save the file as UTF-8.")
_UNKNOWN = Sentence(
    ja="{key} は知らない項目です。書けるのは {known} です。",
    en="{key} is not known here. There are: {known}.",
)
_NO_TABLE = Sentence(ja="[{key}] の形で書いてください。", en="Write this as a table, [{key}].")
_NO_LIST = Sentence(
    ja='voided = ["1-3"] のように、問の番号を並べてください。',
    en='Name exercises in a list, as in voided = ["1-3"].',
)
_NO_EXERCISE = Sentence(
    ja="問か考察 {key} はありません。", en="There is no exercise or essay {key}."
)
_NO_LESSON = Sentence(
    ja="ノートブック {key} はありません。03_training のように書きます。",
    en="There is no notebook {key}. Write it as 03_training.",
)
_NO_NUMBER = Sentence(
    ja="{key} には、{low} 以上{upper}の数を書いてください。",
    en="{key} has to be a number, at least {low}{upper}.",
)
_AT_MOST = Sentence(ja="、{high} 以下", en=" and at most {high}")
_NO_MOMENT = Sentence(
    ja="{key} には、2026-05-08T23:59:00 のように、引用符なしで日時を書いてください。",
    en="{key} has to be a date and time without quotation marks, as in 2026-05-08T23:59:00.",
)
_NO_TEXT = Sentence(ja="{key} には、文を書いてください。", en="{key} has to be a text.")

_TABLES = ("weights", "voided", "deadlines", "late", "extensions", "comments")
_LATE = ("per_day", "most")
_HEADER = re.compile(r"\s*\[\s*([^\]\s]+)\s*\]")
_KEY = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)'|([\w-]+))\s*=")


class PolicyError(CourseError, ValueError):
    """A policy says something that cannot be followed; the message names the line."""


def read_policy(path: Path, assignments: Mapping[str, Assignment]) -> Policy:
    """Read a policy; without a file, the policy that changes nothing.

    Args:
        path: The file.
        assignments: What is graded, by lesson.

    Raises:
        PolicyError: It cannot be followed.
        StorageError: It cannot be read.
    """
    if not path.exists():
        return Policy()
    with storage_errors(path):
        content = path.read_bytes()
    return _Reader(path, content, assignments).policy()


class _Reader:
    def __init__(self, path: Path, content: bytes, assignments: Mapping[str, Assignment]) -> None:
        self._path = path
        try:
            self._text = content.decode("utf-8-sig")
            self._tables = tomllib.loads(self._text)
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            raise self._error(line, str(_NO_UTF8)) from error
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found[1]) if found else self._text.count("\n") + 1
            raise self._error(line, _NO_TOML.format(error=error)) from error
        self._lessons = assignments.keys()
        self._parts = {
            part for one in assignments.values() for part in (*one.exercises, *one.essays)
        }

    def policy(self) -> Policy:
        """Return what the file says."""
        self._require_known("", self._tables, _TABLES)
        late = self._table("late")
        self._require_known("late", late, _LATE)
        extensions = self._each("extensions", self._number)
        return Policy(
            weights=self._each("weights", self._weight),
            voided=self._voided(),
            deadlines=self._each("deadlines", self._deadline),
            per_day=self._number("late", "per_day", late.get("per_day", 0), high=1),
            most=self._number("late", "most", late.get("most", 1), high=1),
            extensions={student_id(number): days for number, days in extensions.items()},
            comments=self._each("comments", self._words),
        )

    def _table(self, name: str) -> dict[str, Any]:
        table = self._tables.get(name, {})
        if not isinstance(table, dict):
            raise self._error(self._line("", name), _NO_TABLE.format(key=name))
        return table

    def _each(self, name: str, read: Callable[[str, str, Any], Any]) -> dict[str, Any]:
        return {key: read(name, key, value) for key, value in self._table(name).items()}

    def _require_known(self, table: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in given:
            if key not in known:
                problem = _UNKNOWN.format(key=key, known=", ".join(known))
                raise self._error(self._line(table, key), problem)

    def _voided(self) -> tuple[str, ...]:
        given = self._tables.get("voided", [])
        line = self._line("", "voided")
        if not isinstance(given, list) or not all(isinstance(key, str) for key in given):
            raise self._error(line, str(_NO_LIST))
        for key in given:
            if key not in self._parts:
                rows = self._text.splitlines()[line - 1 :]
                place = next((n for n, row in enumerate(rows) if key in row), 0)
                raise self._error(line + place, _NO_EXERCISE.format(key=key))
        return tuple(given)

    def _weight(self, table: str, key: str, value: Any) -> float:
        if key not in self._parts:
            raise self._error(self._line(table, key), _NO_EXERCISE.format(key=key))
        return self._number(table, key, value)

    def _number(self, table: str, key: str, value: Any, high: float | None = None) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        # A number that is none (nan) is not at least 0 either.
        if is_number and value >= 0 and value <= (1e6 if high is None else high):
            return float(value)
        upper = "" if high is None else _AT_MOST.format(high=high)
        raise self._error(self._line(table, key), _NO_NUMBER.format(key=key, low=0, upper=upper))

    def _deadline(self, table: str, key: str, value: Any) -> datetime:
        if key not in self._lessons:
            raise self._error(self._line(table, key), _NO_LESSON.format(key=key))
        if not isinstance(value, datetime):
            raise self._error(self._line(table, key), _NO_MOMENT.format(key=key))
        return value.astimezone().replace(tzinfo=None) if value.tzinfo else value

    def _words(self, table: str, key: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self._error(self._line(table, key), _NO_TEXT.format(key=key))
        return value

    def _line(self, table: str, key: str) -> int:
        """Return the line of a key, else of its table, else the first: tomllib tells no lines."""
        now, of_table = "", 1
        for number, row in enumerate(self._text.splitlines(), 1):
            if header := _HEADER.match(row):
                now = header[1].strip("\"'")
                of_table = number if now in (table, key) else of_table
            elif found := _KEY.match(row):
                name = next(filter(None, found.groups()), "")
                if (now, name) == (table, key):
                    return number
                of_table = number if (now, name) == ("", table) else of_table
        return of_table

    def _error(self, line: int, problem: str) -> PolicyError:
        return PolicyError(_AT.format(path=self._path, line=line, problem=problem))
