"""Checks through the API, from any machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from munadi.cli.doctor.check import DATABASE, Check, skewed
from munadi.cli.session import Session

if TYPE_CHECKING:
    import httpx

# A Date has whole seconds, and servers renew it once a second: on one machine it is up to two behind.
DATE_BEHIND = 2.0
PART_ADVICE = {
    "database": DATABASE,
    "temporal": "Is it up, and does MUNADI_TEMPORAL__ADDRESS name it? Work is accepted, and waits until it is back.",
}

TAKEN = (
    "Is a worker running (munadi worker)? If one is, it may hang: look at its log, then restart it. "
    "Overdue posts are published as soon as a worker takes them."
)


def remote(session: Session) -> Iterator[Check]:
    """Whether the API answers, its parts are up, its clock agrees, and the key works."""
    from munadi.client import NotReachable, ProblemError

    try:
        answer = session.client.raw("GET", "/healthz")
    except (NotReachable, ProblemError) as error:
        yield Check("api", False, str(error), "Is it running there? Start it, or set MUNADI_URL to where it is.")
        return
    yield Check("api", True, f"answers at {session.client.url}")
    yield _clock(answer)
    yield from _parts(session)
    yield _key(session)


def _clock(answer: httpx.Response) -> Check:
    given = answer.headers.get("date")
    if given is None:
        return Check("clock", True, "not compared: the API's answer has no Date")
    behind = (datetime.now(UTC) - parsedate_to_datetime(given)).total_seconds()
    skew = max(-behind, behind - DATE_BEHIND, 0.0)
    if round(skew) == 0:
        return Check("clock", True, "this machine and the API agree, as far as whole seconds tell")
    return skewed("clock", skew, "the API")


def _parts(session: Session) -> Iterator[Check]:
    from munadi.client import ProblemError

    try:
        ready = session.client.health.check_ready()
    except ProblemError as error:
        yield Check("database", False, error.problem.get("detail") or str(error), PART_ADVICE["database"])
        return
    for name, state in ready["dependencies"].items():
        yield Check(
            name, state == "up", str(state), None if state == "up" else PART_ADVICE.get(name, "Look at its log.")
        )

    if overdue := ready.get("checks", {}).get("overdue"):
        yield _overdue(overdue)


def _overdue(found: Mapping[str, Any]) -> Check:
    """Whether posts are due that no worker takes. It may run and hang: then Temporal still lists it."""
    if not found["count"]:
        return Check("overdue", True, "nothing is due that no worker has taken")
    posts = "1 post is" if found["count"] == 1 else f"{found['count']} posts are"
    return Check("overdue", False, f"{posts} due and not taken by a worker, the oldest since {found['oldest']}", TAKEN)


def _key(session: Session) -> Check:
    from munadi.client import ProblemError

    if session.credentials.api_key is None:
        return Check("key", False, "no API key is set", "Set MUNADI_API_KEY, or run munadi login.")
    try:
        # Any key may list the channels, whatever its scopes.
        session.client.channels.list()
    except ProblemError as error:
        return Check("key", False, error.problem.get("detail") or str(error), "Ask an administrator for another one.")
    return Check("key", True, "is valid")
