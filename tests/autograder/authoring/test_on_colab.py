"""Notebooks for Colab and links to them: only where pyproject.toml names a public repository on GitHub."""

import ast
import zipfile

import nbformat
import pytest

from autograder.authoring import on_colab, release
from autograder.course import REPOSITORY, Course
from notebooks import NAMES, OPTIONAL
from tools.website import chapters


@pytest.fixture
def public(monkeypatch, tmp_path):
    """As if pyproject.toml named this repository, which is nobody's."""
    text = (REPOSITORY / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(text.replace("https://example.org/", "https://github.com/"))
    monkeypatch.setattr(on_colab, "REPOSITORY", tmp_path)


@pytest.mark.parametrize(
    ("address", "named"),
    {
        "https://example.org/OWNER/NAME": "",
        "https://github.com/OWNER/NAME": "OWNER/NAME",
        "https://github.com/OWNER/NAME/": "OWNER/NAME",
        "https://github.com/OWNER": "",
        "https://github.com.example.org/OWNER/NAME": "",
    }.items(),
)
def test_only_a_repository_on_github_counts(monkeypatch, tmp_path, address, named):
    (tmp_path / "pyproject.toml").write_text(f'[project]\n[project.urls]\nRepository = "{address}"\n')
    monkeypatch.setattr(on_colab, "REPOSITORY", tmp_path)
    assert on_colab.repository() == named


@pytest.mark.shipped
def test_without_a_public_repository_there_is_no_notebook_for_colab_and_no_link(tmp_path):
    """As this course is: an address that could be somebody else's stands nowhere."""
    release.generate_for_colab(Course().released, tmp_path / "colab")
    assert not (tmp_path / "colab").exists() and not (REPOSITORY / "course" / "colab").exists()
    assert chapters.links(NAMES[0]) == {}


def test_with_one_every_notebook_begins_with_the_cell_that_fetches_the_release(public, tmp_path):
    release.generate_for_colab(Course().released, tmp_path / "colab")
    made = sorted((tmp_path / "colab").glob("*.ipynb"))
    assert [path.stem for path in made] == [*NAMES, *OPTIONAL]
    address = f"https://github.com/OWNER/NAME/releases/download/v{release.version()}/{release.ARCHIVE}.zip"
    for path in made:
        notebook, released = (nbformat.read(each, as_version=4) for each in (path, Course().released / path.name))
        nbformat.validate(notebook)
        assert f'ADDRESS = "{address}"' in notebook.cells[0].source and notebook.cells[1:] == released.cells
        ast.parse(notebook.cells[0].source)
        assert len(notebook.cells[0].source.splitlines()) <= 21 and len(notebook.cells[0].source) < 1500


def test_links_lead_to_the_repository(public):
    links = chapters.links("01_feature_maps")
    assert links["Open in Colab"].endswith("/github/OWNER/NAME/blob/main/course/colab/01_feature_maps.ipynb")
    assert links["Open in Codespaces"] == "https://codespaces.new/OWNER/NAME"


def test_a_chapter_of_the_website_shows_them(public, tmp_path):
    released = nbformat.read(Course().released / "03_gram_matrices.ipynb", as_version=4)
    bar = chapters.chapter("03_gram_matrices", released, released, tmp_path).cells[1].source
    for words, address in chapters.links("03_gram_matrices").items():
        assert f'\n<a href="{address}">{words}</a>\n' in bar


def test_they_are_released_checked_for_drift_and_not_in_the_archive(public, course):
    for folder in ("course/nst", "assets"):
        (course.root / folder).mkdir(parents=True)
    (course.root / "course/nst/__init__.py").write_text("")
    (course.root / "LICENSE").write_text("")
    archive = release.release(course)
    assert release.drift(course, cases=False) == []
    made = sorted((course.root / "course/colab").glob("*.ipynb"))
    assert [path.name for path in made] == [f"{name}.ipynb" for name in course.notebooks()]
    with zipfile.ZipFile(archive) as opened:
        assert not [name for name in opened.namelist() if "/colab/" in name]
    made[0].write_text("edited")
    assert release.drift(course, cases=False) == [f"course/colab/{made[0].name}"]


def test_they_go_when_the_repository_is_no_longer_public(course):
    for folder in ("course/nst", "course/colab", "assets"):
        (course.root / folder).mkdir(parents=True)
    (course.root / "course/nst/__init__.py").write_text("")
    (course.root / "course/colab/left_over.ipynb").write_text("{}")
    (course.root / "LICENSE").write_text("")
    assert "course/colab/left_over.ipynb" in release.drift(course, cases=False)
    release.release(course)
    assert not (course.root / "course/colab").exists()
