"""Notebooks for Google Colab: the released ones, each begun by a cell that fetches the course.

They are made where pyproject.toml names a public repository on GitHub, from which Colab opens them, and nowhere else.
"""

import re
import tomllib
from pathlib import Path

from autograder.course import REPOSITORY
from nst.colab import with_first_cell

GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)/?")
FIRST_CELL = """\
# On Google Colab, run this cell first, in every session. It fetches the course; no file of yours is overwritten.
FOLDER = "/content"  # or "/content/drive/MyDrive": notebooks and pictures are then kept in your Google Drive
ADDRESS = "{address}"

import http.client, io, sys, urllib.error, urllib.request, zipfile, zlib

AGAIN = "Run this cell again in a minute; if that does not help, tell your instructor."
try:
    with urllib.request.urlopen(ADDRESS, timeout=60) as answer:
        zipfile.ZipFile(io.BytesIO(answer.read())).extractall("/content/.course")
except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
    sys.exit(f"{{ADDRESS}} does not answer ({{error}}). {{AGAIN}}")
except (zipfile.BadZipFile, zlib.error, EOFError, http.client.HTTPException) as error:
    sys.exit(f"What came from {{ADDRESS}} is damaged ({{error}}). {{AGAIN}}")
except OSError as error:
    sys.exit(f"The course cannot be unpacked ({{error}}). Runtime > Disconnect and delete runtime makes room.")

sys.path.insert(0, "/content/.course/{archive}/course")
from nst.colab import start

start(FOLDER)
"""


def repository() -> str:
    """The public repository as "owner/name", from pyproject.toml's `project.urls`; empty where none is named."""
    urls = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["urls"]
    named = GITHUB.fullmatch(urls["Repository"])
    return named[1] if named else ""


def first_cell(address: str, archive: str) -> str:
    """The source of the cell that fetches the archive of that name from the address, and starts the course."""
    return FIRST_CELL.format(address=address, archive=archive)


def generate(released: Path, folder: Path, source: str) -> None:
    """Every notebook of `released` into `folder`, with that first cell."""
    folder.mkdir(parents=True)
    for path in sorted(released.glob("*.ipynb")):
        (folder / path.name).write_bytes(with_first_cell(path.read_bytes(), source))
