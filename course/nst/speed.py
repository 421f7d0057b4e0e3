"""How long a step takes here, measured: which way to compute is chosen by it, and `settings` plans with it.

What was measured to choose by is kept in the user's cache folder, for this processor and these versions.
"""

import contextlib
import functools
import importlib.metadata
import importlib.util
import json
import math
import platform
import time
from pathlib import Path

import numpy as np

from nst.compute.machine import BACKENDS, KINDS, coarse, gpus, supported
from nst.errors import SaveError
from nst.plumbing.files import cache_folder, write_atomically
from nst.plumbing.parallel import cpus

PIXELS, PIXELS_ON_GPU = 96, 512  # a side: large enough that a step's time grows with the pixels from here on
WORTH = 0.8  # of the seconds in float32: what is less exact has to be quicker than that, by more than a clock's noise


@functools.cache
def step_seconds(kind: str) -> float:
    """Measured seconds of one step of the engine for a square image of `side()` pixels, computed by that kind."""
    from nst.problem import Problem

    image = np.random.default_rng(0).random((side(), side(), 3)).astype(np.float32)
    problem = Problem(image, image[::-1], kind=kind)
    problem(image, 1.0, 1.0)  # compiles
    times = []
    for darker in (0.9, 0.8):  # another image each time: the network remembers the last one
        started = time.perf_counter()
        problem(darker * image, 1.0, 1.0)
        times.append(time.perf_counter() - started)
    return min(times)


def side() -> int:
    """Pixels a side of the image that is measured with."""
    return PIXELS_ON_GPU if gpus() else PIXELS


@functools.cache
def fastest(kinds: tuple[str, ...]) -> tuple[str, dict[str, float]]:
    """(the kind that is fastest here, dict kind -> seconds of a step, infinite if it does not run); measured once per
    machine. TF32 and bfloat16 have to be `WORTH` it. Raises what the last one raised where none runs."""
    path, machine = cache_folder() / "probe.json", _machine()
    known = _known(path, machine)
    if not set(kinds) <= set(known):
        known = _measured(kinds)
        with contextlib.suppress(SaveError):  # then it is measured again next time
            write_atomically(path, json.dumps({machine: known}).encode(), make_folder=True)
    seconds = {kind: known[kind] for kind in kinds}
    return min(seconds, key=lambda kind: seconds[kind] / (WORTH if coarse(kind) else 1)), seconds


def _measured(kinds):
    seconds, failure = dict.fromkeys(kinds, math.inf), Exception()
    for kind in kinds:
        try:
            seconds[kind] = step_seconds(kind)
        except Exception as error:  # whatever a GPU's driver or compiler may say: another way may run
            failure = error
    if min(seconds.values()) == math.inf:
        raise failure
    return seconds


def told(seconds: float, of: str = "") -> str:
    """Seconds of a step `of` something, in words."""
    return f"{seconds:.3f} s{of}" if math.isfinite(seconds) else "does not run here"


def _known(path, machine):
    """dict kind -> seconds, as kept for this machine; empty if nothing is kept, or nonsense."""
    try:
        return {kind: float(seconds) for kind, seconds in json.loads(path.read_text())[machine].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _machine():
    """What the figures hold for: the processor, how many, and the versions of what computes."""
    versions = []
    for package in ("numpy", "numba", *BACKENDS):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{package} {importlib.metadata.version(package)}")
    return ", ".join([_processor(), f"{cpus()} processors", *gpus(), *versions])


def _processor():
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def choose_kind(precision: str = "auto") -> tuple[str, str]:
    """(what computes here, one of KINDS; why, in words). OptionError for a precision that this machine lacks.

    Where this machine supports several, a short measurement decides (`fastest`).
    """
    kinds = supported(precision)
    if len(kinds) == 1:
        return kinds[0], KINDS[kinds[0]]
    kind, seconds = fastest(kinds)
    others = ", ".join(f"{KINDS[other]}: {told(seconds[other])}" for other in kinds if other != kind)
    return kind, f"{KINDS[kind]}: {told(seconds[kind])} a step of {side()} px, measured ({others})"
