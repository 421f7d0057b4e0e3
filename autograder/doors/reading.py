"""Read one submission out of a folder that a platform filled: notebooks at any depth, also out of zips."""

import io
import os
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.intake.clean_copy import Delivery, deliver_folder
from autograder.intake.notebook_file import StudentCell, Unreadable, read_cells
from autograder.intake.unzip import BoundedExtractor
from autograder.judging import seeds
from autograder.names import safe_name

MAX_DEPTH, MAX_FOLDERS = 8, 300
MAX_ZIPS, MAX_ZIP_BYTES = 5, 100 * 2**20
SKIPPED = {"__pycache__", "__MACOSX", "node_modules", "site-packages"}


@dataclass(frozen=True)
class Submission:
    """Cells and digest by notebook; of the others the reason why there is nothing to judge."""

    cells: dict[str, list[StudentCell]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read(course: Course, folder: Path) -> Submission:
    """The submission in `folder`, whose own path is trusted and whose contents are not; no link in it is followed.

    Where a notebook lies there several times, the one that was worked on counts, and of several the least deep. Raises
    CourseError if there is no such folder.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder: give the one with the submitted notebooks.")
    names = Masters(course.masters).graded()
    with tempfile.TemporaryDirectory() as unpacked:
        notes = _unpack(folder, Path(unpacked))
        deliveries = [deliver_folder(place, names) for root in (folder, Path(unpacked)) for place in _folders(root)]
    return _submission(course, names, deliveries, notes)


def _folders(root: Path) -> Iterator[Path]:
    """`root` and the folders in it, the least deep first, hidden ones left out."""
    level, count = [root], 0
    for _ in range(MAX_DEPTH):
        deeper = []
        for folder in level:
            count += 1
            if count > MAX_FOLDERS:
                return
            yield folder
            deeper += _inside(folder)
        level = deeper


def _inside(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [folder / name for name in found if not name.startswith(".") and name not in SKIPPED][:MAX_FOLDERS]


def _unpack(folder: Path, target: Path) -> list[str]:
    """Unpack the zips at the top of the folder, as the intake unpacks zips that students put into an LMS's zip."""
    found = [data for name in _zips(folder) if (data := _bytes(folder / name))]
    if not found:
        return []
    with tempfile.TemporaryDirectory() as outer:
        with zipfile.ZipFile(Path(outer) / "all.zip", "w") as archive:
            for number, data in enumerate(found):
                archive.writestr(f"zip/{number}.zip", data)
        extractor = BoundedExtractor()
        extractor.extract(outer, str(target))
    return [safe_name(note, 300) for note in extractor.notes]


def _zips(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.name.lower().endswith(".zip"))
    return names[:MAX_ZIPS]


def _bytes(path: Path) -> bytes:
    """A zip's bytes; empty for what is no regular file, no zip or too large."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return b""
            data = file.read(MAX_ZIP_BYTES + 1)
    except OSError:
        return b""
    return data if len(data) <= MAX_ZIP_BYTES and zipfile.is_zipfile(io.BytesIO(data)) else b""


def _submission(course: Course, names: list[str], deliveries: list[Delivery], notes: list[str]) -> Submission:
    """Of each notebook the copy that counts."""
    found = Submission(notes=[*notes, *(note for delivery in deliveries for note in delivery.notes)])
    for name in names:
        copies = [delivery.notebooks[name] for delivery in deliveries if name in delivery.notebooks]
        refusals = [delivery.reasons[name] for delivery in deliveries if name in delivery.reasons]
        if not copies:
            found.reasons[name] = refusals[0] if refusals else f"{name}.ipynb was not in the submission"
            continue
        if len(copies) > 1:
            found.notes.append(f"{name}.ipynb was there {len(copies)} times; one of them was judged")
        released = (course.released / f"{name}.ipynb").read_bytes()
        _add(found, name, next((data for data in copies if data != released), copies[0]))
    return found


def _add(found: Submission, name: str, data: bytes) -> None:
    try:
        found.cells[name] = read_cells(data)
        found.digests[name] = seeds.digest(data)
    except Unreadable as error:
        found.reasons[name] = f"{name}.ipynb: {error}"
