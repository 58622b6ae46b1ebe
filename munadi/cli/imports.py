"""`munadi imports`: what became of files of posts that were sent with `munadi import`."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option
from typer import Exit as Exit_

from munadi.cli.command import command, group, plain
from munadi.cli.output import Cell, Output
from munadi.cli.paging import brand_of, listing, time_of
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

app = group("imports", "List the imports of the last 30 days, and what became of each of their rows.")

ImportId = Annotated[str, Argument(metavar="IMPORT_ID", help="The import's id, imp_…")]
COLOURS = {"accepted": "green", "repeated": "dim", "valid": "green", "refused": "red", "pending": "dim"}


def counts_of(found: Any) -> str:
    """How many rows have which result."""
    counts = found["counts"]
    named = [f"{counts[name]:,} {name}" for name in COLOURS if counts.get(name)]
    return ", ".join([f"{counts['total']:,} rows", *named])


def print_import(out: Output, found: Any) -> None:
    """An import, for people."""
    kind = "dry run" if found["dryRun"] else "import"
    out.facts(
        [(kind, found["id"]), ("brand", found["brandRef"]), ("status", found["status"]), ("rows", counts_of(found))]
    )


def print_rows(out: Output, page: Any) -> None:
    """Rows with their results, for people."""
    from munadi.cli.problems import print_violations

    for row in page["data"]:
        name = f" {row['rowKey']}" if row["rowKey"] else ""
        out.line(f"line {row['line']}{name}: ", (row["status"], COLOURS[row["status"]]), f" {row['contentId'] or ''}")
        if row["detail"]:
            out.line("  ", row["detail"])
            print_violations(out, row["problems"])
    if not page["data"]:
        out.line("no rows")
    elif page.get("nextCursor"):
        out.note((f"more: --cursor {page['nextCursor']}", "dim"))


def _status(found: Any) -> Cell:
    return f"{found['status']}{' (dry run)' if found['dryRun'] else ''}"


_print_page = listing(
    {"id": "id", "brand": brand_of, "sent": time_of("createdAt"), "status": _status, "rows": counts_of},
    empty="no imports",
)


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


plain(app, "list", "imports.list", _print_page, "List the imports of the last 30 days, the newest first.")
plain(app, "get", "imports.get", print_import, "Show how far an import is.", of=ImportId)
plain(app, "rows", "imports.rows", print_rows, "Show the rows of an import with their results.", of=ImportId)
