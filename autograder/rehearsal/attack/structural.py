"""Broken submissions: damaged cells and marks. Every other exercise gets its due.

Unless a case says otherwise the student's answers are right and both exercises deserve all points.
"""

import json

from autograder.rehearsal.attack.case import Draft, corpus

case = corpus("structural")
RIGHT = "def gram_matrix(F):\n    return F @ F.T"


def retype(draft: Draft, grade_id: str, kind: str) -> None:
    cell = draft.cell(grade_id)
    cell["cell_type"] = kind
    for key in ("outputs", "execution_count"):
        cell.pop(key, None)


def drop(draft: Draft, grade_id: str) -> dict:
    return draft.cells.pop(draft.index(grade_id))


# --- cells ---


@case()
def duplicated_check_cell(draft: Draft):
    """A check cell is there twice"""
    draft.cells.insert(0, json.loads(json.dumps(draft.cell("test_gram_matrix"))))


@case()
def duplicated_solution_cell(draft: Draft):
    """A solution cell is there twice, the copy as it was released"""
    copy = json.loads(json.dumps(draft.cell("gram_matrix")))
    copy["source"] = draft.stubs["gram_matrix"]
    draft.cells.append(copy)


@case()
def everything_twice(draft: Draft):
    """All cells are there twice, with the same ids"""
    draft.cells.extend(json.loads(json.dumps(draft.cells)))


@case()
def deleted_check_cells(draft: Draft):
    """Both check cells are gone"""
    drop(draft, "test_gram_matrix")
    drop(draft, "test_gram_matrices")


@case(gram_matrix=0)
def deleted_solution_cell(draft: Draft):
    """A solution cell is gone"""
    drop(draft, "gram_matrix")


@case()
def renamed_grade_ids(draft: Draft):
    """Cells carry other grade_ids"""
    for grade_id in ("gram_matrix", "test_gram_matrix", "test_gram_matrices"):
        draft.cell(grade_id)["metadata"]["nbgrader"]["grade_id"] = f"{grade_id}-copy"


@case()
def swapped_ids(draft: Draft):
    """Two solution cells carry each other's ids"""
    one, two = draft.cell("gram_matrix"), draft.cell("gram_matrices")
    one["metadata"], two["metadata"] = two["metadata"], one["metadata"]
    one["id"], two["id"] = two["id"], one["id"]


@case()
def reordered_cells(draft: Draft):
    """All cells stand in reverse order"""
    draft.cells.reverse()


@case()
def retyped_solution_cell(draft: Draft):
    """A solution cell has become text"""
    retype(draft, "gram_matrix", "markdown")


@case()
def raw_solution_cell(draft: Draft):
    """A solution cell has become raw text"""
    retype(draft, "gram_matrix", "raw")


@case()
def retyped_check_cell(draft: Draft):
    """A check cell has become text"""
    retype(draft, "test_gram_matrix", "markdown")


@case()
def split_solution_cell(draft: Draft):
    """A solution cell was split: the helper above, the function below, the ids on the upper half"""
    draft.answer("gram_matrix", "def rows(F):\n    return [F[i] for i in range(len(F))]")
    draft.add(
        "def gram_matrix(F):\n    return np.array([[a @ b for b in rows(F)] for a in rows(F)])",
        before="test_gram_matrix",
    )


@case()
def merged_cells(draft: Draft):
    """Both solutions stand in the first one's cell; the second cell is gone"""
    second = drop(draft, "gram_matrices")
    draft.cell("gram_matrix")["source"] = (
        "".join(draft.cell("gram_matrix")["source"]) + "\n\n\n" + "".join(second["source"])
    )


@case()
def merged_with_check_cell(draft: Draft):
    """A solution cell was merged with its check cell"""
    check = drop(draft, "test_gram_matrix")
    cell = draft.cell("gram_matrix")
    cell["source"] = "".join(cell["source"]) + "\n" + "".join(check["source"])


@case()
def solution_in_the_check_cell(draft: Draft):
    """The answer was written above the check, into the locked cell"""
    cell = draft.cell("test_gram_matrix")
    cell["source"] = RIGHT + "\n" + "".join(cell["source"])
    draft.unanswer("gram_matrix")


