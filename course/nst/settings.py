"""How large and how long: one place that measures this machine and says what fits.

    plan = nst.settings.plan(size=256, steps=100, seconds=20)   # prints one line
    result = nst.stylize("ball_and_shadow", "the_starry_night", size=plan.size, iterations=plan.steps)

NST_PLAN=quick (continuous integration) makes everything small; NST_PLAN=full takes what is asked for. Nothing is
measured then.
"""

import math
import os
from dataclasses import dataclass

from nst.compute.machine import BACKENDS, backend, installed
from nst.constants import MIN_SIZE
from nst.errors import MissingPackageError, OptionError
from nst.speed import side, step_seconds

GPU_FACTOR = 2  # how much longer a side is proposed where there is a GPU
QUICK_SIZE, QUICK_SHARE, QUICK_LEAST = 64, 8, 6  # at most so many pixels; an eighth of the steps, but not below six


def use_backend(name: str) -> None:
    """Have Keras compute with "tensorflow", "jax" or "torch" from here on, where a GPU (or no Numba) calls for Keras.

    As the environment variable KERAS_BACKEND does; before the first picture. Raises OptionError, MissingPackageError.
    """
    if name not in BACKENDS:
        raise OptionError(f"backend {name!r}: use one of {', '.join(BACKENDS)}")
    if not (installed(name) and installed("keras")):
        raise MissingPackageError(f"{BACKENDS[name]} or Keras is not installed. Type: pip install keras {name}")
    os.environ["KERAS_BACKEND"] = name
    if (found := backend()) != name:
        os.environ["KERAS_BACKEND"] = found
        raise OptionError(
            f"Keras computes with {found} in this process already. Start the kernel again, and call this first"
        )


@dataclass(frozen=True)
class Plan:
    """Longest side in pixels, number of steps, and the seconds that they will take here."""

    size: int
    steps: int
    seconds: float


def plan(size: int = 256, steps: int = 100, seconds: float = 30, cost: float = 1.0) -> Plan:
    """The `Plan` that comes nearest to (size, steps) within about `seconds` on this machine; prints it in one line.

    cost: how long one of your steps takes, counted in steps of the engine (1.5 for a loop that asks for the features
    and for the image gradient separately). Fewer steps are proposed first (down to a half), then fewer pixels.
    """
    if fixed := fixed_plan(size, steps):
        print(f"{fixed.size} px, {fixed.steps} steps (NST_PLAN={os.environ['NST_PLAN']})")
        return fixed
    from nst.compute.machine import device, on_gpu

    wanted = size * GPU_FACTOR if on_gpu() else size
    chosen = fit(wanted, steps, seconds, cost * seconds_per_pixel())
    changed = "" if (chosen.size, chosen.steps) == (size, steps) else f" (asked for: {size} px, {steps} steps)"
    print(f"{chosen.size} px, {chosen.steps} steps: about {chosen.seconds:.0f} s on this {device()}{changed}")
    return chosen


def fit(size: int, steps: int, seconds: float, per_pixel: float) -> Plan:
    """The `Plan` for a machine that needs `per_pixel` seconds for each pixel and step (images taken as square)."""
    needed = size**2 * steps * per_pixel
    if needed > seconds:
        steps = max(math.ceil(steps / 2), math.floor(steps * seconds / needed))
    needed = size**2 * steps * per_pixel
    if needed > seconds:
        size = max(MIN_SIZE * 2, int(size * math.sqrt(seconds / needed)) // 16 * 16)
    return Plan(size, steps, size**2 * steps * per_pixel)


def seconds_per_pixel() -> float:
    """Measured seconds of one step of the engine, divided by the pixels; takes about a second, once per process."""
    from nst.speed import choose_kind

    return step_seconds(choose_kind()[0]) / side() ** 2


def fixed_plan(size: int, steps: int) -> Plan | None:
    """The `Plan` where NST_PLAN says which, without a measurement; None where it is not set. Raises OptionError."""
    name = os.environ.get("NST_PLAN", "")
    if name not in ("", "quick", "full"):
        raise OptionError(f"NST_PLAN={name!r}: use quick or full, or leave it out")
    if name == "quick":
        return Plan(min(size, QUICK_SIZE), min(steps, max(QUICK_LEAST, steps // QUICK_SHARE)), math.nan)
    return Plan(size, steps, math.nan) if name else None
