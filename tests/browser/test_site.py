"""The course's website as `make site` builds it, in a real browser, from its folder.

One notebook is run for it (at the plan of tests: small), and the gallery; the others are there unrun.
"""

import re
import zipfile

import pytest
from nbconvert import HTMLExporter

from accessibility import violations
from autograder.authoring.masters import Masters
from autograder.authoring.release import ARCHIVE, version
from autograder.course import Course
from notebooks import NAMES, RELEASED
from tools.website.__main__ import build
from web_links import broken, fetched_from_outside

pytestmark = pytest.mark.browser
RUN = "03_gram_matrices"
DARK = ("index", RUN, "policy")  # the colours of the others are these
NBCONVERTS = (".highlight", ".jp-InputPrompt", ".jp-OutputPrompt", "a")  # its colours
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site. Sphinx's warnings, dead references among them, are errors."""
    folder = tmp_path_factory.mktemp("site")
    assert build(Course(), folder / "site", folder / "work", [RUN]) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site):
    return sorted(path.stem for path in site.glob("*.html"))


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    yield page
    page.close()


def opened(page, site, name, **media):
    if media:
        page.emulate_media(**media)
    page.goto((site / f"{name}.html").as_uri())
    return page


def test_no_page_asks_for_anything_outside_its_folder(site, pages, page):
    assert fetched_from_outside(site) == []
    for name in pages:
        opened(page, site, name)
    assert [url for url in page.asked if not url.startswith((site.as_uri(), "data:"))] == []
    assert page.errors == []


def test_every_link_leads_somewhere(site, pages):
    assert len(pages) > 20 and set(NAMES) < set(pages)
    assert broken(site) == []


def test_no_page_breaks_a_rule_of_wcag_in_light(site, pages, page):
    found = {name: violations(opened(page, site, name, color_scheme="light")) for name in pages}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_page_breaks_a_rule_of_wcag_in_dark(site, page):
    found = {name: violations(opened(page, site, name, color_scheme="dark")) for name in DARK}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_pictures_stand_in_no_frame_of_the_themes_in_dark(site, page):
    opened(page, site, RUN, color_scheme="dark")
    framed = """all => all.map(e => getComputedStyle(e))
                          .filter(s => s.padding !== '0px' || s.filter !== 'none').length"""
    shown = page.locator("main .cell_output img, main .output.text_html")
    assert shown.count() > 16 and shown.evaluate_all(framed) == 0


def test_commands_wrap_so_that_their_comments_are_read(site, page):
    page.set_viewport_size({"width": 390, "height": 800})
    wide = "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)"
    blocks = opened(page, site, "guide").locator(".highlight-bash pre")
    assert blocks.count() > 20 and blocks.evaluate_all(wide) == []


def test_the_names_at_the_side_are_whole(site, page):
    out = """all => all.filter(e => e.getBoundingClientRect().right > e.closest('nav').getBoundingClientRect().right)
                       .map(e => e.textContent)"""
    names = opened(page, site, "api").locator(".bd-sidebar-secondary code .pre")
    assert names.count() > 40 and names.evaluate_all(out) == []


SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"


@pytest.mark.parametrize(
    ("width", "style"), [(320, "/* as it is */"), (640, SPACED)]
)  # a phone or 1280 at 400 %; 1280 at 200 %
def test_nothing_sticks_out_of_a_narrow_screen(site, pages, page, width, style):
    page.set_viewport_size({"width": width, "height": 800})
    wide = {}
    for name in pages:
        opened(page, site, name).add_style_tag(content=style)
        wide[name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: found for name, found in wide.items() if found > width} == {}


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_released_notebook_as_html_breaks_rules_by_nbconverts_colours_only(page, tmp_path, path):
    """Its grey prompts, its syntax colours and its links without underline are named in ACCESSIBILITY.md."""
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    (tmp_path / "notebook.html").write_text(HTMLExporter(template_name="lab").from_filename(str(path))[0])
    assert violations(opened(page, tmp_path, "notebook"), without=NBCONVERTS) == []


