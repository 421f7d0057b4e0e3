"""One course on one JupyterHub: a server for each student, formgrader for the instructors (see README.md).

Two Pythons: the students' (nst, JupyterLab, nbgrader) and the grader's (this project), which holds right answers.
Take it over in your own jupyterhub_config.py with `load_subconfig`, or start it alone; change the names below first.
"""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
COURSE = "style_transfer"  # c.CourseDirectory.course_id: the folder in the exchange, the service and both groups
INSTRUCTORS = os.environ.get("COURSE_INSTRUCTORS", "prof").split(",")
STUDENTS = os.environ.get("COURSE_STUDENTS", "ann,bob").split(",")
GRADER = os.environ.get(
    "COURSE_GRADER", "grader"
)  # the account that owns this folder and runs formgrader; nobody logs in
STUDENT_PYTHON = os.environ.get("COURSE_STUDENT_PYTHON", "/opt/course/students/bin/python")
GRADER_PYTHON = os.environ.get("COURSE_GRADER_PYTHON", "/opt/course/grader/bin/python")
FORMGRADER = "http://127.0.0.1:8889"

# Right answers must not lie where a student can import them: not even the hub starts then.
_LOOK = "import importlib.util as u; print(*[n for n in ('autograder', 'solutions') if u.find_spec(n)])"
_found = subprocess.run([STUDENT_PYTHON, "-I", "-c", _LOOK], capture_output=True, text=True, check=True).stdout.split()
if _found:
    sys.exit(
        f"{STUDENT_PYTHON} is the students' Python, and {' and '.join(_found)} can be imported there, and with "
        "that anybody can print right answers. Make an environment for them that has the student package only: "
        "pip install neural-style-transfer.zip (autograder/hub/README.md)."
    )

c = get_config()  # noqa: F821 (JupyterHub supplies it)

c.Authenticator.allowed_users = {*INSTRUCTORS, *STUDENTS}
c.JupyterHub.load_groups = {
    f"formgrade-{COURSE}": {"users": INSTRUCTORS},
    f"nbgrader-{COURSE}": {"users": STUDENTS},
}
c.Spawner.cmd = [STUDENT_PYTHON, "-m", "jupyterhub.singleuser"]
# nbgrader asks the hub for the groups of whoever runs it, with the token of that person's own server.
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", "read:users!user"]

# Formgrader: a server of the grader's account, open to the group of instructors and to nobody else.
_EXTENSIONS = {"autograder.outcome.formgrader": True, "nbgrader.server_extensions.formgrader": False}
_EXTENSIONS["jupyter_server_mathjax"] = True  # formulas without the internet
c.JupyterHub.services = [
    {
        "name": COURSE,
        "url": FORMGRADER,
        "user": GRADER,
        "cwd": str(REPOSITORY / "autograder"),
        "oauth_no_confirm": True,
        "timeout": 120,  # seconds to start in; after that the whole hub gives up
        "command": [
            GRADER_PYTHON,
            "-m",
            "jupyterhub.singleuser",
            f"--ServerApp.root_dir={REPOSITORY}",
            "--ServerApp.default_url=/formgrader",
            f"--ServerApp.jpserver_extensions={_EXTENSIONS}",
        ],
        "environment": {"PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'course'}"},
    }
]
c.JupyterHub.load_roles = [
    {
        "name": f"formgrade-{COURSE}",
        "scopes": [f"access:services!service={COURSE}"],
        "groups": [f"formgrade-{COURSE}"],
    }
]
