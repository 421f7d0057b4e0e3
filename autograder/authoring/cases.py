"""Cases for judging: public ones, written to files for the notebook, and fresh ones for grading.

A case is drawn from the exercise's inputs; the right answer comes from the reference, the others from running the
known mistakes. A draw counts only if every mistake can be told from the truth and from every other mistake, and if
float32 arithmetic stays well within the tolerance; otherwise it is drawn again.
"""

import ast
import copy
import functools
import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.authoring.credit import credits_table
from autograder.authoring.masters import Masters
from autograder.course import CourseError
from autograder.exercises import Exercise, Known, entry
from nst.checks import case_files, syllabus
from nst.checks.calling import call
from nst.checks.comparison import SAME, Case, Mistake, Rule, cast, difference
from nst.checks.markers import Marker, Raised
from nst.checks.toy_problems import ToyProblem

PUBLIC_SEED = "public cases, version 1"
APART = 20.0  # tolerances between a known mistake and the truth, or another mistake
STEADY = 0.2  # tolerances that the reference may lose when its arguments are float32
DRAWS = 200
_CURE = (
    " Change or remove one of them in autograder/exercises/{name}.py, let its inputs differ more, or mend the "
    "reference in the master."
)


class SeparationError(CourseError):
    """Some known mistakes of an exercise cannot be told apart by any inputs drawn for it."""


@dataclass(frozen=True)
class GradedExercise:
    """One exercise of some masters as something to be judged: its points, its parts, and cases to judge answers on."""

    name: str
    masters: Masters

    @property
    def known(self) -> Exercise:
        """What is known of it: how to draw inputs, mistakes, other right answers."""
        return entry(self.name)

    @property
    def points(self) -> float:
        return float(self.masters.points[self.name])

    @property
    def parts(self) -> tuple[str, ...]:
        """The exercises whose functions this one may call: mistakes in them are paid for there."""
        return self.known.parts

    def fresh(self, seed: bytes | int) -> list[Case]:
        """Cases from an unpredictable seed: the same seed, the same cases; never those of the files."""
        data = seed if isinstance(seed, bytes) else str(int(seed)).encode()
        return self._drawn(b"fresh:" + data)

    def public(self) -> list[Case]:
        """The cases that `nst.check` uses."""
        return self._drawn(PUBLIC_SEED.encode())

    def stubs(self, cases: list[Case]) -> dict[str, list[tuple[tuple, Any]]]:
        """Part -> [(args, answer)]: right answers of the parts for exactly the inputs that these cases lead to."""
        scope, table = self.masters.namespace(self.name), {part: [] for part in self.parts}
        functions = {part: self.masters.reference(part) for part in self.parts}

        def record(part, args):
            answer = functions[part](*args)
            if not any(_equal(args, seen) for seen, _ in table[part]):
                table[part].append((copy.deepcopy(args), answer))
            return copy.deepcopy(answer)

        for part in self.parts:
            scope[part] = lambda *args, part=part: record(part, args)
        calls = self.known.part_calls or (lambda *args: ())
        for case in cases:
            args = cast(copy.deepcopy(case.args), np.float64)
            with np.errstate(all="ignore"):
                scope[self.name](*args)
                for part, part_args in calls(*args):
                    record(part, part_args)
        return table

    def function_of(self, source: str) -> Callable:
        """The function that this source of a cell defines."""
        return self.masters.function_of(self.name, source)

    def _drawn(self, seed):
        _check_kinds(self.known)
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed + b"/" + self.name.encode()).digest(), "big"))
        right, *wrong = _functions(self)
        wrong, rules = list(zip(self.known.mistakes, wrong, strict=True)), _rules(self.known)
        problem = "?"
        for _ in range(DRAWS):
            cases = [_case(inputs, right, wrong, rules, self.known.results) for inputs in self.known.inputs(rng)]
            problem = unsteady(cases, right) or confusion(cases)
            if problem is None:
                return cases
        raise SeparationError(f"{self.name}: after {DRAWS} draws of inputs, {problem}.{_CURE.format(name=self.name)}")


def graded_exercises(masters: Masters, notebook: str | None = None) -> list[GradedExercise]:
    """All exercises of these masters, or those of one notebook."""
    return [GradedExercise(name, masters) for name in masters.exercises(notebook)]


@functools.lru_cache(maxsize=64)
def _functions(exercise):
    """The reference and the functions of the known mistakes, made once for each state of the masters."""
    wrong = [_function(exercise, known) for known in exercise.known.mistakes]
    return [exercise.masters.reference(exercise.name), *wrong]


def _function(exercise: GradedExercise, known: Known) -> Callable:
    exercise.masters.reference(exercise.name)  # what is wrong with the reference is said of it
    try:
        return exercise.function_of(known.source)
    except Exception as error:  # of whatever kind: it is somebody's own code
        raise CourseError(f"{_module(exercise.name)}: the mistake {known.name} cannot be run: {error}") from error


