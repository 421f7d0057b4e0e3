"""The landing page: what one will build in pictures, whose cells are run with the notebooks."""

import html
import re
import tomllib
from pathlib import Path

import jinja2
import nbformat
from nbformat import NotebookNode

from autograder.authoring.release import ARCHIVE
from tools.website.chapters import shown

HERE = Path(__file__).parent
SIZE, STEPS = 320, 140  # pixels and evaluations for a picture of the gallery, if it does not say otherwise
MISTAKE = """\
from nst import check

def gram_matrix(F):
    return F.T @ F

check("gram_matrix", gram_matrix)"""
CARDS = {  # notebook -> the cell whose picture stands for it
    "01_feature_maps": "demo_layers",
    "02_content_loss": "demo_reconstruct",
    "03_gram_matrices": "demo_scissors",
    "04_style_loss": "demo_textures",
    "05_style_transfer": "demo_small_to_large",
    "06_explore": "demo_variations",
}


def gallery() -> NotebookNode:
    """A notebook whose cells make what the landing page shows."""
    pictures = tomllib.loads((HERE / "gallery.toml").read_text())["picture"]
    sources = {"start": "import nst", "mistake": MISTAKE}
    sources |= {f"picture_{number}": picture_cell(picture) for number, picture in enumerate(pictures, 1)}
    cells = [nbformat.v4.new_code_cell(text, id=name) for name, text in sources.items()]
    cells[1].metadata["tags"] = ["raises-exception"]
    return nbformat.v4.new_notebook(cells=cells)


def picture_cell(picture: dict) -> str:
    content, style, alt = (picture[key] for key in ("content", "style", "alt"))
    return (
        f"plan = nst.settings.plan(size={picture.get('size', SIZE)}, steps={STEPS})\n"
        f"content = nst.load_image({content!r}, size=plan.size)\n"
        f"result = nst.stylize({content!r}, {style!r}, size=plan.size, iterations=plan.steps)\n"
        f"nst.before_after(content, result.image, alt={alt!r})"
    )


def landing_page(done: NotebookNode, chapters: dict[str, NotebookNode], pictures: Path, facts: dict) -> str:
    """The page as Markdown. done: the gallery after it was run. facts: version and size of the archive."""
    entries = tomllib.loads((HERE / "gallery.toml").read_text())["picture"]
    cells = {cell.id: cell for cell in done.cells}
    names = [f"picture_{number}" for number in range(1, len(entries) + 1)]
    shapes = [html_of(shown(cells[name].outputs, pictures / "gallery" / name)) for name in names]
    sliders = [{**entry, "slider": slider} for entry, slider in zip(entries, shapes, strict=True)]
    cards = [card(name, notebook) for name, notebook in chapters.items()]
    said = "".join(output.evalue for output in cells["mistake"].outputs if output.output_type == "error")
    template = jinja2.Template((HERE / "index.md.j2").read_text(encoding="utf-8"), undefined=jinja2.StrictUndefined)
    return template.render(sliders=sliders, cards=cards, mistake=MISTAKE, said=said.strip(), archive=ARCHIVE, **facts)


def card(name: str, notebook: NotebookNode) -> dict:
    """What the page says of a chapter, as HTML: title, first sentences, address of a picture ("" if not run)."""
    title, _, rest = notebook.cells[0].source.partition("\n")
    paragraphs = [text for text in rest.split("\n\n") if text.strip() and not re.search(r"\.ipynb\)", text)]
    found = html_of(next(cell.outputs for cell in notebook.cells if cell.id == CARDS[name]))
    image = re.search(r'<img src="([^"]*)"', found)
    text = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", html.escape(" ".join(paragraphs[0].split())))
    return {"name": name, "title": html.escape(title.lstrip("# ")), "text": text, "src": image[1] if image else ""}


def html_of(outputs: list[NotebookNode]) -> str:
    """The HTML among the outputs, without the style sheet of a slider, which the site has once."""
    found = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    return re.sub(r"<style>.*?</style>", "", found, flags=re.DOTALL)
