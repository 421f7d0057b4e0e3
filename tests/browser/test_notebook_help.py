"""Help in a notebook of a real page: functions of earlier notebooks arrive in the cell, a stub is no traceback."""

import shutil

import pytest

from jupyter_page import PATIENCE, eventually, open_notebook, server
from notebooks import MASTERS, RELEASED

pytestmark = pytest.mark.browser

RUN = """async ([name, source]) => {
  const panel = window.jupyterapp.shell.currentWidget, notebook = panel.content;
  const place = notebook.widgets.findIndex(cell => cell.model.id === name);
  notebook.activeCellIndex = place;
  if (source !== null) notebook.activeCell.model.sharedModel.setSource(source);
  await window.jupyterapp.commands.execute('notebook:run-cell');
  const outputs = notebook.widgets[place].model.outputs;
  return [...Array(outputs.length).keys()].map(k => outputs.get(k).toJSON())
    .map(o => o.text || (o.traceback || []).join('')).join('');
}"""
SOURCE = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .find(cell => cell.model.id === 'carry_05_style_transfer').model.sharedModel.getSource()"""


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_bring_along_takes_the_place_of_the_carry_over_cell(chromium, tmp_path, app):
    with server(app, tmp_path) as (address, token):
        for path in [*MASTERS[1:4], RELEASED[4]]:
            shutil.copy(path, tmp_path / "root")
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        open_notebook(page, app, address, token, RELEASED[4].name)

        def run(cell, source=None):
            return "".join(page.evaluate(RUN, [cell, source]))

        run("imports")
        run("carry_05_style_transfer")
        unwritten = run("check_carry_05_style_transfer")
        assert (
            unwritten.startswith("Not written yet: content_loss_layer, content_loss") and "Traceback" not in unwritten
        )
        said = run("carry_05_style_transfer", "nst.bring_along()")
        assert "7 of 7 functions found." in said and "look at them, then run it again" in said
        eventually(page.locator("body"), f"() => ({SOURCE})().startsWith('def content_loss_layer(F, P):')", True)
        run("carry_05_style_transfer")
        assert "style_gradient: passed." in run("check_carry_05_style_transfer")
        page.close()
