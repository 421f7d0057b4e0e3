"""Pages that show a student's text: feedback for students, formgrader for instructors. No script of theirs runs."""

import re
from pathlib import Path

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TEMPLATES = Path(__file__).resolve().parent / "templates"

_TAGS = bleach.ALLOWED_TAGS | {"br", "del", "details", "div", "hr", "img", "p", "pre", "s", "span", "sub", "sup"}
_TAGS |= {"summary", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tbody", "td", "th", "thead", "tr", "dd", "dl", "dt"}
_ATTRIBUTES = {"a": ["href", "title"], "img": ["src", "alt", "title", "width", "height"], "*": ["class", "align"]}
_PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]+")


class FeedbackExporter(HTMLExporter):
    """The student's page: scores and hints by exercise, no script at all, no address outside the page."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.extra_template_basedirs = [str(TEMPLATES)]
        self.template_name = "feedback"


@pass_context
def safe_markdown(context, source: str) -> str:
    """HTML of markdown with harmless tags only; pictures only if they are part of the page."""
    cell = context.get("cell", {})
    renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments", {}))
    return clean_html(MarkdownWithMath(renderer=renderer).render(source))


def clean_html(html: str) -> str:
    """`html` without scripts, handlers, styles, foreign pictures and links that run something."""
    text = bleach.clean(
        html,
        tags=_TAGS,
        attributes=_allowed,
        protocols=["http", "https", "mailto", "data"],
        css_sanitizer=CSSSanitizer(allowed_css_properties=[]),
        strip=True,
    )
    return re.sub(r"\\(href|require|cssId|class|style)\b", r"\\text", text)  # MathJax commands that reach the page


def _allowed(tag: str, name: str, value: str) -> bool:
    """May this attribute stay? Links by web address, pictures by their own bytes."""
    if name == "href":
        return bool(re.match(r"(?:https?://|mailto:|#)", value))
    if name == "src":
        return bool(_PICTURE.fullmatch(value))
    return name in _ATTRIBUTES.get(tag, []) or name in _ATTRIBUTES["*"]
