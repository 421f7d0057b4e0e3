"""Moments as ISO 8601 with a zone: 2026-12-01T23:59+01:00. Nothing else is read, since 01.12. is January to some."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

EXAMPLE = "2026-12-01T23:59+01:00"
_DATE = r"(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?:\.(?P<fraction>\d{1,9}))?"
_ZONE = (
    r"(?:(?P<utc>Z|UTC)|(?P<offset>[+-]\d\d):?(?P<minutes>\d\d)?|(?P<zone>[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+){1,2}))"
)
_FORM = re.compile(rf"{_DATE} *{_ZONE}")


def moment(text: str) -> datetime:
    """The moment in UTC. ValueError, with what is needed, unless it is ISO 8601 with a zone (or its name)."""
    try:
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ValueError
        offset = (
            "+00:00" if found["utc"] else f"{found['offset']}:{found['minutes'] or '00'}" if found["offset"] else ""
        )
        when = datetime.fromisoformat(f"{found['date']}T{found['time']}{offset}")
        return (when if offset else when.replace(tzinfo=ZoneInfo(found["zone"]))).astimezone(UTC)
    except (ValueError, KeyError, OSError, OverflowError):
        raise ValueError(f"{text[:60]!r} is no date with a time and a zone; write it as {EXAMPLE}") from None


def written(when: datetime) -> str:
    """As nbgrader reads it, too: 2026-12-01 22:59:00 UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
