"""Names of ours that stand in strings, where no import would fail, are there (looked up outside of any sandbox).

An attack case that imports the grader under a name that it no longer has would fail for that reason, and prove nothing.
"""

import ast
import pkgutil
import re
import textwrap

from traitlets.config import PyFileConfigLoader

import nst
from autograder.__main__ import VERBS
from autograder.course import REPOSITORY, Course

OURS = re.compile(r"(?:autograder|nst)(?:\.\w+)+")
FOLDERS = ("autograder", "course/nst", "tests", "benchmarks", "tools")
SOURCES = [path for folder in FOLDERS for path in sorted((REPOSITORY / folder).rglob("*.py"))]


def there(name):
    """Whether a dotted name is a module, or something in one."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def strings(path):
    """The strings of a source file, docstrings included."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def imports_in(text):
    """What of ours a piece of Python in a string imports."""
    try:
        nodes = list(ast.walk(ast.parse(textwrap.dedent(text))))
    except (SyntaxError, ValueError):  # prose
        return set()
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {
        name
        for name in plain | {f"{node.module}.{alias.name}" for node in froms for alias in node.names}
        if OURS.fullmatch(name)
    }


def missing(names_of):
    """file -> names in its strings that are not there."""
    found = {
        path: sorted(name for text in strings(path) for name in names_of(text) if not there(name)) for path in SOURCES
    }
    return {str(path.relative_to(REPOSITORY)): names for path, names in found.items() if names}


def test_strings_that_are_a_dotted_name():
    assert missing(lambda text: {text} if OURS.fullmatch(text) else set()) == {}


def test_imports_in_strings():
    assert missing(imports_in) == {}


def test_attacks_import_the_grader_and_the_helper():
    names = {name for path in SOURCES if "attack" in path.parts for text in strings(path) for name in imports_in(text)}
    assert {name.split(".")[0] for name in names} == {"autograder", "nst"}


def test_public_names_of_nst():
    assert [name for module, names in nst._MODULES.items() for name in names if not there(f"nst.{module}.{name}")] == []


def test_verbs():
    assert [verb for verb, (module, _) in VERBS.items() if not there(f"{module}.main")] == []


def test_nbgrader_config():
    names = OURS.findall(str(PyFileConfigLoader("nbgrader_config.py", path=str(Course().home)).load_config()))
    assert len(names) >= 9
    assert [name for name in names if not there(name)] == []
