"""`munadi profiles`: several installations or keys on one machine, by name."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument

from munadi.cli.command import command, group
from munadi.cli.completing import profiles as profile_names
from munadi.cli.credentials import current_profile, note_overriding
from munadi.cli.output import Output
from munadi.cli.profile_store import load, missing_profile, save
from munadi.cli.session import Session

app = group("profiles", "List the addresses and keys that munadi login stored, and choose which one is used.")


@command(app, "list", remote=False)
def list_(session: Session) -> None:
    """List the profiles, without their keys. The one in use is marked."""
    stored = load()
    current = current_profile(stored, session.profile)
    rows = [
        {"name": name, "url": each.url, "keyEndsIn": each.key_ends_in, "inUse": name == current}
        for name, each in sorted(stored.profiles.items())
    ]
    session.show({"data": rows}, _print_profiles)
    note_overriding(session.out)


@command(app, "use", remote=False)
def use(
    session: Session,
    name: Annotated[str, Argument(metavar="NAME", help="As login stored it.", autocompletion=profile_names)],
) -> None:
    """Use a profile for every command that names no other."""
    stored = load()
    if name not in stored.profiles:
        raise missing_profile(name, stored)
    stored.in_use = name
    save(stored)
    session.show({"inUse": name, "url": stored.profiles[name].url}, _print_used)
    note_overriding(session.out)


def _print_profiles(out: Output, page: Any) -> None:
    rows = [
        ["in use" if each["inUse"] else "", each["name"], each["url"], each["keyEndsIn"] or ("logged out", "yellow")]
        for each in page["data"]
    ]
    out.table(["", "name", "address", "key ends in"], rows, empty="no profiles; make one: munadi login")


def _print_used(out: Output, used: Any) -> None:
    out.line("using ", (used["inUse"], "bold"), f" ({used['url']})")
