"""A notebook is known by its cells, whatever it is called; of two versions the one that was worked on counts."""

import json

import nbformat
import pytest

from autograder.intake.recognise import Recogniser, named_notebook, shown
from autograder.rehearsal.samples import filled, solved

MAIN, FIRST = "03_gram_matrices", "01_feature_maps"
DAY, NEXT = (2026, 12, 1, 8, 0, 0), (2026, 12, 2, 8, 0, 0)


@pytest.fixture
def recogniser(course):
    return Recogniser({name: course.skeleton(name) for name in course.notebooks()})


@pytest.fixture
def book(course):
    """Bytes of a notebook with so many answers."""
    answers = list(solved(course).items())

    def make(name, some=None):
        ours = [
            each
            for each in answers
            if each[0] in {c.metadata.get("nbgrader", {}).get("grade_id") for c in course.skeleton(name).cells}
        ]
        return nbformat.writes(filled(course, name, dict(ours[: len(ours) if some is None else some]))).encode()

    return make


@pytest.mark.parametrize(
    "name", ["x.ipynb", "03_gram_matrices.ipynb", f"{FIRST}-checkpoint.ipynb", "Kopie von 3.ipynb.txt"]
)
def test_a_notebook_is_known_by_its_cells(recogniser, book, name):
    assert recogniser.version(f"work/{name}", book(FIRST)).notebook == FIRST


def test_without_marks_the_cells_ids_tell_then_the_texts_and_then_the_name(recogniser, book):
    """Kaggle leaves neither marks nor ids, and calls every file as it likes."""
    document = json.loads(book(FIRST))
    for cell in document["cells"]:
        cell["metadata"] = {}
    assert recogniser.version("x.ipynb", json.dumps(document).encode()).notebook == FIRST
    for cell in document["cells"]:
        del cell["id"]
    assert recogniser.version("notebook1a2b3c.ipynb", json.dumps(document).encode()).notebook == FIRST
    for cell in document["cells"]:
        cell["source"] = "film"  # 06 has that, and so has anybody
    assert recogniser.version("x.ipynb", json.dumps(document).encode()) is None
    assert recogniser.version(f"{MAIN}.ipynb", json.dumps(document).encode()).notebook == MAIN


def test_what_cannot_be_read_is_known_by_its_name_only(recogniser):
    assert recogniser.version(f"{MAIN} (1).ipynb", b"{").why.startswith("the file is not a notebook")
    assert recogniser.version("x.ipynb", b"{") is None


def best(recogniser, *files):
    return recogniser.best([recogniser.version(name, data, date) for name, data, date in files])


def test_the_version_with_more_answers_counts_then_the_later_one(recogniser, book):
    none, one, two = book(MAIN, 0), book(MAIN, 1), book(MAIN)
    counts, note = best(recogniser, ("b.ipynb", two, DAY), ("a.ipynb", none, NEXT), ("c.ipynb", one, NEXT))
    assert counts.path == "b.ipynb"
    assert note == f"{MAIN}: b.ipynb (2 answers) counts, not c.ipynb (1 answer), a.ipynb (0 answers)"
    other = two.replace(b"import", b"import ", 1)
    assert best(recogniser, ("a.ipynb", two, DAY), ("b.ipynb", other, NEXT))[0].path == "b.ipynb"
    assert (
        best(recogniser, (f"{MAIN} (2).ipynb", two, DAY), (f"{MAIN}.ipynb", other, DAY))[0].path == f"{MAIN} (2).ipynb"
    )
    assert (
        best(recogniser, (f"{MAIN}.ipynb", two, DAY), (f"{MAIN}-checkpoint.ipynb", other, DAY))[0].path
        == f"{MAIN}.ipynb"
    )


def test_the_same_bytes_twice_are_no_choice(recogniser, book):
    assert best(recogniser, ("a.ipynb", book(MAIN), DAY), ("b.ipynb", book(MAIN), NEXT))[1] == ""


def test_what_is_printed_of_a_path_is_safe_and_short():
    assert shown("a/<b>\x1b[2J.ipynb") == "a/b 2J.ipynb"
    assert len(shown("d/" * 3_000)) <= 103


def test_a_longer_name_of_a_notebook_is_not_taken_for_a_shorter_one():
    assert named_notebook("02_content_loss.ipynb", ["loss", "02_content_loss"]) == "02_content_loss"
