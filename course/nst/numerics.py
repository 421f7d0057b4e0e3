"""Finite differences, and a minimiser to use before Algorithm 1 is taught."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nst.errors import OptionError
from nst.lbfgs import LBFGS
from nst.plumbing.interrupts import Interrupts, keep, raise_if_ended


class NumericalGradient(NamedTuple):
    """Some entries of a gradient: `formula(F)[result.indices]` are the numbers to hold against `result.values`."""

    indices: tuple  # one integer array per axis of F, as NumPy's indexing takes them
    values: np.ndarray  # float64, one per entry

    def error(self, gradient: np.ndarray) -> float:
        """Largest difference to `gradient` (an array like F) at these entries, relative to the largest value."""
        difference = np.abs(np.asarray(gradient, np.float64)[self.indices] - self.values).max()
        return float(difference / max(np.abs(self.values).max(), 1e-300))


def numerical_gradient(f: Callable, F: np.ndarray, entries: int | None = 10, step: float = 1e-5) -> NumericalGradient:
    """df/dF at `entries` places of F by central differences in float64: `NumericalGradient(indices, values)`.

    f: takes a float64 array like F, returns a number. entries: how many places (always the same ones for the same
    shape), None for all. step: relative to the entry or to the typical size of F's entries. F is not changed. Compare:
    `numerical_gradient(f, F).error(my_gradient(F))`.
    """
    F = np.array(F, np.float64)
    if F.size == 0:
        raise OptionError("F is empty: there is nothing to differentiate")
    count = F.size if entries is None else min(int(entries), F.size)
    if count < 1:
        raise OptionError(f"entries={entries}: at least 1 is needed, or None for all {F.size}")
    places = np.sort(np.random.default_rng(0).choice(F.size, count, replace=False))
    typical = np.sqrt(np.mean(F**2)) or 1.0
    values = [_central_difference(f, F, place, step * max(abs(F.flat[place]), typical)) for place in places]
    return NumericalGradient(np.unravel_index(places, F.shape), np.array(values))


def _central_difference(f, F, place, h):
    up, down = F.copy(), F.copy()
    up.flat[place] += h
    down.flat[place] -= h
    width = up.flat[place] - down.flat[place]  # taken before the calls of f, which may change its argument
    return (float(f(up)) - float(f(down))) / width


class Minimum(NamedTuple):
    """What `minimize` found: the best image, its loss, and the loss of every evaluation."""

    image: np.ndarray
    loss: float
    losses: list


def minimize(loss_and_gradient: Callable, x0: np.ndarray, steps: int, *, progress: str | None = None) -> Minimum:
    """`Minimum(image, loss, losses)` of a loss over images in [0, 1], after `steps` evaluations of bounded L-BFGS.

    loss_and_gradient: takes an image, returns (loss, gradient like the image); x0: where to start, kept unchanged;
    progress: the label of a progress bar, None for no bar. Stops early at a loss that is not finite, and returns the
    best image so far. Ctrl-C raises KeyboardInterrupt, so that a cell with several runs ends; `best_so_far` has the
    best image then. Raises OptionError for a gradient of another shape.
    """
    if steps < 1:
        raise OptionError(f"steps={steps}: at least 1 is needed")
    raise_if_ended()
    optimizer, losses = LBFGS(np.array(x0, np.float32)), []
    best = Minimum(np.array(x0, np.float32), np.inf, losses)
    try:
        with Interrupts(note=False) as interrupts:
            for _ in range(steps) if progress is None else _with_bar(steps, progress):
                best = _evaluated(loss_and_gradient, optimizer, best)
                interrupts.raise_swallowed()
                if not np.isfinite(losses[-1]):
                    break
    except KeyboardInterrupt:
        if losses:
            keep(best.image)
        raise KeyboardInterrupt(f"stopped after {len(losses)} of {steps} steps") from None
    return best


def _evaluated(loss_and_gradient, optimizer, best):
    """One evaluation and one step; the best so far."""
    x = optimizer.x
    loss, gradient = loss_and_gradient(x.copy())  # a copy, since the function may change its argument
    if np.shape(gradient) != x.shape:
        raise OptionError(
            f"loss_and_gradient returned a gradient of shape {np.shape(gradient)}, and the image has the shape "
            f"{x.shape}: one number for each of its own is needed (vgg.image_gradient gives them)"
        )
    best.losses.append(loss := float(loss))
    if np.isfinite(loss):
        optimizer.tell(loss, np.asarray(gradient, np.float32))
    return Minimum(x.copy(), loss, best.losses) if loss < best.loss else best


def _with_bar(steps, label):
    """range(steps) behind a progress bar."""
    from tqdm.auto import tqdm  # not before a bar is wanted: in a notebook it loads the widgets

    return tqdm(range(steps), desc=label, unit="step")
