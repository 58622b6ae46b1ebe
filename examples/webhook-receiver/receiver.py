"""A receiver of Munadi's webhooks in FastAPI: each event once, in order, though they come twice and out of order.

    MUNADI_WEBHOOK_SECRET=whsec_… uvicorn receiver:app --port 8080

The event's id is the primary key of the inbox, so that a repeated event changes nothing. The answer is sent once the
event is on disk. The work follows, in one transaction with the mark that it is done, so a crash between the two repeats
neither.
"""

import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from fastapi import BackgroundTasks, FastAPI, Request, Response

from munadi.webhooks import WebhookVerificationError, verify

SECRET = os.environ["MUNADI_WEBHOOK_SECRET"]
DATABASE = os.environ.get("RECEIVER_DATABASE", "receiver.db")
TABLES = """
CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY, body TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS posts (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, status TEXT NOT NULL,
                                  handled INTEGER NOT NULL);
"""


def connect() -> sqlite3.Connection:
    """One connection per request. What is committed survives a loss of power."""
    database = sqlite3.connect(DATABASE, timeout=10, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    return database


def work() -> None:
    """Preparation what is in the inbox and not done."""
    with closing(connect()) as database:
        for event_id, body in database.execute("SELECT id, body FROM inbox WHERE NOT done").fetchall():
            database.execute("BEGIN IMMEDIATE")
            # Another request may have been faster: only one of them changes the row from 0 to 1.
            if database.execute("UPDATE inbox SET done = 1 WHERE id = ? AND NOT done", [event_id]).rowcount:
                handle(database, json.loads(body))
            database.execute("COMMIT")


def handle(database: sqlite3.Connection, event: dict) -> None:
    """Yours to change: this one keeps the newest state of each post.

    `sequence` counts a post's events, so an older event that comes late does not overwrite a newer state.
    """
    content = event["data"].get("content")
    if content is None:
        return  # an event of an account or an endpoint, or a thin one
    database.execute(
        """INSERT INTO posts VALUES (?, ?, ?, 1) ON CONFLICT (id) DO UPDATE SET
             status = CASE WHEN excluded.sequence > sequence THEN excluded.status ELSE status END,
             sequence = max(sequence, excluded.sequence), handled = handled + 1""",
        [event["contentId"], event["sequence"], content["status"]],
    )


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """What was stored before a crash is handled now."""
    with closing(connect()) as database:
        database.executescript(TABLES)
    work()
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/munadi")
async def receive(request: Request, later: BackgroundTasks) -> Response:
    """Verify the raw body, store the event under its id, answer."""
    body = await request.body()
    try:
        event = verify(body, request.headers, SECRET, tolerance=300)
    except WebhookVerificationError as error:
        return Response(str(error), 401)
    with closing(connect()) as database:
        database.execute("INSERT OR IGNORE INTO inbox (id, body) VALUES (?, ?)", [event["id"], body.decode()])
    later.add_task(work)
    return Response(status_code=204)


@app.get("/posts/{content_id}")
def post(content_id: str) -> dict:
    """What is known about a post, and how many events were handled for it."""
    with closing(connect()) as database:
        row = database.execute("SELECT status, sequence, handled FROM posts WHERE id = ?", [content_id]).fetchone()
    return dict(zip(("status", "sequence", "handled"), row or (None, 0, 0), strict=True))
