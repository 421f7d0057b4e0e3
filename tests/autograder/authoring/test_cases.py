"""Cases: drawn anew for each seed, never the public ones, with right answers for the parts that they lead to."""

import copy
import json
import shutil

import numpy as np
import pytest

import autograder.exercises
from added_exercise import NEW, new_cell
from autograder.authoring import cases, credit
from autograder.authoring.cases import GradedExercise, graded_exercises
from autograder.authoring.masters import Masters
from autograder.exercises import Known, entry
from autograder.judging import verdicts
from nst.checks import case_files, timing
from nst.checks.calling import call_twice, lookup
from nst.checks.case_files import encode
from nst.checks.comparison import Verdict
from nst.checks.judge import judge

MASTERS = Masters()
EXERCISES = graded_exercises(MASTERS)
EACH = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
PARTS = {
    "feature_distance": {"inner_product"},
    "content_loss": {"content_loss_layer"},
    "gram_matrices": {"gram_matrix"},
    "style_loss_layer": {"gram_matrix"},
    "style_loss": {"style_loss_layer", "gram_matrix"},
    "style_gradient": {"gram_matrix"},
    "activation_gradients": {"content_gradient", "style_gradient", "gram_matrix"},
    "style_transfer": {"gradient_step"},
    "image_gradient": {"relu_backward", "pool_backward", "conv_backward", "preprocess_backward"},
}


def fingerprint(drawn):
    return [str(encode(case.args)) for case in drawn]


@EACH
def test_fresh_cases_depend_on_the_seed_and_on_nothing_else(exercise):
    one, again = (fingerprint(exercise.fresh(b"seed")) for _ in range(2))
    other = fingerprint(exercise.fresh(b"another seed"))
    public = fingerprint(exercise.public())
    assert one == again
    assert not set(one) & set(other) and not set(one) & set(public)


def test_seeds_may_be_numbers():
    exercise = GradedExercise("total_loss", MASTERS)
    assert fingerprint(exercise.fresh(7)) == fingerprint(exercise.fresh(b"7"))


@EACH
def test_the_reference_passes_and_the_arguments_stay_as_they_are(exercise):
    for drawn in (exercise.public(), exercise.fresh(1)):
        before = fingerprint(drawn)
        with np.errstate(all="ignore"):
            verdict = judge(drawn, [call_twice(MASTERS.reference(exercise.name), case.args) for case in drawn])
        assert verdict.passed and fingerprint(drawn) == before


def test_parts_are_those_of_the_course():
    assert {exercise.name: set(exercise.parts) for exercise in EXERCISES if exercise.parts} == PARTS


@pytest.mark.parametrize("name", sorted(PARTS))
def test_an_answer_with_wrong_parts_is_right_with_looked_up_ones(name):
    """The reference's own code, with parts that are wrong, and then with stubs that know the right answers."""
    exercise = GradedExercise(name, MASTERS)
    drawn = exercise.fresh(b"parts")
    table = exercise.stubs(drawn)
    assert set(table) == PARTS[name]
    scope = MASTERS.namespace(name)
    for part in table:
        right = MASTERS.reference(part)
        scope[part] = lambda *args, right=right: 3 * np.asarray(right(*args))
    own = judge(drawn, [call_twice(scope[name], copy.deepcopy(case.args)) for case in drawn])
    scope.update({part: lookup(part, entries) for part, entries in table.items()})
    stubbed = judge(drawn, [call_twice(scope[name], copy.deepcopy(case.args)) for case in drawn])
    assert not own.passed and stubbed.passed
    verdict = verdicts.paid_once(own, stubbed, exercise.parts)
    assert verdict.passed and verdict.credit == 1 and "counted there" in verdict.hint


def test_variants_find_all_their_calls_looked_up():
    """Other right answers, too, get along with the looked-up parts."""
    for exercise in (GradedExercise(name, MASTERS) for name in PARTS):
        drawn = exercise.fresh(b"variants")
        stubs = {part: lookup(part, table) for part, table in exercise.stubs(drawn).items()}
        for name, source in exercise.known.variants.items():
            function = exercise.function_of(source)
            function.__globals__.update(stubs)
            with np.errstate(all="ignore"):
                answers = [call_twice(function, copy.deepcopy(case.args)) for case in drawn]
            assert judge(drawn, answers).passed, f"{exercise.name}: {name}"


