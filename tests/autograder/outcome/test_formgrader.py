"""The extension that stands before nbgrader's: which of its ways are ours. `tests/browser` clicks through it."""

from nbgrader.server_extensions.formgrader import apihandlers, handlers

from autograder.outcome import formgrader


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
