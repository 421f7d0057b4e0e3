"""Files written whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

import platformdirs

from nst.errors import SaveError


def write_atomically(path, data, *, make_folder=False):
    """Write the bytes `data` to `path`, which afterwards holds either all of them or what it held before.

    Raises SaveError where the disk is full, the folder is missing or read-only, or `path` is no ordinary file.
    """
    path = Path(path).resolve()  # through links: a link stays a link
    if path.exists() and not path.is_file():
        raise SaveError(f"{path} is not an ordinary file; give the name of a file to write.")
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        write_and_sync(part, data)
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):  # there may be no such folder
            part.unlink()
        kept = "the old file is untouched; " if path.exists() else ""
        raise SaveError(f"{path} could not be written ({error.strerror}); {kept}{advice(path)}") from error


def write_and_sync(path, data):
    """Write `data` and wait until it is on the disk, so that a rename after it cannot overtake it."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def advice(path):
    if not path.parent.is_dir():
        return f"make the folder {path.parent} first."
    return "free some space or choose another place."


def cache_folder():
    """Where downloads are kept: NST_CACHE, or `nst` where this system keeps a user's caches."""
    return Path(os.environ.get("NST_CACHE") or platformdirs.user_cache_path("nst", appauthor=False))
