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


def test_a_function_that_was_not_brought_along_says_how_to_bring_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [nbformat.v4.new_code_cell(source) for source in ("import nst", STUB, "gram_matrix(3)")]
    cells[1].metadata["nbgrader"] = {"grade_id": "carry_04_style_loss"}
    nb = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(nb, tmp_path / "04_style_loss.ipynb")
    NotebookClient(nb, allow_errors=True, timeout=120, kernel_name="python3").execute(cwd=str(tmp_path))
    (error,) = cells[2].outputs
    shown = " ".join("\n".join(error.traceback).split())
    assert error.ename == "NotImplementedError"
    assert shown.startswith("gram_matrix is not here yet: write nst.bring_along() into the carry-over cell")


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


def test_what_nst_refuses_is_said_without_its_insides(run):
    cells = [
        "import nst\ndef mine(name):\n    return nst.load_image(name)",
        "1\nmine('nowhere.jpg')",
        "raise ValueError(2)",
    ]
    refused, own = run(cells)
    assert refused[0] == "ImageNotFoundError" and refused[1] in " ".join(refused[2].split())
    assert refused[2].startswith("ImageNotFoundError in line 3 of the cell: ") and "Traceback" not in refused[2]
    assert "Traceback" in own[2]


@pytest.mark.parametrize("way", ["exit()", "quit()", "raise SystemExit"])
def test_an_answer_that_leaves_python_ends_no_kernel(run, way):
    answer = f"def gram_matrix(F):\n    {way}"
    check = "nst.check('gram_matrix', gram_matrix)"
    (wrong,) = run(["import nst", answer, check, "assert 'Autocall' in type(exit).__name__", "assert gram_matrix"])
    assert wrong[0] == "AssertionError" and "exit() and quit() end Python itself, take them out" in wrong[1]
    assert f"`{way}`" in wrong[1]


CTRL_C = """
import signal, numpy as np, nst
def loss_and_gradient(x, at=[0], stop=6):
    at[0] += 1
    if at[0] == stop:
        signal.raise_signal(signal.SIGINT)
    return float((x**2).sum()), 2 * x
start = np.full((32, 32, 3), 0.8)
"""


def test_stop_in_minimize_ends_the_whole_cell_and_keeps_the_best_picture(run):
    two = "results = [nst.minimize(loss_and_gradient, start, 9) for _ in range(2)]\nprint('all valid')"
    after = "best = nst.best_so_far()\nassert best.shape == start.shape and 0 <= best.mean() < 0.7, best.mean()"
    (cut,) = run([CTRL_C, two, after, "assert 'results' not in dir()"])
    assert cut[:2] == ("KeyboardInterrupt", "stopped after 5 of 9 steps")
    assert cut[2] == "Interrupted: stopped after 5 of 9 steps. nst.best_so_far() is the picture above."


def test_stop_in_one_of_several_pictures_starts_no_further_one_and_another_cell_does(run):
    paint = "nst.stylize(start, start[::-1], iterations=12, weights='bundled', look='plain', callback=stop)"
    stop = "def stop(record):\n    record.step == 3 and signal.raise_signal(signal.SIGINT)"
    several = f"seen = []\nfor _ in range(3):\n    seen.append({paint})"
    after = "assert len(seen) == 1 and seen[0].interrupted\nassert np.array_equal(nst.best_so_far(), seen[0].image)"
    (cut,) = run([CTRL_C, stop, several, after, f"assert {paint}.interrupted\nprint('the cell goes on')"])
    assert cut[0] == "KeyboardInterrupt" and "nst.best_so_far() is the picture above" in cut[2]


def test_stop_in_a_student_s_own_loop_that_is_watched_keeps_the_best_picture(run):
    loop = "watched = nst.watch(loss_and_gradient, 9)\nx = start\nwhile True:\n    x = x - 0.1 * watched(x)[1]"
    (cut,) = run([CTRL_C, loop, "assert abs(nst.best_so_far().mean() - 0.8 * 0.8**4) < 1e-6"])
    assert cut[0] == "KeyboardInterrupt" and cut[2].startswith("Interrupted. nst.best_so_far()")
