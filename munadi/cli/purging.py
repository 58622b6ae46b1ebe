"""`munadi contents purge`: delete old posts, on the server itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from typer import Option

from munadi.cli.command import command
from munadi.cli.contents import app
from munadi.cli.database import advice, past_instant, with_database
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, cause

REPORTED = 1_000


@command(app, "purge", remote=False)
def purge(
    session: Session,
    before: Annotated[
        str, Option("--before", metavar="TIME", help="Posts whose last change was before, as 2026-01-01T00:00:00Z.")
    ],
    brand: Annotated[str | None, Option("--brand", metavar="BRAND", help="Only the posts of this brand.")] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Only count what would be deleted.")] = False,
) -> None:
    """Delete finished posts with everything that belongs to them, for ever. The networks keep what was published.

    It works on the database itself while API and workers run, in short transactions beside what is due. It may be
    interrupted and run again. Posts that something still needs are kept and counted.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from munadi.clock import SystemClock
    from munadi.process.settings import database_url
    from munadi.publishing.purging import PostPurge, PurgeRefused

    url, at = database_url(), past_instant("--before", before, "before which posts are to be deleted")

    def run(database: Any) -> Any:
        made = PostPurge(database, SystemClock())
        return made.count(at, brand) if dry_run else made.purge(at, brand, _progress(session.out))

    try:
        report = asyncio.run(with_database(url, run))
    except PurgeRefused as error:
        raise CommandFailed(f"nothing was deleted: {error}") from error
    except SQLAlchemyError as error:
        text = f"not all was deleted: {cause(error)}"
        raise CommandFailed(text, advice=f"Run it again: it continues. {advice(url)}") from error
    session.show(report.model_dump(mode="json", by_alias=True), _print)


def _progress(out: Output) -> Callable[[int], None]:
    reported = 0

    def show(posts: int) -> None:
        nonlocal reported
        if posts >= reported + REPORTED:
            reported = posts
            out.note(f"{posts} posts")

    return show


def _print(out: Output, report: Mapping[str, Any]) -> None:
    from munadi.domain.purge import KEPT_MEANING, Kept

    out.line(f"{report['posts']} posts ", ("would be deleted" if report["dryRun"] else "deleted", "green"))
    for table, count in sorted(report["deleted"].items()):
        out.line(f"  {table}: {count} rows")
    for reason, count in sorted(report["kept"].items()):
        out.line(f"  {count} kept: {KEPT_MEANING[Kept(reason)]}")
