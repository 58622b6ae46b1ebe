"""The commands that rotate keys, on the server itself: the one that encrypts stored secrets, and the one that signs
receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import typer

from munadi.cli.command import command
from munadi.cli.database import advice, with_database
from munadi.cli.keys import app
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit, cause

AGAIN = "Run this again until it changes nothing: a process that was not restarted may still use an older key."
REMOVE = (
    "Now remove every key but the first from MUNADI_SECRET_KEYS and restart API and workers. Networks that fetch media "
    "from here have addresses signed with an older key; they work for {hours:.0f} hours if you keep that key so long."
)
LOST = (
    "If a key was removed too early, add it to the end of MUNADI_SECRET_KEYS and run this again. "
    "Otherwise reconnect these accounts, rotate the secrets of these endpoints, and run munadi keys rotate-receipt-key "
    "if a row of receipt_keys is among them."
)


@command(app, "rotate-encryption", remote=False)
def rotate_encryption(session: Session) -> None:
    """Re-encrypt every stored secret with the first of MUNADI_SECRET_KEYS, so that the others can be removed.

    It works on the database itself while API and workers run. Before: put the new key first and restart them.
    Exits 1 if no key opens a secret; that secret stays as it is.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.db.sealing.rotation import RowsLocked, reseal
    from munadi.process.settings import database_and_keys

    url, keyring = database_and_keys()
    try:
        done = asyncio.run(with_database(url, lambda database: reseal(database, keyring)))
    except RowsLocked as error:
        raise CommandFailed(str(error), advice="Run it again; what was re-encrypted stays so.") from error
    except SQLAlchemyError as error:
        raise CommandFailed(f"not all secrets were re-encrypted: {cause(error)}", advice=advice(url)) from error
    newest, *older = keyring.key_ids
    unreadable = [asdict(row) for row in done.unreadable]
    result = {"newestKey": newest, "olderKeys": older, "resealed": done.rows, "unreadable": unreadable}
    session.show(result, _print)
    if unreadable:
        raise typer.Exit(Exit.REFUSED)


@command(app, "rotate-receipt-key", remote=False)
def rotate_receipt_key(session: Session) -> None:
    """Make another key for signing receipts. New receipts are signed with it from now on.

    The public keys of earlier ones stay published, so receipts that were signed with them still verify.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.clock import SystemClock
    from munadi.db.keys.receipt_keys import ReceiptKeyStore
    from munadi.process.settings import database_and_keys

    url, keyring = database_and_keys()
    now = SystemClock().now()
    try:
        row = asyncio.run(with_database(url, lambda database: ReceiptKeyStore(database, keyring).rotate(now)))
    except SQLAlchemyError as error:
        raise CommandFailed(f"no key was made: {cause(error)}", advice=advice(url)) from error
    session.show({"kid": row.kid}, lambda out, made: out.line("receipts are signed with ", (made["kid"], "bold")))


def _print(out: Output, done: Mapping[str, Any]) -> None:
    from munadi.media.reader import URL_LIFE

    for table, count in done["resealed"].items():
        out.line(f"{table}: {count} re-encrypted")
    for row in done["unreadable"]:
        out.note((f"{row['table']} {row['row']} cannot be opened: {row['error']}", "red"))
    if done["unreadable"]:
        out.note(LOST)
    if done["olderKeys"]:
        resealed = any(done["resealed"].values())
        out.note(AGAIN if resealed else REMOVE.format(hours=URL_LIFE.total_seconds() / 3600))
    else:
        out.note("There is only one key. To rotate, put a new one before it: openssl rand -base64 32")
