"""An answer that is the right one but for a factor c * N^a * M^b, or for a root or a square: found from all cases."""

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from nst.checks.comparison import RTOL, Verdict, difference, numbers
from nst.checks.rules import Seen, verdict

CLOSE = 20 * RTOL  # how well ratios of different cases must agree
POWERS = range(-4, 5)
FEWEST = 3  # ratios, and sizes if they are in the formula
PLAIN = 64  # numerators and denominators up to this are said as such
ROOTS = {1.0: "", 2.0: "the square of ", 0.5: "the square root of "}


@dataclass(frozen=True)
class Ratio:
    """answer = value * right ** root in one case or entry, whose sizes are N, M, or how many layers there are."""

    value: float
    sizes: dict[str, float]


def fitted(seen: Seen) -> Verdict | None:
    """One factor too many or too few, the same formula in every case."""
    for root, of in ROOTS.items():
        ratios = _ratios(seen, root)
        found = ratios and _formula(ratios)
        if found and not (root == 1 and found[1] == {} and abs(found[0] - 1) <= CLOSE):
            return _said(seen, found, of)
    return _fitted_in_part(seen)


def _fitted_in_part(seen):
    """Where one dict's layers are right, a factor at those of another."""
    names = [n for n, a in zip(seen.cases[0].parameters, seen.cases[0].args, strict=False) if isinstance(a, dict)]
    if not isinstance(seen.cases[0].expected, dict) or len(names) < 3:
        return None
    for one, other in ((1, 2), (2, 1)):
        if any(_wrong_at(*case_and_pair, other, one) for case_and_pair in zip(seen.cases, seen.pairs, strict=True)):
            continue
        ratios = _ratios(seen, 1.0, lambda case, key, one=one, other=other: _only(case, key, one, other))
        found = ratios and _formula(ratios)
        if found and not (found[1] == {} and abs(found[0] - 1) <= CLOSE):
            where = f"at the layers of {names[one]} your result (those of {names[other]} are right)"
            return _said(seen, found, "", where)
    return None


def _only(case, key, one, other):
    return key in case.args[one] and key not in case.args[other]


def _wrong_at(case, pair, one, other):
    """Whether the answer is wrong at a layer of the dict `one` that the dict `other` lacks."""
    if not isinstance(pair[0], dict):
        return True
    keys = [key for key in case.expected if _only(case, key, one, other)]
    return any(difference(pair[0].get(key), case.expected[key]) for key in keys)


def _ratios(seen, root, counts=lambda case, key: True):
    """The ratios of all cases that tell one, at the layers that count; None if some answer is no multiple of what is
    right."""
    ratios = []
    for case, (answer, _) in zip(seen.cases, seen.pairs, strict=True):
        for a, e, sizes in _entries(case, answer, counts):
            if a is None or e is None or (root != 1 and (np.ndim(e) or e < 0)):
                return None
            with np.errstate(all="ignore"):
                ratio = multiple(a, e if root == 1 else e**root)
            if ratio is None:
                return None
            if ratio:  # zero where zero is right tells nothing
                ratios.append(Ratio(ratio, sizes))
    return ratios if len(ratios) >= FEWEST else None


def _entries(case, answer, counts):
    """(answer, right, sizes) of a case: one, or one for each layer where a dict of them is right."""
    sizes = _sizes(case.args, case.parameters)
    if not isinstance(case.expected, dict):
        return [(numbers(answer), numbers(case.expected), sizes)]
    if not isinstance(answer, dict) or set(answer) != set(case.expected):
        return [(None, None, {})]
    of_layer = case.args[0] if isinstance(case.args[0], dict) else {}
    return [
        (numbers(answer[key]), numbers(e), sizes | _sizes((of_layer.get(key),), ("F",)))
        for key, e in case.expected.items()
        if counts(case, key)
    ]


