"""One idea, one case: a submission built by code from the solved notebook, and the outcome that it must have."""

import copy
import json
import string
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

MAIN = "03_gram_matrices"  # two exercises, one of which stands on the other; needs no earlier notebook
NEXT = "04_style_loss"  # has a carry-over cell
WRONG = "def gram_matrix(F):\n    return np.zeros((len(F), len(F)))"
CASES: dict[str, "Case"] = {}


@dataclass(frozen=True)
class Case:
    """`due`: exercise -> share of its points that the submission deserves; exercises that are not named deserve all.

    A share of None is the student's own doing either way and not counted. `bomb`: never run without a sandbox.
    `small`: run with small limits, since it uses up what it is given. `again`: a resubmission, after a solved one.
    """

    name: str
    corpus: str
    idea: str
    build: Callable[["Draft"], None]
    due: dict[str, float | None] = field(default_factory=dict)
    notebooks: tuple[str, ...] = (MAIN,)
    bomb: bool = False
    small: bool = False
    again: bool = False

    def share(self, exercise: str) -> float | None:
        return self.due.get(exercise, self.due.get("*", 1.0))


def corpus(name: str, **usual) -> Callable:
    """A decorator factory: `@case(gram_matrix=0)` registers the function below it as a case of the corpus `name`.

    Its docstring is the idea; `usual` are exercises' shares that hold unless a case says otherwise.
    """

    def case(*, notebooks=(MAIN,), bomb=False, small=False, again=False, due=None, **shares):
        def register(build):
            idea = textwrap.dedent(build.__doc__).strip().split("\n")[0].rstrip(".")
            outcome = due if due is not None else {**usual, **shares}
            small_limits = small or bomb
            CASES[build.__name__] = Case(
                build.__name__, name, idea, build, outcome, notebooks, bomb, small_limits, again
            )
            return build

        return register

    return case


class Draft:
    """A submission on its way: solved notebooks as JSON, its folder, stubs as released, and what attacks aim at."""

    def __init__(self, case: Case, folder: Path, notebooks: dict[str, dict], stubs: dict[str, str], aims: dict):
        self.case, self.folder, self.stubs, self.aims = case, folder, stubs, {**aims, "case": case.name}
        self.notebooks = {name: copy.deepcopy(nb) for name, nb in notebooks.items()}
        self.files: dict[str, bytes] = {}  # written beside, or instead of, notebooks

    @property
    def nb(self) -> dict:
        return self.notebooks[self.case.notebooks[0]]

    @property
    def cells(self) -> list[dict]:
        return self.nb["cells"]

    def index(self, grade_id: str) -> int:
        """Place of the cell with that grade_id in the first notebook."""
        return next(
            i for i, c in enumerate(self.cells) if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
        )

    def cell(self, grade_id: str) -> dict:
        """The cell with that grade_id, in whichever notebook it is."""
        cells = (cell for notebook in self.notebooks.values() for cell in notebook["cells"])
        return next(cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)

    def text(self, source: str) -> str:
        """Dedented source with $port, $token, $root, $case ... filled in."""
        return string.Template(textwrap.dedent(source).strip("\n")).safe_substitute(self.aims)

    def answer(self, exercise: str, source: str) -> None:
        """Replace the text of a solution cell."""
        self.cell(exercise)["source"] = self.text(source)

    def unanswer(self, exercise: str) -> None:
        """Put the text back that was released."""
        self.cell(exercise)["source"] = self.stubs[exercise]

    def wrong(self) -> None:
        """A gram_matrix that returns zeros: what an attack wants marks for."""
        self.answer("gram_matrix", WRONG)

    def add(self, source: str, before: str | None = "gram_matrix", kind: str = "code") -> dict:
        """A cell of the student's own before the one with that grade_id, or at the end (None)."""
        make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
        cell = make(self.text(source), id=f"own-{len(self.cells)}")  # the same bytes each time
        self.cells.insert(len(self.cells) if before is None else self.index(before), cell)
        return cell

    def attack(self, source: str) -> None:
        """A wrong answer, and before it a cell with this code."""
        self.wrong()
        self.add(source)

    def write(self) -> None:
        """Write notebooks and other files to the folder; what `build` put there itself stays."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, nb in self.notebooks.items():
            path = self.folder / f"{name}.ipynb"
            if path.name not in self.files and not path.is_symlink() and not path.exists():
                path.write_text(json.dumps(nb))
        for name, data in self.files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(data)
