"""Tables for spreadsheets: every CSV that leaves this course is written here."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from nst.plumbing.files import write_atomically

FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet may take for the beginning of one


def write(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows (column -> value) as CSV, whole or not at all; what a row lacks stays empty. Raises SaveError."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(columns), restval="")
    table.writeheader()
    table.writerows({column: harmless(value) for column, value in row.items()} for row in rows)
    write_atomically(path, text.getvalue().encode(), make_folder=True)


def harmless(value: object) -> object:
    """A value that a spreadsheet shows and does not compute: students choose some of these texts."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
