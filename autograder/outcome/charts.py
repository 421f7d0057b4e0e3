"""The pictures of the class report: inline SVG with a text for those who cannot see them. Colours are not needed."""

import io
import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.figure import Figure

STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: small, searchable, in the page's font
    "svg.hashsalt": "report",  # the same numbers, the same bytes
    "font.size": 10,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
}
KINDS = (  # of success: key, words, colour, hatching
    ("full", "full points", "#1a6b34", ""),
    ("part", "part of the points", "#e0a526", "///"),
    ("wrong", "wrong", "#a4262c", "..."),
    ("missing", "missing", "#8c959f", "xx"),
)


def score_distribution(scores: Sequence[float], most: float) -> Markup:
    """Histogram of total scores in ten classes."""
    edges = np.linspace(0, max(most, 1.0), 11)
    counts, _ = np.histogram(np.clip(scores, 0, edges[-1]), edges)
    with rc_context(STYLE):
        figure, axes = _new(6.4, 2.9)
        bars = axes.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color="#4a7fb5", edgecolor="white")
        axes.bar_label(bars, labels=[str(n) if n else "" for n in counts], padding=2)
        axes.set(xlabel="score", ylabel="students", xlim=(0, edges[-1]), xticks=edges)
        axes.margins(y=0.15)
        axes.yaxis.get_major_locator().set_params(integer=True)
        words = ", ".join(f"{a:.3g} to {b:.3g}: {n}" for a, b, n in zip(edges, edges[1:], counts, strict=False) if n)
        return _svg(figure, f"Histogram of scores. Students by score: {words}.")


def exercise_success(rows: Sequence[dict]) -> Markup:
    """For each exercise the shares of students with full and part of the points, a wrong answer, and none."""
    with rc_context(STYLE):
        figure, axes = _new(6.4, 0.9 + 0.27 * len(rows))
        places, left = np.arange(len(rows)), np.zeros(len(rows))
        for key, label, colour, hatch in KINDS:
            share = np.array([100 * row[key] / max(1, sum(row[kind] for kind, *_ in KINDS)) for row in rows])
            axes.barh(places, share, left=left, color=colour, hatch=hatch, edgecolor="white", label=label)
            left += share
        axes.set_yticks(places, [row["exercise"] for row in rows])
        axes.set(xlabel="students, %", xlim=(0, 100))
        axes.invert_yaxis()
        axes.legend(ncols=4, fontsize=9, columnspacing=1, loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False)
        words = "; ".join(f"{row['exercise']} {', '.join(str(row[kind]) for kind, *_ in KINDS)}" for row in rows)
        return _svg(figure, f"Bars: success by exercise. Students with {', '.join(k[1] for k in KINDS)}: {words}.")


def common_mistakes(rows: Sequence[dict]) -> Markup:
    """How many students made each of these mistakes."""
    with rc_context(STYLE):
        figure, axes = _new(6.4, 0.7 + 0.27 * max(1, len(rows)))
        names = [f"{row['exercise']}: {row['mistake']}" for row in rows]
        bars = axes.barh(np.arange(len(rows)), [row["students"] for row in rows], color="#7a5195")
        axes.bar_label(bars, padding=3)
        axes.set_yticks(np.arange(len(rows)), names)
        axes.set(xlabel="students")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.invert_yaxis()
        words = "; ".join(f"{name}, {row['students']}" for name, row in zip(names, rows, strict=True)) or "none"
        return _svg(figure, f"Bars: the most common mistakes and how many students made each: {words}.")


def time_and_memory(seconds: Sequence[float], megabytes: Sequence[float]) -> Markup:
    """Every student as a point: what judging cost."""
    with rc_context(STYLE):
        figure, axes = _new(6.4, 2.9)
        axes.plot(seconds, megabytes, "o", markersize=4, alpha=0.6, color="#4a7fb5")
        axes.set(xlabel="seconds of judging", ylabel="memory of the sandbox, MB")
        axes.set(xlim=(0, 1.1 * max(*seconds, 1)), ylim=(0, 1.2 * max(*megabytes, 1)))
        middle = f"Median {np.median(seconds):.3g} s, {np.median(megabytes):.3g} MB"
        words = f"{middle}; most {max(seconds):.3g} s, {max(megabytes):.3g} MB"
        axes.set_title(words, fontsize=10, loc="left")
        return _svg(figure, f"Points: seconds and memory of each student's judging. {words}.")


def _new(width: float, height: float):
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure, alt: str) -> Markup:
    """The figure as an <svg> element that a screen reader reads as `alt`. matplotlib escapes the texts in it."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = stream.getvalue()
    name = alt.split()[0].strip(".:").lower() + str(zlib.crc32(alt.encode()))  # several pictures share one page
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text[text.index("<svg") :])
    return Markup(text.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1))
