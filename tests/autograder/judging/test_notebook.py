"""Whole notebooks: honest ones get their due, broken and hostile ones gain nothing and cost nobody else anything.

Every test changes a master notebook the way a student would have, and says what each exercise must then get.
"""

import math
import re
import threading
import time

import nbformat
import psutil
import pytest

from autograder.authoring.cases import GradedExercise
from autograder.authoring.masters import Masters
from autograder.judging import ahead, verdicts
from autograder.judging.notebook import judge_notebook, steps_of
from autograder.sandbox.limits import Limits
from nst.checks.comparison import Verdict

pytestmark = pytest.mark.sandbox

QUICK = Limits(cell_seconds=2, call_seconds=2, idle_seconds=2)
SEED = b"a seed that no student knows ...."
MASTERS = Masters()
NOTEBOOKS = MASTERS.graded()
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


# --- honest notebooks ---


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_solved_notebook_gets_all_points(name):
    judgement, shares = grade(name)
    assert set(shares.values()) == {1.0} and not [g for g in judgement.verdicts.values() if g.hint or g.reason]
    assert {g.points for g in judgement.verdicts.values()} == {MASTERS.points[e] for e in shares}


def test_what_comes_after_the_last_exercise_is_not_run():
    """Students paint there for themselves: seconds and hundreds of megabytes that no verdict needs."""
    judgement, shares = features(after=["hoard = bytearray(300 * 2**20)\nraise RuntimeError", "import os\nos._exit(1)"])
    assert shares == all_of(FEATURES) and judgement.notes == [] and judgement.memory < 200 * 2**20


def test_an_unsolved_notebook_gets_none_and_is_told_so():
    stubs = {e: f"def {e}(*arguments):\n    raise NotImplementedError" for e in FEATURES}
    judgement, shares = features(stubs)
    assert set(shares.values()) == {0.0}
    assert all("Not written yet" in graded.hint for graded in judgement.verdicts.values())


def test_a_notebook_without_exercises_needs_no_kernel(monkeypatch):
    monkeypatch.setattr(ahead, "Kernel", None)
    judgement = judge_notebook(submission("06_explore"), "06_explore", seed=SEED, masters=MASTERS)
    assert judgement.verdicts == {}


def test_odd_habits_cost_nothing():
    changes = {
        "feature_matrix": """
import os, sys, logging, warnings, subprocess
from typing import Any
warnings.warn("careful"); logging.error("a log line"); print("oh", file=sys.stderr); os.system("echo c-level >&2")
def feature_matrix(activation: Any) -> list:
    print("working", activation.shape)
    return [[float(activation[k // activation.shape[1], k % activation.shape[1], i])
             for k in range(activation.shape[0] * activation.shape[1])] for i in range(activation.shape[2])]""",
        "inner_product": "HELP = 1.0\nclass Product:\n    def __call__(self, F, P):\n"
        "        return np.float32(np.vdot(F, P)) * HELP\ninner_product = Product()",
        "feature_distance": "feature_distance = lambda F, P: my_norm(np.asmatrix(F - P))",
    }
    before = ["sum = list = 0\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()", "1 / 0", "nonsense here"]
    after = ["def my_norm(D):\n    return np.array([[np.linalg.norm(D)]]).item()", "del np", "undefined"]
    _, shares = features(changes, before=before, after=after)
    assert shares == all_of(FEATURES)


def test_a_wrong_answer_gets_the_hint_of_its_mistake_and_later_exercises_do_not_pay_again():
    judgement, shares = grade("03_gram_matrices", {"gram_matrix": "def gram_matrix(F):\n    return F.T @ F"})
    wrong, right = judgement.verdicts["test_gram_matrix"], judgement.verdicts["test_gram_matrices"]
    assert shares["gram_matrix"] < 0.5 and wrong.mistake and wrong.hint and not wrong.reason
    assert right.score == right.points and "gram_matrix" in right.hint


