"""Drawings of a style map: with thumbnails for as many pictures as there is room for, dots for the others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nst.drawing.figures import COLOURS, emit, new_figure, show
from nst.images.loading import to_uint8

MOST = 48  # thumbnails in one drawing
LONGEST = 20  # letters of a name below one


def show_map(space: Any, by: str) -> None:
    """All pictures of the `StyleMap` at their two main coordinates, same scale on both."""
    places, kept = space.positions(by)
    figure, axes = plane(f"{by} space: near means alike ({kept:.0%} of the spread is in these two axes)")
    shown = spread_out(places, MOST)
    draw(axes, space, places, shown)
    axes.set(xlabel=f"first axis of {by}", ylabel=f"second axis of {by}")
    near = [f"{space.names[i]} is nearest to {space.nearest(space.names[i], 1, by)[0].name}" for i in shown[:12]]
    emit(figure, f"Map of {len(space)} pictures by {by}. {'; '.join(near)}.")


def show_figure_1(space: Any, name: str, kind: str = "") -> None:
    """The note's figure 1 from the point of view of one picture, which stands at (0, 0), below and left of the axes."""
    places = np.stack([space.distances_from(name, by + kind) for by in ("style", "content")], axis=1)
    figure, axes = plane(f"How far the other pictures are from {name}")
    others = np.array([i for i, other in enumerate(space.names) if other != name])
    shown = others[spread_out(places[others], MOST)].tolist()
    draw(axes, space, places, shown)
    what = ("angle, degrees", "angle, degrees") if kind else ("distance, square root of (8)", "distance, norm of F - P")
    axes.set(xlabel=f"style {what[0]}", ylabel=f"content {what[1]}")
    words = [f"{space.names[i]}: style {places[i, 0]:.3g}, content {places[i, 1]:.3g}" for i in shown[:16]]
    emit(figure, f"Style distance (across) and content distance (up) from {name}. {'; '.join(words)}.")


def show_nearest(space: Any, name: str, count: int, kind: str = "") -> None:
    """Two rows: the picture and those nearest to it by style; the same by content."""
    pictures, titles = [], []
    for by in ("style", "content"):
        found = space.nearest(name, count, by + kind)
        pictures += [space.thumbnail(name), *(space.thumbnail(near.name) for near in found)]
        titles += [f"{name}\nby {by + kind}:", *(f"{near.name}\n{near.distance:.3g}" for near in found)]
    show(*pictures, titles=titles, columns=len(pictures) // 2, alt=f"Nearest to {name}. " + "; ".join(titles))


def plane(title: str) -> tuple:
    figure = new_figure(9, 6.5)
    axes = figure.subplots()
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.margins(0.12)
    return figure, axes


def spread_out(places: np.ndarray, count: int) -> list[int]:
    """Indices of at most `count` places far from one another: each time the one farthest from those chosen."""
    scaled = (places - places.min(axis=0)) / np.maximum(np.ptp(places, axis=0), 1e-30)
    chosen, gap = [0], np.full(len(scaled), np.inf)
    while len(chosen) < min(count, len(scaled)):
        gap = np.minimum(gap, np.linalg.norm(scaled - scaled[chosen[-1]], axis=1))
        gap[chosen] = -1
        chosen.append(int(gap.argmax()))
    return chosen


def draw(axes: Any, space: Any, places: np.ndarray, shown: Sequence[int]) -> None:
    """A dot for every picture; thumbnail and name for the shown ones, moved apart, with lines to their dots."""
    side, size = (52, 8) if len(shown) <= 16 else (30, 6)
    low, high = places[shown].min(axis=0), places[shown].max(axis=0)
    margin = 0.12 * np.maximum(high - low, 1e-9)
    axes.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))
    axes.plot(*places.T, ".", color=COLOURS[0], markersize=4, alpha=0.6)
    axes.figure.draw_without_rendering()  # settles where the axes lie
    box = np.array([1.45, 1.3]) * side * axes.figure.dpi / 72  # dots; the name is wider than the picture
    inside = axes.bbox.get_points() + np.stack([0.55 * box, -0.55 * box])
    true = axes.transData.transform(places[shown])
    spots = moved_apart(true, box, *inside)
    for i, spot in zip(shown, axes.transData.inverted().transform(spots), strict=True):
        axes.add_artist(thumbnail(space, i, spot, side, size))
    reach = np.max(np.abs(true - spots) / (box / 2), axis=1, keepdims=True)  # 1 at the thumbnail's edge
    moved = np.linalg.norm(true - spots, axis=1) > 3  # dots; less cannot be seen
    edges = spots + (true - spots) / np.maximum(reach, 1)
    ends = axes.transData.inverted().transform(edges[moved])
    for line in np.stack([ends, places[shown][moved]], axis=1):  # above the thumbnails, which would hide them
        axes.plot(*line.T, color="black", linewidth=0.8, zorder=5)
        axes.plot(*line[1], "o", color=COLOURS[0], markeredgecolor="white", markersize=size - 2, zorder=6)


def thumbnail(space: Any, i: int, spot: np.ndarray, side: int, size: int) -> Any:
    """The i-th picture, `side` points wide, with its name in letters of `size` points below."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage, TextArea, VPacker

    pixels = to_uint8(space.thumbnail(space.names[i]))
    picture = OffsetImage(pixels, zoom=side / len(pixels))
    name = TextArea(_short(space.names[i]), textprops={"size": size})
    box = VPacker(children=[picture, name], align="center", pad=0, sep=1)
    return AnnotationBbox(box, tuple(spot), pad=0.1, bboxprops={"edgecolor": "0.5", "linewidth": 0.6})


def _short(name):
    """A picture's name or, of a file's, what stands before the ending; what is too long ends in dots."""
    stem = Path(name).stem
    return stem if len(stem) <= LONGEST else f"{stem[: LONGEST - 1]}…"


def moved_apart(spots: np.ndarray, box: np.ndarray, low: np.ndarray, high: np.ndarray, rounds: int = 300) -> np.ndarray:
    """The spots (n, 2), moved by little, so that boxes of that (width, height) centred on them lie side by side.

    low, high: corners between which they stay.
    """
    spots = spots + np.random.default_rng(0).normal(scale=1e-3, size=spots.shape)
    for _ in range(rounds):
        gap = (spots[:, None] - spots[None]) / box  # in boxes; two overlap where both numbers are under 1
        overlap = np.clip(1 - np.abs(gap), 0, None)
        np.einsum("iij->ij", overlap)[:] = 0
        axis = overlap.argmin(axis=2)[..., None] == np.arange(2)  # the shorter way out
        push = np.sign(gap) * overlap * axis * (overlap.min(axis=2) > 0)[..., None]
        spots = np.clip(spots + 0.3 * box * push.sum(axis=1), low, high)
    return spots
