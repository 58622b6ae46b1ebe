"""`munadi doctor`: what is wrong, and what to do about each of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import typer

from munadi.cli.command import command
from munadi.cli.exits import CommandFailed, Exit
from munadi.cli.output import Cell, Output
from munadi.cli.session import Session

if TYPE_CHECKING:
    import httpx

    from munadi.config import Settings

# Far more than that and times in logs, tokens and signatures disagree.
MAX_SKEW_SECONDS = 5.0
# A Date has whole seconds, and servers renew it once a second: on one machine it is up to two behind.
DATE_BEHIND = 2.0
PART_ADVICE = {
    "database": "Is it up, and does MUNADI_DATABASE_URL name it? Munadi accepts nothing without it.",
    "temporal": "Is it up, and does MUNADI_TEMPORAL__ADDRESS name it? Work is accepted, and waits until it is back.",
    "media": "Is the store up, and do the settings MUNADI_MEDIA__… name it? Posts with media wait until it is back.",
}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `advice` is what to do; with `ok` it is a warning."""

    name: str
    ok: bool
    message: str
    advice: str | None = None


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "doctor")(doctor)


def doctor(session: Session) -> None:
    """Check the API, what it depends on, the clocks, the key and the local database, and say what to do.

    Exits 0 if all is well, 3 if the API is not reachable, 1 otherwise.
    """
    checks = [*_remote(session), *_local()]
    failed = [check.name for check in checks if not check.ok]
    session.show({"ok": not failed, "checks": [asdict(check) for check in checks]}, _print)
    if failed:
        raise typer.Exit(Exit.NOT_REACHABLE if "api" in failed else Exit.REFUSED)


def _remote(session: Session) -> Iterator[Check]:
    from munadi.client import NotReachable, ProblemError

    url = session.client.url
    try:
        answer = session.client.raw("GET", "/healthz")
    except (NotReachable, ProblemError) as error:
        yield Check("api", False, str(error), "Is it running there? Start it, or set MUNADI_URL to where it is.")
        return
    yield Check("api", True, f"answers at {url}")
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
    message = f"this machine and the API differ by {skew:.0f} s"
    if skew <= MAX_SKEW_SECONDS:
        return Check("clock", True, message)
    return Check("clock", False, message, "Let both follow a time server (NTP): posts go out by the API's clock.")


def _parts(session: Session) -> Iterator[Check]:
    from munadi.client import ProblemError

    try:
        parts = session.client.ready()["dependencies"]
    except ProblemError as error:
        yield Check("database", False, error.problem.get("detail") or str(error), PART_ADVICE["database"])
        return
    for name, state in parts.items():
        yield Check(
            name, state == "up", str(state), None if state == "up" else PART_ADVICE.get(name, "Look at its log.")
        )


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


def _local() -> Iterator[Check]:
    """What only this machine knows: its settings, and the database they name."""
    from munadi.cli.settings import check_start, read_settings
    from munadi.config import unknown_variables

    for name in unknown_variables():
        yield Check("settings", True, f"{name} is no setting", "A slip of the pen? It has no effect; remove or fix it.")
    try:
        settings = read_settings()
        check_start(settings)
    except CommandFailed as error:
        yield from (Check("settings", False, rule, error.advice) for rule in str(error).splitlines())
        return
    if settings.database_url is not None or (settings.data_dir / "munadi.db").exists():
        yield _migrations(settings)
    if settings.media.url is not None or (settings.data_dir / "media").exists():
        yield _media(settings)


def _migrations(settings: Settings) -> Check:
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.db import migrate

    try:
        current, head = migrate.current(settings.database), migrate.head()
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        return Check("migrations", False, f"the database does not answer: {cause}", PART_ADVICE["database"])
    if current == head:
        return Check("migrations", True, f"the database is at revision {current}")
    return Check("migrations", False, f"the database is at revision {current}, not {head}", "Run munadi db upgrade.")


def _media(settings: Settings) -> Check:
    """Writes, reads and deletes an object of its own."""
    from munadi.media.opening import open_store, try_store

    place = settings.media.url or str(settings.data_dir / "media")
    try:
        try_store(open_store(settings))
    except OSError as error:
        return Check("media", False, str(error), PART_ADVICE["media"])
    return Check("media", True, f"can be written, read and deleted in {place}")


def _print(out: Output, found: Any) -> None:
    rows = [[_verdict(check), check["name"], check["message"]] for check in found["checks"]]
    out.table(["", "what", "found"], rows)
    advised = [check for check in found["checks"] if check["advice"]]
    if advised:
        out.line()
    for check in advised:
        out.line((f"{check['name']}: ", "bold"), check["advice"])


def _verdict(check: Any) -> Cell:
    if not check["ok"]:
        return ("wrong", "red")
    return ("look", "yellow") if check["advice"] else ("ok", "green")
