"""`nst.check` as a student meets it: one line when right, one hint when wrong, whatever the function does."""

import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import nst
from nst.checks.case_files import exercise_names
from nst.errors import OptionError


def hint_for(exercise, function, **options):
    with pytest.raises(AssertionError) as caught:
        nst.check(exercise, function, **options)
    return str(caught.value)


def defined(source):
    """The functions of a notebook cell."""
    scope = {"np": np}
    exec(compile(textwrap.dedent(source), "cell", "exec"), scope)
    return scope


PASSED = "✓ gram_matrix: passed (11 cases), 8 points.\n"


def test_a_pass_prints_one_line_and_returns_none(capsys):
    def gram_matrix(F):
        print("noise")
        return F @ F.T

    assert nst.check("gram_matrix", gram_matrix) is None
    assert capsys.readouterr().out == PASSED


def test_a_right_answer_that_the_next_cells_cannot_use_or_wait_for_is_told_so(capsys):
    nst.check("gram_matrix", lambda F: (F @ F.T).tolist())
    assert PASSED + "But it returns a list" in capsys.readouterr().out
    two_calls = defined(WALK.replace("loss, gradient = f(x)", "loss, gradient = f(x)[0], f(x)[1]"))["walk"]
    assert "loss_and_gradient is called more often than there are iterations" in hint_for("style_transfer", two_calls)
    nst.check("style_transfer", defined(WALK)["walk"])
    assert capsys.readouterr().out.endswith("cases), 10 points.\n")


@pytest.mark.parametrize("at_last", ["1 / 0", "exit()", "time.sleep(30)"])
def test_a_function_that_goes_wrong_after_it_has_passed_ends_no_check(at_last, capsys):
    source = f"""
        import time
        seen = []
        def gram_matrix(F):
            seen.append(F)
            if len(seen) > 22:  # two calls for each case
                {at_last}
            return F @ F.T
        """
    nst.check("gram_matrix", defined(source)["gram_matrix"], seconds=0.5)
    assert capsys.readouterr().out == PASSED


def test_a_mistake_is_named_also_where_losses_that_are_not_finite_go_wrong_as_well():
    draft = WALK.replace("np.isfinite(loss) and ", "")
    for right, wrong, word in (("x.copy(), loss", "x, loss", "cop"), ("range(steps)", "range(steps + 1)", "iteration")):
        assert draft.count(right) == 1
        code = draft.replace(right, wrong).replace("x = x - rate * gradient", "x -= rate * gradient")
        assert word in hint_for("style_transfer", defined(code)["walk"])


WALK = """
def walk(x0, f, steps, rate):
    x = np.array(x0, float)
    best, least, losses = x.copy(), np.inf, []
    for _ in range(steps):
        loss, gradient = f(x)
        losses.append(loss)
        if np.isfinite(loss) and loss < least:
            best, least = x.copy(), loss
        x = x - rate * gradient
    return best, least, losses
"""


def test_a_failure_is_an_assertion_error_with_the_hint():
    assert hint_for("gram_matrix", lambda F: F.T @ F).startswith("gram_matrix: You multiplied positions with positions")


def test_what_a_wrong_function_printed_is_shown_once(capsys):
    hint_for("gram_matrix", lambda F: print("shape", F.ndim))
    assert capsys.readouterr().out == "shape 2\n"


def test_the_stub_s_error_comes_through_unchanged():
    error = NotImplementedError("your code here")

    def gram_matrix(F):
        raise error

    with pytest.raises(NotImplementedError) as caught:
        nst.check("gram_matrix", gram_matrix)
    assert caught.value is error


def test_an_error_is_told_with_its_line():
    def gram_matrix(F):
        G = F @ F.T
        return G[F.shape]

    hint = hint_for("gram_matrix", gram_matrix)
    assert "raised IndexError in line " in hint and ", `return G[F.shape]` (" in hint


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda F: None, "your result is None"),
        (lambda F: (row for row in F), "a generator"),
        (lambda F: "G", "a text"),
        (lambda F: {"G": F}, "a dict, and an array of real numbers of shape"),
        (lambda F: [F @ F.T, 1], "a list"),
        (lambda F: sys.exit(3), "raised SystemExit in line"),
        (lambda F: sys.exit(3), "exit() and quit() end Python itself"),
        (lambda: 1, "raised TypeError"),
    ],
)
def test_odd_answers_are_named(answer, words):
    assert words in hint_for("gram_matrix", answer)


def test_a_function_without_end_is_given_up_and_its_line_named():
    source = """
    def gram_matrix(F):
        while True:
            F = F + 1
    """
    start = time.perf_counter()
    hint = hint_for("gram_matrix", defined(source)["gram_matrix"], seconds=0.2)
    assert "had not returned after 0.2 seconds; it was in line " in hint
    assert time.perf_counter() - start < 2


def test_a_call_without_end_in_the_last_case_is_named():
    calls = []

    def total_loss(content, style, alpha, beta):
        calls.append(1)
        while len(calls) >= 12:
            pass
        return alpha * content + beta * style

    assert "had not returned" in hint_for("total_loss", total_loss, seconds=0.2)