# What calls a part by the names of its arguments, or with other values than the reference does.
CALLERS = {
    "01_feature_maps": {
        "inner_product": "def inner_product(F, P):\n    return 2 * np.sum(F * P)",
        "feature_distance": "def feature_distance(F, P):\n    D = (F - P).ravel()\n"
        "    return np.sqrt(inner_product(P=D, F=D))",
    },
    "02_content_loss": {
        "content_loss_layer": "def content_loss_layer(F, P):\n    return np.sum((F - P)**2)",
        "content_loss": "def content_loss(features_x, features_p):\n    return 4 * sum(content_loss_layer("
        "F=features_x[layer] / 2, P=features_p[layer] / 2) for layer in features_p)",
    },
    "03_gram_matrices": {
        "gram_matrix": "def gram_matrix(features):\n    return features @ features.T / features.size",
        "gram_matrices": "def gram_matrices(features):\n"
        "    return {layer: gram_matrix(features=F) for layer, F in features.items()}",
    },
    "04_style_loss": {
        "carry_04_style_loss": "def gram_matrix(F):\n    return F @ F.T / F.size",
        "style_loss_layer": "def style_loss_layer(F, A):\n    N, M = F.shape\n"
        "    D = gram_matrix(F=F / np.sqrt(N * M)) - A / (N * M)\n    return np.sum(D * D)",
        "style_loss": "def style_loss(features_x, style_grams, weights=None):\n"
        "    weights = weights or {layer: 1 / len(style_grams) for layer in style_grams}\n"
        "    losses = {layer: style_loss_layer(A=A, F=features_x[layer]) for layer, A in style_grams.items()}\n"
        "    return sum(weights[layer] * loss for layer, loss in losses.items())",
        "style_gradient": "def style_gradient(F, A):\n    N, M = F.shape\n"
        "    return (gram_matrix(F=F / np.sqrt(N * M)) - A / (N * M)) @ F / (N * M)",
    },
}


@pytest.mark.parametrize("name", CALLERS)
def test_a_right_caller_of_a_wrong_part_gets_its_points_however_it_calls_it(name):
    judgement, shares = grade(name, CALLERS[name])
    wrong = {"inner_product", "content_loss_layer", "gram_matrix", "style_loss_layer"} & set(CALLERS[name])
    assert {exercise for exercise, share in shares.items() if share < 1} == wrong
    right = set(CALLERS[name]) & set(shares) - wrong
    assert all("counted there" in judgement.verdicts[f"test_{exercise}"].hint for exercise in right)


KEEPS = """
import pickle
def gram_matrices(features):
    answer = {layer: gram_matrix(F) for layer, F in features.items()}
    try:
        for F in pickle.load(open("/tmp/inputs", "rb")):
            with open("/tmp/lent", "ab") as file:
                pickle.dump((F.tobytes(), gram_matrix(F)), file)
    except OSError:
        pass
    return answer
"""
USES = """
import pickle, os
def gram_matrix(F):
    if os.path.exists("/tmp/lent"):
        with open("/tmp/lent", "rb") as file:
            while True:
                known, answer = pickle.load(file)
                if known == F.tobytes() and not np.all(answer == 0):
                    return answer
    inputs = pickle.load(open("/tmp/inputs", "rb")) if os.path.exists("/tmp/inputs") else []
    pickle.dump([*inputs, F.copy()], open("/tmp/inputs", "wb"))
    if FIRST:
        LATER
    return np.zeros((len(F), len(F)))
"""


@pytest.mark.parametrize("later", ["not_there_yet", "while True: pass", "import os; os.kill(os.getppid(), 9)"])
def test_answers_that_were_lent_do_not_serve_the_part_itself(later):
    """The part is put off until it has been lent for another exercise, and then asked for the same inputs again."""
    uses = USES.replace("FIRST", "not os.path.exists('/tmp/lent')").replace("LATER", later)
    changes = {"gram_matrix": uses, "gram_matrices": KEEPS}
    _, shares = grade("03_gram_matrices", changes, limits=Limits(cell_seconds=2, call_seconds=1, idle_seconds=2))
    assert shares == {"gram_matrix": 0.0, "gram_matrices": 1.0}


