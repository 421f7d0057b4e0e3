"""Every hand-in is kept: `python -m autograder attempts --student ID` lists, compares and restores them.

One zip each in autograder/attempts/STUDENT/: what the student handed in as it came, and the notebooks that were taken
out of it. The same files of the same time are the same hand-in, however often they are collected.
"""

import argparse
import contextlib
import difflib
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from autograder.course import Course, CourseError
from autograder.intake.clean_copy import SECRET, TIMESTAMP, deliver
from autograder.intake.notebook_file import Unreadable, read_cells
from autograder.intake.origins import read_origins, remember
from autograder.intake.recognise import shown
from autograder.intake.times import moment, written
from autograder.intake.unzip import BROKEN

FOLDER = "attempts"
_MANIFEST = "attempt.json"
_IN_PLACE = "what lay in submitted/"


@dataclass(frozen=True)
class Attempt:
    """One hand-in. `when`: handed in, "" if the LMS does not say; `collected`: taken from `source`.

    `secret`: what nbgrader's exchange finds the feedback by, "" if it came by another way.
    """

    id: str
    student: str
    when: str
    collected: str
    source: str
    files: list[str]
    notebooks: list[str]
    secret: str = field(default="", repr=False)

    @property
    def digest(self) -> str:
        return self.id.rpartition("-")[2]

    def __str__(self) -> str:
        told = f"handed in {self.when}" if self.when else f"collected {self.collected}"
        return f"{self.id}  {told}  from {self.source}  {', '.join(self.notebooks) or 'no notebook'}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder attempts", description=__doc__.split("\n")[0])
    parser.add_argument("--student", required=True, metavar="ID", help="whose hand-ins")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--compare", nargs=2, metavar=("A", "B"), help="what changed in the cells from A to B")
    action.add_argument("--restore", metavar="A", help="put this hand-in back to be graded; the other one is kept")
    args = parser.parse_args(argv)
    course = Course()
    if args.compare:
        old, new = (find(course, args.student, text) for text in args.compare)
        print("\n".join(compare(course, old, new)) or "The cells are the same.")
    elif args.restore:
        restore(course, found := find(course, args.student, args.restore))
        print(f"In place: {found}\nNext: python -m autograder grade --student {args.student}")
    else:
        current = current_id(course, args.student)
        print("\n".join(f"{'*' if each.id == current else ' '} {each}" for each in attempts(course, args.student)))
        print("* lies in submitted/ and is graded")
    return 0


def attempts(course: Course, student: str) -> list[Attempt]:
    """What this student handed in, oldest first. CourseError if nothing is known."""
    found = [_read(path) for path in _kept(course, student)]
    if not found:
        raise CourseError(f"No hand-in of {student!r} is kept: python -m autograder collect ZIP keeps them.")
    return found


def find(course: Course, student: str, text: str) -> Attempt:
    """The one attempt whose id holds `text`. CourseError otherwise."""
    found = [path for path in _kept(course, student) if text in path.stem]
    if len(found) != 1:
        many = "\n".join(f"  {each}" for each in attempts(course, student))
        raise CourseError(f"{len(found)} hand-ins of {student} have {text!r} in their name; these are kept:\n{many}")
    return _read(found[0])


def current_id(course: Course, student: str) -> str:
    """The attempt that lies in submitted/; "" if that is not known."""
    origin = read_origins(course).get(student)
    there = (course.submitted / student / course.assignment).is_dir()
    return origin.attempt if origin and there else ""


def keep(
    course: Course,
    student: str,
    files: list[tuple[str, bytes]],
    notebooks: dict[str, bytes],
    *,
    when: str,
    source: str,
    secret: str = "",
) -> Attempt:
    """Keep a hand-in: files as they came (name, bytes), and the notebooks found in them. Nothing is overwritten, but
    what can no longer be read of just this hand-in."""
    parts = sorted(f"{hashlib.sha256(data).hexdigest()} {name}" for name, data in files)
    digest = hashlib.sha256("\n".join([when, *parts]).encode(errors="replace")).hexdigest()[:12]
    now = written(datetime.now(UTC))
    folder = _folder(course, student)
    stamp = moment(when or now).strftime("%Y%m%dT%H%M%SZ")
    if known := sorted(folder.glob(f"*-{digest}.zip")):
        with contextlib.suppress(CourseError):
            return _whole(known[0])
        stamp = known[0].stem.removesuffix(f"-{digest}")
    names = [shown(name) for name, _ in files]
    attempt = Attempt(f"{stamp}-{digest}", student, when, now, source, names, [*notebooks], secret)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as draft:
        _write(Path(draft) / "attempt.zip", attempt, files, notebooks)
        os.replace(Path(draft) / "attempt.zip", folder / f"{attempt.id}.zip")
    return attempt


