"""What is known of an exercise: how to draw inputs, which mistakes are made, which other answers are right."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from autograder.course import CourseError

PartCall = tuple[str, tuple]  # the name of a part, and the arguments of one call


@dataclass(frozen=True)
class Inputs:
    """Arguments of one case; `about` completes "With ..." in a hint, `tags` are what rules refer to."""

    args: tuple
    about: str
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """A known mistake: `source` is the cell that a student would have written; `kind` is a row of credit.toml; `hint`
    names the mistake and where to look, in one or two sentences."""

    name: str
    kind: str
    source: str
    hint: str


@dataclass(frozen=True)
class Limit:
    """An answer that is wrong in all and only cases of a tag; `kind` is a row of credit.toml."""

    name: str
    kind: str
    tag: str
    hint: str


@dataclass(frozen=True)
class AtWork:
    """How large the arguments are in the exercise's notebook: `tools/sizes_at_work.py` measures it.

    `arguments` is one word for each, as in nst/checks/timing.py; `calls` counts calls of that size.
    """

    arguments: str
    filters: int
    positions: int
    calls: int


@dataclass
class Exercise:
    """One exercise: how to draw its inputs, and its `mistakes` and right `variants` (name -> source of a cell).

    `parts` are the exercises whose functions it may call: a mistake there is paid for there. `part_calls(*args)` adds
    calls of parts (name, args) that a right answer may make and the reference does not. `at_work` says at which size
    a right answer is timed; None where no size matters. `results` are the names of what it returns, where that is
    several values.
    """

    name: str
    inputs: Callable[[np.random.Generator], Iterable[Inputs]]
    limits: tuple[Limit, ...] = ()
    parts: tuple[str, ...] = ()
    part_calls: Callable[..., Iterable[PartCall]] | None = None
    at_work: AtWork | None = None
    results: tuple[str, ...] = ()
    mistakes: list[Known] = field(default_factory=list)
    variants: dict[str, str] = field(default_factory=dict)

    def mistake(self, kind: str) -> Callable[[Callable], Callable]:
        """Decorator: this function is a known mistake of that kind; its docstring is the hint."""

        def register(function):
            if not function.__doc__:
                raise CourseError(f"the mistake {function.__name__} of {self.name} needs a docstring: students read it")
            hint = " ".join(function.__doc__.split())
            self.mistakes.append(Known(function.__name__, kind, self._cell(function), hint))
            return function

        return register

    def variant(self, function: Callable) -> Callable:
        """Decorator: this function is another right answer."""
        self.variants[function.__name__] = self._cell(function)
        return function

    def _cell(self, function):
        """The function's source under the exercise's name, without decorators and docstring."""
        (definition,) = ast.parse(inspect.getsource(function)).body
        definition.name, definition.decorator_list = self.name, []
        if ast.get_docstring(definition) is not None:
            del definition.body[0]
        return ast.unparse(definition) + "\n"


@dataclass(frozen=True)
class LineByLine:
    """A right answer of an exercise, line by line, so that a mistake or variant states only the lines that differ.

    `lines` maps the name of each line to its text, indented as it stands in the cell.
    """

    exercise: Exercise
    lines: dict[str, str]

    def cell(self, **other: str) -> str:
        """The cell with these lines replaced: by one line, by several, or by none where the text is empty.

        A replacement is indented as the line that it stands for. TypeError for a name that no line has.
        """
        if unknown := set(other) - set(self.lines):
            raise TypeError(f"{self.exercise.name} has no line {', '.join(sorted(unknown))}")
        texts = [_indented_like(line, other[name]) if name in other else line for name, line in self.lines.items()]
        return "".join(text + "\n" for text in texts if text)

    def mistake(self, name: str, kind: str, hint: str, /, **other: str) -> None:
        """Add the known mistake of writing these lines instead of the right ones."""
        self.exercise.mistakes.append(Known(name, kind, self.cell(**other), hint))

    def variant(self, name: str, /, **other: str) -> None:
        """Add the other right answer with these lines instead."""
        self.exercise.variants[name] = self.cell(**other)


def _indented_like(line, text):
    return textwrap.indent(text, line[: len(line) - len(line.lstrip())])


# Limits that several exercises share.
SQUARE_ONLY = Limit(
    "square_only",
    "square",
    "oblong",
    "Right when there are as many filters as positions, wrong otherwise: rows and columns, or N and M, are confused.",
)
EXTRA_LAYERS = Limit(
    "extra_layers",
    "edge",
    "more in x",
    "Right as long as both dicts have the same layers: features_x may hold more, which do not count.",
)
ORDER_OF_LAYERS = Limit(
    "order_of_layers",
    "edge",
    "order",
    "Right as long as both dicts list their layers in the same order: use the names.",
)
EQUAL = Limit(
    "equal",
    "edge",
    "equal",
    "Right unless the two are equal, and so the loss is zero, as where a walk starts from its own target.",
)
SILENT = Limit("silent", "edge", "silent", "Right unless a filter is silent: a row of zeros is a row like any other.")
