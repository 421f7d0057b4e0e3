"""What can be said of wrong answers whatever the exercise: each rule looks at all cases and speaks only if all fit.

A rule takes what was `Seen` and returns a `Verdict`, or None where it has nothing to say.
"""

from dataclasses import dataclass

import numpy as np

from nst.checks.comparison import Case, Difference, Rule, Verdict, difference, numbers
from nst.checks.markers import Marker, Missing, Raised


@dataclass(frozen=True)
class Seen:
    """Per case: the answers to two calls, how each differs from the right one, how the arguments were changed ("" not
    at all, None unknown), and whether a function among them was called too often."""

    cases: list[Case]
    pairs: list[tuple]
    first: list[Difference | None]
    again: list[Difference | None]
    changed: list[str | None]
    too_often: list[bool]

    def only(self, places: list[int]) -> "Seen":
        """The same of some cases."""
        return Seen(*([rows[i] for i in places] for rows in vars(self).values()))

    @property
    def wrong(self) -> list[bool]:
        """Per case whether one of its answers is wrong."""
        return [bool(a or b) for a, b in zip(self.first, self.again, strict=True)]


def verdict(seen: Seen, name: str, hint: str, kind: str | None = None) -> Verdict:
    """A failed verdict with the credit that these cases give to its kind (by default its name)."""
    rule = next((r for r in seen.cases[0].rules if r.name == (kind or name)), Rule(name, 0.0))
    return Verdict(False, rule.credit, rule.hint or hint, name)


def not_written(seen: Seen) -> Verdict | None:
    """The stub's own error."""
    kinds = {answer.kind for pair in seen.pairs for answer in pair if isinstance(answer, Raised)}
    if "NotImplementedError" in kinds:
        return Verdict(False, 0.0, "Not written yet: the function raises NotImplementedError.", "not_written")
    return None


def known_mistake(seen: Seen) -> Verdict | None:
    """The mistake whose answers these are, in every case and both times."""
    found = _fitting(seen)
    return Verdict(False, found[0].credit, found[0].hint, found[0].name) if found else None


def _fitting(seen):
    """The mistakes whose answers these are. Where a mistake's own function breaks down, its code may do so in another
    way than the student's: such cases are left out at a second look."""
    for strict in (True, False):
        found = [m for m in seen.cases[0].mistakes if _same_answers(seen, _all_outputs(seen, m.name), strict)]
        if found:
            return found
    return []


def _all_outputs(seen, name):
    return [_outputs(case, name) for case in seen.cases]


def _outputs(case, name):
    return next((m.outputs for m in case.mistakes if m.name == name), (Missing(), Missing()))


def _same_answers(seen, outputs, strict):
    telling = 0
    for case, pair, both in zip(seen.cases, seen.pairs, outputs, strict=True):
        broke = any(isinstance(output, Marker) for output in both)
        if broke and not strict:
            continue
        if any(difference(answer, output) for answer, output in zip(pair, both, strict=True)):
            return False
        telling += any(difference(output, case.expected) is not None for output in both)
    return telling >= (1 if strict else 2)


# --- right in some cases ------------------------------------------------------------------------------------------


def limited(seen: Seen) -> Verdict | None:
    """Right everywhere but in the cases of one tag, and wrong in all of these, but for luck."""
    for rule in seen.cases[0].rules:
        tagged = [rule.tag in case.tags for case in seen.cases]
        if not rule.tag or all(tagged) or any(w and not t for t, w in zip(tagged, seen.wrong, strict=True)):
            continue
        right = [case for case, t, w in zip(seen.cases, tagged, seen.wrong, strict=True) if t and not w]
        if not [case for case in right if not _all_zero(case.expected)] or (
            len(right) == 1 < sum(tagged) - FEW and _is_number(right[0].expected)
        ):
            return Verdict(False, rule.credit, rule.hint + _there(seen), rule.name)
    return None


FEW = 5  # cases of a tag, of which none may be right; of more one may, by luck


def _is_number(expected):
    values = numbers(expected)
    return values is not None and not values.shape


def _all_zero(expected):
    """Where zero is right, many a wrong formula is."""
    values = numbers(expected)
    return values is not None and not np.any(values)


def _there(seen):
    what = next(d for d in (*seen.first, *seen.again) if d)
    return (
        f" There, {what.text}{'' if what.text.endswith('?') else '.'}"
        if what.kind in ("raised", "time", "finite")
        else ""
    )


def special_cases(seen: Seen) -> Verdict | None:
    """Right in every ordinary case: wrong only in some that carry a tag of a rule for special cases."""
    special = {rule.tag for rule in seen.cases[0].rules if rule.tag and rule.special}
    where = [bool(special & case.tags) for case in seen.cases]
    if not special or not all(s for s, w in zip(where, seen.wrong, strict=True) if w):
        return None
    return verdict(
        seen, "special_cases", f"Right in ordinary cases, but not in every special one. {_first(seen)}", "edge"
    )


