"""The explorer without a page: what its controls do to the next step, its one worker, its errors, its end."""

import gc
import io
import threading
import time
import weakref

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from PIL import Image

import nst
from nst import painting
from nst.errors import ImageError, OptionError, SaveError
from nst.explorer import app as module
from nst.explorer import finishing, painter
from nst.explorer.stage import jpeg
from nst.explorer.worker import Worker
from nst.problem import Losses

RNG = np.random.default_rng(5)
CONTENT, STYLE = RNG.random((2, 48, 64, 3)).astype(np.float32)
SIZE = 64


class Toy:
    """A problem without a network: as far from the content, as far from the style."""

    kind, head_start = "winograd", None

    def __init__(self, content, style, **options):
        style = style if isinstance(style, np.ndarray) else style[0][0]  # or (image, share) pairs
        self.content, self.style = content, nst.images.loading.resized(style, shape=content.shape[:2])

    def __call__(self, x, alpha, beta):
        content, style = (float(((x - target) ** 2).sum()) for target in (self.content, self.style))
        gradient = 2 * alpha * (x - self.content) + 2 * beta * (x - self.style)
        time.sleep(0.002)
        return Losses(alpha * content + beta * style, content, style), gradient


@pytest.fixture
def explorer(monkeypatch):
    monkeypatch.setattr(painter, "make_problem", Toy)
    monkeypatch.setattr(painting, "make_problem", Toy)
    made = nst.explore(CONTENT, STYLE, size=SIZE, steps=100_000)
    yield made
    made.close()


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def painters():
    return [thread for thread in threading.enumerate() if thread.name == Worker.NAME]


def png_file(mode, size=(50, 40)):
    buffer = io.BytesIO()
    Image.new(mode, size, 100).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_plain_way_lowers_the_loss_and_shows_the_best(explorer):
    frame = explorer.run(6)
    assert frame.step == 6 and len(explorer.history) == 6
    assert frame.best_loss == min(total for *_, total in explorer.history) < explorer.history[0][2]
    assert explorer.history[frame.best_step - 1][2] == frame.best_loss
    assert frame.loss == pytest.approx(frame.alpha * frame.content_loss + frame.beta * frame.style_loss)
    assert explorer.stage.frame == jpeg(frame.best_image)
    assert "(NumPy, Numba) · weights: bundled" in explorer.stage.numbers and "64 x 48 pixels" in explorer.stage.numbers
    assert not painters()


def test_the_real_network_behind_it():
    before = set(_instances)
    explorer = nst.explore(size=64, weights="bundled")
    explorer.run(1)
    explorer.panel.beta.value = 500.0  # before L-BFGS has had its second look
    frame = explorer.run(3)
    assert frame.best_loss < explorer.history[1][2] and frame.ratio == 500 and "bundled" in explorer.stage.numbers
    problem, gone = weakref.ref(explorer.painter.problem), weakref.ref(explorer)
    explorer.close()
    del explorer
    gc.collect()
    assert problem() is None and gone() is None and set(_instances) == before, "closing frees it"


def test_a_change_acts_from_the_next_step_on_and_starts_a_new_best(explorer):
    first = explorer.run(3)
    explorer.panel.beta.value = 10.0
    second = explorer.run(1)
    assert (first.ratio, second.ratio) == (1000, 10)
    assert "β/α = 10" in explorer.stage.caption and explorer.stage.ratio == "10"
    assert second.best_step == 4 and second.best_loss == second.loss < first.best_loss


def test_a_typed_number_is_kept_though_the_slider_stands_at_the_nearest_mark(explorer):
    beta = explorer.panel.beta
    beta.typed.value = 40
    assert beta.slider.value == 40
    beta.slider.value = 10**1.6  # what the page reports back: 39.81
    assert beta.value == 40
    beta.slider.value = 10**1.65
    assert beta.value == 44.7 and explorer._settings.beta == 44.7


