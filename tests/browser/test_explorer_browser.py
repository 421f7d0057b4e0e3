"""The explorer as a student meets it: in Debian's Chromium, in JupyterLab and in Notebook 7, with mouse and keyboard;
and as a page without code, in Voila.

Screenshots of every application are left in pytest's temporary folder, or in the folder that NST_SCREENSHOTS names.
"""

import io
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from accessibility import violations
from jupyter_page import (
    PATIENCE,
    eventually,
    free_port,
    in_kernel,
    open_notebook,
    run_all,
    running,
    server,
    write_notebook,
)

pytestmark = pytest.mark.browser

CELLS = (
    "import nst",
    "explorer = nst.explore(size=64, steps=100_000)\nexplorer",
    "another = nst.explore(size=64, steps=100_000)\nanother",
)


@pytest.fixture(scope="module", params=["lab", "notebook"])
def opened(request, chromium, tmp_path_factory):
    """(page, folder that it works in, errors of the page), all cells run."""
    folder = tmp_path_factory.mktemp(request.param)
    with server(request.param, folder) as (address, token):
        write_notebook(folder / "root" / "explore.ipynb", *CELLS)
        page = chromium.new_context(viewport={"width": 1200, "height": 1100}).new_page()
        page.set_default_timeout(PATIENCE * 1000)
        errors = []
        page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
        page.reopen = lambda: open_notebook(page, request.param, address, token, "explore.ipynb")
        page.reopen()
        run_all(page)
        expect(page.locator(".nst-message").first).to_contain_text("Ready")
        yield page, folder, errors
        shots = Path(os.environ.get("NST_SCREENSHOTS") or folder)
        page.screenshot(path=shots / f"explorer_{request.param}.png")
        page.context.close()


@pytest.fixture
def page(opened, request):
    """The page with its first explorer at rest at its start, beta = 1000.

    The last thing sent is the test's own name: once the page shows it, no text is from the test before. The picture may
    come later than the texts, so it is waited for, too.
    """
    found, *_ = opened
    said = in_kernel(found, "explorer.stop(), another.stop(), explorer.reset()\nexplorer.panel.beta.value = 1000\n"
                            "explorer.panel.file.value = 'stylised.png'\n"
                            f"explorer.stage.message = {request.node.name!r}")  # fmt: skip
    assert said == ""
    expect(first(found, ".nst-message")).to_have_text(request.node.name)
    expect(first(found, "img.nst-frame")).to_have_attribute("data-ratio", "")
    expect(first(found, ".nst-start")).to_be_enabled()
    return found


def first(page, name):
    """That part of the first explorer of the page."""
    return page.locator(f".nst-explorer >> nth=0 >> {name}")


def paint(page, ratio="1000"):
    first(page, ".nst-start").click()
    expect(first(page, "img.nst-frame")).to_have_attribute("data-ratio", ratio)


def stop(page):
    first(page, ".nst-stop").click()
    expect(first(page, ".nst-start")).to_be_enabled()


# The slider (whose handle tells a power of ten), the number beside it and the picture have the same beta / alpha.
AGREE = """explorer => {
  const handle = explorer.querySelector('.nst-style.widget-slider .noUi-handle').getAttribute('aria-valuenow');
  const typed = explorer.querySelector('.nst-style-typed input').value;
  const ratio = explorer.querySelector('img.nst-frame').dataset.ratio;
  return Math.abs(Math.log10(typed) - handle) < .03 && Math.abs(typed / ratio - 1) < 1e-5
    || `slider 10^${handle}, number ${typed}, picture ${ratio}`;
}"""


def step_in(text):
    """The number of the step that the text names."""
    return int(re.search(r"[Ss]tep (\d+)", text.inner_text())[1])


def upload(page, role, name, data):
    file = {"name": name, "mimeType": "image/png", "buffer": data}
    first(page, f".nst-upload-{role} input").set_input_files(file)


