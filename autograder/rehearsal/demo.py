"""`make demo`: a stylised picture, and a sample class graded from hand-in to feedback page, all in output/.

The class has a course folder of its own there, so that no real submission or gradebook is touched.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from tqdm import tqdm

from autograder.course import REPOSITORY, Course, CourseError
from autograder.grading.class_run import GradingOptions, Outcome, grade_class
from autograder.grading.command import summary
from autograder.outcome.feedback_zips import generate
from autograder.rehearsal.samples import copy_course, hand_in, solved

PICTURE = "pagoda_and_starry_night.png"

# Answers with a mistake each that learners really make; the grader knows them and says which it is.
MISTAKES = {
    "gram_matrix": "def gram_matrix(F):\n    return F.T @ F",
    "content_loss_layer": "def content_loss_layer(F, P):\n    return np.sum((F - P) ** 2)",
    "style_gradient": (
        "def style_gradient(F, A):\n    N, M = F.shape\n    return F.T @ (gram_matrix(F) - A) / (N**2 * M**2)"
    ),
    "gradient_step": "def gradient_step(x, gradient, learning_rate):\n    return x + learning_rate * gradient",
}
ERRORS = {
    "feature_matrix": "def feature_matrix(activation):\n    return activation.reshap(-1)",
    "inner_product": "def inner_product(F, P)\n    return np.sum(F * P)",
    "content_gradient": "def content_gradient(F, P):\n    while True:\n        pass",
    "gram_matrices": "raise SystemExit",
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder demo", description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=256, help="pixels of the picture's longest side (default 256)")
    parser.add_argument("--no-picture", action="store_true", help="grade the sample class only")
    parser.add_argument("--unsafe", action="store_true", help="grade without a sandbox")
    args = parser.parse_args(argv)
    output = REPOSITORY / "output"
    output.mkdir(exist_ok=True)
    if not args.no_picture:
        paint(output / PICTURE, args.size)
    level = "unsafe" if args.unsafe else ""
    outcomes, course = grade_samples(Course(), output / "sample_class", level)
    export(course, output / "grades.csv")
    print(where(output, course, not args.no_picture))
    return 1 if any(outcome.state == "failed" for outcome in outcomes) else 0


def paint(path: Path, size: int) -> None:
    """Stylise a pagoda with The Starry Night through the helper's own command line."""
    print(f"1. Painting a pagoda in the manner of The Starry Night, {size} pixels")
    command = [sys.executable, "-m", "nst", "stylize", "china", "the_starry_night"]
    done = subprocess.run([*command, "-o", str(path), "--size", str(size)], cwd=REPOSITORY, check=False)
    if done.returncode:
        raise CourseError(f"the picture could not be painted (exit code {done.returncode}); see the message above")


def grade_samples(source: Course, root: Path, level: str) -> tuple[list[Outcome], Course]:
    """Build the sample class in `root` (made anew), grade it, write its feedback; print the grade table."""
    shutil.rmtree(root, ignore_errors=True)
    course = copy_course(source, root)
    names = build(course)
    print(f"2. Grading a sample class of {len(names)} submissions")
    started = time.monotonic()
    with tqdm(total=len(names), unit="student", desc="grading") as bar:
        outcomes = grade_class(course, settings=GradingOptions(level=level), report=lambda outcome: bar.update())
    print(summary(outcomes, time.monotonic() - started))
    generate(course)
    return outcomes, course


def build(course: Course) -> list[str]:
    """Hand in one submission of each kind; the students' names say which."""
    right, masters = solved(course), course.notebooks()
    half = masters[: len(masters) // 2]
    hand_in(course, "all_right", right)
    hand_in(course, "untouched", {})
    hand_in(course, "known_mistakes", right | MISTAKES)
    hand_in(course, "half_done", right, half)
    hand_in(course, "raises_errors", right | ERRORS)
    hand_in(course, "no_notebook", {}, [])
    renamed = hand_in(course, "renamed_files", right)
    for path in renamed.glob("*.ipynb"):
        path.rename(path.with_name(f"{path.stem} (1).ipynb"))
    damaged = hand_in(course, "damaged_file", right) / f"{masters[0]}.ipynb"
    damaged.write_bytes(damaged.read_bytes()[:500])
    return sorted(path.name for path in course.submitted.iterdir())


def export(course: Course, path: Path) -> None:
    """What `nbgrader export` writes."""
    plugin = CsvExportPlugin(to=str(path))
    plugin.log.setLevel("ERROR")
    with Gradebook(course.db_url) as gradebook:
        plugin.export(gradebook)


def where(output: Path, course: Course, picture: bool) -> str:
    """Where the results are, as paths to open."""
    page = course.feedback / "known_mistakes" / course.assignment / "03_gram_matrices.html"
    lines = [f"3. Look at the picture    {output / PICTURE}"] if picture else []
    lines += [f"   a feedback page        {page}", f"   the grades as CSV      {output / 'grades.csv'}"]
    return "\n".join(lines)
