"""`munadi contents`: submit, follow and change posts. An accepted post is not yet published, nor shown as such."""

from __future__ import annotations

from typing import Annotated, Any, cast

from typer import Argument, Option

from munadi.cli import writing
from munadi.cli.command import command, group, plain
from munadi.cli.output import Output
from munadi.cli.paging import say_more
from munadi.cli.post_output import print_accepted, print_content
from munadi.cli.session import Session
from munadi.cli.watching import follow_to_the_end
from munadi.process.exits import CommandFailed, Exit

app = group("contents", "Publish, follow, approve, cancel, reschedule, retry and withdraw posts.")

# As a time to end: the post stays.
NEVER = "never"

ContentId = Annotated[str, Argument(metavar="CONTENT_ID", help="The post's id, cnt_…")]
File = Annotated[str, Option("--file", "-f", metavar="FILE", help="The post as JSON; - reads standard input.")]
BrandRef = Annotated[
    str | None, Option("--brand-ref", metavar="BRAND", help="The brand; the payload's brandRef by default.")
]


@command(app, "publish", takes="contents.create")
def publish(
    session: Session,
    file: writing.File = None,
    text: writing.Text = None,
    channel: writing.ToChannels = None,
    scheduled_at: writing.At = None,
    slot: writing.Slot = None,
    timezone: writing.Zone = None,
    media: writing.Media = None,
    alt: writing.Alts = None,
    option: writing.Options = None,
    board: writing.Board = None,
    brand_ref: BrandRef = None,
    idempotency_key: Annotated[
        str | None,
        Option("--idempotency-key", metavar="KEY", help="A repeat with the same key never creates a second post."),
    ] = None,
    wait: Annotated[bool, Option("--wait", help="Wait until every publication has ended.")] = False,
    **given: Any,
) -> None:
    """Submit a post. Exit code 0 means accepted: it will be published at its time.

    Write it here (--text, --channel, --at, --media), or give all of it as JSON (--file), where {"path": "a.jpg"} is a
    local file, relative to the JSON's. With --wait the exit code is 0 only if everything was published.
    """
    from munadi.client import NotReachable, ProblemError
    from munadi.client.steps import key_or_new

    key = key_or_new(writing.checked_key(idempotency_key))
    options = [*(option or []), *writing.board_options(session, channel or [], board)]
    given |= {"text": text, "channels": writing.targets(channel or [], options)}
    given |= {"scheduledAt": scheduled_at, "timezone": timezone, "slot": slot}
    payload = writing.written_post(session, file, brand_ref, writing.described(media or [], alt or []), **given)
    try:
        made = session.client.contents.submit(payload, key)
    except (NotReachable, ProblemError) as error:
        if isinstance(error, ProblemError) and not error.is_away:
            raise
        session.out.note(f"It may have been accepted all the same. To be sure, repeat with --idempotency-key {key}")
        raise
    if made.replayed:
        session.out.note(
            ("this key was used before: this is the first answer again, no second post was created", "yellow")
        )
    if not wait:
        session.show(made.content, print_accepted)
        return
    print_accepted(session.out, made.content)
    follow_to_the_end(session, made.content["id"], as_lines=False)


@command(app, "validate")
def validate(session: Session, file: File, brand_ref: BrandRef = None) -> None:
    """Check a post as publish would; only its media are stored. Exits 1 if it would be refused."""
    from munadi.cli.payload import prepare_payload

    result = session.client.contents.validate(prepare_payload(session, file, brand_ref))
    session.show(result, _print_validation)
    if not result["valid"]:
        _end(Exit.REFUSED)


@command(app, "list", takes="contents.list")
def list_(
    session: Session,
    since: Annotated[
        str | None, Option("--since", "--from", metavar="TIME", help="Due at this time or later, ISO 8601.")
    ] = None,
    until: Annotated[str | None, Option("--until", "--to", metavar="TIME", help="Due before this time.")] = None,
    columns: Annotated[
        str | None,
        Option("--columns", metavar="NAMES", help="Which, in order: id,status,due,text,scheduled,brand,channels,ref."),
    ] = None,
    **given: Any,
) -> None:
    """List posts, the newest first. The text is cut to fit 80 columns; --json and --columns show all of it."""
    from munadi.cli.content_columns import chosen, print_contents

    names = chosen(columns)
    page = session.client.contents.list(**given, since=since, until=until)

    def show(out: Output, found: Any) -> None:
        print_contents(out, found["data"], names)
        say_more(out, found)

    session.show(page, show)


