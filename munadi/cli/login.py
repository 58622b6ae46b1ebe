"""`munadi login`: store an address and a key for the next commands."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from munadi.cli.credentials import current_profile, resolve
from munadi.cli.device import key_by_browser
from munadi.cli.output import Output
from munadi.cli.profile_store import Credentials, checked_name, load, save
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

ByDevice = Annotated[
    bool, typer.Option("--device", help="Get a key by a browser, which may be on another machine.", show_default=False)
]


def login(session: Session, device: ByDevice = False) -> None:
    """Check an API's address and a key, and store both for this user.

    Both come from --url and --api-key, from MUNADI_URL and MUNADI_API_KEY, or you are asked for them. --profile
    stores them under a name of their own, beside the others; munadi profiles use makes it the one in use.

    With --device nobody types a key here: a person opens a page of the API in any browser, types a short code, and
    chooses a brand, what this machine may do, and until when. It gets a key of its own, which they see and can revoke.
    """
    stored = load()
    name = checked_name(current_profile(stored, session.profile))
    found = resolve(session.url, session.api_key, session.profile, is_new=True)
    url, key = found.url, found.api_key
    if device:
        key = key_by_browser(session, url)
    elif key is None or sys.stdin.isatty():
        url, key = _prompt(session, url, key)
    checked = Session(url=url, api_key=key, transport=session.transport, pause=session.pause, out=session.out)
    # Any key may list the channels, so an answer proves that this is Munadi and that the key works.
    checked.client.channels.list()
    if not stored.profiles:
        stored.in_use = name
    stored.profiles[name] = Credentials(url.rstrip("/"), key)
    path = save(stored)
    done = {"url": url, "credentials": str(path), "profile": name, "inUse": name == stored.in_use}
    session.show(done, _print_done)


def _print_done(out: Output, done: Any) -> None:
    out.line(f"logged in to {done['url']}; stored in {done['credentials']} as profile {done['profile']}")
    if not done["inUse"]:
        out.note(
            f"use it with --profile {done['profile']}, or for every command: munadi profiles use {done['profile']}"
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
