"""What a student can hand in, drawn by Hypothesis: names as an LMS lets them through, bytes of every kind of damage."""

import json
import re
import zipfile

from hypothesis import strategies as st

from zips import CENTRAL, LOCAL, NOTEBOOK, spoilt, zipped

NAME = "01_feature_maps.ipynb"
METADATA = "submission_metadata.yml"
_ODD = [
    NAME,
    "x.ipynb",
    f"{NAME}.zip",
    "a",
    "a/b",
    f"{NAME}/b.ipynb",
    " ",
    "ends ",
    ".",
    "..",
    "../../e.ipynb",
    "C:\\x.ipynb",
]
_ODD += [
    "a" * 300 + ".ipynb",
    "ü" * 140 + ".ipynb",
    "d/" * 500 + NAME,
    "<img src=x onerror=alert(1)>.ipynb",
    "\x1b[2J.ipynb",
]
_ODD += [
    "\u202exslx.ipynb",
    "timestamp.txt",
    "submission_metadata.yml",
    "submission_1/" + NAME,
    "__MACOSX/._x",
    ".git/config",
]
_ODD += [
    f"1_100_{NAME}",
    f"annlee_1_100_{NAME}",
    f"x_LATE_1_100_{NAME}",
    f"Ann Lee_1_assignsubmission_file_{NAME}",
    "=1+1.ipynb",
]
_ODD += ["01_feature_maps" + "1" * 60 + ".txt"]
file_names = st.sampled_from(_ODD) | st.text(min_size=1, max_size=30).filter(lambda text: "\x00" not in text)
person_names = st.sampled_from(
    ["Eve", "Ann Lee", "annlee_.1_999", "Ann Lee_1", "<b>Eve</b>", "LATE", "anon_1", "Team-Ann Lee"]
) | st.text(min_size=1, max_size=20)


@st.composite
def damaged(draw, data):
    """The bytes with a few places overwritten, cut out or doubled; numbers of a zip's tables are liked best."""
    data = bytearray(data)
    heads = [
        match.start() for match in re.finditer(re.escape(LOCAL) + b"|" + re.escape(CENTRAL) + b"|PK\x05\x06", data)
    ]
    for _ in range(draw(st.integers(0, 3))):
        base = draw(st.sampled_from(heads)) if heads and draw(st.booleans()) else draw(st.integers(0, len(data)))
        start = min(base + draw(st.integers(0, 90)), len(data))
        size = draw(st.integers(1, 8))
        if draw(st.integers(0, 3)):  # mostly in place, so that what lies behind is still found
            data[start : start + size] = draw(st.binary(min_size=size, max_size=size))
        else:
            data[start : start + draw(st.integers(0, 64))] = data[start : start + size] * draw(st.integers(0, 2))
    return bytes(data)


def json_values():
    """JSON of any form, with the keys of notebooks in it."""
    keys = st.sampled_from(
        ["cells", "source", "metadata", "nbgrader", "grade_id", "outputs", "data", "image/png", "text", "id"]
    )
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
    )


@st.composite
def zips(draw, contents):
    """A zip of some files with odd names, also two of one name, also packed in rare ways."""
    files = draw(st.lists(st.tuples(file_names, contents), max_size=4))
    return zipped([(name.encode(errors="replace").decode(), data) for name, data in files])


def uploads(books):
    """Bytes of one file; `books` are notebooks to begin with."""
    plain = st.sampled_from(
        [*books, NOTEBOOK, b"", b"%PDF-1.4", b"PK", b"\x00" * 100_000, b"[" * 100_000, b'{"":0},' * 50_000]
    )
    broken = st.sampled_from([*books, NOTEBOOK]).flatmap(damaged)
    contents = plain | broken | st.binary(max_size=200)
    packed = zips(contents) | zips(zips(contents))
    return contents | packed | packed.flatmap(damaged)


def as_canvas(name, file):
    """How Canvas names a file of this student (lib/content_zipper.rb): what it lets through of both names."""
    who = re.sub(r"_(\d+)_", r"\1", name).lower()
    who = "".join(each for each in f"{who}_66" if each.isalnum() or each == "_")
    return f"{who}_600_" + re.sub(r'[\x00/\\:*?"<>|]+', "_", file)


