"""The three hooks that put trusted grading behind stock `nbgrader autograde` (see nbgrader_config.py).

nbgrader converts every notebook twice: it sanitises the submitted file, then grades what came out. Here the first pass
reads a clean copy (SubmissionExporter) and fills it into the released notebook (FillInReleased); the second asks
the sandbox for verdicts (TrustedGrading) and records those and nothing else (SaveVerdicts).
"""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader import utils
from nbgrader.api import Grade, Gradebook, SubmittedNotebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Unicode

from autograder.authoring.masters import Masters
from autograder.converting import register
from autograder.course import Course, CourseError, course_of
from autograder.grading.standing import check_points, master_digest
from autograder.intake.clean_copy import StagedCourse, folders, stage
from autograder.intake.merge import fill_in
from autograder.intake.notebook_file import Unreadable, read_cells
from autograder.judging import jobs, seeds
from autograder.sandbox.limits import SandboxUnavailable

RECORD = "autograder"  # our key in a notebook's metadata and in nbconvert's resources
NOT_JUDGED = "This exercise was not judged in this run of the grader."


class SubmissionExporter(NotebookExporter):
    """Reads submissions from clean copies, and never fails on one: an unreadable file becomes a reason."""

    parent: Any  # nbgrader's converter

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        converter = self.parent
        if not isinstance(converter.coursedir, StagedCourse):  # stock nbgrader; our own command does this beforehand
            self._check(TrustedGrading(parent=self), converter.coursedir)
            register(course_of(converter.coursedir))
            converter.coursedir = stage(converter.coursedir)
            converter.init_notebooks()

    def _check(self, settings: "TrustedGrading", directory: CourseDirectory) -> None:
        """Refuse before any grade is touched."""
        try:
            settings.confinement()
            check_points(course_of(directory), None if directory.student_id == "*" else folders(directory))
        except (SandboxUnavailable, CourseError) as error:
            self.log.error(str(error))
            raise NbGraderException(str(error)) from error

    def from_filename(self, filename: str, resources: dict | None = None, **kwargs) -> tuple:
        if not self.parent._sanitizing:
            return super().from_filename(filename, resources=resources, **kwargs)
        resources = resources or {}
        resources[RECORD] = self._read(Path(filename), resources["nbgrader"])
        forget_scores(resources["nbgrader"])
        forget_time(resources["nbgrader"], self.parent.coursedir.deliveries[resources["nbgrader"]["student"]].timestamp)
        return self.from_notebook_node(nbformat.v4.new_notebook(), resources=resources, **kwargs)

    def _read(self, path: Path, names: dict) -> dict:
        """The submission's cells and digest, and what is to be said about it."""
        delivery = self.parent.coursedir.deliveries[names["student"]]
        data = path.read_bytes()
        found = {"submission": seeds.digest(data), "cells": [], "notes": list(delivery.notes), "reason": None}
        try:
            if names["notebook"] in delivery.reasons:
                raise Unreadable(delivery.reasons[names["notebook"]])
            found["cells"] = read_cells(data)
        except Unreadable as error:
            found["reason"] = f"Not graded: {error}."
        return found


class FillInReleased(NbGraderPreprocessor):
    """Replaces the (empty) notebook by the released one with the student's answers in it."""

    def preprocess(self, nb: nbformat.NotebookNode, resources: dict) -> tuple[nbformat.NotebookNode, dict]:
        names, found = resources["nbgrader"], resources[RECORD]
        nb, notes = fill_in(course_of(_coursedir(self)).skeleton(names["notebook"]), found["cells"])
        has_points = any(cell.metadata.get("nbgrader", {}).get("grade") for cell in nb.cells)
        record = {"submission": found["submission"], "reason": found["reason"] if has_points else None}
        nb.metadata[RECORD] = {**record, "notes": found["notes"] + (notes if found["cells"] else [])}
        return nb, resources


class TrustedGrading(NbGraderPreprocessor):
    """In the place of nbgrader's Execute: verdicts from outside the student's process.

    After the sandbox is gone every graded cell shows one text (the hint) and one number (the score).
    """

    level = Unicode("", help="How student code is confined, if not by the best that works; 'unsafe' trusts all.").tag(
        config=True
    )
    least = Unicode("", help="The lowest rung of confinement that will do: 'namespaces' or 'contained'.").tag(
        config=True
    )
    limits = Dict(help="Fields of sandbox.process.Limits other than usual, such as {'cell_seconds': 60}.").tag(
        config=True
    )

    def confinement(self) -> str:
        """The level's name; SandboxUnavailable where there is none."""
        return jobs.check_sandbox(self.level, self.least or None).name

    def preprocess(self, nb: nbformat.NotebookNode, resources: dict) -> tuple[nbformat.NotebookNode, dict]:
        names = resources["nbgrader"]
        course = course_of(_coursedir(self))
        record = nb.metadata.setdefault(RECORD, {"reason": NOT_JUDGED, "notes": [], "submission": ""})
        judgement = _judged_before(self.parent.parent).get(names["notebook"])
        if judgement is None:
            judgement = judge(nb, names["notebook"], course, self.confinement(), self.limits)
        missing = {"reason": record["reason"] or NOT_JUDGED}
        verdicts = {}
        for cell in _tests(nb):
            grade_id = cell.metadata.nbgrader.grade_id
            verdicts[grade_id] = _verdict(cell, judgement["verdicts"].get(grade_id, missing))
            _show(cell, verdicts[grade_id])
        key = seeds.key_name(seeds.seed_key(course.home))
        record.update(
            {**judgement, "notes": record["notes"] + judgement["notes"], "verdicts": verdicts, "seed_key": key},
            master=master_digest(course, names["notebook"]),
        )
        resources[RECORD] = {"verdicts": verdicts}
        return nb, resources


