"""Reading written answers in a real browser: the page of ours beside formgrader, and formgrader's own, both offline."""

import csv
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import expect

from accessibility import violations
from autograder.__main__ import main
from autograder.converting import register
from autograder.course import OUTGOING, Course
from autograder.grading import journal
from autograder.outcome import readings, reflections
from autograder.outcome.formgrader import server_command
from autograder.rehearsal.attack.pages import ADDRESSES, LAID_OVER
from autograder.rehearsal.samples import copy_course, hand_in, solved
from graded_class import grade
from jupyter_page import PATIENCE, free_port, running
from pages import CONTRAST

pytestmark = pytest.mark.browser

NOTEBOOK, CELL = "01_feature_maps", "reflection_feature_maps"
TOKEN = "a-token-of-this-test"
FORMULA = r"The curves cross where $\beta = \frac{1}{2}$, at 0.57 against 0.90. $\href{javascript:window.fired=1}{x}$"
HOSTILE = (
    "<script>window.fired=1</script><img src=x onerror=window.fired=1><style>form{display:none}</style>"
    '</div></form><form action="//evil.example"><input name="row_0" value="2"></form>\n' + LAID_OVER + ADDRESSES
)
READERS = {"ann": ["anna", "ben"], "bob": ["ben"], "cat": ["anna"], "eve": ["anna"]}
FONT = "about:blank"  # MathJax measures how long a font takes by one that is not there, and the browser complains
SCRIPT = '<img src=x onerror="window.fired=1"></textarea>'


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A course of one notebook, four graded students, two readers, and the server that `read` starts."""
    folder = tmp_path_factory.mktemp("reading")
    course = copy_course(Course(), folder / "course", [NOTEBOOK])
    register(course)
    written = {"cat": FORMULA, "eve": HOSTILE}
    for student in READERS:
        own = {CELL: written[student]} if student in written else {}
        hand_in(course, student, solved(course) | own)
    grade(course, *READERS)
    (course.home / reflections.READERS).write_text(json.dumps(READERS))
    with Gradebook(course.db_url) as gradebook:
        gradebook.update_or_create_student("eve", first_name=SCRIPT, last_name="Eve")
        gradebook.update_or_create_student("cat", first_name="Cat", last_name="O'Hara")
    port = free_port()
    command = [*server_command(course, port, "/reading/"), "--no-browser", f"--IdentityProvider.token={TOKEN}"]
    with running([*command, "--ServerApp.port_retries=0"], f"http://127.0.0.1:{port}", folder, cwd=course.home):
        course_and_address = course, f"http://127.0.0.1:{port}", folder
        yield course_and_address


@pytest.fixture
def course(place):
    """The course, with nothing read."""
    course = place[0]
    (course.home / readings.FILE).unlink(missing_ok=True)
    with Gradebook(course.db_url) as gradebook:
        for student in READERS:
            row = gradebook.find_grade(CELL, NOTEBOOK, course.assignment, student)
            row.manual_score, row.needs_manual_grade = None, True
            gradebook.find_comment(CELL, NOTEBOOK, course.assignment, student).manual_comment = None
        gradebook.db.commit()
    return course


@pytest.fixture
def page(chromium, place):
    """A page that is logged in, knows what it asked for, and may ask nothing of another machine."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield logged_in(context, place[1])
    context.close()


def serious(said):
    """Is this line of the browser's console an error, and no complaint about that font?"""
    return said.type == "error" and FONT not in said.text + said.location.get("url", "")


def logged_in(context, address):
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: page.errors.append(said.text) if serious(said) else None)
    page.goto(f"{address}/reading/?token={TOKEN}")
    return page


def number(course, student):
    return next(answer.number for answer in reflections.answers(course) if answer.student == student)


def path(course, reader, student):
    return f"/reading/by/{reader}/{number(course, student)}/{CELL}"


def points(course, student):
    with Gradebook(course.db_url) as gradebook:
        row = gradebook.find_grade(CELL, NOTEBOOK, course.assignment, student)
        comment = gradebook.find_comment(CELL, NOTEBOOK, course.assignment, student).manual_comment
        return row.manual_score, row.needs_manual_grade, comment


def tick(page, *values):
    for row, value in enumerate(values):
        page.check(f"input[name=row_{row}][value='{value}']")


