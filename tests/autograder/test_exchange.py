"""nbgrader's exchange, every command as autograder/README.md has it: two students of this machine and an instructor.

As root they are plain users, each with a uid, a home and a place in /etc/passwd, in a mount namespace of bubblewrap.
Otherwise each is a folder, and says who it is with --student.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course import REPOSITORY, Course
from autograder.rehearsal.samples import copy_course, filled, solved

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
GUIDE = (REPOSITORY / "autograder" / "README.md").read_text()
UIDS = {"ann": 2001, "bob": 2002}
PLAIN_USERS = os.geteuid() == 0
INSTRUCTOR = [
    "nbgrader release_assignment style_transfer",
    "nbgrader collect style_transfer --update",
    "nbgrader autograde style_transfer",
    "nbgrader generate_feedback style_transfer --force",
    "nbgrader release_feedback style_transfer",
]
STUDENT = ["fetch_assignment", "submit", "fetch_feedback"]
RIGHT = solved(Course())
FORMGRADER = REPOSITORY / "tests" / "helpers" / "formgrader_buttons.py"
NOTEBOOKS = ["01_feature_maps", "03_gram_matrices"]


@dataclass
class Machine:
    """A course, its exchange and the homes of its students, with a way to type commands as each of them."""

    folder: Path
    course: Course

    @property
    def inbound(self):
        return self.folder / "exchange" / "style_transfer" / "inbound"

    def instructor(self, command, fails=False):
        """Type a command in autograder/."""
        return self._run(self._seen(command, self.course.home), self.course.home, self.folder / "prof", fails)

    def student(self, name, command, fails=False):
        """Type a command in the student's home."""
        home = self.folder / name
        if not PLAIN_USERS:
            return self._run([*_words(command), "--student", name], home, home, fails)
        become = ["setpriv", "--reuid", str(UIDS[name]), "--regid", str(UIDS[name]), "--clear-groups"]
        return self._run(self._seen(command, home, become), home, home, fails)

    def _seen(self, command, folder, become=()):
        """The command on a machine that knows the students, and where Python can be read by everybody."""
        if not PLAIN_USERS:
            return _words(command)
        needed = [Path(path).resolve() for path in (sys.base_prefix, sys.prefix, REPOSITORY)] + [self.folder]
        closed = {top for path in needed for top in [*reversed(path.parents)] if not top.stat().st_mode & 0o001}
        opened = [word for top in sorted(closed) for word in ("--tmpfs", str(top))] if become else []
        opened += [word for path in needed for word in ("--bind", str(path), str(path))] if become else []
        opened += ["--ro-bind", str(self.folder / "passwd"), "/etc/passwd", "--chdir", str(folder)]
        return ["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL", *opened, *become, *_words(command)]

    def _run(self, words, folder, home, fails):
        environment = {**os.environ, "HOME": str(home), "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'course'}"}
        environment |= {"JUPYTER_DATA_DIR": str(home / ".data"), "JUPYTER_CONFIG_DIR": str(home / ".jupyter")}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def submit(self, name, answers):
        """Write these answers into the student's own notebooks and hand them in."""
        for notebook in NOTEBOOKS:
            path = self.folder / name / "style_transfer" / f"{notebook}.ipynb"
            owner = path.stat()
            nbformat.write(filled(self.course, notebook, answers), path)
            os.chown(path, owner.st_uid, owner.st_gid)
        return self.student(name, "nbgrader submit style_transfer")

    def points(self, name):
        with Gradebook(self.course.db_url) as gradebook:
            return gradebook.find_submission(self.course.assignment, name).score

    def pages(self, name):
        """The student's feedback pages, oldest hand-in first."""
        found = sorted((self.folder / name / "style_transfer" / "feedback").glob("*/03_gram_matrices.html"))
        return [path.read_text() for path in found]


def _words(command):
    words = shlex.split(command)
    return [sys.executable, "-m", "nbgrader", *words[1:]] if words[0] == "nbgrader" else words


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A course that was released, and two students who have fetched it."""
    folder = tmp_path_factory.mktemp("machine")
    folder.chmod(0o755)
    course = copy_course(Course(), folder / "course", NOTEBOOKS)
    with open(course.home / "nbgrader_config.py", "a") as config:
        config.write(f'c.Exchange.root = "{folder}/exchange"\n')
        config.write("" if PLAIN_USERS else "c.ExchangeCollect.check_owner = False\n")
    rows = [f"{name}:x:{uid}:{uid}::{folder / name}:/bin/sh" for name, uid in UIDS.items()]
    (folder / "passwd").write_text(Path("/etc/passwd").read_text() + "\n".join(rows) + "\n")
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o777)
    (folder / "prof").mkdir()
    machine = Machine(folder, course)
    machine.instructor(INSTRUCTOR[0])
    settings = (
        f'c = get_config()\nc.CourseDirectory.course_id = "style_transfer"\nc.Exchange.root = "{folder}/exchange"\n'
    )
    for name, uid in UIDS.items():
        (folder / name).mkdir()
        (folder / name / "nbgrader_config.py").write_text(settings)
        if PLAIN_USERS:
            os.chown(folder / name, uid, uid)
            (folder / name).chmod(0o700)
        machine.student(name, "nbgrader fetch_assignment style_transfer")
    return machine


@pytest.fixture(scope="module")
def term(machine):
    """Ann hands in twice, Bob once; then somebody tries what the exchange's folder lets everybody try."""
    printed = {}
    machine.submit("ann", RIGHT | {"gram_matrix": "def gram_matrix(F):\n    return F"})
    machine.submit("bob", RIGHT)
    for command in INSTRUCTOR[1:]:
        printed[command] = machine.instructor(command)
    machine.student("ann", "nbgrader fetch_feedback style_transfer")
    printed["pages"] = machine.pages("ann")
    printed["points"] = [machine.points(name) for name in UIDS]
    machine.submit("ann", RIGHT)
    for command in INSTRUCTOR[1:]:
        printed[command] = machine.instructor(command)
    for name in UIDS:
        machine.student(name, "nbgrader fetch_feedback style_transfer")
    return printed


