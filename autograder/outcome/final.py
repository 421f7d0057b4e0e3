"""Nothing goes out that is not final without saying so: what `scores` and `feedback-zips` ask first."""

import argparse
from collections.abc import Iterable

from nbgrader.api import Gradebook, MissingEntry

from autograder.authoring.release import drift
from autograder.course import Course, CourseError
from autograder.grading.standing import few, lines, standing
from autograder.outcome import late

NOT_FINAL = "not final:"


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--anyway", action="store_true", help="write it although it is not final, and say what is not")


def check(course: Course, anyway: bool, chosen: Iterable[str] | None = None) -> list[str]:
    """Penalties as they are due now, and what is not final about the class (or the `chosen`): a line each.

    CourseError with these lines, unless `anyway`: nothing is written then.
    """
    questions = open_questions(course, chosen)
    if questions and not anyway:
        text = "\n".join(f"  - {line}" for line in questions)
        raise CourseError(f"not final, so nothing was written:\n{text}\nTo send it out all the same, add --anyway.")
    late_lines = late.apply(course)
    return [*late_lines, *(f"{NOT_FINAL} {line}" for line in questions)]


def noted(remarks: list[str]) -> dict[str, list[str]]:
    """What the log is to say of them."""
    open_ones = [line for line in remarks if line.startswith(NOT_FINAL)]
    return {"anyway": open_ones} if open_ones else {}


def open_questions(course: Course, chosen: Iterable[str] | None = None) -> list[str]:
    """A line for each thing that is not final, with what to do."""
    chosen = None if chosen is None else list(chosen)
    found = []
    if files := drift(course, cases=False):
        found.append(f"{', '.join(files)}: not what the masters give. First: python -m autograder release, then grade")
    found += [f"{line}. First: python -m autograder grade" for line in lines(standing(course, chosen))]
    if names := unread(course, chosen):
        found.append(
            f"{len(names)} with an answer that nobody has read, or that waits for a second look: {few(names)}. "
            "First: python -m autograder read"
        )
    return found


def unread(course: Course, chosen: Iterable[str] | None = None) -> list[str]:
    """Students with an answer that waits for a reader."""
    with Gradebook(course.db_url) as gradebook:
        try:
            submissions = gradebook.find_assignment(course.assignment).submissions
        except MissingEntry:
            return []
        return sorted(
            submission.student_id
            for submission in submissions
            if (chosen is None or submission.student_id in chosen) and submission.needs_manual_grade
        )


def graded_students(course: Course, chosen: list[str] | None = None) -> list[str]:
    """Students with a grade, in order; CourseError in one line for a `chosen` one without."""
    with Gradebook(course.db_url) as gradebook:
        try:
            submissions = gradebook.find_assignment(course.assignment).submissions
        except MissingEntry:
            submissions = []
        names = sorted(submission.student_id for submission in submissions)
    if not names:
        raise CourseError("Nobody has a grade yet: python -m autograder grade")
    if unknown := sorted(set(chosen or ()) - set(names)):
        raise CourseError(f"Nobody with a grade is called {few(unknown)}; there are: {few(names)}")
    return [name for name in names if not chosen or name in chosen]
