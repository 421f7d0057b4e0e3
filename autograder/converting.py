"""Run one of nbgrader's converters quietly, and say in a line why it failed."""

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import BaseConverter, NbGraderException
from traitlets.config import Config

from autograder import converting
from autograder.course import Course, CourseError


def run(converter: BaseConverter) -> None:
    """Start the converter; NbGraderException with the cause in one line if it cannot do its work."""
    with _captured(converter.log) as errors:
        try:
            converter.start()
        except NbGraderException as error:
            raise NbGraderException(cause([*errors, str(error)])) from error


def cause(errors: list[str]) -> str:
    """The line of nbgrader's error messages that says what happened: a stack trace's exception, or the first one."""
    for text in errors:
        _, found, trace = text.rpartition('\n  File "')
        lines = [line for line in trace.splitlines()[1:] if line and not line.startswith(" ")] if found else []
        if lines:
            return lines[0]
    return errors[0].strip().split("\n")[0]


class _Keeping(logging.Handler):
    """Keeps what is logged as an error in a list."""

    def __init__(self, lines: list[str]):
        super().__init__(logging.ERROR)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextlib.contextmanager
def _captured(log: logging.Logger) -> Iterator[list[str]]:
    """What is logged as an error, in a list instead of on the screen."""
    lines: list[str] = []
    handler = _Keeping(lines)
    propagate, level, handlers = log.propagate, log.level, log.handlers
    log.propagate, log.handlers = False, [handler]
    log.setLevel(logging.ERROR)
    try:
        yield lines
    finally:
        log.propagate, log.handlers = propagate, handlers
        log.setLevel(level)


def convert(course: Course, release_directory: Path, *, database: bool) -> None:
    """Run nbgrader's generate_assignment into `release_directory`; with `database`, tell the gradebook, too."""
    course.notebooks()  # a clear error where there is none
    settings = Config(SaveCells={"enabled": database}, GenerateAssignment={"no_database": not database})
    config = Config(course.config)
    config.merge(settings)
    directory = course.directory(release_directory=str(release_directory))
    converter = GenerateAssignment(coursedir=directory, config=config, force=True)
    try:
        converting.run(converter)
    except NbGraderException as error:
        raise CourseError(f"nbgrader cannot generate the assignment: {error}") from error


def register(course: Course) -> None:
    """Tell the gradebook the assignment's notebooks, exercises and points. What students have is not touched."""
    with tempfile.TemporaryDirectory() as folder:
        convert(course, Path(folder), database=True)
