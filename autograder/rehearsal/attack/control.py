"""The control: the same cases through unmodified nbgrader, with check cells made of assert statements.

It runs in a container of its own (bubblewrap: nothing of this machine writable, no network, no other process), for what
stock nbgrader runs may do anything. Bombs are not run at all. Its inner side is started by this module's own name.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import nbformat
import numpy as np
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import BaseConverter, NbGraderException

from autograder.authoring.cases import GradedExercise
from autograder.authoring.masters import Masters
from autograder.converting import convert, register
from autograder.course import REPOSITORY, Course
from autograder.rehearsal.attack.arena import HONEST, NOTEBOOKS, Arena, Result, plain_numbers, plant
from autograder.rehearsal.attack.case import CASES, Case
from autograder.rehearsal.attack.traps import Traps

CONFIG = """\
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
c.CourseDirectory.submitted_directory = "autograder/submitted"
c.CourseDirectory.autograded_directory = "autograder/autograded"
c.CourseDirectory.feedback_directory = "autograder/feedback"
c.CourseDirectory.db_url = "sqlite:///{root}/autograder/gradebook.db"
c.ExecutePreprocessor.timeout = 5  # seconds a cell instead of 30, so that the table is done sooner
"""
CHECK = """\
for args, expected in {cases}:
    args = [{{k: np.array(v) for k, v in a.items()}} if isinstance(a, dict) else np.array(a) for a in args]
    answer = {exercise}(*args)
    if isinstance(expected, dict):
        assert set(answer) == set(expected)
        for layer in expected:
            assert np.allclose(answer[layer], expected[layer], rtol=1e-4)
    else:
        assert np.shape(answer) == np.shape(expected)
        assert np.allclose(answer, expected, rtol=1e-4)
"""
STOPPED = "every student after this one"
PATIENCE = 120  # seconds that one student may take, where stock nbgrader does not come to an end
GRADED, FAILED, ENDED, HUNG = 0, 3, 4, 5  # what became of one student: a batch goes on after the first two
GOES_ON = ("traceback for details", "error log", "No notebooks were matched")  # errors after which a batch does


class StockArena(Arena):
    """A class graded by stock nbgrader, student by student, as one batch would.

    Scores and harm are looked at right after each, since later submissions may change scores and processes end.
    """

    def __init__(self, root: Path, traps: Traps, chosen: list[Case]):
        super().__init__(root, traps, chosen)
        self.others: dict[str, list[str]] = {}
        self.harmed: dict[str, list[str]] = {}
        self.kept: dict[str, dict[str, float]] = {}
        self.hung: list[str] = []  # students whose feedback page never comes

    def grade_all(self) -> None:
        """Honest students first; then every case, looking after each at what became of the others."""
        for student in HONEST:
            self._grade(student)
        for case in self.chosen:
            self._grade_case(case)
        for name in self.resubmit():
            self.traps.arm()
            self._grade(name, force=True)
            self._look(name)
        for name in (*HONEST, *(case.name for case in self.chosen)):
            directory = self.course.directory(student_id=name)
            if self._apart(GenerateFeedback(coursedir=directory, config=self.course.config)) == HUNG:
                self.hung.append(name)

    def _grade_case(self, case: Case) -> None:
        if self._grade(case.name) in (ENDED, HUNG):
            self.others[case.name] = [STOPPED]
        self._look(case.name)
        changed = [s for s in HONEST if self.scores(s) != self.points]
        if changed:
            self.others.setdefault(case.name, []).extend(changed)
            for student in HONEST:
                self._grade(student, force=True)

    def _look(self, name: str) -> None:
        """Keep the case's scores, and whatever harm there is that was not there before it."""
        self.kept[name] = super().scores(name)
        harm = self.traps.harm()
        self.harmed.setdefault(name, []).extend(harm.pop("", []) + harm.get(name, []))
        self.traps.arm()

    def scores(self, student: str) -> dict[str, float]:
        return self.kept[student] if student in self.kept else super().scores(student)

    def _grade(self, student: str, force: bool = False) -> int:
        directory = self.course.directory(student_id=student)
        return self._apart(Autograde(coursedir=directory, config=self.course.config, force=force))

    def _apart(self, converter: BaseConverter) -> int:
        """Convert in a child (some attacks kill the grader, some keep it busy); one of the codes above."""
        child = os.fork()
        if child == 0:
            signal.alarm(PATIENCE)
            os._exit(self._in_child(converter))
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
            return HUNG
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else ENDED

    def _in_child(self, converter: BaseConverter) -> int:
        os.setsid()
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), 1)
            os.dup2(null.fileno(), 2)
        try:
            converter.start()
        except NbGraderException as error:
            return FAILED if any(words in str(error) for words in GOES_ON) else ENDED
        except BaseException:  # whatever an attack raises here: the batch would end
            return ENDED
        return GRADED

    def results(self) -> list[Result]:
        results = super().results()
        for result in results:
            result.others = self.others.get(result.name, [])
            result.harm = sorted({*result.harm, *self.harmed.get(result.name, [])})
            result.harm += ["generate_feedback never ends"] * (result.name in self.hung)
        return results

    def _hidden_numbers(self, student: str, text: str) -> list[str]:
        return []  # in stock nbgrader the check cells, with all numbers, are in the feedback

    def leaks(self, student: str) -> list[str]:
        return [what for what in super().leaks(student) if what.startswith("secret")]


