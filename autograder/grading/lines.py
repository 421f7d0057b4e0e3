"""Files of lines that several programs add to: one at a time, and whole lines, also while one writes the file anew."""

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from nst.plumbing.files import open_atomically


@contextlib.contextmanager
def alone(path: Path) -> Iterator[IO[bytes]]:
    """The file, for its owner only and made if there is none; nobody else adds to it as long as the block runs."""
    while True:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _still(path, file):
                yield file
                return


def rewrite(path: Path, lines: Iterable[bytes]) -> None:
    """Put these lines in the place of what is there, within `alone`: who waits for the old file takes the new one."""
    with open_atomically(path) as file:
        os.fchmod(file.fileno(), 0o600)
        file.writelines(lines)


def _still(path: Path, file: IO[bytes]) -> bool:
    """Is this open file the one of that name?"""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False
