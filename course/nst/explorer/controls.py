"""The explorer's controls: widgets only. What they do is wired up in app.py."""

import io
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets
import numpy as np

from nst.errors import AssetError, ImageError
from nst.explorer.painter import START_SIZE, Choice, Settings
from nst.explorer.stage import Upload
from nst.images import loading
from nst.images.assets import asset_names, find_asset, is_asset
from nst.images.loading import Picture
from nst.optimizers import OPTIMIZERS

SIZES = (64, 96, 128, 192, 256, 384, 512)  # pixels, longest side
FINISH_SIZES, FINISH_SIZE = (256, 384, 512, 768, 1024), 512
OPTIMIZER_LABELS = {"lbfgs": "L-BFGS (fewest steps)", "adam": "Adam", "gd": "gradient descent (11)"}
PRESETS = {  # the note's section 4
    "4.1.1 ball shadow, Starry Night": ("ball_and_shadow", "the_starry_night"),
    "4.1.2 ball shadow, Pillars of Creation": ("ball_and_shadow", "pillars_of_creation"),
    "4.2.1 Oski, Old Man in Red": ("oski", "old_man_in_red"),
    "4.2.2 Oski, Pillars of Creation": ("oski", "pillars_of_creation"),
}
MAX_UPLOAD_SIDE = 1024  # pixels; an upload is kept no larger than this
ALPHAS, BETAS, STEPS = (1e-3, 1e3), (0.1, 1e5), (1, 100_000)  # the least and the most that each control can say
FIT = "calc(100% - 4px)"  # a widget and its margins
DESCRIPTION = {"description_width": "9em"}


class LogSlider:
    """A slider on a log scale and its typed twin, which keyboards and screen readers use. `.value` is what is typed.

    The page moves a slider's handle to the nearest mark and reports that as a change; so the typed number leads, and
    the slider changes it only when it has been moved to another mark.
    """

    STEP = 0.05  # of log10: one mark is 12 % more

    def __init__(self, symbol: str, what: str, value: float, low: float, high: float) -> None:
        self.slider = widgets.FloatLogSlider(
            value=value,
            min=math.log10(low),
            max=math.log10(high),
            step=self.STEP,
            readout=False,
            description=f"{symbol}, {what}",
            style=DESCRIPTION,
            layout={"width": "26em", "max_width": FIT},
        )
        self.typed = widgets.BoundedFloatText(
            value=value,
            min=low,
            max=high,
            step=None,
            description=f"{symbol} =",
            style={"description_width": "2.5em"},
            layout={"width": "10em"},
        )
        self.slider.add_class(f"nst-{what.split()[0]}")
        self.typed.add_class(f"nst-{what.split()[0]}-typed")
        self.slider.observe(self._slid, "value")
        self.typed.observe(self._typed, "value")
        self.row = wrapping(self.slider, self.typed)

    @property
    def value(self) -> float:
        return self.typed.value

    @value.setter
    def value(self, value: float) -> None:
        self.typed.value = value

    def observe(self, act: Callable) -> None:
        """Call act() when the number has changed, in Python or in the page."""
        self.typed.observe(lambda _: act(), "value")

    def _slid(self, change):
        if abs(math.log10(change.new / self.value)) > 0.6 * self.STEP:
            self.typed.value = float(f"{change.new:.3g}")

    def _typed(self, change):
        if abs(math.log10(change.new / self.slider.value)) > 0.6 * self.STEP:
            self.slider.value = change.new


class Picker:
    """A list of the course's pictures with a button for your own. `.choice` is the `Choice` picked."""

    def __init__(self, role: str, first: Picture, complain: Callable[[str], None]) -> None:
        self.role, self._complain = role, complain
        self.choices = {name: Choice(name, name, credit(name)) for name in asset_names()}
        picked = self._given(first)
        self.choices[picked.label] = picked
        self.list = widgets.Dropdown(
            options=self._options(),
            value=picked,
            description=role,
            style=DESCRIPTION,
            layout={"width": "26em", "max_width": FIT},
        )
        self.upload = Upload(f"or your own {role}:", self._uploaded, self._refused)
        self.list.add_class(f"nst-pick-{role}")
        self.upload.add_class(f"nst-upload-{role}")
        self.row = wrapping(self.list, self.upload)

    @property
    def choice(self) -> Choice:
        return self.list.value

    def pick(self, name: str) -> None:
        """Choose the asset of that name."""
        if name not in self.choices:
            raise AssetError(f"no picture {name!r} to choose; there are {', '.join(self.choices)}")
        self.list.value = self.choices[name]

    def observe(self, act: Callable) -> None:
        """Call act() when another picture is chosen."""
        self.list.observe(lambda _: act(), "value")

    def _options(self):
        return list(self.choices.items())

    def _given(self, picture):
        """A Choice for what was handed to `nst.explore`: a name, path, address or image. Raises ImageError."""
        if isinstance(picture, str) and is_asset(picture):
            asset = find_asset(picture)
            return self.choices[asset.stands_in_for or asset.name]
        if isinstance(picture, str | os.PathLike):
            choice = Choice(str(picture), picture)
            choice.load(size=START_SIZE)  # a wrong path is said here, not when painting starts
            return choice
        return Choice(f"your {self.role}", loading.image_of(picture, what=self.role))

    def _uploaded(self, name, data):
        try:
            self.add(name, data)
        except ImageError as error:
            self._complain(f"{error} The {self.role} picture stays {self.choice.label}.")

    def _refused(self, name, size):
        self._complain(
            f"{name} has {size / 1e6:.0f} MB and is no picture that a browser knows; save it as PNG or JPEG."
        )

    def add(self, name: str, data: bytes) -> None:
        """Take the bytes of an image file as a choice of that name and pick it. Raises ImageError."""
        choice = Choice(f"{name} (yours)", decoded(data, name))
        self.choices = {**{k: v for k, v in self.choices.items() if not k.endswith("(yours)")}, choice.label: choice}
        self.list.options = self._options()
        self.list.value = choice


