"""Plots that a lesson needs once or twice; the everyday ones are in figures.py."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nst.drawing.figures import COLOURS, DASHES, MARKERS, emit, new_figure


def agreement(expected: np.ndarray, found: np.ndarray, *, alt: str, x: str = "expected", y: str = "found") -> None:
    """Dots of `found` against `expected` (sequences of numbers) and the diagonal where they agree; prints the largest
    difference, relative to the largest expected value."""
    expected, found = (np.asarray(numbers, np.float64).ravel() for numbers in (expected, found))
    figure = new_figure(3.6, 3.6)
    axes = figure.subplots()
    ends = [min(expected.min(), found.min()), max(expected.max(), found.max())]
    axes.plot(ends, ends, color="0.6", linewidth=1, label="agreement")
    axes.plot(expected, found, "o", color=COLOURS[1], markersize=5, markerfacecolor="none")
    axes.set(xlabel=x, ylabel=y)
    axes.legend(loc="upper left", frameon=False)
    emit(figure, alt)
    worst = np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-300)
    print(f"largest difference: {worst:.1e} of the largest value")


def scatter(clouds: Mapping[str, np.ndarray], *, alt: str, x: str = "", y: str = "") -> None:
    """Clouds of points side by side on equal axes. clouds: dict title -> array (2, M) of x and y."""
    figure = new_figure(3.6 * len(clouds), 3.6)
    all_axes = figure.subplots(1, len(clouds), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (title, cloud) in zip(all_axes, clouds.items(), strict=True):
        axes.plot(*cloud, ".", color=COLOURS[0], markersize=4, alpha=0.5)
        axes.axhline(0, color="0.7", linewidth=0.8)
        axes.axvline(0, color="0.7", linewidth=0.8)
        axes.set(title=title, xlabel=x, ylabel=y, aspect="equal")
        axes.label_outer()
    emit(figure, alt)


def place_images(placed: Any, *, alt: str, path: Any = None, x: str = "", y: str = "") -> None:
    """Small pictures in a plane. placed, path: dict name -> (image, (x, y)); those of `path` are joined by a line."""
    path = path or {}
    figure = new_figure(8.4, 5.2)
    axes = figure.subplots()
    if path:
        axes.plot(*zip(*(xy for _, xy in path.values()), strict=True), "o-", color=COLOURS[1], markersize=4, zorder=1)
    for name, (image, xy) in {**placed, **path}.items():
        _place(axes, name, image, xy, frame=COLOURS[1] if name in path else "0.4")
    axes.plot(0, 0, marker="*", markersize=14, color="0.5", clip_on=False)
    axes.annotate("both", (0, 0), (8, 6), textcoords="offset points", color="0.4")
    axes.margins(0.14)
    axes.set(xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    emit(figure, alt)


def _place(axes, name, image, xy, frame):
    """One thumbnail of 46 points a side with its name below."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage, TextArea, VPacker

    image = np.clip(image, 0, 1)
    picture = OffsetImage(image, zoom=46 / max(image.shape[:2]))
    box = VPacker(children=[picture, TextArea(name, textprops={"size": 8})], align="center", pad=0, sep=1)
    axes.add_artist(AnnotationBbox(box, xy, pad=0.15, bboxprops={"edgecolor": frame, "linewidth": 1}))
    axes.update_datalim([xy])


def descent(height: Callable, paths: Mapping[str, Any], *, alt: str) -> None:
    """Walks over a landscape of two weights, and the height after each step.

    height: takes arrays x and y, returns the height at each. paths: dict label -> array (steps, 2).
    """
    figure = new_figure(8.4, 3.8)
    above, beside = figure.subplots(1, 2)
    w1, w2 = np.meshgrid(np.linspace(-3, 3, 121), np.linspace(-3, 3, 121))
    above.contourf(w1, w2, np.sqrt(height(w1, w2)), 14, cmap="Greys_r", alpha=0.7)
    for i, (label, path) in enumerate(paths.items()):
        look = {"color": COLOURS[i], "linestyle": DASHES[i], "marker": MARKERS[i], "markersize": 4, "label": label}
        above.plot(*np.transpose(path), **look)
        beside.semilogy(height(*np.transpose(path)), **look)
    above.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="$w_1$", ylabel="$w_2$", aspect="equal", title="seen from above")
    beside.set(xlabel="step", ylabel="loss", title="loss at each step (log scale)")
    beside.legend(frameon=False)
    emit(figure, alt)
