"""`munadi publications`: list them, show one with every attempt, resolve an unconfirmed one, dismiss a failure."""

from __future__ import annotations

from typing import Annotated, Any, cast, get_args

from typer import Argument, Option

from munadi.cli.command import command, group
from munadi.cli.completing import channels, dismissals, outcomes, publication_statuses
from munadi.cli.output import Output
from munadi.cli.paging import Cursor, Limit, OnlyBrand, listing, status_of, time_of
from munadi.cli.post_output import clock_time, print_publications
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

app = group(
    "publications", "List publications, show one and its attempts, resolve an unconfirmed one, dismiss a failure."
)

PublicationId = Annotated[str, Argument(metavar="PUBLICATION_ID", help="pub_…, from munadi contents get --json.")]


@command(app, "get")
def get(session: Session, publication_id: PublicationId) -> None:
    """Show a publication and every attempt to publish it."""
    session.show(session.client.contents.publication(publication_id), _print_whole)


@command(app, "list")
def list_(
    session: Session,
    brand_ref: OnlyBrand = None,
    channel: Annotated[
        str | None, Option("--channel", metavar="CHANNEL", help="Only on this network.", autocompletion=channels)
    ] = None,
    account_id: Annotated[
        str | None, Option("--account-id", metavar="ACCOUNT_ID", help="Only for this account.")
    ] = None,
    status_: Annotated[
        list[str] | None,
        Option(
            "--status",
            metavar="STATUS",
            help="Such as failed; repeat it for several.",
            autocompletion=publication_statuses,
        ),
    ] = None,
    since: Annotated[str | None, Option("--since", metavar="TIME", help="Due at or after, ISO 8601.")] = None,
    until: Annotated[str | None, Option("--until", metavar="TIME", help="Due before, ISO 8601.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List publications, those of the newest post first."""
    from munadi.cli.content_columns import wrong_filters_as_usage

    with wrong_filters_as_usage():
        page = session.client.contents.publications(
            brandRef=brand_ref,
            channel=channel,
            accountId=account_id,
            status=status_,
            since=since,
            until=until,
            limit=limit,
            cursor=cursor,
        )
    session.show(page, _print_page)


@command(app, "resolve")
def resolve(
    session: Session,
    publication_id: PublicationId,
    outcome: Annotated[
        str,
        Option(
            "--outcome",
            metavar="published|not_published",
            help="What you saw at the network.",
            autocompletion=outcomes,
        ),
    ],
    post_id: Annotated[str | None, Option("--post-id", metavar="ID", help="The post's id at the network.")] = None,
    post_url: Annotated[str | None, Option("--post-url", metavar="URL", help="The post's address.")] = None,
) -> None:
    """Resolve an unconfirmed publication: check the network yourself, then report whether the post is there.

    If it is not there, the publication fails with OUTCOME_UNKNOWN and can be retried.
    """
    from munadi.client.shapes import Outcome

    if outcome not in get_args(Outcome):
        raise CommandFailed(f"--outcome must be {' or '.join(get_args(Outcome))}", Exit.USAGE)
    found: Any = outcome
    settled = session.client.contents.resolve(publication_id, found, provider_post_id=post_id, provider_url=post_url)
    session.show(settled, lambda out, publication: print_publications(out, [publication]))


@command(app, "dismiss")
def dismiss(
    session: Session,
    publication_id: PublicationId,
    because: Annotated[
        str,
        Option(
            "--because",
            metavar="not_needed|sent_elsewhere",
            help="Why nothing more needs to be done.",
            autocompletion=dismissals,
        ),
    ] = "not_needed",
    undo: Annotated[bool, Option("--undo", help="Make it need attention again.")] = False,
) -> None:
    """Dismiss a failure that needs no attention any more. It stays a failure; a retry ends the dismissal."""
    from munadi.client.shapes import DismissedAs

    if because not in get_args(DismissedAs):
        raise CommandFailed(f"--because must be {' or '.join(get_args(DismissedAs))}", Exit.USAGE)
    contents, given = session.client.contents, cast(DismissedAs, because)
    changed = contents.undismiss(publication_id) if undo else contents.dismiss(publication_id, given)
    session.show(changed, lambda out, publication: print_publications(out, [publication]))


_print_page = listing(
    {"id": "id", "channel": "channel", "status": status_of, "due": time_of("scheduledAt"), "post": "contentId"},
    empty="no publications",
)


def _print_whole(out: Output, publication: Any) -> None:
    out.facts([("publication", publication["id"]), ("content", publication.get("contentId"))])
    print_publications(out, [publication])
    out.line()
    out.table(
        ["attempt", "stage", "began", "took", "outcome", "the network said"],
        [
            [
                f"{attempt['number']}",
                attempt["stage"],
                clock_time(attempt["intentAt"]),
                None if attempt["durationMs"] is None else f"{attempt['durationMs']} ms",
                attempt["outcome"] or "in progress",
                attempt["providerCode"],
            ]
            for attempt in publication["attemptLog"]
        ],
        empty="no attempts",
    )