def credit(name: str) -> str:
    """What the asset is and whose; of a stand-in also that it is one."""
    asset = find_asset(name)
    line = f"{asset.facts['title']} ({asset.facts['author']}, {asset.facts.get('year', 'undated')})"
    return f"{line}, standing in for the original" if asset.stands_in_for else line


def decoded(data: bytes, name: str) -> np.ndarray:
    """The image file in `data` as an image (H, W, 3), no longer than MAX_UPLOAD_SIDE. Raises ImageError."""
    with loading.opened(io.BytesIO(data), name) as picture:
        rgb = loading.as_rgb(picture)
        loading.require_usable(*rgb.size, name)
        rgb.thumbnail((MAX_UPLOAD_SIDE, MAX_UPLOAD_SIDE))
        return loading.as_image(rgb, name)


class Panel:
    """All controls. `settings()` is what they say now."""

    def __init__(
        self,
        content: Picture,
        style: Picture,
        size: int,
        optimizer: str,
        alpha: float,
        beta: float,
        steps: int,
        complain: Callable[[str], None],
    ) -> None:
        self.content, self.style = Picker("content", content, complain), Picker("style", style, complain)
        self.alpha = LogSlider("α", "content weight", alpha, *ALPHAS)
        self.beta = LogSlider("β", "style weight", beta, *BETAS)
        self.preset = choice_of("example", {"choose one of the note's": (), **PRESETS}, ())
        self.size = choice_of("size", {f"{side} pixels": side for side in sorted({*SIZES, size})}, size)
        self.optimizer = choice_of("optimiser", {OPTIMIZER_LABELS[key]: key for key in OPTIMIZERS}, optimizer)
        self.steps = widgets.BoundedIntText(
            value=steps,
            min=STEPS[0],
            max=STEPS[1],
            description="stop at step",
            style=DESCRIPTION,
            layout={"width": "16em"},
        )
        self.start = button("start", "Start", "play", "start painting, or go on")
        self.pause = button("pause", "Pause", "pause", "hold the picture still, or go on")
        self.stop = button("stop", "Stop", "stop", "end and keep the best picture")
        self.reset = button("reset", "Reset", "refresh", "back to the content picture")
        self.finish = button("finish", "Finish", "magic", "go on from this picture at higher sizes, up to that beside")
        self.finish_size = choice_of("finish-size", {f"at {side} pixels": side for side in FINISH_SIZES}, FINISH_SIZE)
        self.save = button("save", "Save", "save", "write the finished or best picture to the file named beside")
        self.file = widgets.Text(value="stylised.png", description="to file", layout={"width": "20em"})
        self.file.add_class("nst-file")
        self.steps.add_class("nst-steps")
        self.view = self._arranged()

    def settings(self) -> Settings:
        """The `Settings` of this moment."""
        return Settings(
            self.content.choice,
            self.style.choice,
            self.size.value,
            self.optimizer.value,
            self.alpha.value,
            self.beta.value,
        )

    def observe(self, act: Callable) -> None:
        """Call act() whenever something changes that a step depends on."""
        for control in (self.content, self.style, self.alpha, self.beta):
            control.observe(act)
        for control in (self.size, self.optimizer):
            control.observe(lambda _: act(), "value")

    def hold_choices(self, held: bool) -> None:
        """Whether what a picture that is being finished cannot change can be chosen: the sliders still act."""
        for control in (self.preset, self.content.list, self.style.list, self.size, self.optimizer, self.finish_size):
            control.disabled = held

    def _arranged(self):
        buttons = wrapping(self.start, self.pause, self.stop, self.reset)
        keep = wrapping(self.finish, self.finish_size, self.save, self.file)
        run = wrapping(self.size, self.optimizer, self.steps)
        rows = [self.preset, self.content.row, self.style.row, self.alpha.row, self.beta.row, run, buttons, keep]
        return widgets.VBox(rows)


def wrapping(*parts: widgets.Widget) -> widgets.HBox:
    """The parts in a row that breaks where the page is narrow."""
    return widgets.HBox(list(parts), layout={"flex_flow": "row wrap", "align_items": "center"})


def every_widget(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """The widget with all that it is made of, innermost first: what has to be closed for it to be gone."""
    for child in getattr(widget, "children", ()):
        yield from every_widget(child)
    for part in ("layout", "style"):  # widgets of their own
        if isinstance(getattr(widget, part, None), widgets.Widget):
            yield getattr(widget, part)
    yield widget


def choice_of(name: str, options: Any, value: Any) -> widgets.Dropdown:
    """A labelled list of options (dict: text -> value)."""
    wide = {"example": "26em", "finish-size": "12em"}.get(name, "24em")
    named = {"description": name, "style": DESCRIPTION}
    if name == "finish-size":  # short, beside its button
        named = {"description": "size", "style": {"description_width": "2.5em"}}
    layout = {"width": wide, "max_width": FIT}
    made = widgets.Dropdown(options=list(options.items()), value=value, layout=layout, **named)
    made.add_class(f"nst-{name}")
    return made


def button(name: str, text: str, icon: str, tooltip: str) -> widgets.Button:
    """A button with a class of its own, by which tests and styles find it."""
    made = widgets.Button(description=text, icon=icon, tooltip=tooltip, layout={"width": "8em"})
    made.add_class(f"nst-{name}")
    return made
