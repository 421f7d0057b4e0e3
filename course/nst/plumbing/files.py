"""Files written whole or not at all."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_cache_path

from nst.errors import NSTError, SaveError


def write_atomically(path: str | Path, data: bytes, *, make_folder: bool = False) -> None:
    """Write the bytes `data` to `path`, which afterwards holds either all of them or what it held before.

    Raises SaveError where the disk is full, the folder is missing or read-only, or `path` is no ordinary file.
    """
    with open_atomically(path, make_folder=make_folder) as file:
        file.write(data)


@contextmanager
def open_atomically(path: str | Path, *, make_folder: bool = False) -> Iterator[BinaryIO]:
    """A file to write piece by piece; only where the block ends without an error does it become `path`.

    Raises SaveError as `write_atomically` does; the block's own NSTErrors pass through.
    """
    path = Path(path).resolve()  # where a link leads, so that the file is written and the link stays
    if path.exists() and not path.is_file():
        raise SaveError(f"{path} is not an ordinary file; give the name of a file to write.")
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}-{threading.get_native_id()}.part")
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # on the disk first, so that the rename cannot overtake it
        os.replace(part, path)
    except NSTError:
        raise
    except OSError as error:
        kept = "the old file is untouched; " if path.exists() else ""
        raise SaveError(f"{path} could not be written ({error.strerror}); {kept}{advice(path)}") from error
    finally:
        with suppress(OSError):  # after an error or Ctrl-C; else it has become `path`
            part.unlink()


def advice(path: Path) -> str:
    """What to do about a `path` that cannot be written."""
    if not path.parent.is_dir():
        return f"make the folder {path.parent} first."
    return "free some space or choose another place."


def cache_folder() -> Path:
    """Where downloads are kept: NST_CACHE, or `nst` in the user's cache folder."""
    return Path(os.environ.get("NST_CACHE") or user_cache_path("nst"))
