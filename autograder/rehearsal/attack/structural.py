"""Broken submissions: damaged cells, marks and files, cells that hang or die. Every other exercise gets its due.

Unless a case says otherwise the student's answers are right and both exercises deserve all points.
"""

import json

import nbformat

from autograder.rehearsal.attack.case import MAIN, NEXT, Draft, corpus

case = corpus("structural")
RIGHT = "def gram_matrix(F):\n    return F @ F.T"


def retype(draft: Draft, grade_id: str, kind: str) -> None:
    cell = draft.cell(grade_id)
    cell["cell_type"] = kind
    for key in ("outputs", "execution_count"):
        cell.pop(key, None)


def drop(draft: Draft, grade_id: str) -> dict:
    return draft.cells.pop(draft.index(grade_id))


def raw(draft: Draft, data: bytes) -> None:
    draft.files[f"{MAIN}.ipynb"] = data


def dumped(draft: Draft, **options) -> bytes:
    return json.dumps(draft.nb, **options).encode()


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
def old_nbformat(draft: Draft):
    """nbformat 3: worksheets, input instead of source"""
    for cell in draft.cells:
        cell.pop("id")
        if cell["cell_type"] == "code":
            cell.update(language="python", input=cell.pop("source"), collapsed=False, prompt_number=1)
    sheet = {"cells": draft.cells, "metadata": {}}
    raw(draft, json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [sheet]}).encode())


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


# --- files ---


@case(due={"*": 0})
def truncated_file(draft: Draft):
    """The upload broke off in the middle"""
    data = dumped(draft)
    raw(draft, data[: len(data) // 2])


@case(due={"*": 0})
def not_json(draft: Draft):
    """The file is a web page"""
    raw(draft, b"<!DOCTYPE html><html><body>Please log in</body></html>")


@case(due={"*": 0})
def json_but_no_notebook(draft: Draft):
    """The file is JSON of another kind"""
    raw(draft, b'{"cells": {"gram_matrix": 8}}')


@case(due={"*": 0})
def empty_file(draft: Draft):
    """The file is empty"""
    raw(draft, b"")


@case(due={"*": 0})
def huge_file(draft: Draft):
    """The file has 25 MB"""
    raw(draft, dumped(draft)[:-1] + b" " * (25 * 2**20) + b"}")


@case(due={"*": 0})
def binary_file(draft: Draft):
    """The file is a zip archive"""
    raw(draft, b"PK\x03\x04" + bytes(range(256)) * 40)


@case()
def not_utf8(draft: Draft):
    """Umlauts in Latin-1 instead of UTF-8"""
    draft.add("# für später", before="imports")
    raw(draft, json.dumps(draft.nb, ensure_ascii=False).encode("latin-1", "replace"))


@case()
def byte_order_mark(draft: Draft):
    """The file starts with a byte order mark and has Windows line ends"""
    raw(draft, b"\xef\xbb\xbf" + dumped(draft, indent=1).replace(b"\n", b"\r\n"))


@case()
def sources_as_lists(draft: Draft):
    """Sources as lists of lines, with Windows line ends and NULs"""
    for cell in draft.cells:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n").splitlines(keepends=True)
    draft.cells[0]["source"] = ["\x00title\ud800", 7, None]


@case()
def renamed_by_the_lms(draft: Draft):
    """The learning management system put names and numbers around the file's name"""
    raw_bytes = dumped(draft)
    draft.files[f"doejane_LATE_4711_0815_{MAIN}-2.ipynb"] = raw_bytes
    draft.notebooks.clear()


@case()
def bad_timestamp(draft: Draft):
    """timestamp.txt holds no date"""
    draft.files["timestamp.txt"] = b"yesterday \xff 99999-99-99 99:99:99 Mars/Olympus"


@case()
def impossible_timestamp(draft: Draft):
    """timestamp.txt holds a date before the first year"""
    draft.files["timestamp.txt"] = b"0001-01-01 00:00:00 +1400"


@case(due={"*": 0})
def another_assignment(draft: Draft):
    """The notebook of another assignment, under its own name"""
    draft.notebooks.clear()
    draft.files["ps7_poetry.ipynb"] = json.dumps(nbformat.v4.new_notebook()).encode()


@case(due={"*": 0})
def another_content(draft: Draft):
    """The notebook of another assignment, under this one's name"""
    draft.nb["cells"] = [nbformat.v4.new_code_cell("print('a poem')"), nbformat.v4.new_markdown_cell("# Poetry")]


@case(due={"*": 0})
def no_notebook(draft: Draft):
    """An empty folder"""
    draft.notebooks.clear()


@case(due={"*": 0})
def no_cells(draft: Draft):
    """A notebook without cells"""
    draft.nb["cells"] = []


@case(notebooks=(MAIN, NEXT), gram_matrix=0, gram_matrices=0)
def missing_notebook(draft: Draft):
    """One of two notebooks was not handed in"""
    del draft.notebooks[MAIN]


@case(notebooks=(MAIN, NEXT), gram_matrix=0, gram_matrices=0)
def one_damaged_notebook(draft: Draft):
    """One of two notebooks is damaged"""
    raw(draft, b"{")


# --- cells that hang, die, flood or wait, before and after the solution cell, and in it ---


CELLS_THAT_END_THINGS = {
    "hangs": ("runs for ever", "while True:\n    pass"),
    "dies": ("kills the kernel", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "exits": ("exits", "import sys\nquit()\nsys.exit()\nimport os\nos._exit(0)"),
    "floods": ("prints without end", "while True:\n    print('x' * 10_000)"),
    "waits": ("waits for input", "name = input('Your name: ')"),
}


def _disturbed(name: str, idea: str, source: str) -> None:
    def before(draft: Draft):
        draft.add(source, before="gram_matrix")

    def after(draft: Draft):
        draft.add(source, before="test_gram_matrix")

    for place, build in (("before", before), ("after", after)):
        build.__name__, build.__doc__ = f"cell_{name}_{place}", f"A cell {place} the solution {idea}"
        case(small=name in ("hangs", "floods"))(build)


for _name, (_idea, _source) in CELLS_THAT_END_THINGS.items():
    _disturbed(_name, _idea, _source)


@case(gram_matrix=0, small=True)
def solution_cell_hangs(draft: Draft):
    """The solution cell itself runs for ever"""
    draft.answer("gram_matrix", "while True:\n    pass\n" + RIGHT)


@case(gram_matrix=0)
def solution_cell_dies(draft: Draft):
    """The solution cell itself kills the kernel"""
    draft.answer("gram_matrix", "import os\nos._exit(1)\n" + RIGHT)
