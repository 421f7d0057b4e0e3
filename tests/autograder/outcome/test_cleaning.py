"""What a student wrote becomes HTML in which nothing runs, nothing is a part of the page, and nothing takes long."""

import re
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import nbgrader
import pytest
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import strip_files_prefix
from nbgrader.server_extensions.formgrader import handlers
from pygments.lexers.python import PythonLexer
from traitlets.config import Config, PyFileConfigLoader

from autograder.course import REPOSITORY
from autograder.outcome import cleaning
from autograder.outcome.cleaning import HIGHLIGHTER, clean_html, safe_code, safe_markdown

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def render(source, cell=None):
    return safe_markdown({"cell": cell or {}}, source)


@pytest.mark.parametrize(
    ("source", "gone"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "onerror"),
        ("<svg onload=alert(1)>", "<svg"),
        ("<svg/onload=alert(1)//", "<svg"),
        ("<iframe src='javascript:alert(1)'></iframe>", "<iframe"),
        ("<a href='javascript:alert(1)'>x</a>", "javascript:"),
        ("<a href='JaVaScRiPt:alert(1)'>x</a>", "script:"),
        ("<a href='java&#10;script:alert(1)'>x</a>", "href"),
        ("[x](javascript:alert(1))", "javascript:"),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "data:"),
        ("![x](http://example.org/beacon.png)", "example.org"),
        ("![x](data:image/svg+xml;base64,PHN2Zz4=)", "svg"),
        ("<div style='background:url(http://example.org)'>x</div>", "style"),
        ("<form action='http://example.org'><input></form>", "<form"),
        ("<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>", "onerror=alert(1)>"),
        ("<meta http-equiv=refresh content='0;url=http://example.org'>", "<meta"),
        ("<base href='http://example.org'>", "<base"),
        (r"$\href{javascript:alert(1)}{x}$", r"\href"),
        (r"$\require{html}$", r"\require"),
        ("```\n</code></pre><script>alert(1)</script>\n```", "<script"),
        ("<!--><script>alert(1)</script>-->", "<script"),
    ],
)
def test_what_could_run_or_call_home_is_gone(source, gone):
    assert gone.lower() not in render(source).lower()


def test_what_a_reflection_needs_stays():
    html = render(
        f"**bold** `code` $F F^T$ [paper](https://arxiv.org/abs/1508.06576) ![run]({PIXEL})\n\n| a |\n|---|\n| 1 |"
    )
    for part in (
        "<strong>bold</strong>",
        "<code>code</code>",
        "$F F^T$",
        'href="https://arxiv.org',
        PIXEL,
        "<td>1</td>",
    ):
        assert part in html


def test_cleaning_twice_changes_nothing():
    html = render("**bold** <b>x</b> a < b & c")
    assert clean_html(html) == html


