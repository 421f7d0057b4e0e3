"""Seeds of the fresh cases: unpredictable outside, repeatable inside.

seed = HMAC(secret key, bytes of the submission, of the master and of the grader). The same bytes are judged on the same
cases again; one changed byte draws new ones. The key lies in a file of the instructor's own and nowhere else.
"""

import hashlib
import hmac
import os
import secrets
from functools import cache
from pathlib import Path

from autograder.course import Course, CourseError
from nst.checks import comparison

KEY_FILE = ".seed_key"
# By where this file and a module of nst lie, since a package itself may have no file: a course folder's `autograder`,
# which nbgrader has in its path, makes it a namespace.
PACKAGES = {"autograder": Path(__file__).resolve().parents[1], "nst": Path(comparison.__file__).resolve().parents[1]}
JUDGES = {  # package -> the rooms and files in it that decide about a score: another byte there, other cases
    "autograder": (
        "__init__.py",
        "authoring/__init__.py",
        "authoring/cases.py",
        "authoring/credit.py",
        "authoring/masters.py",
        "course.py",
        "credit.toml",
        "exercises",
        "grading/__init__.py",
        "grading/hooks.py",
        "intake/__init__.py",
        "intake/clean_copy.py",
        "intake/merge.py",
        "intake/notebook_file.py",
        "intake/recognise.py",
        "intake/times.py",
        "judging",
        "names.py",
        "sandbox",
    ),
    "nst": ("__init__.py", "checks", "errors.py", "plumbing/__init__.py", "plumbing/patience.py"),
}


def seed_key(home: Path) -> bytes:
    """The secret key in `home` (32 bytes, mode 0600), made on first use; safe when several processes come first.

    CourseError if it is gone and grades are there that were given with it: a new one is not made silently.
    """
    path = home / KEY_FILE
    if not path.exists():
        if _grades_exist(home):
            raise CourseError(
                f"{path} is missing, and grades are there that were given with it. Put it back: python -m autograder "
                "restore FILE. If no copy is left: python -m autograder restore --new-key, and grade everybody anew."
            )
        make_key(home)
    return path.read_bytes()


def make_key(home: Path) -> None:
    """A new key where there is none; one that is there stays."""
    draft = home / f"{KEY_FILE}.{secrets.token_hex(8)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(32))
    try:
        os.link(draft, home / KEY_FILE)  # fails if another process was first: then its key counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _grades_exist(home: Path) -> bool:
    """Whether a graded notebook names its key, or a run has noted whom it graded."""
    noted = next(home.glob(".graded/*/*.json"), None) is not None
    return noted or any(b'"seed_key"' in path.read_bytes() for path in home.glob("autograded/*/*/*.ipynb"))


def key_name(key: bytes) -> str:
    """Eight characters that tell keys apart and tell nothing about them."""
    return hashlib.sha256(b"name of " + key).hexdigest()[:8]


def seed(key: bytes, submission: str, master: bytes) -> bytes:
    """32 bytes for one notebook of one submission (given by its digest)."""
    parts = (submission.encode(), digest(master).encode(), grader_digest().encode())
    return hmac.new(key, b"\0".join(parts), hashlib.sha256).digest()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def seed_of(course: Course, name: str, submission: str) -> bytes:
    """The seed of one notebook of a submission, which is given by its digest."""
    return seed(seed_key(course.home), submission, (course.masters / f"{name}.ipynb").read_bytes())


def judging_files() -> dict[str, Path]:
    """Name -> path of every file that decides about a score, in one order everywhere."""
    found = {}
    for package, names in JUDGES.items():
        folder = PACKAGES[package]
        for path in (folder / name for name in names):
            for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
                found[f"{package}/{file.relative_to(folder).as_posix()}"] = file
    return found


@cache
def grader_digest() -> str:
    """Digest of every file that decides about a score (`JUDGES`)."""
    total = hashlib.sha256()
    for name, path in judging_files().items():
        total.update(f"{name}\0{digest(path.read_bytes())}\n".encode())
    return total.hexdigest()
