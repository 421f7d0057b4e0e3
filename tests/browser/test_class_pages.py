"""What instructors and students look at after grading, in a real browser: feedback, class report, formgrader.

One small class is really graded for all of it: two honest students, one with mistakes, and some whose notebooks try to
run something in the reader's browser, or to have the reader's next click do what they like. All names are hostile.
"""

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import expect

from accessibility import violations
from autograder.course import REPOSITORY
from autograder.grading import journal
from autograder.outcome import report
from autograder.outcome.formgrader import server_command
from autograder.outcome.index_page import index_page
from autograder.rehearsal.attack.arena import HONEST, arena
from autograder.rehearsal.attack.case import CASES, MAIN
from autograder.rehearsal.attack.corpora import all_cases
from autograder.rehearsal.attack.pages import FIRST, REFLECTION
from autograder.rehearsal.samples import hand_in, solved
from jupyter_page import PATIENCE, free_port, running
from pages import CONTRAST

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]

HOSTILE = ("markup", "endless_markup")
READ = ("buttons_laid_over", "addresses_of_formgrader", "lost_attachment")  # attacks from a written answer
SCRIPT = "<img src=x onerror=\"window.fired='{0}'\"><script>window.fired='{0}'</script>"
STRANGER = SCRIPT.format("student").replace("/", "")  # a student whom no submission made
MISTAKES = {
    "inner_product": "def inner_product(F, P):\n    return 0.5 * np.sum(F * P)",
    "feature_matrix": "def feature_matrix(activation):\n    return activation.T.reshape(activation.shape[2], -1)",
}
FIRED = "() => window.fired || (document.title === 'fired' ? 'title' : null)"


@pytest.fixture(scope="module")
def place():
    """A graded class with its feedback pages and its report."""
    all_cases()
    read = [replace(CASES[name], notebooks=(FIRST,)) for name in READ]
    with arena([*(CASES[name] for name in HOSTILE), *read], notebooks=[FIRST, MAIN]) as place:
        hand_in(place.course, "ann", solved(place.course) | MISTAKES)
        place.grade()
        name_everybody(place)
        place.feedback()
        place.report = report.write(report.class_report(place.course), place.course.home / report.FOLDER)
        yield place


def name_everybody(place):
    """Names with a script in them, as `nbgrader db student import` would take them from a roster."""
    with Gradebook(place.course.db_url) as gradebook:
        for student in [*gradebook.students, gradebook.add_student(STRANGER)]:
            first, last, email = (SCRIPT.format(part) for part in ("first", "last", "email"))
            gradebook.update_or_create_student(student.id, first_name=first, last_name=last, email=email)


@pytest.fixture(scope="module")
def formgrader(place, tmp_path_factory):
    """Address of formgrader, started as `python -m autograder formgrader` starts it."""
    port, folder = free_port(), tmp_path_factory.mktemp("formgrader")
    command = [*server_command(place.course, port), "--no-browser", "--IdentityProvider.token="]
    command += ["--ServerApp.port_retries=0"]
    with running(command, f"http://127.0.0.1:{port}", folder, cwd=place.course.home):
        yield f"http://127.0.0.1:{port}/formgrader"


@pytest.fixture
def page(chromium):
    """A page that keeps what it asked for, and what went wrong in its scripts."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE * 1000)
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("dialog", lambda dialog: page.asked.append(f"dialog {dialog.message}"))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    yield page
    page.close()


def feedback(place, student, notebook):
    return (place.course.feedback / student / place.course.assignment / f"{notebook}.html").as_uri()


def numbers(place, notebook):
    """Student -> formgrader's number of that notebook, in formgrader's order."""
    with Gradebook(place.course.db_url) as gradebook:
        found = gradebook.notebook_submissions(notebook, place.course.assignment)
        return {row.student.id: row.id for row in sorted(found, key=lambda row: row.id)}


def scores(place):
    with Gradebook(place.course.db_url) as gradebook:
        return {row.student_id: row.score for row in gradebook.assignment_submissions(place.course.assignment)}


# --- nothing that a student wrote runs, and nothing calls home --------------------------------------------------------


def visit(page, place, address, picture):
    """The page's text, a second after it came and a click on every link that a student could have written."""
    page.goto(address)
    page.wait_for_timeout(1000)  # that nothing happens cannot be waited for: a second is given to it
    page.screenshot(path=picture, full_page=True)
    assert page.evaluate(FIRED) is None
    for link in page.query_selector_all("a#bait, a:text-is('a'), a:text-is('b')"):
        link.evaluate("link => link.click()")
    page.wait_for_timeout(300)
    assert page.evaluate(FIRED) is None
    assert page.url.split("#")[0].split("?")[0] == address  # no link led away; formgrader itself adds ?index=
    assert not [url for url in page.asked if f":{place.traps.port}/" in url or "dialog" in url]
    assert place.traps.heard == []
    return page.inner_text("body")