def test_every_command_stands_in_the_guide():
    blocks = "".join(re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL))
    typed = re.findall(r"^(nbgrader .*?) *(?:#.*)?$", blocks, re.MULTILINE)
    assert typed == [*INSTRUCTOR, *(f"nbgrader {verb} style_transfer" for verb in STUDENT)]


def test_feedback_comes_back_for_each_attempt_to_its_student_only(machine, term):
    wrong, right = machine.pages("ann")
    assert term["pages"] == [wrong] and wrong != right
    assert len(machine.pages("bob")) == 1


def test_points_follow_the_second_attempt(machine, term):
    first, bobs = term["points"]
    assert first < bobs == machine.points("ann")


def test_a_second_attempt_replaces_the_first_and_both_are_kept(machine, term):
    assert "Updating submission: ann style_transfer" in term[INSTRUCTOR[1]]
    assert "No newer submission to collect: bob style_transfer" in term[INSTRUCTOR[1]]
    assert len(list((machine.course.home / "attempts" / "ann").glob("*.zip"))) == 2
    assert len(list((machine.course.home / "attempts" / "bob").glob("*.zip"))) == 1


def test_formgrader_sees_the_hand_ins_as_graded_and_its_buttons_do_the_same(machine, term):
    shown = json.loads(machine.instructor(f"{sys.executable} {FORMGRADER}").splitlines()[-1])
    assert shown.pop("graded") == ["ann", "bob"]
    assert shown == dict.fromkeys(["collect", "autograde", "generate_feedback", "release_feedback"], True)


@pytest.mark.skipif(not PLAIN_USERS, reason="to be two other users needs root")
def test_what_others_put_into_the_exchange_is_left_there_and_named(machine, term):
    (bobs,) = machine.inbound.glob("bob+*")
    later = "style_transfer+2099-01-01 00:00:00.0 UTC+x"
    machine.student("bob", f"cp -r '{bobs}' '{machine.inbound}/ann+{later}'")
    machine.student("bob", f"mkdir '{machine.inbound}/bob+style_transfer+soon+x'")
    machine.student("bob", f"ln -s '{machine.course.masters}' '{machine.inbound}/bob+{later}'")
    told = machine.instructor(INSTRUCTOR[1])
    assert f"not collected: 'ann+{later}' (it belongs to bob)" in told
    assert "not collected: 'bob+style_transfer+soon+x' (its name holds no time)" in told
    assert f"not collected: 'bob+{later}' (it is no folder)" in told
    assert "No newer submission to collect: ann" in told and "No newer submission to collect: bob" in told


@pytest.mark.skipif(not PLAIN_USERS, reason="to be two other users needs root")
def test_no_link_is_followed_out_of_a_hand_in(machine, term):
    """The instructor can read the masters; a link to them would be a right answer."""
    (bobs,) = machine.inbound.glob("bob+style_transfer+20[0-8]*")
    copy = machine.inbound / "bob+style_transfer+2098-01-01 00:00:00.0 UTC+x"
    machine.student("bob", f"cp -r '{bobs}' '{copy}'")
    master = machine.course.masters / "03_gram_matrices.ipynb"
    machine.student("bob", f"ln -sf '{master}' '{copy}/03_gram_matrices.ipynb'")
    machine.student("bob", f"cp '{copy}/timestamp.txt' '{copy}/notes.pdf'")
    told = machine.instructor(INSTRUCTOR[1])
    assert "Left in the exchange: '03_gram_matrices.ipynb' of 'bob" in told and "it is a link, no regular file" in told
    assert "Left in the exchange: 'notes.pdf' of 'bob" in told
    assert not (machine.course.submitted / "bob" / "style_transfer" / "03_gram_matrices.ipynb").exists()


def test_who_did_not_hand_in_here_is_named_and_the_others_get_their_feedback(machine, term):
    shutil.copytree(machine.course.feedback / "bob", machine.course.feedback / "aaron")
    (machine.course.feedback / "aaron" / "style_transfer" / "submission_secret.txt").unlink()
    told = machine.instructor(INSTRUCTOR[-1])
    assert "No feedback released to aaron" in told and "feedback-zips --student aaron" in told
    assert "Releasing feedback for student 'bob'" in told