def test_other_pictures_or_sizes_start_again_and_another_optimiser_goes_on(explorer):
    explorer.run(2)
    before = explorer.painter._run.image
    explorer.panel.optimizer.value = "adam"
    assert explorer.run(1).step == 3
    assert np.abs(explorer.frame.image - np.clip(before, 0, 1)).max() < 0.05  # one Adam step away
    explorer.panel.size.value = 96
    assert explorer.run(1).step == 1 and explorer.frame.image.shape == (72, 96, 3)
    explorer.panel.style.pick("the_starry_night")
    assert explorer.run(1).step == 1


def test_sliders_reach_the_running_worker_and_pause_holds_it(explorer):
    explorer.start()
    wait_until(lambda: explorer.frame is not None)
    explorer.panel.alpha.value, explorer.panel.beta.value = 2.0, 5.0
    wait_until(lambda: explorer.frame.ratio == 2.5)
    explorer.pause()
    wait_until(lambda: "Paused at step" in explorer.stage.message)
    held = explorer.painter.steps
    assert explorer.stage.message == f"Paused at step {held}."
    assert explorer.stage.caption.startswith(f"Step {held}:") and f"step {held} of" in explorer.stage.numbers
    time.sleep(0.3)
    assert explorer.painter.steps == held and explorer.panel.pause.description == "Resume"
    explorer.pause()
    wait_until(lambda: explorer.painter.steps > held)
    assert explorer.stop() and not painters() and not explorer.panel.start.disabled


def test_it_stops_at_the_step_asked_for_and_goes_on_from_there(explorer):
    explorer.panel.steps.value = 3
    explorer.start()
    explorer.join(60)
    assert explorer.painter.steps == 3 and "Done" in explorer.stage.message
    explorer.panel.steps.value = 5
    explorer.start()
    explorer.join(60)
    assert explorer.painter.steps == 5


def test_a_slider_moved_during_reset(explorer):
    explorer.start()
    wait_until(lambda: explorer.painter.steps > 1)
    explorer.reset()
    explorer.panel.beta.value = 77.0
    wait_until(lambda: not explorer.worker.alive)
    assert explorer.frame is None and explorer.history == [] and "Back at" in explorer.stage.message
    assert explorer.stage.frame == explorer.stage.content_picture
    assert explorer.run(1).beta == 77


def test_an_error_is_shown_and_raised_on_join(explorer, monkeypatch):
    def broken(settings):
        raise ImageError("the cat ate the picture")

    monkeypatch.setattr(explorer.painter, "step", broken)
    explorer.start()
    with pytest.raises(ImageError, match="cat"):
        explorer.join(60)
    wait_until(lambda: not explorer.worker.alive)
    assert "ImageError: the cat ate the picture" in explorer.stage.alarm and not explorer.panel.start.disabled


def test_a_loss_that_is_no_number_says_what_to_do(explorer, monkeypatch):
    monkeypatch.setattr(Toy, "__call__", lambda *_: (Losses(np.nan, 1.0, 1.0), np.zeros_like(CONTENT)))
    with pytest.raises(OptionError, match=r"step 1 is nan.*Reset"):
        explorer.run(1)


def test_one_worker_however_many_explorers(explorer):
    explorer.start()
    wait_until(lambda: explorer.painter.steps > 0)
    other = nst.explore(CONTENT, STYLE, size=SIZE)
    assert not painters(), "making a second explorer ends the painting of the first"
    explorer.start()
    other.start()
    assert len(painters()) == 1 and not explorer.worker.alive
    other.close()
    assert not painters()
    with pytest.raises(ImageError, match="Start"):
        other.save("never.png")


def test_run_refuses_while_painting(explorer):
    explorer.start()
    with pytest.raises(OptionError, match="Stop"):
        explorer.run(1)


def test_a_cell_that_is_run_again_leaves_one_explorer(monkeypatch):
    monkeypatch.setattr(module, "current_cell", lambda: "cell-1")
    first = nst.explore(CONTENT, STYLE, size=SIZE)
    second = nst.explore(CONTENT, STYLE, size=SIZE)
    assert first.view.comm is None and second.view.comm is not None
    module._of_cell.clear()
    second.close()


