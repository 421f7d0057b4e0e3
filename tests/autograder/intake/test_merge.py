"""Whatever a student did to the notebook's structure: the answers are found, and the marks are ours."""

import copy

import nbformat
import pytest

from autograder.intake.merge import ELSEWHERE, fill_in
from autograder.intake.notebook_file import StudentCell

STUB = "def {}(F):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
RIGHT = "def gram_matrix(F):\n    return F @ F.T"
OTHER = "def gram_matrices(features):\n    return {layer: gram_matrix(F) for layer, F in features.items()}"
TEXT = "The swirls came back everywhere, because the Gram matrix forgets where they were."


def mark(grade_id, **flags):
    return {"nbgrader": {"grade_id": grade_id, "grade": False, "solution": False, "locked": False, **flags}}


@pytest.fixture
def skeleton():
    new = nbformat.v4
    cells = [
        new.new_markdown_cell("# Gram matrices", id="title"),
        new.new_code_cell("import numpy as np", id="imports", metadata=mark("imports", locked=True)),
        *exercise("gram_matrix", 8),
        new.new_code_cell("show(gram_matrix)", id="demo_show", metadata=mark("demo_show", locked=True)),
        *exercise("gram_matrices", 3),
        new.new_markdown_cell("YOUR ANSWER HERE", id="r", metadata=mark("reflection", grade=True, solution=True)),
    ]
    return new.new_notebook(cells=cells)


def exercise(name, points):
    check = mark(f"test_{name}", grade=True, locked=True, points=points)
    yield nbformat.v4.new_code_cell(STUB.format(name), id=name, metadata=mark(name, solution=True))
    yield nbformat.v4.new_code_cell(f'check("{name}", {name})', id=f"test_{name}", metadata=check)


@pytest.fixture
def handed_in(skeleton):
    """The student's cells: everything answered, as nbgrader's notebook was released."""
    answers = {"gram_matrix": RIGHT, "gram_matrices": OTHER, "r": TEXT}
    return [
        StudentCell(c.cell_type, answers.get(c.id, c.source), c.metadata.get("nbgrader", {}).get("grade_id"), c.id)
        for c in skeleton.cells
    ]


def source(nb, cell_id):
    return next(cell.source for cell in nb.cells if cell.id == cell_id)


def find(cells, cell_id):
    return next(i for i, cell in enumerate(cells) if cell.cell_id == cell_id)


def deleted(cells, i):
    del cells[i]


def renamed(cells, i):
    cells[i].grade_id = "something_else"


def unmarked(cells, i):
    for cell in cells:
        cell.grade_id = cell.cell_id = None


def retyped(cells, i):
    cells[i].kind = "raw"


def stub_copied_below(cells, i):
    cells.insert(i + 1, StudentCell("code", STUB.format("gram_matrix"), "gram_matrix", "gram_matrix"))


def draft_copied_above(cells, i):
    cells.insert(i, StudentCell("code", "def gram_matrix(F):\n    return 0", "gram_matrix", "gram_matrix"))


def split_helper(cells, i):
    cells[i].source = RIGHT.replace("F @ F.T", "helper(F)")
    cells.insert(i, StudentCell("code", "def helper(F):\n    return F @ F.T", "gram_matrix", None))


def written_elsewhere(cells, i):
    cells[i].source = STUB.format("gram_matrix")
    cells.append(StudentCell("code", "scale = 1"))
    cells.append(StudentCell("code", RIGHT))


def written_into_the_check(cells, i):
    cells[i + 1].source = RIGHT + "\ncheck('gram_matrix', gram_matrix)"
    del cells[i]


def merged_with_the_next(cells, i):
    j = find(cells, "gram_matrices")
    cells[j].source = RIGHT + "\n" + cells[j].source
    del cells[i]


def reversed_order(cells, i):
    cells.reverse()


CHANGES = [renamed, unmarked, retyped, stub_copied_below, draft_copied_above, split_helper, written_elsewhere]
CHANGES += [written_into_the_check, merged_with_the_next, reversed_order]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_answer_survives(skeleton, handed_in, change):
    change(handed_in, find(handed_in, "gram_matrix"))
    nb, _ = fill_in(skeleton, handed_in)
    scope = {"check": lambda *_: None}
    for cell in nb.cells:
        if cell.cell_type == "code" and not cell.id.startswith(("imports", "test_", "demo_")):
            exec(cell.source, scope)
            if cell.id == "gram_matrix" and change is not merged_with_the_next:
                assert scope["gram_matrix"](Squared()) == "F @ F.T", "not there right after its own cell"
    assert scope["gram_matrix"](Squared()) == "F @ F.T"
    assert source(nb, "gram_matrices").endswith(OTHER)
    assert source(nb, "r") == TEXT


