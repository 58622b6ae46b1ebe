"""Dates and numbers as the request's language writes them (CLDR, by Babel)."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2.filters import do_filesizeformat

from api.languages.catalogue import current, gettext


def number(value: float) -> str:
    """With the separators of the language: 1,234,567 or 12,34,567."""
    return format_decimal(value, locale=current.get())


def day(on: date, pattern: str) -> str:
    """A date by a CLDR pattern, such as `LLLL y` for a month: `March 2027`, `मार्च 2027`."""
    return format_date(on, pattern, locale=current.get())


def file_size(count: int) -> str:
    """A number of bytes in the unit that fits, as Jinja2 says it: `677 Bytes`. Larger units are the same in every
    language: `1.2 MB`."""
    return gettext("%(count)s Bytes") % {"count": count} if 1 < count < 1000 else do_filesizeformat(count)
