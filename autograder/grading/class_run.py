"""Grade a class: one student is one job, in parallel; what nbgrader writes, nbgrader writes.

Only this process writes: for one student after another it runs nbgrader's own autograde converter with the verdicts
that came back. So files and scores are those of `nbgrader autograde`, and the gradebook has one writer.
"""

import glob
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config

from autograder import converting
from autograder.authoring.cases import check_exercises
from autograder.authoring.masters import Masters
from autograder.converting import register
from autograder.course import Course, CourseError
from autograder.grading import cluster
from autograder.grading.cluster import Cluster
from autograder.grading.hooks import AutogradeJudged
from autograder.grading.one_writer import check_unlocked, one_engine, only_writer
from autograder.grading.pool import run_jobs
from autograder.grading.standing import check_points, few
from autograder.intake.clean_copy import StagedCourse, folders, stage, unusable
from autograder.judging import seeds
from autograder.judging.jobs import Job, check_sandbox, judge_student
from autograder.sandbox.limits import SandboxUnavailable
from nst.plumbing.files import write_atomically
from nst.plumbing.interrupts import Interrupts

if TYPE_CHECKING:
    from autograder.sandbox.levels import Level

RECORDS = ".graded"  # one small file a student: what was graded, so that the next run knows


@dataclass
class Outcome:
    """What became of one student. `state`: graded, unchanged or failed (then `message` says why)."""

    student: str
    state: str
    score: float = 0.0
    max_score: float = 0.0
    waiting: float = 0.0  # points of written answers that nobody has read yet
    seconds: float = 0.0
    message: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class GradingOptions:
    """How to grade: worker processes, confinement, and whether unchanged submissions are graded again.

    With `cluster` the jobs go to that Dask cluster; `tell` gets lines about what becomes of it.
    """

    jobs: int = 0  # 0: as many as this process has processors
    level: str = ""  # the highest rung that works
    force: bool = False
    cluster: Cluster | None = None
    least: str | None = None  # the lowest rung that will do
    tell: Callable[[str], None] = lambda line: None

    @property
    def workers(self) -> int:
        return self.jobs or len(os.sched_getaffinity(0))