def test_save(explorer, tmp_path):
    with pytest.raises(ImageError, match="Start"):
        explorer.save(tmp_path / "too_early.png")
    frame = explorer.run(2)
    explorer.panel.file.value = str(tmp_path / "mine.png")
    explorer.save()
    assert np.allclose(nst.load_image(tmp_path / "mine.png"), frame.best_image, atol=1 / 255)
    assert "mine.png" in explorer.stage.message
    with pytest.raises(SaveError):
        explorer.save(tmp_path / "no" / "such" / "folder.png")
    explorer.panel.file.value = str(tmp_path / "no" / "folder.png")
    explorer.panel.save.click()
    assert "could not be written" in explorer.stage.alarm


@pytest.mark.parametrize(
    "data, words",
    [(b"no picture at all", "not a picture"), (png_file("L")[:60], "damaged"), (png_file("L", (9, 9)), "at least")],
    ids=["no picture", "cut short", "tiny"],
)
def test_an_upload_that_is_no_use_leaves_the_picture_and_says_why(explorer, data, words):
    before = explorer.panel.content.choice
    explorer.panel.content.upload._handle_custom_msg({"name": "holiday.png"}, [memoryview(data)])
    assert explorer.panel.content.choice is before
    assert words in explorer.stage.alarm and "holiday.png" in explorer.stage.alarm


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "I;16"])
def test_uploads_of_every_kind_become_colour_pictures(explorer, mode):
    explorer.panel.content.add("mine.png", png_file(mode))
    explorer.run(1)
    assert explorer.frame.image.shape == (51, 64, 3) and explorer.stage.alarm == ""
    assert explorer.panel.content.choice.label == "mine.png (yours)"


def test_an_upload_too_large_to_be_sent_is_said(explorer):
    explorer.panel.style.upload._handle_custom_msg({"name": "film.mov", "refused": 90_000_000}, [])
    assert "film.mov has 90 MB" in explorer.stage.alarm


def test_a_huge_upload_is_refused_from_its_header(explorer):
    header = png_file("L")
    huge = header[:16] + (60_000).to_bytes(4, "big") * 2 + header[24:]
    with pytest.raises(ImageError):
        explorer.panel.style.add("huge.png", huge)


def test_other_names_of_an_asset_are_understood():
    explorer = nst.explore("ball", "pillars_of_creation")
    assert explorer.panel.settings().content.label == "ball_and_shadow"
    assert "standing in" in explorer.stage.style_label
    explorer.close()


def test_presets_are_the_notes_four_examples(explorer):
    assert len(module.PRESETS) == 4
    for content, style in module.PRESETS.values():
        explorer.panel.alpha.value, explorer.panel.beta.value = 3.0, 7.0
        explorer.panel.preset.value = (content, style)
        assert (explorer._settings.alpha, explorer._settings.beta) == (1, 1000), "as at the beginning"
        assert (explorer._settings.content.label, explorer._settings.style.label) == (content, style)
        assert explorer.stage.content_label.startswith(content) and explorer.stage.style_label.startswith(style)


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": "no_such_picture"},
        {"style": np.full((48, 64, 3), np.nan)},
        {"alpha": 0},
        {"beta": 1e9},
        {"beta": np.nan},
        {"optimizer": "sgd"},
        {"steps": 0},
        {"size": 3},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_arguments_that_make_no_sense_are_refused_at_once(wrong):
    (name,) = wrong
    with pytest.raises((ImageError, OptionError), match="no_such_picture" if name == "content" else name):
        nst.explore(**wrong)


def test_on_a_page_that_shows_nothing_from_threads_start_paints_at_once(explorer, monkeypatch):
    monkeypatch.setattr(module, "COLAB_STEPS", 3)
    explorer.threads_show = False
    explorer.panel.start.click()
    assert explorer.painter.steps == 3 and not painters()


