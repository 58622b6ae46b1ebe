"""`munadi imports`: what became of files of posts that were sent with `munadi import`."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument

from munadi.cli.command import group, plain
from munadi.cli.output import Cell, Output
from munadi.cli.paging import brand_of, listing, time_of

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


plain(app, "list", "imports.list", _print_page, "List the imports of the last 30 days, the newest first.")
plain(app, "get", "imports.get", print_import, "Show how far an import is.", of=ImportId)
plain(app, "rows", "imports.rows", print_rows, "Show the rows of an import with their results.", of=ImportId)
