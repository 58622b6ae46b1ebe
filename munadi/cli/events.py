"""`munadi events`: the event log, from any position, and as it grows."""

from __future__ import annotations

import time
from typing import Annotated, Any

from typer import Option

from munadi.cli.output import Output
from munadi.cli.session import Session

PAUSE = 1.0


def events(
    session: Session,
    follow: Annotated[bool, Option("--follow", help="Keep printing new events until Ctrl-C.")] = False,
    **given: Any,
) -> None:
    """Print the event log in order. With --follow it continues with new events; with --json one event per line."""
    if not follow:
        session.show(session.client.events.list(**given), _print_page)
        return
    pause = session.pause or time.sleep
    while True:
        page = session.client.events.list(**given)
        for event in page["data"]:
            given["after"] = event["position"]
            _print_event(session, event)
        if page["nextCursor"] is None:
            pause(PAUSE)


def _print_event(session: Session, event: Any) -> None:
    from munadi.cli.post_output import print_event

    if session.out.as_json:
        session.out.json(event)
    print_event(session.out, event, note=event["contentId"])


def _print_page(out: Output, page: Any) -> None:
    from munadi.cli.post_output import print_event

    for event in page["data"]:
        print_event(out, event, note=event["contentId"])
    if not page["data"]:
        out.line(("no events", "dim"))
    if page["nextCursor"]:
        out.note((f"more: --after {page['nextCursor']}", "dim"))
