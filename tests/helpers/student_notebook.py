"""A student's notebook for tests: a master with some cells changed, judged in a sandbox."""

import math

import nbformat

from autograder.authoring.masters import Masters
from autograder.judging.notebook import judge_notebook
from autograder.sandbox.limits import Limits

QUICK = Limits(cell_seconds=2, call_seconds=2, idle_seconds=2)
SEED = b"a seed that no student knows ...."
MASTERS = Masters()
FEATURES = ("feature_matrix", "inner_product", "feature_distance")
RIGHT = "def inner_product(F, P):\n    return (np.asarray(F) * P).sum()"


def submission(name, changes=None, before=(), after=()):
    """The master notebook with the cells of `changes` (grade_id -> source) replaced, and cells put first and last."""
    nb = nbformat.read(MASTERS.folder / f"{name}.ipynb", as_version=4)
    for cell in nb.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = (changes or {}).get(grade_id, cell.source)
    first = next(i for i, cell in enumerate(nb.cells) if cell.id == "imports")
    new = nbformat.v4.new_code_cell
    nb.cells[first + 1 : first + 1] = [new(source) for source in before]
    nb.cells += [new(source) for source in after]
    return nb


def grade(name, changes=None, before=(), after=(), limits=QUICK):
    """(Judgement, exercise -> share of its points)."""
    nb = submission(name, changes, before, after)
    judgement = judge_notebook(nb, name, seed=SEED, masters=MASTERS, limits=limits)
    assert set(judgement.verdicts) == {f"test_{e}" for e in MASTERS.exercises(name)}
    shares = {}
    for grade_id, graded in judgement.verdicts.items():
        assert math.isfinite(graded.score) and 0 <= graded.score <= graded.points
        assert bool(graded.hint) or graded.score == graded.points
        shares[grade_id.removeprefix("test_")] = graded.score / graded.points
    return judgement, shares


def features(changes=None, **rest):
    return grade("01_feature_maps", changes, **rest)


def all_of(names):
    return dict.fromkeys(names, 1.0)
