"""The part that runs inside, on its own: fresh children, two calls, bounded replies."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from autograder.sandbox.inside import protocol, runner


@pytest.fixture(autouse=True)
def forget():
    runner.KEPT.clear()


def ask(function, *arguments, seconds=5.0, size=1 << 20, stubs=None, cases=1):
    """The runner's reply for `function` called with `arguments`."""
    case = protocol.encode(arguments, protocol.ARGUMENTS)
    request = {"function": "f", "kept": False, "stubs": stubs or {}, "cases": [case] * cases}
    return runner.answer(request | {"seconds": seconds, "idle": 1, "bytes": size}, {"f": function})


def values(reply):
    return [protocol.decode(protocol.loads(line)["value"]) for line in reply["lines"]]


def raised(reply):
    return protocol.loads(reply["lines"][0])["raised"]


def define(source):
    """A function from text, with globals of its own, as in a notebook."""
    scope = {}
    exec(source, scope)
    return scope["f"]


def test_every_case_is_two_calls_in_one_fresh_child():
    reply = ask(define("import os\ndef f(x): return [float(os.getpid()), float(x)]"), 3.0, cases=2)
    pids = {float(pid) for pid, _ in values(reply)}
    assert reply["end"] == "done" and len(reply["lines"]) == 4 and len(pids) == 1 and os.getpid() not in pids


def test_a_change_in_place_shows_as_another_second_answer():
    first, second = values(ask(define("def f(x):\n    x += 1\n    return x"), np.zeros(2)))
    assert first.tolist() == [1, 1] and second.tolist() == [2, 2]


def test_arguments_are_new_for_every_case_and_the_parent_stays_clean():
    function = define("seen = []\ndef f(x):\n    seen.append(1)\n    x += 1\n    return x")
    answers = values(ask(function, np.zeros(1), cases=2))
    assert [a.item() for a in answers] == [1, 2, 1, 2] and function.__globals__["seen"] == []


def test_prints_on_every_level_do_not_reach_the_reply():
    reply = ask(define("import os, sys\ndef f(x):\n    print(1); os.write(1, b'a'); os.write(2, b'b'); return x"), 1.0)
    assert values(reply) == [1.0, 1.0]


def test_np_is_there_even_if_nobody_imported_it():
    assert values(ask(define("def f(x): return np.sum(x)"), np.ones(3)))[0] == 3


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return f(x)", "RecursionError"),
        ("raise NotImplementedError()", "NotImplementedError"),
    ],
)
def test_what_a_function_raises_is_an_answer(body, kind):
    assert raised(ask(define(f"def f(x):\n    {body}"), 1.0))[0] == kind


def test_long_messages_are_cut():
    kind, message, _ = raised(ask(define("def f(x): raise type('E' * 999, (Exception,), {})('m' * 10**6)"), 1.0))
    assert len(kind) <= 60 and len(message) <= 300


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("import os\ndef f(x): os._exit(0)", "died"),
        ("import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGKILL)", "died"),
        ("def f(x):\n    while True: pass", "time"),
        ("import time\ndef f(x):\n    try: time.sleep(60)\n    finally: time.sleep(60)", "time"),
        ("def f(x): return np.zeros(10**5)", "size"),
        ("import os\ndef f(x):\n    os.closerange(3, 100)\n    return x", "died"),
    ],
    ids=["exit", "kill", "loop", "sleep", "flood", "close"],
)
def test_a_child_that_ends_hangs_or_floods_is_named_and_gone(source, end):
    before, started = children(), time.monotonic()
    reply = ask(define(source), 1.0, seconds=0.5)
    assert reply["end"] == end and len(reply["lines"]) == 0 and time.monotonic() - started < 5
    assert children() <= before, "the child is still there, or its remains are"


def children():
    """Process ids of this process's children, also of those that ended and were not waited for."""
    return {child.pid for child in psutil.Process().children()}


def test_what_the_child_started_dies_with_it(tmp_path):
    source = f"""
import os, time
def f(x):
    if os.fork() == 0:
        time.sleep(1)
        open({str(tmp_path / "alive")!r}, "w")
    return x"""
    assert values(ask(define(source), 1.0)) == [1.0, 1.0]
    time.sleep(1.3)
    assert not (tmp_path / "alive").exists()


def test_an_answer_that_is_not_data_is_called_so():
    lines = ask(define("def f(x): return (i for i in 'ab')"), 1.0)["lines"]
    assert protocol.loads(lines[0]) == {"odd": "a generator"}


def test_stubs_replace_the_parts_in_the_child_only():
    function = define("def part(x): return x - 1\ndef f(x): return part(x)")
    table = {"part": protocol.encode([((np.ones(2),), np.full(2, 7.0))], protocol.ARGUMENTS)}
    assert values(ask(function, np.ones(2), stubs=table))[0].tolist() == [7, 7]
    assert raised(ask(function, np.zeros(2), stubs=table))[0] == "LookupError"
    assert function.__globals__["part"](1) == 0


def test_the_function_judged_is_the_one_after_its_cell():
    request = {
        "function": "f",
        "kept": False,
        "stubs": {},
        "cases": [protocol.encode((1.0,))],
        "seconds": 5,
        "idle": 1,
        "bytes": 1000,
    }
    runner.answer(dict(request), {"f": lambda x: x})
    later = {"f": lambda x: -x}
    assert values(runner.answer({**request, "kept": True}, later)) == [1.0, 1.0]
    assert values(runner.answer(dict(request), later)) == [-1.0, -1.0]


@pytest.mark.parametrize("namespace", [{}, {"f": 5}], ids=["none", "not callable"])
def test_no_function_is_said_to_be_missing(namespace):
    assert runner.answer({"function": "f", "kept": False}, namespace) == {"missing": True}


def test_the_runner_stands_alone(tmp_path):
    """Inside there is no package `autograder`: this folder's files and nst must do."""
    shutil.copytree(Path(runner.__file__).parent, tmp_path, dirs_exist_ok=True)
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; import runner; print('autograder' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "False\n"
