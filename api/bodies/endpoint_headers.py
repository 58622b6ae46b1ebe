"""Checks the headers that a request wants an endpoint to send."""

from __future__ import annotations

from collections.abc import Mapping

from munadi.intake.problems import ProblemCollector
from munadi.webhooks.custom_headers import VALUE_LIMIT, why_refused


def check_headers(headers: Mapping[str, str] | None, problems: ProblemCollector) -> None:
    """Report each header that is not allowed. A secret value is never repeated."""
    seen: set[str] = set()
    for name, value in (headers or {}).items():
        pointer = "/headers/" + name.replace("~", "~0").replace("/", "~1")
        if reason := why_refused(name, value):
            is_long = len(value) > VALUE_LIMIT
            limit, actual = (VALUE_LIMIT, len(value)) if is_long else (None, name[:100])
            problems.add(pointer, "HEADER_REFUSED", reason, limit=limit, actual=actual)
        if name.lower() in seen:
            problems.add(pointer, "HEADER_REFUSED", "the same header is given twice", actual=name)
        seen.add(name.lower())
