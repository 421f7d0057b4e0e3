"""What a cell that ends early shows, in a real kernel: words that say what to do, and the error itself unchanged."""

import nbformat
import pytest
from nbclient import NotebookClient

STUB = "def gram_matrix(F):\n    # YOUR CODE HERE\n    raise NotImplementedError()"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(cells, *order): the errors (name, text, what is shown) of the cells run in that order."""
    monkeypatch.chdir(tmp_path)

    def run(cells, *order):
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        nbformat.write(nb, tmp_path / "note.ipynb")
        client = NotebookClient(nb, allow_errors=True, timeout=120, kernel_name="python3")
        with client.setup_kernel(cwd=str(tmp_path)):
            for place in order or range(len(cells)):
                client.execute_cell(nb.cells[place], place)
        outputs = [output for cell in nb.cells for output in cell.outputs if output.output_type == "error"]
        return [(error.ename, error.evalue, "\n".join(error.traceback)) for error in outputs]

    return run


def test_a_stub_says_that_it_is_not_written_wherever_it_is_called(run):
    """nbgrader and nbval go by the error's name, and that stays."""
    cells = ["import nst", STUB, "nst.check('gram_matrix', gram_matrix)", "gram_matrix(3)", "raise NotImplementedError"]
    checked, called, bare = run(cells)
    for name, text, shown in (checked, called):
        assert (name, text) == ("NotImplementedError", "")
        assert shown.startswith("gram_matrix is not written yet: replace the two lines `# YOUR CODE HERE`")
        assert "Traceback" not in shown and len(shown.splitlines()) <= 2 and max(map(len, shown.splitlines())) <= 88
    assert bare[0] == "NotImplementedError" and bare[2].startswith("This cell is not written yet")


def test_other_libraries_unfinished_parts_keep_their_traceback(run):
    ((name, _, shown),) = run(["import nst", "import io\nio.BufferedIOBase().detach()\nraise 1", "import asyncio\n"
                               "asyncio.AbstractServer().close()"])[1:]  # fmt: skip
    assert name == "NotImplementedError" and "Traceback" in shown and "not written yet" not in shown


def test_a_name_that_an_earlier_cell_makes_says_what_to_run(run):
    cells = [
        "import nst",
        "photo = 3",
        "photo + 1",
        "fotto",
        "late",
        "late = 1\ndef f(): return inner\ninner = 2",
        "f()",
    ]
    earlier, typo, later = run(cells, 0, 2, 3, 4)
    assert earlier[0] == "NameError" and earlier[1] == "name 'photo' is not defined"
    assert earlier[2].replace("\n", " ").startswith("NameError: `photo` is made by an earlier cell, which has not run")
    assert "Run > Run All Above Selected Cell" in earlier[2].replace("\n", " ")
    for _, _, shown in (typo, later):
        assert "Traceback" in shown and "earlier cell" not in shown
