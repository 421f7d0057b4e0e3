"""An execution is kept by what it was made of: changed prose costs nothing, changed code runs again."""

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from tools.website import executed as module
from tools.website.executed import executed

pytestmark = pytest.mark.slow


def notebook(code, prose="words"):
    cells = [nbformat.v4.new_markdown_cell(prose, id="text"), nbformat.v4.new_code_cell(code, id="code")]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def runs(monkeypatch):
    """The plans under which notebooks were really run."""
    seen, run = [], module.run
    monkeypatch.setattr(module, "run", lambda made, folder, plan: seen.append(plan) or run(made, folder, plan))
    return seen


def test_prose_may_change_code_runs_again_and_an_error_is_not_kept(tmp_path, runs, monkeypatch):
    monkeypatch.setenv("NST_PLAN", "quick")
    code = "import os; print(os.environ['NST_PLAN'], os.getcwd())"
    first = executed(notebook(code), tmp_path, tmp_path / "kept")
    assert first.cells[1].outputs[0].text == f"quick {tmp_path}\n"
    again = executed(notebook(code, "other words"), tmp_path, tmp_path / "kept")
    assert (again.cells[0].source, again.cells[1].outputs) == ("other words", first.cells[1].outputs)
    assert runs == ["quick"]
    for _ in range(2):
        with pytest.raises(CellExecutionError):
            executed(notebook("1 / 0"), tmp_path, tmp_path / "kept")
    assert len(runs) == 3
    monkeypatch.setenv("NST_PLAN", "full")
    assert module.digest(notebook(code), "quick") != module.digest(notebook(code), "full")
    module.prune(tmp_path / "kept", most=0)
    assert [*(tmp_path / "kept").iterdir()] == []


def test_words_of_the_package_are_no_ingredient_its_code_and_its_texts_are(tmp_path):
    file = tmp_path / "module.py"

    def made_of(text):
        file.write_text(text)
        return module.meaning(file)

    first = made_of('"""Says."""\n\ndef f(x):\n    """Adds."""\n    return x + 1  # one\n')
    assert first == made_of('"""Says it better."""\ndef f(x):\n    return x + 1\n')
    assert first != made_of("def f(x):\n    return x + 2\n")
    assert made_of('say = "one"') != made_of('say = "two"')
    assert [path for path in module.ingredients() if path.suffix == ".md"] == []
