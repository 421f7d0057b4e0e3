"""Drawings of a style map: with thumbnails for as many pictures as there is room for, dots for the others."""

import numpy as np

from .images import to_uint8
from .pictures import COLOURS, emit, new_figure, show

MOST = 48  # thumbnails in one drawing


def show_map(space, by):
    """All pictures of the `StyleMap` at their two main coordinates."""
    places, kept = space.positions(by)
    figure, axes = plane(f"{by} space: near means alike ({kept:.0%} of the spread is in these two axes)")
    shown = spread_out(places, MOST)
    draw(axes, space, places, shown)
    axes.set(xlabel=f"first axis of {by}", ylabel=f"second axis of {by}")
    near = [f"{space.names[i]} is nearest to {space.nearest(space.names[i], 1, by)[0].name}" for i in shown[:12]]
    emit(figure, f"Map of {len(space)} pictures by {by}. {'; '.join(near)}.")


def show_figure_1(space, name):
    """The note's figure 1 from the point of view of one picture."""
    places = np.stack([space._from(name, by) for by in ("style", "content")], axis=1)
    figure, axes = plane(f"How far every picture is from {name}")
    shown = spread_out(places, MOST)
    draw(axes, space, places, shown, special=space.names.index(name))
    axes.set(xlabel="style distance, square root of (8)", ylabel="content distance, norm of F - P")
    words = [f"{space.names[i]}: style {places[i, 0]:.3g}, content {places[i, 1]:.3g}" for i in shown[:16]]
    emit(figure, f"Style distance (across) and content distance (up) from {name}. {'; '.join(words)}.")


def show_nearest(space, name, count):
    """Two rows: the picture and those nearest to it by style; the same by content."""
    pictures, titles = [], []
    for by in ("style", "content"):
        found = space.nearest(name, count, by)
        pictures += [space.thumbnail(name, 128), *(space.thumbnail(near.name, 128) for near in found)]
        titles += [f"{name}, by {by}:", *(f"{near.name}\n{near.distance:.3g}" for near in found)]
    show(*pictures, titles=titles, columns=len(pictures) // 2, alt=f"Nearest to {name}. " + "; ".join(titles))


def plane(title):
    figure = new_figure(9, 6.5)
    axes = figure.subplots()
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.margins(0.12)
    return figure, axes


def spread_out(places, count):
    """Indices of at most `count` places far from one another: each time the one farthest from those chosen."""
    scaled = (places - places.min(axis=0)) / np.maximum(np.ptp(places, axis=0), 1e-30)
    chosen, gap = [0], np.full(len(scaled), np.inf)
    while len(chosen) < min(count, len(scaled)):
        gap = np.minimum(gap, np.linalg.norm(scaled - scaled[chosen[-1]], axis=1))
        gap[chosen] = -1
        chosen.append(int(gap.argmax()))
    return chosen


def draw(axes, space, places, shown, special=None):
    """A dot for every picture; thumbnail and name for the shown ones."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage, TextArea, VPacker

    axes.plot(*places.T, ".", color=COLOURS[0], markersize=3, alpha=0.5)
    side, size = (56, 8) if len(shown) <= 16 else (34, 6)
    for i in shown:
        picture = OffsetImage(to_uint8(space.thumbnail(space.names[i])), zoom=side / 64)
        name = TextArea(space.names[i][:24], textprops={"size": size})
        box = VPacker(children=[picture, name], align="center", pad=0, sep=1)
        edge = {
            "edgecolor": COLOURS[1] if i == special else "0.5",
            "linewidth": 2 if i == special else 0.6,
            "alpha": 0.9,
        }
        axes.add_artist(AnnotationBbox(box, places[i], pad=0.1, bboxprops=edge))
