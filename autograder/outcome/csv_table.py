"""Tables for spreadsheets: every CSV that leaves this course is written here."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from nst.plumbing.files import write_atomically

FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # what a spreadsheet may begin to compute
_BEGIN = re.compile(r"(^|[;\t\r\n])(\s*)(?=[=+\-@＝＋－＠])")  # of a cell, also where another character parts cells


def write(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows (column -> value) as CSV, whole or not at all; what a row lacks stays empty. Raises SaveError."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(columns), restval="")
    table.writeheader()
    table.writerows({column: harmless(value) for column, value in row.items()} for row in rows)
    write_atomically(path, text.getvalue().encode(), make_folder=True)


def harmless(value: object) -> object:
    """A value that a spreadsheet shows and does not compute: students choose some of these texts.

    `=1+1` becomes `'=1+1`, also after a semicolon or a tab: in some languages these part the cells of a CSV. What
    UTF-8 cannot write becomes a question mark.
    """
    if not isinstance(value, str):
        return value
    text = _BEGIN.sub(r"\1\2'", value.encode("utf-8", "replace").decode("utf-8"))
    return f"'{text}" if text.startswith(FORMULAS) else text
