"""Pictures to show to others: a slider between before and after, and a page that says how each picture was made."""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from nst.errors import OptionError
from nst.images.loading import resized, to_uint8
from nst.painting import Result
from nst.plumbing.files import write_atomically

QUALITY = 90  # of the JPEGs inside
STYLE = """
.nst-slider { --at: 50%; position: relative; display: block; line-height: 0; }
.nst-slider img { width: 100%; height: auto; display: block; }
.nst-slider .nst-after { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--at)); }
.nst-slider .nst-line { position: absolute; top: 0; bottom: 0; left: var(--at); border-left: 2px solid white;
  box-shadow: 0 0 0 1px #333; }
.nst-slider .nst-line::after { content: "\\2194"; position: absolute; top: 50%; left: 0;
  transform: translate(-50%, -50%); width: 1.6em; line-height: 1.6em; text-align: center;
  border-radius: 50%; background: white; color: #222; box-shadow: 0 0 0 1px #333; }
.nst-slider input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; }
.nst-slider:focus-within { outline: 3px solid #0072b2; outline-offset: 2px; box-shadow: 0 0 0 2px white; }
"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
body {{ font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222;
  overflow-wrap: anywhere; }}
main {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 2rem; }}
figure {{ margin: 0; }} figcaption {{ margin-top: .5rem; line-height: 1.5; }}
.nst-slider {{ width: 100%; }} {style}
</style></head><body><h1>{title}</h1>
<p>Drag across a picture, or use the arrow keys: to the left is what went in, to the right what came out.</p>
<main>
{figures}
</main></body></html>
"""


class BeforeAfter:
    """Two images one upon the other, with a slider between; shown where it ends a cell. See `before_after`."""

    def __init__(self, before: np.ndarray, after: np.ndarray, alt: str) -> None:
        self._before, self._after, self._alt = resized(before, shape=after.shape[:2]), after, alt

    def element(self) -> str:
        """The HTML element; it needs `STYLE` once in its page."""
        height, width = self._after.shape[:2]
        alt = html.escape(self._alt, quote=True)
        move = "this.parentNode.style.setProperty('--at', this.value + '%')"
        return (
            f'<span class="nst-slider"><img src="{_address(self._before)}" width="{width}" height="{height}" '
            f'alt="Before: {alt}"><img class="nst-after" src="{_address(self._after)}" alt="After: {alt}">'
            f'<span class="nst-line"></span><input type="range" min="0" max="100" value="50" '
            f'aria-label="How much of the picture before is shown: {alt}" oninput="{move}"></span>'
        )

    def _repr_html_(self) -> str:
        width = max(480, self._after.shape[1])
        quiet = 'data-lm-suppress-shortcuts="true"'  # or the arrow keys would be JupyterLab's
        return f'<style>{STYLE}</style><div {quiet} style="width:{width}px;max-width:100%">{self.element()}</div>'


def before_after(before: np.ndarray, after: np.ndarray, *, alt: str = "the picture, painted") -> BeforeAfter:
    """A slider between two images (H, W, 3), the first brought to the size of the second; put it last in a cell.

    alt: what is to be seen, for readers who cannot. Raises ImageError.
    """
    return BeforeAfter(before, after, alt)


def gallery_page(
    path: str | Path, pictures: Sequence[tuple[str, np.ndarray, Result]], *, title: str = "A gallery"
) -> None:
    """Write one HTML file: each picture with a slider to what went in, and the call that makes it again.

    pictures: (title, content image, `Result` of `nst.stylize`). The file holds all that it shows.
    Raises OptionError for another ending than .html, SaveError where it cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise OptionError(f"{path.name!r} must end in .html")
    figures = [
        f"<figure>{before_after(content, result.image, alt=name).element()}"
        f"<figcaption><strong>{html.escape(name)}</strong><br><code>{html.escape(result.call)}</code><br>"
        f"{result.seconds:.0f} s, beta = {result.beta:.4g}</figcaption></figure>"
        for name, content, result in pictures
    ]
    page = PAGE.format(title=html.escape(title), style=STYLE, figures="\n".join(figures))
    write_atomically(path, page.encode())


def _address(image):
    """The image as a data: address."""
    file = io.BytesIO()
    Image.fromarray(to_uint8(image)).save(file, "JPEG", quality=QUALITY, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
