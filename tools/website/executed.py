"""Notebooks that were run, each kept under a digest of what it was made of."""

import ast
import functools
import hashlib
import os
import threading
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
_one_at_a_time = threading.Lock()  # two threads that parse upset each other in Python 3.11.7 (gh-106905)
_DOCUMENTED = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef


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
    """What the outputs depend on, as a hexadecimal number: the cells' code, that of nst, the pictures, the plan."""
    found = hashlib.sha256(plan.encode())
    for cell in code_cells(notebook):
        found.update(f"\0{cell.id}\0{cell.source}".encode())
    for path in ingredients():
        found.update(f"\0{path.relative_to(REPOSITORY)}\0".encode() + meaning(path))
    return found.hexdigest()[:24]


def meaning(path: Path) -> bytes:
    """A file's bytes; of Python what it does, without comments and docstrings, which may change as prose does."""
    content = path.read_bytes()
    return _without_words(content) if path.suffix == ".py" else content


@functools.cache
def _without_words(source: bytes) -> bytes:
    with _one_at_a_time:
        tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(tree).encode()


def ingredients() -> Iterator[Path]:
    """Every file of the package and of the pictures, pages to read left out, in a fixed order."""
    for name in INGREDIENTS:
        for path in sorted((REPOSITORY / name).rglob("*")):
            if path.is_file() and path.suffix != ".md" and not _LEFT_OUT & set(path.parts):
                yield path


def prune(kept: Path = KEPT, most: int = 40) -> None:
    """Remove all but the `most` executions that were used last."""
    files = sorted(kept.glob("*.ipynb"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[most:]:
        path.unlink()


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
