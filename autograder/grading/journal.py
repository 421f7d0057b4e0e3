"""`python -m autograder log`: who changed which points, and when; what left the course.

nbgrader's gradebook holds the points as they are, and nothing of how they came about. So nbgrader_config.py has every
program that reads it (autograde, formgrader, our own commands) add a line to a file for each change, before the change
is saved: no change without its line. Lines are only ever added. Each names the digest of the line before it, so that a
line that is missing or altered shows; who may write the file could write all of it anew, though.
"""

import argparse
import contextlib
import datetime
import getpass
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Grade, SubmittedNotebook
from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from autograder.course import Course, CourseError
from autograder.grading import lines
from autograder.names import safe_name

FILE = ".log.jsonl"  # in autograder/; git-ignored, for its owner only
WATCHED = {Grade: ("auto_score", "manual_score", "extra_credit"), SubmittedNotebook: ("late_submission_penalty",)}
_homes: list[Path] = []  # of the courses whose configuration this process has read, the latest last


# --- writing ----------------------------------------------------------------------------------------------------------


def watch(home: Path) -> None:
    """From here on this process writes down every change of points in the gradebook of the course at `home`."""
    if not _homes:
        for kind, fields in WATCHED.items():
            for field in fields:  # with active_history the old value is read before it is replaced
                event.listen(getattr(kind, field), "set", lambda *change: None, active_history=True)
        event.listen(Session, "before_flush", lambda session, *_: _notice(session))
        event.listen(Session, "before_commit", _save)
        event.listen(Session, "after_rollback", lambda session: session.info.pop(FILE, None))
    if home in _homes:
        _homes.remove(home)
    _homes.append(home)


def record(home: Path, what: str, **details: Any) -> None:
    """Add one line of something else, such as an export."""
    _append(home, [{"what": what, **details}])


def _notice(session: Session) -> None:
    """Keep what this flush changes until it is committed."""
    kept = session.info.setdefault(FILE, [])
    for row in [*session.dirty, *session.new, *session.deleted]:
        for field in WATCHED.get(type(row), ()):
            before, after = _change(row, field, row in session.deleted)
            if before != after:
                kept.append({"what": field, **_place(row), "before": before, "after": after})


def _change(row: Any, field: str, deleted: bool) -> tuple[Any, Any]:
    """(value in the gradebook, value that this flush writes)."""
    if deleted:
        return getattr(row, field), None
    history = inspect(row).attrs[field].history
    before, after = ((values or [None])[0] for values in (history.deleted, history.added))
    return before, _points(after)


def _points(value: Any) -> Any:
    """The number that the gradebook will hold: formgrader sends what was typed in as a text."""
    with contextlib.suppress(TypeError, ValueError):
        return float(value)
    return value


def _place(row: Any) -> dict[str, str]:
    """Whose points these are, and for what."""
    notebook = row if isinstance(row, SubmittedNotebook) else row.notebook
    cell = {"cell": row.name} if isinstance(row, Grade) else {}
    return {"student": notebook.assignment.student_id, "notebook": notebook.name, **cell}


def _save(session: Session) -> None:
    """Write the lines of a transaction that is about to be committed."""
    session.flush()
    if changes := session.info.pop(FILE, None):
        url = session.get_bind().engine.url
        beside = Path(url.database or "").parent if url.get_backend_name() == "sqlite" else None
        _append(beside if beside in _homes else _homes[-1], changes)


def _append(home: Path, changes: list[dict]) -> None:
    """Add a line for each change, all in one write; who else writes has to wait, and goes on after it."""
    now = datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")
    about = {"when": now, "who": who(), "how": _how()}
    with lines.alone(home / FILE) as file:
        last, whole = _last_line(file)
        text = b"" if whole else b"\n"  # a line that was cut off stays, and stays alone
        for change in changes:
            last = json.dumps({**about, **change, "follows": _digest(last)}, default=str).encode()
            text += last + b"\n"
        if file.write(text) != len(text):
            raise OSError(f"{home / FILE}: no room for the whole line")


def _last_line(file: Any) -> tuple[bytes, bool]:
    """The file's last line, and whether it is a whole one."""
    end, size = b"", file.seek(0, os.SEEK_END)
    while len(end) < size and end.rstrip(b"\n").count(b"\n") == 0:
        length = min(size, len(end) + 4_096)
        file.seek(size - length)
        end = file.read(length)
    return end.rstrip(b"\n").rpartition(b"\n")[2], not end or end.endswith(b"\n")


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[:16]


