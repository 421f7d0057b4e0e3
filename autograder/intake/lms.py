"""How Canvas, Moodle and Gradescope name what students handed in: whose an entry of their zip is, and what.

The forms are those of Canvas's lib/content_zipper.rb, Moodle's mod/assign/classes/downloader.php (and of older Moodles,
which put a group's name before the person's) and Gradescope's "Download Submissions". Students choose parts of these
names: one that can be read in two ways is nobody's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

LMSS = ("moodle", "gradescope", "canvas", "folders")
METADATA = "submission_metadata.yml"  # Gradescope's list of who handed in which folder
# These take feedback for everybody in one zip, each file named as they named what the student handed in:
# Canvas by "Re-upload submissions", Moodle by "Upload multiple feedback files in a zip".
BULK_FEEDBACK = ("canvas", "moodle")

_MOODLE = re.compile(r"(?P<name>[^/_]+)(?:_(?P<user>\d+))?_assignsubmission_(?P<kind>[a-z]+)(?:_?/|_)(?P<file>.+)")
_CANVAS_WHO = r"(?:(?!LATE_)(?P<name>[^/_]+)_)?(?P<late>LATE_)?(?P<user>\d+|anon_[A-Za-z0-9]+)"
_CANVAS = re.compile(rf"(?P<prefix>{_CANVAS_WHO}_\d{{3,}})_(?P<file>[^/]+)")
_CANVAS_TEXT = re.compile(rf"(?P<prefix>{_CANVAS_WHO})_(?P<kind>text|link)\.html")
_CANVAS_AGAIN = re.compile(r"(?:^|_)(?:LATE_)?(?:\d+|anon_[A-Za-z0-9]+)_\d{3,}_")  # a person's name may hold that, too
_GRADESCOPE = re.compile(r"(?P<name>submission_(?P<user>\d+))/(?P<file>.+)")
_FOLDER = re.compile(r"(?P<name>[^/]+)/(?P<file>.+)")
_KINDS = {
    "text": "a text typed into Canvas",
    "link": "a link handed in by Canvas",
    "onlinetext": "online text of Moodle",
}


class Unclaimed(Exception):
    """The name of this entry says nobody's name; the message says what it is."""


@dataclass(frozen=True)
class Named:
    """What a name says. `key`: the same person's or group's entries have the same. `other`: what it is, if no file."""

    key: str
    name: str
    user: str
    prefix: str
    file: str
    late: bool = False
    other: str = ""


def detect(paths: Iterable[str]) -> str:
    """The LMS that names at least half of these entries so; plain folders if there is none."""
    paths = list(paths)
    if metadata_of(paths):
        return "gradescope"
    counts = {lms: sum(_understood(lms, path, root_of(lms, paths)) for path in paths) for lms in LMSS[:-1]}
    best = max(counts, key=lambda lms: counts[lms])
    return best if 2 * counts[best] >= len(paths) else "folders"


def metadata_of(paths: Iterable[str]) -> str | None:
    """The path of Gradescope's own list: beside the folders of the submissions, never inside one."""
    found = [path for path in paths if PurePosixPath(path).name == METADATA and path.count("/") <= 1]
    found = [path for path in found if not _GRADESCOPE.fullmatch(path)]
    return min(found, key=lambda path: (path.count("/"), path)) if found else None


def root_of(lms: str, paths: Iterable[str]) -> str:
    """The folder, with a slash, in which an LMS's entries lie; "" for none. Students cannot name it.

    Gradescope puts them into one, and so does who packs a zip again that a browser has unpacked.
    """
    paths = list(paths)
    tops = {path.partition("/")[0] for path in paths if "/" in path}
    if lms == "gradescope" and (listed := metadata_of(paths)):
        return listed.removesuffix(METADATA)
    top = next(iter(tops)) if len(tops) == 1 and all("/" in path for path in paths) else ""
    wanted = top == "submitted" if lms == "folders" else not _understood(lms, f"{top}/x", "")
    return f"{top}/" if top and wanted else ""


def read_name(lms: str, path: str, root: str = "") -> Named:
    """Whose the entry of this path is. Raises Unclaimed, with what it is."""
    if not path.startswith(root):
        raise Unclaimed(f"it lies beside {root}")
    readers = {"moodle": _moodle, "canvas": _canvas, "gradescope": _gradescope, "folders": _folders}
    return readers[lms](path.removeprefix(root))


def _understood(lms: str, path: str, root: str) -> bool:
    try:
        read_name(lms, path, root)
    except Unclaimed:
        return False
    return True


def _moodle(path: str) -> Named:
    found = _MOODLE.fullmatch(path)
    if found is None:
        raise Unclaimed("no name as Moodle gives them")
    name, user = found["name"], found["user"] or ""
    prefix = "_".join(part for part in (name, user, "assignsubmission_file") if part)
    other = "" if found["kind"] == "file" else _KINDS.get(found["kind"], f"handed in by Moodle's {found['kind']}")
    return Named(f"{name}_{user}", name, user, prefix, found["file"], other=other)


def _canvas(path: str) -> Named:
    if found := _CANVAS_TEXT.fullmatch(path):
        return Named(
            found["user"], found["name"] or "", found["user"], found["prefix"], path, other=_KINDS[found["kind"]]
        )
    found = _CANVAS.fullmatch(path)
    if found is None:
        raise Unclaimed("no name as Canvas gives them")
    if _CANVAS_AGAIN.search(found["file"]):
        raise Unclaimed(f"its name can be read in two ways, of {found['user']} or of somebody named like them")
    who = found["user"], found["name"] or "", found["user"], found["prefix"], found["file"]
    return Named(*who, late=bool(found["late"]))


def _gradescope(path: str) -> Named:
    found = _GRADESCOPE.fullmatch(path)
    if found is None:
        raise Unclaimed("it lies in no folder of a submission")
    return Named(found["name"], found["name"], found["user"], found["name"], found["file"])


def _folders(path: str) -> Named:
    found = _FOLDER.fullmatch(path)
    if found is None:
        raise Unclaimed("it lies in no student's folder")
    return Named(found["name"], found["name"], "", found["name"], found["file"])
