"""Hostile notebooks: wrong code that wants points, and code that wants to carry hidden inputs out."""

import re

import pytest

from autograder.sandbox.limits import Limits
from student_notebook import FEATURES, RIGHT, all_of, features

pytestmark = pytest.mark.sandbox

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
