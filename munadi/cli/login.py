"""`munadi login`: store an address and a key for the next commands."""

from __future__ import annotations

import sys

import typer

from munadi.cli.command import command
from munadi.cli.credentials import Credentials, store
from munadi.cli.exits import CommandFailed, Exit
from munadi.cli.session import Session


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "login")(login)


def login(session: Session) -> None:
    """Check an API's address and a key, and store both for this user.

    Both come from --url and --api-key, from MUNADI_URL and MUNADI_API_KEY, or you are asked for them.
    """
    url, key = session.credentials.url, session.api_key or session.credentials.api_key
    if key is None or sys.stdin.isatty():
        url, key = _prompt(session, url, key)
    checked = Session(url=url, api_key=key, transport=session.transport, pause=session.pause, out=session.out)
    # Any key may list the channels, so an answer proves that this is Munadi and that the key works.
    checked.client.channels.list()
    path = store(Credentials(url.rstrip("/"), key))
    session.show(
        {"url": url, "credentials": str(path)},
        lambda out, done: out.line(f"logged in to {done['url']}; stored in {path}"),
    )


def _prompt(session: Session, url: str, key: str | None) -> tuple[str, str]:
    """Ask at the terminal for what was not given."""
    if not sys.stdin.isatty():
        raise CommandFailed("give --url and --api-key, or run this in a terminal to be asked", Exit.USAGE)
    if session.url is None:
        url = typer.prompt("URL of the API", default=url)
    if session.api_key is None:
        key = typer.prompt("API key", hide_input=True)
    return url, str(key)
