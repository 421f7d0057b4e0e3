"""Where a course lies and what its configuration says: the paths that release, hooks and grading share."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

ASSIGNMENT = "style_transfer"
REPOSITORY = Path(__file__).resolve().parent.parent


class CourseError(Exception):
    """The course or the command cannot be used as it is; the message says what to do."""


@dataclass(frozen=True)
class Course:
    """One course folder: the repository itself, or a copy of it (the demonstration, tests)."""

    root: Path = REPOSITORY
    assignment: str = ASSIGNMENT

    @property
    def home(self) -> Path:
        """The folder with nbgrader_config.py and everything personal."""
        return self.root / "autograder"

    @property
    def masters(self) -> Path:
        return self.root / "solutions" / self.assignment

    @property
    def released(self) -> Path:
        return self.root / "course" / self.assignment

    @property
    def submitted(self) -> Path:
        return self.root / self.config.CourseDirectory.submitted_directory

    @property
    def autograded(self) -> Path:
        return self.root / self.config.CourseDirectory.autograded_directory

    @property
    def feedback(self) -> Path:
        return self.root / self.config.CourseDirectory.feedback_directory

    @property
    def limits(self) -> dict:
        """Fields of sandbox.Limits that the configuration sets (c.TrustedGrading.limits)."""
        return dict(self.config.TrustedGrading.get("limits", {}))

    @property
    def db_url(self) -> str:
        return self.config.CourseDirectory.db_url

    @cached_property
    def config(self) -> Config:
        """What nbgrader_config.py says, read as nbgrader reads it."""
        file = self.home / "nbgrader_config.py"
        if not file.is_file():
            raise CourseError(f"{file} is missing: this is not a course folder. Run from the repository's root.")
        return PyFileConfigLoader(file.name, path=str(self.home)).load_config()

    def directory(self, **settings) -> CourseDirectory:
        """nbgrader's view of this course, with some of its settings replaced."""
        settings = {"assignment_id": self.assignment, **settings}
        return CourseDirectory(config=self.config, **settings)

    def notebooks(self) -> list[str]:
        """Names of the master notebooks, in teaching order."""
        names = sorted(path.stem for path in self.masters.glob("*.ipynb"))
        if not names:
            raise CourseError(
                f"No master notebook lies in {self.masters}. Is '{self.assignment}' the assignment's name?"
            )
        return names

    def skeleton(self, name: str) -> nbformat.NotebookNode:
        """The released notebook, into which a submission is filled."""
        return read_skeleton(self.released / f"{name}.ipynb")


def course_of(directory: CourseDirectory) -> Course:
    """The course that nbgrader is at work in."""
    return Course(Path(directory.root), directory.assignment_id)


def read_skeleton(path: Path) -> nbformat.NotebookNode:
    """A released notebook; CourseError with the remedy if it is not there."""
    if not path.is_file():
        raise CourseError(f"The released notebook {path} is missing. Run `make release`.")
    return nbformat.read(path, as_version=4)


OUTGOING = "outgoing"  # what goes back to the LMS; git-ignored
