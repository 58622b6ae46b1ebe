"""How a page for people without an account looks: whose it is, who operates it, and until when its link works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from api.dashboard.times import written
from api.process.services import Services
from munadi.config import Settings
from munadi.db.brands.branding import ShownBranding, logo_path, style_path
from munadi.domain.colour import readable_on, text_on

# The grounds of text in page.css and dashboard.css, light and dark: the page, a card, what is raised.
LIGHT = ("#f5f3ef", "#fffdfa", "#ffffff")
DARK = ("#171513", "#211e1b", "#2a2622")
PRODUCT = "Munadi"


@dataclass(frozen=True)
class Look:
    """What a page shows around its content. `mark`: the name above it; `server`: our host, for people to compare with
    their address bar; `until`: when the link ends, in the brand's time zone."""

    mark: str
    server: str
    operator: str | None = None
    style: str | None = None
    logo: str | None = None
    logo_size: tuple[int, int] = (0, 0)
    support: str | None = None
    until: str | None = None

    @property
    def support_name(self) -> str:
        """The support address as people read it."""
        parts = urlsplit(self.support or "")
        return parts.path if parts.scheme == "mailto" else parts.netloc + parts.path.rstrip("/")

    def ending(self, at: datetime, zone: str) -> Look:
        """The same look, of a page whose link ends then."""
        return replace(self, until=f"{written(at, zone)} ({zone})")


def own_look(settings: Settings) -> Look:
    """The look of the installation itself."""
    server = urlsplit(settings.base_url).netloc
    return Look(mark=settings.operator_name or PRODUCT, server=server, operator=settings.operator_name)


def look_of(shown: ShownBranding | None, settings: Settings) -> Look:
    """The look of a brand; the installation's where it has no branding."""
    own = own_look(settings)
    if shown is None or shown.id is None:
        return own
    return replace(
        own,
        mark=shown.name,
        style=style_path(shown.id) if shown.colour is not None else None,
        logo=logo_path(shown.id) if shown.logo is not None else None,
        logo_size=shown.logo or (0, 0),
        support=shown.support_url,
    )


async def brand_look(brand_ref: str | None, services: Services) -> tuple[Look, ShownBranding | None]:
    """The look of a brand's pages and what they show of it; the installation's without a brand."""
    shown = await services.brandings.shown(brand_ref) if brand_ref is not None else None
    return look_of(shown, services.settings), shown


def preview_of(colour: str) -> str:
    """The style sheet of a colour for the dashboard's preview, which shows both schemes and stays as it is itself."""
    fill = f"--fill: {colour}; --on-fill: {text_on(colour)};"
    return "".join(
        f".look-{scheme} {{ {fill} --accent: {readable_on(colour, grounds)}; }}\n"
        for scheme, grounds in (("light", LIGHT), ("dark", DARK))
    )


def style_of(colour: str) -> str:
    """The style sheet of a colour, for page.css and dashboard.css. Buttons have the colour itself, with an edge that is
    seen on any ground; text has it as it can be read there."""
    fill = f"--fill: {colour}; --on-fill: {text_on(colour)};"
    light, dark = readable_on(colour, LIGHT), readable_on(colour, DARK)
    return (
        f":root {{ {fill} --accent: {light}; --on-accent: {text_on(light)}; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; --on-accent: {text_on(dark)}; }} }}\n"
    )
