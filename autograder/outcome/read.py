"""`python -m autograder read`: read the written answers by their rubric, in the browser (reading_page.py)."""

import argparse

from autograder.course import Course
from autograder.outcome import formgrader


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder read", description=__doc__.split(" (")[0])
    formgrader.add_options(parser)
    return formgrader.serve(Course(), parser.parse_args(argv), "/reading/")
