"""Pictures and plots: readable without colour, described in words, and sent to the notebook the right way."""

import base64
import itertools

import nbformat
import numpy as np
import pytest
from IPython.core.formatters import format_display_data
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from PIL import Image

import nst
from nst.drawing import figures

BALL = nst.load_image("ball", size=64)


def pixels(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3] / 255


def test_show_clips_and_survives_a_diverged_run():
    wild = np.array(BALL)
    wild[:8], wild[8:16], wild[16:24], wild[24:32] = 7, -7, np.nan, np.inf
    shown = figures.draw_images([wild]).axes[0].images[0].get_array()
    assert [int(shown[y, 5, 0]) for y in (4, 12, 20, 28)] == [255, 0, 0, 255]
    assert np.isnan(wild[20, 5, 0])


def test_pictures_are_sharp_enough_and_as_wide_as_a_page():
    figure = figures.draw_images([BALL] * 6, [f"number {i}" for i in range(6)])
    assert [ax.get_title() for ax in figure.axes] == [f"number {i}" for i in range(6)]
    assert pixels(figure).shape[1] == 900
    assert pixels(figures.draw_images([BALL])).shape[1] == 450


def test_show_refuses():
    with pytest.raises(nst.OptionError, match="at least one picture"):
        nst.show()
    with pytest.raises(nst.OptionError, match="2 pictures need 2 titles, not 3"):
        nst.show(BALL, BALL, titles=["a", "b", "c"])
    with pytest.raises(nst.ImageError, match="batch"):
        nst.show(BALL[None])


def test_curves_differ_without_colour():
    lines = figures.draw_curves({str(i): np.arange(20) + i for i in range(7)}, log=True).axes[0].get_lines()
    assert len({line._dash_pattern[1] and tuple(line._dash_pattern[1]) for line in lines}) == 7
    few = figures.draw_curves({str(i): [i, 2, 3] for i in range(7)}).axes[0].get_lines()
    assert len({line.get_marker() for line in few}) == 7


def test_line_colours_are_told_apart_by_any_eye():
    """Simulated protan, deutan and tritan vision (Machado et al. 2009, full strength): the first four stay apart."""
    from matplotlib.colors import to_rgb

    deficiencies = (
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    )
    linear = np.array([to_rgb(colour) for colour in figures.COLOURS[:4]]) ** 2.2
    for matrix in deficiencies:
        seen = np.clip(linear @ np.transpose(matrix), 0, 1) ** (1 / 2.2)
        assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.2


def test_curves_leave_a_gap_where_values_are_not_finite():
    line = figures.draw_curves({"loss": [1.0, np.inf, np.nan, 3.0]}).axes[0].get_lines()[0]
    assert np.array_equal(np.isnan(line.get_ydata()), [False, True, True, False])
    x, y = figures.draw_curves({"a": ([10, 20], [1, 2])}).axes[0].get_lines()[0].get_data()
    assert list(x) == [10, 20] and list(y) == [1, 2]
    with pytest.raises(nst.OptionError, match="no curve"):
        nst.curves({})


def test_heatmap_scales():
    signed, positive = np.array([[1.0, -4.0], [0.0, 2.0]]), np.array([[1.0, 100.0], [0.0, 1e4]])
    drawn = [ax.images[0] for ax in figures.draw_heatmaps([signed, positive], ["", ""]).axes if ax.images]
    assert drawn[0].norm.vmin == -4 and drawn[0].norm.vmax == 4
    assert drawn[1].norm.vmin == 0 and drawn[1].norm.vmax == 1e4
    with pytest.raises(nst.ImageError, match=r"shape \(3,\)"):
        nst.heatmap(np.arange(3))


def test_feature_maps_shows_the_most_active():
    activation = np.ones((6, 8, 20)) * np.arange(20) % 13
    figure = figures.draw_feature_maps(activation, np.array([12, 11]))
    assert [ax.get_title() for ax in figure.axes] == ["filter 12", "filter 11"]
    with pytest.raises(nst.ImageError, match="filters"):
        nst.feature_maps(np.zeros((4, 4)))


def test_outside_a_notebook_the_description_is_printed(capsys):
    assert nst.show(BALL, titles="the ball") is None
    nst.feature_maps(np.ones((6, 8, 3)) * [1, 3, 2], count=2)
    assert capsys.readouterr().out == "[picture: the ball]\n[feature maps of filters 1, 2]\n"


def test_a_picture_is_shown_with_any_ipython(monkeypatch):
    """Google Colab has IPython 7, whose Image takes no description: every picture of the course failed there."""
    monkeypatch.delattr("IPython.display.Image")
    monkeypatch.setattr(figures, "in_notebook", lambda: True)
    nst.show(BALL, alt="the ball")
    data, metadata = format_display_data(figures.Shown(figures.draw_images([BALL]), "the ball"))
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG") and data["text/plain"] == "[the ball]"
    assert metadata == {"image/png": {"alt": "the ball"}}


@pytest.mark.slow
def test_in_a_notebook_every_picture_has_alt_text():
    """Run in a real kernel; then the page that nbconvert makes, sanitised as for feedback and not."""
    source = 'import nst\nx = nst.show(nst.load_image("ball", size=32), alt="a ball & its <shadow>")\nassert x is None'
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(book, timeout=60).execute()
    outputs = book.cells[0].outputs
    assert [output.output_type for output in outputs] == ["display_data"] * 2  # a value would become a grade
    hidden, picture = outputs
    assert "a ball &amp; its &lt;shadow&gt;</span>" in hidden.data["text/html"]
    assert picture.metadata["image/png"]["alt"] == "a ball & its <shadow>"
    for sanitised, template in itertools.product((False, True), ("lab", "classic")):
        page = HTMLExporter(sanitize_html=sanitised, template_name=template).from_notebook_node(book)[0]
        assert page.count('src="data:image/png') == 1 and "a ball &amp; its &lt;shadow&gt;</span>" in page
        assert template == "lab" or 'alt="a ball &amp; its &lt;shadow&gt;"' in page


def test_pictures_are_png(tmp_path):
    (tmp_path / "a.png").write_bytes(figures.png(figures.draw_curves({"a": [1, 2]})))
    assert Image.open(tmp_path / "a.png").format == "PNG"
