"""`python -m autograder backup FILE`: everything personal of the course in one file; `restore FILE` puts it back.

Hand-ins and their attempts, graded marks, gradebook, log, who is who, extensions, the key of the inputs. The course
itself (masters, configuration, credit table) is not personal: it lies in git, or wherever you keep it.
"""

import argparse
import contextlib
import hashlib
import json
import os
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from sqlalchemy.engine import make_url

from autograder.course import Course, CourseError
from autograder.grading.one_writer import only_writer
from autograder.intake.times import written

MANIFEST = "backup.json"
FORMAT = "autograder backup 1"
FOLDERS = ("submitted", "attempts", "autograded", "feedback", "outgoing", "report")
EXTENSIONS = "extensions.csv"
PASSING = (".grading.lock", ".ipynb_checkpoints")  # of the names that begin with a dot, what is not worth keeping
PASSING_BEGIN = (".staging-", ".placing-", ".restoring-", ".replaced-")
FOLDER = "folder"  # in the manifest, instead of a file's digest: an empty folder is a hand-in without a file


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder backup", description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, help="the zip to write; keep it as private as the gradebook")
    args = parser.parse_args(argv)
    course = Course()
    files, left_out = write(course, args.file)
    print(
        f"{files} files in {args.file}. Whoever has it can read all grades, and the key that grading draws inputs with."
    )
    for line in left_out:
        print(f"left out: {line}")
    return 0


def write(course: Course, path: Path) -> tuple[int, list[str]]:
    """Write the backup, whole or not at all: (number of files, a line for each thing that is not in it).

    CourseError if the file exists, if there is nothing to keep, or if grading is under way.
    """
    if path.exists():
        raise CourseError(f"{path} exists; give another name, so that no backup is lost")
    with only_writer(course), _readable_errors(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as draft:
        found, left_out = _found(course)
        if not found:
            raise CourseError(f"Nothing personal lies in {course.home}: there is nothing to back up yet.")
        new = Path(draft) / "backup.zip"
        new.touch(0o600)
        digests: dict[str, str] = {}
        with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, source in found:
                digests[name] = FOLDER if source.is_dir() else _add(archive, name, source, Path(draft))
            about = {"format": FORMAT, "when": written(datetime.now(UTC)), "files": digests}
            archive.writestr(MANIFEST, json.dumps(about, indent=1, ensure_ascii=False))
        os.replace(new, path)
    return sum(digest != FOLDER for digest in digests.values()), left_out


def personal(course: Course) -> list[Path]:
    """What lies in autograder/ and is no part of the course, in order."""
    names = [*FOLDERS, EXTENSIONS, *(path.name for path in course.home.glob("gradebook.db*"))]
    hidden = [path.name for path in course.home.glob(".*") if _worth_keeping(path.name)]
    return [course.home / name for name in sorted({*names, *hidden}) if os.path.lexists(course.home / name)]


def _worth_keeping(name: str) -> bool:
    return name.startswith(".") and name not in PASSING and not name.startswith(PASSING_BEGIN)


def _found(course: Course) -> tuple[list[tuple[str, Path]], list[str]]:
    """(name, path) of every file and empty folder; and what is left out."""
    found, left_out = [], []
    url = make_url(course.db_url)
    if url.get_backend_name() != "sqlite":
        left_out.append(
            f"the gradebook, which lies in {url.get_backend_name()}: keep it with that database's own tools"
        )
    for top in personal(course):
        for path in [top, *(sorted(top.rglob("*")) if top.is_dir() and not top.is_symlink() else [])]:
            name, mode = path.relative_to(course.home).as_posix(), path.lstat().st_mode
            if stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and not any(path.iterdir())):
                found.append((name, path))
            elif not stat.S_ISDIR(mode):
                left_out.append(f"{name!a}, a link or no regular file")
    return found, left_out


