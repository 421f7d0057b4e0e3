"""Clean copies of submissions: the only thing that grading reads.

A submission is a folder that somebody else filled. It is opened without following links; only regular files of
bounded size that are a notebook of the course, by their cells or their name (`recognise.py`), and timestamp.txt are
copied, and the exchange's secret. What was left out, and why, is kept for the student's page.
"""

import contextlib
import fnmatch
import functools
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

import nbformat
from nbgrader.coursedir import CourseDirectory
from traitlets import Any

from autograder.course import course_of, read_skeleton
from autograder.intake.notebook_file import MAX_BYTES
from autograder.intake.recognise import NOT_THERE, Recogniser, Version, named_notebook, shown
from autograder.intake.times import EXAMPLE, moment, written
from autograder.names import safe_name

MAX_ENTRIES = 1_000  # of one folder
MAX_READ = 100 * 2**20  # bytes of one folder
LONGEST_ID = 200  # bytes of a student's folder's name: files are called like it, with an ending
TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # of nbgrader's exchange: under its hash the student finds the feedback
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
    secret: str | None = None
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
    recogniser = Recogniser(_skeletons(course))
    staged.deliveries = {student: _deliver(course, student, recogniser) for student in students(course)}
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
    """Those of `folders` that can be graded: one with a name that nobody can have would end nbgrader's whole run."""
    return [name for name in folders(course) if not unusable(name)]


def unusable(name: str) -> str:
    """Why nobody can be called so in the gradebook, in formgrader's pages and in files; "" if they can."""
    if len(name.encode(errors="replace")) > LONGEST_ID:
        return f"the folder's name is longer than {LONGEST_ID} bytes; rename it in submitted/"
    if safe_name(name) != name:
        return f"the folder's name holds what no name may hold; rename it in submitted/, such as {safe_name(name)!r}"
    return ""


def folders(course: CourseDirectory) -> list[str]:
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
    return _deliver(course, student, Recogniser(_skeletons(course)))


def _deliver(course: CourseDirectory, student: str, recogniser: Recogniser) -> Delivery:
    names = master_names(course)
    delivery = Delivery()
    try:
        with _folder(Path(course.root) / course.submitted_directory, student, course.assignment_id) as folder_fd:
            _read_folder(folder_fd, recogniser, delivery)
    except (Refused, OSError) as error:
        reason = str(error) if isinstance(error, Refused) else f"the folder cannot be read ({error.strerror})"
        delivery.reasons = dict.fromkeys(names, reason)
    for name in names:
        if name not in delivery.notebooks:
            delivery.reasons.setdefault(name, NOT_THERE.format(name))
    return delivery


def _skeletons(course: CourseDirectory) -> dict[str, nbformat.NotebookNode]:
    """The released notebooks; read again only when they change."""
    folder = course_of(course).released
    paths = [folder / f"{name}.ipynb" for name in master_names(course)]
    return _read_skeletons(tuple((path, path.stat().st_mtime_ns if path.is_file() else 0) for path in paths))


@functools.lru_cache(maxsize=2)
def _read_skeletons(stamped: tuple[tuple[Path, int], ...]) -> dict[str, nbformat.NotebookNode]:
    return {path.stem: read_skeleton(path) for path, _ in stamped}


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


def _read_folder(folder_fd: int, recogniser: Recogniser, delivery: Delivery) -> None:
    """Fill `delivery` from the folder behind the descriptor."""
    with os.scandir(folder_fd) as listing:
        entries = sorted(entry.name for entry, _ in zip(listing, range(MAX_ENTRIES), strict=False))
    versions: dict[str, list[Version]] = {}
    left = MAX_READ
    for entry in sorted(entries, key=lambda each: named_notebook(each, recogniser.skeletons) is None):
        if ".ipynb" not in entry.lower():
            continue
        try:
            data = read_file(folder_fd, entry, min(left, MAX_BYTES))
        except (Refused, OSError) as error:
            why = f"was not read: {error}" if isinstance(error, Refused) else f"cannot be read ({error.strerror})"
            if name := named_notebook(entry, recogniser.skeletons):
                delivery.reasons[name] = f"{shown(entry)} {why}"
            continue
        left -= len(data)
        if version := recogniser.version(entry, data):
            versions.setdefault(version.notebook, []).append(version)
    for name, candidates in versions.items():
        counts, note = recogniser.best(candidates)
        delivery.notebooks[name] = counts.data
        delivery.reasons.pop(name, None)
        delivery.notes += [note] if note else []
    if TIMESTAMP in entries:
        _read_timestamp(folder_fd, delivery)
    if SECRET in entries:
        _read_secret(folder_fd, delivery)


def _read_timestamp(folder_fd: int, delivery: Delivery) -> None:
    """A moment, or a note that there is none."""
    try:
        text = read_file(folder_fd, TIMESTAMP, 200).decode("utf-8").strip()
        delivery.timestamp = written(moment(text))
    except (Refused, OSError, ValueError):
        delivery.notes.append(f"{TIMESTAMP} holds no moment such as {EXAMPLE}; the submission counts as in time")


def _read_secret(folder_fd: int, delivery: Delivery) -> None:
    """What nbgrader wrote, or nothing: without it the exchange cannot give feedback back, and says so then."""
    with contextlib.suppress(Refused, OSError, ValueError):
        text = read_file(folder_fd, SECRET, 200).decode("ascii")
        delivery.secret = text if re.fullmatch("[0-9a-f]{128}", text) else None


def read_file(folder_fd: int, name: str, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes. Refused for anything else; no link is followed."""
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


def _write(folder: Path, delivery: Delivery, names: list[str]) -> None:
    """The clean copy of one delivery; unreadable notebooks as empty files."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.ipynb").write_bytes(delivery.notebooks.get(name, b""))
    if delivery.timestamp:
        (folder / TIMESTAMP).write_text(delivery.timestamp + "\n")
    if delivery.secret:
        (folder / SECRET).write_text(delivery.secret)
