"""What the page shows of a painting, and how often: pictures, captions, numbers, curves, words."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from nst.compute.machine import KINDS, device
from nst.explorer.finishing import Finishing
from nst.explorer.loss_plot import LossPlot
from nst.explorer.painter import Choice, Frame, Painter, Settings
from nst.explorer.stage import Stage, jpeg

FRAMES = 8  # a second; more would starve the steps while a slider is dragged
CURVES = 1.5  # drawings of the loss curves a second


class Screen:
    """Writes the `stage`; what belongs together goes to the page in one message, whichever thread it comes from."""

    def __init__(self) -> None:
        self.stage, self._plot = Stage(), LossPlot()
        self._sending, self._next_frame, self._next_curves = threading.Lock(), 0.0, 0.0

    # --- words ---

    def say(self, text: str) -> None:
        """What is being done; no alarm any more."""
        self.stage.message, self.stage.alarm = text, ""

    def complain(self, text: str) -> None:
        self.stage.alarm = text

    # --- pictures ---

    def start(self) -> None:
        """The content picture in the place of the painted one."""
        with self._sending, self.stage.hold_sync():
            self.stage.frame, self.stage.ratio, self.stage.numbers = self.stage.content_picture, "", "step 0"
            self.stage.caption = "The start: the content picture"
        self.curves(None, ())

    def pictures(self, settings: Settings) -> None:
        """Content and style as the network sees them: at the working size, style cut to the content's shape."""
        content = settings.content.load(size=settings.size)
        style = settings.style.load(shape=content.shape[:2])
        with self._sending, self.stage.hold_sync():
            self.stage.content_picture, self.stage.style_picture = jpeg(content), jpeg(style)
            self.stage.content_label, self.stage.style_label = described(settings.content), described(settings.style)
            self.stage.alarm = ""

    def step(self, frame: Frame, painter: Painter, last: int, turned: bool) -> None:
        """The picture after a step, if it is time for one. last: where to stop; turned: a new ratio comes sooner."""
        now = time.monotonic()
        if frame.step == 1:
            self._next_curves = now + 1 / CURVES  # a curve needs two steps
        if now >= self._next_frame or (turned and now >= self._next_frame - 0.5 / FRAMES):
            self.painted(frame, painter, last)
        if now >= self._next_curves:
            self._next_curves = now + 1 / CURVES
            self.curves(frame, painter.history)

    def painted(self, frame: Frame, painter: Painter, last: int) -> None:
        """The picture after that step."""
        self._send(frame, frame.image, f"Step {frame.step}", progress(frame, painter, last))

    def best(self, painter: Painter, last: int) -> None:
        """The best picture so far, and the curves; nothing before the first step."""
        if (frame := painter.frame) is not None:
            self._send(frame, frame.best_image, f"Best so far, step {frame.best_step}", progress(frame, painter, last))
            self.curves(frame, painter.history)

    def finishing(self, work: Finishing, frame: Frame) -> None:
        """The best picture at a higher size, if it is time for one or its ratio is new."""
        now, climb = time.monotonic(), work.climb
        if now < self._next_frame and self.stage.ratio == f"{frame.ratio:.6g}" and not work.over:
            return
        height, width = climb.scale.shape
        numbers = (
            f"step {frame.step} of {climb.total} · about {clock(work.seconds_left)} to go · size {climb.number} of "
            f"{len(climb.scales)} · total loss {frame.loss:.4g}"
        )
        self._send(frame, frame.best_image, f"Finishing at {width} x {height} pixels", numbers)

    def curves(self, frame: Frame | None, history: Sequence[tuple[float, float, float]]) -> None:
        """The losses of each step (content, style, total) up to that frame."""
        with self._sending, self.stage.hold_sync():
            self.stage.curves = self._plot.png(history, frame.best_step if frame else 0)
            self.stage.curves_label = "Loss curves, empty" if frame is None else (
                f"Loss curves up to step {frame.step}: content {frame.content_loss:.3g}, style {frame.style_loss:.3g}, "
                f"total {frame.loss:.3g}; the best, {frame.best_loss:.3g}, at step {frame.best_step}")  # fmt: skip

    def _send(self, frame: Frame, image: np.ndarray, what: str, numbers: str) -> None:
        """Picture, ratio and numbers of one frame in one message."""
        self._next_frame = time.monotonic() + 1 / FRAMES
        with self._sending, self.stage.hold_sync():
            self.stage.frame, self.stage.ratio = jpeg(image), f"{frame.ratio:.6g}"
            self.stage.caption, self.stage.numbers = f"{what}: made with β/α = {plain(frame.ratio)}", numbers


def progress(frame: Frame, painter: Painter, last: int) -> str:
    """Steps, time, losses, and what computes."""
    problem: Any = painter.problem  # there is one after a step
    pace = painter.seconds_per_step
    height, width = problem.content.shape[:2]
    return (
        f"step {frame.step} of {last} · {pace:.2g} s a step · about {clock(max(last - frame.step, 0) * pace)} to go · "
        f"total loss {frame.loss:.4g} · best {frame.best_loss:.4g} at step {frame.best_step} · "
        f"{width} x {height} pixels · {device()}, {KINDS[problem.kind]} · weights: {painter.label}"
    )


def clock(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def described(choice: Choice) -> str:
    """The picture's name, with what it is and whose."""
    return f"{choice.label}: {choice.note}" if choice.note else choice.label


def plain(number: float) -> str:
    """Three significant digits without an exponent: 1,000 rather than 1e+03."""
    return f"{float(f'{number:.3g}'):,.10g}"
