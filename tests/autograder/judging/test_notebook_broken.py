"""Broken notebooks: what breaks, hangs or dies costs its own points only."""

import re
import threading
import time

import psutil
import pytest

from autograder.sandbox.limits import Limits
from student_notebook import FEATURES, RIGHT, all_of, features, grade

pytestmark = pytest.mark.sandbox


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
