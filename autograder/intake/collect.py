"""`python -m autograder collect ZIP`: what a learning management system (LMS) hands out, into autograder/submitted.

It ends with an account: every file of the zip is somebody's notebook, or is told. One student's files are read at a
time and within that student's budget, so that whatever they are, they cost nobody else anything.
"""

import argparse
import zipfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from autograder.authoring.masters import Masters
from autograder.authoring.release import course_files
from autograder.course import Course, CourseError
from autograder.intake import attempts, unclaimed
from autograder.intake.account import OTHER, UNCLAIMED, USED, VERSION, Account, Line
from autograder.intake.class_zip import Entry, empty_folders, entries_of, of_the_system, one_folder, opened
from autograder.intake.kinds import kind
from autograder.intake.lms import LMSS, METADATA, Named, Unclaimed, detect, metadata_of, read_name, root_of
from autograder.intake.origins import Origin, read_origins, remember
from autograder.intake.people import MAX_METADATA, People, read_metadata
from autograder.intake.recognise import Recogniser, Version, shown
from autograder.intake.roster import Roster, keep, read_roster
from autograder.intake.times import EXAMPLE, moment, written
from autograder.intake.unzip import (
    MAX_NOTEBOOKS,
    Budget,
    NotRead,
    Piece,
    pieces,
    read_entry,
)

_SYSTEMS = "a file of the operating system"


@dataclass
class HandIn:
    """What one student handed in: files as they came, a line for each file in them, and the notebooks that count."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    notebooks: dict[str, Version] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    course = Course()
    roster = read_roster(args.roster) if args.roster else None
    if args.roster and not args.check:
        keep(course, args.roster)
    code = 0
    for path in args.zip:
        account = collect(course, path, args.lms, args.timestamp, roster, check=args.check)
        print(account.full() if args.check else account.summary())
        code = max(code, account.code)
    print("Nothing was written (--check)." if args.check else "Next: python -m autograder grade")
    return code


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="python -m autograder collect",
        description=__doc__.split("\n")[0],
        epilog="Exit code 1: some file is unclaimed; 2: nothing could be collected.",
    )
    parser.add_argument("zip", nargs="+", type=Path, help="zip of all submissions, as downloaded")
    parser.add_argument("--lms", choices=LMSS, help="where it comes from (default: seen from the file names)")
    parser.add_argument("--timestamp", metavar="DATE", help=f"when all of this was handed in, such as {EXAMPLE}")
    parser.add_argument(
        "--roster", type=Path, metavar="CSV", help="the class, as the LMS exports it: says who is missing"
    )
    parser.add_argument("--check", action="store_true", help="give the account only, with every file; write nothing")
    return parser


def collect(
    course: Course,
    path: Path,
    lms: str | None = None,
    timestamp: str | None = None,
    roster: Roster | None = None,
    check: bool = False,
) -> Account:
    """Take one LMS zip into the submitted folder (not with `check`), and account for every file in it.

    A student's earlier hand-in is kept, and replaced unless it is known to be the later one. Raises CourseError if the
    zip cannot be read or holds nobody's work; trouble with one student's files is a line of the account.
    """
    when = _date(timestamp)
    recogniser = Recogniser({name: course.skeleton(name) for name in course.notebooks()})
    with ExitStack() as stack:
        archive, damage = opened(path, stack)
        every = entries_of(path, archive)
        entries = [entry for entry in every if not of_the_system(entry[0])]
        lms = lms or detect(name for name, _ in entries)
        account = Account(path.name, lms, Masters(course.masters).graded())
        account.lines += [Line(name, OTHER, what=_SYSTEMS) for name, _ in every if of_the_system(name)]
        account.lines += [Line(name, UNCLAIMED, what="an empty folder") for name in empty_folders(archive)]
        account.lines += damage
        claims = _claims(course, archive, entries, lms, when, roster, account)
        if not claims:
            raise CourseError(_nobody(path, account))
        ours = {PurePosixPath(name).name for name, _ in course_files(course)}
        known = read_origins(course)
        for student, (origin, named) in sorted(claims.items()):
            hand_in = _read(archive, named, student, recogniser, ours)
            placed = origin if check else _store(course, origin, hand_in, known.get(student), path.name)
            account.origins[student] = placed
            account.add(hand_in.lines)
            account.notebooks[student] = sorted(hand_in.notebooks)
            account.notes += [f"{student}: {note}" for note in hand_in.notes]
            if any(each.late for _, each in named) and not origin.timestamp:
                account.notes.append(f"{student}: marked late, no time given. {_write_time(course, student)}")
    if roster:
        everybody = [*known.values(), *account.origins.values()]
        account.missing, account.strangers = roster.without(everybody), roster.strangers([*account.origins.values()])
    if not check:
        remember(course, account.origins)
        folder = course.home / attempts.FOLDER
        folder.mkdir(exist_ok=True)
        unclaimed.remember(course, account)
        (folder / f"account_{shown(path.stem).replace('/', '_')}.txt").write_text(account.full())
    return account


def _claims(
    course: Course,
    archive: zipfile.ZipFile,
    entries: list[Entry],
    lms: str,
    when: str,
    roster: Roster | None,
    account: Account,
) -> dict[str, tuple[Origin, list[tuple[Entry, Named]]]]:
    """Student -> who that is, and their entries; the other entries become lines of the account."""
    paths = [name for name, _ in entries]
    root, listed = root_of(lms, paths), metadata_of(paths) if lms == "gradescope" else None
    metadata = _metadata(archive, entries, listed) if listed else None
    if root and lms in ("canvas", "moodle"):
        account.notes.append(f"all lies in the folder {shown(root)} and is named as {lms} names it: packed again?")
    named = []
    for entry in entries:
        if entry[0] == listed:
            account.lines.append(Line(entry[0], OTHER, what="Gradescope's list of who handed in what"))
        elif lms == "brightspace" and entry[0] == f"{root}index.html":
            account.lines.append(Line(entry[0], OTHER, what="Brightspace's list of who handed in what"))
        else:
            try:
                named.append((entry, read_name(lms, entry[0], root)))
            except Unclaimed as reason:
                account.lines.append(Line(entry[0], UNCLAIMED, what=str(reason)))
    people = People(lms, [each for _, each in named], metadata, read_origins(course), roster, when)
    account.notes += people.foreign_names() + one_folder(lms, paths)
    claims: dict[str, tuple[Origin, list[tuple[Entry, Named]]]] = {}
    for entry, each in named:
        try:
            for origin in people.of(each):
                claims.setdefault(origin.student, (origin, []))[1].append((entry, each))
        except Unclaimed as reason:
            account.lines.append(Line(entry[0], UNCLAIMED, what=str(reason)))
    return claims


def _metadata(archive: zipfile.ZipFile, entries: list[Entry], listed: str) -> dict:
    """Gradescope's list, out of the zip itself and never out of a student's folder."""
    info = next(info for name, info in entries if name == listed)
    try:
        return read_metadata(read_entry(archive, info, Budget(MAX_METADATA)))
    except NotRead as error:
        raise CourseError(f"{METADATA} {error}. Download the zip again.") from None


def _read(
    archive: zipfile.ZipFile,
    entries: list[tuple[Entry, Named]],
    student: str,
    recogniser: Recogniser,
    ours: set[str],
) -> HandIn:
    """Read one student's entries within their budget, notebooks first, and choose the versions that count."""
    found, budget = HandIn(), Budget()
    versions: dict[str, list[Version]] = defaultdict(list)
    for (path, info), named in sorted(entries, key=lambda each: not _may_hold(each[0][0])):
        try:
            data = read_entry(archive, info, budget)
        except NotRead as error:
            found.lines.append(Line(path, UNCLAIMED, (student,), what=str(error)))
            continue
        found.files.append((path, data))
        if named.other:
            state = OTHER if named.says_nothing(data) else UNCLAIMED
            found.lines.append(Line(path, state, (student,), what=named.other))
            continue
        for piece in pieces(path, data, budget, info.date_time):
            many = sum(map(len, versions.values())) >= MAX_NOTEBOOKS
            version = None if many or piece.data is None else recogniser.version(piece.path, piece.data, piece.date)
            if version:
                versions[version.notebook].append(version)
            else:
                found.lines.append(_other(piece, student, ours, f"more than {MAX_NOTEBOOKS} notebooks" if many else ""))
    for notebook, candidates in sorted(versions.items()):
        counts, note = recogniser.best(candidates)
        found.notebooks[notebook] = counts
        found.lines += [_version_line(each, counts, student) for each in candidates]
        found.notes += [note] if note else []
        if counts.renamed and not note:
            found.notes.append(f"{shown(counts.path)} is {notebook}, by its cells")
        if counts.why:
            found.notes.append(f"{shown(counts.path)}: {counts.why}")
    return found


