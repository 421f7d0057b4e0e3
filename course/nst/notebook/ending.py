"""Why a cell ended early, in words that say what to do, in place of a traceback.

IPython asks here before it shows one of these kinds of error. The error itself stays what it was: programs that run
notebooks see the same name and text.
"""

import linecache
import textwrap
from typing import Any

from nst.errors import NSTError
from nst.notebook import reading
from nst.plumbing.interrupts import kept_in_this_cell

WIDTH = 88  # characters of a line in a notebook
STUB = "replace the two lines `# YOUR CODE HERE` and `raise NotImplementedError()`"


def install() -> None:
    """Have the notebook's errors explained, if there is a notebook and nothing else does that already."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((NotImplementedError, NameError, KeyboardInterrupt, NSTError), _show)


def _show(shell, kind, error, traceback, tb_offset=None):
    words = "" if hasattr(error, "_render_traceback_") else explained(error, shell.user_ns)
    if words:
        say(error, words)
    shell.showtraceback((kind, error, traceback), tb_offset=tb_offset, running_compiled_code=True)


def say(error: Any, words: str) -> None:
    """From now on a notebook shows these words for the error, and no traceback."""
    lines = [textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in words.split("\n")]
    error._render_traceback_ = lambda: ["\n".join(lines)]


def explained(error: BaseException, names: dict[str, Any]) -> str:
    """What to do about the error of a cell whose globals are `names`; empty where its traceback says it best."""
    if isinstance(error, NotImplementedError):
        return _not_written(error, names)
    if isinstance(error, NameError) and error.name:
        return _not_made(error.name, names)
    if isinstance(error, KeyboardInterrupt):
        return _interrupted(error)
    if isinstance(error, NSTError):
        return f"{type(error).__name__}{_line(error, names)}: {error}"
    return ""


def _line(error, names):
    """Where in the notebook's own code, such as " in line 3 of the cell": the last such place."""
    step, line = error.__traceback__, 0
    while step is not None:
        line = step.tb_lineno if step.tb_frame.f_globals is names else line
        step = step.tb_next
    return f" in line {line} of the cell" if line else ""


def _interrupted(error):
    """With the best picture, if a run of this cell kept one."""
    best = kept_in_this_cell()
    if best is None:
        return ""
    from nst.drawing.figures import show  # only when it is needed: it brings in Pillow

    show(best, titles="the best so far", alt="the best picture of the run until it was interrupted")
    return f"Interrupted{f': {error}' if str(error) else ''}. nst.best_so_far() is the picture above."


def _not_written(error, names):
    """A stub is known by the last line that ran: it stands in one of the notebook's own cells."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None or step.tb_frame.f_globals is not names:
        return ""
    function = step.tb_frame.f_code.co_name
    if function == "<module>":
        return f"This cell is not written yet: {STUB}."
    if _carried(step.tb_frame.f_code.co_filename):
        return (
            f"{function} is not here yet: write nst.bring_along() into the carry-over cell, in place of all that "
            "stands in it, and run it. It brings the functions that you wrote in earlier notebooks."
        )
    return f"{function} is not written yet: {STUB} in its cell above, run it, then this one again."


def _carried(filename):
    """Whether the code of that name, as IPython keeps it, is a notebook's carry-over cell."""
    source = "".join(linecache.getlines(filename)).strip()
    cells = (cell for notebook in reading.notebooks() for cell in notebook.cells)
    return any(cell.name.startswith(reading.CARRY) and cell.source.strip() == source for cell in cells)


def _not_made(name, names):
    """A name that an earlier cell of the notebook binds is only waiting for that cell to be run."""
    here, position = _place(names)
    if here is None or all(name not in reading.names_made(cell.source) for cell in here.cells[:position]):
        return ""
    return (
        f"NameError: `{name}` is made by an earlier cell, which has not run since the kernel started: "
        "Run > Run All Above Selected Cell, then run this one again. That stops at an exercise which is not solved: "
        "then run the cells after it one by one."
    )


def _place(names):
    """(the notebook of this folder that the running cell stands in, its number among the code cells) or (None, 0)."""
    own, ran = reading.current_cell(), names.get("In") or [""]
    for alike in (lambda cell: own and cell.id == own, lambda cell: cell.source.strip() == ran[-1].strip() != ""):
        for notebook in reading.notebooks():
            for position, cell in enumerate(notebook.cells):
                if alike(cell):
                    return notebook, position
    return None, 0
