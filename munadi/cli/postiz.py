"""`munadi imports postiz`: the rows of an import, from a dump of Postiz's database. Nothing is sent."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option
from typer import Exit as Exit_

from munadi.cli.command import command
from munadi.cli.imports import COLOURS, app
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit


@command(app, "postiz", remote=False)
def postiz(
    session: Session,
    dump: Annotated[Path, Argument(metavar="DUMP", help="A plain dump of Postiz's database: pg_dump --data-only.")],
    accounts: Annotated[
        Path | None, Option("--accounts", metavar="TABLE", help="The table that this prints without it, filled in.")
    ] = None,
    brand_ref: Annotated[str | None, Option("--brand-ref", metavar="BRAND", help="The brand of the posts.")] = None,
    rows: Annotated[Path, Option("--rows", metavar="FILE", help="Where to write the rows.")] = Path("postiz.ndjson"),
    drafts: Annotated[
        Path | None, Option("--drafts", metavar="FILE", help="Where to write drafts, one a line.")
    ] = None,
) -> None:
    """Make the rows of an import from what waits in a dump of Postiz's database; `munadi import` sends them.

    Without --accounts it prints a table of the integrations for which posts wait: give each an account, acc_…, or - to
    leave its posts out. Exits 1 if a post has something that has no equivalent here; the others are written.
    """
    from munadi.channels.registry import spec_of
    from munadi.imports.postgres_dump import NoDump
    from munadi.imports.postiz import PostizDump, write_lines

    try:
        found = PostizDump.read(dump)
        if accounts is None:
            csv.writer(sys.stdout, lineterminator="\n").writerows(found.table())
            return
        if brand_ref is None:
            raise CommandFailed("name the brand of the posts with --brand-ref", Exit.USAGE)
        moved = found.moved(found.targets(accounts), brand_ref, spec_of)
        write_lines(rows, moved.rows)
        if drafts is not None:
            write_lines(drafts, moved.drafts)
    except (OSError, NoDump) as error:
        raise CommandFailed(str(error), Exit.USAGE) from error
    made = {"rows": len(moved.rows), "drafts": len(moved.drafts), "leftOut": moved.left_out, "refused": moved.refused}
    session.show(made, lambda out, _: _print_moved(out, made, rows, drafts))
    if moved.refused:
        raise Exit_(Exit.REFUSED)


def _print_moved(out: Output, made: Any, rows: Path, drafts: Path | None) -> None:
    out.line(f"{made['rows']:,} rows in {rows}: munadi import {rows}")
    where = f"in {drafts}" if drafts else "not written: give --drafts"
    if made["drafts"]:
        out.line(f"{made['drafts']:,} drafts {where}")
    if made["leftOut"]:
        out.line(f"{made['leftOut']:,} posts left out, as the table says")
    for post_id, why in made["refused"].items():
        out.line(f"Postiz's post {post_id}: ", ("refused", COLOURS["refused"]), f" {why}")