def _check_kinds(known: Exercise) -> None:
    """CourseError for a mistake whose kind is no row of credit.toml."""
    kinds = {row.name: row.kind for row in known.limits} | {row.name: row.kind for row in known.mistakes}
    for name, kind in kinds.items():
        if kind not in (table := credits_table()):
            raise CourseError(
                f"{_module(known.name)}: the kind {kind!r} of {name} has no row in autograder/credit.toml; "
                f"there are: {', '.join(table)}"
            )


def _module(exercise: str) -> str:
    return f"autograder/exercises/{exercise}.py"


def check_exercises(masters: Masters) -> None:
    """CourseError, with what to do, for the first exercise that nobody could be judged on."""
    for exercise in graded_exercises(masters):
        exercise.fresh(0)


def write_public_cases(masters: Masters, folder: Path = case_files.FOLDER) -> list[Path]:
    """Write a file per exercise and the syllabus; remove files of exercises that are no more. Their paths.

    The same masters, the same bytes.
    """
    folder, written = Path(folder), []
    folder.mkdir(parents=True, exist_ok=True)
    for exercise in graded_exercises(masters):
        cases = exercise.public()
        text = case_files.dump_cases(cases, exercise.stubs(cases))
        path = folder / f"{exercise.name}.json"
        path.write_bytes(text.encode())
        written.append(path)
    for stale in set(folder.glob("*.json")) - set(written):
        stale.unlink()
    syllabus.write(syllabus_of(masters), folder)
    return [*written, folder / syllabus.NAME]


def syllabus_of(masters: Masters) -> list[syllabus.Entry]:
    """What gives points, in the order of the course, with what `nst.check` tells a student beside the verdict."""
    needed = {name: _functions_in(notebook.carried) for name, notebook in masters.notebooks.items()}
    return [
        _entry(name, notebook, points, tuple(later for later, functions in needed.items() if name in functions))
        for notebook in masters.notebooks.values()
        for name, points in notebook.all_points.items()
    ]


def _entry(name, notebook, points, carried):
    if name not in notebook.points:
        return syllabus.Entry(name, notebook.name, points, checked=False, optional=notebook.optional)
    plain = syllabus.Entry(name, notebook.name, points, checked=True, carried=carried, optional=notebook.optional)
    size = entry(name).at_work
    if size is None:
        return plain
    arguments = tuple(size.arguments.split())
    return replace(plain, arguments=arguments, filters=size.filters, positions=size.positions, calls=size.calls)


def _functions_in(source):
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def _equal(one, other):
    """Whether two sets of arguments hold the same values."""
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.shape == np.shape(other) and bool((one == other).all())
    return isinstance(one, ToyProblem) or one == other


def _rules(known):
    credit = credits_table()
    limits = [
        Rule(limit.name, credit[limit.kind], limit.hint, limit.tag, limit.kind == "edge") for limit in known.limits
    ]
    return (*limits, *(Rule(kind, value) for kind, value in credit.items()))


def _case(inputs, right, wrong, rules, results):
    """Answers are worked out in float64, also for float32 arguments: more exact, and the same on every machine."""
    credit, args = credits_table(), cast(inputs.args, np.float64)
    with np.errstate(all="ignore"):
        mistakes = tuple(
            Mistake(known.name, known.hint, *_outputs(function, args), credit=credit[known.kind])
            for known, function in wrong
        )
        expected = call(right, copy.deepcopy(args))
    parameters = tuple(inspect.signature(right).parameters)
    return Case(inputs.args, expected, mistakes, inputs.about, inputs.tags, rules, parameters, results)


def _outputs(function, args):
    """The answers of a known mistake to two calls; the second call is made only if the first changed its arguments."""
    mine = copy.deepcopy(args)
    first = _without_text(call(function, mine))
    return first, SAME if _equal(mine, args) else _without_text(call(function, mine))


def _without_text(answer):
    return Raised(answer.kind, "") if isinstance(answer, Raised) else answer


def unsteady(cases: list[Case], right: Callable) -> str | None:
    """What is wrong with the reference on these cases: it breaks down, or float32 arguments change its answer."""
    for case in cases:
        if isinstance(case.expected, Marker):
            return f"the reference fails with {case.about}: {case.expected}"
        with np.errstate(all="ignore"):
            answer = call(right, cast(case.args, np.float32))
        if difference(answer, case.expected, STEADY):
            return f"float32 arithmetic is too far off with {case.about}"
    return None


def confusion(cases: list[Case]) -> str | None:
    """The two known mistakes, or mistake and truth, that these cases cannot tell apart; None if there are none."""
    names = [m.name for m in cases[0].mistakes]
    outputs = {name: [m.outputs for case in cases for m in case.mistakes if m.name == name] for name in names}
    outputs["the right answer"] = [(case.expected, case.expected) for case in cases]
    everything = list(outputs)
    for i, one in enumerate(everything):
        for other in everything[i + 1 :]:
            if not _apart(outputs[one], outputs[other]):
                return f"{one} and {other} give the same answers"
    return None


def _apart(some, others):
    """Whether two lists of pairs of answers differ clearly in a value, or in a shape, in some case."""
    return any(
        difference(a, b, APART) and difference(b, a, APART)
        for pair, other in zip(some, others, strict=True)
        for a, b in zip(pair, other, strict=True)
    )
