"""The live explorer: turn alpha and beta while the picture is being painted.

Three parts, each with one writer: the controls (controls.py) are written by the user and only read here, as one
immutable `Settings` a step; the painter (painter.py) is touched by one thread at a time; the stage (stage.py) shows
what the screen (screen.py) sends to it.
"""

import atexit
import sys
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np

from nst.engine import ALPHA, BETA, make_problem
from nst.errors import ImageError, NSTError, OptionError
from nst.explorer.controls import ALPHAS, BETAS, PRESETS, STEPS, Panel, every_widget
from nst.explorer.finishing import Finishing
from nst.explorer.painter import Frame, Painter, start_size
from nst.explorer.screen import Screen, plain
from nst.explorer.worker import Worker
from nst.images.loading import Picture, save_image
from nst.notebook.reading import current_cell
from nst.optimizers import check_optimizer
from nst.plumbing.keywords import takes_options_of

COLAB_STEPS = 25  # a press of Start on Colab, which shows nothing that a thread sends

_of_cell = {}  # cell id -> the explorer that the cell made

atexit.register(Worker.stop_any, 5)


@takes_options_of(make_problem)
def explore(
    content: Picture = "ball_and_shadow",
    style: Picture = "the_starry_night",
    *,
    size: int | None = None,
    optimizer: str = "lbfgs",
    alpha: float = ALPHA,
    beta: float = BETA,
    steps: int = 300,
    **options: Any,
) -> "Explorer":
    """An interactive explorer: sliders for alpha and beta that act on the running optimisation from its next step on.

    content, style: asset names, paths or images; size: longest side in pixels (default: 192 where this machine is fast
    enough for it, else 128); steps: where to stop;
    options: those of `nst.engine.make_problem` (weights, pooling, layers, precision ...). Put it last in a cell.
    Without a page: `explorer.run(n)` does n steps at once and returns the last `Frame`.
    Raises ImageError, OptionError.
    """
    cell = current_cell()
    if cell in _of_cell:
        _of_cell.pop(cell).close()  # the cell is run again: the explorer that it made before is gone from the page
    size = start_size() if size is None else size
    explorer = Explorer(content, style, size, optimizer, alpha, beta, steps, **options)
    if cell is not None:
        _of_cell[cell] = explorer
    return explorer


