"""Unpacking within bounds: notebooks only, also out of zips that students put into the LMS's zip."""

import io
import re
import zipfile
from pathlib import Path, PurePosixPath

from nbgrader.plugins import ExtractorPlugin

from autograder.intake.notebook_file import ENDING, MAX_BYTES

METADATA = "submission_metadata.yml"  # Gradescope's list of who handed in which folder
MAX_ENTRIES, MAX_UNPACKED = 300, 300 * 2**20  # of one zip inside the LMS's zip
MAX_CLASS = 100_000  # entries of the LMS's zip


class BoundedExtractor(ExtractorPlugin):
    """Unpacks notebooks only, each of bounded size, and zips within the zip; nothing outside the target folder."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        self.notes = []
        for path in sorted(Path(archive_path).glob("*.zip")):
            with zipfile.ZipFile(path) as archive:
                self._unpack(archive, Path(extracted_path), inner=False)

    def _unpack(self, archive: zipfile.ZipFile, folder: Path, inner: bool) -> None:
        left = MAX_UNPACKED
        for info in archive.infolist()[: MAX_ENTRIES if inner else MAX_CLASS]:
            name = entry_name(info)
            if name is None or not _wanted(name, inner):
                continue
            data = self._read(archive, info, name, min(left, MAX_BYTES))
            if data is None:
                continue
            left -= len(data) if inner else 0
            target = folder / _shortened(name)
            if name.lower().endswith(".zip"):
                self._unpack_inner(data, target.with_suffix(""), name)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)

    def _unpack_inner(self, data: bytes, folder: Path, name: str) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                self._unpack(archive, folder, inner=True)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            self.notes.append(f"{name} cannot be unpacked: {error}")

    def _read(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, limit: int) -> bytes | None:
        """At most `limit` bytes of one entry, whatever size the zip claims; None with a note otherwise."""
        try:
            with archive.open(info) as file:
                data = file.read(limit + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:  # broken or encrypted
            self.notes.append(f"{name} cannot be unpacked: {error}")
            return None
        if len(data) > limit:
            self.notes.append(f"{name} is larger than {limit / 2**20:.0f} MB and was left out")
            return None
        return data


def entry_name(info: zipfile.ZipInfo) -> str | None:
    """The path of a file in a zip, with forward slashes; None for folders, hidden files and ways out of the folder."""
    name = info.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if info.is_dir() or name.startswith("/") or not parts:
        return None
    return None if any(part.startswith(".") or part == "__MACOSX" for part in parts) else name


def _wanted(name: str, inner: bool) -> bool:
    """Notebooks, also with a second ending that browsers add; zips of the LMS's zip; Gradescope's list."""
    name = name.lower()
    if re.search(f"{ENDING}$", name):
        return True
    return not inner and (name.endswith(".zip") or name.endswith(METADATA))


def _shortened(name: str) -> str:
    """The path with parts that a file system can hold."""
    return "/".join(part if len(part.encode()) < 200 else part[:20] + part[-40:] for part in name.split("/"))
