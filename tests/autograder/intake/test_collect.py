"""Submissions out of zips as Canvas, Moodle and Gradescope write them; hostile and broken ones cost nobody else."""

import shutil

import pytest
from nbgrader.api import Gradebook

from autograder.course import Course, CourseError
from autograder.intake import collect as module
from autograder.intake import unzip
from autograder.intake.clean_copy import deliver
from autograder.intake.collect import collect
from autograder.intake.lms import detect
from autograder.intake.origins import read_origins
from autograder.outcome.feedback_zips import zip_name
from autograder.rehearsal.samples import filled
from zips import NOTEBOOK, zipped

METADATA = b"""
submission_54821723:
  :submitters:
  - :name: Jane van Doe
    :sid: '3031234567'
    :email: jane.doe@example.edu
  :created_at: 2026-11-20 21:03:11.000000000 Z
submission_54821999:
  :submitters:
  - :name: Max M\xc3\xbcller
    :sid: 77
    :email: mm@example.edu
  :created_at: 2026-11-22 08:00:00.000000000 Z
"""


@pytest.fixture
def download(tmp_path):
    """Write the zip that an LMS would offer."""

    def write(files):
        path = tmp_path / "submissions.zip"
        path.write_bytes(zipped(files))
        return path

    return write


def found(course, student):
    """Names of the notebooks that grading finds for a student."""
    return sorted(deliver(course.directory(), student).notebooks)


BOTH = ["01_feature_maps", "03_gram_matrices"]
HANDED_IN = zipped({"x/01_feature_maps.ipynb": NOTEBOOK, "x/03_gram_matrices.ipynb": NOTEBOOK, "x/photo.jpg": b"x"})
NAMES = {
    "canvas": {
        "doejane_12345_678910_01_feature_maps-1.ipynb": "doejane_12345",
        "doejane_12345_678911_03_gram_matrices (1).ipynb": "doejane_12345",
        "leeann_LATE_23456_778910_style_transfer.zip": "leeann_23456",
        "o'brienx_99_778910_01_feature_maps.ipynb": "o_brienx_99",
    },
    "moodle": {
        "Jane van Doe_123456_assignsubmission_file_/01_feature_maps (1).ipynb": "Jane_van_Doe_123456",
        "Jane van Doe_123456_assignsubmission_file_/03_gram_matrices.ipynb": "Jane_van_Doe_123456",
        "Zoë Müller_77_assignsubmission_file_01_feature_maps.ipynb": "Zoë_Müller_77",
        "Ann Lee_99_assignsubmission_file/my work/style_transfer.zip": "Ann_Lee_99",
    },
    "gradescope": {
        "assignment_1234_export/submission_metadata.yml": None,
        "assignment_1234_export/submission_54821723/01_feature_maps.ipynb": "3031234567",
        "assignment_1234_export/submission_54821723/sub/03_gram_matrices.ipynb": "3031234567",
        "assignment_1234_export/submission_54821999/style_transfer.zip": "77",
    },
    "folders": {
        "alice/01_feature_maps.ipynb": "alice",
        "alice/style_transfer/03_gram_matrices-Copy1.ipynb": "alice",
        "bob/homework.zip": "bob",
    },
}
WANTED = {
    "canvas": {"doejane_12345": BOTH, "leeann_23456": BOTH, "o_brienx_99": BOTH[:1]},
    "moodle": {"Jane_van_Doe_123456": BOTH, "Zoë_Müller_77": BOTH[:1], "Ann_Lee_99": BOTH},
    "gradescope": {"3031234567": BOTH, "77": BOTH},
    "folders": {"alice": BOTH, "bob": BOTH},
}


def content(name):
    return METADATA if name.endswith(".yml") else HANDED_IN if name.endswith(".zip") else NOTEBOOK


@pytest.mark.parametrize("lms", NAMES)
def test_real_looking_names_are_told_apart_and_collected(course, download, lms):
    assert detect(list(NAMES[lms])) == lms
    account = collect(course, download({name: content(name) for name in NAMES[lms]}))
    assert {student: found(course, student) for student in account.origins} == WANTED[lms]


@pytest.mark.parametrize("lms", NAMES)
def test_a_zip_that_was_unpacked_and_packed_again_on_a_mac_is_the_same_class(course, download, lms):
    """All of Canvas's and Moodle's students became one, called like the folder."""
    top = "" if lms == "gradescope" else "submitted/"  # Gradescope's own zip has a folder
    files = {f"{top}{name}": content(name) for name in NAMES[lms]}
    beside = {f"__MACOSX/{name.replace('/', '/._')}": b"x" for name in files}
    account = collect(course, download({f"__MACOSX/._{lms}": b"x", **beside, f"{top}.DS_Store": b"x", **files}))
    assert account.lms == lms
    assert {student: found(course, student) for student in account.origins} == WANTED[lms]
    assert ("all lies in the folder submitted/" in account.summary()) == (lms in ("canvas", "moodle"))


def test_the_summary_says_who_lacks_what_and_who_is_late(course, download):
    for source, target in ((Course().masters, course.masters), (Course().released, course.released)):
        shutil.copy(source / "06_explore.ipynb", target)  # no points: nobody has to hand it in
    path = download({name: content(name) for name in NAMES["canvas"]})
    said = collect(course, path).summary()
    assert "3 students" in said and "o_brienx_99: no 03_gram_matrices" in said and "06_explore" not in said
    assert "leeann_23456: marked late" in said
    assert str(course.submitted / "leeann_23456" / course.assignment / "timestamp.txt") in said
    (course.submitted / "leeann_23456" / course.assignment / "timestamp.txt").write_text("2026-12-02 08:00 UTC")
    assert deliver(course.directory(), "leeann_23456").timestamp.startswith("2026-12-02 08:00")


