"""Nothing hidden leaves: all that is released, and all that is returned to students who try to get it, is scanned.

Hidden are the fresh cases' numbers, the masters' solutions, the key and the seeds, and our own paths and tracebacks.
"""

import re
import zipfile

import nbformat
import pytest

from autograder.authoring.cases import graded_exercises
from autograder.authoring.masters import Masters
from autograder.authoring.release import write_archive
from autograder.course import REPOSITORY, Course
from autograder.exercises import entry
from autograder.grading.class_run import GradingOptions, grade_class
from autograder.judging.seeds import seed_key, seed_of
from autograder.outcome.feedback_zips import generate, write_zips
from autograder.rehearsal.attack.arena import NUMBER, plain_numbers
from autograder.rehearsal.samples import copy_course, hand_in

TELLS = """
def {name}(*arguments):
    def flat(value):
        if isinstance(value, (dict, list, tuple)):
            return [text for item in (value.values() if isinstance(value, dict) else value) for text in flat(item)]
        return [] if callable(value) else [f"{{float(number):.6g}}" for number in np.ravel(value)]
    numbers = " ".join(flat(arguments))
    print(numbers)
    {how}
"""
HOW = (
    "raise ValueError(numbers)",
    "raise type(f'E{numbers}', (Exception,), {})(numbers.replace('.', ' . '))",
    "return {numbers[:300]: 0.0, **dict.fromkeys(getattr(arguments[0], 'keys', list)(), 0.0)}",
    "return type(f'T{numbers[:40]}', (), {})()",
)
OURS = ("Traceback (most recent", "/module/", "BEGIN SOLUTION", *(f"{n}.py" for n in ("runner", "judging", "protocol")))


def solution_lines():
    """The lines of the masters' solutions that compute something, without the space around them."""
    found = set()
    for path in Course().masters.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for body in re.findall("### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL):
                found |= {line.strip() for line in body.splitlines() if re.search(r"@|\*|\.sum|reshape|\.T\b", line)}
    return {line for line in found if len(line) >= 12 and not line.startswith("#")}


def texts(files):
    """Name -> text; notebooks as the sources of their cells, one below the other, and all the rest of them."""
    return {name: data.decode("utf-8", "replace").replace('\\"', '"').replace("\\n", "\n") for name, data in files}


# --- what is released ---


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Every file of the archive that students get; the released notebooks and the helper are among them."""
    with zipfile.ZipFile(write_archive(Course(), tmp_path_factory.mktemp("scan") / "archive.zip")) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_no_line_of_a_solution_is_released(released):
    lines = solution_lines()
    assert len(lines) >= 15
    for name, text in texts(released.items()).items():
        assert not [line for line in lines if line in text], name


def test_no_file_of_the_graders_and_no_mark_of_a_solution_is_released(released):
    private = {path.read_bytes() for path in (REPOSITORY / "autograder").rglob("*.py") if path.stat().st_size > 100}
    for name, data in released.items():
        assert data not in private, name
        assert not re.search(rb"(BEGIN|END) (SOLUTION|HIDDEN)|(import|from) autograder", data), name


# --- what is returned ---


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class that wants to know: functions that tell their inputs in every way, and known mistakes of all kinds."""
    course = copy_course(Course(), tmp_path_factory.mktemp("scan") / "course")
    names = Masters(course.masters).exercises()
    tells = {name: TELLS.format(name=name, how=HOW[place % len(HOW)]) for place, name in enumerate(names)}
    hand_in(course, "tells", tells)
    hand_in(course, "wrong", {name: entry(name).mistakes[0].source for name in names})
    grade_class(course, settings=GradingOptions(jobs=2))
    return course


def returned(course, student):
    """All that goes back to a student, and the notebooks that their readers see."""
    folder = course.autograded / student / course.assignment
    files = [(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    generate(course, [student])
    (zipped,) = write_zips(course, [student])
    with zipfile.ZipFile(zipped) as archive:
        files += [(name, archive.read(name)) for name in archive.namelist()]
    assert len(files) > len(course.notebooks())  # pages of notebooks without points stay here
    return texts(files)


def hidden_numbers(course, student):
    """The digits of all numbers in a student's cases: inputs, right and wrong answers, the answers of parts."""
    found = set()
    for name in course.notebooks():
        record = nbformat.read(course.autograded / student / course.assignment / f"{name}.ipynb", as_version=4).metadata
        seed = seed_of(course, name, record["autograder"]["submission"])
        for exercise in graded_exercises(Masters(course.masters), name):
            drawn = exercise.fresh(seed)
            secret = [(c.args, c.expected, [mistake.outputs for mistake in c.mistakes]) for c in drawn]
            found |= {number[:7] for number in NUMBER.findall(repr(plain_numbers([secret, exercise.stubs(drawn)])))}
    return found


@pytest.mark.sandbox
@pytest.mark.parametrize("student", ["tells", "wrong"])
def test_nothing_hidden_is_returned(graded, student):
    folder = graded.submitted / student / graded.assignment
    own = "\n".join(texts((path.name, path.read_bytes()) for path in folder.glob("*")).values())
    hidden = hidden_numbers(graded, student)
    assert len(hidden) > 500
    key = seed_key(graded.home)
    secrets = {key.hex(), str(graded.root), str(REPOSITORY), *OURS, *solution_lines()}
    for name, text in returned(graded, student).items():
        seen = {number[:7] for number in NUMBER.findall(re.sub(r'"seconds": [\d.]+', "", text))}
        assert not sorted(number for number in seen & hidden if number not in own), name
        assert not [secret for secret in secrets if secret in text and secret not in own], name


@pytest.mark.sandbox
def test_the_scan_would_find_a_number(graded):
    """A number of the right kind in a page is found: the search itself works."""
    number = sorted(hidden_numbers(graded, "wrong"), key=len)[-1]
    assert number in {found[:7] for found in NUMBER.findall(f"<p>{number}123</p>")}
