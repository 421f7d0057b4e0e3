"""The extension that stands before nbgrader's: which of its ways are ours. `tests/browser` clicks through it."""

import sys
from urllib.request import urlopen

from nbgrader.server_extensions.formgrader import apihandlers, handlers

from autograder.outcome import formgrader
from jupyter_page import free_port, running


def test_all_data_is_sent_as_text():
    found = [formgrader.guarded(row[1]) for row in apihandlers.default_handlers]
    assert len(found) > 20 and all(issubclass(handler, formgrader._AsText) for handler in found)


def test_the_door_and_the_files_are_ours_and_pages_are_nbgraders():
    ours = {row[1].__name__ for row in handlers.default_handlers if formgrader.guarded(row[1]) is not row[1]}
    assert ours == {"FormgraderHandler", "SubmissionFilesHandler"}


def test_the_command_loads_it_in_the_place_of_nbgraders(course):
    command = " ".join(formgrader.server_command(course, 8888))
    assert "'autograder.outcome.formgrader': True" in command
    assert "'nbgrader.server_extensions.formgrader': False" in command


def test_also_nbgraders_own_extension_runs_no_configuration_of_a_folder_once_it_has_read_ours(course, tmp_path):
    """As JupyterLab loads it, in the folder of the course."""
    handed_in, trap = course.home / "downloaded" / "x", tmp_path / "sprung"
    handed_in.mkdir(parents=True)
    (handed_in / "nbgrader_config.py").write_text(f"open({str(trap)!r}, 'w').close()")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        f"--ServerApp.root_dir={course.root}",
        "--ServerApp.ip=127.0.0.1",
    ]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--allow-root"]
    command += ["--no-browser", "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"]
    address = f"http://127.0.0.1:{port}/formgrader"
    with running(command, f"http://127.0.0.1:{port}/api", tmp_path, cwd=course.home):
        page = urlopen(f"{address}?path={handed_in}", timeout=60)
        page.close()
    assert page.status == 200 and page.url == f"{address}/manage_assignments"
    assert not trap.exists()