def read(page, address, course, reader, student, *values, comment=""):
    page.goto(address + path(course, reader, student))
    tick(page, *values)
    page.fill("#comment", comment)
    page.click("form button")
    page.wait_for_url(re.compile(r"/reading/by/"))


# --- the links of `split` ---------------------------------------------------------------------------------------------


def test_a_link_of_split_jumps_to_the_answer_where_the_browser_is_logged_in(place, course, page, monkeypatch):
    _, address, folder = place
    monkeypatch.setattr(reflections, "Course", lambda: course)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "run"))
    assert main(["split", "--graders", "anna,ben"]) == 0
    rows = list(csv.DictReader((course.home / OUTGOING / "reflections.csv").open()))
    assert {row["link"].split("/reading/")[0] for row in rows} == {address}
    assert [row["student"] for row in rows if row["grader"] == "anna"] == ["ann", "cat", "eve"], "as shared out before"
    for row in rows:
        page.goto(row["link"])
        expect(page.get_by_role("heading", level=1)).to_contain_text("Reflection feature maps")
    page.goto(row["link"].replace("127.0.0.1", "localhost"))
    assert "/login" in page.url, "the other name of this machine has no login: so the address matters"


# --- ticking a rubric -------------------------------------------------------------------------------------------------


def test_the_keyboard_alone_reads_one_answer_after_the_other(place, course, page, tmp_path):
    address = place[1]
    page.goto(address + path(course, "anna", "cat"))
    assert page.evaluate("document.activeElement.name") == "row_0", "the first row has the focus"
    page.keyboard.press("2")
    page.keyboard.press("1")
    page.keyboard.press("9")  # no row has so many
    page.keyboard.press("2")
    expect(page.locator("#sum")).to_have_text("5 of 7 points; rows without points: 1")
    page.screenshot(path=tmp_path / "half.png", full_page=True)
    page.keyboard.press("Space")  # natively: takes the first of the last row
    page.keyboard.press("ArrowRight")
    expect(page.locator("#sum")).to_have_text("6 of 7 points")
    page.keyboard.press("Tab")
    page.keyboard.type("Well seen: $\\beta$.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(address + path(course, "anna", "eve"))
    assert points(course, "cat") == (6, False, "Well seen: $\\beta$.")
    page.keyboard.press("Control+,")
    page.wait_for_url(address + path(course, "anna", "cat"))
    assert page.locator("input[name=row_1]:checked").get_attribute("value") == "1", "what was given is there"
    assert page.locator("#comment").input_value() == "Well seen: $\\beta$."
    page.keyboard.press("Control+.")
    page.wait_for_url(address + path(course, "anna", "eve"))
    last = [line for line in journal.entries(course.home / journal.FILE, []) if line["student"] == "cat"][-2:]
    assert [line["what"] for line in last] == ["manual_score", "reading"]
    assert (last[0]["after"], last[1]["readers"], last[1]["rows"]) == (6, "anna", "2 + 1 + 2 + 1")


def test_it_works_without_its_script(place, course, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = logged_in(context, place[1])
    read(page, place[1], course, "ben", "bob", 2, 2, 2, 0)
    assert points(course, "bob")[:2] == (6, False)
    assert page.url == place[1] + path(course, "ben", "ann"), "the next that waits, from the first on"
    context.close()


def test_a_row_without_points_is_not_sent(place, course, page):
    page.goto(place[1] + path(course, "anna", "cat"))
    tick(page, 2, 2)
    page.click("form button")
    page.wait_for_timeout(300)
    assert page.url == place[1] + path(course, "anna", "cat") and points(course, "cat") == (None, True, None)


# --- two readers ------------------------------------------------------------------------------------------------------


def test_two_readers_are_kept_apart_until_both_are_done_and_then_settle(place, course, page, tmp_path):
    address = place[1]
    read(page, address, course, "anna", "ann", 2, 1, 1, 1, comment="Anna's view")
    assert points(course, "ann") == (None, True, None), "nothing counts yet"
    page.goto(address + path(course, "ben", "ann"))
    assert page.locator("input:checked").count() == 0 and page.locator("#comment").input_value() == ""
    assert "Anna's view" not in page.content(), "another reader's marks are not on the page"
    page.goto(f"{address}/reading/together/")
    expect(page.locator("main")).to_contain_text("No answer has been read by all its readers yet")
    page.goto(f"{address}/reading/together/{number(course, 'ann')}/{CELL}")
    expect(page.get_by_role("alert")).to_contain_text("Not all readers")

    read(page, address, course, "ben", "ann", 2, 2, 1, 0, comment="Ben's view")
    assert points(course, "ann") == (None, True, None)
    page.goto(f"{address}/reading/together/")
    row = page.get_by_role("row", name="anna and ben").inner_text().split("\t")
    assert [text.strip() for text in row[1:]] == ["1", "100 %", "+0.00", "0.00", "0.27"], (
        "kappa: (8/16 - 5/16) / (11/16)"
    )
    page.screenshot(path=tmp_path / "together.png", full_page=True)
    assert page.locator("form button").count() == 0, "they do not agree in every row"
    page.get_by_role("link", name="ann", exact=True).click()
    assert [page.locator(f"input[name=row_{row}]:checked").count() for row in range(4)] == [1, 0, 1, 0]
    expect(page.locator("form")).to_contain_text("anna gave 1, ben gave 2")
    page.screenshot(path=tmp_path / "settle.png", full_page=True)
    page.check("input[name=row_1][value='2']")
    page.check("input[name=row_3][value='1']")
    page.click("form button")
    page.wait_for_url(f"{address}/reading/together/")
    assert points(course, "ann") == (6, False, "Anna's view\n\nBen's view")
    line = [line for line in journal.entries(course.home / journal.FILE, []) if line["what"] == "reading"][-1]
    assert (line["student"], line["readers"]) == ("ann", "anna and ben")
    page.goto(address + path(course, "ben", "ann"))
    expect(page.locator(".notice")).to_contain_text("Settled")


def test_what_they_agree_on_is_taken_at_once(place, course, page):
    address = place[1]
    for reader in ("anna", "ben"):
        read(page, address, course, reader, "ann", 2, 1, 1, 1, comment="Same words")
    page.goto(f"{address}/reading/together/")
    page.click("text=Take the 1 on which all agree")
    expect(page.get_by_role("row", name="ann reflection")).to_contain_text("settled: 5 of 7")
    assert points(course, "ann") == (5, False, "Same words")


def test_an_answer_that_changed_is_read_again(place, course, page):
    address = place[1]
    page.goto(address + path(course, "anna", "cat"))
    tick(page, 2, 2, 2, 1)
    page.evaluate("document.querySelector('[name=answer]').value = 'another'")
    page.click("form button")
    expect(page.get_by_role("alert")).to_contain_text("has changed since this page was opened")
    assert points(course, "cat") == (None, True, None)


# --- nobody else gets in, and nothing that a student wrote does anything ----------------------------------------------


def send(address, data, **headers):
    """Status of a request without a browser."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(address, data, headers)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_marks_need_the_login_and_the_pages_own_token(place, course, page):
    address = place[1] + path(course, "anna", "cat")
    page.goto(address)
    own = {name: page.locator(f"[name={name}]").get_attribute("value") for name in ("answer", "state")}
    form = {f"row_{row}": "0" for row in range(4)} | own | {"comment": ""}
    data = urllib.parse.urlencode(form).encode()
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    assert send(address, data) in (302, 403) and send(address, None) == 302, "no login"
    assert send(address, data, Cookie=cookies) == 403, "logged in, but the form is not from the page"
    assert send(address, data, Cookie=cookies, Origin="http://evil.example") in (403, 404)
    assert send(address, None, Cookie=cookies, Host="evil.example") == 403, "another name of this machine"
    assert points(course, "cat") == (None, True, None)
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "_xsrf")
    whole = urllib.parse.urlencode(form | {"_xsrf": token}).encode()
    assert send(address, whole, Cookie=cookies) == 303 and points(course, "cat")[0] == 0, "with it, it is taken"


@pytest.mark.parametrize(
    ("change", "words"),
    [({"row_1": "3"}, "Row 2 of the rubric needs points from 0 to 2"), ({"row_0": "-1"}, "Row 1")],
)
def test_points_that_the_rubric_does_not_have_are_a_sentence(place, course, page, change, words):
    page.goto(place[1] + path(course, "anna", "cat"))
    tick(page, 1, 1, 1, 1)
    page.evaluate(
        "change => Object.entries(change).forEach(([name, value]) =>"
        " document.getElementsByName(name).forEach(radio => { radio.value = value; radio.checked = true; }))",
        change,
    )
    page.click("form button")
    expect(page.get_by_role("alert")).to_contain_text(words)
    assert points(course, "cat") == (None, True, None)


@pytest.mark.parametrize("there", ["/reading/by/nobody/", "/reading/by/ben/{cat}/" + CELL, "/reading/by/anna/x/y"])
def test_an_address_that_leads_nowhere_says_so(place, course, page, there):
    page.goto(place[1] + there.format(cat=number(course, "cat")))
    expect(page.get_by_role("alert")).to_be_visible()


def test_nothing_that_a_student_wrote_runs_or_reaches_the_form(place, course, page, tmp_path):
    address = place[1] + path(course, "anna", "eve")
    answer = page.goto(address)
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    page.wait_for_timeout(1000)  # that nothing happens cannot be waited for: a second is given to it
    page.screenshot(path=tmp_path / "hostile.png", full_page=True)
    assert page.evaluate("window.fired") is None and page.url == address
    assert (
        page.locator("form").count() == 1 and page.locator(".answer form, .answer style, .answer script").count() == 0
    )
    assert page.locator(".answer [class]:not(.highlight):not([class^=MathJax])").count() == 0
    assert page.get_by_role("heading", level=1).inner_text().startswith("Reflection feature maps: img src x")
    assert all(url.startswith((place[1], "data:", "about:")) for url in page.asked)
    for link in page.locator(".answer a").all():
        link.evaluate("link => link.click()")
    page.wait_for_timeout(300)
    assert page.evaluate("window.fired") is None and page.url.split("#")[0] == address
    read(page, place[1], course, "anna", "eve", 0, 0, 0, 0, comment=SCRIPT)
    page.goto(address)
    assert page.locator("#comment").input_value() == SCRIPT and page.evaluate("window.fired") is None


# --- formulas and keys without the internet ---------------------------------------------------------------------------


def test_formulas_are_drawn_from_this_machine(place, course, page, tmp_path):
    page.goto(place[1] + path(course, "anna", "cat"))
    page.wait_for_selector(".answer .MathJax .mfrac")
    page.screenshot(path=tmp_path / "formula.png", full_page=True)
    assert page.locator(".answer a").count() == 0, "nor does a formula hold a link"
    assert page.errors == [] and all(url.startswith((place[1], "data:", "about:")) for url in page.asked)


def test_formgraders_formulas_and_keys_need_no_internet(place, course, page, tmp_path):
    page.goto(place[1] + path(course, "anna", "cat"))
    page.click("text=The whole notebook")
    page.wait_for_selector(".text_cell_render .MathJax .mfrac")
    page.wait_for_function(f"document.activeElement.id === '{CELL}'")  # it has jumped to the answer's box
    page.screenshot(path=tmp_path / "formgrader.png")
    here = page.url.split("?")[0]
    page.keyboard.press("Control+.")  # to the next submission, or back to the list after the last
    page.wait_for_url(lambda url: "/formgrader/" in url and not url.startswith(here))
    assert page.errors == [] and all(url.startswith((place[1], "data:", "about:")) for url in page.asked)


# --- pages that read well ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_fit_and_have_contrast(place, course, page, tmp_path, width):
    address = place[1]
    for reader in ("anna", "ben"):
        read(page, address, course, reader, "ann", 2, 1, 1 if reader == "anna" else 2, 1)
    page.set_viewport_size({"width": width, "height": 844})
    together = f"/reading/together/{number(course, 'ann')}/{CELL}"
    views = ["/reading/", "/reading/by/anna/", path(course, "anna", "cat"), "/reading/together/", together]
    for place_in_list, view in enumerate(views):
        page.goto(address + view)
        page.locator("details").evaluate_all("folded => folded.forEach(each => each.open = true)")
        page.wait_for_timeout(500)
        page.screenshot(path=tmp_path / f"view_{place_in_list}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        assert page.evaluate(CONTRAST) == [], view
        assert violations(page) == [], "axe-core, WCAG 2.1 A and AA"
        assert page.get_by_role("main").count() == 1 and page.locator("h1").count() == 1
    assert page.errors == []
