"""What of this machine student code may see, and what it must not; the environment that it gets."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PRIVATE = (PROJECT / "autograder", PROJECT / "solutions")  # submissions and the gradebook lie there, too
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime")


def roots() -> list[Path]:
    """System libraries and this Python environment, as far as they exist."""
    return existing(*SYSTEM, sys.base_prefix, sys.prefix)


def existing(*paths: str | Path) -> list[Path]:
    """Those of the paths that exist, each once."""
    return [Path(path) for path in dict.fromkeys(map(str, paths)) if os.path.exists(path)]


def hooks() -> Iterator[Path]:
    """Files of an editable install: they name every folder of the project, and make the grader importable."""
    for site in Path(sys.prefix).glob("lib/python3*/site-packages"):
        yield from sorted(site.glob("__editable__*"))


def right_answers() -> list[Path]:
    """Files of public cases: right answers, to which wrong code could fit its constants when it runs."""
    return sorted((PROJECT / "course" / "nst" / "cases").glob("*.json"))


def private_in_roots() -> list[Path]:
    """Folders of the grader that lie where student code may read otherwise."""
    places = existing(*PRIVATE, *Path(sys.prefix).glob("lib/python3*/site-packages/autograder"))
    folders = [root for root in roots() if not root.is_symlink()]
    return [place for place in places if any(place.is_relative_to(folder) for folder in folders)]


def environment(home: str, course: str) -> dict[str, str]:
    """The whole environment inside."""
    return {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": home,
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONPATH": course,
        "PYTHONDONTWRITEBYTECODE": "1",
        "IPYTHONDIR": f"{home}/.ipython",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "NST_WEIGHTS": "bundled",
        "NST_PLAN": "quick",  # a cell that asks how large pictures may be is not to measure this machine
        "NST_PROGRESS": "off",
        "NST_CHECKS": "off",  # a check that a student's cell makes says nothing: its cases are not there
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
