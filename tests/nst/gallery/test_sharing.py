"""What people share: films, sliders, a page; each opened again as its reader would."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

import nst


@pytest.fixture(scope="module")
def painted():
    film, seen = nst.film(6, also=lambda record: seen.append(record.step)), []
    content = nst.load_image("ball", size=64)
    result = nst.stylize(content, "starry_night", iterations=24, callback=film, weights="bundled", seed=3)
    return content, result, film, seen


@pytest.mark.parametrize("name", ["painting.gif", "painting.webp", "painting.png"])
def test_a_film_moves_from_the_first_step_to_the_last_at_one_size(painted, tmp_path, name):
    _, result, film, seen = painted
    film.save(tmp_path / name, seconds=2)
    with Image.open(tmp_path / name) as moving:
        assert 5 <= moving.n_frames <= 8 and moving.size == (64, 48)
        moving.seek(moving.n_frames - 1)
        last = np.asarray(moving.convert("RGB"), float) / 255
        moving.seek(0)
        first = np.asarray(moving.convert("RGB"), float) / 255
    assert np.abs(last - result.image).mean() < 0.1 < np.abs(first - result.image).mean()
    assert seen == list(range(1, 25))


def test_a_film_is_shown_as_it_is_in_a_saved_notebook(painted):
    assert 'src="data:image/webp;base64,' in painted[2]._repr_html_() and "alt=" in painted[2]._repr_html_()


def test_pictures_of_a_video_move_one_after_another(tmp_path):
    frames = [np.full((48, 64, 3), grey) for grey in (0.1, 0.5, 0.9)]
    video = nst.moving(frames, alt='grey, "brighter"')
    assert 'alt="grey, &quot;brighter&quot;"' in video._repr_html_()
    video.save(tmp_path / "video.png", seconds=3)
    with Image.open(tmp_path / "video.png") as shown:
        assert shown.n_frames == 3 and shown.size == (64, 48)
        for k, grey in enumerate((0.1, 0.5, 0.9)):
            shown.seek(k)
            assert np.asarray(shown.convert("L")).mean() / 255 == pytest.approx(grey, abs=0.01)


def test_whoever_is_disturbed_by_movement_can_stop_a_film_or_never_sees_it_move(painted):
    """WCAG 2.2.2: it moves by itself and for longer than five seconds."""
    shown = painted[2]._repr_html_()
    assert shown.startswith("<details open><summary>") and shown.endswith("</details>")
    still = re.search(r'media="\(prefers-reduced-motion: reduce\)" srcset="data:image/webp;base64,([^"]*)"', shown)[1]
    assert not getattr(Image.open(io.BytesIO(base64.b64decode(still))), "is_animated", False)


def test_an_empty_film_that_ends_a_cell_says_so():
    assert "Nothing was filmed yet" in nst.film()._repr_html_()


def test_what_cannot_be_saved_is_said(tmp_path, painted):
    with pytest.raises(nst.SaveError, match="nothing was filmed"):
        nst.film().save(tmp_path / "painting.gif")
    with pytest.raises(nst.SaveError, match=r"must end in \.gif"):
        painted[2].save(tmp_path / "painting.mp4")
    with pytest.raises(nst.OptionError, match=r"must end in \.html"):
        nst.gallery_page(tmp_path / "page.pdf", [])


def test_the_page_holds_every_picture_and_the_call_that_makes_it_again(painted, tmp_path):
    content, result, *_ = painted
    assert result.call == ("nst.stylize(<48 x 64 pixels>, 'starry_night', iterations=24, seed=3, weights='bundled')")
    nst.gallery_page(tmp_path / "page.html", [("A <ball>", content, result)], title="Mine & yours")
    page = (tmp_path / "page.html").read_text()
    assert "<ball>" not in page and "A &lt;ball&gt;" in page and "Mine &amp; yours" in page
    assert page.count("data:image/jpeg;base64,") == 2 and "seed=3" in page and "http" not in page


def test_a_call_can_be_run_again():
    result = nst.stylize("ball", "starry_night", size=48, iterations=3, weights="bundled")
    again = eval(result.call, {"nst": nst})
    np.testing.assert_array_equal(again.image, result.image)


def test_the_slider_shows_both_pictures_at_one_size(painted):
    content, result, *_ = painted
    large = nst.before_after(np.kron(content, np.ones((2, 2, 1))), result.image, alt='the "ball"')._repr_html_()
    assert large.count("<img ") == 2 and 'width="64" height="48"' in large and "&quot;ball&quot;" in large
    assert 'type="range"' in large and "aria-label=" in large
    jpeg = large.split("base64,")[1].split('"')[0]
    import base64

    with Image.open(io.BytesIO(base64.b64decode(jpeg))) as before:
        assert before.size == (64, 48)
