"""Who student code runs as: a user id of its own for each sandbox, where root can give one."""

import contextlib
import itertools
import os
import pwd
import stat
from collections.abc import Iterable
from pathlib import Path

FIRST = 0x10000000  # ids from here on belong to nobody
SETGID, SETUID, SYS_ADMIN = 6, 7, 21  # numbers of capabilities
_numbers = itertools.count()


def capable(number: int) -> bool:
    """Whether this process has that capability."""
    with open("/proc/self/status") as status:
        words = next(line for line in status if line.startswith("CapEff")).split()
    return bool(int(words[1], 16) >> number & 1)


def own_uid() -> int:
    """0 for "stay who you are"; under root a user id of its own for each sandbox, so that limits do not add up.

    The id after it is nobody's, either (stage.kill_user). 0 under root, too, where root may not
    become somebody else: without the capabilities, or in a user namespace that has no other ids or denies setgroups.
    """
    if os.getuid() != 0 or not (capable(SETUID) and capable(SETGID)) or _setgroups() == "deny":
        return 0
    offset = 2 * (os.getpid() * 64 + next(_numbers) % 64)
    ids = _ranges("/proc/self/uid_map")
    if any(start <= FIRST + offset < end - 1 for start, end in ids):
        return FIRST + offset
    start, end = max(ids, key=lambda ids: ids[1] - ids[0])
    free = end - max(start, end // 2)  # the upper half: a machine's own users have the lower numbers
    uid = end - 2 - offset % (free - free % 2) if free > 1 else 0
    return uid - 2 if uid and (_known(uid) or _known(uid + 1)) else uid


def _setgroups():
    with contextlib.suppress(OSError):
        return Path("/proc/self/setgroups").read_text().strip()


def _ranges(path):
    rows = [list(map(int, line.split())) for line in Path(path).read_text().splitlines()]
    return [(first, first + count) for first, _, count in rows]


def _known(uid):
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwuid(uid))
    return False


def closed_to_others(paths: Iterable[str | Path]) -> str:
    """The first folder on the way to one of `paths` that a user without rights may not enter, or an empty string."""
    for path in paths:
        path = Path(os.path.realpath(path))
        for folder in reversed([path, *path.parents]):
            if folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH:
                return str(folder)
    return ""
