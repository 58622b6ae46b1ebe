"""`munadi series`: posts that come again by a rule."""

from __future__ import annotations

from typing import Annotated, Any, cast

from typer import Argument, Option

from munadi.cli.command import command, group, plain
from munadi.cli.output import Cell, Output
from munadi.cli.paging import brand_of, facts_of, listing, time_of
from munadi.cli.payload import read_payload
from munadi.cli.post_output import clock_time
from munadi.cli.session import Session

app = group("series", "Let posts come again by a rule, change them and stop them.")

SeriesId = Annotated[str, Argument(metavar="SERIES_ID", help="ser_…")]
File = Annotated[
    str,
    Option(
        "--file",
        "-f",
        metavar="FILE",
        help="JSON with rrule, start, timezone, content; - is standard input.",
    ),
]


def _state(series: Any) -> Cell:
    if series["status"] == "ended":
        return (f"ended, {series['endedAs']}", "dim")
    return ("refused", "red") if series["problems"] else ("active", "green")


def _next(series: Any) -> str:
    return str(clock_time(series["upcoming"][0]["at"])) if series["upcoming"] else ""


_facts = facts_of(
    {
        "series": "id",
        "brand": brand_of,
        "state": _state,
        "rule": "rrule",
        "from": "start",
        "zone": "timezone",
        "next": _next,
        "missed": lambda series: str(series["missed"]),
        "ended": time_of("endedAt"),
    }
)
_print_all = listing(
    {"id": "id", "state": _state, "brand": brand_of, "next": _next, "rule": "rrule"}, empty="no series"
)


def _print(out: Output, series: Any) -> None:
    _facts(out, series)
    for each in series["problems"]:
        out.note((f"{each['pointer']}: {each['message']}", "red"))


@command(app, "create")
def create(
    session: Session,
    file: File,
    idempotency_key: Annotated[
        str | None,
        Option("--idempotency-key", metavar="KEY", help="A repeat with the same key makes no other."),
    ] = None,
) -> None:
    """Create a series. Its posts are made fourteen days before their times at most."""
    session.show(session.client.series.create(cast(Any, read_payload(file)), idempotency_key), _print)


@command(app, "update")
def update(session: Session, series_id: SeriesId, file: File) -> None:
    """Change a series. Its posts that wait are made again, but for those that were changed by themselves."""
    session.show(session.client.series.update(series_id, cast(Any, read_payload(file))), _print)


@command(app, "stop")
def stop(
    session: Session,
    series_id: SeriesId,
    cancel: Annotated[bool, Option("--cancel", help="Cancel its posts that wait, too.")] = False,
) -> None:
    """Make no more posts of a series."""
    session.client.series.delete(series_id, cancel=cancel)
    session.done("stopped", series_id)


plain(app, "list", "series.list", _print_all, "List series.")
plain(app, "get", "series.get", _print, "Show a series, its next date, and why it cannot be made.", of=SeriesId)
