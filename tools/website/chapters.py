"""The notebooks as chapters: the released cells, with what the solved ones display."""

import base64
import html
import io
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from PIL import Image

from autograder.authoring.on_colab import repository

COLAB = "https://colab.research.google.com/github/{repository}/blob/main/course/colab/{name}.ipynb"
CODESPACES = "https://codespaces.new/{repository}"
QUALITY = 90  # of the pictures, as WebP
HIDDEN = re.compile(r"^<span style=\"position:absolute;width:1px")  # words that a picture's alt text repeats
DATA = re.compile(r"data:(?:image|audio)/([a-z]+);base64,([A-Za-z0-9+/=]+)")
WIDGET = "application/vnd.jupyter.widget-view+json"
SLIDERS = "<p><em>In the running notebook there are buttons and sliders here.</em></p>"
BAR = """\
<nav class="nst-open" aria-label="Open this notebook">
<a href="downloads/{name}.ipynb" download>Download</a>
{links}<a href="notebooks.html#begin">Open in JupyterLab</a>
<code>jupyter lab course/style_transfer/{name}.ipynb</code>
</nav>

*This page shows the notebook as students get it, and what its cells display once the exercises are solved.*
"""


def chapter(name: str, released: NotebookNode, solved: NotebookNode, pictures: Path) -> NotebookNode:
    """The released notebook with the solved one's outputs, as HTML that asks for files in `pictures` only.

    A picture that the notebook shows beforehand ("what it should give") is left out where its cell shows it anyway.
    """
    made = nbformat.from_dict(released)
    outputs = {cell.id: cell.get("outputs", []) for cell in solved.cells}
    drawn = {key for key, found in outputs.items() if found}
    made.cells = [cell for cell in made.cells if f"demo_{cell.id.removeprefix('expected_')}" not in drawn
                  or not cell.id.startswith("expected_")]  # fmt: skip
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs = shown(outputs[cell.id], pictures / name / cell.id)
    also = "".join(f'<a href="{address}">{words}</a>\n' for words, address in links(name).items())
    bar = nbformat.v4.new_markdown_cell(BAR.format(name=name, links=also), id="open_this_notebook")
    made.cells.insert(1, bar)
    return made


def links(name: str) -> dict[str, str]:
    """Words of a link -> where it leads: the notebook on Colab, the repository in Codespaces; none if not public."""
    if not (found := repository()):
        return {}
    return {
        "Open in Colab": COLAB.format(repository=found, name=name),
        "Open in Codespaces": CODESPACES.format(repository=found),
    }


def shown(outputs: list[NotebookNode], stem: Path) -> list[NotebookNode]:
    """The outputs as text and HTML; pictures, films and sounds become files `stem`-1, `stem`-2, and so on."""
    files = Files(stem)
    found = [part for output in outputs for part in _shown(output, files)]
    if not found and any(WIDGET in output.get("data", {}) for output in outputs):
        found = [_html(SLIDERS)]
    return found


def _shown(output: NotebookNode, files: "Files") -> list[NotebookNode]:
    if output.output_type == "stream":
        return [output]
    data = output.get("data", {})
    if "image/png" in data:
        alt = output.metadata.get("image/png", {}).get("alt", "")
        return [_html(files.picture(base64.b64decode(data["image/png"]), alt))]
    if WIDGET in data or HIDDEN.match(text := data.get("text/html", "")):
        return []
    return [_html(DATA.sub(files.moved, text))] if text else [output]


def _html(text: str) -> NotebookNode:
    return nbformat.v4.new_output("display_data", {"text/html": text})


class Files:
    """Numbered files of one cell; `stem.parent.name` and `stem.name` are their address below pictures/."""

    def __init__(self, stem: Path):
        self.stem, self.count = stem, 0

    def write(self, data: bytes, ending: str) -> str:
        """The address of a new file that holds the data."""
        self.count += 1
        path = self.stem.with_name(f"{self.stem.name}-{self.count}.{ending}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return f"pictures/{path.parent.name}/{path.name}"

    def picture(self, png: bytes, alt: str) -> str:
        """An img element for the PNG, smaller as WebP."""
        image, file = Image.open(io.BytesIO(png)).convert("RGB"), io.BytesIO()
        image.save(file, "WEBP", quality=QUALITY, method=6)
        address = self.write(file.getvalue(), "webp")
        words = html.escape(alt, quote=True)
        return f'<img src="{address}" alt="{words}" width="{image.width}" height="{image.height}" loading="lazy">'

    def moved(self, found: re.Match) -> str:
        """The address of a file that takes the place of a data: address."""
        return self.write(base64.b64decode(found[2]), found[1])
