"""Shared by the tests of the grading pipeline: a small course of two notebooks, with and without a real sandbox."""

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.converting import register
from autograder.course import Course
from autograder.judging.verdicts import Graded, Judgement
from autograder.rehearsal.samples import copy_course
from autograder.sandbox import levels
from graded_class import with_points_of_its_own

SMALL = ["01_feature_maps", "03_gram_matrices"]


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """A course of two notebooks to copy from; its gradebook knows the assignment."""
    course = with_points_of_its_own(copy_course(Course(), tmp_path_factory.mktemp("pristine") / "course", SMALL))
    register(course)
    return course


@pytest.fixture
def course(pristine, tmp_path):
    """A course of two notebooks of one's own, with nothing handed in."""
    return Course(Path(shutil.copytree(pristine.root, tmp_path / "course")))


@pytest.fixture
def judged(monkeypatch):
    """A stand-in for the sandbox: the notebooks it was asked about; every exercise gets `judged.score(points)`."""
    fake = SimpleNamespace(notebooks=[], seeds=[], score=lambda points: points, hint="", error=None)

    def judge_notebook(nb, name, *, seed, masters, limits=None, level="namespaces", kernels=None):
        fake.notebooks.append((name, nb))
        fake.seeds.append(seed)
        if fake.error:
            raise fake.error
        marks = [cell.metadata.get("nbgrader", {}) for cell in nb.cells]
        marks = [mark for mark in marks if mark.get("grade") and not mark.get("solution")]
        verdicts = {mark.grade_id: _graded(fake, mark.points) for mark in marks}
        return Judgement(verdicts, level=level, notes=["a note"])

    monkeypatch.setattr("autograder.judging.jobs.check_sandbox", lambda level="", least=None: levels.NAMESPACES)
    monkeypatch.setitem(sys.modules, "autograder.judging.notebook", SimpleNamespace(judge_notebook=judge_notebook))
    return fake


def _graded(fake, points):
    return Graded(fake.score(points), points, fake.hint)
