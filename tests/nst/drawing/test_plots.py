"""The plots of single lessons: what they draw is where the numbers say, and described in words."""

import numpy as np
import pytest

from nst.drawing import plots


@pytest.fixture
def drawn(monkeypatch):
    """(figure, alt) of each plot, instead of a notebook's output; rendering it must work."""
    shown = []

    def keep(figure, alt):
        figure.canvas.draw()
        shown.append((figure, alt))

    monkeypatch.setattr(plots, "emit", keep)
    return shown


def test_agreement_says_how_large_the_worst_difference_is(drawn, capsys):
    plots.agreement([1.0, -4.0], [1.0, -3.0], alt="dots")
    assert "2.5e-01" in capsys.readouterr().out
    assert drawn[0][1] == "dots"


def test_pictures_stand_where_their_distances_say_and_the_path_joins_its_own(drawn):
    grey = np.full((8, 6, 3), 0.5)
    plots.place_images({"far": (grey, (9.0, 7.0))}, path={"a": (grey, (0.0, 3.0)), "b": (grey, (2.0, 1.0))}, alt="map")
    axes = drawn[0][0].axes[0]
    assert {tuple(box.xy) for box in axes.artists} == {(9.0, 7.0), (0.0, 3.0), (2.0, 1.0)}
    assert axes.lines[0].get_xydata().tolist() == [[0.0, 3.0], [2.0, 1.0]]
    assert axes.get_xlim()[1] > 9 and axes.get_ylim()[1] > 7


def test_descent_shows_each_walk_and_its_heights(drawn):
    walk = np.array([[2.0, 0.0], [1.0, 0.0]])
    plots.descent(lambda x, y: x**2 + y**2, {"down": walk}, alt="bowl")
    above, beside = drawn[0][0].axes
    assert above.lines[0].get_xydata().tolist() == walk.tolist()
    assert beside.lines[0].get_ydata().tolist() == [4.0, 1.0]


def test_scatter_shares_its_axes(drawn):
    plots.scatter({"small": np.ones((2, 3)), "large": 5 * np.ones((2, 3))}, alt="clouds")
    left, right = drawn[0][0].axes
    assert left.get_xlim() == right.get_xlim() and left.get_title() == "small"
