"""Following a content over restarts of the API: what it does goes on meanwhile, so we wait for it to come back."""

from __future__ import annotations

import time
from collections.abc import Iterator

from munadi.cli.session import Session
from munadi.client import NotReachable, ProblemError
from munadi.client.shapes import Event

PATIENCE = 60.0
PAUSE = 1.0


def follow(session: Session, content_id: str) -> Iterator[Event]:
    """Each event once. NotReachable only after the API has been away for a minute."""
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
            if isinstance(error, ProblemError) and error.status not in (502, 503, 504):
                raise
            now = time.monotonic()
            if away_since is None:
                session.out.note(("Munadi does not answer; waiting for it. The work goes on by itself.", "yellow"))
            away_since = away_since or now
            if now - away_since > PATIENCE:
                raise
            pause(PAUSE)
