"""Print a problem so that a person can act on it: every violation with place, rule, limit and actual value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.client import ProblemError

ADVICE = {
    401: "Set MUNADI_API_KEY, or run munadi login. An administrator creates keys with munadi keys create.",
    403: "This needs a key with another scope: munadi keys create --scope …",
}


def print_problem(session: Session, error: ProblemError) -> None:
    """The whole problem in JSON mode; otherwise an explanation on standard error."""
    if session.out.as_json:
        session.out.json(error.problem)
        return
    out, problem = session.out, error.problem
    code = f", {error.code}" if error.code else ""
    out.note((f"{problem.get('title') or 'Refused'} ({error.status}{code})", "red"))
    detail = problem.get("detail")
    # A problem with one error has its message as the detail, too.
    if detail and [each.get("message") for each in error.violations] != [detail]:
        out.note(detail)
    if address := problem.get("permalink"):
        out.note(f"Its address: {address}")
    print_violations(out, error.violations, notes=True)
    if advice := ADVICE.get(error.status):
        out.note(advice)
    if request_id := problem.get("requestId"):
        out.note((f"request {request_id}", "dim"))


def print_violations(out: Output, violations: Iterable[Mapping[str, Any]], *, notes: bool = False) -> None:
    """Each broken rule: pointer, channel and code, then the message with limit and actual."""
    say = out.note if notes else out.line
    for violation in violations:
        where = violation.get("pointer") or "/"
        channel = f" {violation['channel']}" if violation.get("channel") else ""
        say("  ", (where, "bold"), f"{channel}  ", (str(violation.get("code") or ""), "yellow"))
        say("    ", f"{violation.get('message') or ''}{_measure(violation)}")


def wrong_filters(error: ProblemError) -> str | None:
    """What is wrong with the filters of a call, such as an unknown channel; None if the call has another problem."""
    pointers = [each["pointer"] for each in error.violations]
    if not pointers or not all(pointer.startswith("?") for pointer in pointers):
        return None
    return "\n".join(f"{each['pointer'][1:].partition('/')[0]}: {each['message']}" for each in error.violations)


def _measure(violation: Mapping[str, Any]) -> str:
    numbers = [
        f"{name} {violation[name]}"
        for name in ("limit", "actual")
        if violation.get(name) is not None and str(violation[name]) not in str(violation.get("message"))
    ]
    return f" ({', '.join(numbers)})" if numbers else ""
