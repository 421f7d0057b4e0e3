"""`python -m autograder viva --student ID`, or for a whole class: a page of questions on a student's own code.

Three exercises, chosen because there is something to ask about, and three questions on each; what is right was just
computed from that very code, in the sandbox, and stands on a second page for the examiner. About five minutes. No
question is about anybody else's code, and nothing here is a verdict.
"""

import argparse
import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.authoring.cases import graded_exercises
from autograder.course import OUTGOING, Course, CourseError
from autograder.intake import attempts
from autograder.outcome.pages import TEMPLATES
from autograder.sandbox.levels import LEVELS, probe
from autograder.sandbox.limits import Limits, SandboxUnavailable
from autograder.talk.questions import Interview, Question
from autograder.talk.similar import wrong_answers
from autograder.talk.work import Reader, Work, form
from nst.plumbing.files import write_atomically

FOLDER = "viva"  # in outgoing/
EXERCISES = 3  # on a page
RARE = 0.05  # of the class have a form, or two students: then it is unusual
TEMPLATE = "viva.html.j2"


@dataclass(frozen=True)
class Subject:
    """One exercise to talk about: the student's cell, why it was chosen, and questions."""

    exercise: str
    source: str
    why: str
    questions: list[Question]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder viva", description=__doc__.split("\n")[0])
    parser.add_argument("--student", metavar="ID", help="only this student")
    parser.add_argument("--least", choices=[level for level in LEVELS if level != "unsafe"], help="refuse a lower rung")
    args = parser.parse_args(argv)
    course = Course()
    reader = Reader(course)
    works = reader.everybody()
    chosen = [work for work in works if args.student in (None, work.student)]
    if not chosen:
        raise CourseError(f"No hand-in of {args.student or 'anybody'} lies in {course.submitted}.")
    try:
        level = probe(args.least).name
    except SandboxUnavailable as error:
        raise CourseError(str(error)) from error
    wrong, common, folder = wrong_answers(course), forms(reader, works), course.home / OUTGOING / FOLDER
    for work in chosen:
        order = reasons(reader, common, work, wrong.get(work.student, set()))
        try:
            subjects = interview(reader, work, order, level)
        except SandboxUnavailable as error:
            raise CourseError(str(error)) from error
        page = folder / f"{work.student}.html"
        write_atomically(page, html(work.student, subjects).encode(), make_folder=True)
        about = ", ".join(subject.exercise for subject in subjects) or "nothing that can be asked about"
        print(f"{page}: {about}", flush=True)
    return 0


# --- what to talk about -----------------------------------------------------------------------------------------------


def forms(reader: Reader, works: list[Work]) -> dict[str, Counter[str]]:
    """Exercise -> how many of these hand-ins have each form of an answer to it."""
    exercises = reader.masters.exercises()
    given = {exercise: [work.answers[exercise] for work in works if exercise in work.answers] for exercise in exercises}
    return {exercise: Counter(form(source, exercises) for source in sources) for exercise, sources in given.items()}


def reasons(reader: Reader, common: dict[str, Counter[str]], work: Work, wrong: set[str]) -> Iterator[tuple[str, str]]:
    """(exercise, why) of all that this student wrote, what there is most to ask about first. `common`: the class's."""
    exercises = reader.masters.exercises()
    earlier = list(_earlier(reader, work.student))
    ranked = []
    for place, (exercise, source) in enumerate(work.answers.items()):
        own = form(source, exercises)
        alike, everybody = common[exercise][own], common[exercise].total()
        before = {form(each.answers[exercise], exercises) for each in earlier if exercise in each.answers}
        rare = everybody >= 1 / RARE and alike <= max(2, RARE * everybody)
        if before - {own}:
            rank, why = 3, "It was written differently in an earlier hand-in: what was changed, and why?"
        elif rare and alike > 1:
            rank, why = 2, f"A form that {alike} of {everybody} have: how did it come about?"
        elif rare and exercise not in wrong:
            rank, why = 2, f"Right, and written as nobody else of {everybody} wrote it: how did it come about?"
        else:
            rank, why = 0, "One of the longer answers."
        ranked.append((-rank, -len(source.splitlines()), -place, exercise, why))
    yield from ((exercise, why) for *_, exercise, why in sorted(ranked))


def _earlier(reader: Reader, student: str) -> Iterator[Work]:
    with contextlib.suppress(CourseError):  # none is kept, or one cannot be read
        for attempt in attempts.attempts(reader.course, student):
            yield reader.read(student, attempts.notebooks_of(reader.course, attempt))


def interview(reader: Reader, work: Work, order: Iterator[tuple[str, str]], level: str) -> list[Subject]:
    """The first exercises of this order that give three questions; fewer if there are not so many, or if the time that
    grading has for a notebook is over: one student's endless loops cost the others no more."""
    found: list[Subject] = []
    seed = int.from_bytes(hashlib.sha256(work.student.encode()).digest()[:8], "big")
    limits = Limits(**reader.course.limits)
    deadline = time.monotonic() + limits.notebook_seconds
    for exercise, why in order:
        if len(found) == EXERCISES or time.monotonic() > deadline:
            break
        name = reader.masters.notebook_of(exercise)
        asked = Interview(work.notebooks[name], graded_exercises(reader.masters, name), level, limits, deadline)
        questions = asked.questions({exercise: work.answers[exercise]}, seed)[exercise]
        if len(questions) == 3:
            found.append(Subject(exercise, work.answers[exercise], why, questions))
    return found


def html(student: str, subjects: list[Subject]) -> str:
    """Two pages to print: questions, answers. Without a script or an address outside."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(TEMPLATE).render(student=student, subjects=subjects)
