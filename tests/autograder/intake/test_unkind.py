"""What systems, phones and tired people really hand in: each file is somebody's notebook, or a line with what to do."""

import io
import itertools
import json
import struct
import zipfile

import nbformat
import pytest

from autograder.course import CourseError
from autograder.intake.collect import collect
from autograder.intake.salvage import salvage
from autograder.rehearsal.samples import filled, solved
from nst.colab import with_first_cell
from zips import CENTRAL, LOCAL, patched, spoilt, zipped

FIRST, MAIN = "01_feature_maps", "03_gram_matrices"
STAMP = "attempt_2026-11-30-12-34-56"
D2L = "397063-2557369 - Mary-Ann Smith - Nov 30, 2026 926 PM"
NOTHING = (
    b"Submission Field:\nThere is no student submission text data for this assignment.\nThere are no student comments."
)
ASK = "ask for the notebook (.ipynb)"


@pytest.fixture(scope="module")
def books(pristine):
    """Bytes of the solved notebooks."""
    answers = solved(pristine)
    return {name: nbformat.writes(filled(pristine, name, answers)).encode() for name in (FIRST, MAIN)}


@pytest.fixture
def taken(course, tmp_path):
    """Collect these bytes or files without writing; the account."""

    def collected(data, **options):
        path = tmp_path / "week.zip"
        path.write_bytes(data if isinstance(data, bytes) else zipped(data))
        return collect(course, path, check=True, **options)

    return collected


def bare(book):
    """As Colab saves it after an import: without marks, with ids and metadata of its own."""
    document = json.loads(book)
    for place, cell in enumerate(document["cells"]):
        cell["metadata"] = {"id": f"x{place}"}
        cell.pop("id", None)
    return json.dumps(document).encode()


def old_names(files):
    """A zip with names in UTF-8 that does not say so, as macOS writes it."""
    data = zipped(files)
    for sign, place in ((LOCAL, 6), (CENTRAL, 8)):
        at = data.find(sign)
        while at >= 0:
            data = data[: at + place] + struct.pack("<H", 0) + data[at + place + 2 :]
            at = data.find(sign, at + 4)
    return data


