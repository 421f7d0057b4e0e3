"""`python -m autograder formgrader`: nbgrader's formgrader in the browser, started where it finds this course."""

import argparse
import os
import subprocess
import sys

from autograder.course import Course


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder formgrader", description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=8888, help="default: 8888")
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    args = parser.parse_args(argv)
    course = Course()
    command = server_command(course, args.port) + ["--no-browser"] * args.no_browser
    return subprocess.run(command, cwd=course.home, check=False).returncode


def server_command(course: Course, port: int) -> list[str]:
    """How to start a Jupyter server with formgrader; its working folder must be autograder/."""
    command = [sys.executable, "-m", "jupyter_server", f"--ServerApp.root_dir={course.root}"]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--ServerApp.default_url=/formgrader"]
    command += ["--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"]
    return command + ["--allow-root"] * (os.geteuid() == 0)
