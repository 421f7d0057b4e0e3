"""What the explorer shows: content, the live picture and style side by side, with texts for eyes and screen readers."""

import io
from collections.abc import Callable
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from PIL import Image

from nst.images.loading import to_uint8

HERE = Path(__file__).parent


class Stage(anywidget.AnyWidget):
    """Three pictures, the loss curves and lines of text; only Python writes to it. Its view is stage.js.

    Everything that belongs to a frame is sent in one message (`hold_sync`), so that the picture on the page and the
    ratio named under it always belong together.
    """

    _esm = HERE / "stage.js"
    _css = HERE / "stage.css"
    content_picture = traitlets.Bytes().tag(sync=True)  # JPEG files
    style_picture = traitlets.Bytes().tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)
    curves = traitlets.Bytes().tag(sync=True)  # a PNG file
    curves_label = traitlets.Unicode().tag(sync=True)
    content_label = traitlets.Unicode().tag(sync=True)
    style_label = traitlets.Unicode().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)  # under the live picture, and its alternative text
    ratio = traitlets.Unicode().tag(sync=True)  # the beta / alpha that the frame was made with
    numbers = traitlets.Unicode().tag(sync=True)  # step, time, best: changes with every frame, not spoken
    message = traitlets.Unicode().tag(sync=True)  # what has happened; spoken politely
    alarm = traitlets.Unicode().tag(sync=True)  # what went wrong; spoken at once


class Upload(anywidget.AnyWidget):
    """A button for a picture of one's own. Its view, upload.js, scales large ones down before they are sent.

    take(name, data) gets the file's name and bytes; refuse(name, size) is told of one too large to be sent.
    """

    _esm = HERE / "upload.js"
    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, label: str, take: Callable, refuse: Callable) -> None:
        super().__init__(label=label)
        self._take: Callable | None = take
        self._refuse: Callable | None = refuse
        self.on_msg(self._received)

    def _received(self, _, content, buffers):
        if buffers:
            self._take(content["name"], bytes(buffers[0]))
        else:
            self._refuse(content["name"], content["refused"])

    def close(self) -> None:
        """Let go of whoever takes the pictures, too."""
        self._take = self._refuse = None
        super().close()


def jpeg(image: np.ndarray) -> bytes:
    """The image (H, W, 3) as the bytes of a JPEG file; values outside [0, 1] are clipped."""
    buffer = io.BytesIO()
    Image.fromarray(to_uint8(image)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
