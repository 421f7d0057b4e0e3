"""HTML of what students wrote: nothing in it runs, nothing in it is taken for a part of the page, and it is soon made.

nbconvert asks for it by three filters (`nbgrader_config.py`): text goes through `safe_markdown`, code through
`safe_code`, HTML of outputs through `clean_html`. Markdown parsers and highlighters brood over some texts, squared: a
cell, a line of code and a page have a size, beyond which text is shown as it is.
"""

import re
from typing import Any

from bleach.css_sanitizer import CSSSanitizer
from bleach.html5lib_shim import Filter
from bleach.sanitizer import ALLOWED_TAGS, Cleaner
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import escape
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.python import PythonLexer
from pygments.token import STANDARD_TYPES

MAX_TEXT = 6_000  # characters of a cell's text
MAX_CODE = 20_000  # characters of a cell's code that are shown
MAX_LINE = 500  # characters of a line of code: the Python lexer takes time by their square
MAX_PAGE = 200_000  # characters that are parsed for one page: five times the longest notebook of the course
PYTHON = ("python", "python3", "py", "ipython", "ipython3")  # other languages' lexers are not ours to trust

HIGHLIGHTER = frozenset({"highlight", *filter(None, STANDARD_TYPES.values())})  # all class names that may stay
_TAGS = ALLOWED_TAGS | {"br", "del", "details", "div", "hr", "img", "p", "pre", "s", "span", "sub", "sup"}
_TAGS |= {"summary", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tbody", "td", "th", "thead", "tr", "dd", "dl", "dt"}
_ATTRIBUTES = {"a": ["href", "title"], "img": ["src", "alt", "title", "width", "height"]}
_PATTERNS = {  # links by web address, pictures by their own bytes, at most as wide as a screen
    "href": re.compile(r"https?://.*|mailto:.*|#.*", re.DOTALL),
    "src": re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]+"),
    "width": re.compile(r"\d{1,4}"),
    "height": re.compile(r"\d{1,4}"),
    "align": re.compile(r"left|right|center|justify"),
}
_MATHJAX = re.compile(r"\\(href|require|cssId|class|style|mmlToken|bbox)\b")  # its commands that reach the page


@pass_context
def safe_markdown(context: Context, source: str) -> str:
    """HTML of markdown with harmless tags only; pictures only if they are part of the page."""
    source = _cut(source, MAX_TEXT)
    if not _granted(context, max(len(source), len(source) ** 2 // 1000)):  # some texts take time by their square
        return _plain(source)
    renderer = _Renderer(
        escape=False, attachments=context.get("cell", {}).get("attachments", {}), exclude_anchor_links=True
    )
    return clean_html(MarkdownWithMath(renderer=renderer).render(source))


@pass_context
def safe_code(context: Context, source: str, metadata: dict | None = None) -> str:
    """HTML of Python code with its parts in colours; of what is too long as it is, without."""
    source = _cut(source, MAX_CODE)
    return _python(source) if _granted(context, len(source)) else _plain(source)


def clean_html(html: str | bytes) -> str:
    """`html` without scripts, handlers, styles, ids, foreign classes and pictures, and links that run something."""
    html = html.decode(errors="replace") if isinstance(html, bytes) else str(html)
    cleaner = Cleaner(
        tags=_TAGS,
        attributes=_allowed,
        protocols=["http", "https", "mailto", "data"],
        css_sanitizer=CSSSanitizer(allowed_css_properties=[]),
        strip=True,
        filters=[_OwnAttributes],
    )
    return _MATHJAX.sub(r"\\text", cleaner.clean(html))


def _allowed(tag: str, name: str, value: str) -> bool:
    """May this attribute stay?"""
    if name == "class":
        return bool(HIGHLIGHTER & set(value.split()))  # _OwnAttributes removes the others beside them
    if pattern := _PATTERNS.get(name):
        return (name == "align" or name in _ATTRIBUTES.get(tag, [])) and bool(pattern.fullmatch(value))
    return name in _ATTRIBUTES.get(tag, [])


class _OwnAttributes(Filter):
    """Leaves class names of the highlighter only; a link to elsewhere opens where it knows nothing of this page."""

    def __iter__(self):
        for token in super().__iter__():
            attributes = token.get("data")
            if token["type"] in ("StartTag", "EmptyTag"):
                if classes := attributes.get((None, "class")):
                    attributes[None, "class"] = " ".join(name for name in classes.split() if name in HIGHLIGHTER)
                if token["name"] == "a" and not attributes.get((None, "href"), "#").startswith("#"):
                    attributes[None, "target"] = "_blank"
                    attributes[None, "rel"] = "noopener noreferrer"
            yield token


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, without its lexers of 500 languages and without its errors."""

    def block_code(self, code: str, info: str | None = None) -> str:
        language = (info or "").split(maxsplit=1)[:1]
        return _python(code) if language and language[0].lower() in PYTHON else _plain(code)

    def _embed_image_or_attachment(self, src: str) -> str:
        try:
            return super()._embed_image_or_attachment(src)
        except InvalidNotebook:  # nothing is attached under this name; its description is shown
            return ""


def _python(source: str) -> str:
    """Python in colours, unless a line is so long that nobody typed it."""
    if max(map(len, source.split("\n"))) > MAX_LINE:
        return _plain(source)
    return highlight(source or " ", PythonLexer(stripnl=False), HtmlFormatter())


def _plain(source: str) -> str:
    return f'<div class="highlight"><pre>{escape(source)}</pre></div>\n'


def _cut(source: str, most: int) -> str:
    if len(source) <= most:
        return source
    return f"{source[:most]}\n\n(cut: {len(source) - most} more characters)"


def _granted(context: Any, characters: int) -> bool:
    """Is there room on this page for so much more to be parsed? Counted in nbconvert's resources, one for each page."""
    page = context.get("resources")
    if page is None:
        return True
    page["parsed"] = (page.get("parsed") or 0) + characters
    return page["parsed"] <= MAX_PAGE