def test_the_better_verdict_counts():
    poor, fair = Verdict(False, 0.0, "poor", "a"), Verdict(False, 0.5, "fair", "b")
    assert verdicts.paid_once(fair, poor, ["gram_matrix"]) is fair
    better = verdicts.paid_once(poor, fair, ["gram_matrix"])
    assert (better.passed, better.credit, better.mistake) == (False, 0.5, "b") and better.hint.startswith("fair")
    assert verdicts.paid_once(fair, fair, []) is fair


def test_credit_table():
    for kind, row in credit.credit_rows().items():
        assert 0 <= row["credit"] < 1 and len(row["reason"]) > 20, kind


def test_partial_credit_has_its_reason():
    assert credit.reason("gram_matrix", "divided_by_size") == credit.credit_rows()["sizes"]["reason"]
    assert credit.reason("gram_matrix", "square_only") == credit.credit_rows()["square"]["reason"]
    assert credit.reason("gram_matrix", "in_place") == credit.credit_rows()["in_place"]["reason"]
    assert credit.reason("gram_matrix", None) == credit.reason("gram_matrix", "not_written") == ""


def test_cases_that_cannot_tell_two_mistakes_apart_are_refused(monkeypatch):
    monkeypatch.setattr(cases, "DRAWS", 2)
    known = entry("gram_matrix")
    twin = Known("twin", "formula", "def gram_matrix(F):\n    return np.einsum('ki,kj->ij', F, F)\n", "?")
    monkeypatch.setattr(known, "mistakes", [*known.mistakes, twin])
    cases._functions.cache_clear()
    with pytest.raises(cases.SeparationError, match="positions and twin give the same answers"):
        GradedExercise("gram_matrix", MASTERS).fresh(1)
    cases._functions.cache_clear()


def test_an_exercise_is_added_by_a_master_cell_and_one_module(tmp_path, monkeypatch):
    """A copy of the masters with one more exercise, and a module that knows it: cases, parts and files follow."""
    masters, modules = tmp_path / "masters", tmp_path / "modules"
    shutil.copytree(MASTERS.folder, masters)
    book = json.loads((masters / "03_gram_matrices.ipynb").read_text())
    book["cells"] += [
        new_cell("gram_trace", "def gram_trace(F):\n    return np.trace(gram_matrix(F))", solution=True),
        new_cell("test_gram_trace", "check('gram_trace', gram_trace)", grade=True, locked=True, points=2),
    ]
    (masters / "03_gram_matrices.ipynb").write_text(json.dumps(book))
    modules.mkdir()
    (modules / "gram_trace.py").write_text(NEW)
    monkeypatch.setattr(autograder.exercises, "__path__", [*autograder.exercises.__path__, str(modules)])

    exercise = GradedExercise("gram_trace", Masters(masters))
    drawn = exercise.fresh(1)
    mean = exercise.function_of("def gram_trace(F):\n    return np.diag(gram_matrix(F)).mean()")
    verdict = judge(drawn, [call_twice(mean, case.args) for case in drawn])
    assert (verdict.mistake, verdict.hint) == ("mean_of_diagonal", "You averaged the diagonal: the trace is its sum.")
    assert exercise.points == 2 and set(exercise.stubs(drawn)) == {"gram_matrix"}
    written = cases.write_public_cases(exercise.masters, tmp_path / "cases")
    assert "gram_trace.json" in {path.name for path in written}
    stored, _ = case_files.load("gram_trace", tmp_path / "cases")
    assert judge(stored, [call_twice(lambda F: np.sum(F**2), case.args) for case in stored]).passed


@EACH
def test_no_right_answer_is_called_slow(exercise, capsys):
    """As a student's machine times it: the reference at the size of its notebook."""
    entry = next(entry for entry in cases.syllabus_of(MASTERS) if entry.name == exercise.name)
    assert timing.advice(MASTERS.reference(exercise.name), entry, lambda function, args: function(*args)) == ""
    assert (entry.calls > 0) == (exercise.name not in ("total_loss", "image_gradient"))
