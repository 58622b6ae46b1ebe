"""A post written on the command line, without a file: `munadi contents publish --text … --channel …`."""

from __future__ import annotations

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
    str | None, Option("--at", metavar="TIME", help="ISO 8601, with an offset or with --timezone; now by default.")
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
Zone = Annotated[str | None, Option("--timezone", metavar="ZONE", help="Of --at, such as Asia/Kolkata.")]
Media = Annotated[
    list[Path] | None,
    Option("--media", metavar="PATH", help="A picture, video or document to upload; repeat it, in order."),
]


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
    session: Session, file: str | None, brand_ref: str | None, media: list[Path] | None, **fields: Any
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
    if "timezone" in given and not {"scheduledAt", "slot", "publishBy", "withdrawAt"} & given.keys():
        advice = "without a time the post is published at once"
        raise CommandFailed("give --at with --timezone, which is the zone of that time", Exit.USAGE, advice)
    given["brandRef"] = brand_ref
    if media:
        given["media"] = [{"path": str(path)} for path in media]
    return with_media(session, given, Path.cwd())
