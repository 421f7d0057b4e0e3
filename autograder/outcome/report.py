"""`python -m autograder report`: one page about the class, and the same as CSV and JSON, in autograder/report/.

Everything comes from what grading wrote: the gradebook (scores, manual grades, penalties) and the record in each
autograded notebook (verdicts, seconds, memory, confinement). Nothing is judged here. Names and sections come from the
roster, files of another kind from collecting (`mail.py`), how it was a week ago from the log (`progress.py`).
"""

import argparse
import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbgrader.api import Gradebook
from sqlalchemy.exc import SQLAlchemyError

from autograder.authoring.masters import Masters
from autograder.course import ASSIGNMENT, Course, CourseError
from autograder.grading.journal import typed_time
from autograder.intake import roster
from autograder.intake.clean_copy import students
from autograder.names import safe_name
from autograder.outcome import charts, csv_table, feedback_zips, mail, progress
from autograder.outcome.class_rows import Student, exercise_rows, lacking, reasons_to_help, section_rows
from autograder.outcome.mistakes import NO_ANSWER, UNEXPLAINED, mistake_rows, unexplained
from autograder.outcome.pages import marked
from nst.plumbing.files import write_atomically

FOLDER = "report"
ADDRESSES = "addresses.txt"
WEEK = timedelta(days=7)


@dataclass
class ClassReport:
    """All that the page shows. `unexplained`: groups of answers without a name, and how many more are in none;
    `confinement`: sandbox version and limits in use, of the last student graded.

    `links`: exercise -> student who lacks points there -> feedback page; `mails`: who needs one, by reason (mail.py);
    `absent`: who handed in nothing; `compared`: with an earlier day, None if nothing had been graded (progress.py).
    """

    assignment: str
    made: str
    students: list[Student]
    ungraded: list[str]
    exercises: list[dict]
    mistakes: list[dict]
    unexplained: tuple[list[dict], int]
    confinement: dict
    links: dict[str, dict[str, str]]
    mails: list[dict]
    absent: int
    sections: list[dict]
    since: str
    compared: dict | None


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder report", description=__doc__.split("\n")[0])
    parser.add_argument("assignment", nargs="?", default=ASSIGNMENT, help=f"default: {ASSIGNMENT}")
    parser.add_argument("--roster", type=Path, metavar="CSV", help="the class (default: the one given last)")
    parser.add_argument("--since", type=typed_time, metavar="DATE", help="compare with that day (default: a week ago)")
    parser.add_argument("--feedback", action="store_true", help="write the feedback pages that names lead to, first")
    args = parser.parse_args(argv)
    course = Course(assignment=args.assignment)
    if args.roster:
        roster.read_roster(args.roster)
        roster.keep(course, args.roster)
    report = class_report(course, args.since, feedback=args.feedback)
    page = write(report, course.home / FOLDER)
    print(f"{len(report.students)} students, {len(report.ungraded)} not graded: {page}")
    return 0


# --- collecting -------------------------------------------------------------------------------------------------------


def class_report(course: Course, since: datetime | None = None, *, feedback: bool = False) -> ClassReport:
    """What grading left about this class, and how it was `since`; CourseError if nobody has been graded."""
    course.notebooks()
    rows = _scores(course)
    if not rows:
        raise CourseError(f"Nobody has been graded in {course.assignment}. First: python -m autograder grade")
    confinement = {}
    for row in rows:
        confinement = _add_records(course, row) or confinement
        row.help = reasons_to_help(row)
    rows = [row for row in rows if row.exercises]  # others were under way when a run was stopped
    ungraded = sorted(set(students(course.directory())) - {row.student for row in rows})
    now = datetime.now(UTC)
    since = since or now - WEEK
    people = mail.People(course, roster.kept(course))
    for row in rows:
        row.section = people.sections.get(row.student, "")
    if feedback:
        feedback_zips.generate(course, sorted(_without_feedback(course, rows)))
    before = progress.standing_at(course, since)
    absent = [people.sections[student] for student in people.absent] + [row["section"] for row in people.not_seen]
    return ClassReport(
        course.assignment,
        now.isoformat(timespec="seconds"),
        rows,
        ungraded,
        exercise_rows(rows),
        mistake_rows(rows),
        unexplained(rows, course.home / FOLDER / UNEXPLAINED),
        confinement,
        links=_links(course, rows),
        mails=mail.reasons(course, people, rows, before, since),
        absent=len(absent),
        sections=section_rows(rows, absent),
        since=since.isoformat(timespec="seconds"),
        compared=progress.compare(before, rows, since),
    )


def _lacking(course: Course, rows: list[Student]) -> list[tuple[str, str, str]]:
    """(student, exercise, notebook) wherever points are lacking."""
    home = {e: name for name, book in Masters(course.masters).notebooks.items() for e in book.points}
    return [(row.student, e, home[e]) for row in rows for e, v in row.exercises.items() if lacking(v) and e in home]


def _without_feedback(course: Course, rows: list[Student]) -> set[str]:
    """Students of whom a page is missing, or older than what it is about."""
    found = set()
    for student, _, notebook in _lacking(course, rows):
        page = course.feedback / student / course.assignment / f"{notebook}.html"
        graded = course.autograded / student / course.assignment / f"{notebook}.ipynb"
        if not page.is_file() or page.stat().st_mtime < graded.stat().st_mtime:
            found.add(student)
    return found