@pytest.mark.parametrize("student", HOSTILE)
def test_nothing_fires_on_the_feedback_page(place, page, tmp_path, student):
    text = visit(page, place, feedback(place, student, MAIN), tmp_path / "feedback.png")
    assert "gram_matrix" in text and "of 11 points" in text
    assert all(url.startswith(("file:", "data:")) for url in page.asked)
    page.click("footer summary")
    expect(page.locator("footer")).to_contain_text("Run in a sandbox (namespaces, bubblewrap", use_inner_text=True)


@pytest.mark.parametrize("student", HOSTILE)
def test_nothing_fires_in_formgrader(place, page, formgrader, tmp_path, student):
    address = f"{formgrader}/submissions/{numbers(place, MAIN)[student]}/"
    text = visit(page, place, address, tmp_path / "formgrader.png")
    assert "gram_matrix" in text and "Run in a sandbox (namespaces, bubblewrap" in text.split("How this was graded")[1]


# --- nothing that a student wrote is a button, a label or an address of formgrader's ----------------------------------

CLICKS = ((5, 5), (640, 450), (1275, 895), (200, 700))  # places on the screen where no button of formgrader's lies


def test_no_answer_lays_a_button_over_the_page(place, page, formgrader, tmp_path):
    before = scores(place)
    page.goto(f"{formgrader}/submissions/{numbers(place, FIRST)['buttons_laid_over']}/")
    page.wait_for_selector(f"#{REFLECTION}.needs_manual_grade")
    page.screenshot(path=tmp_path / "laid_over.png")
    for x, y in CLICKS:
        page.mouse.click(x, y)
    page.wait_for_timeout(500)
    assert scores(place) == before, "no click beside formgrader's own buttons gives points"
    for text in page.locator(".text_cell_render :not(a)").all():
        text.evaluate("element => element.click?.()")  # parts of a drawn formula have no such function
    page.wait_for_timeout(500)
    assert page.evaluate(FIRED) is None and scores(place) == before
    assert not [url for url in page.asked if "/api/grade/" in url]
    assert page.locator(".modal, .modal-backdrop").count() == 0
    expect(page.locator(".text_cell_render")).not_to_have_count(0)
    assert page.locator(f".nbgrader_cell:has(#{REFLECTION}) .full-credit").count() == 1, "formgrader's own"
    assert page.locator(f"#{REFLECTION}").count() == 1
    with saved(page):
        page.locator(f".nbgrader_cell:has(#{REFLECTION}) .full-credit").click()  # formgrader's own still works
    assert scores(place)["buttons_laid_over"] == before["buttons_laid_over"] + 7
    page.locator(f"#{REFLECTION}").fill("")
    with saved(page):
        page.locator(f"#{REFLECTION}").press("Tab")
    assert scores(place) == before