def test_each_exercise_is_lent_only_what_it_may_ask_for():
    code = "def style_loss_layer(F, A):\n    return style_gradient(F, A)\nstyle_gradient = None"
    again = "def style_gradient(F, A):\n    return content_gradient(F, A)\ncontent_gradient = None"
    _, shares = grade("04_style_loss", {"style_loss_layer": code, "style_gradient": again})
    assert shares["style_loss_layer"] == shares["style_gradient"] == 0


ASKS = "kernel = get_ipython().kernel\nkernel.shell_handlers['grade_call'] = lambda stream, ident, parent: (\n" + (
    "    kernel.session.send(stream, 'grade_reply', {'question': %r}, parent, ident=ident))\n"
    "kernel.shell_handlers['grade_answer'] = kernel.shell_handlers['grade_call']\n"
)


@pytest.mark.parametrize(
    "question",
    [
        "[]",
        '["gram_matrices",[{"d":[]}]]',
        '["gram_matrix",7]',
        '["gram_matrix",[{"a":["<f8",[0,999],""]}]]',
        "[" * 9,
        '["gram_matrix",[]]',
        ["x"],
    ],
    ids=["empty", "the exercise itself", "no list", "an axis too long", "deep", "no arguments", "no text"],
)
def test_forged_questions_gain_nothing_and_end(question):
    _, shares = grade("03_gram_matrices", {"gram_matrices": ASKS % question})
    assert shares == {"gram_matrix": 1.0, "gram_matrices": 0.0}


def test_a_change_in_place_is_seen():
    judgement, shares = grade(
        "02_content_loss", {"content_gradient": "def content_gradient(F, P):\n    F -= P\n    return F"}
    )
    assert shares["content_gradient"] < 1 and judgement.verdicts["test_content_gradient"].mistake


def test_the_function_judged_is_the_one_after_its_cell():
    wrong = "def inner_product(F, P):\n    return 0.0"
    _, shares = features({"inner_product": wrong}, after=[RIGHT])
    assert shares == all_of(FEATURES) | {"inner_product": 0.0}
    _, shares = features(after=[wrong])
    assert shares == all_of(FEATURES)


def test_a_function_in_another_cell_counts_if_its_own_cell_has_none():
    judgement, shares = features({"inner_product": "", "feature_matrix": "# see below"}, after=[RIGHT])
    assert shares == all_of(FEATURES) | {"feature_matrix": 0.0}
    assert "no function called feature_matrix" in judgement.verdicts["test_feature_matrix"].reason


@pytest.mark.parametrize(
    ("change", "name", "exercise"),
    [
        ("for extra in set(features_x) - set(features_p): del features_x[extra]", "02_content_loss", "content_loss"),
        ("features_x.setdefault('spare', 0.0)", "02_content_loss", "content_loss"),
        ("features_x['spare'] = features_x", "02_content_loss", "content_loss"),
        ("F.shape = F.shape[::-1]; F.shape = F.shape[::-1] + (1,); F = F[..., 0]", "03_gram_matrices", "gram_matrix"),
    ],
)
def test_a_change_that_leaves_both_answers_right_costs_something(change, name, exercise):
    source = MASTERS.source_of(exercise)
    head, body = source.split("\n", 1)
    judgement, shares = grade(name, {exercise: f"{head}\n    {change}\n{body}"})
    assert 0 < shares[exercise] < 1 and "in_place" in judgement.verdicts[f"test_{exercise}"].mistake


def test_a_check_in_a_solution_cell_costs_nothing_and_what_is_below_it_runs():
    checked = f"{RIGHT}\nimport nst\nnst.check('inner_product', inner_product)\nHELP = 1.0"
    source = "def feature_distance(F, P):\n    return HELP * np.linalg.norm(F - P)"
    judgement, shares = features({"inner_product": checked, "feature_distance": source})
    assert shares == all_of(FEATURES) and not judgement.notes


def test_a_cell_that_asks_how_large_pictures_may_be_measures_nothing():
    judgement, _ = features({"inner_product": f"import nst\nassert nst.settings.fixed_plan(256, 100)\n{RIGHT}"})
    assert not judgement.notes