def _version_line(version: Version, counts: Version, student: str) -> Line:
    return Line(version.path, USED if version is counts else VERSION, (student,), version.notebook, version.why)


def _other(piece: Piece, student: str, ours: set[str], why: str) -> Line:
    """The line of a file that is no notebook of the course."""
    if not piece.why and of_the_system(piece.path):
        return Line(piece.path, OTHER, (student,), what=_SYSTEMS)
    if not piece.why and piece.name in ours:
        return Line(piece.path, OTHER, (student,), what="a file of the course")
    return Line(piece.path, UNCLAIMED, (student,), what=piece.why or why or kind(piece.name, piece.data))


def _may_hold(path: str) -> bool:
    return ".ipynb" in path.lower() or path.lower().endswith(".zip")


def _store(course: Course, origin: Origin, hand_in: HandIn, known: Origin | None, source: str) -> Origin:
    """Keep the hand-in, and put it in place unless it is there already or an older one; the origin with its attempt."""
    student = origin.student
    notebooks = {name: version.data for name, version in hand_in.notebooks.items()}
    attempt = attempts.keep(course, student, hand_in.files, notebooks, when=origin.timestamp, source=source)
    current = attempts.current_id(course, student)
    if current == attempt.id:
        return replace(origin, attempt=current)
    if current and known and origin.timestamp and known.timestamp > origin.timestamp:
        hand_in.notes.append(
            f"this hand-in of {origin.timestamp} is older than the one of {known.timestamp}: kept, and not used "
            f"(python -m autograder attempts --student {student})"
        )
        return replace(known, prefix=origin.prefix)
    before = attempts.keep_in_place(course, student)
    if current:
        lost = [name for name in before if name not in notebooks]
        hand_in.notes.append(
            f"an earlier hand-in is kept{', with ' + ', '.join(lost) if lost else ''} (attempts --student {student})"
        )
    attempts.place(course, student, notebooks, origin.timestamp)
    return replace(origin, attempt=attempt.id)


def _nobody(path: Path, account: Account) -> str:
    example = account.lines[0]
    return (
        f"{path}: nothing in it is named as systems name submissions; {shown(example.path)}: {example.what}. "
        f"Put each student's files into a folder of their own and zip those, or give --lms ({', '.join(LMSS)})."
    )


def _write_time(course: Course, student: str) -> str:
    return f"Write it, as {EXAMPLE}, into {course.submitted / student / course.assignment / attempts.TIMESTAMP}"


def _date(text: str | None) -> str:
    try:
        return written(moment(text)) if text else ""
    except ValueError as error:
        raise CourseError(f"--timestamp {error}") from None