@case()
def function_twice(draft: Draft):
    """A function stands in its cell twice, first wrong, then right"""
    draft.answer("gram_matrix", "def gram_matrix(F):\n    return F\n\n\n" + RIGHT)


@case()
def function_elsewhere(draft: Draft):
    """The solution cell is gone, the function stands in a cell at the end"""
    drop(draft, "gram_matrix")
    draft.add(RIGHT, before=None)


@case()
def function_in_the_imports(draft: Draft):
    """The function stands in the cell with the imports, its own cell is empty"""
    draft.cell("imports")["source"] = "".join(draft.cell("imports")["source"]) + "\n" + RIGHT
    draft.answer("gram_matrix", "")


@case()
def only_the_solution_cells(draft: Draft):
    """Everything but the solution cells was deleted"""
    draft.nb["cells"] = [draft.cell("gram_matrix"), draft.cell("gram_matrices")]


@case(gram_matrix=0)
def untouched_stub(draft: Draft):
    """One exercise was not attempted"""
    draft.unanswer("gram_matrix")


@case(due={"*": 0})
def as_released(draft: Draft):
    """Nothing was attempted"""
    for name in ("gram_matrix", "gram_matrices"):
        draft.unanswer(name)


@case(gram_matrix=0)
def syntax_error(draft: Draft):
    """A solution cell that Python cannot read"""
    draft.answer("gram_matrix", "def gram_matrix(F)\n    return F @ F.T")


@case()
def errors_all_around(draft: Draft):
    """Scratch cells with errors before and after"""
    for place in ("imports", "gram_matrix", "gram_matrices", None):
        draft.add("1 / 0", before=place)
        draft.add("if True print(", before=place)


# --- marks and metadata ---


@case()
def changed_points_and_flags(draft: Draft):
    """Points, locks and flags are changed"""
    draft.cell("test_gram_matrix")["metadata"]["nbgrader"].update(points=-5, locked=False, grade="yes")
    draft.cell("gram_matrix")["metadata"]["nbgrader"].update(solution=False, locked=True, points="many")
    draft.cell("imports")["metadata"]["nbgrader"].update(grade=True, solution=True, points=4)


@case()
def old_schema_version(draft: Draft):
    """nbgrader metadata of schema version 0"""
    for cell in draft.cells:
        cell["metadata"].get("nbgrader", {})["schema_version"] = 0


@case()
def new_schema_version(draft: Draft):
    """nbgrader metadata of schema version 99"""
    draft.cell("gram_matrix")["metadata"]["nbgrader"]["schema_version"] = 99


@case()
def no_sense_in_metadata(draft: Draft):
    """Metadata are lists, numbers and null"""
    for grade_id, nonsense in (("gram_matrices", None), ("gram_matrix", [1, 2])):
        cell = draft.cell(grade_id)
        draft.cells.append({**cell, "metadata": nonsense})
        draft.cells.remove(cell)
    draft.cells[1]["metadata"] = {"nbgrader": "grade", "tags": 5, "jupyter": None}
    draft.nb["metadata"] = []


@case()
def cells_that_are_none(draft: Draft):
    """Cells without source, type or anything"""
    draft.nb["cells"] += [None, 5, {}, {"cell_type": "code"}, {"cell_type": 7, "source": {"a": 1}}, [], "cell"]


@case()
def no_cell_ids(draft: Draft):
    """nbformat 4.4: cells have no ids"""
    draft.nb["nbformat_minor"] = 4
    for cell in draft.cells:
        cell.pop("id", None)


@case()
def future_nbformat(draft: Draft):
    """nbformat 7.3 with fields that nobody knows"""
    draft.nb.update(nbformat=7, nbformat_minor=3, hologram={"cells": []})


@case()
def wrong_kernelspec(draft: Draft):
    """The notebook asks for the R kernel"""
    draft.nb["metadata"]["kernelspec"] = {"display_name": "R", "language": "R", "name": "ir"}
    draft.nb["metadata"]["language_info"] = {"name": "R"}


@case()
def evil_language(draft: Draft):
    """Language and mime type in the metadata are no words at all"""
    draft.nb["metadata"]["language_info"] = {"name": "../../x", "pygments_lexer": {"version": 3}, "file_extension": 5}