class Explorer:
    """The explorer: `.view` is the widget, `.frame` the last frame, `.history` the losses, `.run(n)` the plain way."""

    @takes_options_of(make_problem)
    def __init__(
        self,
        content: Picture,
        style: Picture,
        size: int,
        optimizer: str,
        alpha: float,
        beta: float,
        steps: int,
        **options: Any,
    ) -> None:
        check_options(optimizer, alpha, beta, steps)
        Worker.stop_any()  # no explorer that is gone from the page goes on painting
        self.painter, self.worker = Painter(**options), Worker(self._work, self._finished, self._held)
        self.screen = Screen()
        self.stage = self.screen.stage
        self.panel = Panel(content, style, size, optimizer, alpha, beta, steps, self.screen.complain)
        self._reset_wanted, self._settings, self._pictures = False, None, ()
        self._finishing: Finishing | None = None
        self._finish_wanted, self._first_weights = False, (alpha, beta)
        self.threads_show = "google.colab" not in sys.modules
        self._wire()
        settings = self.panel.settings()
        self._show_pictures(settings)  # raises where a picture or the size is no use
        self._settings = settings
        self.screen.start()
        self._idle(f"Ready. {self._hint()}")
        title = widgets.HTML("<b>Paint while you turn α and β</b>")
        self.view = widgets.VBox([title, self.panel.view, self.stage])
        self.view.add_class("nst-explorer")

    def _ipython_display_(self):
        from IPython.display import display

        display(self.view)

    # ------------------------------------------------------------ what it is doing

    @property
    def frame(self) -> Frame | None:
        """The last `Frame`; None before the first step."""
        return self.painter.frame

    @property
    def history(self) -> list[tuple[float, float, float]]:
        """(content loss, style loss, total loss) of each step."""
        return self.painter.history

    # ------------------------------------------------------------ the plain way

    def run(self, n: int = COLAB_STEPS) -> Frame | None:
        """Do n steps here and now, without a thread, with what the controls say; returns the last `Frame`."""
        if self.worker.alive:
            raise OptionError("the explorer is painting already: press Stop, or call .stop(), before .run(n)")
        self._finishing = None
        for _ in range(n):
            self._step()
        self._show_best()
        self.screen.say(f"{n} steps done. {self._hint()}")
        return self.frame

    # ------------------------------------------------------------ the buttons, also to be called

    def start(self) -> None:
        """Begin to paint in the background, or go on; any other explorer stops."""
        if not self.threads_show:
            return self._guarded(lambda: self.run(COLAB_STEPS))
        if not self.worker.alive:
            self._finishing = None
        self._begin("Painting." if self.frame else "Loading the network; the first step takes a few seconds.")

    def finish(self) -> None:
        """Go on from the present picture at higher sizes, in the background; `save` then writes what that has made.

        Up to the size in the panel; alpha and beta still act. Raises ImageError where nothing is painted yet.
        """
        if self.frame is None:
            raise ImageError("there is no picture to finish yet: press Start first")
        self._finish_wanted, self._finishing = True, None
        self.panel.hold_choices(True)
        if self.threads_show:
            return self._begin("Loading the pictures at higher sizes.")
        while self._work():
            pass
        self._finished(None)

    def _begin(self, text):
        """The worker's start, or its going on."""
        panel, self._reset_wanted = self.panel, False
        panel.start.disabled, panel.pause.disabled, panel.stop.disabled = True, False, False
        panel.finish.disabled = self._finish_wanted
        self._paused(False)
        self.screen.say(text)
        self.worker.resume()
        self.worker.start()

    def pause(self) -> None:
        """Hold the painting after the present step, or go on with it."""
        if not self.worker.alive:
            return
        pausing = not self.worker.paused
        self._paused(pausing)
        self.screen.say("Pausing after this step." if pausing else "Painting.")
        (self.worker.pause if pausing else self.worker.resume)()

    def stop(self, timeout: float = 60) -> bool:
        """End the painting and wait for it; the best picture stays. Whether it has ended within `timeout` seconds."""
        return self.worker.stop(timeout)

    def reset(self) -> None:
        """Back to the content picture. A painting that runs is ended first, after its present step."""
        self._reset_wanted = True
        if self.worker.alive:
            self.worker.ask_to_stop()
        else:
            self._finished(None)

    def save(self, path: str | Path | None = None) -> None:
        """Write the finished picture, or the best so far, to `path`, or else to the file named in the panel.

        Raises SaveError, ImageError.
        """
        frame, path = self.frame, path or self.panel.file.value.strip()
        if frame is None:
            raise ImageError("there is no picture to save yet: press Start first")
        image, what, ratio = frame.best_image, f"step {frame.best_step}", frame.ratio
        if self._finishing is not None and self.finished is not None:
            image, what, ratio = self.finished, "finished", self._finishing.ratio
        save_image(path, image)
        size = f"{image.shape[1]} x {image.shape[0]} pixels"
        self.screen.say(f"Saved to {path}: {what}, β/α = {plain(ratio)}, {size}.")

    @property
    def finished(self) -> np.ndarray | None:
        """The picture that Finish has made, as far as it came; None where the painting has gone on since."""
        finishing = self._finishing
        return finishing.best_image if finishing is not None and finishing.climb.steps else None

    def join(self, timeout: float | None = None) -> None:
        """Wait for the painting to end; raises the error that ended it, if one did."""
        self.worker.join(timeout)

    def close(self) -> None:
        """Stop, take the widgets off the page and free the network's memory."""
        self.stop()
        for widget in list(every_widget(self.view)):
            widget.close()
        self.painter = Painter()

    # ------------------------------------------------------------ one step

    def _work(self):
        """What the worker repeats: a step, until the step asked for is reached, or the picture is finished."""
        if self._finish_wanted:
            self._finish_wanted = False
            self._finishing = Finishing(
                self.frame.best_image, self._settings, self.panel.finish_size.value, self.painter.options
            )
        if self._finishing is not None:
            return self._finish_step()
        self._step()
        return self._finish_wanted or self.painter.steps < self.panel.steps.value

    def _step(self):
        settings, pictures = self._settings, self._pictures
        turned = self.frame is None or settings.ratio != self.frame.ratio
        frame = self.painter.step(settings)
        if frame.step == 1:
            self.screen.say("Painting.")
        if settings.task != pictures:
            self._show_pictures(settings)
        self.screen.step(frame, self.painter, self.panel.steps.value, turned)

    def _finish_step(self):
        """A step at a higher size; whether there are more."""
        frame = self._finishing.step(self._settings)
        self.screen.finishing(self._finishing, frame)
        if frame.step == 1:
            self.screen.say("Finishing.")
        return not self._finishing.over

    def _held(self):
        """The worker holds: the number it says is that of the picture shown."""
        if self._finishing is not None and self.finished is not None:
            self.screen.say(f"Paused at step {self._finishing.climb.steps} of finishing.")
        elif self.frame is not None:
            self.screen.painted(self.frame, self.painter, self.panel.steps.value)
            self.screen.say(f"Paused at step {self.frame.step}.")

    def _finished(self, error):
        """The worker's last words, in its own thread; also what Reset does when nothing runs."""
        if error is not None:
            self.screen.complain(f"Stopped by an error: {type(error).__name__}: {error}")
        self._finish_wanted = False
        if self._reset_wanted:
            self._reset_wanted, self._finishing = False, None
            self.painter.reset()
            self.screen.start()
            self._idle("Back at the content picture.")
        elif error is not None:
            self._idle("Stopped.")
        elif self.finished is not None:
            height, width = self.finished.shape[:2]
            over = "Finished" if self._finishing.over else "Stopped while finishing"
            self.stage.caption = f"{over}: {width} x {height} pixels"
            self._idle(
                f"{over} at {width} x {height} pixels: Save writes this picture, Start goes on from the one before."
            )
        elif self.frame is not None:
            self._show_best()
            done = self.frame.step >= self.panel.steps.value
            self._idle(f"{'Done' if done else 'Stopped'} at step {self.frame.step}; this is the best picture.")

    def _show_best(self):
        self.screen.best(self.painter, self.panel.steps.value)

    def _show_pictures(self, settings):
        self.screen.pictures(settings)
        self._pictures = settings.task

    def _hint(self):
        if self.threads_show:
            return "Press Start, then turn α or β while it paints."
        return f"Press Start for {COLAB_STEPS} steps; this page shows the picture when they are done."

    # ------------------------------------------------------------ wiring

    def _wire(self):
        panel = self.panel
        panel.start.on_click(lambda _: self._guarded(self.start))
        panel.pause.on_click(lambda _: self.pause())
        panel.stop.on_click(lambda _: self.worker.ask_to_stop())  # without waiting for the end of the step
        panel.finish.on_click(lambda _: self._guarded(self.finish))
        panel.reset.on_click(lambda _: self._guarded(self.reset))
        panel.save.on_click(lambda _: self._guarded(self.save))
        panel.observe(self._changed)
        panel.preset.observe(lambda change: self._preset(change.new), "value")

    def _guarded(self, action):
        """Do it; what goes wrong is shown in the page."""
        try:
            action()
        except (NSTError, OSError) as error:
            self.screen.complain(str(error))

    def _changed(self):
        """A control was moved: what the next step will read."""
        settings = self.panel.settings()
        if settings.task != self._pictures and not self.worker.alive:
            try:
                self._show_pictures(settings)
            except NSTError as error:
                return self.screen.complain(str(error))
            self._show_best() if settings.task == self.painter.task and self.frame else self.screen.start()
        self._settings = settings

    def _preset(self, names):
        if names:
            self.panel.alpha.value, self.panel.beta.value = self._first_weights
            content, style = names
            self.panel.content.pick(content)
            self.panel.style.pick(style)

    def _paused(self, paused):
        button = self.panel.pause
        button.description, button.icon = ("Resume", "play") if paused else ("Pause", "pause")

    def _idle(self, text):
        """No worker: only Start makes sense."""
        self._paused(False)
        panel = self.panel
        panel.start.disabled, panel.pause.disabled, panel.stop.disabled = False, True, True
        panel.finish.disabled = False
        panel.hold_choices(False)
        self.stage.message = text


def check_options(optimizer: str, alpha: float, beta: float, steps: int) -> None:
    """OptionError for what the controls cannot say."""
    check_optimizer(optimizer)
    for name, value, (low, high) in (("alpha", alpha, ALPHAS), ("beta", beta, BETAS), ("steps", steps, STEPS)):
        if not low <= value <= high:
            raise OptionError(f"{name}={value}: the explorer takes {low:.10g} to {high:.10g}")


__all__ = ["PRESETS", "Explorer", "explore"]
