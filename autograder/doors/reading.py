"""Read one submission out of a folder that a platform filled: notebooks at any depth, under any name, also in zips."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.intake.notebook_file import MAX_BYTES, StudentCell, read_cells
from autograder.intake.recognise import NOT_THERE, Recogniser, Version, shown
from autograder.intake.unzip import MAX_UNPACKED, Budget, Piece, pieces
from autograder.judging import seeds

MAX_DEPTH, MAX_FOLDERS, MAX_FILES = 8, 300, 2_000
SKIPPED = {"__pycache__", "__MACOSX", "node_modules", "site-packages"}


@dataclass(frozen=True)
class Submission:
    """Cells and digest by notebook; of the others the reason why there is nothing to judge. An optional one that
    was not handed in is in neither."""

    cells: dict[str, list[StudentCell]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read(course: Course, folder: Path) -> Submission:
    """The submission in `folder`, whose own path is trusted and whose contents are not; no link in it is followed.

    Which file is which notebook, and which of several versions counts, is decided as when a class's zip is collected.
    Raises CourseError if there is no such folder.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder: give the one with the submitted notebooks.")
    masters = Masters(course.masters)
    recogniser = Recogniser({name: course.skeleton(name) for name in course.notebooks()})
    found, versions = Submission(), {}
    for piece in _files(folder):
        if piece.data is None:
            found.notes.extend([f"{shown(piece.path)}: {piece.why}"] if piece.why else [])
        elif version := recogniser.version(piece.path, piece.data, piece.date):
            versions.setdefault(version.notebook, []).append(version)
    for name in masters.graded():
        if name in masters.optional and name not in versions:
            continue
        _choose(found, name, versions.get(name, []), recogniser)
    return found


def _choose(found: Submission, name: str, versions: list[Version], recogniser: Recogniser) -> None:
    """Of one notebook the version that counts, or why there is none."""
    if not versions:
        found.reasons[name] = NOT_THERE.format(name)
        return
    version, note = recogniser.best(versions)
    found.notes.extend([note] if note else [])
    if version.why:
        found.reasons[name] = f"{shown(version.path)}: {version.why}"
    else:
        found.cells[name] = read_cells(version.data)
        found.digests[name] = seeds.digest(version.data)


def _files(root: Path) -> Iterator[Piece]:
    """Notebooks and what lies in zips, within one student's budget; what is not read has no data."""
    budget = Budget()
    for path in _paths(root):
        name = path.relative_to(root).as_posix()
        is_zip = name.lower().endswith(".zip")
        if not is_zip and ".ipynb" not in name.lower():
            continue
        limit = MAX_UNPACKED if is_zip else min(MAX_BYTES, budget.left)
        try:
            data = _bytes(path, limit)
        except OSError as error:
            yield Piece(name, None, f"cannot be read ({error.strerror or error})")
            continue
        budget.left -= 0 if is_zip else len(data)
        yield from pieces(name, data, budget)


def _paths(root: Path) -> Iterator[Path]:
    """Everything in `root` and its folders but folders, the least deep first; hidden ones left out."""
    level, folders, files = [root], 0, 0
    for _ in range(MAX_DEPTH):
        deeper: list[Path] = []
        for folder in level:
            folders += 1
            for name, is_folder in _inside(folder):
                if is_folder:
                    deeper.append(folder / name)
                else:
                    files += 1
                    yield folder / name
            if folders >= MAX_FOLDERS or files >= MAX_FILES:
                return
        level = deeper


def _inside(folder: Path) -> list[tuple[str, bool]]:
    """(name, is it a folder) of what lies in a folder."""
    try:
        with os.scandir(folder) as entries:
            first = [
                (entry.name, entry.is_dir(follow_symlinks=False))
                for entry, _ in zip(entries, range(MAX_FILES), strict=False)
            ]
    except OSError:
        return []
    return sorted(each for each in first if not each[0].startswith(".") and each[0] not in SKIPPED)


def _bytes(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; OSError for everything else. No link is followed."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("it is no regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"it is larger than {limit / 2**20:.3g} MB")
    return data
