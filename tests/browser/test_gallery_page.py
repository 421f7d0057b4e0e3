"""The gallery page in a real browser: the slider by mouse and by keyboard, and nothing that is fetched or run."""

import numpy as np
import pytest

import nst

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.fired=1'>\" onload=\"window.fired=1"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    content = nst.load_image("china", size=64)
    result = nst.stylize(content, "starry_night", iterations=2, weights="bundled")
    path = tmp_path_factory.mktemp("gallery") / "page.html"
    nst.gallery_page(path, [(HOSTILE, content, result), ("second", content, result)], title=HOSTILE)
    return path


def shown_from(page):
    """Where the picture after begins, as a share of the width, by what the browser draws."""
    clip = page.locator(".nst-after").first.evaluate("e => getComputedStyle(e).clipPath")
    return float(clip.rpartition(" ")[2].rstrip("%)")) / 100


def test_the_slider_moves_by_keyboard_and_mouse_and_nothing_else_happens(chromium, path):
    page, asked = chromium.new_page(viewport={"width": 390, "height": 800}), []
    try:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        assert shown_from(page) == 0.5
        page.keyboard.press("Tab")
        assert page.locator(".nst-slider input").first.evaluate("e => e === document.activeElement")
        for _ in range(10):
            page.keyboard.press("ArrowRight")
        assert shown_from(page) == 0.6
        box = page.locator(".nst-slider").first.bounding_box()
        page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 20)
        assert np.isclose(shown_from(page), 0.2, atol=0.05)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate("window.fired") is None
        assert [url for url in asked if not url.startswith(("data:", path.as_uri()))] == []
    finally:
        page.close()
