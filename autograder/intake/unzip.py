"""Unpacking within bounds: every file of a student's upload is read, or told with the reason why it is not.

Nothing is written here, and a student's upload cannot use up more than that student's budget, whatever its zips claim.
"""

import contextlib
import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.intake.notebook_file import MAX_BYTES
from autograder.intake.salvage import salvage

MAX_UNPACKED = 100 * 2**20  # bytes of one student, of one hand-in: the whole solved course with pictures is 10 MB
MAX_ENTRIES = 20_000  # of one student's zips together; each costs about a kilobyte of memory
MAX_NOTEBOOKS = 100  # notebook files of one student
DEPTH = 2  # a zip in the LMS's zip, and a zip in that
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # what systems' own zips use; LZMA asks for memory up front
_ENTRY = b"PK\x01\x02"  # begins each line of a zip's list of files
_ZIP = b"PK\x03\x04"
_OFFICE = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".jar", ".apk", ".npz", ".pages", ".key")
_READ = (".zip", ".json", ".txt", "")  # endings behind which browsers and phones hide notebooks
_UTF8 = 0x800  # flag: the name is in UTF-8

# What zipfile raises for a damaged zip, beside its own error.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, struct.error, OverflowError)


class NotRead(Exception):
    """This file is not read; the message says why."""


@dataclass
class Budget:
    """What may still be unpacked for one student: bytes, and entries of zips."""

    left: int = MAX_UNPACKED
    files: int = MAX_ENTRIES


@dataclass(frozen=True)
class Piece:
    """One file of an upload. `path`: within the LMS's zip, zips on the way as folders. Without `data` says `why`."""

    path: str
    data: bytes | None
    why: str = ""
    date: tuple[int, ...] = ()  # as the zip has it

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


def entry_path(info: zipfile.ZipInfo) -> str | None:
    """The path of a file in a zip, with forward slashes, "?" where it has no name; None for a folder."""
    name = folder_path(info)
    return None if name.endswith("/") else name or "?"


def folder_path(info: zipfile.ZipInfo) -> str:
    """The same for a file or a folder, which ends with a slash.

    Some programs write names in UTF-8 and do not say so; macOS writes accents as characters of their own.
    """
    name = info.filename
    if not info.flag_bits & _UTF8 and not name.isascii():
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    """The bytes of one entry, whatever size the zip claims. Raises NotRead."""
    if info.compress_type not in _METHODS:
        raise NotRead("packed in a way that is not read here; ask for a zip made with the system's own program")
    limit = min(budget.left, MAX_BYTES)
    try:
        with archive.open(info) as file:
            data = file.read(limit + 1)
    except BROKEN as error:
        budget.left -= min(info.compress_size, budget.left)  # nobody gets work for nothing
        reason = "it has a password" if info.flag_bits & 1 else f"it is damaged ({_first_line(error)})"
        reason = f"{reason}; ask for it again{', without one' if info.flag_bits & 1 else ''}"
        raise NotRead(f"cannot be unpacked: {reason}") from None
    budget.left -= min(len(data), budget.left)
    if len(data) > limit:
        if limit == MAX_BYTES:
            raise NotRead(f"too large: over {MAX_BYTES / 2**20:.3g} MB")
        raise NotRead(f"too large: with it, more than {MAX_UNPACKED / 2**20:.3g} MB of this student are unpacked")
    return data


def pieces(path: str, data: bytes, budget: Budget, date: tuple[int, ...] = (), depth: int = DEPTH) -> Iterator[Piece]:
    """The file itself, or the files in it if it is a zip."""
    if not is_zip(path, data):
        yield Piece(path, data, date=date)
        return
    if depth == 0:
        yield Piece(
            path, None, "too deep: a zip in a zip in a zip; unpack it, and put the notebooks into submitted/ by hand"
        )
        return
    try:
        yield from _inside(path, data, budget, depth)
    except NotRead as error:
        yield Piece(path, None, str(error))
    except BROKEN as error:
        yield from _salvaged(path, data, budget, depth, _first_line(error))


def is_zip(path: str, data: bytes) -> bool:
    """By its first bytes, whatever it is called; documents of Office are zips inside and not meant."""
    if path.lower().endswith(_OFFICE):
        return False
    return data.startswith(_ZIP) or (path.lower().endswith(".zip") and not data.lstrip().startswith(b"{"))


def _salvaged(path: str, data: bytes, budget: Budget, depth: int, why: str) -> Iterator[Piece]:
    """What is whole in a damaged zip, and a piece for the rest."""
    target = io.BytesIO()
    found = salvage(io.BytesIO(data), target, budget.left)
    if not data:
        yield Piece(path, None, "it has 0 bytes: its upload failed; ask for it again")
    elif not found.files:
        yield Piece(path, None, f"cannot be unpacked: it is no zip, or damaged ({why}); ask for it again")
    else:
        try:
            yield from _inside(path, target.getvalue(), budget, depth)
        except BROKEN as error:
            yield Piece(path, None, f"cannot be unpacked: it is damaged ({_first_line(error)}); ask for it again")
        lost = "only its list of files" if found.complete else f"its last {found.left} bytes cannot be read"
        yield Piece(f"{path}/?", None, f"the zip is damaged ({lost}): {found.files} files were found; ask for it again")


def _inside(path: str, data: bytes, budget: Budget, depth: int) -> Iterator[Piece]:
    """The files of a zip; notebooks first, so that nothing before them uses up what they need."""
    budget.files -= data.count(_ENTRY)
    if budget.files < 0:
        raise NotRead(f"too large: with it, more than {MAX_ENTRIES} files of this student are unpacked")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        named = [(name, info) for info in archive.infolist() if (name := entry_path(info))]
        if not named:
            raise NotRead("there is no file in it")
        for name, info in sorted(named, key=lambda each: ".ipynb" not in each[0].lower()):
            inner = f"{path}/{name}"
            if not _worth_reading(name):
                yield Piece(inner, None, "")
                continue
            try:
                content = read_entry(archive, info, budget)
            except NotRead as error:
                yield Piece(inner, None, str(error))
            else:
                yield from pieces(inner, content, budget, info.date_time, depth - 1)


def _worth_reading(name: str) -> bool:
    """May a notebook be in it? Everything else is told and stays packed."""
    return ".ipynb" in name.lower() or PurePosixPath(name.lower()).suffix in _READ


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).split("\n")[0][:100]
