"""Synthetic classes: as many submissions as wanted, of given kinds in given shares, the same for the same seed.

    python -m autograder synthetic FOLDER --students 300

honest   every answer right, in one of the ways of writing it that autograder/exercises/ knows
wrong    some answers with a known mistake each, some left out
broken   damaged or missing files, cells that raise, hang, or end the kernel
hostile  cases of autograder/attack/ that try to get marks or secrets (none that only eats up the machine)
"""

import argparse
import json
import random
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.exercises import entry
from autograder.rehearsal.samples import copy_course, filled, hand_in, solved

SHARES = {"honest": 0.55, "wrong": 0.35, "broken": 0.08, "hostile": 0.02}
RIGHT_ANSWERS = 0.6  # the chance that a "wrong" student has an exercise right all the same
UNWRITTEN = 0.1  # the chance that one is left as it was released

AIMS = {"project": "/nowhere", "bait": "/nowhere/bait", "token": "no token"}  # what attacks here may aim at


@dataclass(frozen=True)
class Member:
    """One synthetic student: `kind` is one of SHARES, `due` the score earned if the grader is right (None: unknown)."""

    student: str
    kind: str
    due: float | None
    about: str


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder synthetic", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="a new folder for the course and its class")
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    for kind, share in SHARES.items():
        parser.add_argument(f"--{kind}", type=float, default=share, help=f"share of these (default {share:g})")
    args = parser.parse_args(argv)
    if args.students < 1 or args.folder.exists():
        raise CourseError(f"Give 1 student or more, and a folder that is not there yet ({args.folder}).")
    course = copy_course(Course(), args.folder)
    shares = {kind: getattr(args, kind) for kind in SHARES}
    members = make_class(course, args.students, seed=args.seed, shares=shares)
    counts = {kind: sum(member.kind == kind for member in members) for kind in SHARES}
    print(f"{course.submitted}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
    return 0


def make_class(course: Course, students: int, *, seed: int = 1, shares: dict[str, float] | None = None) -> list[Member]:
    """Hand in `students` submissions; who they are, in order of names. The same arguments, the same bytes.

    The course must hold no submission yet (CourseError): a synthetic class is never mixed with a real one.
    """
    if course.submitted.exists():
        raise CourseError(f"{course.submitted} is there already: a synthetic class needs a course folder of its own.")
    maker = _Maker(course)
    kinds = _kinds(students, shares or SHARES, random.Random(f"{seed} kinds"))
    width = max(3, len(str(students)))
    return [
        maker.make(f"s{number:0{width}}", kind, random.Random(f"{seed} {number}"))
        for number, kind in enumerate(kinds, 1)
    ]


def _kinds(students: int, shares: dict[str, float], rng: random.Random) -> list[str]:
    """A kind for each student: each as often as its share says, to the nearest whole number."""
    total = sum(shares.values())
    if unknown := set(shares) - set(SHARES):
        raise CourseError(f"There is no kind of student called {', '.join(sorted(unknown))}: {', '.join(SHARES)}.")
    if total <= 0 or min(shares.values()) < 0:
        raise CourseError(f"Shares must be 0 or more, and not all 0: {shares}.")
    edges, kinds, upto = list(shares.items()), [], 0.0
    for kind, share in edges:
        upto += share / total
        kinds += [kind] * (round(students * upto) - len(kinds))
    rng.shuffle(kinds)
    return kinds


class _Maker:
    """Makes submissions for one course."""

    def __init__(self, course: Course):
        self.course, self.solved = course, solved(course)
        self.masters = Masters(course.masters)
        self.points = self.masters.points

    def make(self, student: str, kind: str, rng: random.Random) -> Member:
        due, about = getattr(self, f"_{kind}")(student, rng)
        return Member(student, kind, due, about)

    def _variants(self, rng: random.Random) -> dict[str, str]:
        """All answers right: each as the masters write it, or in one of the known other ways."""
        answers = dict(self.solved)
        for exercise in self.points:
            ways = [self.solved[exercise], *entry(exercise).variants.values()]
            answers[exercise] = rng.choice(ways)
        return answers

    def _honest(self, student: str, rng: random.Random) -> tuple[float | None, str]:
        hand_in(self.course, student, self._variants(rng))
        return float(sum(self.points.values())), "right in every exercise"

    def _wrong(self, student: str, rng: random.Random) -> tuple[float | None, str]:
        answers, made = self._variants(rng), {}
        for exercise in self.points:
            draw = rng.random()
            if draw >= RIGHT_ANSWERS + UNWRITTEN:
                mistake = rng.choice(entry(exercise).mistakes)
                answers[exercise], made[exercise] = mistake.source, mistake.name
            elif draw >= RIGHT_ANSWERS:
                del answers[exercise]  # what was released stays
                made[exercise] = "not written"
        hand_in(self.course, student, answers)
        return None, ", ".join(f"{exercise}: {name}" for exercise, name in made.items())

    def _broken(self, student: str, rng: random.Random) -> tuple[float | None, str]:
        answers = self._variants(rng)
        name = rng.choice([n for n in self.course.notebooks() if self.masters.exercises(n)])
        damage = rng.choice([_cut_off, _missing, _not_json, _linked, _raises, _exits, _hangs, _misspelt])
        folder = hand_in(self.course, student, answers)
        damage(folder / f"{name}.ipynb", self.course, answers, self.masters.exercises(name)[0])
        return None, f"{name}: {' '.join(str(damage.__doc__).rstrip('.').split())}"

    def _hostile(self, student: str, rng: random.Random) -> tuple[float | None, str]:
        from autograder.rehearsal.attack.case import Draft
        from autograder.rehearsal.attack.corpora import all_cases

        there = set(self.course.notebooks())
        cases = [c for c in all_cases() if c.corpus == "adversarial" and not (c.bomb or c.again)]
        case = rng.choice([c for c in cases if set(c.notebooks) <= there])
        notebooks = {name: filled(self.course, name, self.solved) for name in self.course.notebooks()}
        plain = {name: json.loads(nbformat.writes(nb)) for name, nb in notebooks.items()}
        folder = self.course.submitted / student / self.course.assignment
        stubs = {cell.id: cell.source for name in notebooks for cell in self.course.skeleton(name).cells}
        draft = Draft(case, folder, plain, stubs, {"root": str(self.course.root), "port": "9", **AIMS})
        case.build(draft)
        draft.write()
        return None, f"{case.name}: {case.idea}"


# --- what breaks a submission: (path of the notebook, course, the student's answers, an exercise of that notebook) ----


def _cut_off(path, *_):
    """The file ends in the middle."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _missing(path, *_):
    """The file is missing."""
    path.unlink()


def _not_json(path, *_):
    """The file holds a page of a login form."""
    path.write_text("<!DOCTYPE html><title>Log in</title>")


def _linked(path, course, *_):
    """The file is a link to the masters."""
    path.unlink()
    path.symlink_to(course.masters / path.name)


def _raises(path, course, answers, exercise):
    """A cell raises an error."""
    _rewrite(path, course, answers, exercise, "raise RuntimeError('not finished')")


def _exits(path, course, answers, exercise):
    """A cell ends the kernel."""
    _rewrite(path, course, answers, exercise, "import os\nos._exit(1)")


def _hangs(path, course, answers, exercise):
    """A function never returns."""
    _rewrite(path, course, answers, exercise, f"def {exercise}(*arguments):\n    while True:\n        pass")


def _misspelt(path, course, answers, exercise):
    """A cell is no Python."""
    _rewrite(path, course, answers, exercise, f"def {exercise}(*arguments)\n    return arguments")


def _rewrite(path, course, answers, exercise, source):
    nbformat.write(filled(course, path.stem, answers | {exercise: source}), path)
