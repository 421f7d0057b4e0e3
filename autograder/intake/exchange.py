"""nbgrader's exchange without trust: `nbgrader collect` and formgrader's button come here (see nbgrader_config.py).

Every student can write into the exchange's inbound folder. nbgrader only warns of a hand-in under somebody else's name,
copies what links in it point to, and stops at an odd name. Here such a thing is left out and named; the rest goes on.
"""

import logging
import os
import pwd
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeCollect

from autograder.course import CourseError, course_of
from autograder.intake.attempts import keep_in_place
from autograder.intake.clean_copy import MAX_ENTRIES, MAX_READ, SECRET, TIMESTAMP, Refused, read_file, unusable
from autograder.intake.notebook_file import MAX_BYTES

_BESIDE = (TIMESTAMP, SECRET)  # what nbgrader puts beside the notebooks


class Collect(ExchangeCollect):
    """nbgrader's collect: only what lies there under its owner's name, plain files only; what it replaces is kept."""

    src_records: list[dict]

    def init_src(self) -> None:
        super().init_src()
        self.src_records = [record for record in self.src_records if record["username"]]

    def _path_to_record(self, path: str) -> dict:
        """nbgrader's record of one hand-in; one of nobody if it is not to be collected."""
        try:
            record = super()._path_to_record(path)
            why = unusable(record["username"]) or self._foreign(path, record["username"])
        except (ExchangeError, ValueError, OverflowError):
            why = "its name holds no time"
        if not why:
            return record
        self.log.error("Left in the exchange, not collected: %r (%s)", os.path.basename(path), why)
        return {"username": "", "filename": "", "timestamp": datetime.min}

    def _foreign(self, path: str, student: str) -> str:
        """Why this is not that student's folder; "" if it is."""
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode):
            return "it is no folder"
        try:
            owner = pwd.getpwuid(found.st_uid).pw_name
        except KeyError:
            owner = f"user {found.st_uid}, whom this machine does not know"
        return f"it belongs to {owner}" if self.check_owner and owner != student else ""

    def copy_files(self) -> None:
        self._keep()
        super().copy_files()
        self._keep()

    def _keep(self) -> None:
        """Let no hand-in be lost that another one replaces: python -m autograder attempts lists them."""
        try:
            for record in self.src_records:
                keep_in_place(course_of(self.coursedir), record["username"])
        except CourseError as error:
            self.fail(str(error))

    def do_copy(self, src: str, dest: str, log: logging.Logger | None = None) -> None:
        """Copy notebooks, time and secret; name what else lies there and did not come with the assignment."""
        ours = {path.name for path in course_of(self.coursedir).released.iterdir() if path.suffix != ".ipynb"}
        os.makedirs(dest)
        for name, found in _plain_files(Path(src)):
            if isinstance(found, bytes):
                (Path(dest) / name).write_bytes(found)
            elif name not in ours and not name.startswith("."):
                self.log.warning("Left in the exchange: %r of %r (%s)", name, Path(src).name, found)


def _plain_files(folder: Path) -> Iterator[tuple[str, bytes | str]]:
    """Name, and bytes or why it is not read, of what lies in a folder that somebody else can change meanwhile."""
    folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    left = MAX_READ
    try:
        with os.scandir(folder_fd) as listing:
            names = [entry.name for entry, _ in zip(listing, range(MAX_ENTRIES), strict=False)]
        for name in sorted(names, key=lambda each: (each not in _BESIDE, each)):
            if not (".ipynb" in name.lower() or name in _BESIDE):
                yield name, "no notebook"
                continue
            try:
                data = read_file(folder_fd, name, min(left, MAX_BYTES))
            except (Refused, OSError) as error:
                yield name, str(error)
            else:
                left -= len(data)
                yield name, data
    finally:
        os.close(folder_fd)