def test_a_sleeping_function_is_given_up():
    assert "had not returned" in hint_for("gram_matrix", lambda F: time.sleep(3), seconds=0.2)


def test_a_mistake_in_another_exercise_is_pointed_at_and_not_counted_again(capsys):
    scope = defined(
        """
        def gram_matrix(F):
            return F @ F.T / 2

        def style_loss_layer(F, A):
            N, M = F.shape
            return np.sum((gram_matrix(F) - A) ** 2) / (4 * N**2 * M**2)
        """
    )
    nst.check("style_loss_layer", scope["style_loss_layer"])
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("✓ style_loss_layer: passed")
    assert said[1] == "But gram_matrix, which it calls, is not right: check that one first."


@pytest.mark.parametrize("function", [3, None, np.eye(2)])
def test_the_function_itself_is_needed(function):
    assert "without brackets" in hint_for("gram_matrix", function)


def test_an_unknown_exercise_is_refused_with_the_known_ones():
    with pytest.raises(OptionError, match=r"'gram'.*gram_matrix"):
        nst.check("gram", lambda F: F)
    with pytest.raises(OptionError, match="the name of the exercise"):
        nst.check(len, "gram_matrix")


def test_arguments_are_new_at_each_check():
    def content_gradient(F, P):
        F -= P
        return F

    first = hint_for("content_gradient", content_gradient)
    assert "`F -= P`" in first and hint_for("content_gradient", content_gradient) == first


def test_checks_take_a_moment_and_no_tensorflow():
    program = """
    import sys, time, numpy, nst
    nst.check("gram_matrix", lambda F: F @ F.T)
    sys.stdout.reconfigure(encoding="ascii")  # as on a console that knows no tick
    nst.check("gram_matrix", lambda F: F @ F.T)
    for name in sys.argv[1:]:
        start = time.process_time()
        try:
            nst.check(name, lambda *args: args[0])
        except AssertionError:
            pass
        print(name, time.process_time() - start)
    heavy = {"tensorflow", "keras", "matplotlib", "scipy", "ipywidgets"} & set(sys.modules)
    assert not heavy, heavy
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *exercise_names()], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[1] == "gram_matrix: passed (11 cases), 8 points."
    times = {line.split()[0]: float(line.split()[1]) for line in run.stdout.splitlines()[2:]}
    assert set(times) == set(exercise_names()) and max(times.values()) < 0.2


def test_a_notebook_shows_the_hint_and_no_traceback():
    program = """
    from IPython.core.interactiveshell import InteractiveShell
    shell = InteractiveShell.instance(colors="nocolor")
    result = shell.run_cell("import nst\\nnst.check('gram_matrix', lambda F: F.T @ F)")
    assert type(result.error_in_exec) is AssertionError
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    shown = run.stdout.strip()
    assert shown.startswith("AssertionError: gram_matrix: You multiplied positions") and shown.endswith("(N, N)?")
    assert len(shown.splitlines()) == 3 and max(map(len, shown.splitlines())) <= 88


STYLE = """
def gram_matrix(F):
    return F @ F.T / 2

def difference(F, A):
    return gram_matrix(F=F) - A

def style_loss_layer(F, A):
    return np.sum(difference(F, A) ** 2) / (4 * F.size**2)
"""


def test_a_helper_that_calls_a_wrong_part_is_judged_as_in_grading(capsys):
    scope = defined(STYLE)
    nst.check("style_loss_layer", scope["style_loss_layer"])
    assert "But gram_matrix, which it calls, is not right" in capsys.readouterr().out
    assert scope["gram_matrix"](np.eye(2)).tolist() == [[0.5, 0], [0, 0.5]]  # the student's own is back


def test_a_part_in_place_is_not_paid_for_twice(capsys):
    walk = WALK.replace("x = np.array(x0, float)", "x = x0")
    walk = walk.replace("x - rate * gradient", "gradient_step(x, gradient, rate)")
    step = "\ndef gradient_step(x, gradient, learning_rate):\n    x -= learning_rate * gradient\n    return x\n"
    nst.check("style_transfer", defined(walk + step)["walk"])
    assert "But gradient_step, which it calls, is not right" in capsys.readouterr().out


def test_other_values_than_the_files_know_lead_to_the_wrong_part_and_to_no_false_hint():
    scaled = STYLE.replace("gram_matrix(F=F) - A", "gram_matrix(F / np.sqrt(F.size)) * F.size - A")
    hint = hint_for("style_loss_layer", defined(scaled)["style_loss_layer"])
    said = "gram_matrix, which it calls, is not right yet: check that first, then this again."
    assert hint == f"style_loss_layer: {said}"


def test_an_import_within_a_call_costs_no_time(tmp_path, monkeypatch, capsys):
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(1.5)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    source = "def gram_matrix(F):\n    import slow_to_import\n    return F @ F.T\n"
    nst.check("gram_matrix", defined(source)["gram_matrix"], seconds=0.5)
    assert "passed" in capsys.readouterr().out