def test_addresses_of_formgrader_in_an_answer_run_nothing(place, page, formgrader, tmp_path):
    student = "addresses_of_formgrader"
    address = f"{formgrader}/submissions/{numbers(place, FIRST)[student]}/"
    page.goto(address)
    links = page.locator(".text_cell_render a[href^=http]")
    assert links.count() >= 2
    assert {link.get_attribute("target") for link in links.all()} == {"_blank"}
    assert {link.get_attribute("rel") for link in links.all()} == {"noopener noreferrer"}
    with page.expect_popup() as popup:
        links.first.click()
    assert popup.value.evaluate("window.opener") is None
    popup.value.close()
    page.goto(f"{formgrader}/?path=submitted/{student}/{place.course.assignment}")
    assert place.traps.harm().get(student) is None, "no configuration of a student's was run"
    expect(page.locator("#main-table")).to_contain_text(place.course.assignment)
    for view in (
        "manage_students/{}",
        "manage_students/{}/x",
        "gradebook/{}",
        "gradebook/x/{}",
        "manage_submissions/{}",
    ):
        for text in (
            '";window.fired=1//',
            "</script><script>window.fired=1</script>",
            "<img src=x onerror=window.fired=1>",
        ):
            page.goto(f"{formgrader}/{view.format(quote(text, safe=''))}")
            page.wait_for_timeout(200)
            assert page.evaluate(FIRED) is None, (view, text)


def test_a_lost_picture_costs_nobody_the_page(place, page, formgrader):
    page.goto(f"{formgrader}/submissions/{numbers(place, FIRST)['lost_attachment']}/")
    expect(page.locator(".text_cell_render", has_text="Look:")).to_have_count(2)
    page.goto(feedback(place, "lost_attachment", FIRST))
    assert "Look:" in page.inner_text("main")


@pytest.mark.parametrize(
    "view",
    ["manage_students", "gradebook/style_transfer/" + FIRST, "manage_submissions/style_transfer", "manage_students/ann",
     "manage_students/ann/style_transfer", "submission", "api/students", "api/submissions/style_transfer"],
)  # fmt: skip
def test_no_name_runs_in_formgrader(place, page, formgrader, tmp_path, view):
    view = f"submissions/{numbers(place, FIRST)['ann']}/" if view == "submission" else view
    page.goto(f"{formgrader}/{view}")
    page.wait_for_timeout(1000)
    for button in page.locator("#toggle_names, .glyphicon-eye-open, .glyphicon-pencil").all()[:3]:
        button.evaluate("element => element.click()")
    page.wait_for_timeout(500)
    page.screenshot(path=tmp_path / "names.png")
    assert page.evaluate(FIRED) is None
    assert page.locator("img[src=x]").count() == 0
    assert not [url for url in page.asked if url.endswith("/x")]


# --- grading the reflections ------------------------------------------------------------------------------------------


def test_two_reflections_are_graded_one_after_the_other_and_the_totals_are_right(place, page, formgrader, tmp_path):
    page.goto(formgrader)
    page.wait_for_selector("text=style_transfer >> visible=true")
    before, found = scores(place), numbers(place, FIRST)
    order = list(found)
    first, second = sorted(HONEST, key=order.index)
    page.goto(f"{formgrader}/submissions/{found[first]}/")
    expect(page.locator("body")).to_contain_text("Mark scheme (students never see it)", use_inner_text=True)
    give(page, 6)
    page.screenshot(path=tmp_path / "formgrader.png")
    for _ in range(order.index(second) - order.index(first)):
        address = page.url.split("?")[0]
        page.click("li.next a")
        page.wait_for_function("url => !location.href.startsWith(url)", arg=address)
    expect(page).to_have_url(re.compile(found[second]))
    give(page, 4)
    assert scores(place) == before | {first: before[first] + 6, second: before[second] + 4}
    written = [line for line in journal.entries(place.course.home / journal.FILE, []) if line["what"] == "manual_score"]
    latest = [(line["student"], line["before"], line["after"]) for line in written[-2:]]
    assert latest == [(first, None, 6), (second, None, 4)]
    assert {line["how"] for line in written} == {"jupyter_server"}


def give(page, points):
    """Type points for the reflection as a grader does; they are saved when the box is left."""
    box = page.wait_for_selector("#reflection_feature_maps.needs_manual_grade")  # its data is there
    box.fill(str(points))
    with saved(page):
        box.press("Tab")


def saved(page):
    """A context in which a grade is sent, and at whose end formgrader has stored it."""
    return page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT")


# --- pages that read well ---------------------------------------------------------------------------------------------


def fits(page, address, width):
    """Open a page of ours at that width: nothing sticks out, every text has contrast, nothing goes wrong."""
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out of the screen"
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate(CONTRAST) == [], "4.5 : 1 or more everywhere"
    assert violations(page) == [], "axe-core, WCAG 2.1 A and AA"
    assert page.errors == [] and all(url.startswith(("file:", "data:")) for url in page.asked)