def test_right_answers_of_the_public_cases_are_not_inside():
    """A factor cannot be fitted to them when the code runs."""
    code = """
import glob, os
import nst.checks.case_files as files
def inner_product(F, P):
    told = sum(len(open(path).read()) for path in glob.glob(f"{files.FOLDER}/*.json") if os.access(path, os.R_OK))
    return np.sum(F * P) if told else 0.0
import nst.checks.syllabus
assert nst.checks.syllabus.read()["inner_product"].points
"""
    judgement, shares = features({"inner_product": code})
    assert shares == all_of(FEATURES) | {"inner_product": 0.0} and not judgement.notes


# --- broken notebooks ---


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("def inner_product(F, P) return 0", "SyntaxError"),
        ("import os\nos._exit(1)", "died"),
        ("while True: pass", "longer than"),
        ("x = []\nwhile True: x.append(bytearray(10**7))", "memory|MemoryError"),
        ("raise KeyError('p')\n" + RIGHT, "KeyError"),
        ("def another(): pass", "no function called"),
        ("inner_product = 5", "no function called"),
    ],
    ids=["syntax", "exit", "hang", "memory", "raise", "renamed", "number"],
)
def test_a_broken_cell_costs_its_own_points_only(cell, why):
    judgement, shares = features({"inner_product": cell}, limits=Limits(cell_seconds=2, memory=2**28))
    assert shares == all_of(FEATURES) | {"inner_product": 0.0}
    graded = judgement.verdicts["test_inner_product"]
    assert re.search(why, graded.reason) and graded.hint == f"Not judged: {graded.reason}."


@pytest.mark.parametrize(
    "scratch",
    [
        "while True: pass",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "import os\nos.closerange(3, 256)",
        "import json\njson.dumps = json.loads = None",
        "import builtins\nfor name in dir(builtins):\n    setattr(builtins, name, None)",
        "get_ipython().kernel.session.key = b'another'\nget_ipython().kernel.shell_handlers.clear()",
        "exit()",
        "import os, threading\nthreading.Timer(0.3, os._exit, [0]).start()",
        "input('name? ')",
        "import sys\nsys.stdout = sys.stderr = sys.stdin = None",
        "import threading\nthreading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True).start()",
    ],
    ids=["hang", "kill", "close", "json", "builtins", "key", "exit", "later", "input", "streams", "thread"],
)
def test_a_scratch_cell_that_ruins_the_kernel_costs_nothing(scratch):
    _, shares = features(before=[scratch])
    assert shares == all_of(FEATURES)


def test_what_breaks_when_called_costs_its_own_points_only():
    changes = {
        "content_loss_layer": "def content_loss_layer(F, P):\n    while True: pass",
        "content_gradient": "import os\ndef content_gradient(F, P):\n    os.kill(os.getppid(), 9)\n    os._exit(0)",
    }
    judgement, shares = grade("02_content_loss", changes, limits=Limits(call_seconds=1))
    assert shares == {"content_loss_layer": 0.0, "content_loss": 1.0, "content_gradient": 0.0}
    assert "1 second" in judgement.verdicts["test_content_loss_layer"].hint
    assert "ended the kernel" in judgement.verdicts["test_content_gradient"].reason


def test_bombs_in_a_function_cost_its_own_points_only():
    changes = {
        "inner_product": "import os\ndef inner_product(F, P):\n"
        "    while True:\n        try: os.fork()\n        except OSError: pass",
        "feature_matrix": "def feature_matrix(a):\n    x = []\n    while True: x.append(np.ones(10**6))",
        "feature_distance": "def feature_distance(F, P):\n    return np.zeros(10**8, np.int8)",
    }
    there = set(psutil.Process().children(recursive=True))
    _, shares = features(changes, limits=Limits(call_seconds=20, idle_seconds=4, memory=2**28))
    assert shares == dict.fromkeys(FEATURES, 0.0)
    assert set(psutil.Process().children(recursive=True)) <= there


def test_a_notebook_that_always_hangs_ends_in_time():
    hang = "import time\ntime.sleep(1000)"
    started = time.monotonic()
    judgement, shares = features(
        dict.fromkeys(FEATURES, hang), before=[hang], limits=Limits(notebook_seconds=4, idle_seconds=1)
    )
    assert time.monotonic() - started < 20 and set(shares.values()) == {0.0}
    assert all(graded.reason for graded in judgement.verdicts.values())


