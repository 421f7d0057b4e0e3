"""What students get, generated from the masters: notebooks, public cases, and one archive that runs by itself.

`python -m autograder release` writes it, `--check` says what differs from it and changes nothing.
"""

import argparse
import shutil
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat

from autograder.authoring import on_colab
from autograder.authoring.cases import write_public_cases
from autograder.authoring.masters import Masters
from autograder.converting import convert
from autograder.course import REPOSITORY, Course, CourseError

ARCHIVE = "neural-style-transfer"
_README = Path(__file__).resolve().with_name("STUDENT_README.md")
_REQUIREMENTS = Path(__file__).resolve().with_name("student_requirements.txt")
_FOLDERS = ("course", "assets")
_SKIPPED = {"__pycache__", "originals", ".ipynb_checkpoints", "colab"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip file can hold: archives of the same files are equal
_METADATA = {"kernelspec", "language_info"}

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "neural-style-transfer-helper"
version = "{version}"
requires-python = ">=3.11"

[tool.setuptools]
packages = {packages}
package-dir = {{"" = "course", "nst.assets" = "assets"}}

[tool.setuptools.package-data]
"*" = ["*.*"]
"""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder release", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if what is released is stale")
    args = parser.parse_args(argv)
    course = Course()
    if not args.check:
        archive = release(course)
        print(f"released {len(course.notebooks())} notebooks to {_shown(course.released)} and {_shown(archive)}")
        return 0
    for path in (stale := drift(course)):
        print(f"{path} differs from what the masters give: run `make release`", file=sys.stderr)
    return 1 if stale else 0


def release(course: Course) -> Path:
    """Regenerate notebooks, public cases and the student archive; the path of the archive.

    Nothing is written before all of it could be made.
    """
    with tempfile.TemporaryDirectory() as folder:
        notebooks, cases, for_colab = (Path(folder) / name for name in ("notebooks", "cases", "colab"))
        generate_notebooks(course, notebooks)
        generate_cases(course, cases)
        generate_for_colab(notebooks, for_colab)
        places = (course.released, course.root / "course" / "nst" / "cases", course.root / "course" / "colab")
        for draft, target in zip((notebooks, cases, for_colab), places, strict=True):
            shutil.rmtree(target, ignore_errors=True)
            if draft.is_dir():
                shutil.copytree(draft, target)
    return write_archive(course, course.root / "dist" / f"{ARCHIVE}.zip")


def drift(course: Course, *, cases: bool = True) -> list[str]:
    """Released files (relative to the root) that are missing, left over, or differ from what the masters give.

    Without `cases` only the notebooks are looked at, which takes a second or two.
    """
    with tempfile.TemporaryDirectory() as folder:
        generate_notebooks(course, Path(folder) / course.assignment)
        generate_for_colab(Path(folder) / course.assignment, Path(folder) / "colab")
        pairs = [(Path(folder) / course.assignment, course.released)]
        pairs.append((Path(folder) / "colab", course.root / "course" / "colab"))
        if cases:
            generate_cases(course, Path(folder) / "nst" / "cases")
            pairs.append((Path(folder) / "nst" / "cases", course.root / "course" / "nst" / "cases"))
        return sorted(str(path.relative_to(course.root)) for new, old in pairs for path in _differences(new, old))


def _differences(new: Path, old: Path) -> list[Path]:
    names = {path.relative_to(base) for base in (new, old) for path in base.rglob("*") if path.is_file()}
    names = {name for name in names if not _SKIPPED & set(name.parts)}
    return [old / name for name in names if _bytes(new / name) != _bytes(old / name)]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def generate_notebooks(course: Course, folder: Path) -> None:
    """Released notebooks into `folder` (replaced as a whole), as `nbgrader generate_assignment --no-db` makes them."""
    for name in course.notebooks():
        _check_delimiters(course.masters / f"{name}.ipynb")
    with tempfile.TemporaryDirectory() as draft:
        convert(course, Path(draft), database=False)
        for path in sorted(Path(draft).rglob("*.ipynb")):
            _check_released(path)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(Path(draft) / course.assignment, folder)


def _check_delimiters(path: Path) -> None:
    """Stop where a delimiter lacks its partner: nbgrader drops a lone END SOLUTION and would release the solution."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.source.count("BEGIN SOLUTION") != cell.source.count("END SOLUTION"):
            raise CourseError(f"{path.name}, cell {cell.id}: BEGIN SOLUTION and END SOLUTION do not come in pairs")


def _check_released(path: Path) -> None:
    """Stop a release that holds a solution, hidden text, outputs or foreign metadata."""
    nb = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in nb.cells)
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "BEGIN MARK SCHEME"):
        if mark in text:
            raise CourseError(f"{path.name} would be released with '{mark}' in it: a delimiter without its partner?")
    if foreign := set(nb.metadata) - _METADATA:
        raise CourseError(f"{path.name} would be released with metadata {sorted(foreign)}; remove it from the master")
    if any(cell.get("outputs") or cell.get("execution_count") for cell in nb.cells):
        raise CourseError(f"{path.name} would be released with outputs")


def generate_cases(course: Course, folder: Path) -> None:
    """Public cases of every exercise into `folder` (replaced as a whole)."""
    with tempfile.TemporaryDirectory() as draft:
        (made := Path(draft) / "cases").mkdir()  # a folder that others may enter, as `draft` is not
        write_public_cases(Masters(course.masters), made)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)


def generate_for_colab(released: Path, folder: Path) -> None:
    """The released notebooks for Colab into `folder`, which is made only where there is a public repository."""
    if name := on_colab.repository():
        address = f"https://github.com/{name}/releases/download/v{version()}/{ARCHIVE}.zip"
        on_colab.generate(released, folder, on_colab.first_cell(address, ARCHIVE))


def write_archive(course: Course, path: Path) -> Path:
    """The student archive: course/, assets/, requirements, README, packaging of nst. The same files, the same bytes."""
    files = {name: file.read_bytes() for name, file in course_files(course)}
    files["README.md"] = _README.read_bytes()
    files["requirements.txt"] = student_requirements().encode()
    files["pyproject.toml"] = _PYPROJECT.format(version=version(), packages=_packages(files)).encode()
    files["LICENSE"] = (course.root / "LICENSE").read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(f"{ARCHIVE}/{name}", _EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, files[name])
    return path


def version() -> str:
    """The course's version, which archive and website carry alike."""
    return str(tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"])


def _packages(names: Iterable[str]) -> list[str]:
    """nst and its rooms, those with data only and the pictures, too: what `pip install` of the archive installs."""
    folders = {name.removeprefix("course/").rpartition("/")[0] for name in names if name.startswith("course/nst/")}
    return sorted(folder.replace("/", ".") for folder in {*folders, "nst/assets"})


def course_files(course: Course) -> Iterator[tuple[str, Path]]:
    """(name, path) of every file that students get from the tree."""
    for folder in _FOLDERS:
        for path in (course.root / folder).rglob("*"):
            name = path.relative_to(course.root)
            if path.is_file() and not _SKIPPED & set(name.parts) and not name.name.startswith("."):
                yield name.as_posix(), path


def student_requirements() -> str:
    """requirements.txt of the archive: the students' lock, which `make lock` writes, and nst itself."""
    pins = [line for line in _REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    return "\n".join(["# What the notebooks need, in the versions they were tested with.", *pins, "-e .", ""])


def _shown(path: Path) -> str:
    """A path as a user at the repository's root would type it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
