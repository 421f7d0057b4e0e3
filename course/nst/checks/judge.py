"""From answers to a verdict: one path for the check in the notebook and for the grader.

`answers` hold, for each case, what two calls with the same argument objects returned, and then, if it is known, what
had become of the arguments: (first, again) or (first, again, arguments), as calling.call_twice makes them. Arguments
that were changed, or called too often, cost something even where both answers are right; one who lies about them can
only hide that.

Nothing is said that does not fit every case. Of several things that fit, the plainest is said: a known mistake,
something kept between calls (second_calls.py), a factor (fitting.py), a general rule (rules.py), a pattern
(patterns.py), and last what is wrong in one case.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from nst.checks import describing, fitting, rules, second_calls
from nst.checks.comparison import Case, Example, Verdict
from nst.checks.markers import Missing, Raised
from nst.checks.rules import Seen

Answers = Sequence[tuple]

RULES_OF_RIGHT_FIRST = (
    rules.not_written,
    second_calls.changes_arguments,
    rules.known_mistake,
    second_calls.kept,
    second_calls.calls_too_often,
    second_calls.in_place,
)
RULES = (
    rules.not_written,
    rules.known_mistake,
    second_calls.kept,
    rules.container,
    fitting.fitted,
    rules.limited,
    rules.extra_axis,
    describing.described,
    rules.special_cases,
    rules.known_elsewhere,
    rules.results,
    rules.unknown,
)


@np.errstate(all="ignore")  # answers may hold anything
def judge(cases: Case | Sequence[Case], answers: Sequence, show: bool = False) -> Verdict:
    """The `Verdict` on a function from its answers.

    Cases may be one `Case` (then `answers` is its tuple) or several, in order; what is lacking counts as Missing, what
    is too many for nothing. `show` adds an example to what is wrong: for public cases only.
    """
    seen = _seen(cases, answers)
    if not any((*seen.first, *seen.again, *seen.changed, *seen.too_often)):
        return Verdict(True, 1.0, "", None)
    finders = RULES if any(seen.first) else RULES_OF_RIGHT_FIRST
    found = _with_changes(next(filter(None, (finder(seen) for finder in finders))), seen)
    return _with_example(found, seen) if show else found


def _seen(cases, answers):
    if isinstance(cases, Case):
        cases, answers = [cases], [answers]
    cases = list(cases)
    lacking = [(Missing(), Missing())] * (len(cases) - len(answers))
    calls = [*map(tuple, answers[: len(cases)]), *lacking]
    pairs = [call[:2] for call in calls]
    told = [(case, call[2] if len(call) > 2 else None) for case, call in zip(cases, calls, strict=True)]
    return Seen(
        cases,
        pairs,
        [case.wrong(pair[0]) for case, pair in zip(cases, pairs, strict=True)],
        [case.wrong(pair[1]) for case, pair in zip(cases, pairs, strict=True)],
        [second_calls.change(case, arguments) for case, arguments in told],
        [second_calls.too_often(case, arguments) for case, arguments in told],
    )


def _with_changes(found, seen):
    """The verdict with what was changed of the arguments, unless it is about that, or a known mistake."""
    told = next(filter(None, seen.changed), "")
    if not told or found.mistake in ("in_place", *(mistake.name for mistake in seen.cases[0].mistakes)):
        return found
    return replace(
        found, hint=f"{found.hint} Besides, {told}: `y = x` makes no copy, and `-=` or `x[...] =` no new array."
    )


SAID_IN_FULL = ("not_written", "factor", "sizes", "sign", "power", "in_place")


def _with_example(found, seen):
    """The verdict with the first case that went wrong, unless the hint says all: a known mistake, a factor, errors."""
    names = {mistake.name for mistake in seen.cases[0].mistakes}
    rows = zip(seen.cases, seen.pairs, seen.first, seen.again, strict=True)
    wrong = next((row for row in rows if row[2] or row[3]), None)
    if wrong is None:
        return found
    case, pair, first, again = wrong
    what = first or again
    if found.mistake in names or found.mistake in SAID_IN_FULL or what.kind in ("raised", "time", "missing", "nothing"):
        return found
    return replace(found, example=Example(case, pair[0] if first else pair[1]))


def decide(
    cases: list[Case],
    own: Answers,
    ask: Callable[[list[Case], bool], Answers | None],
    parts: Sequence[str] = (),
    show: bool = False,
) -> Verdict:
    """The verdict that counts, of a function that answered `own`.

    ask(cases, lent) gets answers to cases, with `lent` while the functions of `parts` answer right; None where there is
    no way.
    """
    found = own_verdict(cases, own, lambda single: ask(single, False), show)
    if not found.passed and parts and (lent := ask(cases, True)) is not None:
        found = paid_once(found, judge(cases, lent, show), parts)
    return found


def own_verdict(
    cases: list[Case], own: Answers, ask: Callable[[list[Case]], Answers | None], show: bool = False
) -> Verdict:
    """`judge`'s verdict; where the function raised an error, it is asked again with every number as float32.

    What a student's own framework refuses to mix (float32 zeros and float64 arguments) is not the student's mistake.
    """
    found = judge(cases, own, show)
    if found.passed or not _raised(own):
        return found
    single = [case.in_float32() for case in cases]
    answers = ask(single)
    if answers is None:
        return found
    other = judge(single, answers, show)
    return other if other.credit > found.credit or not _raised(answers) else found


def _raised(answers):
    return any(isinstance(answer, Raised) for pair in answers for answer in pair[:2])


def paid_once(own: Verdict, lent: Verdict, parts: Sequence[str]) -> Verdict:
    """The verdict that counts, of one with the student's own parts and one where those answer right.

    A mistake in a part is paid for in the part's own exercise, so the better verdict counts.
    """
    if own.credit >= lent.credit:
        return own
    names = " or ".join(f"`{part}`" for part in parts)
    if lent.passed:
        return Verdict(True, lent.credit, f"Right, but for a mistake in {names}, which is counted there.", None)
    hint = f"{lent.hint} (Judged with a right {names}; a mistake there is counted there.)"
    return Verdict(False, lent.credit, hint, lent.mistake, lent.example)
