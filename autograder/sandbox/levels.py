"""The ladder of confinement: what each rung covers and what it does not, and which is the highest that works here.

    namespaces > contained > nothing is graded

A rung is believed only after a kernel has been started at it and has looked around inside. `unsafe` is no rung: it is
asked for by name, and never chosen.
"""

import functools
from dataclasses import asdict, dataclass, field, replace

from autograder.sandbox import cgroup
from autograder.sandbox.bubblewrap import version
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits, SandboxUnavailable


@dataclass(frozen=True)
class Level:
    """How student code is confined. `above`: why no higher rung works here, a sentence each (filled in by `probe`)."""

    name: str
    covers: tuple[str, ...]
    does_not_cover: tuple[str, ...]
    above: tuple[str, ...] = field(default=())


NAMESPACES = Level(
    "namespaces",
    covers=(
        "files: nothing of this machine is there but Python, system libraries, nst and its pictures",
        "network: none",
        "other processes: none is visible",
        "memory, processor time, processes, files and disk: bounded",
    ),
    does_not_cover=("holes in the kernel or in bubblewrap", "timing and load that a neighbour can measure"),
)
CONTAINED = Level(
    "contained",
    covers=(
        "files: nothing of this machine can be read or listed but Python, system libraries, nst and its pictures",
        "network: no socket but local ones, which cannot be connected to anything outside",
        "other processes: no signal, no memory, no priority of theirs",
        "memory, processor time, processes, files and disk: bounded",
    ),
    does_not_cover=(
        "size, owner and time of a file whose path is known or guessed (not its contents)",
        "disk: watched every half second, not a file system of its own; the limit can be overshot in between",
        "names, command lines and states of other processes (not their memory, environment or files)",
        "/tmp and /dev/shm are closed ($TMPDIR and the home folder are there): code that names them fails inside",
        "holes in the kernel",
        "timing and load that a neighbour can measure",
    ),
)
UNSAFE = Level(
    "unsafe",
    covers=(),
    does_not_cover=("anything: this notebook's code could read and write what the grader can, and forge scores",),
)
RUNGS = (NAMESPACES, CONTAINED)  # the highest first
LEVELS = {level.name: level for level in (*RUNGS, UNSAFE)}


def probe(least: str | None = None) -> Level:
    """The highest rung that works here, tried once in each process.

    SandboxUnavailable, with a sentence for each rung that was tried, if none works, or none from `least` upward.
    """
    names = [level.name for level in RUNGS]
    if least and least not in names:
        raise ValueError(f"{least!r} is no rung of the ladder: there are {', '.join(names)}")
    failed: list[str] = []
    for level in RUNGS[: names.index(least) + 1 if least else None]:
        why = obstacle(level.name)
        if not why:
            return replace(level, above=tuple(failed))
        failed.append(f"{level.name}: {why}")
    asked = f" from {least} upward" if least else ""
    raise SandboxUnavailable(
        f"Students' code cannot be confined here{asked}, so nothing is graded. " + " ".join(failed)
    )


@functools.cache
def obstacle(name: str) -> str:
    """Why the rung of this name does not work here, in a sentence; an empty string if it does. Tries it once."""
    try:
        with Kernel(level=name):
            return ""
    except SandboxUnavailable as error:
        return str(error)


def settle(level: str = "", least: str | None = None) -> Level:
    """The level of that name, tried, or without a name the highest rung that works; SandboxUnavailable if none does."""
    if not level:
        return probe(least)
    if level not in LEVELS:
        raise ValueError(f"{level!r} is no level of confinement: there are {', '.join(LEVELS)}")
    if why := "" if level == UNSAFE.name else obstacle(level):
        raise SandboxUnavailable(f"Nothing is graded. {level}: {why}")
    return LEVELS[level]


def describe(limits: Limits, name: str) -> dict:
    """What to keep with a grade: the level, what it does not cover, bubblewrap's version and limits, as plain data."""
    level = LEVELS[name]
    kept = {
        "control groups": cgroup.describe(),
        "level": name,
        "does_not_cover": list(level.does_not_cover),
        "seccomp": level in RUNGS,
    }
    return {**kept, "version": version() if level == NAMESPACES else "", **asdict(limits)}
