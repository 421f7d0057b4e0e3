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
    yield
    runner.KEPT.clear()
    runner.stop_talking()


def ask(function, *arguments, seconds=5.0, size=1 << 20, parts=None, cases=1):
    """The runner's reply for `function` called with `arguments`."""
    case = protocol.encode(arguments, protocol.ARGUMENTS)
    request = {"function": "f", "kept": False, "parts": parts or {}, "cases": [case] * cases}
    scope = {**getattr(function, "__globals__", {}), "f": function}
    return runner.answer(request | {"seconds": seconds, "idle": 1, "bytes": size}, scope)


def told(reply, right):
    """The last reply and all questions on the way there, each answered by right(part, arguments)."""
    questions = []
    while "question" in reply:
        part, values = protocol.loads(reply["question"])
        questions.append((part, protocol.decode(values)))
        reply = runner.carry_on(protocol.dumps(right(*questions[-1])))
    return reply, questions


def values(reply):
    """The answers to all calls."""
    lines = [protocol.loads(line) for line in reply["lines"]]
    return [protocol.decode(line["value"]) for line in lines if "value" in line]


def states(reply):
    """What has become of the arguments of the first case."""
    (told,) = (protocol.loads(line)["arguments"] for line in reply["lines"][2:3])
    return [state if state is True or "odd" in state else protocol.decode(state["value"]) for state in told]


def raised(reply):
    return protocol.loads(reply["lines"][0])["raised"]


SCOPE = {}  # globals of the last function, as in a notebook


def define(source):
    """A function from text, with globals of its own."""
    SCOPE.clear()
    exec(source, SCOPE)
    return SCOPE["f"]


def test_every_case_is_two_calls_in_one_fresh_child():
    reply = ask(define("import os\ndef f(x): return [float(os.getpid()), float(x)]"), 3.0, cases=2)
    pids = {float(pid) for pid, _ in values(reply)}
    assert reply["end"] == "done" and len(reply["lines"]) == 6 and len(pids) == 1 and os.getpid() not in pids


def test_a_change_in_place_shows_as_another_second_answer():
    first, second = values(ask(define("def f(x):\n    x += 1\n    return x"), np.zeros(2)))
    assert first.tolist() == [1, 1] and second.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("return d['a'] + x", [True, True]),
        ("del d['b']; d['b'] = np.zeros(1); return 1", [True, True]),
        ("d['a'] = d['a'].copy(); return 1", [True, True]),
        ("d.pop('b', None); return 1", [{"a": np.ones(2)}, True]),
        ("d.setdefault('c', 2.5); return 1", [{"a": np.ones(2), "b": np.zeros(1), "c": 2.5}, True]),
        ("x.shape = (2, 1); return 1", [True, np.ones((2, 1))]),
        ("x[:] = 7; return 1", [True, np.full(2, 7.0)]),
        ("x[:] = 7; return 1 / 0", [True, np.full(2, 7.0)]),
        ("d['c'] = object(); return 1", [{"odd": ...}, True]),
        ("d['c'] = d; return 1", [{"odd": ...}, True]),
    ],
)
def test_what_has_become_of_the_arguments_is_told(body, after):
    given = {"a": np.ones(2), "b": np.zeros(1)}, np.ones(2)
    told = states(ask(define(f"import numpy as np\ndef f(d, x):\n    {body}"), *given))
    for state, expected in zip(told, after, strict=True):
        if isinstance(expected, dict) and "odd" in expected:
            assert list(state) == ["odd"]
        elif isinstance(expected, dict):
            assert state.keys() == expected.keys()
        else:
            assert np.array_equal(state, expected) and np.shape(state) == np.shape(expected)


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


def doubled(part, values):
    return {"value": protocol.encode(2 * np.asarray(values[0]))}


def test_a_lent_part_is_asked_for_whatever_it_is_called_with_and_in_the_child_only():
    function = define("def part(x): return x - 1\ndef f(x): return part(x) + part(x + 1) + part([1.0, 2.0])")
    reply, questions = told(ask(function, np.ones(2), parts={"part": ["x"]}), doubled)
    assert [answer.tolist() for answer in values(reply)] == [[8, 10]] * 2
    assert [part for part, _ in questions] == ["part"] * 6 and questions[2][1][0].tolist() == [1, 2]
    assert function.__globals__["part"](1) == 0


@pytest.mark.parametrize(
    ("own", "call"),
    [
        ("def part(F, P): pass", "part(F=x, P=y)"),
        ("def part(F, P): pass", "part(P=y, F=x)"),
        ("def part(F, P): pass", "part(x, P=y)"),
        ("def part(a, b): pass", "part(b=y, a=x)"),
        ("def part(*given): pass", "part(x, y)"),
        ("def part(F, P, scale=1): pass", "part(x, y, scale=2)"),
        ("def part(F, P, scale=1): pass", "part(x, y, 2)"),
        ("part = print", "part(F=x, P=y)"),
        ("part = None", "part(x, y)"),
    ],
)
def test_a_lent_part_binds_its_arguments_by_position_or_name(own, call):
    function = define(f"{own}\ndef f(x, y): return {call}")
    _, questions = told(ask(function, 1.0, 2.0, parts={"part": ["F", "P"]}), doubled)
    assert questions[0] == ("part", [1.0, 2.0])


@pytest.mark.parametrize("call", ["part()", "part(x, x)", "part(z=x)", "part(lambda: 0)"])
def test_a_lent_part_refuses_what_fits_neither_it_nor_the_student_s_own(call):
    function = define(f"def part(x): return x\ndef f(x): return {call}")
    assert raised(ask(function, 1.0, parts={"part": ["F"]}))[0] == "TypeError"


def test_what_a_lent_part_raises_is_raised_inside():
    function = define("def f(x):\n    try: return part(x)\n    except MemoryError: return 5.0")
    reply, _ = told(ask(function, 1.0, parts={"part": ["F"]}), lambda *question: {"raised": "MemoryError"})
    assert values(reply) == [5.0, 5.0]


def test_lent_parts_are_seen_by_objects_and_partial_functions_too():
    source = "import functools\nclass Own:\n    def __call__(self, x): return part(x)\n"
    for last in ("f = Own()", "f = functools.lru_cache(Own().__call__)", "f = np.vectorize(lambda x: part(x))"):
        define(f"import numpy as np\n{source}{last}")
        reply = runner.answer(
            {"function": "f", "kept": False, "parts": {"part": ["F"]}, "cases": [protocol.encode((1.0,))]}
            | {"seconds": 5, "idle": 1, "bytes": 1000},
            SCOPE,
        )
        assert "question" in reply, last


def test_a_child_that_waits_for_an_answer_is_ended_by_the_next_request():
    before = children()
    function = define("def f(x): return part(x)")
    assert "question" in ask(function, 1.0, parts={"part": ["F"]})
    assert values(ask(lambda x: x, 1.0)) == [1.0, 1.0] and children() <= before
    assert runner.carry_on("{}") == {"lines": [], "end": "died"}


def test_a_child_that_asks_and_leaves_has_died():
    function = define("import os\ndef f(x):\n    if os.fork(): os._exit(0)\n    return part(x)")
    reply, _ = told(ask(function, 1.0, parts={"part": ["F"]}, seconds=0.5), doubled)
    assert reply["end"] in ("died", "done")


def test_the_function_judged_is_the_one_after_its_cell():
    request = {
        "function": "f",
        "kept": False,
        "parts": {},
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
