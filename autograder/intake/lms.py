"""How learning management systems name what students handed in: whose an entry of their zip is, and what.

The forms are those of Canvas's lib/content_zipper.rb, Moodle's mod/assign/classes/downloader.php (and of older Moodles,
which put a group's name before the person's), Gradescope's "Download Submissions", Blackboard's "Assignment File
Download" and Brightspace's "Download" (a folder a hand-in: two numbers, the name, the time). Students choose parts of
these names: one that can be read in two ways is nobody's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from os.path import commonprefix
from pathlib import PurePosixPath

LMSS = ("moodle", "gradescope", "canvas", "blackboard", "brightspace", "folders")
METADATA = "submission_metadata.yml"  # Gradescope's list of who handed in which folder
# These take feedback for everybody in one zip, each file named as they named what the student handed in:
# Canvas by "Re-upload submissions", Moodle by "Upload multiple feedback files in a zip".
BULK_FEEDBACK = ("canvas", "moodle")

_MOODLE = re.compile(r"(?P<name>[^/_]+)(?:_(?P<user>\d+))?_assignsubmission_(?P<kind>[a-z]+)(?:_?/|_)(?P<file>.+)")
_CANVAS_WHO = r"(?:(?!LATE_)(?P<name>[^/]+?)_)?(?P<late>LATE_)?(?P<user>\d+|anon_[A-Za-z0-9]+)"
_CANVAS = re.compile(rf"(?P<prefix>{_CANVAS_WHO}_\d{{3,}})_(?P<file>[^/]+)")
_CANVAS_TEXT = re.compile(rf"(?P<prefix>{_CANVAS_WHO})_(?P<kind>text|link)\.html")
_CANVAS_AGAIN = re.compile(r"(?:^|_)(?:LATE_)?(?:\d+|anon_[A-Za-z0-9]+)_\d{3,}_")  # a person's name may hold that, too
_GRADESCOPE = re.compile(r"(?P<name>submission_(?P<user>\d+))/(?P<file>.+)")
_BLACKBOARD = re.compile(r"(?P<user>[^/]+?)_attempt_\d{4}(?:-\d\d){5}(?:\.(?P<note>txt)|_(?P<file>.+))")
_BRIGHTSPACE_TIME = r"\w+\.? \d\d?,? \d{4} \d{3,4} [AP]M"
_BRIGHTSPACE = re.compile(
    rf"(?P<prefix>(?P<user>\d+)-(?P<number>\d+) ?- ?(?P<name>[^/]+?) ?- ?{_BRIGHTSPACE_TIME})/(?P<file>.+)"
)
_FOLDER = re.compile(r"(?P<name>[^/]+)/(?P<file>.+)")
_NOTHING_SAID = (b"no student submission text data", b"no student comments")
_KINDS = {
    "text": "a text typed into Canvas",
    "link": "a link handed in by Canvas",
    "onlinetext": "online text of Moodle",
    "note": "what Blackboard says of the hand-in",
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

    def says_nothing(self, data: bytes) -> bool:
        """Is this the note that Blackboard writes of every hand-in, without a word of the student's?"""
        return self.other == _KINDS["note"] and all(text in data.lower() for text in _NOTHING_SAID)


def detect(paths: Iterable[str]) -> str:
    """The LMS that names at least half of these entries so; plain folders if there is none."""
    paths = list(paths)
    if metadata_of(paths):
        return "gradescope"
    roots = {lms: root_of(lms, paths) for lms in LMSS[:-1]}
    counts = {lms: sum(_understood(lms, path, root) for path in paths) for lms, root in roots.items()}
    best = max(counts, key=lambda lms: counts[lms])
    return best if 2 * counts[best] >= len(paths) else "folders"


def metadata_of(paths: Iterable[str]) -> str | None:
    """The path of Gradescope's own list: beside the folders of the submissions, never inside one."""
    found = [path for path in paths if PurePosixPath(path).name == METADATA and path.count("/") <= 1]
    found = [path for path in found if not _GRADESCOPE.fullmatch(path)]
    return min(found, key=lambda path: (path.count("/"), path)) if found else None


def root_of(lms: str, paths: Iterable[str]) -> str:
    """What every path of an LMS begins with: the folder in which its entries lie, with a slash, or "".

    Students cannot name it. Blackboard begins each with the assignment's name. Gradescope puts all into a folder, and
    so does who packs a zip again that a browser has unpacked.
    """
    paths = list(paths)
    tops = {path.partition("/")[0] for path in paths if "/" in path}
    if lms == "gradescope" and (listed := metadata_of(paths)):
        return listed.removesuffix(METADATA)
    if lms == "blackboard":
        return _assignment_on_blackboard(paths)
    top = next(iter(tops)) if len(tops) == 1 and all("/" in path for path in paths) else ""
    wanted = top == "submitted" if lms == "folders" else not _understood(lms, f"{top}/x", "")
    return f"{top}/" if top and wanted else ""


def _assignment_on_blackboard(paths: list[str]) -> str:
    """What stands before the users' names: the part up to a `_` that all have in common; a name may hold a `_`, too."""
    heads = [path.partition("_attempt_")[0] for path in paths if "_attempt_" in path]
    common = commonprefix([head[: head.rfind("_") + 1] for head in heads])  # noqa: RUF071 (of texts, as is meant here)
    return common[: common.rfind("_") + 1]


def read_name(lms: str, path: str, root: str = "") -> Named:
    """Whose the entry of this path is. Raises Unclaimed, with what it is."""
    if not path.startswith(root):
        raise Unclaimed(f"it lies beside {root}")
    return _READERS[lms](path.removeprefix(root))


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


def _blackboard(path: str) -> Named:
    found = _BLACKBOARD.fullmatch(path)
    if found is None:
        raise Unclaimed("no name as Blackboard gives them")
    user, other = found["user"], _KINDS["note"] if found["note"] else ""
    return Named(user, user, "", user, found["file"] or path, other=other)


def _brightspace(path: str) -> Named:
    found = _BRIGHTSPACE.fullmatch(path)
    if found is None:
        raise Unclaimed("it lies in no folder as Brightspace names them")
    key = f"{found['name']} {found['user']}-{found['number']}"
    return Named(key, found["name"], found["user"], found["prefix"], found["file"])


_READERS = {
    "moodle": _moodle,
    "gradescope": _gradescope,
    "canvas": _canvas,
    "blackboard": _blackboard,
    "brightspace": _brightspace,
    "folders": _folders,
}