@command(app, "watch")
def watch(session: Session, content_id: ContentId) -> None:
    """Follow a post until every publication has ended. Exits 0 only if all were published.

    A terminal shows the current state and updates it; a pipe gets a line per event, and with --json each
    event as JSON.
    """
    follow_to_the_end(session, content_id, as_lines=True)


@command(app, "events")
def events(session: Session, content_id: ContentId) -> None:
    """Print the events so far."""
    found = session.client.contents.events(content_id)
    session.show({"data": [*found], "nextCursor": None}, _print_events)


@command(app, "edit")
def edit(
    session: Session,
    content_id: ContentId,
    file: Annotated[
        str | None, Option("--file", "-f", metavar="FILE", help="The changes as JSON; - reads standard input.")
    ] = None,
    withdraw_at: Annotated[
        str | None,
        Option("--withdraw-at", metavar="TIME", help=f"When it is withdrawn; {NEVER}: never. Also of a live post."),
    ] = None,
    version: Annotated[
        int | None,
        Option(
            "--version",
            metavar="NUMBER",
            help="Refuse if the post changed since this version; the current version by default.",
        ),
    ] = None,
) -> None:
    """Change a post that is not being published yet. Fields missing in the file stay; null clears one.

    Media may be local files, as for publish. Use reschedule to change the time; the channels cannot change.
    """
    from munadi.cli.payload import prepare_changes

    if file is None and withdraw_at is None:
        raise CommandFailed("give --file or --withdraw-at: what is to change", Exit.USAGE)
    content = session.client.contents.get(content_id)
    changes = prepare_changes(session, file, content["brandRef"]) if file is not None else {}
    if withdraw_at is not None:
        changes["withdrawAt"] = None if withdraw_at == NEVER else withdraw_at
    based_on = content["version"] if version is None else version
    session.show(session.client.contents.update(content_id, cast(Any, changes), based_on), print_content)


@command(app, "reschedule", takes="contents.reschedule")
def reschedule(
    session: Session,
    content_id: ContentId,
    scheduled_at: Annotated[
        str, Option("--at", metavar="TIME", help="ISO 8601 with an offset, or local: of --timezone or the brand.")
    ],
    **given: Any,
) -> None:
    """Move a post that is not being published yet to another time."""
    known = {"scheduledAt": scheduled_at} | given
    if writing.needs_zone(known):
        given |= writing.zone_of(session, session.client.contents.get(content_id)["brandRef"])
    session.show(session.client.contents.reschedule(content_id, scheduled_at, **given), print_content)


@command(app, "approve")
def approve(
    session: Session,
    content_id: ContentId,
    version: Annotated[
        int, Option("--version", metavar="NUMBER", help="The version that you have read; another one is refused.")
    ],
    note: Annotated[str | None, Option("--note", metavar="TEXT", help="A word for who proposed it.")] = None,
) -> None:
    """Let a proposed post be published in the version that you have read."""
    session.show(session.client.contents.approve(content_id, version, note), print_content)


@command(app, "decline")
def decline(
    session: Session,
    content_id: ContentId,
    note: Annotated[str, Option("--note", metavar="TEXT", help="Why: who proposed it reads this.")],
) -> None:
    """Keep a proposed post back, and say why. It waits until it is edited, approved or canceled."""
    session.show(session.client.contents.decline(content_id, note), print_content)


@command(app, "retry")
def retry(
    session: Session,
    content_id: ContentId,
    publication_ids: Annotated[
        list[str] | None,
        Option("--publication", metavar="PUBLICATION_ID", help="Only this publication; repeat for more."),
    ] = None,
) -> None:
    """Retry failed publications with the stored media."""
    content = session.client.contents.retry(content_id, publication_ids)
    session.show(content, print_accepted)


def _print_events(out: Output, page: Any) -> None:
    from munadi.cli.post_output import print_event

    for event in page["data"]:
        print_event(out, event)


def _print_validation(out: Output, result: Any) -> None:
    from munadi.cli.post_output import print_warnings
    from munadi.cli.problems import print_violations

    out.line(("valid", "green") if result["valid"] else ("not valid", "red"))
    print_violations(out, result["problems"])
    print_warnings(out, result["warnings"])


def _end(code: Exit) -> None:
    import typer

    raise typer.Exit(code)


plain(app, "get", "contents.get", print_content, "Show a post and the state of each publication.", of=ContentId)
plain(app, "cancel", "contents.cancel", print_content, "Cancel every publication that has not started.", of=ContentId)
plain(
    app,
    "withdraw",
    "contents.withdraw",
    print_content,
    "Take back everything of a post that is live. What is not published yet is canceled with cancel.",
    of=ContentId,
)
plain(
    app, "publish-now", "contents.publish_now", print_accepted, "Publish everything that still waits now.", of=ContentId
)
