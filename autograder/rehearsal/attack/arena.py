"""A throw-away course in which cases are handed in between honest students, graded, and looked at."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from autograder.authoring.cases import graded_exercises
from autograder.authoring.masters import Masters
from autograder.converting import register
from autograder.course import REPOSITORY, Course, CourseError
from autograder.grading.class_run import GradingOptions, grade_class
from autograder.judging.seeds import seed_of
from autograder.outcome.feedback_zips import generate
from autograder.rehearsal.attack.case import MAIN, NEXT, Case, Draft
from autograder.rehearsal.attack.traps import Traps
from autograder.rehearsal.samples import copy_course, filled, solved

NOTEBOOKS = [MAIN, NEXT]
HONEST = ("aa_honest", "zz_honest")
SMALL = {
    "cell_seconds": 3.0,
    "call_seconds": 1.0,
    "idle_seconds": 5.0,
    "computing": 40.0,
    "memory": 600 * 2**20,
    "address_space": 2 * 2**30,
    "processes": 24,
    "threads": 64,
    "files": 2000,
    "disk": 8 * 2**20,
    "file_size": 8 * 2**20,
}
NUMBER = re.compile(r"\d+\.\d{3,}")
LETTERS = re.compile(r"[\u4e00-\u9fff]{2,}")  # in which attacks spell what they saw
TIME = re.compile(r'"seconds": [\d.]+|[\d.]+ s\.|_seconds": [\d.]+')  # of grading, in the record and on the page


@dataclass
class Result:
    """What became of one case (or, named "", of the class as a whole). Points, and what was done to whom."""

    name: str
    gained: float = 0.0
    lost: float = 0.0
    harm: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)  # exercises below full marks about which nothing is said
    not_run: str = ""

    @property
    def clean(self) -> bool:
        return not (self.gained or self.lost or self.harm or self.others)


class Arena:
    """One class: `hand_in` cases, `grade` them in one of the ways of entering, and read the `results`."""

    def __init__(self, root: Path, traps: Traps, chosen: list[Case], limits: dict | None = None):
        self.course, self.traps, self.chosen = Course(root), traps, chosen
        self.limits = limits or {}
        with open(self.course.home / "nbgrader_config.py", "a") as config:
            config.write(f"\nc.TrustedGrading.limits = {self.limits!r}\n")
        self.masters = Masters(
            self.course.masters
        )  # read now: where nothing protects them, an attack may write to them
        self.points = self.masters.points
        self.where = {exercise: self.masters.notebook_of(exercise) for exercise in self.points}
        self.solved = self._solved_notebooks()
        skeletons = map(self.course.skeleton, self.course.notebooks())
        self.stubs = {cell.get("id"): cell.source for skeleton in skeletons for cell in skeleton.cells}

    def _solved_notebooks(self) -> dict[str, dict]:
        answers = solved(self.course)
        notebooks = {name: filled(self.course, name, answers) for name in self.course.notebooks()}
        return {name: json.loads(nbformat.writes(nb)) for name, nb in notebooks.items()}

    # --- handing in ---

    def hand_in(self) -> None:
        """Honest students, and every case's submission; resubmissions come with `resubmit`."""
        for student in HONEST:
            notebooks = json.loads(json.dumps(self.solved))
            cell = nbformat.v4.new_markdown_cell(f"mine alone: {self.traps.canaries['neighbour']}")
            notebooks[MAIN]["cells"].append(cell)
            self._write(student, notebooks)
        for case in self.chosen:
            if case.again:
                self._write(case.name, {name: self.solved[name] for name in case.notebooks})
            else:
                self._build(case)

    def resubmit(self) -> list[str]:
        """Hand in the second version of those that have one; their names."""
        for case in (again := [case for case in self.chosen if case.again]):
            shutil.rmtree(self.course.submitted / case.name)
            self._build(case)
        return [case.name for case in again]

    def _build(self, case: Case) -> None:
        notebooks = {name: self.solved[name] for name in case.notebooks}
        draft = Draft(case, self._folder(case.name), notebooks, self.stubs, self.traps.aims())
        case.build(draft)
        draft.write()

    def _write(self, student: str, notebooks: dict[str, dict]) -> None:
        folder = self._folder(student)
        folder.mkdir(parents=True)
        for name, nb in notebooks.items():
            (folder / f"{name}.ipynb").write_text(json.dumps(nb))

    def _folder(self, student: str) -> Path:
        return self.course.submitted / student / self.course.assignment

    # --- grading ---

    def grade(self, way: str = "command", *flags: str, student: list[str] | None = None) -> None:
        """Grade everything by `python -m autograder grade`'s own function, or by stock `nbgrader autograde`."""
        if way == "command":
            grade_class(self.course, student, GradingOptions(jobs=2))
        else:
            for name in student or ["*"]:
                stock_autograde(self.course, f"--student={name}", *flags)

    def feedback(self) -> None:
        """nbgrader's generate_feedback over the class."""
        with contextlib.suppress(CourseError):  # pages that are missing show in the results
            generate(self.course)

    # --- looking ---

    def results(self) -> list[Result]:
        """One result for each case, and one for the class as a whole."""
        harm = self.traps.harm()
        whole = Result("", harm=harm.pop("", []))
        for student in HONEST:
            scores = self.scores(student)
            if any(scores.get(e) != points for e, points in self.points.items()):
                whole.others.append(student)
            whole.harm += self.leaks(student)
        return [*(self._result(case, harm.get(case.name, [])) for case in self.chosen), whole]

    def _result(self, case: Case, harm: list[str]) -> Result:
        result, scores = Result(case.name, harm=harm + self.leaks(case.name)), self.scores(case.name)
        for exercise, points in self.points.items():
            share = case.share(exercise)
            if self.where[exercise] in case.notebooks and share is not None:
                over = round(scores.get(exercise, 0.0) - share * points, 6)
                result.gained += max(over, 0.0)
                result.lost += max(-over, 0.0)
        result.silent = self._silent(case.name)
        return result

    def scores(self, student: str) -> dict[str, float]:
        """Exercise -> automatic score in the gradebook; nothing where the student was not graded."""
        found = {}
        with Gradebook(self.course.db_url) as gradebook, contextlib.suppress(MissingEntry):
            for notebook in gradebook.find_submission(self.course.assignment, student).notebooks:
                found |= {g.name.removeprefix("test_"): float(g.auto_score or 0) for g in notebook.grades}
        return found

    def _records(self, student: str) -> Iterator[tuple[str, dict]]:
        for path in sorted((self.course.autograded / student / self.course.assignment).glob("*.ipynb")):
            yield path.stem, nbformat.read(path, as_version=4).metadata.get("autograder", {})

    def seconds(self, student: str) -> float:
        """How long judging took."""
        return sum(record.get("seconds", 0.0) for _, record in self._records(student))

    def _silent(self, student: str) -> list[str]:
        """Exercises below full marks whose student gets no word about why."""
        verdicts = {k: v for _, record in self._records(student) for k, v in record.get("verdicts", {}).items()}
        return [e for e, v in verdicts.items() if v["score"] < v["points"] and not (v["hint"] or v["reason"])]

    # --- what was returned ---

    def leaks(self, student: str) -> list[str]:
        """Secrets in what is released or returned: canaries, hidden numbers, our paths and tracebacks."""
        text = self.returned(student)
        own = "neighbour" if student in HONEST else None
        found = [
            f"secret read: {place}" for place, word in self.traps.canaries.items() if place != own and word in text
        ]
        own_words = self._handed_in(student)
        ours = [
            str(REPOSITORY / "autograder"),
            "autograder/grading/hooks.py",
            "autograder/judging/notebook.py",
            "BEGIN SOLUTION",
        ]
        found += [f"the grader's own text: {word}" for word in ours if word in text and word not in own_words]
        found += [f"spelt out: {word}" for word in LETTERS.findall(text) if word not in own_words]
        return found + self._hidden_numbers(student, text)

    def _handed_in(self, student: str) -> str:
        texts = [path.read_text(errors="replace") for path in self._folder(student).glob("*") if path.is_file()]
        for text in texts[:]:
            with contextlib.suppress(ValueError, RecursionError):
                texts.append(json.dumps(json.loads(text), ensure_ascii=False))  # letters that were escaped
        return "".join(texts)

    def returned(self, student: str) -> str:
        """Everything in the student's autograded and feedback folders, names and contents."""
        paths = [
            path for base in (self.course.autograded, self.course.feedback) for path in (base / student).rglob("*")
        ]
        return "\n".join(f"{path.name}\n{path.read_text(errors='replace') if path.is_file() else ''}" for path in paths)

    def _hidden_numbers(self, student: str, text: str) -> list[str]:
        """Inputs and expected values of the cases that this student was judged on, in what was returned."""
        released = "".join(path.read_text() for path in self.course.released.glob("*.ipynb"))
        known = self._handed_in(student) + released
        numbers = {number[:8] for number in NUMBER.findall(TIME.sub("", text)) if number not in known}
        if not numbers:
            return []
        return [f"hidden number {word}" for word in sorted(numbers & self._hidden(student))]

    def _hidden(self, student: str) -> set[str]:
        """The first digits of all numbers in the cases of the student's exercises."""
        words = set()
        for name, record in self._records(student):
            seed = seed_of(self.course, name, record.get("submission", ""))
            for exercise in graded_exercises(self.masters, name):
                for case in exercise.fresh(seed):
                    words |= {word[:8] for word in NUMBER.findall(repr(plain_numbers([case.args, case.expected])))}
        return words