def test_the_middle_follows_another_content_and_comes_back_to_the_picture(explorer):
    explorer.run(3)
    painted, first = explorer.stage.frame, explorer.panel.content.choice
    explorer.panel.content.pick("cat" if "cat" in explorer.panel.content.choices else "chelsea")
    assert explorer.stage.frame == explorer.stage.content_picture and explorer.stage.caption.startswith("The start")
    explorer.panel.content.list.value = first
    assert explorer.stage.frame == painted and explorer.run(1).step == 4, "nothing is lost by looking at another"


@pytest.mark.parametrize(("seconds", "size"), [(0.05, 192), (0.2, 128)])
def test_it_begins_larger_where_the_machine_is_fast_enough(monkeypatch, seconds, size):
    monkeypatch.delenv("NST_PLAN", raising=False)
    monkeypatch.setattr(painter, "seconds_per_pixel", lambda: seconds / 96**2)
    explorer = nst.explore(CONTENT, STYLE)
    assert explorer.panel.size.value == size
    explorer.close()


def test_finish_goes_on_at_higher_sizes_and_save_writes_that(explorer, tmp_path):
    with pytest.raises(ImageError, match="Start"):
        explorer.finish()
    explorer.run(4)
    explorer.panel.finish_size.value = 256
    explorer.finish()
    assert explorer.panel.content.list.disabled and explorer.panel.finish.disabled and explorer.panel.start.disabled
    explorer.join(60)
    assert explorer.finished.shape == (192, 256, 3) and "Finished at 256 x 192 pixels" in explorer.stage.message
    assert explorer.stage.frame == jpeg(explorer.finished) and not explorer.panel.content.list.disabled
    explorer.save(tmp_path / "mine.png")
    assert "finished, β/α = 1,000, 256 x 192 pixels" in explorer.stage.message
    assert nst.load_image(tmp_path / "mine.png").shape == (192, 256, 3)
    assert explorer.run(1).step == 5 and explorer.finished is None, "painting goes on from where it was"
    explorer.save(tmp_path / "mine.png")
    assert nst.load_image(tmp_path / "mine.png").shape == (48, 64, 3)


def test_finish_while_painting_and_stop_keeps_what_it_has(explorer, monkeypatch):
    explorer.start()
    wait_until(lambda: explorer.painter.steps > 2)
    slow = Toy.__call__
    monkeypatch.setattr(Toy, "__call__", lambda *args: (time.sleep(0.05), slow(*args))[1])
    explorer.finish()
    wait_until(lambda: explorer.finished is not None and explorer._finishing.climb.steps > 2)
    explorer.panel.beta.value = 50.0
    wait_until(lambda: explorer.stage.ratio == "50")
    explorer.pause()
    wait_until(lambda: "Paused at step" in explorer.stage.message)
    assert explorer.stage.message == f"Paused at step {explorer._finishing.climb.steps} of finishing."
    explorer.pause()
    assert explorer.stop() and "Stopped while finishing at 128 x 96" in explorer.stage.message
    assert explorer.finished.shape == (96, 128, 3) and explorer._finishing.ratio == 50
    explorer.reset()
    assert explorer.finished is None and explorer.frame is None


def test_a_size_that_is_no_larger_is_said(explorer):
    explorer.panel.size.value = 256
    explorer.panel.finish_size.value = 256
    explorer.run(1)
    explorer.panel.finish.click()
    wait_until(lambda: not explorer.worker.alive)
    assert "256 pixels already: choose a larger size" in explorer.stage.alarm and not explorer.panel.start.disabled


def test_finishing_with_the_real_network_keeps_beta_per_pixel():
    explorer = nst.explore("ball", "starry_night", size=64, weights="bundled")
    frame = explorer.run(3)
    work = finishing.Finishing(frame.best_image, explorer._settings, 128, explorer.painter.options)
    made = work.step(explorer._settings)
    assert work.climb.scale.shape == (96, 128) and [scale.steps for scale in work.climb.scales] == [40]
    beta = explorer._settings.beta * work.climb.scale.pixels / (64 * 48)
    assert made.loss == pytest.approx(made.content_loss + beta * made.style_loss, rel=0.2)  # and the smoothing's share
    assert made.ratio == 1000
    explorer.close()