def picture_file(mode, width=80, height=60):
    buffer = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    Image.fromarray(noise).convert(mode).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def test_it_appears_without_errors_and_every_picture_can_be_seen(opened, page):
    *_, errors = opened
    for name in ("content", "frame", "style", "curves"):
        picture = first(page, f"img.nst-{name}")
        eventually(picture, "e => e.complete && e.naturalWidth > 30", True)
        expect(picture, f"{name} has no alternative text").to_have_attribute("alt", re.compile("."))
    expect(page.locator(".nst-explorer")).to_have_count(2)
    assert not page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count()
    assert not page.get_by_text("Click to show javascript error").count()
    assert not [e for e in errors if "widgets" in e]


def test_no_part_of_the_explorer_breaks_a_rule_of_wcag(page):
    assert violations(page, within=".nst-explorer") == []


def test_a_drag_and_a_typed_value_reach_the_painting(page):
    paint(page)
    source = first(page, "img.nst-frame").get_attribute("src")
    handle = first(page, ".nst-style.widget-slider .noUi-handle")
    handle.hover()  # in sight, and its place is final
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=10)
    page.mouse.up()
    typed = first(page, ".nst-style-typed input")
    page.wait_for_function("input => input.value > 2000", arg=typed.element_handle())  # the twin moves with the slider
    eventually(page.locator(".nst-explorer").first, AGREE, True)
    expect(first(page, "img.nst-frame")).not_to_have_attribute("src", source)
    typed.fill("250")
    typed.press("Enter")
    expect(first(page, "img.nst-frame")).to_have_attribute("data-ratio", "250")
    expect(first(page, ".nst-figure-frame figcaption")).to_contain_text("made with β/α = 250")
    expect(first(page, ".nst-numbers")).to_contain_text(
        re.compile(r"s a step .* (s|min) to go .* best .* at step .*(CPU|GPU).* weights: bundled")
    )
    stop(page)


def test_pause_holds_the_picture_and_stop_ends_the_work(page):
    paint(page)
    message, picture = first(page, ".nst-message"), first(page, ".nst-figure-frame figcaption")
    first(page, ".nst-pause").click()
    expect(message).to_contain_text("Paused at step")
    last = step_in(message)
    expect(picture).to_contain_text(f"Step {last}:")
    assert f"step {last} of" in first(page, ".nst-numbers").inner_text()
    page.wait_for_timeout(1200)  # that nothing happens cannot be waited for
    assert step_in(picture) <= last and int(in_kernel(page, "print(explorer.painter.steps)")) <= last
    first(page, ".nst-pause").click()
    eventually(picture, f"e => Number(e.textContent.match(/Step (\\d+)/)[1]) > {last} || e.textContent", True)
    stop(page)
    seen = in_kernel(page, f"import threading; explorer.join({PATIENCE})\n"
                           "print([t.name for t in threading.enumerate()])")  # fmt: skip
    assert "MainThread" in seen and "nst-painter" not in seen


def test_stop_and_save_give_the_file_and_a_bad_place_is_said(opened, page):
    _, folder, _ = opened
    paint(page)
    stop(page)
    first(page, ".nst-save").click()
    expect(first(page, ".nst-message")).to_contain_text("Saved to stylised.png")
    assert Image.open(folder / "root" / "stylised.png").size == (64, 48)
    name = first(page, ".nst-file input")
    name.fill("no/such/folder.png")
    name.press("Enter")
    first(page, ".nst-save").click()
    expect(first(page, ".nst-alarm")).to_contain_text("could not be written")


