"""`munadi branding`: how brands look on the pages for owners of profiles and for reviewers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group, plain
from munadi.cli.options import require_change
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

app = group("branding", "Set the name, logo, colour and support address on the pages for owners and reviewers.")
Brand = Annotated[str, Argument(metavar="BRAND", help="The brand's short name, such as acme.")]


def _print_branding(out: Output, found: Any) -> None:
    out.facts(
        [
            ("brand", found["brandRef"]),
            ("name", found["name"]),
            ("logo", found["logoUrl"]),
            ("colour", found["colour"]),
            ("text on it", found["textOnColour"]),
            ("support", found["supportUrl"]),
        ]
    )


@command(app, "set", takes="brands.branding.put")
def set_(
    session: Session,
    brand: Brand,
    logo: Annotated[
        Path | None, Option("--logo", metavar="FILE", help="A picture to upload as the logo: PNG, JPEG or WebP.")
    ] = None,
    **given: Any,
) -> None:
    """Set how a brand looks there. It replaces all that was set before."""
    if logo is not None:
        if "logo_media_id" in given:
            raise CommandFailed("name the logo by --logo or by --logo-media-id, not by both", Exit.USAGE)
        if not logo.is_file():
            raise CommandFailed(f"there is no file {logo}", Exit.USAGE)
        from munadi.cli.uploading import upload

        given["logo_media_id"] = upload(session, brand, logo, logo.name)["id"]
    require_change(given, "brands.branding.put")
    session.show(session.client.brands.branding.put(brand, **given), _print_branding)


plain(app, "get", "brands.branding.get", _print_branding, "Show how a brand looks there.", of=Brand)
plain(
    app,
    "remove",
    "brands.branding.delete",
    "removed the look of",
    "Let these pages show the brand's own name and the installation's colours again.",
    of=Brand,
)
