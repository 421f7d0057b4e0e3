"""Small predicates over every notebook: what is committed is clean, accessible and gives nothing away."""

import ast
import re
import symtable

import pytest

from notebooks import MASTERS, RELEASED, grading, needs_solution, read

BOTH = pytest.mark.parametrize("path", MASTERS + RELEASED, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
OF_RELEASE = pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
DRAWING = {"show", "curves", "heatmap", "feature_maps"}


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def markdown(path):
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def tree(cell):
    """The cell as Python, its magics aside."""
    return ast.parse(re.sub(r"^%.*$", "", cell.source, flags=re.M))


@BOTH
def test_no_outputs(path):
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(path))


@BOTH
def test_ids_speak(path):
    notebook = read(path)
    ids = [cell.id for cell in notebook.cells]
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5) and len(set(ids)) == len(ids)
    assert not [i for i in ids if not re.fullmatch(r"[a-z][a-z0-9_-]*", i) or re.search(r"[0-9a-f]{8}", i)]


@BOTH
def test_metadata_is_on_the_list(path):
    notebook = read(path)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    allowed = {"nbgrader", "tags"} | ({"deletable", "editable"} if path in RELEASED else set())  # of locked cells
    for cell in notebook.cells:
        assert set(cell.metadata) <= allowed, cell.id
        tags = {"needs-solution"} | ({"optional"} if cell is notebook.cells[0] else set())
        assert set(cell.metadata.get("tags", [])) <= tags, cell.id


@BOTH
def test_one_h1_and_it_comes_first(path):
    notebook = read(path)
    headings = [
        cell.id for cell in notebook.cells if re.search(r"^# ", cell.source, re.M) and cell.cell_type == "markdown"
    ]
    assert headings == [notebook.cells[0].id]


@BOTH
def test_pictures_have_alt_text(path):
    assert not re.findall(r"!\[\s*\]\(|<img(?![^>]*\salt=)", markdown(path))
    for cell in code_cells(path):
        for call in ast.walk(tree(cell)):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in DRAWING:
                assert "alt" in {keyword.arg for keyword in call.keywords}, f"{cell.id}: {ast.unparse(call)[:80]}"


@BOTH
def test_links_resolve(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", markdown(path)):
        if re.match(r"https?://", target):
            assert re.fullmatch(r"https?://[\w.-]+\.[a-z]{2,}(/\S*)?", target), target
        elif not target.startswith(("#", "attachment:")):
            assert (path.parent / target.split("#")[0]).exists(), target


@BOTH
def test_code_is_portable(path):
    for cell in code_cells(path):
        assert not re.search(r"^\s*!", cell.source, re.M), f"{cell.id}: a shell command"
        assert set(re.findall(r"^\s*%+.*$", cell.source, re.M)) <= {"%matplotlib inline"}, f"{cell.id}: a magic"
        assert not re.search(r"[\"'](/(home|Users|usr|tmp)|[A-Z]:\\\\)", cell.source), f"{cell.id}: an absolute path"


@BOTH
def test_no_cell_uses_a_name_that_another_unsolved_cell_binds(path):
    """What makes nbval meaningful on the unsolved tree: one missing answer turns no other cell red."""
    bound = {}
    for cell in code_cells(path):
        binds, uses = names_of(cell)
        lost = {name: bound[name] for name in uses - binds if name in bound}
        assert not lost, f"{cell.id} uses what cells without a solution may leave unbound: {lost}"
        bound = {name: where for name, where in bound.items() if name not in binds}
        if needs_solution(cell):
            bound |= dict.fromkeys(binds, cell.id)


def names_of(cell):
    """(names that the cell binds in the notebook, notebook names that it uses, also inside its functions)."""
    table = symtable.symtable(re.sub(r"^%.*$", "", cell.source, flags=re.M), cell.id, "exec")
    binds = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    uses = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    tables = table.get_children()
    while tables:
        inner = tables.pop()
        uses |= {s.get_name() for s in inner.get_symbols() if s.is_global() and s.is_referenced()}
        tables += inner.get_children()
    return binds, uses


@OF_RELEASE
def test_no_solution_is_released(path):
    text = path.read_text(encoding="utf-8")
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN", "MARK SCHEME"):
        assert mark not in text
    released = "\n".join(cell.source for cell in read(path).cells)
    for line in solution_lines():
        assert line not in released, f"{path.stem} gives away: {line}"


def solution_lines():
    """Lines between solution marks, of any master, that carry an idea: arithmetic or a call, not bookkeeping."""
    sources = "\n".join(c.source for path in MASTERS for c in read(path).cells if grading(c).get("solution"))
    blocks = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", sources, re.S)
    lines = {line.strip() for block in blocks for line in block.splitlines()}
    return sorted(line for line in lines if len(line) >= 10 and re.search(r"@|\*\*|np\.sum|\.T\b|return .*[(-]", line))


@OF_RELEASE
def test_every_solution_cell_is_a_stub(path):
    for cell in code_cells(path):
        if grading(cell).get("solution"):
            assert "raise NotImplementedError" in cell.source, cell.id
