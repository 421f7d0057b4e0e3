"""A Sphinx extension: formulas drawn, and put into words, while the site is built: a reader's browser needs no script.

mathra draws with the outlines of its own font, so a formula looks the same everywhere and takes the text's colour and
size; `role="img"` with the words as its label is what a screen reader meets.
"""

import html
import itertools
import re

import mathra
from docutils import nodes
from sphinx.application import Sphinx

TAG = re.compile(r"\\tag\{([^}]*)\}")
WORD = re.compile(r"\{([a-z]{4,})\}")  # a subscript that is a word: "style", not s, t, y, l, e
UNSPOKEN = {"⟨": "open angle bracket", "⟩": "close angle bracket", "←": "becomes", "?": "what"}
UNSEEN = re.compile(r"<(title|metadata|style)\b.*?</\1>", re.DOTALL)  # words (the label has them), source, a colour
_COUNT = itertools.count(1)  # ids of outlines are references within one page


def setup(app: Sphinx) -> dict:
    app.add_html_math_renderer("drawn", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def visit_inline(translator, node: nodes.math) -> None:
    translator.body.append(drawn(node.astext(), block=False))
    raise nodes.SkipNode


def visit_block(translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="nst-formula">{drawn(node.astext(), block=True)}</div>\n')
    raise nodes.SkipNode


def drawn(tex: str, *, block: bool) -> str:
    """An svg element that shows the formula and says it. Raises ValueError where the TeX is wrong."""
    svg = UNSEEN.sub("", mathra.tex_to_svg(tex, display=block, strict=True))
    words = html.escape(spoken(tex, block=block), quote=True)
    svg = re.sub(r'aria-labelledby="[^"]*"', f'aria-label="{words}"', svg, count=1)
    return re.sub(r"mathra-[0-9a-f]+-", f"formula-{next(_COUNT)}-", svg)


def spoken(tex: str, *, block: bool) -> str:
    """The formula in English words."""
    words = mathra.render(WORD.sub(r"{\\text{\1}}", TAG.sub("", tex)), display=block)["speech"]
    for sign, name in UNSPOKEN.items():
        words = words.replace(sign, f" {name} ")
    number = TAG.search(tex)
    return " ".join(words.split()) + (f", equation {number[1]}" if number else "")
