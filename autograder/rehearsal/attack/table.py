"""`python -m autograder attack`: every case through this grader and through stock nbgrader, in one table."""

import argparse
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from autograder.course import REPOSITORY
from autograder.rehearsal.attack.arena import SMALL, Result, run
from autograder.rehearsal.attack.case import CASES, Case
from autograder.rehearsal.attack.control import control
from autograder.rehearsal.attack.corpora import all_cases
from autograder.rehearsal.container import ordinary
from autograder.sandbox.levels import CONTAINED, NAMESPACES, RUNGS, probe

WAYS = {"command": "python -m autograder grade", "stock": "nbgrader autograde with this configuration"}
LADDER = [level.name for level in RUNGS]
COLUMNS = f"{'gained':>6} {'harm':>4} {'others':>6} {'lost':>5}"
HEAD = f"{'case':26} {'idea':66} | {COLUMNS} | {COLUMNS}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder attack", description=__doc__.split("\n")[0])
    parser.add_argument("case", nargs="*", help="names of cases or of a corpus (default: all)")
    parser.add_argument("--no-control", action="store_true", help="leave stock nbgrader out")
    parser.add_argument("--level", choices=LADDER, help="the rung to try (default: the highest that works here)")
    parser.add_argument("--way", choices=WAYS, action="append", help="way of entering (default: both)")
    args = parser.parse_args(argv)
    chosen = [case for case in all_cases() if not args.case or {case.name, case.corpus} & set(args.case)]
    if not chosen:
        parser.error(f"no such case or corpus: {', '.join(args.case)}")
    level = probe()
    if args.level == CONTAINED.name != level.name:
        return without_namespaces(sys.argv[1:] if argv is None else argv)
    if args.level and args.level != level.name:
        parser.error(f"{args.level} cannot be had here. {' '.join(level.above)}")
    started = time.monotonic()
    ours = {}
    for way in args.way or WAYS:
        ours = merged(ours, graded(chosen, way))
    stock = (
        {} if args.no_control or level.name != NAMESPACES.name else told("stock nbgrader, the control", control, chosen)
    )
    print(table(chosen, ours, stock))
    print(f"{len(chosen)} cases in {time.monotonic() - started:.0f} s, students' code confined by: {level.name}")
    print("Not covered at this rung:", *level.does_not_cover, sep="\n- ")
    return 0 if all(result.clean for result in ours.values()) else 1


def without_namespaces(arguments: Sequence[str]) -> int:
    """This command again, in an ordinary container's rights, where the lower rung is the highest."""
    words = [sys.executable, "-m", "autograder", "attack", *arguments]
    return subprocess.run(ordinary(words), cwd=REPOSITORY).returncode


def graded(chosen: list[Case], way: str) -> dict[str, Result]:
    """Case -> Result in our hands; those that use up their limits are graded with small ones."""
    found = {}
    for small in (False, True):
        if batch := [case.name for case in chosen if case.small == small]:
            what = f"{len(batch)} cases through {WAYS[way]}{', small limits' * small}"
            found = merged(found, told(what, side_by_side, batch, way, SMALL if small else None))
    return found


def side_by_side(names: list[str], way: str, limits: dict | None) -> dict[str, Result]:
    """The cases of these names in two classes, each graded in a process of its own."""
    halves, found = [half for half in (names[::2], names[1::2]) if half], {}
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for results in pool.map(_class_of, halves, [way] * 2, [limits] * 2):
            found = merged(found, {result.name: result for result in results})
    return found


def _class_of(names: list[str], way: str, limits: dict | None) -> list[Result]:
    all_cases()
    return run([CASES[name] for name in names], way, limits)


def told(what: str, function: Callable, *args) -> Any:
    """The function's result; what is under way and how long it took goes to stderr, as it can take minutes."""
    print(f"{what} ...", file=sys.stderr, flush=True)
    started = time.monotonic()
    result = function(*args)
    print(f"  {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return result


def merged(one: dict[str, Result], other: dict[str, Result]) -> dict[str, Result]:
    """The worse of two results for every case."""
    return {name: _worse(one.get(name), other.get(name)) for name in {**one, **other}}


def _worse(one: Result | None, other: Result | None) -> Result:
    if one is None or other is None:
        return one or other or Result("")
    return Result(
        one.name,
        max(one.gained, other.gained),
        max(one.lost, other.lost),
        sorted({*one.harm, *other.harm}),
        sorted({*one.others, *other.others}),
        sorted({*one.silent, *other.silent}),
    )


# --- the table ---


def table(chosen: list[Case], ours: dict[str, Result], stock: dict[str, Result]) -> str:
    """One row a case, a sum for each corpus, and the sum of all; what stands behind a number is told below."""
    lines = [f"{'':93} | {'this grader':^24} | {'stock nbgrader':^24}", HEAD, "-" * len(HEAD)]
    for name in dict.fromkeys(case.corpus for case in chosen):
        rows = [case for case in chosen if case.corpus == name]
        lines += [_row(c.name, c.idea, [ours[c.name]], [stock[c.name]] if c.name in stock else []) for c in rows]
        lines += [_sum(f"{name}: {len(rows)}", rows, ours, stock), ""]
    whole = [result for result in (ours.get(""),) if result and not result.clean]
    lines.append(_sum(f"all: {len(chosen)}", chosen, ours, stock, whole))
    return "\n".join([*lines, "", *_details(ours, "this grader"), *_details(stock, "stock nbgrader")])


def _sum(name: str, rows: list[Case], ours: dict, stock: dict, more: Sequence[Result] = ()) -> str:
    found = [stock[case.name] for case in rows if case.name in stock and not stock[case.name].not_run]
    idea = "points gained, cases that did harm, cases that changed others' grades, points lost"
    return _row(name, idea, [*(ours[case.name] for case in rows), *more], found)


def _row(name: str, idea: str, ours: list[Result], stock: list[Result]) -> str:
    return f"{name[:26]:26} {idea[:66]:66} | {_numbers(ours)} | {_numbers(stock)}".rstrip()


def _numbers(results: list[Result]) -> str:
    if not results:
        return ""
    if any(result.not_run for result in results):
        return results[0].not_run.split(": ")[0] + ": would do harm"
    gained, lost = sum(r.gained for r in results), sum(r.lost for r in results)
    harm, others = sum(bool(r.harm) for r in results), sum(bool(r.others) for r in results)
    return f"{gained:6g} {harm:4} {others:6} {lost:5g}"


def _details(results: dict[str, Result], whose: str) -> list[str]:
    """Words for harm and for changed grades."""
    lines = []
    for result in results.values():
        if words := [*result.harm, *(f"{student} graded otherwise" for student in result.others)]:
            lines.append(f"{whose}, {result.name or 'the class'}: {'; '.join(words)}")
    return lines
