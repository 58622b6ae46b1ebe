"""Writes the reference page of problems from their catalogue: one section for each `type`."""

from __future__ import annotations

from itertools import groupby

from api.known_problems import CATALOGUE
from api.known_problems.model import KnownProblem
from munadi.domain.reasons import REASONS

_INTRO = """# Problems

Every refusal is a problem document (RFC 9457, `application/problem+json`). Its `type` is the address of a section of
this page, relative to the installation that answered; programs read `code`, which never changes. `errors` lists each
broken rule with a pointer into the request, and `requestId` finds the request in the log.
"""
_REASONS = """
## Refusals by a network

Credentials that a network refuses are answered with 422, or with 503 and `Retry-After` while it is not available. The
`code` is then one of these reasons, which [failed publications](reasons.md) have too.
"""


def problem_reference() -> str:
    """The page. Its anchors are the codes in lower case, which `api.known_problems.problem_type` relies on."""
    parts = [_INTRO]
    for status, group in groupby(CATALOGUE, key=lambda known: known.status):
        parts += [f"\n## {status}\n", *map(_section, group)]
    known = {each.code for each in CATALOGUE}
    parts.append(_REASONS)
    parts += [
        f"\n### {reason}\n\n{facts.meaning} {facts.remedy}\n"
        for reason, facts in REASONS.items()
        if reason.value not in known
    ]
    return "".join(parts)


def _section(known: KnownProblem) -> str:
    statuses = " or ".join(map(str, (known.status, *known.also)))
    return f"\n### {known.code}\n\n{statuses}, “{known.title}”, for example: {known.detail}.\n\n{known.remedy}\n"