def _sizes(args, parameters):
    """N and M of a feature matrix; how many layers a dict has; weights, and other numbers that are above zero."""
    named = dict(zip(parameters, args, strict=False))
    sizes = {f"len({name})": len(a) for name, a in named.items() if isinstance(a, dict)}
    sizes |= {name: a for name, a in named.items() if isinstance(a, float) and a > 0}
    if args and isinstance(args[0], np.ndarray) and args[0].ndim == 2:
        sizes |= dict(zip("NM", args[0].shape, strict=True))
    return sizes


def multiple(answer: np.ndarray, right: np.ndarray) -> float | None:
    """The number r with answer = r * right; 0 if both are zero; None if there is no such number, or it is zero."""
    if right is None or answer is None or np.shape(answer) != np.shape(right):
        return None
    if not np.isfinite(answer).all() or not np.isfinite(right).all():
        return None
    a, e = np.ravel(answer), np.ravel(right)
    if not e.any():
        return None if difference(answer, right) else 0
    ratio = float(a @ e / (e @ e))
    return ratio if ratio and difference(answer, ratio * right) is None else None


def _formula(ratios):
    """(c, {size: power}) with ratio = c * product of sizes^powers in all of them: the simplest, or None."""
    names = [n for n in ratios[0].sizes if all(n in r.sizes for r in ratios) and len({r.sizes[n] for r in ratios}) > 1]
    names = names if len({tuple(r.sizes.items()) for r in ratios}) >= FEWEST else []
    values = np.array([r.value for r in ratios])
    logs = {n: np.log([r.sizes[n] for r in ratios]) for n in names}
    pairs = [*itertools.combinations(names, 2)] or [(n,) for n in names]
    found = []
    for chosen in pairs or [()]:
        for powers in itertools.product(POWERS, repeat=len(chosen)):
            rest = values / np.exp(
                sum((p * logs[n] for n, p in zip(chosen, powers, strict=True)), np.zeros(len(values)))
            )
            c = float(np.median(rest))
            if np.all(np.abs(rest - c) <= CLOSE * abs(c)) and (not any(powers) or _plain(c)):
                found.append((sum(map(abs, powers)), c, {n: p for n, p in zip(chosen, powers, strict=True) if p}))
    return min(found, key=lambda f: f[0])[1:] if found else None


def _plain(c):
    """c as a fraction of small numbers, or None."""
    fraction = Fraction(c).limit_denominator(PLAIN)
    good = fraction and abs(fraction.numerator) <= PLAIN and abs(float(fraction) - c) <= CLOSE * abs(c)
    return fraction if good else None


def _said(seen, formula, of, what="your result"):
    c, powers = formula
    factor = _product(abs(c), powers)
    times = "" if factor == "1" else f"{factor} times "
    minus = "minus " if c < 0 else ""
    sizes = " (N filters, M positions)" if {"N", "M"} & set(powers) else ""
    hint = f"In every case {what} is {minus}{times}{of}the right one{sizes}: "
    if of:
        return verdict(seen, "power", hint + "is there a root or a square too many, or too few?")
    if c < 0:
        look = "which sign does the equation have, and which way round is a difference taken?"
        return verdict(seen, "sign", hint + look)
    if powers:
        look = "compare what you divide and multiply by with the equation, and mind that `a / b * c` is `(a / b) * c`."
        return verdict(seen, "sizes", hint + look)
    return verdict(seen, "factor", hint + "look for a constant that is missing, or one too many.")


def _product(c, powers):
    """ "2 * N^2/M" """
    fraction = _plain(c) or c
    above, below = (fraction.numerator, fraction.denominator) if isinstance(fraction, Fraction) else (f"{c:.4g}", 1)
    over = [str(above)] * (above != 1) + [_power(n, p) for n, p in powers.items() if p > 0]
    under = [str(below)] * (below != 1) + [_power(n, -p) for n, p in powers.items() if p < 0]
    bottom = " * ".join(under)
    return " * ".join(over or ["1"]) + (f"/({bottom})" if len(under) > 1 else f"/{bottom}" if under else "")


def _power(name, exponent):
    return name if exponent == 1 else f"{name}^{exponent}"
