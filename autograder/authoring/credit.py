"""Partial credit: the rows of credit.toml, and why a verdict leaves what it leaves."""

import functools
import tomllib
from pathlib import Path

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
    return tomllib.loads(Path(__file__).resolve().parents[1].joinpath("credit.toml").read_text(encoding="utf-8"))
