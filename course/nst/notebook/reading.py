"""Notebooks of a folder, read as text: nothing in them is run."""

import ast
import json
from dataclasses import dataclass
from pathlib import Path

CARRY = "carry_"  # the name of a cell for functions of earlier notebooks begins with it
MOST_BYTES = 50_000_000  # of one file; a notebook with all its pictures has a tenth of it


@dataclass(frozen=True)
class Cell:
    """A code cell: `name` is nbgrader's grade_id, or else the cell's id."""

    id: str
    name: str
    source: str


@dataclass(frozen=True)
class Notebook:
    """The code cells of one notebook, in their order, as they were saved last."""

    path: Path
    cells: tuple[Cell, ...]

    def cell(self, name: str) -> Cell | None:
        """The cell of that name; None if there is none."""
        return next((cell for cell in self.cells if name in (cell.name, cell.id)), None)


def notebooks(folder: Path | str = ".") -> list[Notebook]:
    """The notebooks of a folder by name; files that cannot be read as notebooks are left out."""
    found = (read(path) for path in sorted(Path(folder).glob("*.ipynb")))
    return [notebook for notebook in found if notebook is not None]


def read(path: Path) -> Notebook | None:
    """The notebook in that file; None where there is none that can be read."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return Notebook(path, tuple(_cell(cell) for cell in cells if cell["cell_type"] == "code"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _cell(cell):
    marks, source = cell.get("metadata", {}).get("nbgrader", {}), cell.get("source", "")
    name = str(cell.get("id", ""))
    return Cell(name, str(marks.get("grade_id") or name), source if isinstance(source, str) else "".join(source))


def tree_of(source: str) -> ast.Module | None:
    """The syntax tree of a cell without its magics; None where it is no Python."""
    lines = [("pass" if line.startswith(("%", "!")) else line) for line in source.splitlines()]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def names_made(source: str) -> set[str]:
    """The names that a cell binds outside of its functions and classes."""
    found, waiting = set(), list(ast.iter_child_nodes(tree_of(source) or ast.Module([], [])))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        if not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp):
            waiting += ast.iter_child_nodes(node)
    return found


def current_cell() -> str | None:
    """The id of the notebook cell that is being run, where the page tells it; None elsewhere."""
    from IPython import get_ipython

    parent = getattr(get_ipython(), "get_parent", dict)()
    return parent.get("metadata", {}).get("cellId")


def sources_run() -> list[str]:
    """The sources of the cells that were run in this kernel, in their order; none outside of IPython."""
    from IPython import get_ipython

    history = getattr(get_ipython(), "user_ns", {}).get("In", [])
    return [source.strip() for source in history if isinstance(source, str)]
