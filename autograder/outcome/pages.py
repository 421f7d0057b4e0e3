"""Pages that show a student's text: feedback for students, formgrader for instructors (`cleaning.py`: their HTML)."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from markupsafe import Markup, escape
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbgrader.preprocessors import GetGrades
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

from autograder.authoring.masters import Masters
from autograder.course import Course
from autograder.names import safe_name

TEMPLATES = Path(__file__).resolve().parent / "templates"


# Whatever a student's text looks like, it stays within its own frame of formgrader's page.
FRAME = ".text_cell_render { contain: content; overflow-x: auto }"


class SafeSurroundings(Preprocessor):
    """Names on formgrader's page, and sizes of pictures, which it does not escape; and a frame around each text."""

    def preprocess(self, nb: nbformat.NotebookNode, resources: dict) -> tuple[nbformat.NotebookNode, dict]:
        for part in ("first_name", "last_name", "student"):
            resources[part] = safe_name(resources.get(part))
        for part in ("notebook_path", "assignment_id", "notebook_id", "submission_id"):
            resources[part] = escape(resources.get(part, ""))
        for output in (output for cell in nb.cells for output in cell.get("outputs", []) if "metadata" in output):
            output.metadata = nbformat.NotebookNode()
        resources.setdefault("inlining", {}).setdefault("css", []).append(FRAME)
        return nb, resources


class GradingRecord(Preprocessor):
    """Adds to formgrader's page, below the notebook, how it was graded and what was odd about it."""

    def preprocess(self, nb: nbformat.NotebookNode, resources: dict) -> tuple[nbformat.NotebookNode, dict]:
        if record := nb.metadata.get("autograder"):
            lines = [how_graded(record), *filter(None, [record.get("reason")]), *record.get("notes", [])]
            text = "".join(f"- {escape_markdown(line)}\n" for line in lines)
            cell = nbformat.v4.new_markdown_cell(f"#### How this was graded\n\n{text}")
            nb.cells.append(cell)
        return nb, resources


class MarkScheme(Preprocessor):
    """Adds to formgrader's page, below each written answer, the master's own cell: answers with their points."""

    def preprocess(self, nb: nbformat.NotebookNode, resources: dict) -> tuple[nbformat.NotebookNode, dict]:
        course = Course(Path(self.config.CourseDirectory.root), resources["assignment_id"])
        schemes = Masters(course.masters).notebooks[resources["notebook_id"]].mark_schemes()
        for place in reversed(range(len(nb.cells))):
            if scheme := schemes.get(nb.cells[place].metadata.get("nbgrader", {}).get("grade_id")):
                text = f"#### Mark scheme (students never see it)\n\n{scheme}"
                nb.cells.insert(place + 1, nbformat.v4.new_markdown_cell(text))
        return nb, resources


def escape_markdown(text: str) -> str:
    """Text that markdown and HTML show as it is, on one line."""
    return re.sub(r"([^\w\s.,:;()%/'-]|_)", r"\\\1", " ".join(str(text).split()))


def how_graded(record: dict) -> str:
    """In words: the level of confinement, its limits, versions, submission and key, as recorded with the grade."""
    bounds, versions = record.get("confinement") or {}, record.get("versions") or {}
    parts = [
        _level(record["level"], bounds) if bounds else "Nothing of this notebook was run",
        _limits(bounds),
    ]
    parts.append(", ".join(f"{name} {version}" for name, version in versions.items()))
    parts.append(f"submission {record.get('submission', '')[:12]}, key of the inputs {record.get('seed_key', '')}")
    if bounds:
        parts.append(f"took {record.get('seconds', 0):.1f} s and {record.get('megabytes', 0)} MB")
    return "; ".join(part for part in parts if part) + "."


def _level(level: str, bounds: dict) -> str:
    if level == "unsafe":
        return "Run WITHOUT a sandbox (--unsafe): this notebook's code could read and write what the grader can"
    words = [level, bounds.get("version"), "system calls filtered" if bounds.get("seccomp") else ""]
    missing = "; not covered: " + ", ".join(bounds["does_not_cover"]) if bounds.get("does_not_cover") else ""
    return f"Run in a sandbox ({', '.join(filter(None, words))}{missing})"


def _limits(bounds: dict) -> str:
    """The limits that most often matter."""
    if not {"memory", "processes", "cell_seconds", "call_seconds", "notebook_seconds"} <= set(bounds):
        return ""
    times = (bounds[f"{what}_seconds"] for what in ("cell", "call", "notebook"))
    return "at most {} MB of memory, {} processes, {:g} s for a cell, {:g} s for a call, {:g} s in all".format(
        bounds["memory"] >> 20, bounds["processes"], *times
    )


class FeedbackGrades(GetGrades):
    """nbgrader's GetGrades, which shows 0 for an answer that nobody has read; here its score is None.

    Of a written answer, `unanswered` says that the student left the cell as it was released.
    """

    def preprocess(self, nb: nbformat.NotebookNode, resources: dict) -> tuple[nbformat.NotebookNode, dict]:
        resources["nbgrader"]["waiting"] = 0.0
        record = nb.metadata.get("autograder", {})
        resources["nbgrader"]["reasons"] = credit_reasons(record.get("verdicts", {}))
        resources["nbgrader"]["how_graded"] = how_graded(record)
        return super().preprocess(nb, resources)

    def _get_score(self, cell, resources):
        super()._get_score(cell, resources)
        marks = cell.metadata.nbgrader
        grade = self.gradebook.find_grade(marks.grade_id, self.notebook_id, self.assignment_id, self.student_id)
        marks["unanswered"] = grade.auto_score == 0 and grade.manual_score is None
        if grade.auto_score is None and grade.manual_score is None:
            marks["score"] = None
            resources["nbgrader"]["waiting"] += grade.max_score


class FeedbackExporter(HTMLExporter):
    """The student's page: scores and hints by exercise, no script at all, no address outside the page."""

    @property
    def default_config(self) -> Config:
        own = {"extra_template_basedirs": [str(TEMPLATES)], "template_name": "feedback", "preprocessors": []}
        config = Config(FeedbackExporter=own)  # the section of this class outranks HTMLExporter's, which nbgrader sets
        config.merge(super().default_config)
        return config

    def default_filters(self) -> Iterator[tuple]:
        yield from super().default_filters()
        yield "marked", marked

    def _init_resources(self, resources):
        resources = super()._init_resources(resources)
        resources["code_css"] = HtmlFormatter(style="default").get_style_defs(".highlight")
        return resources


def credit_reasons(verdicts: dict) -> dict[str, str]:
    """Exercise -> why its mistake leaves part of the points; only those where it does."""
    from autograder.authoring.credit import reason  # loads the references: pages of nothing but text do not need them

    names = {grade_id.removeprefix("test_"): found.get("mistake") for grade_id, found in verdicts.items()}
    return {name: reason(name, mistake) for name, mistake in names.items() if mistake}


def marked(text: str) -> Markup:
    """The text, escaped, with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))
