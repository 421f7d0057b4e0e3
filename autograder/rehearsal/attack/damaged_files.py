"""Broken submissions: files as they come from an upload that went wrong, another program, or an LMS."""

import json

import nbformat

from autograder.rehearsal.attack.case import MAIN, NEXT, Draft, corpus

case = corpus("structural")


def raw(draft: Draft, data: bytes) -> None:
    draft.files[f"{MAIN}.ipynb"] = data


def dumped(draft: Draft, **options) -> bytes:
    return json.dumps(draft.nb, **options).encode()


@case()
def old_nbformat(draft: Draft):
    """nbformat 3: worksheets, input instead of source"""
    for cell in draft.cells:
        cell.pop("id")
        if cell["cell_type"] == "code":
            cell.update(language="python", input=cell.pop("source"), collapsed=False, prompt_number=1)
    sheet = {"cells": draft.cells, "metadata": {}}
    raw(draft, json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [sheet]}).encode())


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
