"""The small picture beside a hint: in a notebook only, with words for those who do not see it."""

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import nst
from nst.checks import picture
from nst.checks.comparison import Case, Example


def test_outside_of_a_notebook_there_is_text_alone(capsys):
    with pytest.raises(AssertionError) as caught:
        nst.check("gram_matrix", lambda F: F @ F.T + np.eye(len(F)))
    head, given, yours, right = str(caught.value).split("\n")
    assert head.startswith("gram_matrix: All values are right but those on the diagonal")
    assert given.startswith("For example, with a small matrix, F = [[") and yours.startswith("yours: [[")
    assert capsys.readouterr().out == "" and right.startswith("right: [[")


def test_what_is_no_matrix_is_not_drawn():
    large = np.ones((9, 9, 99))
    for answer, right in ((1.0, 2.0), (np.ones(5), np.zeros(5)), (large, 0 * large), ("a", np.eye(2))):
        picture.show(Example(Case((), right), answer))
        assert picture._arrays(Example(Case((), right), answer)) is None


def test_numbers_that_are_not_finite_can_be_drawn():
    yours, right = np.array([[np.nan, np.inf], [1, -np.inf]]), np.eye(2)
    assert picture.drawn(yours, right, yours != right).startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_notebook_shows_it_above_the_hint():
    code = "import nst\nnst.check('gram_matrix', lambda F: F @ F.T + 1)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python", "language": "python"}
    NotebookClient(notebook, timeout=60, allow_errors=True).execute()
    shown, error = (output for output in notebook.cells[0].outputs if output.output_type in ("display_data", "error"))
    assert '<img alt="Your array, the right one, and the 4 of 4 places where they differ."' in shown.data["text/html"]
    assert error.ename == "AssertionError" and "by one and the same number" in error.evalue
