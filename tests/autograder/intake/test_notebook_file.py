"""Any file is read or refused with a reason; nothing of a submission gets through that was not checked."""

import base64
import json

import pytest

from autograder.intake.notebook_file import MAX_PICTURES, Unreadable, read_cells

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n and more").decode()


def notebook(*cells, **fields):
    return json.dumps({"cells": list(cells), "nbformat": 4, **fields}).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\x00\x01\xff\xfe" * 50, "not a notebook in JSON"),
        (b'{"cells": [', "it may be cut off"),
        (b"[" * 200_000, "not a notebook in JSON"),
        (b"[1, 2]", "no notebook"),
        (b'{"cells": {"a": 1}}', "no list of cells"),
        (b'{"cells": []}', "no cells"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"cells": [' + b'"x",' * 3_000 + b'"x"]}', "3001 cells"),
        (b'{"cells": [{"source": "' + b"x" * 1_100_000 + b'"}]}', "characters of text"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(data, reason):
    with pytest.raises(Unreadable, match=reason):
        read_cells(data)


def test_a_huge_file_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr("autograder.intake.notebook_file.MAX_BYTES", 100)
    with pytest.raises(Unreadable, match="more than"):
        read_cells(b"[" * 101)


@pytest.mark.parametrize("odd", [None, 1, "text", [], {"nbgrader": "x"}, {"nbgrader": {"grade_id": ["a"]}}])
def test_odd_metadata_costs_a_cell_its_mark_and_nothing_else(odd):
    (cell,) = read_cells(notebook({"cell_type": "code", "source": ["a = 1\n", "b = 2"], "metadata": odd}))
    assert (cell.kind, cell.source, cell.grade_id) == ("code", "a = 1\nb = 2", None)


def test_cells_of_nbformat_3_are_found():
    cells = [{"cell_type": "code", "input": "x = 1"}, {"cell_type": "heading", "source": "Title", "level": 1}]
    found = read_cells(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}).encode())
    assert [(cell.kind, cell.source) for cell in found] == [("code", "x = 1"), ("markdown", "Title")]


def test_text_that_is_not_utf8_is_still_read():
    (cell,) = read_cells('{"cells": [{"cell_type": "code", "source": "# caf\xe9\\nx = 1"}]}'.encode("latin-1"))
    assert cell.source == "# caf\ufffd\nx = 1"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_what_windows_programs_save_is_read(encoding):
    (cell,) = read_cells('{"cells": [{"cell_type": "code", "source": "# café 🎨\\nx = 1"}]}'.encode(encoding))
    assert cell.source == "# café 🎨\nx = 1"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32-be"])
def test_values_are_counted_whatever_the_encoding(encoding, monkeypatch):
    """Bytes that are half a character (U+2222 is two quotes) hide nothing from the count."""
    monkeypatch.setattr("autograder.intake.notebook_file.MAX_VALUES", 50)
    with pytest.raises(Unreadable, match="more than 50 values"):
        read_cells(('{"cells": ["\u2222\u2222"], "x": [' + "[]," * 200 + "[]]}").encode(encoding))


def test_only_real_pictures_and_plain_text_are_kept_of_outputs():
    outputs = [
        {
            "output_type": "display_data",
            "data": {"image/png": PNG, "text/html": "<script>x</script>"},
            "metadata": {"a": 1},
        },
        {"output_type": "display_data", "data": {"image/png": base64.b64encode(b"<script>").decode()}},
        {"output_type": "display_data", "data": {"text/html": "<script>", "application/javascript": "x"}},
        {"output_type": "stream", "name": "stderr", "text": ["loss ", "2.7"]},
        {"output_type": "error", "traceback": ["x"]},
        "nonsense",
    ]
    (cell,) = read_cells(notebook({"cell_type": "code", "source": "x", "outputs": outputs}))
    assert cell.outputs == [
        {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": "loss 2.7"},
    ]


def test_the_number_of_pictures_is_bounded():
    cell = {"cell_type": "code", "source": "x", "outputs": [{"data": {"image/png": PNG}}] * 30}
    assert sum(len(found.outputs) for found in read_cells(notebook(cell, cell))) == MAX_PICTURES
