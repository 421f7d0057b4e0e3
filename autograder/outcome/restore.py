"""`python -m autograder restore FILE`: put back what `python -m autograder backup` has written."""

import argparse
from pathlib import Path

from autograder.course import Course, CourseError
from autograder.judging import seeds
from autograder.outcome import backup


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder restore", description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, nargs="?", help="what backup has written")
    parser.add_argument("--replace", action="store_true", help="put aside what is there now")
    parser.add_argument("--new-key", action="store_true", help="no backup is left: begin with a new key of the inputs")
    args = parser.parse_args(argv)
    course = Course()
    if args.new_key == (args.file is not None):
        raise CourseError("give the backup's FILE, or --new-key if there is none")
    if args.new_key:
        seeds.make_key(course.home)
        print("There is a key. Everybody is judged on other inputs from now on: python -m autograder grade")
        return 0
    files, aside = backup.restore(course, args.file, replace=args.replace)
    print(f"{files} files of {args.file} are in place.")
    if aside:
        print(f"What was there before lies in {aside}. Delete it once you need it no more.")
    print("Next: python -m autograder grade (it says who is graded anew, since the course or the grader has changed)")
    return 0
