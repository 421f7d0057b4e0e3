"""Public functions and methods say what they take and what they return: one dialect of annotations in both packages."""

import ast

from autograder.course import REPOSITORY

# What students write stays as students write it; a case of the attack corpus is told by its decorator.
STUDENTS_OWN = [path for path in (REPOSITORY / "autograder/exercises").glob("*.py") if path.name not in
                ("__init__.py", "inputs.py", "model.py", "toy_runs.py")]  # fmt: skip
ATTACKS = REPOSITORY / "autograder" / "rehearsal" / "attack"
PACKAGES = [REPOSITORY / "course" / "nst", REPOSITORY / "autograder"]
SOURCES = sorted(path for package in PACKAGES for path in package.rglob("*.py") if path not in STUDENTS_OWN)


def functions(body, prefix=""):
    """(name, definition) of the public functions and of the public methods of public classes."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield prefix + node.name, node


def bare(node):
    """What of a definition has no annotation (self, cls, *args and **kwargs need none)."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    names = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
    return names + ["return"] * (node.returns is None)


def test_public_functions_are_annotated():
    missing = {}
    for path in SOURCES:
        for name, node in functions(ast.parse(path.read_text(encoding="utf-8")).body):
            is_case = ATTACKS in path.parents and node.decorator_list
            if not is_case and (names := bare(node)):
                missing[f"{path.relative_to(REPOSITORY)}: {name}"] = names
    assert missing == {}, missing
