"""A right answer that is too slow for the pictures below it is told so before the next cell waits.

The function is called with arguments that grow step by step to the notebook's size. It ends early where even the
steepest growth from here on would cost nobody time, and where the next step could take long: then the time of the full
size is extrapolated from how it grew so far.
"""

import math
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from nst.checks.syllabus import Entry

SHRINK = (8, 4, 2, 1)  # a step has so many times fewer filters, and the square of it fewer positions
STEEPEST = 32  # how much longer the next step may take: sums over all pairs of positions
LONGEST = 0.5  # seconds that a step may be expected to take
SHORT = 0.1  # seconds; what takes less is called again, and the shorter time taken
PATIENCE, TIMES = 5.0, 20  # warn of more seconds in all the notebook's calls, if NumPy is so many times faster
SURELY = 1000  # times slower than NumPy: no machine is as busy as that

# A thread's own time leaves out what other programs take from it; on some systems its steps are too coarse.
_clock = time.thread_time if time.get_clock_info("thread_time").resolution < 1e-4 else time.perf_counter


def advice(function: Callable, entry: Entry, call: Callable) -> str:
    """A line for a function that is right but slow at the size of `entry`'s notebook, else an empty string.

    call(function, args) must bound a call in time and let nothing out that the function raises.
    """
    if not entry.arguments:
        return ""
    seconds = numpy = 0.0
    for _ in range(3):  # a busy machine may make a fast one look slow, and not three times
        seconds = full_size_seconds(function, entry, call)
        if seconds * entry.calls < PATIENCE or seconds < TIMES * (numpy := numpy or product_seconds(entry)):
            return ""
        if seconds > SURELY * numpy:
            break
    return (
        f"Right, but slow: at the size of this notebook ({entry.filters} filters, {entry.positions} positions) one "
        f"call takes about {spoken(seconds)}, a matrix product of NumPy {spoken(numpy)}. The cells below call it "
        f"{entry.calls} times: {spoken(seconds * entry.calls)}. Use array operations or matrix products (@) for loops."
    )


def full_size_seconds(function: Callable, entry: Entry, call: Callable) -> float:
    """Seconds of one call at full size, measured or extrapolated; 0 where it is no matter or no answer came."""
    times = []
    for left in reversed(range(len(SHRINK))):
        spent = _seconds(function, _arguments(entry, SHRINK[-1 - left]), call)
        if spent is None or spent * STEEPEST**left * entry.calls < PATIENCE:
            return 0.0
        times.append(spent)
        if left and spent * STEEPEST > LONGEST:
            growth = times[-1] / times[-2] if len(times) > 1 else STEEPEST / 2
            return spent * min(max(growth, 4.0), STEEPEST) ** left
    return times[-1]


def _seconds(function, args, call):
    spent = []

    def timed(*args):
        started = _clock()
        with suppress(NotImplementedError):  # which a check lets through
            function(*args)
        spent.append(_clock() - started)

    call(timed, args)
    if spent and spent[0] < SHORT:
        call(timed, args)
    return min(spent) if spent else None


def product_seconds(entry: Entry, few: int = 64) -> float:
    """What a matrix product of full size costs here: that of a `few` positions, so many times.

    As small as that NumPy's threads are not woken: on a busy machine they wait for each other a thousand times longer.
    """
    F, Q, times = _noise(entry.filters, few), _noise(few, entry.filters), []
    for _ in range(10):
        started = _clock()
        np.matmul(F, Q)
        times.append(_clock() - started)
    return min(times) * max(entry.positions / few, 1)


def _arguments(entry, shrink):
    """New arguments: "F" a feature matrix, "A" a Gram matrix, "{F}" a dict of one layer, "a" an activation, "h" one of
    half its sides, "k" a kernel, "max" the word, "x" an image, "f" a function that returns a loss and a gradient, or a
    number."""
    filters = max(entry.filters // shrink, min(entry.filters, 3))
    positions = max(entry.positions // shrink**2, 4)
    side = math.isqrt(positions)
    made = {
        "F": lambda: _noise(filters, positions),
        "A": lambda: (lambda half: half + half.T)(_noise(filters, filters)),
        "a": lambda: _noise(side, side, filters),
        "h": lambda: _noise(side // 2, side // 2, filters),
        "k": lambda: _noise(3, 3, filters, filters),
        "max": lambda: "max",
        "x": lambda: _noise(side, side, 3),
        "f": lambda: lambda x: (1.0, np.zeros_like(x)),
    }
    made |= {f"{{{name}}}": lambda make=make: {"block1_conv1": make()} for name, make in made.items()}
    return tuple(
        made[name]() if name in made else float(name) if "." in name else int(name) for name in entry.arguments
    )


def _noise(*shape):
    return np.random.default_rng(0).random(shape, np.float32)


def spoken(seconds: float) -> str:
    """A duration with the unit that suits it: "0.002 s", "39 s", "25 min"."""
    if seconds < 100:
        return f"{seconds:.1g} s" if seconds < 1 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"
