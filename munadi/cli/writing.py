"""A post written on the command line, without a file: `munadi contents publish --text … --channel …`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from munadi.cli.completing import channels
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

File = Annotated[
    str | None, Option("--file", "-f", metavar="FILE", help="The whole post as JSON; - reads standard input.")
]
Text = Annotated[str | None, Option("--text", metavar="TEXT", help="The text, without a file.")]
ToChannels = Annotated[
    list[str] | None,
    Option("--channel", metavar="CHANNEL", help="Publish to this one; repeat it for several.", autocompletion=channels),
]
At = Annotated[
    str | None,
    Option("--at", metavar="TIME", help="ISO 8601 with an offset, or local: of --timezone or the brand. Absent: now."),
]
Slot = Annotated[
    str | None,
    Option(
        "--slot",
        metavar="next|last|TIME",
        help="In place of --at: the next free weekly time, the one after the last that is taken, or the next free one "
        "after TIME.",
    ),
]
Zone = Annotated[
    str | None,
    Option("--timezone", metavar="ZONE", help="Of local times, such as Asia/Kolkata; else the brand's."),
]
Media = Annotated[
    list[Path] | None,
    Option("--media", metavar="PATH", help="A picture, video or document to upload; repeat it, in order."),
]
Alts = Annotated[
    list[str] | None,
    Option("--alt", metavar="TEXT", help="What a picture shows, for those who cannot see it; one for each --media."),
]
Options = Annotated[
    list[str] | None,
    Option(
        "--option",
        metavar="CHANNEL.NAME=VALUE",
        help="An option of a network; VALUE is JSON or a text. Repeat it for "
        "more. munadi channels describe CHANNEL lists them.",
    ),
]
Board = Annotated[
    str | None,
    Option("--board", metavar="BOARD_ID", help="The board, where the network has boards: its option boardId."),
]
# The fields that may be local times.
TIMES = ("scheduledAt", "publishBy", "withdrawAt")


def checked_key(given: str | None) -> str | None:
    """The idempotency key of an option. Raises CommandFailed (USAGE) for one that cannot be sent, also an empty one."""
    from munadi.client.steps import key_header

    if given is not None:
        try:
            key_header(given)
        except ValueError as error:
            raise CommandFailed(f"--idempotency-key: {error}", Exit.USAGE) from error
    return given


def written_post(
    session: Session, file: str | None, brand_ref: str | None, media: Sequence[Mapping[str, str]], **fields: Any
) -> Any:
    """The post from the file or from the options, ready to send. Raises CommandFailed (USAGE) for both or neither.

    Fields have the API's names; those that are None or without an entry were not given. An empty text was: a time
    from an unset variable of a shell is refused by the API, and not left out.
    """
    from munadi.cli.payload import prepare_payload, with_media

    given = {name: value for name, value in fields.items() if value not in (None, [])}
    if file is not None:
        if given or media:
            raise CommandFailed("give --file or the parts of a post (--text, --channel, …), not both", Exit.USAGE)
        return prepare_payload(session, file, brand_ref)
    if not given.get("channels"):
        raise CommandFailed("give --channel with --text or --media, or the whole post with --file", Exit.USAGE)
    if not brand_ref:
        raise CommandFailed("give --brand-ref: the brand that the post is published for", Exit.USAGE)
    if "slot" in given:
        given["slot"] = given["slot"] if given["slot"] in ("next", "last") else {"after": given["slot"]}
    if "timezone" in given and not {"slot", *TIMES} & given.keys():
        advice = "without a time the post is published at once"
        raise CommandFailed("give --at with --timezone, which is the zone of that time", Exit.USAGE, advice)
    given["brandRef"] = brand_ref
    if media:
        given["media"] = [*media]
    if needs_zone(given):
        given |= zone_of(session, brand_ref)
    return with_media(session, given, Path.cwd())


def needs_zone(given: Mapping[str, Any]) -> bool:
    """Whether fields have a local time, and do not say of which zone."""
    slot = given.get("slot")
    times = [*(given.get(name) for name in TIMES), slot.get("after") if isinstance(slot, dict) else None]
    return "timezone" not in given and any(_is_local(time) for time in times)


def zone_of(session: Session, brand_ref: str) -> dict[str, str]:
    """The brand's zone as a field. Nothing where it has none or the key may not read it: then the API refuses."""
    from munadi.client import ProblemError

    try:
        zone = session.client.brands.get(brand_ref)["timezone"]
    except ProblemError as error:
        if error.status not in (403, 404):
            raise
        return {}
    return {"timezone": zone} if zone else {}


def described(media: Iterable[Path], alts: Sequence[str]) -> list[dict[str, str]]:
    """The files of a post by their paths, each with its text. Raises CommandFailed (USAGE) for texts without files."""
    files = [{"path": str(path)} for path in media]
    if len(alts) > len(files):
        raise CommandFailed(f"{len(alts)} --alt for {len(files)} --media: give one for each file, in order", Exit.USAGE)
    return [file | ({"alt": alts[place]} if place < len(alts) else {}) for place, file in enumerate(files)]


def board_options(session: Session, names: Sequence[str], board: str | None) -> list[str]:
    """The board as an option of each channel that has boards. Raises CommandFailed (USAGE) where none has."""
    if board is None:
        return []
    described = [(name, session.client.channels.get(name)["options"]) for name in names]
    found = [f"{name}.boardId={board}" for name, options in described if "boardId" in options.get("properties", {})]
    if not found:
        raise CommandFailed("--board: no --channel of this post has boards", Exit.USAGE)
    return found


def targets(names: Sequence[str], options: Iterable[str]) -> list[Any]:
    """The channels of a post, each with its options. Raises CommandFailed (USAGE) for what is no option of them."""
    found: dict[str, dict[str, Any]] = {}
    for given in options:
        name, equals, value = given.partition("=")
        channel, dot, option = name.partition(".")
        if not (equals and dot and channel and option):
            raise CommandFailed(f"--option {given}: write CHANNEL.NAME=VALUE", Exit.USAGE)
        if channel not in names:
            raise CommandFailed(f"--option {given}: give --channel {channel}, too", Exit.USAGE)
        found.setdefault(channel, {})[option] = _value(value)
    return [{"channel": name, "options": found[name]} if name in found else name for name in names]


def _value(text: str) -> Any:
    """What was written as JSON; anything else, and a long number such as an id, is a text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**31 else value


def _is_local(time: str | None) -> bool:
    try:
        return time is not None and datetime.fromisoformat(time).tzinfo is None
    except ValueError:
        return False  # the API says what is wrong with it
