"""`python -m autograder pack PLATFORM`: what is uploaded to Gradescope, PrairieLearn or GitHub to grade there."""

import argparse
import json
import shutil
import tomllib
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

from autograder.authoring.masters import Masters
from autograder.course import REPOSITORY, Course, CourseError
from autograder.judging import seeds

FILES = Path(__file__).resolve().with_name("files")
LEFT_OUT = {"rehearsal", "__pycache__"}  # of autograder/: made-up classes and attacks grade nobody
KINDS = {".py", ".toml", ".j2"}  # of autograder/: nothing personal has such a name
IMAGE = "REGISTRY/neural-style-transfer-grader"  # to be replaced by where the instructor pushes it
PRAIRIELEARN_SECONDS = 600  # the longest that PrairieLearn allows
SECRET = "It holds the masters, the grader's cases and the key of the inputs: only course staff may be able to read it."
SEE = "See autograder/doors/{}.md."
_EPOCH = (1980, 1, 1, 0, 0, 0)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder pack", description=__doc__.split("\n")[0])
    parser.add_argument("platform", choices=PLATFORMS)
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: dist/PLATFORM")
    args = parser.parse_args(argv)
    course = Course()
    out = args.out or course.root / "dist" / args.platform
    try:
        print("\n".join(PLATFORMS[args.platform](course, out)))
    except OSError as error:
        raise CourseError(f"{out} cannot be written: {error}") from error
    return 0


def gradescope(course: Course, out: Path) -> list[str]:
    """Write gradescope.zip into `out`; lines that say what to do with it."""
    out.mkdir(parents=True, exist_ok=True)
    files = _environment() | _tree("gradescope") | source(course)
    path = out / "gradescope.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, _mode(name) << 16
            archive.writestr(info, data)
    size = path.stat().st_size / 2**20
    return [f"{path} ({size:.1f} MB): upload it at Configure Autograder.", SECRET, SEE.format("gradescope")]


def prairielearn(course: Course, out: Path) -> list[str]:
    """Write the image's folder and the question's folder into `out`; lines that say what to do with them."""
    image, question = out / "image", out / "questions" / course.assignment
    templates = _tree("prairielearn")
    notebooks = ", ".join(f"{name}.ipynb" for name in Masters(course.masters).graded())
    _write(image, _environment() | {"Dockerfile": templates["Dockerfile"]})
    shutil.rmtree(question / "tests" / "source", ignore_errors=True)  # ours alone: what was packed before
    page = templates["question.html"].replace(b"NOTEBOOKS", notebooks.encode())
    _write(question, {"info.json": question_info(course), "question.html": page, "tests/run.sh": templates["run.sh"]})
    _write(question / "tests" / "source", source(course))
    return [
        f"{image}: build it and push it (docker build); it holds nothing secret.",
        f"{question}: put it below questions/ of your course, and write the image's name into info.json.",
        SECRET,
        SEE.format("prairielearn"),
    ]


def github(course: Course, out: Path) -> list[str]:
    """Write the workflows into `out`; lines that say where each belongs."""
    _write(out, _tree("github"))
    return [
        f"{out / 'grade.yml'}: for .github/workflows/ of your private copy of this repository; grades students'.",
        f"{out / 'classroom.yml'}: for .github/workflows/ of students' repositories, for practice.",
        f"Neither holds anything secret. {SEE.format('github')}",
    ]


PLATFORMS = {"gradescope": gradescope, "prairielearn": prairielearn, "github": github}


def question_info(course: Course) -> bytes:
    """PrairieLearn's info.json. The identifier is always the same, so that packing again keeps students' work."""
    info = {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"neural-style-transfer/{course.assignment}")),
        "title": "Neural style transfer: notebooks",
        "topic": "Neural style transfer",
        "tags": ["notebooks"],
        "type": "v3",
        "singleVariant": True,
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True,
            "image": IMAGE,
            "entrypoint": "/grade/tests/run.sh",
            "timeout": PRAIRIELEARN_SECONDS,
        },
    }
    return (json.dumps(info, indent=2) + "\n").encode()


def source(course: Course) -> dict[str, bytes]:
    """Name -> bytes of all that judging needs: grader, helper package, masters, released notebooks, assets, key.

    Nothing personal: no submission, grade, extension or name of a student. Makes the key if there is none yet.
    """
    key = {f"autograder/{seeds.KEY_FILE}": seeds.seed_key(course.home)}
    return key | {name: path.read_bytes() for name, path in _needed(course)}


def _needed(course: Course) -> Iterator[tuple[str, Path]]:
    root = course.root
    grader = REPOSITORY / "autograder"
    rooms = [path.parent for path in sorted(grader.glob("*/__init__.py")) if path.parent.name not in LEFT_OUT]
    code = [*grader.iterdir(), *(path for room in rooms for path in room.rglob("*"))]
    yield from _named(REPOSITORY, [path for path in code if path.suffix in KINDS])
    yield from _named(REPOSITORY, (REPOSITORY / "course" / "nst").rglob("*"))
    yield from _named(REPOSITORY, (REPOSITORY / "assets").iterdir())
    yield from _named(root, [*course.masters.glob("*.ipynb"), *course.released.glob("*.ipynb")])
    yield "LICENSE", REPOSITORY / "LICENSE"


def _named(root: Path, paths: Iterator[Path] | list[Path]) -> Iterator[tuple[str, Path]]:
    for path in paths:
        if path.is_file() and not LEFT_OUT & set(path.parts) and not path.name.startswith("."):
            yield path.relative_to(root).as_posix(), path


def _environment() -> dict[str, bytes]:
    """What makes the Python environment: packages that students and the grader need, in the versions of the lock."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["grader"]]
    lock = [line for line in (REPOSITORY / "requirements.txt").read_text().splitlines() if not line.startswith("-e")]
    return {
        "environment.sh": (FILES / "environment.sh").read_bytes(),
        "wanted.txt": ("\n".join(wanted) + "\n").encode(),
        "constraints.txt": ("\n".join(lock) + "\n").encode(),
    }


def _tree(platform: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((FILES / platform).iterdir())}


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(_mode(name))


def _mode(name: str) -> int:
    """Scripts can be run; the key is for its owner only."""
    if name.endswith(seeds.KEY_FILE):
        return 0o600
    return 0o755 if name.endswith((".sh", "run_autograder")) else 0o644