class Squared:
    """Stands for F: tells that F @ F.T was computed."""

    T = "F.T"

    def __matmul__(self, other):
        return f"F @ {other}"


@pytest.mark.parametrize("change", [deleted, *CHANGES], ids=lambda change: change.__name__)
def test_marks_order_and_locked_text_are_the_released_ones(skeleton, handed_in, change):
    before = copy.deepcopy(skeleton)
    change(handed_in, find(handed_in, "gram_matrix"))
    nb, _ = fill_in(skeleton, handed_in)
    ours = [cell for cell in nb.cells if not cell.id.startswith("student-")]
    assert [(cell.id, cell.metadata, cell.cell_type) for cell in ours] == [
        (cell.id, cell.metadata, cell.cell_type) for cell in before.cells
    ]
    assert [cell.source for cell in ours if cell.id.startswith(("test_", "demo_", "imports"))] == [
        cell.source for cell in before.cells if cell.id.startswith(("test_", "demo_", "imports"))
    ]
    assert len({cell.id for cell in nb.cells}) == len(nb.cells)
    nbformat.validate(nb)
    assert skeleton == before, "the skeleton itself was changed"


def test_a_deleted_answer_is_an_untouched_one_with_a_note(skeleton, handed_in):
    deleted(handed_in, find(handed_in, "gram_matrix"))
    nb, notes = fill_in(skeleton, handed_in)
    assert source(nb, "gram_matrix") == STUB.format("gram_matrix")
    assert "gram_matrix: the cell is missing" in notes


def test_a_stub_never_hides_a_function_merged_into_an_earlier_cell(skeleton, handed_in):
    i, j = find(handed_in, "gram_matrix"), find(handed_in, "gram_matrices")
    handed_in[i].source = f"{RIGHT}\n\n{OTHER}"
    handed_in[j].source = STUB.format("gram_matrices")
    nb, _ = fill_in(skeleton, handed_in)
    assert source(nb, "gram_matrices") == ELSEWHERE


def test_helpers_and_additions_to_the_imports_keep_their_place(skeleton, handed_in):
    handed_in[find(handed_in, "imports")].source += "\nimport math"
    handed_in.insert(find(handed_in, "gram_matrix"), StudentCell("code", "def helper(F):\n    return F"))
    nb, _ = fill_in(skeleton, handed_in)
    texts = [cell.source for cell in nb.cells]
    assert texts.index("import numpy as np") < texts.index("import numpy as np\nimport math")
    assert (
        texts.index("import numpy as np\nimport math")
        < texts.index("def helper(F):\n    return F")
        < texts.index(RIGHT)
    )


def test_a_reflection_in_a_new_text_cell_below_counts(skeleton, handed_in):
    handed_in[-1].source = "YOUR ANSWER HERE"
    handed_in.append(StudentCell("markdown", TEXT))
    nb, _ = fill_in(skeleton, handed_in)
    assert source(nb, "r") == TEXT


def test_changed_points_and_flags_are_not_even_read(skeleton, handed_in):
    nb, _ = fill_in(skeleton, handed_in)
    assert next(cell for cell in nb.cells if cell.id == "test_gram_matrix").metadata.nbgrader["points"] == 8


def test_raw_text_is_never_passed_through(skeleton, handed_in):
    handed_in.append(StudentCell("raw", "<script>alert(1)</script>"))
    nb, _ = fill_in(skeleton, handed_in)
    assert {cell.cell_type for cell in nb.cells} == {"code", "markdown"}


def test_outputs_are_shown_with_demonstrations_only(skeleton, handed_in):
    stream = {"output_type": "stream", "name": "stdout", "text": "8 of 8"}
    for cell in handed_in:
        cell.outputs = [stream]
    nb, _ = fill_in(skeleton, handed_in)
    assert {cell.id for cell in nb.cells if cell.get("outputs")} == {"imports", "demo_show"}
