"""Make the pictures that the notebooks show beside the student's own: solutions/style_transfer/expected/demo_*.png.

    python -m tools.expected_pictures [01 03 ...]

Each master is executed with the bundled weights at the sizes that it asks for: the run that `make site` shows, kept for
both. Where a markdown cell `expected_x` stands, the pictures that cell `demo_x` displays are put one below the other,
made small, and saved.
"""

import base64
import io
import os
import sys
from pathlib import Path

import nbformat
from PIL import Image

from tools.website.executed import executed

MASTERS = Path(__file__).parents[1] / "solutions/style_transfer"
WIDTH, COLOURS, LARGEST = 600, 128, 160 * 1024  # pixels; entries of the palette; bytes


def main(numbers):
    os.environ |= {"NST_WEIGHTS": "bundled", "NST_PLAN": "full"}  # full: not smaller on a busy machine
    for path in sorted(MASTERS.glob("*.ipynb")):
        if not numbers or path.name[:2] in numbers:
            write_pictures(path)


def write_pictures(path):
    notebook = nbformat.read(path, as_version=4)
    wanted = {cell.id.removeprefix("expected_") for cell in notebook.cells if cell.id.startswith("expected_")}
    if not wanted:
        return
    notebook = executed(notebook, path.parent)
    for cell in notebook.cells:
        name = cell.id.removeprefix("demo_")
        if cell.cell_type == "code" and name in wanted:
            target = path.parent / "expected" / f"{cell.id}.png"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(small(stacked(pictures(cell))))
            print(f"{target.relative_to(MASTERS)}: {target.stat().st_size / 1024:.0f} KiB")


def pictures(cell):
    """The PNGs among the cell's outputs."""
    data = [o.data["image/png"] for o in cell.outputs if "data" in o and "image/png" in o.data]
    assert data, f"{cell.id} displays no picture"
    return [Image.open(io.BytesIO(base64.b64decode(d))).convert("RGB") for d in data]


def stacked(images):
    page = Image.new("RGB", (max(i.width for i in images), sum(i.height for i in images)), "white")
    top = 0
    for image in images:
        page.paste(image, (0, top))
        top += image.height
    return page


def small(image):
    """PNG bytes of the image: WIDTH wide, or as much less as it takes to stay below LARGEST."""
    width = min(WIDTH, image.width)
    while True:
        shrunk = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        shrunk.quantize(COLOURS, kmeans=1, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() <= LARGEST:
            return file.getvalue()
        width = round(width * 0.9)


if __name__ == "__main__":
    main(sys.argv[1:])
