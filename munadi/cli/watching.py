"""Follow a post to its end, across restarts of the API: the post continues meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from munadi.cli.output import status
from munadi.cli.session import Session
from munadi.process.exits import Exit

if TYPE_CHECKING:
    from munadi.client.shapes import Event

PATIENCE = 60.0
PAUSE = 1.0


def follow_to_the_end(session: Session, content_id: str, *, as_lines: bool) -> None:
    """Print the events (in JSON mode only with `as_lines`), then the result; the exit code follows from it."""
    from munadi.cli.post_output import print_event, print_publications

    if session.out.is_live:
        from munadi.cli.board import watch_on_board

        watch_on_board(session.client.contents.get(content_id), follow(session, content_id))
    else:
        for event in follow(session, content_id):
            if session.out.as_json and as_lines:
                session.out.json(event)
            print_event(session.out, event)
    content = session.client.contents.get(content_id)
    if session.out.as_json and not as_lines:
        session.out.json(content)
    session.out.line()
    print_publications(session.out, content["publications"])
    if content["status"] != "published":
        import typer

        session.out.line()
        session.out.line(status(content["status"]), ": not everything was published.")
        raise typer.Exit(Exit.REFUSED)


def follow(session: Session, content_id: str) -> Iterator[Event]:
    """Each event once. Raises NotReachable only after the API has not answered for a minute."""
    from munadi.client import NotReachable, ProblemError

    last = 0
    away_since: float | None = None
    pause = session.pause or time.sleep
    while True:
        try:
            for event in session.client.contents.follow(content_id, after=last):
                away_since, last = None, event["position"] or last
                yield event
            return
        except (NotReachable, ProblemError) as error:
            if isinstance(error, ProblemError) and not error.is_away:
                raise
            now = time.monotonic()
            if away_since is None:
                session.out.note(
                    ("Munadi does not answer; waiting for it. The post continues without this command.", "yellow")
                )
            away_since = away_since or now
            if now - away_since > PATIENCE:
                raise
            pause(PAUSE)
