"""The networks that an account can be connected at: each a tile, with how that is done here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from api.languages.catalogue import N_
from api.process.services import Services
from munadi.accounts.links import LONGEST_LINK
from munadi.domain.brand import BrandMode
from munadi.domain.channel import ChannelName
from munadi.ports import PastedAs

Json = Mapping[str, Any]
Way = Literal["browser", "token", "app"]

MARKS: dict[Way, str] = {
    "browser": N_("in a browser"),
    "token": N_("paste a token"),
    "app": N_("needs an app"),
}
_HOUR = 3_600
# How long a link for an owner works, in seconds: from the API's default to the longest that it takes.
LIVES = (
    (_HOUR, N_("one hour")),
    (24 * _HOUR, N_("one day")),
    (3 * 24 * _HOUR, N_("three days")),
    (int(LONGEST_LINK.total_seconds()), N_("seven days")),
)


@dataclass(frozen=True)
class Pasted:
    """What a network's form for a token is called. `target`: which profile the token is for, with an example; its
    field may stay empty unless `needs_target`. `by_password`: a name and an app password are taken instead of it."""

    token: str = N_("Access token")
    target: str = N_("The profile’s own id")
    example: str = ""
    needs_target: bool = False
    by_password: bool = False


PASTED: dict[PastedAs, Pasted] = {
    PastedAs.TOKEN: Pasted(),
    PastedAs.BOT_AND_CHAT: Pasted(N_("The bot’s token"), N_("Channel or group"), "@acme_news", needs_target=True),
    PastedAs.BOT_OR_WEBHOOK: Pasted(
        N_("The bot’s token, or a webhook’s URL"), N_("Channel ID (of a bot)"), "1234567890123456789"
    ),
    PastedAs.APP_PASSWORD: Pasted(by_password=True),
    PastedAs.SECRET_KEY: Pasted(N_("The secret key (nsec)"), N_("Public key (npub), to check it"), "npub1…"),
}


@dataclass(frozen=True)
class Tile:
    """A network in the gallery. `missing`: the settings of its app that an operator has to set first. `server`: the
    sandbox's, where accounts have servers of their own."""

    channel: Json
    way: Way
    pasted: Pasted
    missing: tuple[str, ...] = ()
    server: str = ""

    @property
    def mark(self) -> str:
        """How an account is connected, as a message of the catalogue."""
        return MARKS[self.way]


async def gallery(services: Services, brand: Json, channels: Sequence[Json], servers: Mapping[str, str]) -> list[Tile]:
    """A tile for each network, in the order of the API. `servers`: those of the sandbox, by network."""
    return [await _tile(services, brand, each, servers.get(each["name"], "")) for each in channels]


async def _tile(services: Services, brand: Json, channel: Json, server: str) -> Tile:
    name, is_test = ChannelName(channel["name"]), brand["mode"] == BrandMode.TEST
    pasted = PASTED[services.channels[name].pasted_as]
    authorizer = services.channels.authorizer(name, is_test=is_test)
    if authorizer is None:
        return Tile(channel, "token", pasted, server=server)
    app = None if is_test else await services.apps.current(brand["ref"], name, None)
    own = services.channels.of_app(name, app).authorizer if app is not None else None
    missing = (own or authorizer).missing_settings
    return Tile(channel, "app" if missing else "browser", pasted, tuple(missing), server)
