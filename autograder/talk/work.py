"""What each student wrote: answers, reflections, cells and comments of their own, and the order of the cells."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import nbformat

from autograder.authoring.masters import Masters
from autograder.course import Course
from autograder.intake.clean_copy import deliver, students
from autograder.intake.merge import defined_names, fill_in, plain
from autograder.intake.notebook_file import StudentCell, Unreadable, read_cells

NO_TREE = (SyntaxError, ValueError, RecursionError, MemoryError)  # what is no Python, or nested too deep for it


@dataclass
class Work:
    """One hand-in, without what was released. `notebooks`: name -> the released notebook with the answers in it, but no
    outputs, since those of a class would not fit into memory; `orders`: notebook -> names of its cells where their
    order is not the released one."""

    student: str
    notebooks: dict[str, nbformat.NotebookNode] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)  # exercise -> source
    reflections: dict[str, str] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Reader:
    """Reads hand-ins of one course."""

    def __init__(self, course: Course):
        self.course, self.masters = course, Masters(course.masters)
        self.skeletons = {name: course.skeleton(name) for name in course.notebooks()}
        self.released = {
            comment for nb in self.skeletons.values() for cell in nb.cells for comment in comments(cell.source)
        }

    def everybody(self) -> list[Work]:
        """The hand-in of every student that lies in submitted/, in order of names."""
        return [self.current(student) for student in sorted(students(self.course.directory()))]

    def current(self, student: str) -> Work:
        """What lies in submitted/."""
        return self.read(student, deliver(self.course.directory(), student).notebooks)

    def read(self, student: str, files: dict[str, bytes]) -> Work:
        """The hand-in with these notebook files; what cannot be read is not in it."""
        work = Work(student)
        for name in sorted(files.keys() & self.skeletons.keys()):
            try:
                self._add(work, name, read_cells(files[name]))
            except Unreadable:
                continue
        return work

    def _add(self, work: Work, name: str, cells: list[StudentCell]) -> None:
        skeleton = self.skeletons[name]
        released = {cell.id: plain(cell.source) for cell in skeleton.cells}
        nb, _ = fill_in(skeleton, [replace(cell, outputs=[]) for cell in cells])
        work.notebooks[name] = nb
        exercises = self.masters.exercises(name)
        for cell in nb.cells:
            marks = cell.metadata.get("nbgrader", {})
            if released.get(cell.id) == plain(cell.source) or not cell.source.strip():
                continue
            if not marks.get("solution"):
                work.cells.append(cell.source)
            elif cell.cell_type != "code":
                work.reflections[marks.grade_id] = cell.source
            elif marks.grade_id in exercises and marks.grade_id in defined_names(cell.source):
                work.answers[marks.grade_id] = cell.source
            if cell.cell_type == "code":
                work.comments += [each for each in comments(cell.source) if each not in self.released]
        known = [cell.metadata.nbgrader.grade_id for cell in skeleton.cells if "nbgrader" in cell.metadata]
        order = tuple(dict.fromkeys(str(cell.grade_id) for cell in cells if cell.grade_id in known))
        if list(order) != [each for each in known if each in order]:
            work.orders[name] = order


def comments(source: str) -> list[str]:
    """The comments in a cell, also in one that is no Python to its end."""
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found.append(" ".join(token.string.lstrip("#").split()))
    except (tokenize.TokenError, SyntaxError):
        pass
    return [each for each in found if each]


def form(source: str, exercises: list[str]) -> str:
    """A text that is the same for two answers which differ in layout, comments and the names that they bind.

    Names of exercises stay, since others call them.
    """
    try:
        tree = ast.parse(source)
        names: dict[str, str] = {}
        for name in _bound(tree):
            if name not in exercises:
                names.setdefault(name, f"v{len(names)}")
        return ast.dump(_Plain(names).visit(tree))
    except NO_TREE:
        return plain(source)


def _bound(tree: ast.AST) -> Iterator[str]:
    """Names that a piece of code gives to something, in order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef):
            yield node.name


class _Plain(ast.NodeTransformer):
    """Other names, no docstrings, no annotations."""

    def __init__(self, names):
        self.names = names

    def visit_Name(self, node):
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node):
        return ast.arg(self.names.get(node.arg, node.arg))

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None

    def visit_FunctionDef(self, node):
        if ast.get_docstring(node) is not None:
            del node.body[0]
        node.name, node.returns = self.names.get(node.name, node.name), None
        return self.generic_visit(node)
