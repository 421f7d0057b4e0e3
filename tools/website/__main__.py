"""Build the course's website: `python -m tools.website [FOLDER]` (default: dist/site)."""

import argparse
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from sphinx.cmd.build import build_main

from autograder.authoring.release import ARCHIVE, generate_notebooks, version, write_archive
from autograder.course import REPOSITORY, Course
from nst.gallery.pages import STYLE
from tools.website import chapters, landing, pages
from tools.website.executed import executed, prune

AT_ONCE = 2  # notebooks that run at the same time
WORK = REPOSITORY / "build" / "website"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.website", description=str(__doc__).split(":")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=REPOSITORY / "dist" / "site")
    parser.add_argument("--run", nargs="*", metavar="NOTEBOOK", help="run these only; the others are shown unrun")
    args = parser.parse_args(argv)
    start = time.monotonic()
    code = build(Course(), args.folder, WORK, args.run)
    files = [path for path in args.folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 2**20
    print(f"{args.folder}: {len(files)} files, {size:.1f} MiB, {time.monotonic() - start:.0f} s")
    return code


def build(course: Course, folder: Path, work: Path, only: list[str] | None = None) -> int:
    """The site into `folder` (replaced as a whole); Sphinx's exit code. Without `only` all notebooks are run."""
    source, extra, static = work / "source", work / "extra", work / "static"
    for old in (source, extra, static):
        shutil.rmtree(old, ignore_errors=True)
        old.mkdir(parents=True)
    generate_notebooks(course, work / "released")
    (extra / "downloads").mkdir()
    archive = write_archive(course, extra / "downloads" / f"{ARCHIVE}.zip")
    shutil.copytree(work / "released" / "expected", source / "expected")
    done = run_all(course, only)
    gallery = done.pop("")
    made = {}
    for name, solved in done.items():
        released = work / "released" / f"{name}.ipynb"
        shutil.copy(released, extra / "downloads")
        made[name] = chapters.chapter(name, nbformat.read(released, as_version=4), solved, extra / "pictures")
        nbformat.write(made[name], source / f"{name}.ipynb")
    pages.write_pages(source, list(made))
    size = f"{archive.stat().st_size / 2**20:.1f} MiB"
    facts = {"version": version(), "size": size, "links": chapters.links(next(iter(made)))}
    (source / "index.md").write_text(landing.landing_page(gallery, made, extra / "pictures", facts), encoding="utf-8")
    (source / "api.md").write_text(pages.api_page(), encoding="utf-8")
    (static / "slider.css").write_text(STYLE)
    os.environ |= {"NST_SITE_EXTRA": str(extra), "NST_SITE_STATIC": str(static)}
    shutil.rmtree(folder, ignore_errors=True)
    options = ["-q", "-W", "--keep-going", "-c", str(Path(__file__).parent), "-d", str(work / "doctrees")]
    return build_main(["-b", "html", *options, str(source), str(folder)])


def run_all(course: Course, only: list[str] | None = None) -> dict[str, nbformat.NotebookNode]:
    """Name -> the master, with its outputs if it is wanted; under "" the gallery of the landing page."""
    notebooks = {name: nbformat.read(course.masters / f"{name}.ipynb", as_version=4) for name in course.notebooks()}
    notebooks[""] = landing.gallery()
    wanted = [*reversed(notebooks)] if only is None else ["", *only]  # the long ones first
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda name: executed(notebooks[name], course.masters), wanted)
        notebooks |= dict(zip(wanted, found, strict=True))
    prune()
    return notebooks


if __name__ == "__main__":
    sys.exit(main())
