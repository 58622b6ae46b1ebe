"""Every command, in one place."""

from __future__ import annotations

from typing import Annotated

import typer

from munadi import __version__
from munadi.cli import (
    api,
    audit,
    brands,
    changes,
    channels,
    connecting,
    db,
    demo,
    doctor,
    drafts,
    encryption,
    events,
    keys,
    login,
    logout,
    mcp,
    media,
    profiles,
    publications,
    request,
    sandbox,
    usage,
    webhooks,
    worker,
)
from munadi.cli.command import AsJson, Profile, command
from munadi.cli.dev import command as dev
from munadi.cli.output import Output
from munadi.cli.session import Session

app = typer.Typer(
    name="munadi",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Munadi publishes prepared posts to social networks and reports the result.",
    epilog="Exit codes: 0 done, 1 refused or failed, 2 usage, 3 not reachable, 4 not permitted.",
)
# `contents` and `changes` are one group of commands; so are `accounts` and `connecting`.
for group in (changes, drafts, publications, media, connecting, brands, channels, webhooks, keys, db, profiles):
    app.add_typer(group.app)
command(keys.app, "rotate-encryption", remote=False)(encryption.rotate_encryption)
CALLS = (login.login, logout.logout, doctor.doctor, events.events, audit.audit, usage.usage, request.request)
PROCESSES = (dev.dev, demo.demo, api.api, worker.worker, sandbox.sandbox)
for call in CALLS:
    command(app, call.__name__)(call)
for process in PROCESSES:
    command(app, process.__name__, remote=False)(process)
command(app, "mcp")(mcp.mcp)


def _print_version(wanted: bool) -> None:
    if wanted:
        Output().line(f"munadi {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)]


@app.callback()
def start(context: typer.Context, as_json: AsJson = False, profile: Profile = None, version: Version = False) -> None:
    """Options that come before a command."""
    session = context.ensure_object(Session)
    session.out.as_json |= as_json
    session.profile = profile or session.profile
