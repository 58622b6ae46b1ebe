"""`munadi media`: the files that posts use. A post's local files are uploaded by `munadi contents publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group, plain
from munadi.cli.output import Output
from munadi.cli.paging import brand_of, listing
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

app = group("media", "Upload files, list the stored ones, show and delete one.")

MediaId = Annotated[str, Argument(metavar="MEDIA_ID", help="The file's id, med_…")]


@command(app, "upload")
def upload_(
    session: Session,
    file: Annotated[Path, Argument(metavar="FILE", help="A picture, a video or a document.")],
    brand_ref: Annotated[str, Option("--brand-ref", metavar="BRAND", help="The brand that it is stored for.")],
) -> None:
    """Store a file for later posts, and show what was found in it. The same bytes again are the same upload."""
    from munadi.cli.uploading import upload

    if not file.is_file():
        raise CommandFailed(f"there is no file {file}", Exit.USAGE)
    session.show(upload(session, brand_ref, file, file.name), _print_whole)


def _print_whole(out: Output, found: Any) -> None:
    duration = found["duration"]
    out.facts(
        [
            ("media", found["id"]),
            ("brand", found["brandRef"] or "all"),
            ("name", found["name"]),
            ("type", found["type"]),
            ("size", _size(found)),
            ("duration", None if duration is None else f"{duration:g} s"),
            ("bytes", f"{found['bytes']:,}"),
            ("from", found["sourceUrl"]),
            ("sha256", found["sha256"]),
        ]
    )


def _size(found: Any) -> str:
    if found["kind"] != "document":
        return f"{found['width']} x {found['height']}"
    return "unknown" if found["pages"] is None else f"{found['pages']} page{'s' * (found['pages'] != 1)}"


_print_page = listing(
    {
        "id": "id",
        "brand": brand_of,
        "type": "type",
        "size": _size,
        "bytes": lambda file: f"{file['bytes']:,}",
    },
    empty="no media",
)

plain(app, "list", "media.list", _print_page, "List files, the newest first.")
plain(app, "get", "media.get", _print_whole, "Show what was found in a file when it was stored.", of=MediaId)
plain(
    app,
    "delete",
    "media.delete",
    "deleted",
    "Delete a file. It is refused while a post or draft needs the file.",
    of=MediaId,
)