class SaveVerdicts(NbGraderPreprocessor):
    """nbgrader's SaveAutoGrades with another source: the verdicts of this run and nothing else.

    What a cell shows, or an old score, never counts. Manual grades stay, marked for a second look, as in nbgrader.
    """

    def preprocess(self, nb: nbformat.NotebookNode, resources: dict) -> tuple[nbformat.NotebookNode, dict]:
        verdicts = resources.get(RECORD, {}).get("verdicts", {})
        cells = {cell.metadata.nbgrader.grade_id: cell for cell in nb.cells if "nbgrader" in cell.metadata}
        with submitted_notebook(resources["nbgrader"]) as notebook:
            for grade in notebook.grades:
                _set_grade(grade, cells.get(grade.name), verdicts)
            for comment in notebook.comments:
                comment.auto_comment = "No response." if _is_untouched(cells.get(comment.name)) else None
        return nb, resources


def _set_grade(grade: Grade, cell: nbformat.NotebookNode | None, verdicts: dict) -> None:
    """Set one automatic score; None stands for a written answer that a person has to read."""
    if cell is not None and utils.is_solution(cell):
        grade.auto_score, _ = utils.determine_grade(cell)
    else:
        grade.auto_score = clean_score(verdicts.get(grade.name, {}).get("score"), grade.max_score)
    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None


def _is_untouched(cell: nbformat.NotebookNode | None) -> bool:
    return cell is None or cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)


class AutogradeJudged(Autograde):
    """nbgrader's autograde with judgements that workers made already (`python -m autograder grade`)."""

    judgements = Dict(help="notebook -> its judgement")


def _judged_before(converter: BaseConverter) -> dict:
    return converter.judgements if isinstance(converter, AutogradeJudged) else {}


def judge(nb: nbformat.NotebookNode, name: str, course: Course, level: str, limits: dict) -> dict:
    """Ask the sandbox about one filled notebook; nothing to ask where nothing was readable."""
    record = nb.metadata[RECORD]
    if record["reason"]:
        return {"verdicts": {}, "level": level, "seconds": 0.0, "megabytes": 0, "notes": []}
    seed = seeds.seed_of(course, name, record["submission"])
    return jobs.judgement(nb, name, seed, level, Masters(course.masters), limits)


def clean_score(score: Any, points: float) -> float:
    """A finite number within [0, points]; everything else is 0."""
    try:
        score = float(score)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return min(max(score, 0.0), float(points)) if math.isfinite(score) else 0.0


@contextlib.contextmanager
def submitted_notebook(names: dict) -> Iterator[SubmittedNotebook]:
    """The gradebook's entry of one submitted notebook; changes to it are saved together."""
    with Gradebook(names["db_url"]) as gradebook:
        yield gradebook.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
        gradebook.db.commit()


def forget_scores(names: dict) -> None:
    """Set every automatic score of a submitted notebook to 0: from here on only new verdicts count."""
    with submitted_notebook(names) as notebook:
        for grade in notebook.grades:
            grade.auto_score = 0.0
            grade.needs_manual_grade = grade.manual_score is not None


def forget_time(names: dict, timestamp: str | None) -> None:
    """Let no time of an earlier hand-in stay with one that has none: nbgrader would count it as late."""
    if not timestamp:
        with submitted_notebook(names) as notebook:
            notebook.assignment.timestamp = None


def _tests(nb: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The check cells that carry points."""
    return [cell for cell in nb.cells if utils.is_grade(cell) and not utils.is_solution(cell)]


def _verdict(cell: nbformat.NotebookNode, found: dict) -> dict:
    """The verdict on one check cell, complete and with a clean score."""
    points = float(cell.metadata.nbgrader.points)
    texts = {key: found.get(key, "") for key in ("hint", "mistake", "reason")}
    return {"score": clean_score(found.get("score"), points), "points": points, **texts}


def _show(cell: nbformat.NotebookNode, verdict: dict) -> None:
    """One display and one number in place of whatever the cell had."""
    text = message(verdict)
    number = f"{verdict['score']:g}"
    cell.outputs = [
        nbformat.v4.new_output("display_data", data={"text/plain": text}),
        nbformat.v4.new_output("execute_result", data={"text/plain": number}, execution_count=1),
    ]
    cell.execution_count = 1


def message(verdict: dict) -> str:
    """What the student reads below an exercise."""
    right = "Right." if verdict["score"] >= verdict["points"] else "Not right."
    return verdict["hint"] or verdict["reason"] or right


def _coursedir(preprocessor: NbGraderPreprocessor) -> CourseDirectory:
    return preprocessor.parent.parent.coursedir