def test_uploads_good_and_bad(page):
    upload(page, "content", "letter.png", b"Dear student, this is no picture")
    expect(first(page, ".nst-alarm")).to_contain_text("letter.png is not a picture")
    expect(first(page, ".nst-figure-content figcaption")).to_contain_text("ball_and_shadow")
    upload(page, "content", "grey.png", picture_file("LA"))
    expect(first(page, ".nst-figure-content figcaption")).to_contain_text("grey.png (yours)")
    huge = picture_file("RGB", 1800, 2400)
    assert len(huge) > 11e6, "more than Jupyter's connection carries"
    upload(page, "content", "huge.png", huge)
    expect(first(page, ".nst-figure-content figcaption")).to_contain_text("huge.png (yours)")
    expect(first(page, ".nst-alarm")).to_be_empty()
    paint(page)
    stop(page)
    eventually(first(page, "img.nst-frame"), "e => [e.naturalWidth, e.naturalHeight]", [48, 64])
    in_kernel(page, "explorer.panel.content.pick('ball_and_shadow')")


def test_an_error_of_the_painting_is_shown(page):
    in_kernel(page, "kept, explorer.painter.step = explorer.painter.step, lambda settings: 1 / 0")
    first(page, ".nst-start").click()
    expect(page.get_by_role("alert").filter(has_text="ZeroDivisionError: division by zero")).to_be_visible()
    assert "division by zero" in in_kernel(page, "explorer.join()")
    in_kernel(page, "explorer.painter.step = kept")
    paint(page)
    expect(first(page, ".nst-alarm")).to_be_empty()
    stop(page)


def test_keyboard_and_accessible_names(page):
    first(page, ".nst-start button").or_(first(page, "button.nst-start")).first.press("Enter")
    expect(first(page, "img.nst-frame")).to_have_attribute("data-ratio", "1000")
    page.get_by_role("spinbutton", name="β =").first.fill("90")
    page.get_by_role("spinbutton", name="β =").first.press("Tab")
    expect(page.get_by_role("img", name="made with β/α = 90").first).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Painting")).to_have_count(1)
    wipe = page.get_by_role("slider", name=re.compile("as it was before")).first
    wipe.focus()
    wipe.press("End")
    expect(first(page, "img.nst-before")).not_to_have_css("clip-path", re.compile("100%"))
    wipe.press("Home")
    expect(first(page, "img.nst-before")).to_have_css("clip-path", re.compile("100%"))
    first(page, "button.nst-stop").press("Enter")
    expect(first(page, ".nst-start")).to_be_enabled()


def cells(page):
    return page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")


def test_keys_for_a_slider_or_a_button_are_no_shortcuts_of_the_page(page):
    """B would insert a cell below, D D delete one, K and J move on, Z undo."""
    before = cells(page)
    for part in (".nst-style.widget-slider .noUi-handle", ".nst-start", ".nst-pick-content select"):
        first(page, part).focus()
        for key in "baxjkddz":
            page.keyboard.press(key)
    assert cells(page) == before
    in_kernel(page, "explorer.panel.content.pick('ball_and_shadow')")  # a list picks what begins with a letter typed


def test_sliders_have_names_and_the_focus_stays_where_the_work_is(page):
    for name in ("α, content weight", "β, style weight"):
        expect(page.get_by_role("slider", name=re.compile(f"^{name}")).first).to_be_visible()
    first(page, ".nst-start").focus()
    page.keyboard.press("Enter")
    expect(first(page, ".nst-pause")).to_be_focused()
    expect(first(page, "img.nst-frame")).to_have_attribute("data-ratio", "1000")
    first(page, ".nst-stop").focus()
    page.keyboard.press("Enter")
    expect(first(page, ".nst-start")).to_be_focused()


def test_what_is_wrong_is_said_above_the_picture(page):
    upload(page, "content", "letter.png", b"Dear student, this is no picture")
    alarm = first(page, ".nst-alarm")
    expect(alarm).to_contain_text("letter.png is not a picture")
    assert alarm.bounding_box()["y"] < first(page, "img.nst-frame").bounding_box()["y"]


