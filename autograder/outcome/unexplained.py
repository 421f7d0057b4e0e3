"""`python -m autograder unexplained`: wrong answers that nothing known explains, grouped, the commonest first.

    python -m autograder unexplained             # the groups; autograder/report/ shows them as well
    python -m autograder unexplained --stub 1    # the first one as a known mistake, to be filled in

Each answer that was graded wrong without a name is called once more, in the sandbox, on the public cases of the
notebook: these are the same for everybody, so that equal values are one mistake, and no number of the hidden cases can
show. Parts answer right. What is explained by now, since a known mistake was added, is listed no more.
"""

import argparse
import ast
import json
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

import nbformat

from autograder.authoring.cases import GradedExercise
from autograder.authoring.masters import Masters
from autograder.course import ASSIGNMENT, Course, CourseError
from autograder.intake.merge import defined_names
from autograder.judging.answers import same
from autograder.judging.trial import Trial, message
from autograder.outcome import report
from autograder.outcome.mistakes import UNEXPLAINED, unnamed
from autograder.sandbox.levels import LEVELS, probe
from autograder.sandbox.limits import SandboxUnavailable
from nst.plumbing.files import write_atomically


@dataclass
class Group:
    """Equal wrong answers to one exercise: whose, what the check says to them, one of their sources; `answers` are the
    values, or None where none came."""

    exercise: str
    students: list[str]
    message: str
    source: str
    answers: list[tuple] | None = field(default=None, repr=False)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder unexplained", description=__doc__.split("\n")[0])
    parser.add_argument("assignment", nargs="?", default=ASSIGNMENT, help=f"default: {ASSIGNMENT}")
    parser.add_argument("--stub", type=int, metavar="N", help="print group N as a known mistake, to be filled in")
    parser.add_argument("--least", choices=[level for level in LEVELS if level != "unsafe"], help="refuse a lower rung")
    options = parser.parse_args(argv)
    course = Course(assignment=options.assignment)
    try:
        found = groups(course, probe(options.least).name)
    except SandboxUnavailable as error:
        raise CourseError(str(error)) from error
    write(found, course)
    if options.stub is None:
        print(told(found))
    elif 0 < options.stub <= len(found):
        print(stub(found[options.stub - 1]))
    else:
        raise CourseError(f"there is no group {options.stub}: there are {len(found)}")
    return 0


# --- finding and grouping ---------------------------------------------------------------------------------------------


def groups(course: Course, level: str) -> list[Group]:
    """The groups, the largest first. Raises CourseError where nobody was graded, SandboxUnavailable."""
    masters, tried, found = Masters(course.masters), {}, []
    for student, exercise in unnamed(report.class_report(course).students):
        source = answer_in(course, student, exercise, masters)
        if (exercise, source) not in tried:
            tried[exercise, source] = _tried(GradedExercise(exercise, masters), source, level)
        verdict, answers = tried[exercise, source]
        if verdict.mistake:
            continue  # explained by now
        one = Group(exercise, [student], message(verdict) or "right in all public cases", source, answers)
        like = next((group for group in found if _alike(group, one)), None)
        if like:
            like.students.append(student)
        else:
            found.append(one)
    return sorted(found, key=lambda group: (-len(group.students), group.exercise))


def _tried(exercise, source, level):
    (found,) = Trial(exercise, source, level).tried_on([exercise.public()])
    return found


def answer_in(course: Course, student: str, exercise: str, masters: Masters) -> str:
    """The cell of an exercise in a graded notebook, after the student's cells that make what it uses; no other
    exercise is among them."""
    (name,) = (name for name in masters.notebooks if exercise in masters.exercises(name))
    book = nbformat.read(course.autograded / student / course.assignment / f"{name}.ipynb", as_version=4)
    others, own, before = set(masters.points) - {exercise}, "", []
    for cell in (cell for cell in book.cells if cell.cell_type == "code"):
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade_id") == exercise or (not own and exercise in defined_names(cell.source)):
            own = cell.source
        elif not defined_names(cell.source) & others and not marks.get("locked"):
            before.append(cell.source)
    chosen: list[str] = []
    for source in reversed(before):  # what a later cell uses may come from an earlier one
        if _bound(source) & set(re.findall(r"\w+", "\n".join([own, *chosen]))):
            chosen.insert(0, source)
    return "\n\n".join([*chosen, own])


