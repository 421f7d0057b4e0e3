"""What the README files say can be typed and followed: commands, options, links, and the table of points."""

import re
import shlex

import nbformat
import pytest
from nbgrader.apps.nbgraderapp import NbGraderApp

from autograder.__main__ import VERBS
from autograder.__main__ import main as autograder
from autograder.course import REPOSITORY
from nst.__main__ import main as nst

PAGES = ["README.md", "CHANGELOG.md", "autograder/README.md", "autograder/POLICY.md", "autograder/SECURITY.md"]
PAGES += ["autograder/authoring/STUDENT_README.md", "assets/originals/README.md", "ACCESSIBILITY.md"]
PAGES += [f"autograder/doors/{platform}.md" for platform in ("gradescope", "prairielearn", "github")]
PAGES += ["autograder/hub/README.md"]
TEXTS = {page: (REPOSITORY / page).read_text() for page in PAGES}


def commands(text):
    """Everything on a page that looks like a command of ours: in code blocks, indented, or between backticks."""
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL) + re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    lines = "\n".join([*blocks, *re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))])
    lines = [" ".join(line.split("#")[0].split()) for line in lines.split("\n")]
    return sorted({line for line in lines if re.match(r"(make|nbgrader|voila|python -m (autograder|nst)) [a-z]", line)})


ALL = [(page, command) for page, text in TEXTS.items() for command in commands(text)]


def options_exist(main, words, capsys):
    """Does --help of this verb know every option?"""
    with pytest.raises(SystemExit) as end:
        main([words[0], "--help"])
    known = capsys.readouterr().out
    assert end.value.code == 0
    assert [word for word in words[1:] if word.startswith("-") and word.split("=")[0] not in known] == []


@pytest.mark.parametrize(("page", "command"), ALL, ids=[f"{page}: {command}" for page, command in ALL])
def test_every_command_exists(page, command, capsys):
    words = shlex.split(command)
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
        assert set(words[1:]) <= set(targets)
    elif words[0] == "voila":
        assert (REPOSITORY / words[1]).is_file()
    elif words[0] == "nbgrader":
        assert words[1] in NbGraderApp().subcommands or words[1] in {"zip_collect"}
    elif words[2] == "autograder":
        assert words[3] in VERBS
        options_exist(autograder, words[3:], capsys)
    else:
        options_exist(nst, words[3:], capsys)


def test_there_are_commands_to_check():
    assert len(ALL) > 30


def anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[page]):
        if re.match(r"https?://", target):
            continue
        file, _, place = target.partition("#")
        path = ((REPOSITORY / page).parent / file) if file else REPOSITORY / page
        assert path.exists(), f"{page} links to {target}"
        headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE) if place else []
        assert not place or place in map(anchor, headings), f"{page} links to {target}"


@pytest.mark.parametrize("page", ["README.md", "autograder/authoring/STUDENT_README.md"])
def test_points_are_those_of_the_notebooks(page):
    """The masters' headers say time and points; both tables agree with them."""
    for number, points in re.findall(r"^\| \[?(0\d) .*\| (\d+)(?: on top)? \|$", TEXTS[page], re.MULTILINE):
        (master,) = (REPOSITORY / "solutions/style_transfer").glob(f"{number}_*.ipynb")
        said = re.search(r"\*\*Points:\*\* (\d+|none)", master.read_text())[1]
        assert (said if said != "none" else "0") == points


def test_times_are_those_of_the_notebooks():
    rows = re.findall(r"^\| \[(0\d) .*\| (\d+) min \|", TEXTS["README.md"], re.MULTILINE)
    assert len(rows) == 6
    for number, minutes in rows:
        (master,) = (REPOSITORY / "solutions/style_transfer").glob(f"{number}_*.ipynb")
        assert f"about {minutes} minutes of yours" in master.read_text()


def test_times_and_difficulties_are_those_of_the_notebooks():
    rows = re.findall(r"^\| (0\d) .*?\| (.*?) \| (.*?) \|", TEXTS[PAGES[5]], re.MULTILINE)
    assert len(rows) == 7
    for number, time, difficulty in rows:
        (master,) = (REPOSITORY / "solutions/style_transfer").glob(f"{number}_*.ipynb")
        header = nbformat.read(master, as_version=4).cells[0].source
        assert f"**Difficulty:** {difficulty}<br>" in header
        assert time == "as you like" or f"about {time} of yours" in header