def plain_numbers(value: Any) -> Any:
    """Nested lists of Python numbers, whose repr has all digits."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return [plain_numbers(item) for item in value.values()]
    return [plain_numbers(item) for item in value] if isinstance(value, list | tuple) else value


def stock_autograde(course: Course, *flags: str) -> None:
    """`nbgrader autograde` as an instructor types it, in the course's folder; its exit code is not looked at."""
    register(course)
    command = [sys.executable, "-m", "nbgrader", "autograde", course.assignment, "--force", *flags]
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'course'}"}
    subprocess.run(command, cwd=course.home, env=environment, capture_output=True, timeout=1800)


@contextlib.contextmanager
def arena(chosen: list[Case], limits: dict | None = None, notebooks: list[str] = NOTEBOOKS) -> Iterator[Arena]:
    """An arena of these notebooks with everything handed in; it is gone, with all that attacks left, afterwards."""
    with tempfile.TemporaryDirectory(prefix="arena-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "course"
        copy_course(Course(), root, notebooks)
        with Traps(root) as traps:
            place = Arena(root, traps, chosen, limits)
            plant(place.course, traps.canaries)
            place.hand_in()
            traps.arm()
            yield place


def plant(course: Course, canaries: dict[str, str]) -> None:
    """Canaries in the masters' solutions and in the gradebook."""
    for path in course.masters.glob("*.ipynb"):
        text = path.read_text()
        path.write_text(text.replace("### BEGIN SOLUTION\\n", f"### BEGIN SOLUTION\\n    # {canaries['solutions']}\\n"))
    with Gradebook(course.db_url) as gradebook:
        gradebook.update_or_create_student(HONEST[0], last_name=canaries["gradebook"])


def run(chosen: list[Case], way: str = "command", limits: dict | None = None, flags: tuple = ()) -> list[Result]:
    """Results of these cases in one class, graded in one way."""
    with arena(chosen, limits) as place:
        place.grade(way, *flags)
        if again := place.resubmit():
            place.traps.arm()
            place.grade(way, *flags, student=again)
        place.feedback()
        return place.results()
