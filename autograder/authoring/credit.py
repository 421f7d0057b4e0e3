"""Partial credit: the rows of credit.toml, and why a verdict leaves what it leaves."""

import functools
import tomllib
from pathlib import Path

from autograder.course import CourseError
from autograder.exercises import Known, Limit, entry


def reason(exercise: str, mistake: str | None) -> str:
    """Why a verdict with this mistake's name leaves the credit that it does; empty for names of no such row."""
    known = entry(exercise)
    rows: list[Known | Limit] = [*known.limits, *known.mistakes]
    kinds = {row.name: row.kind for row in rows}
    return credit_rows().get(kinds.get(mistake or "", mistake or ""), {}).get("reason", "")


def credits_table() -> dict[str, float]:
    """Kind -> credit, from credit.toml."""
    return {kind: float(row["credit"]) for kind, row in credit_rows().items()}


@functools.lru_cache(maxsize=1)
def credit_rows() -> dict[str, dict]:
    """Kind -> {"credit", "reason"}: the rows of credit.toml."""
    return read_rows(Path(__file__).resolve().parents[1] / "credit.toml")


def read_rows(path: Path) -> dict[str, dict]:
    """The rows of a credit table. CourseError for one that cannot be used."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CourseError(f"{path} cannot be read: {error}") from error
    for kind, row in rows.items():
        share = row.get("credit") if isinstance(row, dict) else None
        if not isinstance(share, int | float) or not 0 <= share <= 1 or not isinstance(row.get("reason"), str):
            raise CourseError(f"{path}, [{kind}]: needs credit, a number from 0 to 1, and reason, a sentence")
    return rows
