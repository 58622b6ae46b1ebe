"""`munadi publications`: list them, show one with every attempt, resolve, dismiss or withdraw one, get a receipt."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group, plain
from munadi.cli.output import Output
from munadi.cli.paging import listing, status_of, time_of
from munadi.cli.post_output import clock_time, print_publications
from munadi.cli.session import Session

app = group(
    "publications",
    "List publications, show one with its attempts, resolve an unconfirmed one, dismiss a failure, edit or withdraw "
    "a live one, or get its receipt.",
)

PublicationId = Annotated[str, Argument(metavar="PUBLICATION_ID", help="pub_…, from munadi contents get --json.")]


@command(app, "resolve", takes="publications.resolve")
def resolve(
    session: Session,
    publication_id: PublicationId,
    provider_post_id: Annotated[
        str | None, Option("--post-id", metavar="ID", help="The post's id at the network.")
    ] = None,
    provider_url: Annotated[str | None, Option("--post-url", metavar="URL", help="The post's address.")] = None,
    **given: Any,
) -> None:
    """Resolve an unconfirmed publication: check the network yourself, then report whether the post is there.

    If it is not there, the publication fails with OUTCOME_UNKNOWN and can be retried.
    """
    settled = session.client.publications.resolve(
        publication_id, **given, provider_post_id=provider_post_id, provider_url=provider_url
    )
    session.show(settled, lambda out, publication: print_publications(out, [publication]))


@command(app, "dismiss", takes="publications.dismiss")
def dismiss(
    session: Session,
    publication_id: PublicationId,
    undo: Annotated[bool, Option("--undo", help="Make it need attention again.")] = False,
    **given: Any,
) -> None:
    """Dismiss a failure that needs no attention any more. It stays a failure; a retry ends the dismissal."""
    contents = session.client.contents
    changed = contents.undismiss(publication_id) if undo else contents.dismiss(publication_id, **given)
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


plain(
    app,
    "get",
    "publications.get",
    _print_whole,
    "Show a publication and every attempt to publish it.",
    of=PublicationId,
)


@command(app, "edit", takes="publications.edit")
def edit(session: Session, publication_id: PublicationId, **given: Any) -> None:
    """Edit a live publication at its network: what is not given stays. `munadi channels` has which fields it lets edit.

    Repeat `munadi publications get` to see how far it is: the last of its versions.
    """
    session.show(session.client.publications.edit(publication_id, **given), _print_whole)


plain(
    app,
    "withdraw",
    "publications.withdraw",
    _print_whole,
    "Take a live publication back from its network, with its later parts and comments.",
    of=PublicationId,
)
plain(
    app,
    "receipt",
    "publications.receipt",
    lambda out, receipt: out.line(receipt["receipt"]),
    "Print the receipt of a publication: a signed statement, which munadi receipts verify checks.",
    of=PublicationId,
)
plain(app, "list", "publications.list", _print_page, "List publications, those of the newest post first.")