def stock_course(root: Path) -> Course:
    """The two notebooks without demonstrations, their checks as assert statements, released by stock nbgrader."""
    course = Course(root)
    course.masters.mkdir(parents=True)
    course.home.mkdir()
    (course.home / "nbgrader_config.py").write_text(CONFIG.format(root=str(root)))
    for name in NOTEBOOKS:
        nb = nbformat.read(Course().masters / f"{name}.ipynb", as_version=4)
        nb.cells = [cell for cell in nb.cells if _kept(cell)]
        for cell in nb.cells:
            if (grade_id := cell.metadata.get("nbgrader", {}).get("grade_id", "")).startswith("test_"):
                cell.source = classic_check(grade_id.removeprefix("test_"))
        nbformat.write(nb, course.masters / f"{name}.ipynb")
    convert(course, root / "course", database=True)
    register(course)
    return course


def _kept(cell: nbformat.NotebookNode) -> bool:
    return not cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith(("demo_", "check_"))


def classic_check(exercise: str) -> str:
    """A check cell as courses have them: a few examples and assert statements."""
    examples = [
        ([_plain(a) for a in case.args], _plain(case.expected))
        for case in GradedExercise(exercise, Masters()).public()[:2]
    ]
    return CHECK.format(exercise=exercise, cases=repr(examples))


def _plain(value):
    return (
        {k: plain_numbers(v) for k, v in value.items()} if isinstance(value, dict) else plain_numbers(np.asarray(value))
    )


# --- outside: the container ---


def control(chosen: list[Case], seconds: float = 3600.0, classes: int = 2) -> dict[str, Result]:
    """Case -> Result with stock nbgrader, in so many classes side by side; what would harm the machine is not run."""
    names = [case.name for case in chosen if not case.bomb]
    parts = [part for part in (names[first::classes] for first in range(classes)) if part]
    with ThreadPoolExecutor(classes) as pool:
        rows = [row for part in pool.map(lambda part: _contained(part, seconds), parts) for row in part]
    found = {row["name"]: Result(**row) for row in rows if row["name"]}
    harmful = {c.name: Result(c.name, not_run="not run: would harm the machine") for c in chosen if c.bomb}
    return found | harmful


def _contained(names: list[str], seconds: float) -> list[dict]:
    """Results of these cases from a container of their own, as plain data."""
    done = subprocess.run(
        container(), input=json.dumps(names), capture_output=True, text=True, timeout=seconds, preexec_fn=_limits
    )
    if done.returncode:
        raise RuntimeError(f"the control ended with exit code {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def container() -> list[str]:
    """bubblewrap's command for the inner side."""
    words = [
        "bwrap",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--tmpfs",
        "/tmp",
        "--tmpfs",
        "/var/tmp",
    ]
    for path in dict.fromkeys(map(str, (REPOSITORY, sys.base_prefix, sys.prefix))):
        words += ["--ro-bind", path, path]
    words += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL"]
    words += ["--die-with-parent", "--new-session", "--clearenv", "--chdir", str(REPOSITORY)]
    for name, value in {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": "/tmp",
        "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'course'}",
        "LANG": "C.UTF-8",
    }.items():
        words += ["--setenv", name, value]
    return [*words, sys.executable, "-m", "autograder.rehearsal.attack.control"]


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200 * 2**20, 200 * 2**20))


def main() -> None:
    """The inner side: names of cases in, results out, as JSON. Refuses to run where it could do harm."""
    if os.access(REPOSITORY, os.W_OK):
        sys.exit("only for inside the container of `python -m autograder attack`: here the project can be written to")
    chosen = [CASES[name] for name in json.load(sys.stdin)]
    root = Path(tempfile.mkdtemp()) / "course"
    stock_course(root)
    with Traps(root) as traps, contextlib.redirect_stdout(sys.stderr):
        place = StockArena(root, traps, chosen)
        plant(place.course, traps.canaries)
        place.hand_in()
        traps.arm()
        place.grade_all()
        results = place.results()
    print(json.dumps([asdict(result) for result in results]))
    shutil.rmtree(root.parent, ignore_errors=True)


if __name__ == "__main__":
    from autograder.rehearsal.attack import corpora  # noqa: F401 -- fills CASES

    main()