def streamed(files):
    """A zip as a server writes it while it sends: sizes stand behind each file."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return bytes(pipe.data)


# What ann hands in (files, from a solved notebook `b`), and what the account must say of it; "" if it counts.
KIND = {
    "a name that runs from right to left": (lambda b: {f"\u202e{FIRST}\u200f.ipynb": b}, ""),
    "a path of Windows": (lambda b: {f"C:\\Users\\ann\\{FIRST}.ipynb": b}, ""),
    "an accent as macOS writes it": (lambda b: {f"Übung Zoë/{FIRST}.ipynb": b}, ""),
    "a second ending": (lambda b: {f"{FIRST}.ipynb.txt": b}, ""),
    "called a text": (lambda b: {"Untitled document.txt": b}, ""),
    "called a text, in a zip": (lambda b: {"a.zip": zipped({"Untitled document.txt": b})}, ""),
    "called JSON": (lambda b: {"feature maps.json": b}, ""),
    "without an ending, as phones save it": (lambda b: {"document": b}, ""),
    "without an ending, in a zip": (lambda b: {"a.zip": zipped({"document": b})}, ""),
    "a zip without an ending": (lambda b: {"work": zipped({f"{FIRST}.ipynb": b})}, ""),
    "a zip called a notebook": (lambda b: {f"{FIRST}.ipynb": zipped({f"{FIRST}.ipynb": b})}, ""),
    "a notebook called a zip": (lambda b: {f"{FIRST}.zip": b}, ""),
    "a zip in a zip": (lambda b: {"a.zip": zipped({"b.zip": zipped({f"{FIRST}.ipynb": b})})}, ""),
    "from Colab": (lambda b: {"Copy of Untitled0.ipynb": bare(b)}, ""),
    "from Colab, with its first cell": (lambda b: {"Copy of x.ipynb": bare(with_first_cell(b, "FOLDER = 1"))}, ""),
    "with a byte order mark": (lambda b: {"x.ipynb": b"\xef\xbb\xbf" + b}, ""),
    "in UTF-16": (lambda b: {"x.ipynb": b.decode().encode("utf-16")}, ""),
    "a zip whose end is cut off": (
        lambda b: {"a.zip": zipped({f"{FIRST}.ipynb": b, "z.png": bytes(range(256)) * 40})[:-400]},
        "ann/a.zip/?: the zip is damaged (its last",
    ),
    "a zip in a zip in a zip": (
        lambda b: {"a.zip": zipped({"b.zip": zipped({"c.zip": zipped({f"{FIRST}.ipynb": b})})})},
        "too deep: a zip in a zip in a zip; unpack it, and put the notebooks into submitted/ by hand",
    ),
    "with a password": (
        lambda b: {"a.zip": patched(zipped({f"{FIRST}.ipynb": b}), [(LOCAL, 6), (CENTRAL, 8)], 1)},
        "it has a password; ask for it again, without one",
    ),
    "a damaged file": (lambda b: {"a.zip": spoilt(zipped({f"{FIRST}.ipynb": b}), FIRST)}, "ask for it again"),
    "0 bytes": (lambda b: {f"{FIRST}.ipynb": b""}, "01_feature_maps, the file is empty"),
    "0 bytes under another name": (lambda b: {"homework.ipynb": b""}, f"it cannot be read: the file is empty; {ASK}"),
    "a zip of 0 bytes": (lambda b: {"a.zip": b""}, "it has 0 bytes: its upload failed; ask for it again"),
    "an empty zip": (lambda b: {"a.zip": zipped({})}, "there is no file in it"),
    "cut off": (lambda b: {f"{FIRST}.ipynb": b[: len(b) // 2]}, "it may be cut off"),
    "a page of GitHub": (
        lambda b: {f"{FIRST}.ipynb": b"<!DOCTYPE html>"},
        "a web page (HTML), not a notebook",
    ),
    "an export": (lambda b: {f"{FIRST}.html": b"<!DOCTYPE html>" + b}, f"an export or a page cannot be graded; {ASK}"),
    "a PDF": (lambda b: {f"{FIRST}.pdf": b"%PDF-1.7 " * 9}, f"an export or a page cannot be graded; {ASK}"),
    "a PDF called a notebook": (lambda b: {f"{FIRST}.ipynb": b"%PDF-1.7 " * 9}, "the file is a PDF, not a notebook"),
    "a link to Colab": (
        lambda b: {"link.txt": b"see https://colab.research.google.com/drive/1AbC?usp=sharing"},
        "a link to Google Colab: there, File > Download > Download .ipynb makes the file",
    ),
    "a link of Windows": (lambda b: {"a.url": b"[InternetShortcut]\nURL=https://x.y/"}, f"a link, and no file; {ASK}"),
    "another archive": (lambda b: {"a.rar": b"Rar!\x1a\x07"}, "it is not opened here; unpack it"),
    "another archive called a zip": (lambda b: {"a.zip": b"Rar!\x1a\x07"}, "it is no zip, or damaged"),
    "a download that had not ended": (lambda b: {f"{FIRST}.ipynb.crdownload": b[:99]}, f"it may be cut off; {ASK}"),
    "an e-mail": (lambda b: {"Fwd homework.eml": b"From: ann"}, "put what is attached to it into submitted/ by hand"),
    "a pointer": (lambda b: {f"{FIRST}.ipynb": b"version https://git-lfs.github.com/spec/v1"}, "a pointer of Git LFS"),
    "two versions unmerged": (lambda b: {f"{FIRST}.ipynb": b"<<<<<<< HEAD\n{"}, "Git could not merge two versions"),
    "a document of an office": (lambda b: {"answers.docx": zipped({"word/document.xml": b"x"})}, f"a docx file: {ASK}"),
    "a photo": (lambda b: {"IMG_0001.HEIC": b"\0\0\0\x18ftyp"}, "a heic file"),
}


@pytest.mark.parametrize("case", KIND)
def test_a_file_of_every_kind_counts_or_is_told(taken, books, case):
    make, wanted = KIND[case]
    account = taken({f"ann/{name}": data for name, data in make(books[FIRST]).items()})
    said = account.full()
    assert list(account.origins) == ["ann"]
    if wanted:
        assert wanted in said, said
    else:
        assert account.notebooks["ann"] == [FIRST] and account.code == 0, said
    assert account.code or account.notebooks["ann"] == [FIRST], "nothing that is lost ends with 0"


@pytest.mark.parametrize("beside", ["__MACOSX/ann/._x.ipynb", "ann/.DS_Store", "ann/Icon\r", "ann/Thumbs.db", "._ann"])
def test_what_systems_add_is_no_students_work(taken, books, beside):
    account = taken({f"ann/{FIRST}.ipynb": books[FIRST], beside: b"x"})
    assert account.code == 0 and len(account.lines) == 2 and list(account.origins) == ["ann"]


def test_an_empty_folder_is_told(taken, books):
    """A student without a file had no line at all."""
    account = taken({f"ann/{FIRST}.ipynb": books[FIRST], "ann/": b"", "bob/": b"", "eve/work/": b"", "eve/": b""})
    assert [line.path for line in account.unclaimed] == ["bob/", "eve/work/"] and account.code == 1


def test_names_in_two_encodings_are_one_person(taken, books):
    account = taken(old_names({f"Zoë Müller/{FIRST}.ipynb": books[FIRST], f"Zoë Müller/{MAIN}.ipynb": books[MAIN]}))
    assert account.notebooks == {"Zoë_Müller": [FIRST, MAIN]}
    mac = "Zoe\u0308 Mu\u0308ller"
    account = taken({f"Zoë Müller/{FIRST}.ipynb": books[FIRST], f"{mac}/{MAIN}.ipynb": books[MAIN]})
    assert account.notebooks == {"Zoë_Müller": [FIRST, MAIN]}


def test_names_in_an_old_code_page_stay_as_they_are(taken, books):
    data = zipped({f"Zo__/{FIRST}.ipynb": books[FIRST]}).replace(b"Zo__", b"Zo\x89_")
    assert list(taken(data).origins) == ["Zoë"]


def test_blackboard(taken, books):
    """Its names, with the note beside each hand-in; users' names may hold a `_`, and so may the assignment's."""
    files = {
        f"HW_1_jdoe_{STAMP}.txt": NOTHING,
        f"HW_1_jdoe_{STAMP}_{FIRST}.ipynb": books[FIRST],
        f"HW_1_j_doe_{STAMP}.txt": b"Submission Field:\nI could not upload it, please see my e-mail",
        f"HW_1_j_doe_{STAMP}_my_work_attempt_2.ipynb": books[MAIN],
    }
    for folder in ("", "gradebook_CS1_HW_1/"):
        account = taken({f"{folder}{name}": data for name, data in files.items()})
        assert account.lms == "blackboard"
        assert account.notebooks == {"jdoe": [FIRST], "j_doe": [MAIN]}
        assert [line.students for line in account.unclaimed] == [("j_doe",)]


def test_brightspace(taken, books):
    """A folder a hand-in: the second one of a student was a second student."""
    later = D2L.replace("926 PM", "1026 PM")
    account = taken(
        {
            "index.html": b"<html>",
            f"{D2L}/{FIRST}.ipynb": books[FIRST],
            f"{later}/{MAIN}.ipynb": books[MAIN],
            "5-2557369 - John Doe - Nov 30, 2026 1226 AM/a.pdf": b"%PDF",
        }
    )
    assert account.lms == "brightspace"
    assert account.notebooks == {"Mary-Ann_Smith_397063": [FIRST, MAIN], "John_Doe_5": []}
    assert account.origins["Mary-Ann_Smith_397063"].last_name == "Smith"
    assert [line.path for line in account.unclaimed] == ["5-2557369 - John Doe - Nov 30, 2026 1226 AM/a.pdf"]
    namesake = D2L.replace("2557369", "999")
    account = taken(
        {
            f"{D2L}/{FIRST}.ipynb": books[FIRST],
            f"{namesake}/{FIRST}.ipynb": books[FIRST],
            "5-2 - A B - Nov 3, 2026 1226 AM/a.ipynb": b"",
        }
    )
    assert "two people would be called Mary-Ann_Smith_397063" in account.full()


def test_one_folder_around_all_students_is_told(taken, books):
    account = taken({f"week 1/{who}/{FIRST}.ipynb": books[FIRST] for who in ("ann", "bob")})
    assert "If the 2 folders in it are the students, zip what is in it, not the folder itself" in account.summary()


def test_canvas_after_a_second_hand_in_takes_the_later_copy(taken, books, pristine):
    empty = nbformat.writes(filled(pristine, FIRST, {})).encode()
    files = {f"doejane_1_100_{FIRST}.ipynb": empty, f"doejane_1_101_{FIRST}-1.ipynb": books[FIRST]}
    assert "doejane_1_101_01_feature_maps-1.ipynb (4 answers) counts, not" in taken(files).summary()


# --- a zip of the class that is damaged -------------------------------------------------------------------------------

CLASS = ("ann", "bob", "eve")


@pytest.mark.parametrize("pack", [zipped, streamed])
@pytest.mark.parametrize("damage", ["list", "end", "list's end"])
def test_a_class_whose_list_of_files_is_lost_is_read_file_by_file(taken, books, pack, damage):
    """It was refused as a whole."""
    data = pack({f"{who}/{FIRST}.ipynb": books[FIRST] for who in CLASS})
    begin, end = data.find(CENTRAL), data.find(b"PK\x05\x06")
    spoiled = {
        "list": data[:begin] + b"PK\x01\x02" + b"\xff" * 40 + data[begin + 44 :],
        "end": data[:begin],
        "list's end": data[: (begin + end) // 2],
    }
    account = taken(spoiled[damage])
    assert list(account.origins) == list(CLASS) and account.code == 1
    assert "week.zip: the zip itself is damaged" in account.summary()
    assert "3 files were found in it; whoever is missing is in none of them: download it again" in account.summary()
    assert ("only the list of its files is lost" in account.summary()) == (damage != "end")


@pytest.mark.parametrize("pack", [zipped, streamed])
def test_of_a_download_that_broke_off_the_whole_files_count(taken, books, pack):
    data = pack({f"{who}/{FIRST}.ipynb": books[FIRST] for who in CLASS})
    third = [at for at in range(len(data)) if data.startswith(LOCAL, at)][2]
    account = taken(data[: third + 200])
    assert list(account.origins) == ["ann", "bob"] and "its last 200 bytes cannot be read" in account.summary()


def test_what_looks_like_a_file_inside_a_students_file_is_nobodys(taken, books):
    """A zip of eve's, stored as it came, was taken for the class's where that one's own end was cut off."""
    forged = zipped({f"ann/{MAIN}.ipynb": books[MAIN]})
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("eve/photo.png", forged)
        archive.writestr(f"bob/{FIRST}.ipynb", books[FIRST])
    data = memory.getvalue()
    account = taken(data[: data.rfind(b"PK\x05\x06") - 60])
    assert account.notebooks == {"bob": [FIRST], "eve": [MAIN]}, "her own zip, whatever it is called, is hers"


