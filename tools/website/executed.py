"""Notebooks that were run, each kept under a digest of what it was made of."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from autograder.course import REPOSITORY

KEPT = REPOSITORY / "build" / "executed"
PLAN = "full"  # the sizes that the notebooks ask for; NST_PLAN=quick is for tests
TIMEOUT = 1200  # seconds for a cell
INGREDIENTS = ("course/nst", "assets")  # what a cell can use besides its notebook
_LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}


def executed(notebook: NotebookNode, folder: Path, kept: Path = KEPT) -> NotebookNode:
    """The notebook with the outputs of its cells, run in `folder`.

    What was run before, with the same code, package, pictures and plan, is not run again: prose may change.
    Raises nbclient's CellExecutionError where a cell fails.
    """
    plan = os.environ.get("NST_PLAN") or PLAN
    file = kept / f"{digest(notebook, plan)}.ipynb"
    if not file.is_file():
        done = run(notebook, folder, plan)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        nbformat.write(done, draft)
        draft.replace(file)
    os.utime(file)  # `prune` keeps what was used lately
    outputs = {cell.id: cell.outputs for cell in code_cells(nbformat.read(file, as_version=4))}
    shown = nbformat.from_dict(notebook)
    for cell in code_cells(shown):
        cell.outputs = outputs[cell.id]
    return shown


def run(notebook: NotebookNode, folder: Path, plan: str = PLAN) -> NotebookNode:
    """A copy of the notebook, run in a kernel that finds this repository's nst and keeps no student's progress."""
    copy = nbformat.from_dict(notebook)
    paths = [str(REPOSITORY / "course"), *filter(None, [os.environ.get("PYTHONPATH")])]
    settings = {"NST_PLAN": plan, "NST_WEIGHTS": "bundled", "NST_PROGRESS": "off"}
    client = NotebookClient(copy, timeout=TIMEOUT, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, **settings, "PYTHONPATH": os.pathsep.join(paths)})
    return copy


def digest(notebook: NotebookNode, plan: str) -> str:
    """What the outputs depend on, as a hexadecimal number: the cells' code, nst, the pictures, the plan."""
    found = hashlib.sha256(plan.encode())
    for cell in code_cells(notebook):
        found.update(f"\0{cell.id}\0{cell.source}".encode())
    for path in ingredients():
        found.update(f"\0{path.relative_to(REPOSITORY)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:24]


def ingredients() -> Iterator[Path]:
    """Every file of the package and of the pictures, in a fixed order."""
    for name in INGREDIENTS:
        for path in sorted((REPOSITORY / name).rglob("*")):
            if path.is_file() and not _LEFT_OUT & set(path.parts):
                yield path


def prune(kept: Path = KEPT, most: int = 40) -> None:
    """Remove all but the `most` executions that were used last."""
    files = sorted(kept.glob("*.ipynb"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[most:]:
        path.unlink()


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
