"""A strict reader of iCalendar (RFC 5545): any fault is an error, where calendar programs would guess."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"([A-Z0-9-]+)((?:;[A-Z-]+=[^\x00-\x08\x0a-\x1f\x7f\";:,]+)*):([^\x00-\x08\x0a-\x1f\x7f]*)")
_TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")
_TIME = re.compile(r"\d{8}T\d{6}Z")
_TEXTS = ("SUMMARY", "DESCRIPTION", "UID", "X-WR-CALNAME")
_ONCE = {"UID", "DTSTAMP", "DTSTART", "SUMMARY"}


@dataclass(frozen=True)
class Calendar:
    """A read calendar: its own properties, and those of each event."""

    properties: dict[str, str]
    events: list[dict[str, str]]


def read_calendar(body: bytes) -> Calendar:
    """Read a calendar. ValueError names what breaks the standard."""
    _require(body.endswith(b"\r\n"), "the last line has no end")
    lines = body.removesuffix(b"\r\n").split(b"\r\n")
    _require(all(len(line) <= 75 for line in lines), "a line has more than 75 octets")
    for line in lines:
        line.decode()  # a character is torn apart if this fails
    return _parse(re.sub("\r\n[ \t]", "", body.decode()).removesuffix("\r\n").split("\r\n"))


def _parse(lines: list[str]) -> Calendar:
    properties: dict[str, str] = {}
    events: list[dict[str, str]] = []
    _require((lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR"), "no calendar")
    into = properties
    for line in lines[1:-1]:
        if line == "BEGIN:VEVENT":
            _require(into is properties, "an event within an event")
            into = {}
            continue
        if line == "END:VEVENT":
            _require(into is not properties and set(into) >= _ONCE, f"an event lacks {_ONCE - set(into)}")
            events.append(into)
            into = properties
            continue
        name, value = _property(line)
        _require(name not in into, f"{name} twice")
        into[name] = value
    _require(into is properties, "an event without an end")
    _require(properties.get("VERSION") == "2.0" and "PRODID" in properties, "VERSION or PRODID is missing")
    _require(len({event["UID"] for event in events}) == len(events), "a UID twice")
    return Calendar(properties, events)


def _property(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"not a property: {line!r}")
    name, value = found[1], found[3]
    _require(name not in ("BEGIN", "END"), f"unknown component: {line}")
    _require(name not in _TEXTS or bool(_TEXT.fullmatch(value)), f"not escaped: {line!r}")
    _require(not name.startswith("DT") or bool(_TIME.fullmatch(value)), f"not a time in UTC: {line!r}")
    return name, value


def unescape(text: str) -> str:
    """A value of type TEXT as it was written."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