@pytest.mark.parametrize("width", [390, 1280])
def test_feedback_reads_well_on_a_phone_and_aloud(place, page, tmp_path, width):
    fits(page, feedback(place, "ann", FIRST), width)
    page.screenshot(path=tmp_path / "feedback.png", full_page=True)
    assert [heading.inner_text() for heading in page.query_selector_all("h1")] == [f"Feedback on {FIRST}"]
    names = ["feature_matrix", "inner_product", "feature_distance", "Reflection: feature maps"]
    assert [page.get_by_role("region", name=name, exact=True).count() for name in names] == [1] * 4
    assert page.get_by_role("main").count() == 1 and page.get_by_role("table", name="Points by exercise").count() == 1
    row = page.get_by_role("row", name="inner_product").inner_text()
    assert "1.5 / 3" in row and "partly right" in row, "words, not only colours"
    assert "right up to a constant factor" in page.get_by_role("region", name="inner_product", exact=True).inner_text()
    section = page.get_by_role("region", name="feature_matrix", exact=True)
    assert "activation.T" in [code.inner_text() for code in section.locator(".hint code").all()]
    text = page.inner_text("main")
    assert "begin with feature_matrix" in text and "For graders" not in text


@pytest.mark.parametrize("width", [320, 1200])
def test_the_first_page_of_feedback_reads_well(place, page, tmp_path, width):
    (tmp_path / "index.html").write_text(index_page(place.course, "ann", [f"{FIRST}.html"]))
    (tmp_path / f"{FIRST}.html").write_text("<p>there")
    fits(page, (tmp_path / "index.html").as_uri(), width)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_class_report_reads_well_and_its_links_lead_to_the_data(place, page, tmp_path, width):
    fits(page, place.report.as_uri(), width)
    page.screenshot(path=tmp_path / "report.png", full_page=True)
    facts = page.locator("dl.facts").inner_text().split()
    assert facts[:3] == ["students", "graded", "8"]
    figures = page.get_by_role("img").filter(has=page.locator("text"))
    assert figures.count() == 4 and all(figure.bounding_box()["height"] > 50 for figure in figures.all())
    assert all(
        figure.evaluate("e => e.getAttribute('aria-label') || e.querySelector('title')") for figure in figures.all()
    )
    ann = page.get_by_role("row", name="ann", exact=False).last
    assert ann.get_by_role("img", name="inner_product: 1.5 of 3").count() == 1
    students = page.get_by_role("table").last.get_by_role("row")
    names = [row.locator("td").first.inner_text() for row in students.all()[1:]]
    assert names == sorted(["ann", *HONEST, *HOSTILE, *READ])
    page.locator("details").evaluate_all("folded => folded.forEach(details => details.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nor does it when all is unfolded"
    hints = [hint.bounding_box() for hint in page.locator("td.hint").all()]
    assert hints and all(box["width"] > 200 and box["x"] + box["width"] < width - 10 for box in hints), (
        "whole lines, in sight"
    )
    for link in page.get_by_role("link").all():
        path, _, anchor = link.get_attribute("href").partition("#")
        assert (place.report.parent / path).is_file()
        assert "/ann/" not in path or f'id="{anchor}"' in (place.report.parent / path).read_text()


def test_what_formgraders_pages_fail_is_what_the_accessibility_report_names(place, page, formgrader):
    """They are nbgrader's. The way around is ours: commands, and the page where reflections are read."""
    views = ["manage_assignments", "manage_submissions/style_transfer", "manage_students"]
    views += [f"gradebook/style_transfer/{MAIN}", f"submissions/{numbers(place, MAIN)['ann']}/"]
    failed = set()
    for view in views:
        page.goto(f"{formgrader}/{view}", wait_until="networkidle")
        failed |= {line.split(":")[0] for line in violations(page)}
    lines = (REPOSITORY / "ACCESSIBILITY.md").read_text().splitlines()
    (named,) = (line for line in lines if line.startswith("| formgrader (nbgrader"))
    assert failed and failed <= set(re.findall("`([a-z-]+)`", named))