def who() -> str:
    """The person: JupyterHub's user where there is one, else the account."""
    with contextlib.suppress(OSError, KeyError):
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    return f"uid {os.getuid()}"


def _how() -> str:
    """The program and its verb, such as `autograder grade` or `jupyter_server`."""
    program = Path(sys.argv[0] or "python")
    name = program.parent.name if program.name == "__main__.py" else program.name
    return " ".join([name, *(word for word in sys.argv[1:2] if re.fullmatch(r"[a-z][a-z_-]*", word))])


# --- forgetting -------------------------------------------------------------------------------------------------------

FORGOTTEN = "(forgotten)"


def naming(home: Path, student: str) -> int:
    """How many lines name this student."""
    path = home / FILE
    return sum(student in _texts(entry) for entry in entries(path, [])) if path.is_file() else 0


def check(home: Path) -> None:
    """CourseError if the log is not as it was written: what is rewritten then could hide that."""
    problems: list[str] = []
    if (home / FILE).is_file():
        list(entries(home / FILE, problems))
    if problems:
        raise CourseError(f"{home / FILE} is not whole: {problems[0]} Settle that first: python -m autograder log")


def forget(home: Path, student: str) -> None:
    """Replace a student's name in every line, each line following the one before it anew; and say that it was done."""
    check(home)
    if not naming(home, student):
        return
    with lines.alone(home / FILE) as file:
        last, kept = b"", []
        for raw in file.read().splitlines():
            entry = {key: _without(student, value) for key, value in json.loads(raw).items()}
            last = json.dumps({**entry, "follows": _digest(last)}).encode()
            kept.append(last + b"\n")
        lines.rewrite(home / FILE, kept)
    record(home, "a student's name taken out of the log", student=FORGOTTEN)


def _without(student: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_without(student, each) for each in value]
    return FORGOTTEN if value == student else value


def _texts(entry: dict) -> list[Any]:
    return [each for value in entry.values() for each in (value if isinstance(value, list) else [value])]


# --- reading ----------------------------------------------------------------------------------------------------------


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder log", description=__doc__.split("\n")[0])
    parser.add_argument("--student", metavar="ID", help="only this student")
    parser.add_argument("--since", type=typed_time, metavar="TIME", help="such as 2026-12-01 or 2026-12-01T08:00+01:00")
    args = parser.parse_args(argv)
    path = Course().home / FILE
    if not path.is_file():
        raise CourseError(f"{path} is not there: nothing has been graded, changed or exported yet.")
    problems: list[str] = []
    for entry in entries(path, problems):
        if args.student in (None, entry.get("student")) and (not args.since or _when(entry) >= args.since):
            print(line_of(entry))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def typed_time(text: str) -> datetime.datetime:
    """A time with its zone; without one, this machine's."""
    try:
        return datetime.datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write it as 2026-12-01 or 2026-12-01T08:00+01:00"
        ) from None


def _when(entry: dict) -> datetime.datetime:
    return datetime.datetime.fromisoformat(entry["when"]).astimezone()


def entries(path: Path, problems: list[str]) -> Iterator[dict]:
    """Every line that can be read, in the order of writing; `problems` gets a sentence on what is not as it was."""
    last = b""
    with open(path, "rb") as file:
        for number, raw in enumerate(file, 1):
            line = raw.rstrip(b"\n")
            entry = _entry(line)
            if entry is None:
                cut = "is cut off: a program was stopped while it wrote" if line else "is empty"
                problems.append(f"Line {number} {cut}. What it said is lost; what follows is whole.")
            elif entry.get("follows") != _digest(last):
                problems.append(f"Before line {number} something was changed or removed: {line_of(entry)}")
            last = line
            if entry is not None:
                yield entry


def _entry(line: bytes) -> dict | None:
    try:
        entry = json.loads(line)
        _when(entry)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return entry


def line_of(entry: dict) -> str:
    """One line for people: when, who, how, what."""
    head = [str(entry["when"]), safe_name(entry.get("who")), f"({safe_name(entry.get('how'))})"]
    details = {key: value for key, value in entry.items() if key not in ("when", "who", "how", "what", "follows")}
    change = [f"{_value(details.pop('before'))} -> {_value(details.pop('after', None))}"] if "before" in details else []
    return "  ".join([*head, safe_name(entry.get("what")), *map(_value, details.values()), *change])


def _value(value: Any) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else safe_name(value) or "?"
