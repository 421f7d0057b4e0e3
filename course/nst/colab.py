"""The course on Google Colab: what a notebook's first cell does there once the course's files have come.

Colab forgets every file with the session, but for Google Drive and the notebook that is open. Its packages stay as they
are: its TensorFlow, NumPy and what was compiled for them belong together, and the course runs on them. Only what Colab
lacks is added, in the versions of the course's lock, and without what those ask for in turn.
"""

import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

from nst.constants import BUNDLED_PACKAGE
from nst.errors import OptionError, SaveError
from nst.notebook.reading import sources_run
from nst.plumbing.files import write_atomically

COURSE = Path(__file__).resolve().parents[2]  # the unpacked archive
NAME = "neural-style-transfer"  # of the folder with the notebooks
DRIVE = "/content/drive"  # where Colab shows Google Drive
ADDED = (BUNDLED_PACKAGE, "anywidget", "psygnal")  # none of them has to do with NumPy; anywidget needs psygnal
FIRST = "start_on_colab"  # the id of the notebooks' first cell


def start(folder: str = "/content") -> None:
    """Add the packages that are missing, put the notebooks into `folder` unless they are there, and go to them.

    folder: where the notebooks' folder lies or is made; below /content/drive it is in the user's Google Drive, which
    is opened first. A file that is there is never written. A notebook that is put there begins with the cell that
    called this one. Raises OptionError for a folder that is no whole path, SaveError where nothing can be written.
    """
    if not os.path.isabs(folder):
        raise OptionError(f"FOLDER is {folder!r}; it must be a whole path, as /content or {DRIVE}/MyDrive.")
    in_drive = Path(folder).is_relative_to(DRIVE)
    if in_drive:
        _open_drive()
    _add_packages()
    place = Path(folder, NAME)
    written = sum(_put(path, place) for path in sorted((COURSE / "course" / "style_transfer").rglob("*.*")))
    os.chdir(place)
    there = "new" if written else "as you left them"
    after = (
        f"in Google Drive, open a notebook of {NAME}" if in_drive else "File > Save a copy in Drive keeps your answers"
    )
    print(f"The notebooks lie in {place}, {there}. Next: {after}; or go on below.")


def _open_drive():
    try:
        importlib.import_module("google.colab.drive").mount(DRIVE)
    except Exception as error:  # Colab raises kinds of its own
        advice = 'Run the cell again and allow it, or set FOLDER = "/content".'
        raise SaveError(f"Google Drive was not opened ({error}). {advice}") from error


def _add_packages():
    """Install what of `ADDED` is missing; where that fails, say what goes without it."""
    missing = [name for name in ADDED if not _is_there(name)]
    if not missing:
        return
    pins = dict(line.split(";")[0].strip().split("==") for line in _lock() if "==" in line)
    wanted = [f"{name}=={pins[name]}" for name in missing]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *wanted]
    done = subprocess.run(command, capture_output=True, text=True)
    importlib.invalidate_caches()
    if done.returncode:
        why = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        print(f"pip could not install {', '.join(missing)} ({why}). Exercises and checks work without; run this again.")


def _lock():
    return (COURSE / "requirements.txt").read_text(encoding="utf-8").splitlines()


def _is_there(name):
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def _put(path, place):
    """Copy a file of the course to its place unless one lies there; whether it was copied."""
    target = place / path.relative_to(COURSE / "course" / "style_transfer")
    if target.exists():
        return False
    data = path.read_bytes()
    write_atomically(target, with_first_cell(data) if path.suffix == ".ipynb" else data, make_folder=True)
    return True


def with_first_cell(notebook: bytes, source: str = "") -> bytes:
    """The notebook with a first cell of that source; without one, of the source of the cell that is being run."""
    source = source or next(reversed(sources_run()), "")
    document = json.loads(notebook)
    cell = {"cell_type": "code", "execution_count": None, "id": FIRST, "metadata": {}, "outputs": []}
    document["cells"].insert(0, cell | {"source": source.splitlines(keepends=True)})
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
