"""`nst.check`: tell a student at once whether an exercise is right, and if not, what to look at.

It needs NumPy alone and knows the right answers only as data (`cases/`). The grader uses other, fresh cases.
"""

import contextlib
import copy
import ctypes
import io
import os
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from nst.checks import case_files, picture, progress, showing, syllabus, timing
from nst.checks.calling import as_data, changed_or_last, counted, describe, line_text, lookup, state
from nst.checks.judge import decide, judge
from nst.checks.markers import Missing, Raised, TimedOut
from nst.errors import OptionError

SECONDS = 5.0  # for one call, imports not counted; right answers take milliseconds
LONGEST_IMPORT = 60.0  # seconds that imports within a call may take

BRING = "nst.bring_along() in the carry-over cell brings what you wrote in earlier notebooks."
WIDTH = 88  # characters of a hint's lines in a notebook


class _Stopped(BaseException):
    """Raised inside a student's function that takes too long."""


def check(exercise: str, function: Callable, *, seconds: float = SECONDS) -> None:
    """Compare `function` with the public cases of `exercise`; say so if it passes, and return None.

    Raises AssertionError, whose text says what is wrong and where to look; NotImplementedError of an exercise that is
    not written yet comes through as it is; OptionError for an unknown exercise. `seconds` bounds one call. A pass is
    ticked off on this machine, for the student's eyes alone (progress.py); what does not pass loses its tick.
    """
    __tracebackhide__ = True
    if _graded():
        return
    passed = False
    try:
        said = _passed(exercise, function, seconds)
        passed = True
    finally:
        if isinstance(exercise, str) and exercise in case_files.exercise_names():
            progress.note(exercise, passed)
    entry, far = syllabus.read()[exercise], progress.line(syllabus.read())
    points = f"{entry.points} point{'s' * (entry.points != 1)}{' on top' * entry.optional}"
    print(f"{_tick()}{exercise}: passed ({said[0]} cases), {points}.", *said[1:], sep="\n")
    if far:
        print(far)


def check_all(names: Mapping[str, Any], *exercises: str, seconds: float = SECONDS) -> None:
    """`check` for the functions that a notebook brings along; what is wrong or missing is said all at once.

    names: `globals()`. No tick is made or lost. Raises AssertionError where a function is wrong; where some are only
    not written yet, NotImplementedError; OptionError for an unknown exercise.
    """
    __tracebackhide__ = True
    if _graded():
        return
    unwritten, wrong, slow = [], [], []
    for exercise in exercises:
        try:
            _, *advice = _passed(exercise, names[exercise], seconds)
            slow += [f"{exercise}: {line}" for line in advice]
        except (NotImplementedError, KeyError):
            unwritten.append(exercise)
        except AssertionError as error:
            wrong.append(str(error))
    todo = [f"Not written yet: {', '.join(unwritten)}."] if unwritten else []
    if wrong:
        fail(*wrong, *todo, "Mend it in the notebook it comes from, too: its points are given there.")
    if unwritten:
        raise _shown(NotImplementedError("".join(todo)), *todo, BRING)
    print(f"{_tick()}{', '.join(exercises)}: passed.", *slow, sep="\n")


def _graded():
    """Whether this is a grader's kernel: the public cases are not there, and other ones are judged on."""
    return os.environ.get("NST_CHECKS") == "off"


def _passed(exercise, function, seconds):
    """[number of cases, a line of advice, ...] of a function that passes; raises what `check` does."""
    __tracebackhide__ = True
    if not isinstance(exercise, str):
        raise OptionError('check needs the name of the exercise and its function: check("gram_matrix", gram_matrix)')
    cases, lookups = case_files.load(exercise)
    if not callable(function):
        fail(f"check needs the function itself, without brackets after its name: check({exercise!r}, {exercise})")
    answers, printed = _answers(function, cases, seconds)
    own = getattr(function, "__globals__", {})
    parts = {part: lookup(part, entries, own[part]) for part, entries in lookups.items() if part in own}

    beyond = []  # whether right parts were asked for more than `lookup` knows

    def ask(cases, lent):
        with _replaced(own, parts if lent else {}):
            found = _answers(function, cases, seconds)[0]
        beyond.extend(isinstance(a, Raised) and a.kind == "LookupError" for pair in found if lent for a in pair[:2])
        return found

    verdict = decide(cases, answers, ask, tuple(parts), show=True)
    if verdict.passed:
        wrong_part = f"But {' or '.join(parts)}, which it calls, is not right: check that one first."
        slow = timing.advice(function, syllabus.read()[exercise], lambda timed, args: _call(timed, args, seconds))
        advice = [wrong_part if verdict.hint else "", _advice(function, cases[0], seconds), slow]
        return [len(cases), *filter(None, advice)]
    print(printed, end="")
    if any(beyond) and (wrong := _wrong_parts(parts, own, seconds)):
        fail(f"{exercise}: {' and '.join(wrong)}, which it calls, is not right yet: check that first, then this again.")
    if verdict.example:
        picture.show(verdict.example)
        fail(f"{exercise}: {verdict.hint}", *showing.lines(verdict.example))
    fail(f"{exercise}: {verdict.hint}")