def grade_class(
    course: Course,
    chosen: list[str] | None = None,
    settings: GradingOptions | None = None,
    report: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Grade every submission (or those of the `chosen` students); one Outcome a student, in order of names.

    A student whose submission, masters and grader are unchanged since the last run is left alone unless forced. Raises
    CourseError for what concerns the whole class; what concerns one student is an Outcome, given to `report` at once.
    """
    settings = settings or GradingOptions()
    names = submitted_students(course, chosen)
    settings = replace(settings, level=check_ready(course, settings).name)
    try:
        with only_writer(course), one_engine():
            check_unlocked(course.db_url)
            check_points(course, names if chosen else None)
            register(course)
            return _Run(course, names, settings, report).run()
    except (SQLAlchemyError, OSError) as error:  # no room, no permission, a gradebook that somebody else has locked
        raise CourseError(
            f"Grades cannot be written ({_line(error)}). What is graded stays; mend it, then the same command goes on."
        ) from error


def submitted_students(course: Course, chosen: list[str] | None = None) -> list[str]:
    """Names of the students with a submission; CourseError for an unknown one, or if there is none."""
    course.notebooks()
    try:
        found = folders(course.directory())
    except OSError as error:
        raise CourseError(f"The submissions cannot be read: {error}. Nothing is graded or changed.") from error
    if not found:
        raise CourseError(
            f"There is no submission: {course.submitted} holds no <student>/{course.assignment} folder. "
            "Put the students' notebooks there (python -m autograder collect does, and nbgrader collect)."
        )
    if unknown := sorted(set(chosen or ()) - set(found)):
        raise CourseError(f"No submission of {', '.join(map(repr, unknown))}: there are those of {few(found)}.")
    return [name for name in found if not chosen or name in chosen]


def check_ready(course: Course, settings: GradingOptions) -> "Level":
    """How students' code is confined. What would fail for every student fails here, before anything is written."""
    for name in course.notebooks():
        course.skeleton(name)
    check_exercises(Masters(course.masters))
    try:
        level = check_sandbox(settings.level, settings.least)
    except SandboxUnavailable as error:
        raise CourseError(str(error)) from error
    for line in confinement(level):
        settings.tell(line)
    return level


def confinement(level: "Level") -> list[str]:
    """What is to be said before grading: nothing at the highest rung."""
    if not level.above:
        return []
    return [
        f"{level.name} confines students' code here, for no higher rung works. {' '.join(level.above)}",
        f"Not covered: {'; '.join(level.does_not_cover)}.",
    ]


def _line(error: Exception) -> str:
    """What an error says; of a database's only the cause, without the statement."""
    return str(getattr(error, "orig", None) or error)


@dataclass(frozen=True)
class _Pending:
    """A student whose job is under way: the clean copy stays until the result is written."""

    student: str
    staged: StagedCourse = field(hash=False, compare=False)
    digest: str


class _Run:
    """One run over a class."""

    def __init__(self, course: Course, names: list[str], settings: GradingOptions, report: Callable[[Outcome], None]):
        self.course, self.names, self.settings, self.report = course, names, settings, report
        self.outcomes: dict[str, Outcome] = {}
        self.known = self._known()
        self.materials = seeds.digest(
            b"".join(path.read_bytes() for folder in (course.masters, course.released) for path in _notebooks(folder))
        )

    def run(self) -> list[Outcome]:
        with Interrupts() as interrupts:
            for pending, result in self._results():
                self._done(self._write(pending, result))
                interrupts.raise_swallowed()
        return [self.outcomes[name] for name in self.names]

    def _results(self) -> Iterator[tuple[Any, Any]]:
        settings = self.settings
        if settings.cluster:
            return cluster.run_jobs(self._jobs(), settings.cluster, settings.workers, settings.tell)
        return run_jobs(judge_student, self._jobs(), settings.workers)

    def _done(self, outcome: Outcome) -> None:
        self.outcomes[outcome.student] = outcome
        self.report(outcome)

    def _jobs(self) -> Iterator[tuple[_Pending, Job]]:
        """Jobs of those students who need one; the others are done at once."""
        for name in self.names:
            if reason := unusable(name):
                self._done(Outcome(name, "failed", message=reason))
                continue
            try:
                staged = stage(self.course.directory(student_id=glob.escape(name)))
            except OSError as error:
                self._done(Outcome(name, "failed", message=f"no clean copy could be made: {error}"))
                continue
            pending = _Pending(name, staged, self._digest(staged, name))
            if (old := self._unchanged(pending)) and not self.settings.force:
                self._done(old)
            else:
                yield pending, self._job(pending)

    def _job(self, pending: _Pending) -> Job:
        notebooks = {}
        for path in self._copied(pending.staged, pending.student):
            if path.stem not in pending.staged.deliveries[pending.student].reasons:
                data = path.read_bytes()
                notebooks[path.stem] = (data, seeds.seed_of(self.course, path.stem, seeds.digest(data)))
        course = self.course
        return Job(pending.student, course.masters, course.released, notebooks, self.settings.level, course.limits)

    def _copied(self, staged: StagedCourse, student: str) -> list[Path]:
        return _notebooks(Path(staged.format_path(staged.submitted_directory, student, staged.assignment_id)))

    # --- what is done already -----------------------------------------------------------------------------------------

    def _digest(self, staged: StagedCourse, student: str) -> str:
        """Digest of all that a grade depends on: the same digest, the same grade."""
        delivery = staged.deliveries[student]
        parts = [f"{path.stem} {seeds.digest(path.read_bytes())}" for path in self._copied(staged, student)]
        confinement = f"{self.settings.level} {self.course.limits}"
        key = seeds.key_name(seeds.seed_key(self.course.home))
        parts += [str(sorted(delivery.reasons.items())), f"{delivery.timestamp} {delivery.secret}", confinement, key]
        return seeds.digest("\n".join([*parts, self.materials, seeds.grader_digest()]).encode())

    def _known(self) -> set[str]:
        """Students of whom the gradebook has a submission."""
        with Gradebook(self.course.db_url) as gradebook:
            return {submission.student_id for submission in gradebook.assignment_submissions(self.course.assignment)}

    def _record(self, student: str) -> Path:
        return self.course.home / RECORDS / self.course.assignment / f"{student}.json"

    def _unchanged(self, pending: _Pending) -> Outcome | None:
        """The outcome of the last run if nothing that it depends on has changed since, and its results are there."""
        try:
            record = json.loads(self._record(pending.student).read_text())
        except (FileNotFoundError, ValueError):
            return None
        there = (self.course.autograded / pending.student / self.course.assignment).is_dir()
        if record["digest"] != pending.digest or pending.student not in self.known or not there:
            return None
        return Outcome(**{**record["outcome"], "state": "unchanged"})

    # --- results ------------------------------------------------------------------------------------------------------

    def _write(self, pending: _Pending, result: Any) -> Outcome:
        """Let nbgrader write what a job found; the record comes last, so that a killed run is simply done again."""
        if isinstance(result, Exception):
            return Outcome(pending.student, "failed", message=f"{type(result).__name__}: {result}")
        judgements, seconds = result
        record = self._record(pending.student)
        try:
            record.unlink(missing_ok=True)
            autograde(self.course, pending.staged, judgements)
            outcome = self._outcome(pending, seconds)
            text = json.dumps({"digest": pending.digest, "outcome": asdict(outcome)})
            write_atomically(record, text.encode(), make_folder=True)
        except (NbGraderException, SQLAlchemyError, OSError) as error:
            return Outcome(pending.student, "failed", seconds=seconds, message=_line(error))
        return outcome

    def _outcome(self, pending: _Pending, seconds: float) -> Outcome:
        with Gradebook(self.course.db_url) as gradebook:
            submission = gradebook.find_submission(self.course.assignment, pending.student)
            masters = Masters(self.course.masters)
            score, most = submission.score, masters.most(submission.notebooks)
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            free = {*masters.optional, *(notebook.name for notebook in submission.notebooks if not notebook.max_score)}
            unread = sum(grade.max_score for grade in grades if grade.auto_score is None and grade.manual_score is None)
        delivery = pending.staged.deliveries[pending.student]
        reasons = [reason for notebook, reason in delivery.reasons.items() if notebook not in free]
        notes = list(dict.fromkeys([*reasons, *delivery.notes]))
        return Outcome(pending.student, "graded", score, most, unread, round(seconds, 2), notes=notes)


def autograde(course: Course, staged: StagedCourse, judgements: dict[str, dict]) -> None:
    """nbgrader's autograde on the one student of `staged`, with judgements instead of a sandbox."""
    converting.run(AutogradeJudged(coursedir=staged, config=Config(course.config), force=True, judgements=judgements))


def _notebooks(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.ipynb"))
