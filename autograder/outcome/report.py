"""`python -m autograder report`: one page about the class, and the same as CSV and JSON, in autograder/report/.

Everything comes from what grading wrote: the gradebook (scores, manual grades, penalties) and the record in each
autograded notebook (verdicts, seconds, memory, confinement). Nothing is judged here.
"""

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import correlation, median

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbgrader.api import Gradebook
from sqlalchemy.exc import SQLAlchemyError

from autograder.authoring.masters import Masters
from autograder.course import ASSIGNMENT, Course, CourseError
from autograder.intake.clean_copy import students
from autograder.outcome import charts, csv_table
from autograder.outcome.mistakes import NO_ANSWER, UNEXPLAINED, mistake_rows, unexplained
from nst.plumbing.files import write_atomically

FOLDER = "report"
LOW = 0.5  # of the automatic points: below this a student needs help
FEW = 10  # students: correlations of fewer are chance
SLOW = 60.0  # seconds of judging that are worth a look


@dataclass
class Student:
    """One row. `exercises`: exercise -> {"score", "points", "hint", "mistake", "reason"}; megabytes: the sandbox's."""

    student: str
    score: float
    max_score: float
    automatic: float = 0.0
    automatic_max: float = 0.0
    to_grade: int = 0  # written answers that wait for a person
    late_penalty: float = 0.0
    seconds: float = 0.0
    megabytes: int = 0
    levels: list[str] = field(default_factory=list)
    seed_keys: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    exercises: dict[str, dict] = field(default_factory=dict)
    help: list[str] = field(default_factory=list)


@dataclass
class ClassReport:
    """All that the page shows. `unexplained`: groups of answers without a name, and how many more are in none;
    `confinement`: sandbox version and limits in use, of the last student graded."""

    assignment: str
    made: str
    students: list[Student]
    ungraded: list[str]
    exercises: list[dict]
    mistakes: list[dict]
    unexplained: tuple[list[dict], int]
    confinement: dict


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder report", description=__doc__.split("\n")[0])
    parser.add_argument("assignment", nargs="?", default=ASSIGNMENT, help=f"default: {ASSIGNMENT}")
    args = parser.parse_args(argv)
    course = Course(assignment=args.assignment)
    report = class_report(course)
    page = write(report, course.home / FOLDER)
    print(f"{len(report.students)} students, {len(report.ungraded)} not graded: {page}")
    return 0


# --- collecting -------------------------------------------------------------------------------------------------------


def class_report(course: Course) -> ClassReport:
    """What grading left about this class; CourseError if nobody has been graded."""
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
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return ClassReport(
        course.assignment,
        made,
        rows,
        ungraded,
        exercise_rows(rows),
        mistake_rows(rows),
        unexplained(rows, course.home / FOLDER / UNEXPLAINED),
        confinement,
    )


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


def reasons_to_help(row: Student) -> list[str]:
    """Why somebody should look at this student; empty for most."""
    lacking = {e: v for e, v in row.exercises.items() if v["score"] < v["points"]}
    unwritten = [e for e, v in lacking.items() if v["mistake"] == "not_written"]
    unjudged = [e for e, v in lacking.items() if v["reason"]]
    wrong = [e for e in lacking if e not in unwritten and e not in unjudged]
    reasons = []
    if row.automatic < LOW * row.automatic_max:
        reasons.append(f"{row.automatic:g} of {row.automatic_max:g} automatic points")
        reasons += [f"not written: {_few(unwritten)}"] if unwritten else []
        reasons += [f"wrong: {_few(wrong)}"] if wrong else []
    if unjudged:
        reasons.append(f"could not be judged: {_few(unjudged)}")
    if row.seconds > SLOW:
        reasons.append(f"judging took {row.seconds:.0f} s (an endless loop?)")
    return reasons


def _few(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def exercise_rows(rows: list[Student]) -> list[dict]:
    """How each exercise went: numbers of students with full, part and no points, the mean share of the points, and how
    well it separates those who are good at the others from those who are not."""
    found = defaultdict(list)
    for row in rows:
        for exercise, verdict in row.exercises.items():
            found[exercise].append(verdict)
    return [
        _exercise_row(exercise, verdicts) | {"separates": separates(exercise, rows)}
        for exercise, verdicts in found.items()
    ]


def separates(exercise: str, rows: list[Student]) -> float | None:
    """The correlation of the points in one exercise with those in all others, from -1 to 1; None where it says nothing:
    of fewer than ten students, or where all have the same."""
    pairs = [
        (row.exercises[exercise]["score"], sum(v["score"] for e, v in row.exercises.items() if e != exercise))
        for row in rows
        if exercise in row.exercises
    ]
    if len(pairs) < FEW or any(len(set(side)) < 2 for side in zip(*pairs, strict=True)):
        return None
    return round(correlation(*zip(*pairs, strict=True)), 2)


def _exercise_row(exercise: str, verdicts: list[dict]) -> dict:
    full = sum(v["score"] >= v["points"] for v in verdicts)
    part = sum(0 < v["score"] < v["points"] for v in verdicts)
    share = sum(v["score"] / v["points"] for v in verdicts if v["points"]) / len(verdicts)
    counts = {"full": full, "part": part, "none": len(verdicts) - full - part}
    return {"exercise": exercise, "points": verdicts[0]["points"], **counts, "mean_share": round(share, 4)}


# --- writing ----------------------------------------------------------------------------------------------------------


def write(report: ClassReport, folder: Path) -> Path:
    """Write index.html, report.csv and report.json to `folder`; the path of the page."""
    try:
        data = json.dumps(asdict(report), indent=1, ensure_ascii=False)
        write_atomically(folder / "report.json", data.encode(), make_folder=True)
        _write_csv(report, folder / "report.csv")
        write_atomically(folder / "index.html", page(report).encode())
    except OSError as error:
        raise CourseError(f"The report cannot be written: {error}. Grades are not touched by it.") from error
    return folder / "index.html"


def _write_csv(report: ClassReport, path: Path) -> None:
    """A row for each student, those not graded included; a column for each exercise."""
    names = [row["exercise"] for row in report.exercises]
    plain = ["score", "max_score", "automatic", "automatic_max", "to_grade", "late_penalty", "seconds", "megabytes"]
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
    environment.filters["number"] = lambda value: f"{value:.4g}"
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
    return environment.get_template("report.html.j2").render(
        report=report, facts=facts, pictures=pictures, wrong=wrong, gaps=gaps, helped=helped
    )
