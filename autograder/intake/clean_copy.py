"""Clean copies of submissions: the only thing that grading reads.

A submission is a folder that somebody else filled. It is opened without following links; only regular files of
bounded size named like a master notebook (also as learning management systems rename them) and timestamp.txt are
copied. What was left out, and why, is kept for the student's page.
"""

import contextlib
import fnmatch
import glob
import os
import re
import shutil
import stat
import tempfile
import time
import weakref
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from traitlets import Any

from autograder.intake.notebook_file import ENDING, MAX_BYTES

MAX_ENTRIES = 1_000  # of one folder
TIMESTAMP = "timestamp.txt"
_PREFIX = ".staging-"
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # without O_NONBLOCK a FIFO would make us wait for ever


class Refused(Exception):
    """This file or folder is not read; the message says why."""


@dataclass
class Delivery:
    """What one student handed in: bytes by notebook name, the timestamp, and what was odd about each notebook."""

    notebooks: dict[str, bytes] = field(default_factory=dict)
    timestamp: str | None = None
    reasons: dict[str, str] = field(default_factory=dict)  # notebook -> why there is nothing to grade
    notes: list[str] = field(default_factory=list)


class StagedCourse(CourseDirectory):
    """nbgrader's view of a course whose submitted folder is a clean copy; removed with this object.

    What lies beside the master notebooks (pictures for the release) is ignored: nbgrader would copy it to autograded/
    and feedback/ once for every student.
    """

    deliveries = Any()  # student -> Delivery


def stage(course: CourseDirectory) -> StagedCourse:
    """`course` with its submissions (those that its student_id pattern matches) replaced by clean copies.

    Every master notebook lies in every copy: an empty file where the student handed in nothing readable.
    """
    home = Path(course.root) / os.path.dirname(course.submitted_directory)
    remove_stale(home)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
    staged = StagedCourse(parent=course.parent, config=course.config)
    for name in CourseDirectory.class_trait_names(config=True):
        setattr(staged, name, getattr(course, name))
    staged.submitted_directory = os.path.relpath(folder, course.root)
    staged.ignore = [*course.ignore, *beside_masters(course)]
    staged.deliveries = {student: deliver(course, student) for student in students(course)}
    weakref.finalize(staged, shutil.rmtree, folder, ignore_errors=True)
    for student, delivery in staged.deliveries.items():
        _write(folder / student / course.assignment_id, delivery, master_names(course))
        delivery.notebooks.clear()  # they lie in the copy; a class of them need not lie in memory
    return staged


def remove_stale(home: Path, age: float = 86_400.0) -> None:
    """Remove copies that killed runs left behind (older than `age` seconds)."""
    for folder in home.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # another run may be removing it, too
            if time.time() - folder.lstat().st_mtime > age:
                shutil.rmtree(folder)


def students(course: CourseDirectory) -> list[str]:
    """Students with a submission folder for this assignment, links and all, that the course's pattern matches."""
    root = Path(course.root) / course.submitted_directory
    if not root.is_dir():
        return []
    names = sorted(entry.name for entry in os.scandir(root) if not entry.name.startswith("."))
    names = [name for name in names if fnmatch.fnmatchcase(name, course.student_id)]
    return [name for name in names if os.path.lexists(root / name / course.assignment_id) or (root / name).is_symlink()]


def master_names(course: CourseDirectory) -> list[str]:
    """Names of the assignment's notebooks."""
    folder = Path(course.format_path(course.source_directory, ".", course.assignment_id))
    return sorted(path.stem for path in folder.glob("*.ipynb"))


def beside_masters(course: CourseDirectory) -> list[str]:
    """Patterns for the names of files and folders that lie beside the master notebooks."""
    folder = Path(course.format_path(course.source_directory, ".", course.assignment_id))
    return sorted(glob.escape(path.name) for path in folder.iterdir() if path.suffix != ".ipynb")


def deliver(course: CourseDirectory, student: str) -> Delivery:
    """Read one student's folder."""
    names = master_names(course)
    delivery = Delivery()
    try:
        with _folder(Path(course.root) / course.submitted_directory, student, course.assignment_id) as folder_fd:
            _read_folder(folder_fd, names, delivery)
    except (Refused, OSError) as error:
        reason = str(error) if isinstance(error, Refused) else f"the folder cannot be read ({error.strerror})"
        delivery.reasons = dict.fromkeys(names, reason)
    for name in names:
        if name not in delivery.notebooks:
            delivery.reasons.setdefault(name, f"{name}.ipynb was not in the submission")
    return delivery


