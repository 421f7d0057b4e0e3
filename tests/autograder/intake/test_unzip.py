"""Whatever a student's zip is, it is read within that student's budget, or told; nothing it holds raises anything."""

import zipfile

import pytest

from autograder.intake import unzip
from autograder.intake.unzip import MAX_UNPACKED, Budget, pieces
from zips import CENTRAL, LOCAL, METHOD, NOTEBOOK, patched, spoilt, zipped

NAME = "01_feature_maps.ipynb"
PLAIN = zipped({NAME: NOTEBOOK * 50, "photo.png": b"x"})


def read(data, path="ann/work.zip", budget=None):
    return {piece.path: piece for piece in pieces(path, data, budget or Budget())}


def why(data, budget=None):
    """Why the first notebook of a zip was not read."""
    found = read(data, budget=budget)
    return (found.get(f"ann/work.zip/{NAME}") or found["ann/work.zip"]).why


def test_notebooks_are_read_and_everything_else_is_told():
    found = read(PLAIN)
    assert found[f"ann/work.zip/{NAME}"].data == NOTEBOOK * 50
    assert found["ann/work.zip/photo.png"].data is None and len(found) == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (spoilt(PLAIN, NAME), "damaged"),
        (patched(PLAIN, METHOD, zipfile.ZIP_LZMA), "packed in a way that is not read here"),
        (patched(PLAIN, METHOD, zipfile.ZIP_BZIP2), "packed in a way that is not read here"),
        (patched(PLAIN, METHOD, 1234), "packed in a way that is not read here"),
        (patched(PLAIN, [(LOCAL, 6), (CENTRAL, 8)], 1), "it has a password"),
        (patched(PLAIN, [(CENTRAL, 42)], 60_000), "damaged"),  # the entry lies where the file has ended
        (PLAIN[:60], "no zip, or damaged"),
        (b"PK", "no zip, or damaged"),
        (b"", "it has 0 bytes: its upload failed"),
        (b"Rar!\x1a\x07" + b"x" * 100, "no zip, or damaged"),
    ],
)
def test_a_damaged_zip_is_told(data, reason):
    assert reason in why(data)


@pytest.mark.parametrize("data", [patched(PLAIN, [(CENTRAL, 6)], 99), PLAIN[:-30], PLAIN[: len(PLAIN) // 2]])
def test_a_zip_whose_list_of_files_cannot_be_read_is_read_without_it(data):
    found = read(data)
    assert found[f"ann/work.zip/{NAME}"].data == NOTEBOOK * 50
    assert found["ann/work.zip/?"].why.startswith("the zip is damaged (")


def test_a_name_that_is_not_what_it_claims_to_be_costs_the_other_files_nothing():
    """UTF-8, it says, and it is not."""
    data = zipped({"x" * 9: b"1", NAME: NOTEBOOK})
    data = patched(data, [(LOCAL, 6), (CENTRAL, 8)], 0x800).replace(b"x" * 9, b"\xff" * 9)
    assert read(data)[f"ann/work.zip/{NAME}"].data == NOTEBOOK


@pytest.mark.parametrize("data", [zipped({}), zipped({"work/": b""})])
def test_a_zip_without_a_file_is_told(data):
    """It left no line in the account: the student handed in something, and it was nowhere."""
    assert why(data) == "there is no file in it"
    assert read(zipped({"a.zip": data}))["ann/work.zip/a.zip"].why == "there is no file in it"


def test_a_zip_in_a_zip_is_opened_and_one_in_that_is_not():
    inner = zipped({NAME: NOTEBOOK})
    found = read(zipped({"b.zip": zipped({"c.zip": inner, NAME: NOTEBOOK})}))
    assert found[f"ann/work.zip/b.zip/{NAME}"].data == NOTEBOOK
    assert found["ann/work.zip/b.zip/c.zip"].why.startswith("too deep: a zip in a zip in a zip; unpack it")


@pytest.mark.parametrize(
    "name", ["a" * 300 + ".ipynb", "d/" * 3_000 + NAME, "../../" + NAME, "/etc/" + NAME, "a\\b\\" + NAME]
)
def test_a_path_is_only_a_text(name):
    (piece,) = read(zipped({name: NOTEBOOK})).values()
    assert piece.data == NOTEBOOK


def test_an_entry_without_a_name_is_told():
    """zipfile itself has an IndexError for it (before Python 3.12)."""
    assert read(zipped({"x": b"1"}).replace(b"x", b"", 0).replace(b"x", b"\x00"))["ann/work.zip/?"].data == b"1"


def test_notebooks_behind_any_number_of_other_files_are_found():
    """More than 300 files before the notebooks cost all points once."""
    found = read(zipped({**{f"pictures/{i}.png": b"x" for i in range(1_000)}, NAME: NOTEBOOK}))
    assert found[f"ann/work.zip/{NAME}"].data == NOTEBOOK and len(found) == 1_001


def test_a_student_cannot_unpack_more_than_the_budget_however_small_the_zips():
    """12 kB became 3.4 GB on the disk."""
    bomb = zipped({f"{i}.ipynb": b"0" * (19 * 2**20) for i in range(15)})
    upload = zipped({f"{i}.zip": bomb for i in range(12)})
    assert len(upload) < 20_000
    budget = Budget()
    found = list(pieces("ann/work.zip", upload, budget))
    assert sum(len(piece.data or b"") for piece in found) <= MAX_UNPACKED and budget.left == 0
    assert sum("too large" in piece.why for piece in found) > 10


def test_a_file_that_is_too_large_is_told_and_uses_up_what_it_cost(monkeypatch):
    monkeypatch.setattr(unzip, "MAX_BYTES", 1_000)
    budget = Budget(10_000)
    assert "too large: over" in why(zipped({NAME: b"0" * 5_000}), budget)
    assert budget.left == 10_000 - 1_001


def test_the_entries_of_a_zip_are_counted_before_they_are_read():
    """An entry takes a kilobyte of memory, and 46 bytes of a file."""
    many = zipped([(f"{i}", b"") for i in range(3_000)])
    assert "too large" in why(many, Budget(files=2_000))
    nested = zipped({f"{i}.zip": many for i in range(8)})
    assert [piece.path for piece in pieces("a.zip", nested, Budget()) if "too large" in piece.why] == [
        "a.zip/6.zip",
        "a.zip/7.zip",
    ]