def known_elsewhere(seen: Seen) -> Verdict | None:
    """A known mistake in all cases but those with a tag of a rule, of several the one that explains most of these too;
    what else is wrong is shown where it does not explain the answer."""
    tags = {rule.tag for rule in seen.cases[0].rules if rule.tag}
    plain = [i for i, case in enumerate(seen.cases) if not tags & case.tags]
    tagged = [i for i in range(len(seen.cases)) if i not in plain]
    if not 1 < len(plain) < len(seen.cases) or not any(seen.only(tagged).wrong):
        return None
    odd = {mistake.name: _not_explained(seen, mistake.name) for mistake in _fitting(seen.only(plain))}
    if not odd:
        return None
    name = min(odd, key=lambda name: len(odd[name]))
    found = next(mistake for mistake in seen.cases[0].mistakes if mistake.name == name)
    more = f" That is not all: {_first(seen.only(odd[name]), lower=True)}" if odd[name] else ""
    return Verdict(False, 0.0, found.hint + more, name)


def _not_explained(seen, name):
    """The cases in which an answer is wrong and not that of the mistake."""
    outputs = _all_outputs(seen, name)
    return [i for i, pair in enumerate(seen.pairs) if seen.wrong[i] and any(map(difference, pair, outputs[i]))]


# --- the right values in another form -----------------------------------------------------------------------------


def container(seen: Seen) -> Verdict | None:
    """All values are right, in another container, or under other names."""
    needed = seen.cases[0].expected
    if not isinstance(needed, dict | tuple) or not all(
        answer is not None and _rearranged(answer, case)
        for case, (answer, _) in zip(seen.cases, seen.pairs, strict=True)
    ):
        return None
    given = next(answer for answer, wrong in zip((p[0] for p in seen.pairs), seen.first, strict=True) if wrong)
    if isinstance(needed, dict):
        hint = "The values are right, but not each under its layer's name: return a dict, layer -> value."
    elif isinstance(given, dict):
        hint = f"The values are right, but in a dict: return {', '.join(seen.cases[0].results)}, in this order."
    else:
        hint = f"The values are right, but in another order: return {', '.join(seen.cases[0].results)}."
    return verdict(seen, "container", hint)


def _rearranged(answer, case):
    """Whether the answer holds just the expected values, in some order or under some names."""
    if isinstance(answer, Marker):
        return False
    wanted = list(case.expected.values() if isinstance(case.expected, dict) else case.expected)
    if isinstance(answer, np.ndarray) and answer.shape[:1] == (len(wanted),):
        answer = list(answer)
    values = list(answer.values()) if isinstance(answer, dict) else answer
    if not isinstance(values, list | tuple) or len(values) != len(wanted):
        return False
    values = [v[1] if _is_named(v) else v for v in values]
    if isinstance(case.expected, dict):  # the layers keep their order
        return not any(difference(v, w) for v, w in zip(values, wanted, strict=True))
    left = list(values)
    for w in wanted:
        place = next((i for i, v in enumerate(left) if difference(v, w) is None), None)
        if place is None:
            return False
        del left[place]
    return True


def _is_named(value):
    return isinstance(value, tuple | list) and len(value) == 2 and isinstance(value[0], str)


def extra_axis(seen: Seen) -> Verdict | None:
    """The right values, in their order, in an array of another shape."""
    for case, (answer, _) in zip(seen.cases, seen.pairs, strict=True):
        values, expected = numbers(answer), numbers(case.expected)
        if values is None or expected is None or difference(np.ravel(values), np.ravel(expected)):
            return None
    text = next((d.text for d in seen.first if d and d.kind == "shape"), None)
    return verdict(seen, "extra_axis", f"The values are right, the shape is not: {text}.") if text else None


def results(seen: Seen) -> Verdict | None:
    """Of several results the last, the record of the run, is right in every case: the others are what is wrong."""
    names = seen.cases[0].results
    if not names:
        return None
    wrong = set()
    for case, (answer, _) in zip(seen.cases, seen.pairs, strict=True):
        if not isinstance(answer, tuple | list) or len(answer) != len(names):
            return None
        wrong |= {n for n, a, e in zip(names, answer, case.expected, strict=True) if difference(a, e)}
    if not wrong or names[-1] in wrong:
        return None
    right = " and ".join(f"`{n}`" for n in names if n not in wrong)
    hint = f"In every case {right} {'are' if ' and ' in right else 'is'} right, and so is the walk"
    return verdict(seen, "results", f"{hint}: what do you keep of it, and when? {_first(seen)}", "bookkeeping")


def unknown(seen: Seen) -> Verdict:
    """Nothing known: what is wrong in the first case that shows it."""
    return Verdict(False, 0.0, _first(seen), None)


def _first(seen, lower=False):
    case, found = next((c, f or a) for c, f, a in zip(seen.cases, seen.first, seen.again, strict=True) if f or a)
    text = f"With {case.about}, {found.text}" if case.about else f"{found.text[0].upper()}{found.text[1:]}"
    text += "" if text.endswith("?") else "."
    return text[0].lower() + text[1:] if lower else text