def test_finish_paints_on_at_higher_sizes_and_save_writes_it(opened, page):
    _, folder, _ = opened
    paint(page)
    first(page, ".nst-finish-size select").select_option(label="at 256 pixels")
    first(page, ".nst-finish").first.click()
    expect(first(page, ".nst-figure-frame figcaption")).to_contain_text(
        re.compile(r"Finishing at (128 x 96|256 x 192)")
    )
    expect(first(page, ".nst-pick-content select")).to_be_disabled()
    expect(first(page, ".nst-message")).to_contain_text("Finished at 256 x 192 pixels")
    eventually(first(page, "img.nst-frame"), "e => e.naturalWidth", 256)
    first(page, ".nst-save").click()
    expect(first(page, ".nst-message")).to_contain_text("Saved to stylised.png: finished")
    assert Image.open(folder / "root" / "stylised.png").size == (256, 192)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_of_the_page(opened, page, width):
    _, folder, _ = opened
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 1400})
    page.evaluate("() => window.jupyterapp.commands.hasCommand('application:toggle-left-area')"
                  " && window.jupyterapp.shell.leftCollapsed === false"
                  " && window.jupyterapp.commands.execute('application:toggle-left-area')")  # fmt: skip
    try:
        explorer = page.locator(".nst-explorer").first
        explorer.scroll_into_view_if_needed()
        eventually(explorer, "e => e.scrollWidth <= e.clientWidth + 1", True)
        for part in (
            ".nst-pick-content",
            ".nst-upload-content",
            ".nst-style.widget-slider",
            ".nst-style-typed",
            ".nst-save",
        ):
            box, whole = first(page, part).bounding_box(), explorer.bounding_box()
            assert box["x"] + box["width"] <= whole["x"] + whole["width"] + 1, part
        shots = Path(os.environ.get("NST_SCREENSHOTS") or folder)
        explorer.screenshot(path=shots / f"explorer_{width}_{Path(folder).name}.png")
    finally:
        page.set_viewport_size(before)


def test_a_second_explorer_ends_the_painting_of_the_first(page):
    paint(page)
    page.locator(".nst-explorer >> nth=1 >> .nst-start").click()
    expect(first(page, ".nst-message")).to_contain_text("Stopped")
    expect(page.locator(".nst-explorer >> nth=1 >> img.nst-frame")).to_have_attribute("data-ratio", "1000")
    assert (
        in_kernel(page, "import threading; print([t.name for t in threading.enumerate()].count('nst-painter'))")
        == "1\n"
    )
    page.locator(".nst-explorer >> nth=1 >> .nst-stop").click()
    expect(page.locator(".nst-explorer >> nth=1 >> .nst-start")).to_be_enabled()


def test_reload_keeps_the_explorer_and_a_restarted_kernel_is_quiet(opened, page):
    paint(page)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.reopen()
    expect(first(page, "img.nst-frame")).to_have_attribute("data-ratio", "1000")
    typed = first(page, ".nst-style-typed input")
    typed.fill("40")
    typed.press("Enter")
    expect(first(page, "img.nst-frame")).to_have_attribute("data-ratio", "40")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    assert (
        in_kernel(page, "import threading; print('nst-painter' in [t.name for t in threading.enumerate()])")
        == "False\n"
    )
    gone = "() => getComputedStyle(document.querySelector('.nst-explorer'), '::after').content"
    page.wait_for_function(f"() => ({gone})().includes('Run this cell again')")


def test_in_voila_a_typed_value_reaches_the_painting_and_stop_ends_it(chromium, tmp_path):
    write_notebook(tmp_path / "explore.ipynb", *CELLS[:2])
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "voila", "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}"]
    with running([*command, str(tmp_path / "explore.ipynb")], address, tmp_path):
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(address)
        expect(first(page, ".nst-message")).to_contain_text("Ready")
        assert not page.locator("text=nst.explore(").count(), "no code on this page"
        paint(page)
        first(page, ".nst-style-typed input").fill("250")
        first(page, ".nst-style-typed input").press("Enter")
        expect(first(page, "img.nst-frame")).to_have_attribute("data-ratio", "250")
        stop(page)
        page.close()
