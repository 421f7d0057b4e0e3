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

from nbgrader.coursedir import CourseDirectory

from autograder.course import Course
from autograder.judging import seeds

KEY_FILE = ".seed_key"
_HERE = Path(__file__).resolve().parents[1]


def seed_key(home: Path) -> bytes:
    """The secret key in `home` (32 bytes, mode 0600), made on first use; safe when several processes come first."""
    path = home / KEY_FILE
    if not path.exists():
        draft = home / f"{KEY_FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(draft, path)  # fails if another process was first: then its key counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


def key_name(key: bytes) -> str:
    """Eight characters that tell keys apart and tell nothing about them."""
    return hashlib.sha256(b"name of " + key).hexdigest()[:8]


def seed(key: bytes, submission: str, master: bytes) -> bytes:
    """32 bytes for one notebook of one submission (given by its digest)."""
    parts = (submission.encode(), digest(master).encode(), grader_digest().encode())
    return hmac.new(key, b"\0".join(parts), hashlib.sha256).digest()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@cache
def grader_digest() -> str:
    """Digest of every source file that decides about a score: this package and `nst`."""
    total = hashlib.sha256()
    for folder in (_HERE, _HERE.parent / "course" / "nst"):
        for path in sorted(folder.rglob("*.py")):
            total.update(f"{path.relative_to(folder)}\0{digest(path.read_bytes())}\n".encode())
    return total.hexdigest()


def seed_of(course: CourseDirectory, name: str, submission: str) -> bytes:
    """The seed of one notebook of a submission, which is given by its digest."""
    master = (_masters(course) / f"{name}.ipynb").read_bytes()
    return seeds.seed(seeds.seed_key(Course(Path(course.root)).home), submission, master)


def _masters(course: CourseDirectory) -> Path:
    return Path(course.format_path(course.source_directory, ".", course.assignment_id))
