"""What is known of an exercise: how to draw inputs, which mistakes are made, which other answers are right."""

import ast
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np


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


@dataclass
class Exercise:
    """One exercise: how to draw its inputs, and its `mistakes` and right `variants` (name -> source of a cell).

    `parts` are the exercises whose functions it may call: a mistake there is paid for there. `part_calls(*args)` adds
    calls of parts (name, args) that a right answer may make and the reference does not.
    """

    name: str
    inputs: Callable[[np.random.Generator], Iterable[Inputs]]
    limits: tuple[Limit, ...] = ()
    parts: tuple[str, ...] = ()
    part_calls: Callable[..., Iterable[tuple[str, tuple]]] | None = None
    mistakes: list[Known] = field(default_factory=list)
    variants: dict[str, str] = field(default_factory=dict)

    def mistake(self, kind):
        """Decorator: this function is a known mistake of that kind; its docstring is the hint."""

        def register(function):
            hint = " ".join(function.__doc__.split())
            self.mistakes.append(Known(function.__name__, kind, self._cell(function), hint))
            return function

        return register

    def variant(self, function):
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


SQUARE_ONLY = Limit(
    "square_only",
    "square",
    "oblong",
    "Right when there are as many filters as positions, wrong otherwise: rows and columns, or N and M, are confused.",
)
