"""The three hooks that put trusted grading behind stock `nbgrader autograde` (see nbgrader_config.py).

nbgrader converts every notebook twice: it sanitises the submitted file, then grades what came out. Here the first pass
reads a clean copy (SubmissionExporter) and pours it into the released notebook (PourIntoSkeleton); the second asks
the sandbox for verdicts (TrustedGrading) and records those and nothing else (SaveVerdicts).
"""

import math
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Unicode

from . import seeds
from .course import read_skeleton
from .pour import pour
from .staging import StagedCourse, stage
from .submission import Unreadable, read_cells

RECORD = "autograder"  # our key in a notebook's metadata and in nbconvert's resources
NOT_JUDGED = "This exercise was not judged in this run of the grader."


class SubmissionExporter(NotebookExporter):
    """Reads submissions from clean copies, and never fails on one: an unreadable file becomes a reason."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        converter = self.parent
        if not isinstance(converter.coursedir, StagedCourse):  # stock nbgrader; our own command stages beforehand
            converter.coursedir = stage(converter.coursedir)
            converter.init_notebooks()

    def from_filename(self, filename, resources=None, **kwargs):
        if not self.parent._sanitizing:
            return super().from_filename(filename, resources=resources, **kwargs)
        resources[RECORD] = self._read(Path(filename), resources["nbgrader"])
        forget_scores(resources["nbgrader"])
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


class PourIntoSkeleton(NbGraderPreprocessor):
    """Replaces the (empty) notebook by the released one with the student's answers in it."""

    def preprocess(self, nb, resources):
        names, found = resources["nbgrader"], resources[RECORD]
        folder = _coursedir(self).format_path(_coursedir(self).release_directory, ".", names["assignment"])
        nb, notes = pour(read_skeleton(Path(folder) / f"{names['notebook']}.ipynb"), found["cells"])
        record = {"submission": found["submission"], "reason": found["reason"]}
        nb.metadata[RECORD] = {**record, "notes": found["notes"] + (notes if found["cells"] else [])}
        return nb, resources


class TrustedGrading(NbGraderPreprocessor):
    """In the place of nbgrader's Execute: verdicts from outside the student's process.

    After the sandbox is gone every graded cell shows one text (the hint) and one number (the score).
    """

    level = Unicode("bubblewrap", help="How student code is confined; 'unsafe' trusts every submission.").tag(
        config=True
    )

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        record = nb.metadata.setdefault(RECORD, {"reason": NOT_JUDGED, "notes": [], "submission": ""})
        judgement = judged_before(self.parent.parent, names["notebook"])
        if judgement is None:
            judgement = judge(nb, names["notebook"], _coursedir(self), self.level)
        missing = {"reason": record["reason"] or NOT_JUDGED}
        verdicts = {}
        for cell in _tests(nb):
            grade_id = cell.metadata.nbgrader.grade_id
            verdicts[grade_id] = _verdict(cell, judgement["verdicts"].get(grade_id, missing))
            _show(cell, verdicts[grade_id])
        record.update({**judgement, "verdicts": verdicts})
        resources[RECORD] = {"verdicts": verdicts}
        return nb, resources


class SaveVerdicts(SaveAutoGrades):
    """Saves the verdicts of this run and nothing else: what a cell shows, or an old score, never counts."""

    def preprocess(self, nb, resources):
        self._verdicts = resources.get(RECORD, {}).get("verdicts", {})
        forget_scores(resources["nbgrader"])
        return super().preprocess(nb, resources)

    def _add_score(self, cell, resources):
        if utils.is_solution(cell):  # a written answer: nbgrader's rule (untouched: 0; else a person grades it)
            return super()._add_score(cell, resources)
        grade_id = cell.metadata["nbgrader"]["grade_id"]
        grade = self.gradebook.find_grade(grade_id, self.notebook_id, self.assignment_id, self.student_id)
        grade.auto_score = clean_score(self._verdicts.get(grade_id, {}).get("score"), grade.max_score)
        grade.needs_manual_grade = grade.manual_score is not None
        self.gradebook.db.commit()


def judge(nb: nbformat.NotebookNode, name: str, course: CourseDirectory, level: str) -> dict:
    """What the sandbox found about one poured notebook, as plain data ready for the record."""
    from . import judging

    record = nb.metadata[RECORD]
    if record["reason"]:
        return {"verdicts": {}, "level": level, "seconds": 0.0, "notes": record["notes"]}
    home = Path(course.root) / "autograder"
    master = Path(course.format_path(course.source_directory, ".", course.assignment_id)) / f"{name}.ipynb"
    key = seeds.seed_key(home)
    seed = seeds.seed(key, record["submission"], master.read_bytes())
    found = judging.judge_notebook(nb, name, seed=seed, level=level)
    return {
        "verdicts": {grade_id: vars_of(graded) for grade_id, graded in found.verdicts.items()},
        "level": str(found.level),
        "seconds": round(float(found.seconds), 3),
        "seed_key": seeds.key_name(key),
        "notes": record["notes"] + [str(note) for note in found.notes],
    }


def vars_of(graded) -> dict:
    """One verdict as JSON: texts bounded, the score still unchecked."""
    texts = {key: str(getattr(graded, key) or "")[:4_000] for key in ("hint", "mistake", "reason")}
    return {"score": graded.score, **texts}


def judged_before(converter, name: str) -> dict | None:
    """The judgement of this notebook if a worker made it already (python -m autograder grade)."""
    return getattr(converter, "judgements", {}).get(name)


def clean_score(score: object, points: float) -> float:
    """A finite number within [0, points]; everything else is 0."""
    try:
        score = float(score)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return min(max(score, 0.0), float(points)) if math.isfinite(score) else 0.0


def forget_scores(names: dict) -> None:
    """Set every automatic score of a submitted notebook to 0: from here on only new verdicts count."""
    with Gradebook(names["db_url"]) as gradebook:
        notebook = gradebook.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
        for grade in notebook.grades:
            grade.auto_score = 0.0
            grade.needs_manual_grade = grade.manual_score is not None
        gradebook.db.commit()


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
    texts = [text for text in (verdict["reason"], verdict["hint"]) if text]
    return "\n".join(dict.fromkeys(texts)) or ("Right." if verdict["score"] >= verdict["points"] else "Not right.")


def _coursedir(preprocessor: NbGraderPreprocessor) -> CourseDirectory:
    return preprocessor.parent.parent.coursedir
