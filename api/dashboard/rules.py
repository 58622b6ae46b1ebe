"""Recurrence rules (RFC 5545) in plain words, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from api.languages import formats
from api.languages.catalogue import N_, gettext, ngettext
from munadi.domain.slots import Weekday

WEEKDAYS = tuple(each.value for each in Weekday)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MONDAY = date(2024, 1, 1)
_WORKING = _DAYS[:5]
_ORDINALS = {
    "1": N_("on the first %(day)s"),
    "2": N_("on the second %(day)s"),
    "3": N_("on the third %(day)s"),
    "4": N_("on the fourth %(day)s"),
    "-1": N_("on the last %(day)s"),
}


def weekday_name(day: str, pattern: str = "EEEE") -> str:
    """The name of a weekday, as `monday` or as `MO`."""
    number = WEEKDAYS.index(day) if day in WEEKDAYS else _DAYS.index(day)
    return formats.day(_MONDAY + timedelta(days=number), pattern)


def rule_in_words(rule: str, start: str) -> str:
    """A rule with the local time of its start, such as `Every week on Monday and Thursday at 09:00, 12 times`. A rule
    that has no words here is shown as it is written."""
    parts = dict(part.partition("=")[::2] for part in rule.strip().upper().removeprefix("RRULE:").split(";") if part)
    first = datetime.fromisoformat(start)
    words = _frequency(parts, first)
    if words is None:
        return gettext("By the rule %(rule)s at %(time)s") % {"rule": rule, "time": first.strftime("%H:%M")}
    with_time = gettext("%(days)s at %(time)s") % {"days": words, "time": first.strftime("%H:%M")}
    return with_time + _end(parts)


def _frequency(parts: Mapping[str, str], first: datetime) -> str | None:
    count = int(parts.get("INTERVAL", "1"))
    days = parts["BYDAY"].split(",") if "BYDAY" in parts else []
    if parts.keys() - {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST"}:
        return None
    match parts.get("FREQ"):
        case "DAILY" if not days:
            return ngettext("Every day", "Every %(num)s days", count) % {"num": count}
        case "WEEKLY":
            if tuple(sorted(days, key=_DAYS.index)) == _WORKING and count == 1:
                return gettext("Every working day")
            names = listed([weekday_name(each) for each in sorted(days, key=_DAYS.index)] or [_name_of(first)])
            every = ngettext("Every week on %(days)s", "Every %(num)s weeks on %(days)s", count)
            return every % {"num": count, "days": names}
        case "MONTHLY":
            on = _day_of_month(parts, days, first)
            every = ngettext("Every month %(on)s", "Every %(num)s months %(on)s", count)
            return on and every % {"num": count, "on": on}
        case "YEARLY" if not days and "BYMONTHDAY" not in parts:
            every = ngettext("Every year on %(day)s", "Every %(num)s years on %(day)s", count)
            return every % {"num": count, "day": formats.day(first, "d MMMM")}
    return None


def _day_of_month(parts: Mapping[str, str], days: Sequence[str], first: datetime) -> str | None:
    numbers = parts.get("BYMONTHDAY", "").split(",") if "BYMONTHDAY" in parts else []
    if not days and numbers == ["-1"]:
        return gettext("on the last day")
    if not days and all(number.isdigit() for number in numbers):
        return gettext("on day %(days)s") % {"days": listed(numbers or [str(first.day)])}
    if len(days) == 1 and not numbers and (ordinal := _ORDINALS.get(days[0][:-2])):
        return gettext(ordinal) % {"day": weekday_name(days[0][-2:])}
    return None


def _end(parts: Mapping[str, str]) -> str:
    if "COUNT" in parts:
        count = int(parts["COUNT"])
        return ngettext(", once", ", %(num)s times", count) % {"num": count}
    if "UNTIL" in parts:
        with suppress(ValueError):
            last = date.fromisoformat(parts["UNTIL"][:8])
            return gettext(", until %(day)s") % {"day": formats.day(last, "d MMMM y")}
    return ""


def _name_of(first: datetime) -> str:
    return weekday_name(_DAYS[first.weekday()])


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: `a, b and c`."""
    if len(names) == 1:
        return names[0]
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
