"""How much memory there is: a container's limit is not the machine's."""

from pathlib import Path

import psutil

OWN = 256 * 2**20  # bytes that the grader itself needs beside the sandbox (it held 170 MB, see gradescope.md)
LEAST = 128 * 2**20  # a sandbox with less starts no kernel
SPARE = 64 * 2**20  # a sandbox that was started ahead and waits
AMPLE = 2**30  # with so much for the sandbox in use, another one may wait
_GROUPS, _OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def sandbox_memory() -> int:
    """Bytes that a sandbox may use here, so that the container ends the sandbox and not the grader."""
    return max(LEAST, _beside_the_grader() - (SPARE if spare_fits() else 0))


def spare_fits() -> bool:
    """Whether the next notebook's sandbox may be started while one is used."""
    return _beside_the_grader() - SPARE >= AMPLE


def _beside_the_grader():
    return min(psutil.virtual_memory().total, container_memory()) - OWN


def container_memory() -> int:
    """Bytes that the control groups of this process allow it, with cgroup v2 or v1; a very large number if any."""
    found = [_number(file) for file in _files()]
    return min((number for number in found if number), default=2**62)


def _files() -> list[Path]:
    """Where a limit may stand: the group of this process and those above it, as seen from here."""
    try:
        lines = _OWN_GROUP.read_text().splitlines()
    except OSError:
        return []
    files = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "memory" in controllers.split(","):
            roots = [_GROUPS] if controllers == "" else [_GROUPS / "memory"]
            name = "memory.max" if controllers == "" else "memory.limit_in_bytes"
            inner = Path(path.lstrip("/"))
            files += [root / folder / name for root in roots for folder in (inner, *inner.parents)]
    return files


def _number(file: Path) -> int:
    try:
        text = file.read_text().strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0