def _write(path: Path, attempt: Attempt, files: list[tuple[str, bytes]], notebooks: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_MANIFEST, json.dumps(asdict(attempt), indent=1, ensure_ascii=False))
        for name, data in notebooks.items():
            archive.writestr(f"notebooks/{name}.ipynb", data)
        for number, (name, data) in enumerate(files):
            archive.writestr(f"files/{number:03}_{shown(name).replace('/', '_')}", data)


def notebooks_of(course: Course, attempt: Attempt) -> dict[str, bytes]:
    """The notebooks taken out of a hand-in."""
    with _opened(_folder(course, attempt.student) / f"{attempt.id}.zip") as archive:
        return {name: archive.read(f"notebooks/{name}.ipynb") for name in attempt.notebooks}


def keep_in_place(course: Course, student: str) -> list[str]:
    """Keep what lies in submitted/ if no attempt holds just that: somebody put it there, or changed it, by hand. Or the
    attempt can no longer be read. The names of the notebooks that lie there."""
    if not (course.submitted / student / course.assignment).is_dir():
        return []
    there = deliver(course.directory(), student)
    if current := current_id(course, student):
        with contextlib.suppress(CourseError):
            known = find(course, student, current)
            if (notebooks_of(course, known), known.when) == (there.notebooks, there.timestamp or ""):
                return [*there.notebooks]
    files = [(f"{name}.ipynb", data) for name, data in there.notebooks.items()]
    if files:
        when, secret = there.timestamp or "", there.secret or ""
        keep(course, student, files, there.notebooks, when=when, source=_IN_PLACE, secret=secret)
    return [*there.notebooks]


def place(course: Course, student: str, notebooks: dict[str, bytes], when: str, secret: str = "") -> None:
    """Make this what is graded: the student's folder in submitted/, exchanged as a whole."""
    target = course.submitted / student / course.assignment
    with tempfile.TemporaryDirectory(dir=course.home, prefix=".placing-") as folder:
        new = Path(folder) / "new"
        new.mkdir()
        for name, data in notebooks.items():
            (new / f"{name}.ipynb").write_bytes(data)
        if when:
            (new / TIMESTAMP).write_text(f"{when}\n")
        if secret:
            (new / SECRET).write_text(secret)
        if os.path.lexists(target):
            os.rename(target, Path(folder) / "old")
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(new, target)


def restore(course: Course, attempt: Attempt) -> None:
    """Put an earlier hand-in back, with its time and secret. What lay there is kept."""
    keep_in_place(course, attempt.student)
    place(course, attempt.student, notebooks_of(course, attempt), attempt.when, attempt.secret)
    if origin := read_origins(course).get(attempt.student):
        remember(course, {attempt.student: replace(origin, attempt=attempt.id, timestamp=attempt.when)})


def compare(course: Course, old: Attempt, new: Attempt) -> Iterator[str]:
    """What changed from one hand-in to another, cell by cell, as lines of a diff."""
    before, after = notebooks_of(course, old), notebooks_of(course, new)
    for name in sorted({*before, *after}):
        if name not in before or name not in after:
            yield f"{name}: only in {(old if name in before else new).id}"
            continue
        one, two = _sources(before[name]), _sources(after[name])
        for cell in dict.fromkeys([*one, *two]):
            lines = one.get(cell, "").splitlines(), two.get(cell, "").splitlines()
            changes = list(difflib.unified_diff(*lines, old.id, new.id, lineterm="", n=2))
            yield from [f"--- {name}, {shown(cell)}", *map(_printable, changes[2:])] if changes else []


def _sources(data: bytes) -> dict[str, str]:
    """Cell -> its text; cells without a name by their place."""
    try:
        cells = read_cells(data)
    except Unreadable as error:
        return {"the file": str(error)}
    return {cell.grade_id or cell.cell_id or f"cell {place}": cell.source for place, cell in enumerate(cells, 1)}


def _printable(line: str) -> str:
    return "".join(each if each.isprintable() or each == "\t" else "?" for each in line)


def _folder(course: Course, student: str) -> Path:
    if student != Path(student).name or student.startswith("."):
        raise CourseError(f"{student!r} is no student's name")
    return course.home / FOLDER / student


def _kept(course: Course, student: str) -> list[Path]:
    return sorted(_folder(course, student).glob("*.zip"))


def _whole(path: Path) -> Attempt:
    with _opened(path) as archive:
        if (damaged := archive.testzip()) is not None:
            raise zipfile.BadZipFile(f"{damaged} is damaged")
    return _read(path)


def _read(path: Path) -> Attempt:
    with _opened(path) as archive:
        return Attempt(**json.loads(archive.read(_MANIFEST)))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A hand-in that is kept. CourseError if it cannot be read, or is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (*BROKEN, KeyError, TypeError) as error:
        raise CourseError(f"{path} cannot be read ({error}). Take it out of a backup, or move it away.") from error
