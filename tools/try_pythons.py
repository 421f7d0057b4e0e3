"""Each Python at hand installs the student archive and runs the course. Prints the table of README.md.

    python tools/try_pythons.py                       # Python 3.11 to 3.14, on the PATH and of pyenv
    python tools/try_pythons.py --root /srv/debian    # the newest of a folder made by debootstrap (needs bubblewrap)

In a new environment, as a student types it: pip, `python -m nst doctor`, the solved notebooks at their smallest.
Then, with the whole lock, tests/nst and tests/course (--no-tests leaves them out). Packages come from the internet.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from autograder.authoring.release import ARCHIVE, write_archive
from autograder.course import REPOSITORY, Course
from nst.constants import BUNDLED_COMMAND

PYTHONS = [f"3.{minor}" for minor in range(11, 15)]
HEADER = "| Python | of | TensorFlow | installed in | doctor | notebooks 01-06 | tests |\n" + 7 * "|---" + "|"
COPIED = ("assets", "autograder", "course", "solutions", "tests", "tools", "benchmarks", ".importlinter")
SHARED = ("/etc/resolv.conf", "/etc/ssl/certs", "/etc/pip.conf")  # of the machine, for pip in another root


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pythons", nargs="*", default=PYTHONS, help="3.11 to 3.14 (default: all that are found)")
    parser.add_argument("--root", type=Path, help="a folder with another system")
    parser.add_argument("--no-tests", action="store_true", help="the student's part alone")
    options = parser.parse_args()
    interpreters = [found for version in options.pythons if (found := interpreter(version, options.root))]
    print(HEADER if interpreters else "None of these Pythons was found.", flush=True)
    rows = [Trial(python, options.root).run(tests=not options.no_tests) for python in interpreters]
    return 0 if rows and all(rows) else 1


def interpreter(version: str, root: Path | None) -> str | None:
    """A working Python of that version with venv in it: its path, or None."""
    named = [shutil.which(f"python{version}"), *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"))]
    if root:
        named = [f"/usr/bin/python{version}"] if (root / f"usr/bin/python{version}").exists() else []
    for python in filter(None, named):
        test = f"import ensurepip, sys; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
        if subprocess.run([*inside(root, []), python, "-c", test], capture_output=True).returncode == 0:
            return python
    return None


def inside(root: Path | None, writable: list[Path]) -> list[str]:
    """What stands before a command that is to see another system's folder as its root."""
    if not root:
        return []
    command = ["bwrap", "--bind", str(root), "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for path in SHARED:
        command += ["--ro-bind-try", os.path.realpath(path), path]
    for folder in writable:
        command += ["--bind", str(folder), str(folder)]
    return command


class Trial:
    """One Python: a folder of its own, where one command comes after another until one fails."""

    def __init__(self, python: str, root: Path | None):
        self.python, self.root, self.failed = python, root, ""

    def run(self, *, tests: bool) -> bool:
        """Do everything and print the row; whether all went well."""
        with tempfile.TemporaryDirectory(prefix="try_pythons_") as folder:
            self.folder = Path(folder)
            write_archive(Course(), self.folder / "archive.zip")
            with zipfile.ZipFile(self.folder / "archive.zip") as archive:
                archive.extractall(self.folder)
            cells = self.student()
            cells.append(self.tests() if tests and not self.failed else "not run")
            print("|", " | ".join(cells), "|", flush=True)
        if self.failed:
            print(self.failed, file=sys.stderr)
        return not self.failed

    def do(self, *command: str, at: Path, **variables: str) -> tuple[str, float]:
        """(output, seconds) of a command; nothing is done any more once one has failed."""
        if self.failed:
            return "", 0.0
        own = {"PATH": f"{self.folder}/env/bin:/usr/bin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8"}
        own |= {name: value for name, value in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()}
        own |= {"NST_PLAN": "quick", "NST_WEIGHTS": "bundled", "NST_PROGRESS": "off", **variables}
        prefix = inside(self.root, [self.folder]) + (["--chdir", str(at)] if self.root else [])
        print("$", *command, file=sys.stderr, flush=True)
        started = time.monotonic()
        done = subprocess.run([*prefix, *command], cwd=at, env=own, capture_output=True, text=True)
        if done.returncode:
            self.failed = f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
        return done.stdout, time.monotonic() - started

    def student(self) -> list[str]:
        """What README.md of the archive says, and the solved notebooks in the place of the student's."""
        course, masters = self.folder / ARCHIVE, Course().masters
        self.do(self.python, "-m", "venv", str(self.folder / "env"), at=self.folder)
        _, seconds = self.do("pip", "install", "--quiet", "-r", "requirements.txt", at=course)
        _, more = self.do(*BUNDLED_COMMAND.split(), "--quiet", at=course)
        report, _ = self.do("python", "-m", "nst", "doctor", at=course)
        books = sorted(path.name for path in masters.glob("*.ipynb"))
        for book in books:
            shutil.copy(masters / book, course / "course/style_transfer")
        execute = ("jupyter", "nbconvert", "--to", "notebook", "--execute", "--output-dir", str(self.folder / "done"))
        _, painting = self.do(*execute, *books, at=course / "course/style_transfer")
        version = re.search(r"^Python +(\S+)", report, re.MULTILINE)
        tensorflow = re.search(r"^tensorflow +([\d.]+)$", report, re.MULTILINE)
        return [
            version.group(1) if version else self.python,
            self.system(),
            tensorflow.group(1) if tensorflow else "none",
            f"{seconds + more:.0f} s" if more else "failed",
            "all is there" if report else "failed",
            "failed" if self.failed else f"{painting:.0f} s",
        ]

    def system(self) -> str:
        text = ((self.root or Path("/")) / "etc/os-release").read_text()
        return re.search(r'^PRETTY_NAME="?([^"\n]+)', text, re.MULTILINE).group(1)

    def tests(self) -> str:
        """The repository's tests of what students have, with all packages of the lock: how many passed."""
        copy = self.folder / "repository"
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "db", "dist")
        for name in COPIED:
            source = REPOSITORY / name
            shutil.copytree(source, copy / name, ignore=ignored) if source.is_dir() else shutil.copy(source, copy)
        for path in REPOSITORY.glob("*.*"):
            if path.is_file():
                shutil.copy(path, copy)
        shutil.copy(REPOSITORY / "Makefile", copy)
        lock = [line for line in (copy / "requirements.txt").read_text().splitlines() if not line.startswith("-e")]
        (copy / "lock.txt").write_text("\n".join(lock))
        self.do("pip", "install", "--quiet", "-r", "lock.txt", at=copy)
        command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/nst", "tests/course")
        output, _ = self.do(*command, at=copy, PYTHONPATH=f"{copy}/course:{copy}")
        summary = re.search(r"(\d+ passed.*?) in ", output or self.failed)
        return summary.group(1) if summary else "failed"


if __name__ == "__main__":
    sys.exit(main())
