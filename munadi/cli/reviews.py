"""`munadi reviews`: links by which somebody without an account approves or declines a proposed post."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group
from munadi.cli.contents import ContentId
from munadi.cli.output import Cell, Output
from munadi.cli.paging import listing
from munadi.cli.post_output import clock_time
from munadi.cli.session import Session

app = group("reviews", "Make, list and revoke links by which somebody without an account reviews a proposed post.")


def _state(link: Any) -> Cell:
    if link["decision"]:
        return (link["decision"], "green" if link["decision"] == "granted" else "red")
    return f"until {clock_time(link['expiresAt'])}"


def _print_made(out: Output, link: Any) -> None:
    out.line(link["url"])
    out.note((f"{link['id']} works once, until {clock_time(link['expiresAt'])}, and is shown only now", "dim"))


_print_page = listing(
    {"id": "id", "made": lambda link: str(clock_time(link["createdAt"])), "state": _state}, empty="no review links"
)


@command(app, "create")
def create(
    session: Session,
    content_id: ContentId,
    expires_in: Annotated[
        str | None, Option("--expires-in", metavar="DURATION", help="Such as P1D or PT2H; three days by default.")
    ] = None,
) -> None:
    """Make a link to review a proposed post. It is printed once, and decides once."""
    session.show(session.client.contents.review_links.create(content_id, expires_in=expires_in), _print_made)


@command(app, "list")
def list_(session: Session, content_id: ContentId) -> None:
    """List the review links of a post, without their addresses."""
    session.show(session.client.contents.review_links.list(content_id), _print_page)


@command(app, "revoke")
def revoke(
    session: Session,
    content_id: ContentId,
    link_id: Annotated[str, Argument(metavar="LINK_ID", help="The link's id, rvl_…")],
) -> None:
    """End a review link. What was decided by it stays."""
    session.client.contents.review_links.revoke(content_id, link_id)
    session.done("revoked", link_id)
