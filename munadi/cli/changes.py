"""`munadi contents cancel`, `publish-now`, `edit`, `reschedule`, `retry`: change a post."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Option

from munadi.cli.command import command, plain
from munadi.cli.contents import ContentId
from munadi.cli.contents import app as app
from munadi.cli.post_output import print_accepted, print_content
from munadi.cli.session import Session


@command(app, "edit")
def edit(
    session: Session,
    content_id: ContentId,
    file: Annotated[str, Option("--file", "-f", metavar="FILE", help="The changes as JSON; - reads standard input.")],
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

    content = session.client.contents.get(content_id)
    changes = prepare_changes(session, file, content["brandRef"])
    based_on = content["version"] if version is None else version
    session.show(session.client.contents.update(content_id, changes, based_on), print_content)


@command(app, "reschedule", takes="contents.reschedule")
def reschedule(
    session: Session,
    content_id: ContentId,
    scheduled_at: Annotated[str, Option("--at", metavar="TIME", help="ISO 8601 with an offset, or local with a zone.")],
    **given: Any,
) -> None:
    """Move a post that is not being published yet to another time."""
    session.show(session.client.contents.reschedule(content_id, scheduled_at, **given), print_content)


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


plain(app, "cancel", "contents.cancel", print_content, "Cancel every publication that has not started.", of=ContentId)
plain(
    app, "publish-now", "contents.publish_now", print_accepted, "Publish everything that still waits now.", of=ContentId
)
