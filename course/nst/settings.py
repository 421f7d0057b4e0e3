"""How large and how long: one place that measures this machine and says what fits.

    plan = nst.settings.plan(size=256, steps=100, seconds=20)   # prints one line
    result = nst.stylize("ball_and_shadow", "the_starry_night", size=plan.size, iterations=plan.steps)

Environment variables for continuous integration: NST_SIZE and NST_STEPS are taken as they are, nothing is measured.
"""

import math
import os
from dataclasses import dataclass

from nst.constants import MIN_SIZE
from nst.errors import OptionError
from nst.speed import PIXELS, step_seconds

GPU_FACTOR = 2  # how much longer a side is proposed where there is a GPU


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
    if "NST_SIZE" in os.environ or "NST_STEPS" in os.environ:
        fixed = Plan(_number("NST_SIZE", size), _number("NST_STEPS", steps), math.nan)
        print(f"{fixed.size} px, {fixed.steps} steps (set by NST_SIZE, NST_STEPS)")
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

    return step_seconds(choose_kind()[0]) / PIXELS**2


def _number(name, default):
    text = os.environ.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise OptionError(f"{name}={text!r}: a whole number above 0 is needed")
    return int(text)
