"""`munadi channels`: what each network accepts, by the rules that the API checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group
from munadi.cli.completing import channels
from munadi.cli.extras import SERVER, has_server, require
from munadi.cli.output import Output
from munadi.cli.paging import listing
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

app = group("channels", "List the networks and their limits.")

Offline = Annotated[bool, Option("--offline", help="Do not call an API: show the channels packaged with this version.")]


@command(app, "list")
def list_(session: Session, offline: Offline = False) -> None:
    """List the channels; those packaged with this version if no API is reachable."""
    page = _or_packaged(session, offline, session.client.channels.list)
    session.show({"data": page, "nextCursor": None} if isinstance(page, list) else page, _print_page)


@command(app, "describe")
def describe(
    session: Session,
    channel: Annotated[str, Argument(metavar="CHANNEL", help="See munadi channels list.", autocompletion=channels)],
    offline: Offline = False,
) -> None:
    """Show a channel's limits, media rules and options; those packaged with this version if no API is reachable."""
    found = _or_packaged(session, offline, lambda: _of_api(session, channel))
    if isinstance(found, list):
        names = [each["name"] for each in found]
        if channel not in names:
            raise _unknown(channel, names)
        found = found[names.index(channel)]
    session.show(found, _print_channel)


def _of_api(session: Session, channel: str) -> Any:
    """A channel as the API describes it. An unknown name is a mistake in the command, not a refusal."""
    from munadi.client import ProblemError

    try:
        return session.client.channels.get(channel)
    except ProblemError as error:
        if error.problem.get("status") != 404:
            raise
        raise _unknown(channel, [each["name"] for each in session.client.channels.list()["data"]]) from error


def _unknown(channel: str, names: Sequence[str]) -> CommandFailed:
    return CommandFailed(f"there is no channel {channel}", Exit.USAGE, f"There are: {', '.join(names)}.")


def _or_packaged(session: Session, offline: bool, ask: Callable[[], Any]) -> Any:
    """The API's answer, or the packaged channels, with a note, when no API is reachable and the server is installed."""
    from munadi.client import NotReachable

    if not offline:
        try:
            return ask()
        except NotReachable as error:
            if not has_server():
                raise
            session.out.note((f"Munadi is not reachable: {error}", "yellow"))
    require(SERVER, "munadi channels --offline")
    from munadi.cli.packaged import packaged_channels

    packaged = packaged_channels()
    version = packaged[0]["packaged"]
    session.out.note(
        (f"as packaged with munadi {version}; an API may have another version or other settings", "yellow")
    )
    return packaged


def _print_channel(out: Output, channel: Any) -> None:
    out.facts(
        [
            ("channel", channel["name"]),
            ("network", channel["title"]),
            ("text", _texts(channel)),
            ("media", _counts(channel)),
            ("link", channel["linkStyle"]),
            ("first comment", "yes" if channel["firstComment"] else "no"),
            ("parts", str(channel["maxParts"])),
            ("scopes", " ".join(channel["scopes"])),
            ("facts", channel["factsVersion"]),
        ]
    )
    for rule in channel["mediaRules"]:
        out.line()
        out.facts(
            [
                (rule["kind"], " ".join(rule["mimeTypes"])),
                ("  bytes", f"at most {rule['maxBytes']:,}"),
                ("  ratio", _span(rule["minRatio"], rule["maxRatio"])),
                ("  width", _span(rule["minWidth"], rule["maxWidth"])),
                ("  pages", None if rule["maxPages"] is None else f"at most {rule['maxPages']:,}"),
                ("  duration", _span(rule["minDuration"], rule["maxDuration"])),
            ]
        )
    _print_options(out, channel["options"])


def _print_options(out: Output, schema: Any) -> None:
    options = schema.get("properties") or {}
    if options:
        out.line()
        out.table(
            ["option", "type", "what it does"],
            [
                [name, _kind(option, schema.get("$defs") or {}), option.get("description")]
                for name, option in options.items()
            ],
        )


def _kind(option: Any, named: Any) -> str:
    """A JSON Schema's type, short. `named` are the schemas it may refer to."""
    if "enum" in option:
        return "|".join(str(value) for value in option["enum"])
    if "const" in option:
        return str(option["const"])
    if "$ref" in option:
        name = str(option["$ref"]).rpartition("/")[2]
        return _kind(named[name], named) if "enum" in named.get(name, {}) else name
    if choices := option.get("anyOf") or option.get("oneOf"):
        return "|".join(_kind(choice, named) for choice in choices)
    if option.get("type") == "array":
        return f"list of {_kind(option.get('items') or {}, named)}"
    return str(option.get("type") or "any")


def _texts(channel: Any) -> str:
    return ", ".join(f"{limit['maximum']} {limit['unit'].replace('_', ' ')}" for limit in channel["textLimits"])


def _counts(channel: Any) -> str:
    return f"{channel['minMedia']} to {channel['maxMedia']}"


def _span(least: Any, most: Any) -> str | None:
    if least is None and most is None:
        return None
    if least is None:
        return f"at most {most}"
    return f"at least {least}" if most is None else f"{least} to {most}"


_print_page = listing(
    {
        "channel": "name",
        "network": "title",
        "text": _texts,
        "media": _counts,
        "facts": "factsVersion",
    }
)