def as_moodle(name, file):
    """How Moodle does it (mod/assign/classes/downloader.php)."""
    clean = re.sub(r"[\x00-\x1f/\\:*?\"<>|&]+", "", name.replace("_", " ")).strip() or "x"
    path = "/".join(part for part in file.replace("\\", "/").split("/") if part not in ("", ".", "..")) or "x"
    return f"{clean}_66_assignsubmission_file/{path}"


def as_gradescope(name, file):
    return f"assignment_1_export/submission_66/{file}"


def as_folders(name, file):
    return f"eve/{file}"


LMSS = {"canvas": as_canvas, "moodle": as_moodle, "gradescope": as_gradescope, "folders": as_folders}
HONEST = {
    "canvas": {"annlee_1_100_": "annlee_1", "bobray_2_200_": "bobray_2"},
    "moodle": {"Ann Lee_1_assignsubmission_file/": "Ann_Lee_1", "Bob Ray_2_assignsubmission_file/": "Bob_Ray_2"},
    "gradescope": {"assignment_1_export/submission_1/": "1", "assignment_1_export/submission_2/": "2"},
    "folders": {"ann/": "ann", "bob/": "bob"},
}


def metadata(name):
    """Gradescope's own list of the two honest students and the one who chose this name."""
    people = [("1", "Ann Lee", "ann@uni.edu"), ("2", "Bob Ray", "bob@uni.edu"), ("66", name, "ann@evil.org")]
    rows = [
        f"submission_{sid}:\n  :submitters:\n  - :name: {quoted(who)}\n    :sid: '{sid}'\n    :email: {mail}\n"
        for sid, who, mail in people
    ]
    return "".join(rows).encode()


def quoted(text):
    """A string of YAML, as Gradescope's writer quotes it."""
    return json.dumps(text)


def known_attacks(book):
    """Whole hand-ins that once harmed others: {(LMS, idea): (the name that somebody chose, [(file, bytes)])}."""
    listed = metadata("Eve").replace(b"submission_66", b"submission_67").replace(b"submission_1:", b"submission_66:")
    bomb = zipped({f"{i}.ipynb": b"0" * (19 * 2**20) for i in range(15)})
    script = "<script>alert(1)</script>"
    beside = [("a", book), ("a/b.ipynb", book), ("x.ipynb", book), ("x.ipynb.zip", zipped({NAME: book}))]
    return {
        ("gradescope", "own list"): (
            "Eve",
            [(METADATA, listed), (f"z/{METADATA}", listed)],
        ),
        ("gradescope", "others' folder"): ("Eve", [(f"submission_1/{NAME}", book), (f"x/submission_1/{NAME}", book)]),
        ("gradescope", "script"): (script, [(f"{script}.ipynb", book)]),
        ("folders", "others' folder"): ("Eve", [(f"../ann/{NAME}", book), (f"/ann/{NAME}", book)]),
        ("folders", "beside"): ("Eve", beside),
        ("canvas", "others' name"): ("annlee_.1_999", [(NAME, book)]),
        ("canvas", "broken"): ("Eve", [(f"{i}.zip", spoilt(zipped({NAME: book}), NAME)) for i in range(3)]),
        ("canvas", "bomb"): ("Eve", [(f"{i}.zip", bomb) for i in range(6)]),
        ("moodle", "others' name"): ("Ann Lee_1_assignsubmission_file", [(NAME, book)]),
        ("moodle", "long"): ("E" * 300, [("a" * 300 + ".ipynb", book), ("d/" * 3_000 + NAME, book)]),
    }


def write_class(path, lms, honest, name, hostile):
    """The zip of a class: two honest students' notebooks, and what the third one, called `name`, handed in."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if lms == "gradescope":
            archive.writestr("assignment_1_export/submission_metadata.yml", metadata(name))
        for file, data in hostile:
            entry = LMSS[lms](name, file).encode(errors="replace").decode()
            if entry and len(entry.encode()) < 60_000:
                archive.writestr(entry, data)
        for prefix in HONEST[lms]:
            archive.writestr(f"{prefix}{NAME}", honest)
