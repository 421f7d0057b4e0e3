"""`make fuzz`: a long search, led by coverage, for an upload that is neither read nor refused with a sentence.

`python tools/fuzz.py CORPUS -max_total_time=300` starts from what lies in CORPUS and keeps there what reached new code.
A crash is written to a file; its bytes become a test beside the others in tests/autograder/intake/. Those draw their
inputs with Hypothesis, which is told what zips and notebooks look like; atheris instead sees which branches of zipfile,
yaml and this package an input takes. It has no wheel for every platform; only `make fuzz` installs it.
"""

import contextlib
import io
import os
import sys
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["zipfile", "yaml", "autograder.intake", "autograder.names"]):
    from autograder.course import Course, CourseError
    from autograder.intake.lms import LMSS, Unclaimed, detect, read_name, root_of
    from autograder.intake.merge import fill_in
    from autograder.intake.notebook_file import Unreadable, read_cells
    from autograder.intake.people import People, read_metadata
    from autograder.intake.recognise import Recogniser, named_notebook, shown
    from autograder.intake.times import moment
    from autograder.intake.unzip import Budget, pieces

NAME = "03_gram_matrices"
SKELETON = Course().skeleton(NAME)
RECOGNISER = Recogniser({NAME: SKELETON})
BUDGET = 2**20


def upload(data: bytes) -> None:
    """A zip of a student's."""
    found = list(pieces("ann/work.zip", data, Budget(BUDGET)))
    assert sum(len(piece.data or b"") for piece in found) <= BUDGET
    for piece in found:
        assert shown(piece.path).isprintable()
        if piece.data is not None:
            RECOGNISER.version(piece.path, piece.data, piece.date)


def notebook(data: bytes) -> None:
    fill_in(SKELETON, read_cells(data))


def names(data: bytes) -> None:
    """Paths in an LMS's zip, a line each."""
    paths = [line for line in data.decode(errors="replace").split("\n") if line]
    for lms in [*LMSS, detect(paths)]:
        for path in paths:
            named_notebook(path, [NAME])
            try:
                named = read_name(lms, path, root_of(lms, paths))
                People(lms, [named]).of(named)
            except Unclaimed:
                continue


def metadata(data: bytes) -> None:
    """Gradescope's list."""
    named = read_name("gradescope", "submission_1/a.ipynb")
    for origin in People("gradescope", [named], read_metadata(data)).of(named):
        assert not set(f"{origin.student}{origin.last_name}{origin.email}") & set("<>&\"'`\\") - {"'"}


def time(data: bytes) -> None:
    try:
        moment(data.decode(errors="replace"))
    except ValueError as error:
        assert "write it as" in str(error)


TARGETS = (upload, notebook, names, metadata, time)


def one(data: bytes) -> None:
    """The first byte chooses what reads the others."""
    with contextlib.suppress(Unreadable, CourseError):
        TARGETS[data[0] % len(TARGETS) if data else 0](data[1:])


def seeds(folder: Path) -> None:
    """Inputs to begin with, where there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    memory = io.BytesIO()
    book = b'{"cells": [{"cell_type": "code", "source": ["x"], "metadata": {"nbgrader": {"grade_id": "gram_matrix"}}}]}'
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"a/{NAME}.ipynb", book)
        archive.writestr("b.zip", memory.getvalue())
    people = b"submission_1:\n  :submitters:\n  - :name: 'x'\n  :created_at: 2026-01-01 00:00:00 Z\n"
    paths = b"doejane_1_100_a.ipynb\nJane Doe_1_assignsubmission_file_/a.ipynb\nsubmission_1/a.ipynb"
    for number, data in enumerate((memory.getvalue(), book, paths, people, b"2026-12-01T23:59+01:00")):
        (folder / f"seed{number}").write_bytes(bytes([number]) + data)


if __name__ == "__main__":
    seeds(Path(sys.argv[1]))
    os.chdir(sys.argv[1])  # where crashes are written
    atheris.Setup([sys.argv[0], ".", *sys.argv[2:]], one)
    atheris.Fuzz()
