"""The poster: large enough to print, smooth, and honest about where the size changed."""

import numpy as np
import pytest
from PIL import Image

import nst
from nst.gallery.posters import draw_poster
from nst.looks import Scale


@pytest.fixture(scope="module")
def painted():
    content, style = nst.load_image("china", size=64), nst.load_image("starry_night", size=64)
    return content, style, nst.stylize(content, style, iterations=24, weights="bundled")


def test_the_saved_page_can_be_printed(painted, tmp_path, capsys):
    content, style, result = painted
    nst.poster(content, style, result.image, result.losses, scales=result.scales, path=tmp_path / "poster.png")
    with Image.open(tmp_path / "poster.png") as page:
        assert page.width >= 3000 and page.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        pixels = np.asarray(page.convert("RGB"), float) / 255
    assert "3300 pixels wide" in capsys.readouterr().out
    inked = (pixels < 0.95).any(axis=2).mean(axis=0)
    assert (inked > 0.3).mean() > 0.9, "the picture fills the width of the page"
    row = pixels[800, 200:-200]
    assert np.abs(np.diff(row, axis=0)).max() < 0.15, "one pixel of 64 is about 50 of the page: no steps between them"
    assert row.std() > 0.03


def test_thin_lines_stand_where_the_size_changes():
    scales = [Scale((32, 48), 5), Scale((64, 96), 3), Scale((85, 128), 4)]
    image = np.zeros((64, 96, 3))
    figure = draw_poster(image, image, image, [3.0, 2.0, 1.0] * 4, "A title", scales)
    curve, *marks = figure.axes[-1].lines
    assert curve.get_xdata().tolist() == list(range(1, 13))
    assert [mark.get_xdata()[0] for mark in marks] == [5.5, 8.5]
    assert all(mark.get_linewidth() < curve.get_linewidth() for mark in marks)
    plain = draw_poster(image, image, image, [3.0, 2.0], "A title", [Scale((64, 96), 2)])
    assert len(plain.axes[-1].lines) == 1 and plain.axes[-1].get_xlabel() == "step"


def test_an_upright_picture_fills_the_page_too(painted):
    content, style, _ = painted
    figure = draw_poster(content, style, np.zeros((96, 64, 3)), [1.0], "Upright")
    figure.canvas.draw()
    box = figure.axes[0].get_window_extent()
    assert box.width > 0.9 * figure.bbox.width and box.height > 0.6 * figure.bbox.height