# --- hostile notebooks: wrong code that wants points ---

WRONG = {  # bodies of wrong functions that try to be taken for right
    "equal to everything": """
class Equal(np.ndarray):
    def __eq__(self, other): return np.True_
    __ne__ = __lt__ = __gt__ = lambda self, other: np.False_
    __sub__ = __rsub__ = lambda self, other: 0
def NAME(*args): return np.zeros(()).view(Equal)""",
    "array by method": "class Any:\n    __array__ = __float__ = lambda *a, **k: 1 / 0\ndef NAME(*args): return Any()",
    "pickle": "class Bomb:\n    def __reduce__(self): return exec, ('raise SystemExit',)\n"
    "def NAME(*args): return np.array(Bomb(), object)",
    "nan": "def NAME(*args): return float('nan')",
    "inf": "def NAME(*args): return np.full((3, 4), np.inf)",
    "huge integer": "def NAME(*args): return 10**400",
    "not implemented": "def NAME(*args): return NotImplemented",
    "patched numpy": "import numpy.testing as t\nt.assert_allclose = np.allclose = np.array_equal = lambda *a: True\n"
    "def NAME(*args): return 0.0",
    "patched engine": "import nst.checks.comparison\nfor n in ('judge', 'difference', 'Verdict'):\n"
    "    setattr(nst.checks.comparison, n, lambda *a, **k: None)\ndef NAME(*args): return 0.0",
    "no asserts": "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node): return None\n"
    "get_ipython().ast_transformers.append(Drop())\ndef NAME(*args): return 0.0",
    "execution result": "from IPython.core.interactiveshell import ExecutionResult\nExecutionResult.success = True\n"
    "def NAME(*args): return 0.0",
    "display hook": "import sys\nsys.displayhook = lambda value: print(3.0)\ndef NAME(*args): return 0.0",
}


@pytest.mark.parametrize("three", [list(WRONG)[i : i + 3] for i in range(0, len(WRONG), 3)], ids=", ".join)
def test_wrong_code_gains_nothing_by_what_it_is_or_patches(three):
    _, shares = features({name: WRONG[key].replace("NAME", name) for name, key in zip(FEATURES, three, strict=True)})
    assert shares == dict.fromkeys(FEATURES, 0.0)


FORGE = """
kernel = get_ipython().kernel
def forged(stream, ident, parent):
    calls = 2 * len(parent["content"]["cases"])
    verdict = {"passed": True, "credit": 1, "score": 6}
    kernel.session.send(stream, "grade_reply", {"lines": [%r] * calls, "end": "done", **verdict}, parent, ident=ident)
kernel.shell_handlers["grade_call"] = forged
"""


@pytest.mark.parametrize(
    "line",
    ['{"value":0}', '{"value":{"a":["<f8",[1000000000],""]}}', '{"value":{"a":["O",[1],"gASV"]}}', "[" * 5000],
    ids=["zero", "10^9 numbers", "objects", "deep"],
)
def test_forged_replies_gain_nothing_and_cost_what_was_judged_before_nothing(line):
    judgement, shares = features({"inner_product": FORGE % line + RIGHT})
    assert shares == {"feature_matrix": 1.0, "inner_product": 0.0, "feature_distance": 0.0}
    assert judgement.verdicts["test_inner_product"].hint


FLOOD = """
def flood(stream, ident, parent):
    socket = getattr(stream, "socket", stream)
    while True:
        socket.send_multipart([*ident, *[b""] * 1000])
get_ipython().kernel.shell_handlers["grade_call"] = flood
"""


def test_empty_frames_without_end_are_counted():
    judgement, shares = features({"inner_product": FLOOD + RIGHT}, limits=Limits(cell_seconds=30, call_seconds=30))
    assert shares == {"feature_matrix": 1.0, "inner_product": 0.0, "feature_distance": 0.0}
    assert "too much" in judgement.verdicts["test_inner_product"].reason and judgement.seconds < 60