def test_a_zip_with_long_sizes_and_one_of_which_nothing_is_left(taken, books):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive, archive.open(f"ann/{FIRST}.ipynb", "w", force_zip64=True) as file:
        file.write(books[FIRST])
    data = memory.getvalue()
    assert list(taken(data).origins) == ["ann"]
    assert list(taken(data[: data.find(CENTRAL)]).origins) == ["ann"]
    with pytest.raises(CourseError, match=r"cannot be read as a zip: .* Download it again"):
        taken(data[10:200])


def test_a_damaged_zip_unpacks_no_more_than_it_may():
    data = streamed({"a": b"0" * 10_000_000, "b": b"1"})
    found = salvage(io.BytesIO(data), io.BytesIO(), 1_000_000)
    assert (found.files, found.complete) == (0, False)
    assert salvage(io.BytesIO(data), io.BytesIO(), 20_000_000).files == 2


def test_a_damaged_zip_is_read_to_the_same_bytes_at_every_cut():
    files = {"a": b"x" * 1_000, "b": bytes(range(256)) * 4, "c": b""}
    for pack, cut in itertools.product((zipped, streamed), range(0, 400, 7)):
        data = pack(files)
        target = io.BytesIO()
        found = salvage(io.BytesIO(data[:cut]), target, 10_000)
        with zipfile.ZipFile(target) as archive:
            assert len(archive.namelist()) == found.files
            assert all(archive.read(name) == files[name] for name in archive.namelist())
