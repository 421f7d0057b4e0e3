"""A painting as a short animated picture: from the first step to the last, to keep and to send."""

import base64
import html
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nst.engine import Record
from nst.errors import SaveError
from nst.images.loading import as_image, to_uint8
from nst.plumbing.files import write_atomically

FORMATS = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG"}
ALT = "The picture while it is painted, from the first step to the last"
HOLD = 12  # the last picture stays for so many frames


def film(frames: int = 48, *, also: Callable[[Record], Any] | None = None) -> "Film":
    """A callback for `nst.stylize` that keeps pictures of the painting: `film.save("painting.gif")` writes them.

    frames: how many to keep at most, evenly over the work. also: another callback, called with each record, too.
    """
    return Film(frames, also)


def moving(pictures: Sequence[np.ndarray], *, alt: str = "A moving picture") -> "Film":
    """The pictures (H, W, 3), one after another, as a `Film`: put it last in a cell, or `.save("video.gif")`."""
    made = Film(len(pictures), alt=alt, hold=1)
    made.images.extend(to_uint8(as_image(picture, "picture")) for picture in pictures)
    return made


class Film:
    """What `film` and `moving` return. In a notebook a film that ends a cell is shown, moving."""

    def __init__(
        self, frames: int, also: Callable[[Record], Any] | None = None, *, alt: str = ALT, hold: int = HOLD
    ) -> None:
        self.frames, self.images, self.alt, self._hold = frames, [], alt, hold
        self._kept, self._also = -1, also

    def __call__(self, record: Record) -> Any:
        part = int(record.done * self.frames)
        if part != self._kept or record.step == record.planned:
            self._kept = part
            self.images.append(to_uint8(np.nan_to_num(record.image)))
        return None if self._also is None else self._also(record)

    def save(self, path: str | Path, seconds: float = 6.0) -> None:
        """Write the film, `seconds` long, as .gif, .webp (smaller, more colours) or animated .png.

        Pictures of all sizes are shown at the last one's. Raises SaveError where nothing was filmed, for another
        ending, or where the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() not in FORMATS:
            raise SaveError(f"{path.name!r} must end in {', '.join(FORMATS)}, which says the format to save in")
        write_atomically(path, self.encoded(FORMATS[path.suffix.lower()], seconds))

    def encoded(self, kind: str = "GIF", seconds: float = 6.0) -> bytes:
        """The film's bytes in that format, one of Pillow's that can move."""
        if not self.images:
            raise SaveError("nothing was filmed: nst.stylize(..., callback=film) fills a film, then it can be saved")
        height, width = self.images[-1].shape[:2]
        pictures = [Image.fromarray(i).resize((width, height), Image.Resampling.BICUBIC) for i in self.images]
        each = max(20, round(1000 * seconds / (len(pictures) + self._hold)))
        if kind == "GIF":
            pictures = [picture.quantize(256, dither=Image.Dither.FLOYDSTEINBERG) for picture in pictures]
        durations = [each] * (len(pictures) - 1) + [each * self._hold]
        file = io.BytesIO()
        pictures[0].save(file, kind, save_all=True, append_images=pictures[1:], duration=durations, loop=0)
        return file.getvalue()

    def _repr_html_(self) -> str:
        """The moving picture itself, so that a saved notebook still shows it; closing the fold ends the movement.

        Readers whose system asks for less motion get the last picture in its place.
        """
        if not self.images:
            return "<p>Nothing was filmed yet: nst.stylize(..., callback=film) fills a film.</p>"
        width, last = self.images[-1].shape[1], io.BytesIO()
        Image.fromarray(self.images[-1]).save(last, "WEBP")
        moving, still = (
            f"data:image/webp;base64,{base64.b64encode(data).decode()}"
            for data in (self.encoded("WEBP"), last.getvalue())
        )
        return (
            "<details open><summary>It moves; close this to stop it</summary><picture>"
            f'<source media="(prefers-reduced-motion: reduce)" srcset="{still}">'
            f'<img src="{moving}" width="{2 * width if width < 300 else width}" '
            f'alt="{html.escape(self.alt, quote=True)}"></picture></details>'
        )
