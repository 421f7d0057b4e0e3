"""`nst.bring_along`: a student's own functions from the notebooks of a folder, as text, and what is missing at once."""

import json
import shutil

import nbformat
import numpy as np
import pytest

import nst
from notebooks import EXERCISES, MASTERS, RELEASED
from nst.errors import OptionError
from nst.notebook import carrying

NEEDED = [name for name, (notebook, *_) in EXERCISES.items() if notebook[:2] in ("02", "03", "04")]
NEEDED.remove("gram_matrices")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A student's folder: 02 to 04 solved, 05 as it was released."""
    for path in [*MASTERS[1:4], RELEASED[4]]:
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(path, **sources):
    """Other sources for some cells of a notebook; None takes the cell out."""
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        cell.source = sources.get(cell.id, cell.source)
    nb.cells = [cell for cell in nb.cells if cell.source is not None]
    path.write_text(json.dumps(nb))


def brought(capsys, *args):
    """(what is said, the block) of a call."""
    nst.bring_along(*args)
    said, _, block = capsys.readouterr().out.partition("\n\n")
    return said, block


def test_the_block_is_source_that_passes_all_checks(folder, capsys):
    said, block = brought(capsys, "05_style_transfer")
    assert said.startswith("7 of 7 functions found.") and "missing" not in said
    scope = {"np": np}
    exec(block, scope)
    nst.check_all(scope, *NEEDED)
    assert "style_gradient: passed." in capsys.readouterr().out
    assert block.count("def gram_matrix(") == 1, "04 has one of its own in its carry-over cell"


def test_everything_that_is_missing_is_said_at_once_and_stays_a_stub(folder, capsys):
    (folder / "03_gram_matrices.ipynb").unlink()
    shutil.copy(RELEASED[3], folder)
    edit(folder / "02_content_loss.ipynb", content_loss="def content_loss(features_x", content_gradient=None)
    said, block = brought(capsys, "05_style_transfer")
    assert said.startswith("1 of 7 functions found.")
    for words in (
        "content_loss: its cell in 02_content_loss.ipynb cannot be read as Python",
        "content_gradient: it is not in 02_content_loss.ipynb",
        "gram_matrix: there is no 03_gram_matrices.ipynb in this folder",
        "style_loss: it is not written yet in 04_style_loss.ipynb (or not saved)",
    ):
        assert f"missing: {words}" in said
    scope = {"np": np}
    exec(block, scope)
    with pytest.raises(NotImplementedError, match="Not written yet: content_loss, content_gradient, gram_matrix, styl"):
        nst.check_all(scope, *NEEDED)


def test_a_function_comes_with_its_own_helpers_and_nothing_of_the_notebook_is_run(folder, capsys):
    edit(
        folder / "03_gram_matrices.ipynb",
        choice="open('ran', 'w')",
        imports="from math import sqrt as root\nimport nst\nSCALE = 1.0\ndef product(A, B):\n"
        "    return root(SCALE) * (A @ B)",
        gram_matrix="open('ran', 'w')\ndef gram_matrix(F):\n    return product(F, F.T)\nprint(gram_matrix(photo))",
    )
    said, block = brought(capsys, "04_style_loss")
    assert said.startswith("1 of 1 functions found.") and not (folder / "ran").exists()
    assert "print" not in block and "import nst" not in block
    scope = {"np": np}
    exec(block, scope)
    nst.check("gram_matrix", scope["gram_matrix"])


def test_what_is_in_the_carry_over_cell_already_counts_where_the_earlier_notebook_has_none(folder, capsys):
    shutil.copy(MASTERS[4], folder)
    (folder / "02_content_loss.ipynb").unlink()
    said, block = brought(capsys, "05_style_transfer")
    assert said.startswith("7 of 7 functions found.") and "YOUR CODE" not in block


def test_a_notebook_that_needs_nothing_is_told_which_do(folder):
    names = r'Name one: nst\.bring_along\("07_backward"\) \(or 04_style_loss, 05_style_transfer\)'
    with pytest.raises(OptionError, match=names):
        nst.bring_along()
    with pytest.raises(OptionError, match="which notebook"):
        nst.bring_along("02_content_loss")


def test_in_the_carry_over_cell_it_takes_the_cell_s_place(folder, capsys, monkeypatch):
    sent = []
    monkeypatch.setattr(carrying, "current_cell", lambda: "carry_05_style_transfer")
    shell = type("Shell", (), {"set_next_input": lambda self, text, replace: sent.append((text, replace))})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell())
    said, block = brought(capsys)
    assert sent == [(block.removesuffix("\n"), True)] and "look at them, then run it again" in said


def test_where_the_page_does_not_tell_the_notebook_the_cells_that_were_run_do(folder, capsys, monkeypatch):
    shutil.copy(RELEASED[3], folder)
    cells = {path.stem: [c.source for c in nbformat.read(path, 4).cells if c.cell_type == "code"] for path in RELEASED}
    shell = type("Shell", (), {"user_ns": {"In": ["", cells["05_style_transfer"][0], "nst.bring_along()"]}})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell())
    with pytest.raises(OptionError, match="which notebook"):
        nst.bring_along()  # so far nothing tells 04 from 05
    shell.user_ns["In"][2:] = [cells["05_style_transfer"][1], "nst.bring_along()"]
    assert "(carry_05_style_transfer)" in brought(capsys)[0]


def test_all_that_is_wrong_and_missing_in_one_message():
    scope = {"gram_matrix": lambda F: F.T @ F, "content_gradient": lambda F, P: P - F, "total_loss": None}

    def stub(*args):
        raise NotImplementedError

    with pytest.raises(AssertionError) as caught:
        nst.check_all({**scope, "style_loss": stub}, "gram_matrix", "content_gradient", "style_loss", "content_loss")
    first, second, third, last = str(caught.value).splitlines()
    assert first.startswith("gram_matrix: You multiplied") and second.startswith("content_gradient: ")
    assert third == "Not written yet: style_loss, content_loss."
    assert last == "Mend it in the notebook it comes from, too: its points are given there."
    with pytest.raises(NotImplementedError) as missing:
        nst.check_all({"style_loss": stub}, "style_loss")
    assert type(missing.value) is NotImplementedError and str(missing.value) == "Not written yet: style_loss."
    (shown,) = missing.value._render_traceback_()
    assert shown.startswith("Not written yet: style_loss.\nnst.bring_along() in the carry-over cell")
