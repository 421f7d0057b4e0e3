"""How far a student has come: a tick for each exercise whose last check it passed, on this machine only.

A tick is an empty file in the user's cache folder, in a folder of its own for each copy of the notebooks. Grading
neither reads nor writes one (NST_PROGRESS=off). Where the folder cannot be written, ticks last as long as the kernel.
"""

import hashlib
import os
from pathlib import Path

from nst.checks.syllabus import Entry
from nst.plumbing.files import cache_folder

_unwritten: dict[str, bool] = {}  # exercise -> ticked, where no file could say so


def note(exercise: str, passed: bool) -> None:
    """Keep or take away the tick of an exercise."""
    if os.environ.get("NST_PROGRESS") == "off":
        return
    path = _folder() / exercise
    try:
        if passed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        else:
            path.unlink(missing_ok=True)
        _unwritten.pop(exercise, None)
    except OSError:
        _unwritten[exercise] = passed


def line(entries: dict[str, Entry]) -> str:
    """ "9 of 15 exercises, 41 of 100 points; next: style_loss_layer in 04"; empty where nothing is kept.

    Optional exercises are counted on top, once there are any.
    """
    if os.environ.get("NST_PROGRESS") == "off":
        return ""
    asked = [entry for entry in entries.values() if not entry.optional]
    exercises = [entry for entry in asked if entry.checked]
    done = [entry for entry in exercises if _ticked(entry.name)]
    left = [entry for entry in exercises if entry not in done]
    total = sum(entry.points for entry in asked)
    so_far = f"{len(done)} of {len(exercises)} exercises, {sum(e.points for e in done)} of {total} points"
    if extra := sum(entry.points for entry in entries.values() if entry.optional and _ticked(entry.name)):
        so_far += f" and {extra} on top"
    return f"{so_far}; {_next(left, [entry for entry in asked if not entry.checked])}"


def _next(left, written):
    if left:
        return f"next: {left[0].place}"
    places = " and ".join(entry.notebook[:2] for entry in written)
    return f"the other {sum(entry.points for entry in written)} are for what you write in {places}"


def _ticked(exercise):
    try:
        return _unwritten.get(exercise, (_folder() / exercise).is_file())
    except OSError:
        return False


def _folder() -> Path:
    here = os.path.realpath(".").encode(errors="surrogateescape")  # where the notebooks lie
    return cache_folder() / "passed" / hashlib.sha256(here).hexdigest()[:16]
