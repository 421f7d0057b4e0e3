"""How far readers of the same answers agree: Cohen's kappa (Educational and Psychological Measurement 20, 1960)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean

from autograder.outcome.readings import Reading


@dataclass(frozen=True)
class Agreement:
    """Of two readers, or of all pairs in one row. `difference`: points of the first less those of the second, mean."""

    what: str
    answers: int
    same: float
    difference: float
    apart: float
    kappa: float | None


def kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Agreement beyond chance, from -1 to 1; None where chance alone would agree always, or nothing was read twice."""
    if not pairs:
        return None
    seen = mean(a == b for a, b in pairs)
    values = {value for pair in pairs for value in pair}
    chance = sum(mean(a == value for a, _ in pairs) * mean(b == value for _, b in pairs) for value in values)
    return None if chance == 1 else (seen - chance) / (1 - chance)


def between_readers(together: Sequence[dict[str, Reading]]) -> list[Agreement]:
    """A line for each two readers: totals and their differences; kappa over all rows of the rubrics."""
    names = sorted({name for readings in together for name in readings})
    found = []
    for first, second in combinations(names, 2):
        both = [(each[first], each[second]) for each in together if first in each and second in each]
        rows = [pair for a, b in both for pair in zip(a.rows, b.rows, strict=False)]
        if both:
            found.append(_line(f"{first} and {second}", [(a.points, b.points) for a, b in both], rows))
    return found


def by_row(together: Sequence[dict[str, Reading]], count: int) -> list[Agreement]:
    """A line for each row of one rubric, over all pairs of readers."""
    found = []
    for number in range(count):
        pairs = [
            (a.rows[number], b.rows[number])
            for readings in together
            for a, b in combinations([readings[name] for name in sorted(readings)], 2)
            if len(a.rows) == len(b.rows) == count
        ]
        if pairs:
            found.append(_line(str(number), pairs, pairs))
    return found


def _line(what: str, points: Sequence[tuple[float, float]], rows: Sequence[tuple[int, int]]) -> Agreement:
    return Agreement(
        what,
        len(points),
        mean(a == b for a, b in points),
        mean(a - b for a, b in points),
        mean(abs(a - b) for a, b in points),
        kappa(rows),
    )
