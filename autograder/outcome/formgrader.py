"""`python -m autograder formgrader`: nbgrader's formgrader in the browser, started where it finds this course.

The same server has the page on which written answers are read (reading_page.py).

It runs in Jupyter's own origin, where a script could do all that the instructor can, and students write what it shows.
This module is the Jupyter extension that the command loads instead of nbgrader's: the same pages, with three ways
closed by which a link that a student wrote could run something. Texts and names on the page of a submission are cleaned
by `cleaning.py` and `pages.py`, which nbgrader_config.py names, however formgrader was started.
"""

import argparse
import os
import subprocess
import sys
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from nbgrader.server_extensions.formgrader.base import BaseApiHandler, check_notebook_dir, check_xsrf
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from tornado import web

from autograder.course import REPOSITORY, Course
from autograder.outcome import reading_page
from autograder.outcome.pages import TEMPLATES


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder formgrader", description=__doc__.split("\n")[0])
    add_options(parser)
    return serve(Course(), parser.parse_args(argv), "/formgrader")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8888, help="default: 8888")
    parser.add_argument("--no-browser", action="store_true", help="print the address only")


def serve(course: Course, args: argparse.Namespace, page: str) -> int:
    """Run the server of formgrader and of the reading page, and open that page; the exit code."""
    command = server_command(course, args.port, page) + ["--no-browser"] * args.no_browser
    found = os.pathsep.join(filter(None, [str(REPOSITORY), str(REPOSITORY / "course"), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": found}  # the extension is found also where nothing is installed
    return subprocess.run(command, cwd=course.home, env=environment, check=False).returncode


def server_command(course: Course, port: int, page: str = "/formgrader") -> list[str]:
    """How to start a Jupyter server with formgrader; its working folder must be autograder/."""
    extensions = {__name__: True, "nbgrader.server_extensions.formgrader": False, "jupyter_server_mathjax": True}
    command = [sys.executable, "-m", "jupyter_server", f"--ServerApp.root_dir={course.root}"]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.default_url={page}"]
    command += [f"--ServerApp.jpserver_extensions={extensions}"]
    return command + ["--allow-root"] * (os.geteuid() == 0)


class Formgrader(FormgradeExtension):
    """nbgrader's extension, with our handlers before its own."""

    def init_tornado_settings(self, webapp: web.Application) -> None:
        super().init_tornado_settings(webapp)
        webapp.settings["nbgrader_jinja2_env"].autoescape = True  # names, and whatever stands in an address
        serve_formulas(webapp)

    def init_handlers(self, webapp: web.Application) -> None:
        rows = [*handlers.default_handlers, *apihandlers.default_handlers]
        base = webapp.settings["base_url"].rstrip("/")
        ours = [(base + path, guarded(handler), *more) for path, handler, *more in rows]
        ours += [(base + path, *rest) for path, *rest in reading_page.HANDLERS]
        webapp.add_handlers(".*$", ours)  # the first that matches answers
        super().init_handlers(webapp)


def guarded(handler: type[web.RequestHandler]) -> type[web.RequestHandler]:
    """The handler to use in this one's place; itself where nothing is wrong with it."""
    if handler is handlers.FormgraderHandler:
        return _Door
    if handler is handlers.SubmissionFilesHandler:
        return _Files
    if issubclass(handler, BaseApiHandler):
        return type(handler.__name__, (_AsText, handler), {})
    return handler


class _Door(handlers.FormgraderHandler):
    """/formgrader without nbgrader's `?path=FOLDER`, which runs the nbgrader_config.py in any folder of the machine."""

    @web.authenticated
    @check_xsrf
    @check_notebook_dir
    def get(self):
        self.redirect(f"{self.base_url}/formgrader/manage_assignments")


def shut_the_door() -> None:
    """The same, and formulas, in nbgrader's own extension, once it has read this course's configuration."""
    handlers.FormgraderHandler.get = _Door.get
    begin = FormgradeExtension.init_tornado_settings

    def init_tornado_settings(self: FormgradeExtension, webapp: web.Application) -> None:
        begin(self, webapp)
        serve_formulas(webapp)

    FormgradeExtension.init_tornado_settings = init_tornado_settings


def serve_formulas(webapp: web.Application) -> None:
    """Let formgrader's pages load MathJax from this server: without it formulas and keys (Ctrl-.) are dead."""
    environment = webapp.settings["nbgrader_exporter"].environment
    environment.loader = ChoiceLoader([FileSystemLoader(TEMPLATES / "formgrade"), environment.loader])


class _AsText(BaseApiHandler):
    """Data as text: nbgrader sends its JSON as a page, on which the names in it are HTML.

    As text and not as JSON, since nbgrader's scripts parse what they get themselves.
    """

    def set_default_headers(self):
        super().set_default_headers()
        self.set_header("Content-Type", "text/plain; charset=UTF-8")


class _Files(handlers.SubmissionFilesHandler):
    """What lies beside an autograded notebook, to be looked at only: no script of it runs in Jupyter's origin."""

    @property
    def content_security_policy(self):
        return f"{super().content_security_policy}; sandbox"


def _jupyter_server_extension_points() -> list[dict]:
    return [{"module": __name__}]


def load_jupyter_server_extension(server: Any) -> None:
    """What jupyter_server calls: nbgrader's function of this name, with our class."""
    formgrader = Formgrader(parent=server)
    formgrader.root_dir, formgrader.log = server.root_dir, server.log
    formgrader.initialize([])
    formgrader.init_tornado_settings(server.web_app)
    formgrader.init_handlers(server.web_app)
