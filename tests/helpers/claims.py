"""What the notebooks say with a number or a comparison, held against the cells' own values.

A claims file executes its master once (`run`) and has one test for each claim, with the sentence as the docstring:
`misquoted` finds those that the notebook no longer says. Where the plan is quick, claims about pictures that need a
student's size are skipped.
"""

import contextlib
import io
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from notebooks import MASTERS, read

student_plan_only = pytest.mark.skipif(
    os.environ.get("NST_PLAN") == "quick", reason="true of pictures of a student's size: run with NST_PLAN=full"
)


class Run:
    """A master, run: `.x` is variable x at the end, `.after[cell].x` after that cell, `.said[cell]` what it said."""

    def __init__(self, names, after, said):
        self.__dict__.update(names)
        self.after, self.said = after, said


def run(number):
    """The `Run` of the master whose name begins with `number`: its code cells in order, solved, without Jupyter."""
    path, names, after, said = master(number), {"__name__": "claims"}, {}, {}
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(path.parent):
        patch.setenv("NST_WEIGHTS", "bundled")
        patch.syspath_prepend(str(path.parent))
        for cell in read(path).cells:
            if cell.cell_type == "code":
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(compile(cell.source, f"{path.stem}: {cell.id}", "exec"), names)
                after[cell.id], said[cell.id] = SimpleNamespace(**names), out.getvalue()
    return Run(names, after, said)


def master(number) -> Path:
    (path,) = [path for path in MASTERS if path.name.startswith(number)]
    return path


def misquoted(number, tests):
    """Docstrings of `tests` (a module's globals) whose parts, between " ... ", do not stand in the notebook."""
    text = plain(" ".join(cell.source for cell in read(master(number)).cells))
    quoted = [test.__doc__ or "" for name, test in tests.items() if name.startswith("test_claim")]
    return [part for doc in quoted for part in doc.split(" ... ") if not part or plain(part) not in text]


def plain(text):
    """The words alone: no marks of Markdown, no quotes of Python, no line ends."""
    return re.sub(r"\s+", " ", re.sub(r"[*\"]|^> ", "", text, flags=re.M)).strip().rstrip(".")
