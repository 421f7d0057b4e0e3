"""nbgrader's configuration of this course: the one file that its stock commands read.

Run them from this folder (`cd autograder && nbgrader autograde style_transfer`); formgrader: see the README.
Own additions (a late penalty plugin, a PostgreSQL `db_url`) go at the end.
"""

import os
import sys
import sysconfig
import warnings
from pathlib import Path

from sqlalchemy.exc import SAWarning

HERE = Path(__file__).resolve().parent
for folder in (str(HERE.parent), str(HERE.parent / "course")):  # the hooks below, also where nothing is installed
    if folder not in sys.path:
        sys.path.append(folder)
# nbgrader calls `alembic` by its name, which is only found where the environment is active.
os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")  # nothing that an instructor could do about

from autograder.grading import journal  # noqa: E402 (found only now)

journal.watch(HERE)  # who changes which points: python -m autograder log
if "nbgrader.server_extensions.formgrader.handlers" in sys.modules:  # formgrader reads this, however it was started
    from autograder.outcome import formgrader

    formgrader.shut_the_door()

c = get_config()  # noqa: F821 (nbgrader supplies it)

# Where things lie: masters in solutions/, released notebooks in course/, everything personal below this folder.
c.CourseDirectory.course_id = "style_transfer"  # the course's folder in the exchange, and its groups on a JupyterHub
c.CourseDirectory.root = str(HERE.parent)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
c.CourseDirectory.submitted_directory = f"{HERE.name}/submitted"
c.CourseDirectory.autograded_directory = f"{HERE.name}/autograded"
c.CourseDirectory.feedback_directory = f"{HERE.name}/feedback"
c.CourseDirectory.db_url = f"sqlite:///{HERE / 'gradebook.db'}"
c.CourseDirectory.ignore = [".*", "*.pyc", "__pycache__"]

# The verdict is never computed where a student's code runs: three hooks instead of nbgrader's own steps.
c.Autograde.exporter_class = "autograder.grading.hooks.SubmissionExporter"
c.Autograde.sanitize_preprocessors = ["autograder.grading.hooks.FillInReleased"]
c.Autograde.autograde_preprocessors = [
    "autograder.grading.hooks.TrustedGrading",
    "autograder.grading.hooks.SaveVerdicts",
    "nbgrader.preprocessors.AssignLatePenalties",
]

# Pages for students (feedback) and instructors (formgrader): no script of a student's runs there.
c.GenerateFeedback.exporter_class = "autograder.outcome.pages.FeedbackExporter"
c.GenerateFeedback.preprocessors = ["autograder.outcome.pages.FeedbackGrades"]
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.preprocessors = [
    "autograder.outcome.pages.MarkScheme",
    "autograder.outcome.pages.GradingRecord",
    "autograder.outcome.pages.SafeSurroundings",
]
c.HTMLExporter.filters = {
    "markdown2html": "autograder.outcome.cleaning.safe_markdown",
    "highlight_code": "autograder.outcome.cleaning.safe_code",
    "clean_html": "autograder.outcome.cleaning.clean_html",
}
c.ExportApp.plugin_class = "autograder.outcome.export.CsvExport"  # `nbgrader export`: no name is a formula there

# nbgrader's exchange (a shared server): what students wrote there is read with care.
c.ExchangeFactory.collect = "autograder.intake.exchange.Collect"
c.ExchangeFactory.release_feedback = "autograder.outcome.exchange.ReleaseFeedback"

# Late days: per cent of the points for each day begun after the deadline. POLICY.md says it in words: change both.
c.AssignLatePenalties.plugin_class = "autograder.outcome.late.LateDays"
c.LateDays.grace_minutes = 15
c.LateDays.percent_a_day = 10
c.LateDays.percent_at_most = 50
c.LateDays.extensions_file = str(HERE / "extensions.csv")

# What the first page of the feedback says about complaints. POLICY.md says it, too: change both.
c.Complaints.days = 7
c.Complaints.how = "in writing to your instructor, naming the exercise and what you think is wrong"