def test_who_is_who_is_kept_for_the_way_back(course, download):
    collect(course, download({name: content(name) for name in NAMES["canvas"]}))
    collect(course, download({name: content(name) for name in NAMES["gradescope"]}))
    origins = read_origins(course)
    assert zip_name("leeann_23456", origins) == "leeann_LATE_23456_778910_feedback.zip"
    assert zip_name("3031234567", origins) == "3031234567_feedback.zip"
    with Gradebook(course.db_url) as gradebook:
        jane, ann = gradebook.find_student("3031234567"), gradebook.find_student("leeann_23456")
        assert (jane.first_name, jane.last_name, jane.email) == ("Jane van", "Doe", "jane.doe@example.edu")
        assert (jane.lms_user_id, ann.lms_user_id) == ("3031234567", "23456")
    when = deliver(course.directory(), "3031234567").timestamp
    assert when.startswith("2026-11-20 21:03:11"), "Gradescope says when it was handed in"


def test_the_latest_hand_in_replaces_the_one_before(course, download):
    collect(course, download({"ann/01_feature_maps.ipynb": NOTEBOOK, "bob/01_feature_maps.ipynb": NOTEBOOK}))
    collect(course, download({"ann/03_gram_matrices.ipynb": NOTEBOOK}), timestamp="2026-12-01 23:59 UTC")
    assert (found(course, "ann"), found(course, "bob")) == (["03_gram_matrices"], ["01_feature_maps"])
    assert deliver(course.directory(), "ann").timestamp.startswith("2026-12-01 23:59")


def test_hostile_and_broken_zips_cost_nobody_else(course, download, monkeypatch):
    monkeypatch.setattr(unzip, "MAX_BYTES", 100_000)
    before = set(course.root.parent.rglob("*"))
    files = {
        "ann/../../../evil.ipynb": NOTEBOOK,
        "/etc/evil.ipynb": NOTEBOOK,
        "ann/01_feature_maps.ipynb": b"0" * 200_000,
        "ann/__MACOSX/._01_feature_maps.ipynb": b"x",
        "ann/.ipynb_checkpoints/01_feature_maps-checkpoint.ipynb": NOTEBOOK,
        "bob/broken.zip": b"PK not really",
        "eve/inner.zip": zipped({"../../../out_of_here.ipynb": NOTEBOOK, "deep.zip": HANDED_IN}),
        "zoe/01_feature_maps.ipynb": NOTEBOOK,
    }
    account = collect(course, download(files))
    assert {student: found(course, student) for student in account.origins} == {
        "ann": ["01_feature_maps"],
        "bob": [],
        "eve": BOTH,
        "zoe": ["01_feature_maps"],
    }
    said = account.full()
    assert "ann/01_feature_maps.ipynb: too large: over 0.0954 MB (ann)" in said
    assert "bob/broken.zip: cannot be unpacked: it is no zip, or damaged" in said
    written = {path.name for path in set(course.root.parent.rglob("*")) - before}
    assert not any("evil" in name or "out_of_here" in name for name in written)


def test_who_lacks_a_notebook_is_said(course, download, capsys, monkeypatch):
    monkeypatch.setattr(module, "Course", lambda: course)
    book = filled(course, "01_feature_maps", {})
    path = download({"doejane_12345_678910_01_feature_maps.ipynb": str(book)})
    assert module.main([str(path)]) == 0
    out = capsys.readouterr().out
    assert "1 student (names as canvas writes them)" in out and "doejane_12345: no 03_gram_matrices" in out


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        ({"README.txt": b"x"}, {}, "nothing in it is named as systems name submissions"),
        ({}, {}, "is empty"),
        ({"ann/01_feature_maps.ipynb": NOTEBOOK}, {"timestamp": "tomorrow evening"}, "is no date"),
        ({"ann/01_feature_maps.ipynb": NOTEBOOK}, {"timestamp": "01.12.2026"}, "is no date"),
    ],
)
def test_what_cannot_be_collected_is_said(course, download, files, arguments, message):
    with pytest.raises(CourseError, match=message):
        collect(course, download(files), **arguments)
    assert not course.submitted.exists()


def test_a_file_that_is_no_zip_is_said(course, tmp_path):
    with pytest.raises(CourseError, match="there is no file"):
        collect(course, tmp_path / "nothing.zip")
    with pytest.raises(CourseError, match="is a folder: give the zip"):
        collect(course, tmp_path)
    (tmp_path / "login.zip").write_bytes(b"<!DOCTYPE html><title>Log in</title>")
    with pytest.raises(CourseError, match=r"it is a web page \(HTML\)\. Download it again"):
        collect(course, tmp_path / "login.zip")
    (tmp_path / "all.zip").write_bytes(zipped({"submissions.zip": zipped({f"ann/{BOTH[0]}.ipynb": NOTEBOOK})}))
    with pytest.raises(CourseError, match=r"holds one zip and nothing else: unpack it, and give submissions\.zip"):
        collect(course, tmp_path / "all.zip")