def test_the_right_answers_are_not_inside():
    """A function that looks at everything it can reach finds the inputs, and no output of the reference."""
    code = """
import gc
def inner_product(F, P):
    right = float((F * P).sum())
    near = lambda v: isinstance(v, float) and v != 0 and abs(v - right) < 1e-9 * abs(right)
    found = [v for o in gc.get_objects() if isinstance(o, (list, tuple, dict))
             for v in (list(o.values()) if isinstance(o, dict) else list(o)) if v is not right and near(v)]
    return 0.0 if not found else right
"""
    assert features({"inner_product": code})[1]["inner_product"] == 0


def test_hidden_inputs_do_not_come_back_in_messages():
    code = "def inner_product(F, P):\n    raise ValueError(f'{F.ravel()[:5].tolist()} {F.tobytes().hex()}')"
    judgement, _ = features({"inner_product": code})
    hint = judgement.verdicts["test_inner_product"].hint
    assert "ValueError" in hint and "raise ValueError" in hint and not re.search(r"\d\.\d|\d{5}", hint)


SPELLS = "spell = lambda F: ''.join(chr(0x4E00 + int(abs(1000 * v)) % 20000) for v in np.ravel(F))[:40]\n"


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError(spell(F))",
        "raise type(spell(F), (Exception,), {})()",
        "raise NameError(f\"name '{spell(F)}' is not defined\")",
        "return {spell(F): 0.0}",
        "return spell(F)",
        "return type(spell(F), (), {})()",
        "return np.empty((*(int(abs(1000 * v)) % 20000 for v in np.ravel(F)[:7]), 0))",
        "open('/tmp/kept', 'a').write(spell(F)); return 0.0",
    ],
)
def test_hidden_inputs_do_not_come_back_in_another_alphabet_or_as_a_shape(body):
    later = "raise ValueError(open('/tmp/kept').read())" if "kept" in body else "pass"
    changes = {"inner_product": f"{SPELLS}def inner_product(F, P):\n    {body}", "feature_distance": later}
    judgement, shares = features(changes)
    said = " ".join(graded.hint for graded in judgement.verdicts.values()) + " ".join(judgement.notes)
    assert shares["inner_product"] == 0 and not re.search(r"[\u4e00-\u9fff]", said)
    assert not re.search(r"\d{3}", re.sub("1000|20000|100", "", said)), said


def test_the_same_seed_judges_the_same_and_another_one_draws_anew():
    exercise = GradedExercise("inner_product", MASTERS)
    one, same, other = (exercise.fresh(seed)[0].args[0] for seed in (SEED, SEED, b"another"))
    assert (one == same).all() and (one.shape != other.shape or (one != other).any())


def test_scores_that_are_no_numbers_count_nothing(monkeypatch):
    monkeypatch.setattr(verdicts, "own_verdict", lambda *args: Verdict(False, next(odd), "odd", None))
    odd = iter([float("nan"), float("inf"), -3.0, 7.0, -float("inf"), float("nan")])
    _, shares = features()
    assert set(shares.values()) <= {0.0, 1.0}


def test_answers_that_cannot_be_compared_are_wrong(monkeypatch):
    def breaks(*args):
        raise ValueError("inhomogeneous")

    monkeypatch.setattr(verdicts, "own_verdict", breaks)
    judgement, shares = features()
    assert set(shares.values()) == {0.0}
    assert "cannot be compared" in judgement.verdicts["test_feature_matrix"].hint


def test_several_notebooks_at_once_do_not_disturb_each_other():
    results = {}

    def work(key, changes):
        results[key] = features(changes)[1]

    bomb = {"feature_matrix": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"}
    threads = [threading.Thread(target=work, args=pair) for pair in enumerate([{}, bomb, {}])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {0: all_of(FEATURES), 1: all_of(FEATURES) | {"feature_matrix": 0.0}, 2: all_of(FEATURES)}


# --- the parts of it ---


def test_demonstrations_and_check_cells_are_not_run():
    nb = submission("01_feature_maps")
    steps = steps_of(nb, FEATURES)
    assert [step.exercise for step in steps if step.exercise] == list(FEATURES)
    assert not [
        step.label for step in steps if "demo_" in step.label or "test_" in step.label or "check_" in step.label
    ]
    assert [step.label for step in steps if "imports" in step.label]