def _advice(function, case, seconds):
    """A second line for a function that is right, but makes the cells below it fail; calls it once more."""
    kinds: list[type] = []
    _call(lambda *args: kinds.append(type(function(*args))), copy.deepcopy(case.args), seconds)  # it may go wrong now
    if list in kinds and isinstance(case.expected, np.ndarray):
        return "But it returns a list, and the cells below calculate with it: return np.array(...)."
    return ""


def _tick():
    """A tick, where what is printed can hold one."""
    try:
        "✓".encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ""
    return "✓ "


def fail(*hints: str) -> NoReturn:
    """Raise AssertionError with the hints and, in a notebook, nothing else."""
    __tracebackhide__ = True
    raise _shown(AssertionError("\n".join(hints)), f"AssertionError: {hints[0]}", *hints[1:]) from None


def _shown(error, *paragraphs):
    """The error, of which a notebook shows these paragraphs and no traceback of ours."""
    lines = [textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False) for text in paragraphs]
    error._render_traceback_ = lambda: ["\n".join(lines)]  # IPython's hook
    return error


def _wrong_parts(parts, own, seconds):
    """The other exercises in the notebook that a function can call and that fail their own checks: what such a
    function answers says nothing of itself, and what it asks of them may be more than `lookup` knows."""
    wrong = []
    for part in parts:
        cases, _ = case_files.load(part)
        with contextlib.suppress(NotImplementedError):
            if callable(own[part]) and not judge(cases, _answers(own[part], cases, seconds)[0]).passed:
                wrong.append(part)
    return wrong


@contextlib.contextmanager
def _replaced(names, others):
    """The names of a notebook with other values for a while."""
    own = {name: names[name] for name in others}
    names.update(others)
    try:
        yield
    finally:
        names.update(own)


def _answers(function, cases, seconds):
    """(what judge.py calls answers, what the function printed at the first call); fewer if a call did not end."""
    __tracebackhide__ = True
    answers, printed = [], ""
    for case in cases:
        args = counted(copy.deepcopy(case.args))
        before, (first, text), then = state(args), _call(function, args, seconds), state(args)
        printed = printed if answers else text
        again = Missing() if isinstance(first, TimedOut) else _call(function, args, seconds)[0]
        answers.append((first, again, changed_or_last(before, then, state(args))))
        if isinstance(first, TimedOut) or isinstance(again, TimedOut):
            break
    return answers, printed


def _call(function, args, seconds):
    """(answer, printed text) of one call in a thread of its own, so that a call without end can be given up."""
    __tracebackhide__ = True
    box, text = [], io.StringIO()
    thread = threading.Thread(target=_work, args=(function, args, box), daemon=True)
    with contextlib.redirect_stdout(text):
        thread.start()
        try:
            _wait(thread, seconds)
        finally:  # also when the student interrupts the cell
            line = _stop(thread, function) if thread.is_alive() else ""
    answer = box[0] if box and not isinstance(box[0], _Stopped) else TimedOut(seconds, line)
    if isinstance(answer, NotImplementedError):
        raise answer
    return answer, text.getvalue()


def _wait(thread, seconds):
    """Wait for a thread to end: `seconds` in which it does something else than import, where TensorFlow takes long."""
    thread.join(min(seconds, 0.1))
    left, end = seconds - min(seconds, 0.1), time.monotonic() + LONGEST_IMPORT
    while thread.is_alive() and left > 0 and time.monotonic() < end:
        started, importing = time.monotonic(), _imports(thread)
        thread.join(0.05)
        left -= 0 if importing else time.monotonic() - started


def _imports(thread):
    frame = sys._current_frames().get(thread.ident)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _work(function, args, box):
    __tracebackhide__ = True
    try:
        with _no_way_out(getattr(function, "__globals__", {})):
            box.append(as_data(function(*args)))
    except (NotImplementedError, _Stopped) as error:
        box.append(error)
    except BaseException as error:  # SystemExit of a student's code is an answer as well
        box.append(describe(error, function))


@contextlib.contextmanager
def _no_way_out(names):
    """In a notebook exit() and quit() end the kernel after the cell, whatever happens then: here they only raise."""
    doors = {name: names[name] for name in ("exit", "quit") if type(names.get(name)).__name__.endswith("ExitAutocall")}
    names.update(dict.fromkeys(doors, _leave))
    try:
        yield
    finally:
        names.update(doors)


def _leave(*arguments, **options):
    raise SystemExit


def _stop(thread, function):
    """Ask the thread to end, at its next line of Python, and return the line of the student's code that it is in."""
    frame, own, line = sys._current_frames().get(thread.ident), getattr(function, "__globals__", None), ""
    while frame is not None and not line:
        if frame.f_globals is own:
            line = line_text(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(_Stopped))
    thread.join(0.2)
    return line