@pytest.mark.parametrize("piece", ["[", "![", "*a **b ", "`", "> ", "<div>\n", "|a|b|\n|-|-|\n"])
def test_no_text_keeps_a_page_busy(piece):
    """Half a million characters in one cell are answered in the time of a few thousand."""
    started = time.process_time()
    html = strip_files_prefix(render(piece * (500_000 // len(piece))))
    assert time.process_time() - started < 3.0
    assert "more characters" in html


# --- nbgrader's own pages: nothing that their scripts look for is in a student's text ---------------------------------

FORMGRADER = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"
BOOTSTRAP = FORMGRADER / "static/node_modules/bootstrap/dist"
WORD = r"[A-Za-z_][\w-]*"
ALLOWED = {"href", "title", "src", "alt", "width", "height", "align", "class", "target", "rel"}


def scripts():
    """The text of formgrader's scripts and templates, and of Bootstrap's scripts."""
    paths = [*FORMGRADER.glob("static/js/*.js"), *FORMGRADER.glob("templates/**/*.*"), BOOTSTRAP / "js/bootstrap.js"]
    assert len(paths) > 30
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def selectors(text):
    """What stands in a script's quotes: selectors and names among it."""
    return {part for pair in re.findall(r"\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'", text) for part in pair if part}


def bound_names():
    """(classes and ids, attributes, events) that formgrader's scripts bind, find or make."""
    text = scripts()
    quoted = " ".join(selectors(text))
    names = set(re.findall(rf"[.#]({WORD})", quoted)) | set(re.findall(rf"\b({WORD})\b", quoted))
    attributes = set(re.findall(rf"\b(data-{WORD}|aria-{WORD}|role|style|id|name)\b", text)) | {"data-link"}
    events = set(re.findall(r"\b(on[a-z]+)=", text, re.I)) | {
        f"on{word}" for word in ("click", "load", "focus", "error")
    }
    assert {"full-credit", "no-credit", "mark-graded", "score", "tabbable", "modal-backdrop", "fade"} <= names
    assert {"help", "name-shown", "reveal", "toggle_names", "main-table", "notebook", "nbgrader_cell"} <= names
    assert {"data-toggle", "data-dismiss", "data-target", "data-link", "data-ride", "data-spy"} <= attributes
    return sorted(names), sorted(attributes), sorted(events)


class Attributes(HTMLParser):
    """All (tag, name, value) of a page."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found += [(tag, name, value or "") for name, value in attributes]


def page(*cells):
    """Formgrader's whole page of these cells, made by the exporter that its extension makes."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(REPOSITORY / "autograder")).load_config()
    own = {"template_name": "formgrade", "extra_template_basedirs": [handlers.template_path]}
    config.merge(Config(HTMLExporter=own))
    config.HTMLExporter.preprocessors = [name for name in config.HTMLExporter.preprocessors if "MarkScheme" not in name]
    nb = nbformat.v4.new_notebook(cells=list(cells))
    nb.metadata["autograder"] = {"level": "unsafe", "notes": [cell.source for cell in cells]}
    resources = {"index": 0, "total": 1, "base_url": "", "submission_id": "1", "notebook_id": "x", "assignment_id": "y"}
    return HTMLExporter(config=config).from_notebook_node(nb, resources)[0]


def hostile_cells(text):
    """The text in every place where a student's text can come to stand."""
    marks = {"nbgrader": {"grade_id": "answer", "solution": True, "grade": True, "points": 1, "task": False}}
    attached = {"x.png": {"image/png": 'x" class="full-credit" onerror="1', "image/svg+xml": text}}
    new = nbformat.v4
    outputs = [
        new.new_output("stream", text=text),
        new.new_output("display_data", {"text/html": text, "text/plain": text}),
        new.new_output("display_data", {"text/markdown": text}),
        new.new_output("display_data", {"image/svg+xml": text}),
        new.new_output("display_data", {"image/png": text}, metadata={"image/png": {"width": text, "alt": text}}),
        new.new_output("display_data", {"text/latex": text}),
        new.new_output("display_data", {"application/javascript": text}),
        new.new_output("error", ename=text, evalue=text, traceback=[text]),
    ]
    yield new.new_markdown_cell(text, metadata=marks, attachments=attached)
    yield new.new_markdown_cell("![a](attachment:x.png) ![b](attachment:lost.png)", attachments=attached)
    yield new.new_markdown_cell(f"- {text}\n\n> {text}\n\n| {text} |\n|-|\n| {text} |\n\n```{text}\n{text}\n```")
    yield new.new_code_cell(text, metadata=marks)
    yield new.new_code_cell(text, outputs=outputs)
    yield new.new_raw_cell(text)


def test_nothing_that_formgraders_scripts_bind_survives_in_any_place(monkeypatch):
    """Every class, id, attribute and handler that they name, written by a student, beside the page of harmless text."""
    names, attributes, events = bound_names()
    made = [f'<div class="{name}" id="{name}" name="{name}">x</div>' for name in names]
    made += [f'<b {name}="modal">x</b> <span {name}>x</span>' for name in attributes + events]
    monkeypatch.setattr(cleaning, "MAX_TEXT", 10**9)
    monkeypatch.setattr(cleaning, "MAX_PAGE", 10**12)
    plain = page_attributes("x")
    for start in range(0, len(made), 600):
        rest = page_attributes("\n".join(made[start : start + 600])) - plain
        assert rest <= COLOURS, "the words of the text as code, in the highlighter's colours"
    assert {("class", "full-credit"), ("id", "answer"), ("onclick", "x")}.isdisjoint(COLOURS)


def page_attributes(text):
    """All (attribute, value) of the page with that text in every place, each class name by itself."""
    found = Attributes(page(*hostile_cells(text))).found
    cells = re.compile(r"cell-id=[0-9a-f]{8}|[0-9a-f]{8}-[0-9a-f-]{27}")  # drawn anew for every page
    found = [(name, word) for _, name, value in found for word in (value.split() if name == "class" else [value])]
    return {(name, value) for name, value in found if not cells.fullmatch(value) and (name, value[:11]) != PICTURE}


COLOURS = {("class", name) for name in HIGHLIGHTER}
PICTURE = ("src", "data:image/")


def test_no_name_of_the_highlighters_is_bound_or_styled_by_nbgrader():
    selecting = set(re.findall(rf"[.#]({WORD})", " ".join(selectors(scripts()))))
    styled = set(re.findall(rf"\.({WORD})", (BOOTSTRAP / "css/bootstrap.css").read_text()))
    assert not HIGHLIGHTER & selecting and not HIGHLIGHTER & styled
    assert "full-credit" in selecting and "modal-backdrop" in styled


@pytest.mark.parametrize("name", ["full-credit modal-backdrop fade", "k full-credit", "FULL-CREDIT", "k\tmodal\nfade"])
def test_only_the_highlighters_classes_stay(name):
    html = clean_html(f'<div class="{name}"><span class="k">x</span></div>')
    kept = [value.split() for _, key, value in Attributes(html).found if key == "class"]
    assert kept[-1] == ["k"] and all(set(names) <= HIGHLIGHTER for names in kept)


def test_links_open_elsewhere_and_pictures_are_no_larger_than_a_screen():
    html = render(
        "[a](https://x.org) <a href='https://x.org' target='_self' rel='opener'>b</a> [c](#c) [d](mailto:a@b.c)"
    )
    assert (
        html.count('target="_blank" rel="noopener noreferrer"') == 3 and "_self" not in html and '"opener"' not in html
    )
    assert '<a href="#c">' in html
    html = render(f'<img src="{PIXEL}" width="99999" height="100%" alt="x"><img src="{PIXEL}" width="300">')
    assert re.findall(r'(?:width|height)="[^"]*"', html) == ['width="300"']


@pytest.mark.parametrize("address", ["//x.org", "/formgrader", "../api/students", "formgrader", "file:///etc", "\\\\x"])
def test_no_address_beside_the_page_stays(address):
    assert "href" not in render(f"[x]({address}) <a href='{address}'>y</a>")


def test_mathematics_stays_and_its_commands_for_pages_go():
    assert r"$\sum_{ij} (F F^T)_{ij}$" in render(r"$\sum_{ij} (F F^T)_{ij}$")
    assert "mmlToken" not in render(r"$\mmlToken{mi}[class='full-credit' href='javascript:1']{x}$")


def test_a_lost_attachment_is_its_description():
    assert "my run" in render("![my run](attachment:run.png)")


# --- and it is soon made ----------------------------------------------------------------------------------------------


@pytest.fixture
def lexed(monkeypatch):
    """Lengths of what the highlighter was given, and of the longest line in it."""
    given, real = [], cleaning.highlight

    def highlight(code, lexer, formatter):
        assert isinstance(lexer, PythonLexer)
        given.append((len(code), max(map(len, code.split("\n")))))
        return real(code, lexer, formatter)

    monkeypatch.setattr(cleaning, "highlight", highlight)
    return given


SLOW = ["a.", "1.", "match " + " " * 490 + "\n", "a." * 245 + "\n", "(", '"""\n', "f'{", "\\", "%%perl\n", "é.a\n"]


@pytest.mark.parametrize("piece", SLOW)
def test_the_highlighter_gets_short_lines_and_a_bounded_page(lexed, piece):
    """Many cells, each full of what it broods over: it sees a bounded part of them."""
    context = {"resources": {}}
    for _ in range(50):
        assert safe_code(context, piece * (30_000 // len(piece))) or True
    assert sum(length for length, _ in lexed) <= cleaning.MAX_PAGE
    assert max((line for _, line in lexed), default=0) <= cleaning.MAX_LINE


@pytest.mark.parametrize("piece", SLOW)
def test_twice_the_code_takes_not_four_times_as_long(piece):
    """Where the lexer itself, given the same text, takes time by its square."""

    def seconds(count):
        started = time.process_time()
        safe_code({}, piece * (count // len(piece)))
        return time.process_time() - started

    seconds(100)
    assert seconds(40_000) < 0.5 + 3 * seconds(20_000)


@pytest.mark.parametrize("language", ["perl", "c++", "html", "nonsense", "python", "Python3 {1}"])
def test_only_python_is_coloured_in_a_text(lexed, language):
    html = render(f"```{language}\nx = 1\n```")
    assert bool(lexed) == language.lower().startswith("python") and "1" in html and "<pre>" in html


def test_a_page_full_of_slow_texts_is_shown_as_it_is_after_a_while():
    context, started = {"cell": {}, "resources": {}}, time.process_time()
    pages = [safe_markdown(context, "\\\\[" * 2_000) for _ in range(50)]
    assert time.process_time() - started < 20 and "<pre>" not in pages[0] and "<pre>" in pages[-1]


def test_the_longest_notebook_of_the_course_fits():
    for path in (REPOSITORY / "solutions/style_transfer").glob("*.ipynb"):
        cells, page = nbformat.read(path, as_version=4).cells, {}
        for cell in cells:
            (safe_code if cell.cell_type == "code" else safe_markdown)({"cell": cell, "resources": page}, cell.source)
            assert max(len(line) for line in cell.source.split("\n")) < cleaning.MAX_LINE
        assert page["parsed"] < cleaning.MAX_PAGE / 4


def test_code_reads_as_it_was_written():
    source = "\n\ndef f(x):\n    return x < 1 and '<b>'  # é\n%matplotlib inline"
    text = re.sub(r"<[^>]+>", "", safe_code({}, source))
    assert text.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").strip() == source.strip()
    assert 'class="k"' in safe_code({}, source)