def _bound(source):
    """The names that a cell defines or imports."""
    try:
        imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    except SyntaxError:  # a magic
        imports = []
    names = {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}
    return defined_names(source) | names - {"np"}


def _alike(one: Group, other: Group) -> bool:
    """Whether two groups are the same mistake: the same exercise and, as far as they are values, the same answers."""
    if one.exercise != other.exercise or one.answers is None or other.answers is None:
        return one.exercise == other.exercise and one.answers is other.answers and one.message == other.message
    pairs = zip(one.answers, other.answers, strict=True)
    return all(same(a, b) for calls, others in pairs for a, b in zip(calls[:2], others[:2], strict=True))


# --- telling ----------------------------------------------------------------------------------------------------------


def told(found: Iterable[Group]) -> str:
    """The groups in words."""
    lines = []
    for number, group in enumerate(found, 1):
        who = ", ".join(group.students[:8]) + (" ..." if len(group.students) > 8 else "")
        count = f"{len(group.students)} student{'s' * (len(group.students) != 1)}"
        lines += [f"{number}. {group.exercise}, {count}: {who}", textwrap.indent(group.message, "   | ")]
        lines += [textwrap.indent(group.source.strip(), "     "), ""]
    if not lines:
        return "Every wrong answer has a name, or gave no answer at all."
    return "\n".join([*lines, "As a known mistake, to be filled in: python -m autograder unexplained --stub NUMBER"])


def write(found: Iterable[Group], course: Course) -> None:
    """Leave the groups where the class report looks for them."""
    rows = [{key: value for key, value in vars(group).items() if key != "answers"} for group in found]
    data = json.dumps(rows, indent=1, ensure_ascii=False).encode()
    try:
        write_atomically(course.home / report.FOLDER / UNEXPLAINED, data, make_folder=True)
    except OSError as error:
        raise CourseError(f"The groups cannot be written: {error}.") from error


def stub(group: Group) -> str:
    """A known mistake for `autograder/exercises/`: its name, kind and hint are to be filled in."""
    function = _function(group)
    return "\n".join(
        [
            f"# For autograder/exercises/{group.exercise}.py. Fill in a name; a kind, which is a row of",
            "# autograder/credit.toml; and the hint. Then: python -m autograder release, and",
            f"# python -m autograder assess {group.exercise}",
            '@exercise.mistake("KIND")',
            f"def NAME({ast.unparse(function.args)}):",
            '    """HINT: what is wrong, and where to look, without the solution. Students read it."""',
            *(textwrap.indent(ast.unparse(line), "    ") for line in function.body),
        ]
    )


def _function(group):
    """The answer as one function without a docstring: what else its cells hold stands inside, before it is called."""
    try:
        body = ast.parse(group.source).body
    except SyntaxError as error:
        raise CourseError(f"the answer of {group.students[0]} is no Python: {error}") from error
    last = body[-1] if body else None
    alone = len(body) == 1 and isinstance(last, ast.FunctionDef) and last.name == group.exercise
    own = next((s for s in body if isinstance(s, ast.FunctionDef) and s.name == group.exercise), None)
    if own is None:
        raise CourseError(
            f"the answer of {group.students[0]} holds no `def {group.exercise}`: write the mistake by hand"
        )
    if alone:
        function = own
        if ast.get_docstring(function) is not None:
            del function.body[0]
        return function
    names = [argument.arg for argument in (*own.args.posonlyargs, *own.args.args)]
    call = ast.parse(f"return {group.exercise}({', '.join(names)})").body if names else []
    return ast.FunctionDef("NAME", own.args, [*body, *call], [])
