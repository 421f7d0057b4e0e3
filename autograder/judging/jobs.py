"""One student's work as data: bytes of notebooks and seeds in, verdicts out. It may run in any process anywhere."""

import contextlib
import platform
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from autograder.authoring.masters import Masters
from autograder.course import read_skeleton
from autograder.intake.merge import fill_in
from autograder.intake.notebook_file import Unreadable, read_cells
from autograder.judging import seeds

if TYPE_CHECKING:
    from autograder.judging.ahead import Kernels
    from autograder.sandbox.levels import Level


@dataclass(frozen=True)
class Job:
    """`notebooks`: name -> (bytes as handed in, seed of its cases). What is missing there was not readable.

    `limits`: fields of sandbox.Limits that differ from the usual.
    """

    student: str
    masters: Path
    released: Path
    notebooks: dict[str, tuple[bytes, bytes]]
    level: str
    limits: dict = field(default_factory=dict)


def check_sandbox(level: str = "", least: str | None = None) -> "Level":
    """What students' code is confined by: the level of that name, or the highest rung that works here.

    SandboxUnavailable if it cannot be had, leaks, or is lower than `least`.
    """
    from autograder.sandbox.levels import settle  # here: pages and release need neither sandbox nor references

    return settle(level, least)


def judge_student(job: Job) -> tuple[dict[str, dict], float]:
    """(judgements by notebook name, seconds). Notebooks that hold nothing to judge are left out."""
    from autograder.judging.ahead import Kernels
    from autograder.sandbox.limits import Limits

    started, masters = time.monotonic(), Masters(job.masters)
    filled, judgements = {}, {}
    for name, (data, seed) in job.notebooks.items():
        with contextlib.suppress(Unreadable):
            nb, _ = fill_in(read_skeleton(job.released / f"{name}.ipynb"), read_cells(data))
            filled[name] = nb, seed
    with Kernels(Limits(**job.limits), job.level) as kernels:
        for place, (name, (nb, seed)) in enumerate(filled.items()):
            kernels.expected = sum(bool(masters.exercises(later)) for later in list(filled)[place + 1 :])
            judgements[name] = judgement(nb, name, seed, job.level, masters, job.limits, kernels)
    return judgements, time.monotonic() - started


def judgement(
    nb: nbformat.NotebookNode,
    name: str,
    seed: bytes,
    level: str,
    masters: Masters,
    limits: dict | None = None,
    kernels: "Kernels | None" = None,
) -> dict:
    """What the sandbox found about one filled notebook, as plain data, with how it was confined."""
    from autograder.judging.notebook import judge_notebook
    from autograder.sandbox.levels import describe
    from autograder.sandbox.limits import Limits

    bounds = Limits(**(limits or {}))
    found = judge_notebook(nb, name, seed=seed, limits=bounds, level=level, masters=masters, kernels=kernels)
    return {
        "verdicts": {grade_id: _plain(graded) for grade_id, graded in found.verdicts.items()},
        "level": str(found.level),
        "confinement": describe(bounds, level),
        "versions": versions(),
        "seconds": round(float(found.seconds), 3),
        "megabytes": round(found.memory / 2**20),
        "notes": [str(note)[:1_000] for note in found.notes][:100],
    }


def versions() -> dict[str, str]:
    """What decided about the points: the grader's own sources (a digest) and what it computes with."""
    packages = {name: metadata.version(name) for name in ("numpy", "nbgrader", "ipykernel")}
    return {"grader": seeds.grader_digest()[:12], "python": platform.python_version(), **packages}


def _plain(graded) -> dict:
    """One verdict as JSON: texts bounded, the score still unchecked."""
    texts = {key: str(getattr(graded, key) or "")[:4_000] for key in ("hint", "mistake", "reason")}
    return {"score": graded.score, **texts}