@contextlib.contextmanager
def _folder(root: Path, student: str, assignment: str):
    """File descriptor of root/student/assignment, opened step by step without following links."""
    folders = [os.open(root, os.O_RDONLY | os.O_DIRECTORY)]
    try:
        for name in (student, assignment):
            mode = os.stat(name, dir_fd=folders[-1], follow_symlinks=False).st_mode
            if not stat.S_ISDIR(mode):
                raise Refused(f"the submission's folder is {_kind(mode)}, no folder")
            folders.append(os.open(name, _OPEN_FOLDER, dir_fd=folders[-1]))
        yield folders[-1]
    finally:
        for folder_fd in folders:
            os.close(folder_fd)


def _read_folder(folder_fd: int, names: list[str], delivery: Delivery) -> None:
    """Fill `delivery` from the folder behind the descriptor."""
    with os.scandir(folder_fd) as listing:
        entries = sorted(entry.name for entry, _ in zip(listing, range(MAX_ENTRIES), strict=False))
    for name in names:
        found = sorted((_rank(name, entry), entry) for entry in entries if _rank(name, entry) is not None)
        for _, entry in found:
            if name not in delivery.notebooks:
                _read_notebook(folder_fd, name, entry, delivery)
        if len(found) > 1 and name in delivery.notebooks:
            delivery.notes.append(f"{len(found)} files are called {name}; one of them was graded")
    if TIMESTAMP in entries:
        _read_timestamp(folder_fd, delivery)


def _read_notebook(folder_fd: int, name: str, entry: str, delivery: Delivery) -> None:
    try:
        delivery.notebooks[name] = _read(folder_fd, entry, MAX_BYTES)
        delivery.reasons.pop(name, None)
    except Refused as error:
        delivery.reasons[name] = f"{entry!r} was not read: {error}"
    except OSError as error:
        delivery.reasons[name] = f"{entry!r} cannot be read ({error.strerror})"


def _read_timestamp(folder_fd: int, delivery: Delivery) -> None:
    """A date in nbgrader's form, or a note that there is none."""
    try:
        text = _read(folder_fd, TIMESTAMP, 200).decode("utf-8").strip()
        parse_utc(text)
        delivery.timestamp = text or None
    except (Refused, OSError, ValueError, OverflowError, TypeError, AttributeError):
        delivery.notes.append(f"{TIMESTAMP} holds no date that nbgrader can read; the submission counts as in time")


def _read(folder_fd: int, name: str, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes."""
    mode = os.stat(name, dir_fd=folder_fd, follow_symlinks=False).st_mode
    if not stat.S_ISREG(mode):
        raise Refused(f"it is {_kind(mode)}, no regular file")
    with os.fdopen(os.open(name, _OPEN_FILE, dir_fd=folder_fd), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # exchanged meanwhile
            raise Refused("it is no regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Refused(f"it is larger than {limit / 2**20:.3g} MB")
    return data


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFREG: "a file"}
    return kinds.get(stat.S_IFMT(mode), "a device or socket")


def _rank(name: str, entry: str) -> tuple[int, int, str] | None:
    """How well a file name stands for a notebook (lower is better), or None.

    `01_x (1).ipynb`, `01_x-2.ipynb`, `01_x-Copy1.ipynb` (browsers, Canvas, Jupyter), `Copy of 01_x.ipynb` (Colab),
    `doejane_LATE_123_456_01_x.ipynb` (Canvas), `Jane Doe_123_assignsubmission_file_01_x.ipynb` (Moodle), `.ipynb.txt`.
    """
    if entry == f"{name}.ipynb":
        return (0, 0, entry)
    suffix = r"((?:[ _-]*(?:\(\d+\)|copy *\(?\d*\)?|\d+))*)"
    match = re.fullmatch(rf"(?:.*[ _-])?{re.escape(name)}{suffix}{ENDING}", entry, re.IGNORECASE)
    if match is None:
        return None
    numbers = re.findall(r"\d+", match[1])
    return (1, -int(numbers[-1][:9]) if numbers else 0, entry)  # the highest number is the newest


def _write(folder: Path, delivery: Delivery, names: list[str]) -> None:
    """The clean copy of one delivery; unreadable notebooks as empty files."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.ipynb").write_bytes(delivery.notebooks.get(name, b""))
    if delivery.timestamp:
        (folder / TIMESTAMP).write_text(delivery.timestamp + "\n")