def _links(course: Course, rows: list[Student]) -> dict[str, dict[str, str]]:
    """Exercise -> student -> address of the feedback on it, from the report's folder; only of pages that are there."""
    found: dict[str, dict[str, str]] = {}
    unjudged = {(row.student, e) for row in rows for e, v in row.exercises.items() if v["reason"]}
    for student, exercise, notebook in _lacking(course, rows):
        parts = (student, course.assignment, f"{notebook}.html")
        if course.feedback.joinpath(*parts).is_file():
            path = "/".join(quote(part, safe="") for part in parts)
            there = (
                "" if (student, exercise) in unjudged else f"#test_{quote(exercise)}"
            )  # else the page's top says why
            found.setdefault(exercise, {})[student] = f"../{course.feedback.name}/{path}{there}"
    return found


def _scores(course: Course) -> list[Student]:
    """A row for each submission in the gradebook."""
    try:
        with Gradebook(course.db_url) as gradebook:
            found = gradebook.assignment_submissions(course.assignment)
            return sorted((_score(submission) for submission in found), key=lambda row: row.student)
    except SQLAlchemyError as error:
        raise CourseError(f"The gradebook {course.db_url} cannot be read: {str(error).splitlines()[0]}") from error


def _score(submission) -> Student:
    waiting = sum(
        grade.auto_score is None and grade.manual_score is None for nb in submission.notebooks for grade in nb.grades
    )
    penalty = float(submission.late_submission_penalty or 0)
    score = max(0.0, float(submission.score) - penalty)
    return Student(
        submission.student_id, score, float(submission.max_score), to_grade=int(waiting), late_penalty=penalty
    )


def _add_records(course: Course, row: Student) -> dict:
    """Add what the student's autograded notebooks say; how their judging was confined."""
    confinement, notes = {}, []
    for path in sorted((course.autograded / row.student / course.assignment).glob("*.ipynb")):
        record = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("autograder", {})
        row.seconds = round(row.seconds + record.get("seconds", 0.0), 2)
        row.megabytes = max(row.megabytes, record.get("megabytes", 0))
        row.levels = sorted({*row.levels, record.get("level", "unknown")})
        row.seed_keys = sorted({*row.seed_keys, record.get("seed_key", "unknown")})
        notes += [f"{path.stem}: {note}" for note in filter(None, [record.get("reason"), *record.get("notes", ())])]
        for grade_id, verdict in record.get("verdicts", {}).items():
            row.exercises[grade_id.removeprefix("test_")] = verdict
        confinement = record.get("confinement") or confinement
    row.notes = list(dict.fromkeys(notes))
    row.exercises = {e: row.exercises[e] for e in Masters(course.masters).points if e in row.exercises}
    row.automatic = sum(verdict["score"] for verdict in row.exercises.values())
    row.automatic_max = sum(verdict["points"] for verdict in row.exercises.values())
    return confinement


# --- writing ----------------------------------------------------------------------------------------------------------


def write(report: ClassReport, folder: Path) -> Path:
    """Write index.html, report.csv, report.json and addresses.txt to `folder`; the path of the page."""
    try:
        data = json.dumps(asdict(report), indent=1, ensure_ascii=False)
        write_atomically(folder / "report.json", data.encode(), make_folder=True)
        _write_csv(report, folder / "report.csv")
        write_atomically(folder / ADDRESSES, mail.as_text(report.mails).encode())
        write_atomically(folder / "index.html", page(report).encode())
    except OSError as error:
        raise CourseError(f"The report cannot be written: {error}. Grades are not touched by it.") from error
    return folder / "index.html"


def _write_csv(report: ClassReport, path: Path) -> None:
    """A row for each student, those not graded included; a column for each exercise."""
    names = [row["exercise"] for row in report.exercises]
    plain = [
        "section",
        "score",
        "max_score",
        "automatic",
        "automatic_max",
        "to_grade",
        "late_penalty",
        "seconds",
        "megabytes",
    ]
    lists = ["levels", "seed_keys", "help", "notes"]
    rows = [
        {"student": row.student}
        | {name: getattr(row, name) for name in plain}
        | {name: row.exercises.get(name, {}).get("score", "") for name in names}
        | {name: "; ".join(getattr(row, name)) for name in lists}
        for row in report.students
    ]
    ungraded = [{"student": name} for name in report.ungraded]
    csv_table.write(path, ["student", *plain, *names, *lists], rows + ungraded)


def page(report: ClassReport) -> str:
    """The HTML page: no script, nothing from elsewhere, every text escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"number": lambda value: f"{value:.4g}", "name": safe_name, "marked": marked}
    rows = report.students
    most = max(row.max_score for row in rows)
    facts = {
        "mean": sum(row.score for row in rows) / len(rows),
        "median": median(row.score for row in rows),
        "most": most,
        "waiting": sum(row.to_grade for row in rows),
        "by_hand": max(row.max_score - row.automatic_max for row in rows),
        "full": sum(row.automatic >= row.automatic_max for row in rows),
        "levels": Counter(level for row in rows for level in row.levels),
        "seed_keys": sorted({key for row in rows for key in row.seed_keys}),
    }
    wrong = [row for row in report.mistakes if row["mistake"] not in NO_ANSWER]
    gaps = [row for row in report.mistakes if row["mistake"] in NO_ANSWER]
    pictures = {
        "scores": charts.score_distribution([row.score for row in rows], most),
        "exercises": charts.exercise_success(report.exercises),
        "mistakes": charts.common_mistakes(wrong[:12]),
        "costs": charts.time_and_memory([row.seconds for row in rows], [row.megabytes for row in rows]),
    }
    helped = sorted((row for row in rows if row.help), key=lambda row: row.automatic)
    slow = sorted(rows, key=lambda row: -row.seconds)[:10]
    return environment.get_template("report.html.j2").render(
        report=report, facts=facts, pictures=pictures, wrong=wrong, gaps=gaps, helped=helped, slow=slow
    )