def test_the_keyboard_alone_reaches_everything_and_one_sees_where_it_is(site, page):
    """From the skip link through the header to the slider, which arrow keys move; each stop is outlined or coloured."""
    opened(page, site, "index")
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
        if seen[-1]["type"] == "range":
            break
    assert [stop["text"] for stop in seen if not stop["visible"]] == []
    assert "Skip to main content" in seen[0]["text"] and seen[-1]["label"].startswith("How much of the picture before")
    before = page.locator(".nst-after").first.evaluate("e => getComputedStyle(e).clipPath")
    page.keyboard.press("ArrowRight")
    assert page.locator(".nst-after").first.evaluate("e => getComputedStyle(e).clipPath") != before
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent").strip())
    assert {"Read the first notebook", "For instructors"} <= reached


# Focus is seen by an outline, a shadow or a border that the element, or what it lies in, has with it only.
FOCUSED = """() => {
  const e = document.activeElement, parts = [e, e.parentElement];
  const look = () => parts.map(p => { const s = getComputedStyle(p);
    return [s.outlineStyle !== 'none' && s.outlineWidth, s.boxShadow, s.borderColor, s.backgroundColor,
            s.textDecoration, s.clipPath, s.top].join(); }).join();
  const with_it = look(); e.blur(); const without = look(); e.focus({focusVisible: true});
  const label = e.getAttribute('aria-label') || '';
  return {text: e.textContent.trim() || label, type: e.type, label, visible: with_it !== without};
}"""


def test_a_chapter_is_the_released_notebook_with_the_solved_ones_pictures(site, page):
    opened(page, site, RUN)
    text = page.inner_text("main")
    assert "raise NotImplementedError()" in text and "gram_matrix: passed" in text
    pictures = page.locator("main img").all()
    assert len(pictures) > 8 and all((each.get_attribute("alt") or "").strip() for each in pictures)
    assert all((site / each.get_attribute("src")).is_file() for each in pictures)
    assert page.locator("main details:has(img)").count() == 0, "what a cell should show is not shown twice"
    links = {link.inner_text(): link.get_attribute("href") for link in page.locator(".nst-open a").all()}
    assert links["Download"] == f"downloads/{RUN}.ipynb"
    assert "jupyter lab course" in page.locator(".nst-open").inner_text() and "Open in JupyterLab" in links
    released = Course().released / f"{RUN}.ipynb"
    assert (site / links["Download"]).read_bytes() == released.read_bytes()


def test_no_page_holds_a_line_of_a_solution(site, page):
    """Lines of answers that stand nowhere in what students get, in no page's text."""
    masters = Masters(Course().masters)
    given = "\n".join(path.read_text() for path in Course().released.glob("*.ipynb"))
    answers = "\n".join(masters.source_of(exercise) for exercise in masters.exercises())
    lines = {line.strip() for found in SOLUTION.findall(answers) for line in found.splitlines()}
    telling = {line for line in lines if len(line) > 15 and line not in given.replace('\\"', '"')}
    assert len(telling) > 20
    for name in NAMES:
        text = opened(page, site, name).inner_text("body")
        assert [line for line in telling if line in text] == []


def test_every_formula_says_itself_in_words(site, page):
    for name in NAMES:
        formulas = opened(page, site, name).locator("main svg[role=img]")
        words = formulas.evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
        assert all(word and word.isascii() and "\\" not in word for word in words), words
        assert len(words) > 20 or name == "06_explore"
        assert "$$" not in page.inner_text("main")


def test_search_finds_without_a_server(site, page):
    opened(page, site, "search").goto(f"{(site / 'search.html').as_uri()}?q=fingerprint")
    page.wait_for_selector("#search-results li a")
    assert "Gram matrices" in page.inner_text("#search-results")


def test_site_and_archive_carry_the_same_version(site, page):
    with zipfile.ZipFile(site / "downloads" / f"{ARCHIVE}.zip") as archive:
        packaging = archive.read(f"{ARCHIVE}/pyproject.toml").decode()
    assert f'version = "{version()}"' in packaging
    assert f"Version {version()}." in opened(page, site, "index").inner_text("main")
    assert version() in opened(page, site, RUN).inner_text(".bd-footer")


def test_less_motion_is_honoured(site, page):
    opened(page, site, "index", reduced_motion="reduce")
    durations = "all => all.map(each => parseFloat(getComputedStyle(each).transitionDuration))"
    assert max(page.locator("*").evaluate_all(durations)) <= 0.01
