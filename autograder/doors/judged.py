"""Judge one submission, notebook by notebook, with the verdicts that `grade` gives, within a budget of time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.authoring.masters import MasterNotebook, Masters
from autograder.course import Course
from autograder.doors.outcome import BY_A_PERSON, NOT_JUDGED, PARTLY, RIGHT, WRONG, Outcome, Test
from autograder.doors.reading import Submission, read
from autograder.doors.room import sandbox_memory, spare_fits
from autograder.grading.hooks import clean_score, message
from autograder.intake.merge import fill_in
from autograder.judging import jobs, seeds
from autograder.judging.ahead import Kernels
from autograder.outcome.pages import credit_reasons
from autograder.sandbox.limits import Limits, SandboxUnavailable

LEAST_SECONDS = 5.0  # with less left, a notebook is not begun
ENDING_SECONDS = 2.0  # of a notebook's share, for stopping its kernel and writing
LATE = (
    "Not judged in time: all notebooks together may take {:g} seconds here. A cell or a function that runs for very "
    "long, here or in a notebook before this one, is the usual cause; if yours has none, tell your instructor."
)
HOW = (
    "The verdicts are computed outside your notebook, on inputs that differ from those of its checks. (Confinement "
    "{level}, grader {grader}, submission {submission}, key of the inputs {seed_key}.)"
)
FAULTY = "Not judged: the grader itself failed here. This is not your fault: tell your instructor."


class Clock:
    """A budget of `total` seconds, of which `spent` are gone already."""

    def __init__(self, total: float, spent: float = 0.0):
        self.total, self.begun = total, time.monotonic() - spent

    @property
    def left(self) -> float:
        return self.begun + self.total - time.monotonic()

    @property
    def spent(self) -> float:
        return self.total - self.left


def outcomes(
    course: Course, folder: Path, level: str, clock: Clock, handed_in: dict | None = None
) -> Iterator[Outcome]:
    """The outcome so far, after each notebook with points; the last one is complete. CourseError as in `read`.

    No notebook takes more than its share of the time that is left, so one that hangs does not cost the others theirs.
    """
    return _Run(course, folder, level, clock, handed_in or {}).outcomes()


@dataclass
class _Judged:
    """One notebook: its tests, and what was found about it."""

    tests: list[Test]
    judgement: dict | None = None
    faulty: bool = False


class _Run:
    """One submission on its way."""

    def __init__(self, course: Course, folder: Path, level: str, clock: Clock, handed_in: dict):
        self.course, self.level, self.clock, self.handed_in = course, level, clock, handed_in
        self.masters = Masters(course.masters)
        self.submission: Submission = read(course, folder)
        there = {*self.submission.cells, *self.submission.reasons}
        self.names = [name for name in self.masters.graded() if name in there]  # optional ones only if handed in
        self.late = LATE.format(clock.total)
        self.notes = list(self.submission.notes)
        self.done: dict[str, _Judged] = {}

    def outcomes(self) -> Iterator[Outcome]:
        names = self.names
        if not self.submission.cells:
            yield self._outcome(problems=sorted(set(self.submission.reasons.values())))
            return
        with Kernels(Limits(), self.level) as kernels:
            for place, name in enumerate(names):
                later = names[place + 1 :]
                kernels.expected = sum(name in self.submission.cells for name in later) if spare_fits() else 0
                share = self.clock.left / (1 + len(later))
                self.done[name] = self._judge(name, max(LEAST_SECONDS, share), kernels)
                yield self._outcome()

    # --- one notebook ---

    def _judge(self, name: str, seconds: float, kernels: Kernels) -> _Judged:
        """The tests of one notebook, in at most that many seconds."""
        if reason := self.submission.reasons.get(name):
            return _Judged(self._unjudged(name, f"Not judged: {reason}."))
        nb, notes = fill_in(self.course.skeleton(name), self.submission.cells[name])
        self.notes += [f"{name}: {note}" for note in notes]
        if self.clock.left < LEAST_SECONDS:
            return _Judged(self._unjudged(name, self.late, nb))
        limits, usual = self._limits(seconds), Limits(**self.course.limits)
        seed = seeds.seed_of(self.course, name, self.submission.digests[name])
        try:
            judgement = jobs.judgement(nb, name, seed, self.level, self.masters, limits, kernels)
        except SandboxUnavailable as error:
            if (
                limits["start_seconds"] < usual.start_seconds
            ):  # it has started here before: there was no time left for it
                return _Judged(self._unjudged(name, self.late, nb))
            self.notes.append(f"{name}: {error}")
            return _Judged(self._unjudged(name, FAULTY, nb), faulty=True)
        self.notes += [f"{name}: {note}" for note in judgement["notes"]]
        cut = limits["notebook_seconds"] < usual.notebook_seconds
        stopped = cut and judgement["seconds"] >= limits["notebook_seconds"]
        return _Judged(self._tests(name, judgement["verdicts"], nb, self.late if stopped else ""), judgement)

    def _limits(self, seconds: float) -> dict:
        """The course's limits, within this notebook's share of time and what memory there is."""
        usual = Limits(**self.course.limits)
        return {
            **self.course.limits,
            "notebook_seconds": round(min(usual.notebook_seconds, seconds - ENDING_SECONDS), 1),
            "start_seconds": min(usual.start_seconds, seconds),
            "memory": min(usual.memory, sandbox_memory()),
        }

    def _tests(self, name: str, verdicts: dict, nb: nbformat.NotebookNode, late: str) -> list[Test]:
        master = self.masters.notebooks[name]
        whys = credit_reasons(verdicts)
        return [
            self._verdict(name, exercise, points, verdicts.get(f"test_{exercise}", {}), whys.get(exercise, ""), late)
            if exercise in master.points
            else self._written(master, exercise, points, nb)
            for exercise, points in master.all_points.items()
        ]

    def _verdict(self, name: str, exercise: str, points: float, found: dict, why: str, late: str) -> Test:
        score = clean_score(found.get("score"), points)
        if not found or found.get("reason"):
            text = late or found.get("hint") or FAULTY
            return self._test(name, exercise, 0.0, points, NOT_JUDGED, text)
        text = message({**found, "score": score, "points": points})
        text += f"\nPart of the points: {why}" if why and 0 < score < points else ""
        verdict = RIGHT if score >= points else PARTLY if score > 0 else WRONG
        return self._test(name, exercise, score, points, verdict, text)

    def _test(self, name: str, exercise: str, score: float, points: float, verdict: str, text: str) -> Test:
        """Points of an optional notebook come on top of what is possible."""
        if name in self.masters.optional:
            return Test(name, exercise, score, 0.0, verdict, f"Optional, on top. {text}", on_top=points)
        return Test(name, exercise, score, points, verdict, text)

    def _unjudged(self, name: str, text: str, nb: nbformat.NotebookNode | None = None) -> list[Test]:
        master = self.masters.notebooks[name]
        return [
            self._test(name, exercise, 0.0, points, NOT_JUDGED, text)
            if exercise in master.points
            else self._written(master, exercise, points, nb)
            for exercise, points in master.all_points.items()
        ]

    def _written(self, master: MasterNotebook, name: str, points: float, nb: nbformat.NotebookNode | None) -> Test:
        """A written answer: nought of nought here, whoever reads it gives the points."""
        text = f"A person reads it and gives up to {points:g} points. They are counted elsewhere; here it is 0 of 0."
        if nb is None or self._source(nb, name) == self._source(self.course.skeleton(master.name), name):
            text += " No answer was found in what you handed in."
        return Test(master.name, name, 0.0, 0.0, BY_A_PERSON, text)

    def _source(self, nb: nbformat.NotebookNode, grade_id: str) -> str:
        cells = (cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
        return next((cell.source.strip() for cell in cells), "")

    # --- all of them ---

    def _outcome(self, problems: list[str] | None = None) -> Outcome:
        waiting = {name: self._unjudged(name, self.late) for name in self.names if name not in self.done}
        if problems:
            waiting = {name: self._unjudged(name, f"Not judged: {self.submission.reasons[name]}.") for name in waiting}
        tests = {name: judged.tests for name, judged in self.done.items()} | waiting
        return Outcome(
            tests=[test for name in self.names for test in tests[name]],
            notes=self.notes,
            problems=[f"{problem}." for problem in problems or []],
            record=self._record(),
            handed_in=self.handed_in,
            seconds=round(self.clock.spent, 1),
            faulty=any(judged.faulty for judged in self.done.values()),
        )

    def _record(self) -> dict:
        """How it was judged, as plain data, and in words."""
        judgements = {name: judged.judgement for name, judged in self.done.items() if judged.judgement}
        seconds = {name: found["seconds"] for name, found in judgements.items()}
        record: dict = {
            "level": self.level,
            "seed_key": seeds.key_name(seeds.seed_key(self.course.home)),
            "submissions": {name: digest[:12] for name, digest in self.submission.digests.items()},
            "seconds": seconds,
            "megabytes": max((found["megabytes"] for found in judgements.values()), default=0),
        }
        if judgements:
            last = list(judgements.values())[-1]
            record |= {"versions": last["versions"], "confinement": last["confinement"]}
        record["submission"] = seeds.digest(" ".join(self.submission.digests.values()).encode())[:12]
        return record | {"words": HOW.format(**record, grader=seeds.grader_digest()[:12])}
