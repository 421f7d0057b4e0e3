"""The repository's own pages and nst's docstrings as pages of the site."""

import ast
import functools
import posixpath
import re
import shutil
from pathlib import Path

import nst
from autograder.course import REPOSITORY

# page of the site -> the file that it is
PAGES = {
    "notebooks": "autograder/authoring/STUDENT_README.md",
    "instructors": "README.md",
    "guide": "autograder/README.md",
    "policy": "autograder/POLICY.md",
    "security": "autograder/SECURITY.md",
    "benchmarks": "benchmarks/README.md",
    "gradescope": "autograder/doors/gradescope.md",
    "prairielearn": "autograder/doors/prairielearn.md",
    "github": "autograder/doors/github.md",
    "hub": "autograder/hub/README.md",
    "contributing": "CONTRIBUTING.md",
    "compute": "course/nst/compute/README.md",
    "sandbox": "autograder/sandbox/README.md",
    "accessibility": "ACCESSIBILITY.md",
    "changelog": "CHANGELOG.md",
}
CONTENTS = {  # page -> the pages below it
    "instructors": ["guide", "policy", "security", "benchmarks", "gradescope", "prairielearn", "github", "hub",
                    "contributing", "compute", "sandbox"],
}  # fmt: skip
FIRST = ("painting", "checks.local", "images.loading")  # modules of nst that one meets first
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def write_pages(source: Path, notebooks: list[str]) -> None:
    """Every page of `PAGES` into the folder that Sphinx reads."""
    homes = {file: page for page, file in PAGES.items()}
    homes |= {f"course/style_transfer/{name}.ipynb": name for name in notebooks}
    below = CONTENTS | {"notebooks": notebooks}
    for page, file in PAGES.items():
        text = turned((REPOSITORY / file).read_text(encoding="utf-8"), file, homes, source)
        (source / f"{page}.md").write_text(text + contents(below.get(page, [])), encoding="utf-8")


def contents(pages: list[str]) -> str:
    """A table of contents that is shown at the side only."""
    return "\n\n```{toctree}\n:hidden:\n\n" + "\n".join(pages) + "\n```\n" if pages else ""


def turned(text: str, file: str, homes: dict[str, str], source: Path) -> str:
    """The text of a file of the repository, its links leading to pages of the site, or to copies of files in `source`.

    A link to a folder, or to a Markdown file that is no page here, becomes its words.
    """

    def replace(link: re.Match) -> str:
        picture, words, target = link.groups()
        address, hash_, place = target.partition("#")
        if re.match(r"[a-z]+:", target) or not address:
            return link[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file), address))
        if path in homes:
            ending = ".ipynb" if path.endswith(".ipynb") else ".md"
            return f"{picture}[{words}]({homes[path]}{ending}{hash_}{place})"
        if path.endswith(".md") or not (REPOSITORY / path).is_file():
            return words
        copy = source / "files" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / path, copy)
        return f"{picture}[{words}](files/{path})"

    blocks = FENCED.split(text)
    return "".join(block if FENCED.fullmatch(block) else LINK.sub(replace, block) for block in blocks)


def api_page() -> str:
    """The page about nst: what it offers, module by module, each with its docstring."""
    about = "`import nst`, then each name as it stands here: `nst.stylize`. The headings say which file it lives in."
    lines = ["# The package `nst`", "", str(nst.__doc__).split("\n")[0], about, ""]
    for module in [*FIRST, *sorted({*nst._HOME.values(), "settings"} - {*FIRST})]:
        path = REPOSITORY / "course" / "nst" / f"{module.replace('.', '/')}.py"
        about = str(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))).split("\n\n")[0]
        names = [name for name, home in nst._HOME.items() if home == module] or ["settings.plan", "settings.Plan"]
        lines += [f"## `nst.{module}`", "", " ".join(about.split()), "", "```{eval-rst}"]
        lines += [f".. auto{kind(name)}:: nst.{name}" for name in names]
        lines += ["```", ""]
    return "\n".join(lines)


def kind(name: str) -> str:
    """What Sphinx calls it: function, class, exception or data."""
    value = functools.reduce(getattr, name.split("."), nst)
    if isinstance(value, type):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function" if callable(value) else "data"
