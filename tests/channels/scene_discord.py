"""Discord's scene for the contract suite, and what its API answers."""

from __future__ import annotations

from typing import Any

import httpx
from pydantic import SecretStr

from munadi.channels.discord.wire import id_at
from munadi.domain.account import Credentials
from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, REFRESH, TOKEN, account, image, publication
from tests.channels.network import Network, answer, ok

CHANNEL, GUILD, BOT, THREAD = (f"13000000000000000{number:02}" for number in range(4))
HOOK, HOOK_TOKEN = "1300000000000000077", "secret-access-token-0123456789-webhook"
HOOK_URL = f"https://discord.com/api/webhooks/{HOOK}/{HOOK_TOKEN}"
SETTINGS: dict[str, Any] = {"hosts": {"api": "https://api.example/discord", "site": "https://site.example"}}
MESSAGES, ROLES, MEMBER = f"/channels/{CHANNEL}/messages", f"/guilds/{GUILD}/roles", f"/guilds/{GUILD}/members/{BOT}"
FACTS = {"postsAs": "bot", "botId": BOT, "guild": GUILD, "channel": CHANNEL, "type": "text", "bot": "acme_bot"}
WHO = account("discord", CHANNEL, facts=FACTS)
BY_HOOK = account(
    "discord",
    HOOK,
    facts={"postsAs": "webhook", "guild": GUILD, "channel": CHANNEL},
    credentials=Credentials(access_token=SecretStr(HOOK_URL)),
)
SALE = publication("The monsoon sale has begun")
PICTURE = publication("Hello", media=(image(0, alt="Teal"),))
MESSAGE = id_at(NOW)
ALL = sum(1 << bit for bit in (10, 11, 14, 15, 16, 38))


def message(message_id: str = MESSAGE, **more: Any) -> dict[str, Any]:
    """A message as Discord returns it."""
    seen = {"id": message_id, "channel_id": CHANNEL, "author": {"id": BOT, "bot": True}, "content": SALE.text}
    rest = {"timestamp": NOW.isoformat(), "edited_timestamp": None, "attachments": [], "embeds": []}
    return {**seen, **rest, **more}


def refusal(status: int, code: int, words: str = "in its own words", **more: Any) -> httpx.Response:
    return answer(status, {"code": code, "message": words, **more})


def channel(**more: Any) -> dict[str, Any]:
    return {"id": CHANNEL, "guild_id": GUILD, "type": 0, "name": "news", "permission_overwrites": [], **more}


def known(network: Network, permissions: int = ALL) -> Network:
    """The bot, and what it may do in its server."""
    network.on("GET", "/users/@me", ok({"id": BOT, "username": "acme_bot", "bot": True}))
    network.on("GET", ROLES, ok([{"id": GUILD, "permissions": str(permissions)}]))
    return network.on("GET", MEMBER, ok({"user": {"id": BOT}, "roles": []}))


def listing(network: Network, *rows: dict[str, Any]) -> Network:
    """The channel's newest messages; without any, whether the bot may read them is asked too."""
    if not rows:
        network.on("GET", f"/channels/{CHANNEL}", ok(channel()))
    return known(network).on("GET", MESSAGES, ok(list(rows)))


DISCORD = Scene(
    name="discord",
    draft=SALE,
    account=WHO,
    handle=None,
    visible=MESSAGES,
    accepted=ok(message()),
    live=lambda network: listing(network, message()),
    absent=listing,
    credentials=AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH), external_id=CHANNEL),
    identity=("GET", f"/channels/{CHANNEL}", ok(channel())),
    expired=answer(401, {"code": 0, "message": "401: Unauthorized"}),
    settings=SETTINGS,
    scheme="Bot",
)
