"""The zip of a whole class: opened, also where it is damaged; its files, and what is to be said of it as a whole."""

import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from autograder.course import CourseError
from autograder.intake.account import UNCLAIMED, Line
from autograder.intake.notebook_file import instead_of_a_notebook
from autograder.intake.recognise import shown
from autograder.intake.salvage import salvage
from autograder.intake.unzip import BROKEN, entry_path, folder_path

MAX_SALVAGED = 20 * 2**30  # bytes that are unpacked to find the files of a damaged zip: a whole class's
_SYSTEM = {".ds_store", "thumbs.db", "desktop.ini", "icon\r"}
Entry = tuple[str, zipfile.ZipInfo]


def opened(path: Path, stack: ExitStack) -> tuple[zipfile.ZipFile, list[Line]]:
    """The LMS's zip, and a line for what is damaged in it; CourseError if there is nothing to be read."""
    if path.is_dir():
        raise CourseError(f"{path} is a folder: give the zip as it was downloaded, or zip the folder")
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
        if _of_a_student(path, archive):
            raise zipfile.BadZipFile("its list of files is missing")
        return archive, []
    except FileNotFoundError:
        raise CourseError(f"there is no file {path}") from None
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror})") from None
    except BROKEN as error:
        whole = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack is the caller's)
        with open(path, "rb") as source:
            found = salvage(source, whole, MAX_SALVAGED)
            source.seek(0)
            what = instead_of_a_notebook(source.read(1_000))
        if not found.files:
            seen = f"it is {what}" if what and "zip" not in what else str(error)
            raise CourseError(f"{path} cannot be read as a zip: {seen}. Download it again.") from error
        lost = "only the list of its files is lost" if found.complete else f"its last {found.left} bytes cannot be read"
        line = Line(path.name, UNCLAIMED, what=f"the zip itself is damaged; {lost}. {_again(found.files)}")
        return stack.enter_context(zipfile.ZipFile(whole)), [line]


def _again(files: int) -> str:
    return f"{files} files were found in it; whoever is missing is in none of them: download it again, and collect that"


def _of_a_student(path: Path, archive: zipfile.ZipFile) -> bool:
    """Is the list that was found that of a student's zip, kept as it came in a class's zip whose own end is cut off?"""
    first = min((info.header_offset for info in archive.infolist()), default=0)
    with open(path, "rb") as file:
        return first > 0 and file.read(4) == b"PK\x03\x04"


def entries_of(path: Path, archive: zipfile.ZipFile) -> list[Entry]:
    found = [(name, info) for info in archive.infolist() if (name := entry_path(info))]
    if not found:
        raise CourseError(f"{path} is empty: there is no file in it")
    own = [name for name, _ in found if not of_the_system(name)]
    if len(own) == 1 and own[0].lower().endswith(".zip") and "_" not in own[0] and "/" not in own[0]:
        raise CourseError(f"{path} holds one zip and nothing else: unpack it, and give {shown(own[0])}")
    return found


def empty_folders(archive: zipfile.ZipFile) -> list[str]:
    """Folders of the zip with nothing in them: somebody may have handed in nothing there."""
    paths = sorted({folder_path(info) for info in archive.infolist()})
    return [
        path
        for path, after in zip(paths, [*paths[1:], ""], strict=True)
        if path.endswith("/") and not after.startswith(path) and not of_the_system(path)
    ]


def one_folder(lms: str, paths: list[str]) -> list[str]:
    """A sentence if one folder, read as one student, holds several: they may be the students."""
    tops = {path.split("/")[0] for path in paths if "/" in path}
    inner = {path.split("/")[1] for path in paths if path.count("/") > 1}
    if lms != "folders" or len(tops) != 1 or len(inner) < 2 or tops == {"submitted"}:
        return []
    return [
        f"all lies in the folder {shown(min(tops))}, which is taken for one student. "
        f"If the {len(inner)} folders in it are the students, zip what is in it, not the folder itself"
    ]


def of_the_system(path: str) -> bool:
    parts = PurePosixPath(path).parts or ("",)
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1].lower() in _SYSTEM
