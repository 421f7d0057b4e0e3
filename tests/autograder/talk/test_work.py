"""Reading what students wrote: what is theirs, and when two answers are the same."""

import nbformat
import pytest

from autograder.rehearsal.samples import filled, hand_in, solved
from autograder.talk.work import Reader, comments, form

FIRST = "01_feature_maps"
EXERCISES = ["gram_matrix", "inner_product"]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (
            "def f(F):\n    G = F @ F.T\n    return G",
            'def f(X):\n    """What."""\n    # so\n    Y = X @ X.T\n\n    return Y',
            True,
        ),
        ("def f(F):\n    return F @ F.T", "def f(F: int) -> int:\n    return (F @ F.T)", True),
        ("def f(F):\n    return F @ F.T", "def f(F):\n    return F.T @ F", False),
        ("def f(F, P):\n    return F - P", "def f(F, P):\n    return P - F", False),
        ("def f(F):\n    return gram_matrix(F)", "def f(F):\n    return inner_product(F)", False),
        ("def f(F:\n  return", "def f(F:\n  return   ", True),
    ],
)
def test_names_layout_and_words_do_not_count(one, other, alike):
    assert (form(one, EXERCISES) == form(other, EXERCISES)) is alike


@pytest.mark.parametrize("value", ["-" * 50_000 + "1", "not " * 3_000 + "1", "1" + " + 1" * 900, "x" + ".a" * 900,
                                   "lambda: " * 500 + "1", "(" * 500, "'\0'"])  # fmt: skip
def test_what_is_nested_too_deep_is_compared_as_text(value):
    """Python's own reader gives up with a MemoryError, its walk through the tree with a RecursionError."""
    source = f"def f(x):\n    return {value}"
    assert form(source, EXERCISES) == source and isinstance(comments(source), list)


def test_comments_are_found_also_in_what_is_no_python():
    assert comments("x = 1  # a  word\n'# none'\n%magic # more\n") == ["a word", "more"]
    assert comments("# first\nf = (\n") == ["first"]
    assert comments("'''\n") == []


def test_what_was_released_is_nobodys_and_an_empty_answer_is_none(course):
    nb = filled(course, FIRST, {"inner_product": solved(course)["inner_product"] + "  # mine"})
    said = [nbformat.v4.new_output("stream", text="tried out")]
    nb.cells.insert(3, nbformat.v4.new_code_cell("print('tried out')  # a try", outputs=said))
    folder = hand_in(course, "ann", {}, [FIRST])
    nbformat.write(nb, folder / f"{FIRST}.ipynb")
    work = Reader(course).current("ann")
    assert (list(work.answers), work.reflections, work.orders) == (["inner_product"], {}, {})
    assert work.cells == ["print('tried out')  # a try"]
    assert work.comments == ["a try", "mine"]
    assert not any(cell.get("outputs") for book in work.notebooks.values() for cell in book.cells)


def test_cells_in_another_order_are_told(course):
    nb = filled(course, FIRST, {})
    one, *_, other = (place for place, cell in enumerate(nb.cells) if "nbgrader" in cell.metadata)
    nb.cells[one], nb.cells[other] = nb.cells[other], nb.cells[one]
    nbformat.write(nb, hand_in(course, "ann", {}, [FIRST]) / f"{FIRST}.ipynb")
    assert list(Reader(course).current("ann").orders) == [FIRST]


def test_a_file_that_is_no_notebook_is_no_work(course):
    (hand_in(course, "ann", {}, [FIRST]) / f"{FIRST}.ipynb").write_bytes(b"<html>")
    work = Reader(course).current("ann")
    assert (work.notebooks, work.answers) == ({}, {})