def _add(archive: zipfile.ZipFile, name: str, source: Path, draft: Path) -> str:
    """Put a file into the archive; its digest. A gradebook is copied as SQLite does it, whole whoever writes to it."""
    if name == "gradebook.db":
        with (
            contextlib.closing(sqlite3.connect(source)) as old,
            contextlib.closing(sqlite3.connect(draft / "db")) as new,
        ):
            old.backup(new)
        source = draft / "db"
    info = zipfile.ZipInfo.from_file(source, name, strict_timestamps=False)
    info.compress_type = zipfile.ZIP_DEFLATED
    total = hashlib.sha256()
    with open(source, "rb") as file, archive.open(info, "w", force_zip64=True) as target:
        while block := file.read(2**20):
            total.update(block)
            target.write(block)
    return total.hexdigest()


@contextlib.contextmanager
def _readable_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, zipfile.BadZipFile) as error:
        raise CourseError(f"{path}: {error}. Nothing is changed.") from error


# --- restore ----------------------------------------------------------------------------------------------------------


def restore(course: Course, path: Path, *, replace: bool = False) -> tuple[int, Path | None]:
    """Put a backup in place: (number of files, where that lies which was there before, if anything was).

    All of it is read and checked before anything is moved. CourseError if the file is no whole backup, or if something
    personal is there already and is not to be replaced.
    """
    with only_writer(course), _readable_errors(path):
        there = personal(course)
        if there and not replace:
            names = ", ".join(each.name for each in there)
            raise CourseError(
                f"{course.home} holds grades or hand-ins already ({names}). Nothing is changed. "
                "With --replace they are put aside, and the backup takes their place."
            )
        with tempfile.TemporaryDirectory(dir=course.home, prefix=".restoring-") as folder:
            files = _unpack(path, Path(folder))
            aside = _put_aside(course, there) if there else None
            for each in Path(folder).iterdir():
                os.rename(each, course.home / each.name)
    return files, aside


def _unpack(path: Path, folder: Path) -> int:
    """The checked files of a backup into `folder`; how many."""
    with zipfile.ZipFile(path) as archive:
        digests = _manifest(archive, path)
        for name, digest in digests.items():
            target = folder / name
            if digest == FOLDER:
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            info, total = archive.getinfo(name), hashlib.sha256()
            with archive.open(info) as source, open(target, "wb") as file:
                os.fchmod(file.fileno(), (info.external_attr >> 16) & 0o777 or 0o600)
                while block := source.read(2**20):
                    total.update(block)
                    file.write(block)
            if total.hexdigest() != digest:
                raise CourseError(f"{path}: {name!a} is not what was backed up. Nothing is changed.")
    return sum(digest != FOLDER for digest in digests.values())


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """Name -> digest of everything in a backup, each name one that `backup` writes. CourseError otherwise."""
    try:
        about = json.loads(archive.read(MANIFEST))
        if about["format"] != FORMAT:
            raise ValueError(about["format"])
        digests = dict(about["files"])
    except (KeyError, ValueError, TypeError) as error:
        raise CourseError(f"{path} was not written by `python -m autograder backup`. Nothing is changed.") from error
    entries = set(archive.namelist()) - {MANIFEST}
    for name in digests:
        parts = PurePosixPath(name).parts
        known = parts and (parts[0] in (*FOLDERS, EXTENSIONS) or parts[0].startswith("gradebook.db"))
        if not (known or (parts and _worth_keeping(parts[0]))) or ".." in parts or name.startswith("/"):
            raise CourseError(f"{path} holds {name!a}, which no backup holds. Nothing is changed.")
    if entries != {name for name, digest in digests.items() if digest != FOLDER}:
        raise CourseError(f"{path} is not whole: its files are not those of its list. Nothing is changed.")
    return digests


def _put_aside(course: Course, there: list[Path]) -> Path:
    """Move what is there into a folder of its own."""
    aside = Path(tempfile.mkdtemp(dir=course.home, prefix=f".replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-"))
    for each in there:
        os.rename(each, aside / each.name)
    return aside
