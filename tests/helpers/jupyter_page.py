"""A Jupyter server of our own and a page of it in Debian's Chromium, for tests that click."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import nbformat
from playwright.sync_api import sync_playwright

PATIENCE = 120  # seconds; an upper bound for a machine that does other work: whatever is waited for ends the waiting
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]  # fmt: skip
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension/tracker": {
        "windowingMode": "none"
    },  # keeps outputs that are off screen in the page
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
PATHS = {"lab": ("jupyterlab", "/lab/tree/"), "notebook": ("notebook", "/notebooks/")}

# The kernel has answered and the cells are there; the page's own idle mark comes too early.
READY = """async () => {
  const w = window.jupyterapp && window.jupyterapp.shell.currentWidget;
  if (!w || !w.sessionContext || !document.querySelector('.jp-Notebook .jp-Cell')) return false;
  await w.context.ready; await w.sessionContext.ready;
  const k = w.sessionContext.session && w.sessionContext.session.kernel;
  if (!k) return false;
  await k.info;
  return k.connectionStatus === 'connected' && w.content.widgets.length > 0
    && window.jupyterapp.commands.hasCommand('notebook:run-all-cells');
}"""
IN_KERNEL = """async code => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  let text = '';
  const future = kernel.requestExecute({ code, store_history: false });
  future.onIOPub = m => { if (m.header.msg_type === 'stream') text += m.content.text;
                          if (m.header.msg_type === 'error') text += m.content.evalue; };
  await future.done;
  return text;
}"""


@contextmanager
def browser():
    """Headless Chromium. Its absence is an error, never a skip: these tests are there to be run."""
    if not os.path.exists(CHROMIUM):
        raise FileNotFoundError(
            f"the browser tests need Chromium, and there is none at {CHROMIUM}: apt-get install chromium"
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=ARGUMENTS, timeout=PATIENCE * 1000
        )
        yield chromium
        chromium.close()


@contextmanager
def server(app, folder):
    """(address, token) of a running "lab" or "notebook" that serves folder/root and reads no setting but ours."""
    (folder / "root").mkdir()
    for name, value in SETTINGS.items():
        file = folder / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    port, token = free_port(), secrets.token_hex(8)
    command = [sys.executable, "-m", PATHS[app][0], "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder / 'root'}",
               f"--IdentityProvider.token={token}", "--expose-app-in-browser",
               "--LanguageServerManager.autodetect=False",
               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    with running(command, f"http://127.0.0.1:{port}", folder):
        yield f"http://127.0.0.1:{port}", token


@contextmanager
def running(command, address, folder, cwd=None):
    """A server of our own from the time it answers at this address until we leave. Its log and files are in folder."""
    with open(folder / "server.log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=cwd, env=own_environment(folder), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        wait_for(address, process, folder / "server.log")
        yield
    finally:
        process.send_signal(signal.SIGTERM)  # it ends its kernels itself
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def own_environment(folder):
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "run",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    own = {name: str(folder / part) for name, part in names.items()}
    return {**os.environ, **own, "NST_WEIGHTS": "bundled", "NO_PROXY": "127.0.0.1"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address, process, log):
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return urllib.request.urlopen(f"{address}/api", timeout=2).close()
        except urllib.error.HTTPError:
            return None  # Voila has no /api, and answers so
        except (OSError, urllib.error.URLError):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"no server:\n{log.read_text()[-2000:]}") from None
            time.sleep(0.1)


def write_notebook(path, *cells):
    """A notebook of these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def open_notebook(page, app, address, token, name):
    """Open it and wait until its kernel answers."""
    page.goto(f"{address}{PATHS[app][1]}{name}?token={token}")
    end = time.monotonic() + PATIENCE
    while not page.evaluate(f"() => Promise.race([({READY})(), new Promise(late => setTimeout(late, 2000, false))])"):
        assert time.monotonic() < end, f"{app} did not open {name}"
        page.wait_for_timeout(100)


def run_all(page):
    """Run all cells; returns when the last is done."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def in_kernel(page, code):
    """What the code prints, run in the page's kernel beside the notebook."""
    return page.evaluate(IN_KERNEL, code)


def eventually(locator, expression, wanted, seconds=PATIENCE):
    """Wait until the JavaScript function `expression` of the element gives `wanted`.

    For what Playwright's `expect` cannot ask. Raises AssertionError with the last value seen.
    """
    end = time.monotonic() + seconds
    while (seen := locator.evaluate(expression)) != wanted:
        assert time.monotonic() < end, f"{expression} is {seen!r} after {seconds} s, not {wanted!r}"
        locator.page.wait_for_timeout(50)
