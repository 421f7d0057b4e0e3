"""`nst.bring_along`: the functions that a notebook needs from earlier ones, collected from the files beside it.

Files are read as text and nothing in them is run. What is collected is shown, and stands as real source in the
notebook's carry-over cell: graders run that cell.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from nst.checks import syllabus
from nst.errors import OptionError
from nst.notebook.reading import CARRY, Cell, Notebook, current_cell, notebooks, sources_run, tree_of

STUB = "def {name}(*arguments):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
Definition = tuple[ast.stmt, str]  # a statement that binds a name, and its source


def bring_along(notebook: str | None = None, *, folder: str | Path = ".") -> None:
    """Show the functions that this notebook needs, as you wrote them in the earlier notebooks of the folder.

    Run in the notebook's carry-over cell, it also puts them into that cell, in place of what stands there. What is
    missing or not written yet is said all at once. notebook: its file's name, where neither the page nor the cells
    that have been run tell it. Notebooks count as they were saved last. Raises OptionError for one that needs nothing.
    """
    there = {found.path.stem: found for found in notebooks(folder)}
    name = Path(notebook).stem if notebook else _open_notebook(there)
    needed = [entry for entry in syllabus.read().values() if name in entry.carried]
    if not needed:
        known = sorted({later for entry in syllabus.read().values() for later in entry.carried})
        raise OptionError(
            f'which notebook needs the functions? Name one: nst.bring_along("{known[-1]}") (or {", ".join(known[:-1])})'
        )
    block, missing = collected(needed, there, name)
    _hand_over(block, missing, len(needed), there.get(name), name)


def _open_notebook(there):
    """The name of the notebook whose cell this is, or of the one most of whose cells were run; "" for a draw."""
    own, ran = current_cell(), set(sources_run())
    for name, found in there.items():
        if own and any(cell.id == own for cell in found.cells):
            return name
    run = {name: sum(cell.source.strip() in ran for cell in found.cells) for name, found in there.items()}
    most = [name for name, count in run.items() if count == max(run.values())]
    return most[0] if len(most) == 1 else ""


def collected(needed: list[syllabus.Entry], there: dict[str, Notebook], name: str) -> tuple[str, list[str]]:
    """(source of the functions in `needed`, what is to be said of those that are missing); `there`: those at hand."""
    pieces, missing = {}, []
    carried = (name in there and there[name].cell(CARRY + name)) or None
    here = Notebook(Path(name), (carried,)) if carried else None  # what stands in the carry-over cell by now
    for entry in needed:
        reason = _brought(entry.name, there.get(entry.notebook), pieces)
        if reason and here and _solved(entry.name, here):
            reason = _brought(entry.name, here, pieces)
        if reason:
            missing.append(f"{entry.name}: {reason.format(file=f'{entry.notebook}.ipynb')}")
            pieces[entry.name] = _stub(entry.name, carried)
    return "\n\n\n".join(dict.fromkeys(pieces.values())), missing


def _brought(name, notebook, pieces):
    """Put the function and what it needs of its notebook into `pieces`; the reason where that cannot be done."""
    if notebook is None:
        return "there is no {file} in this folder that can be read"
    found = _definitions(notebook)
    own = notebook.cell(name)
    if own is not None and tree_of(own.source) is None:
        return "its cell in {file} cannot be read as Python"
    if name not in found:
        return "it is not in {file}"
    if not _solved(name, notebook):
        return "it is not written yet in {file} (or not saved)"
    for needed in _closure(name, found):
        pieces.setdefault(needed, found[needed][1])
    return ""


def _definitions(notebook) -> dict[str, Definition]:
    """Name -> what binds it: functions, classes, imports and constants outside of functions. A name's own cell wins."""
    found = {}
    for cell in notebook.cells:
        for name, definition in _of_cell(cell):
            own = found.get(name, (None, None, False))[2]
            if not own or cell.name == name:
                found[name] = (*definition, cell.name == name)
    return {name: (node, text) for name, (node, text, _) in found.items()}


def _of_cell(cell: Cell) -> Iterator[tuple[str, Definition]]:
    tree = tree_of(cell.source)
    for node in tree.body if tree else ():
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
        text = "\n".join(cell.source.splitlines()[first - 1 : node.end_lineno])
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, (node, text)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield (alias.asname or alias.name).partition(".")[0], (node, text)
        elif isinstance(node, ast.Assign) and _constant(node.value):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, (node, text)


def _constant(node):
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return isinstance(node, ast.Lambda)
    return True


def _solved(name, notebook):
    """Whether the function is there and does not begin by saying that it is not written."""
    node = _definitions(notebook).get(name, (None, ""))[0]
    for line in getattr(node, "body", [] if node is None else [ast.Return()]):
        if isinstance(line, ast.Return):
            return True
        if isinstance(line, ast.Raise) and "NotImplementedError" in ast.dump(line):
            return False
    return node is not None


def _closure(name, found, seen=()) -> list[str]:
    """The name after all that its definition needs, apart from NumPy and nst, which every notebook has."""
    node, order = found[name][0], []
    made = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
    for other in sorted(used - made - {"np", "nst", "check", name, *seen}):
        if other in found:
            order += [one for one in _closure(other, found, (*seen, name)) if one not in order]
    return [*order, name]


def _stub(name, carried):
    """The function's stub, as it stands in the carry-over cell."""
    return dict(_of_cell(carried)).get(name, (None, STUB.format(name=name)))[1] if carried else STUB.format(name=name)


def _hand_over(block, missing, count, here, name):
    """Show the block, and put it into the carry-over cell where that is the one that is being run."""
    from IPython import get_ipython

    cell = here and here.cell(CARRY + name)
    inside = cell is not None and cell.id == current_cell()
    print(f"{count - len(missing)} of {count} functions found.")
    for line in missing:
        print(f"  missing: {line}")
    if inside and hasattr(shell := get_ipython(), "set_next_input"):
        shell.set_next_input(block, replace=True)
        print("They stand in this cell now: look at them, then run it again. (If they do not, paste what follows.)")
    else:
        print(
            f'Paste what follows into the cell under "Bring ... along", in place of what stands there ({CARRY}{name}).'
        )
    print(f"\n{block}")
