"""Moments are ISO 8601 with a zone; nothing is guessed."""

import pytest

from autograder.intake.times import moment, written


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-01T23:59Z", "2026-12-01 23:59:00 UTC"),
        ("2026-12-01 23:59 UTC", "2026-12-01 23:59:00 UTC"),
        ("2026-12-01T23:59:30.123456789+01:00", "2026-12-01 22:59:30 UTC"),
        ("2026-12-01 23:59 -0730", "2026-12-02 07:29:00 UTC"),
        ("2026-07-01 23:59:00.000000 Europe/Berlin", "2026-07-01 21:59:00 UTC"),
    ],
)
def test_a_moment_with_a_zone(text, utc):
    assert written(moment(text)) == utc
    assert moment(utc) == moment(utc)


@pytest.mark.parametrize(
    "text",
    [
        "01.12.2026",
        "01.12.2026 23:59 UTC",
        "12/01/2026",
        "2026-12-01",
        "2026-12-01 23:59",
        "tomorrow",
        "",
        "2026-13-01T00:00Z",
        "0001-01-01 00:00 +1400",
        "2026-12-01 23:59 CEST",
        "2026-12-01 23:59 America/Nowhere",
        "2026-12-01 23:59 +99:00",
        "9" * 10_000,
        "2026-12-01 23:59 " + "A" * 10_000 + "/B",
    ],
)
def test_everything_else_is_refused_with_what_is_needed(text):
    with pytest.raises(ValueError, match="write it as 2026-12-01T23:59"):
        moment(text)
