"""Which channel an import is of, who posts there, and what is refused before anything is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.discord.api import webhook_in
from munadi.domain.failure import ChannelError, Effect, FieldRefused, Reason
from munadi.ports import AccountImport
from tests.channels.making import TOKEN, Bench, bench, error_of
from tests.channels.network import ok
from tests.channels.scene_discord import (
    ALL,
    BOT,
    BY_HOOK,
    CHANNEL,
    GUILD,
    HOOK,
    HOOK_TOKEN,
    HOOK_URL,
    MEMBER,
    ROLES,
    SALE,
    SETTINGS,
    THREAD,
    WHO,
    channel,
    known,
    refusal,
)

R, S = Reason, Effect
GIVEN = AccountImport(access_token=SecretStr(TOKEN), external_id=CHANNEL)
HOOKED = AccountImport(access_token=SecretStr(HOOK_URL))
HISTORY, SEND, IN_THREADS, ATTACH = 1 << 16, 1 << 11, 1 << 38, 1 << 15
ROLE = "1300000000000000050"


def over(permissions: int = ALL, roles: Any = (), granted: int = 0, **shown: Any) -> Bench:
    """A network with the bot; `roles` are its own, of which one is granted something."""
    built = bench("discord", SETTINGS)
    known(built.network, permissions).on("GET", f"/channels/{CHANNEL}", ok(channel(**shown)))
    rows = [{"id": GUILD, "permissions": str(permissions)}, {"id": ROLE, "permissions": str(granted)}]
    built.network.on("GET", ROLES, ok(rows))
    built.network.on("GET", MEMBER, ok({"user": {"id": BOT}, "roles": list(roles)}))
    return built


def hooked(said: httpx.Response) -> Bench:
    built = bench("discord", SETTINGS)
    built.network.on("GET", f"/webhooks/{HOOK}/{HOOK_TOKEN}", said)
    return built


def overwrite(target: str, allow: int = 0, deny: int = 0) -> dict[str, Any]:
    return {"id": target, "type": 0, "allow": str(allow), "deny": str(deny)}


async def test_a_bot_posts_to_the_channel_that_is_named() -> None:
    built = over()
    found = await built.channel.verify(GIVEN)
    profile = found.profile
    assert (profile.external_id, profile.handle, profile.display_name) == (CHANNEL, "news", "news")
    assert profile.facts == dict(WHO.facts)
    assert found.credentials.access_token.get_secret_value() == TOKEN
    assert {one.headers["authorization"] for one in built.network.requests} == {f"Bot {TOKEN}"}
    assert all(one.headers["user-agent"].startswith("DiscordBot (https://") for one in built.network.requests)


async def test_a_webhook_is_known_by_its_url_alone() -> None:
    built = hooked(ok({"id": HOOK, "type": 1, "name": "News", "channel_id": CHANNEL, "guild_id": GUILD}))
    profile = (await built.channel.verify(HOOKED)).profile
    assert (profile.external_id, profile.handle, profile.facts) == (HOOK, "News", dict(BY_HOOK.facts))
    assert "authorization" not in built.network.requests[0].headers
    assert built.network.requests[0].url.host == "api.example", "the configured host is called, whatever the URL says"


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("host", ["discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"])
@pytest.mark.parametrize("version", ["", "/v10", "/v9"])
def test_a_webhook_of_discord(host: str, version: str, end: str) -> None:
    found = webhook_in(f"https://{host}/api{version}/webhooks/{HOOK}/{HOOK_TOKEN}{end}", "https://discord.com/api")
    assert found is not None
    assert (found.id, found.token) == (HOOK, HOOK_TOKEN)


@pytest.mark.parametrize(
    "url",
    [
        f"http://discord.com/api/webhooks/{HOOK}/{HOOK_TOKEN}",
        f"https://discord.com.evil.example/api/webhooks/{HOOK}/{HOOK_TOKEN}",
        f"https://discord.com:99/api/webhooks/{HOOK}/{HOOK_TOKEN}",
        f"https://me@discord.com/api/webhooks/{HOOK}/{HOOK_TOKEN}",
        f"https://discord.com/api/webhooks/{HOOK}/../{HOOK_TOKEN}",
        f"https://discord.com/api/webhooks/{HOOK}",
        f"https://discord.com/webhooks/{HOOK}/{HOOK_TOKEN}",
        f"https://discord.com/api/webhooks/{HOOK}/{HOOK_TOKEN}/slack",
        "https://[",
    ],
)
async def test_what_is_no_webhook_of_discord_is_called_by_nobody(url: str) -> None:
    built = bench("discord", SETTINGS)
    error = await error_of(built.channel.verify(replace(HOOKED, access_token=SecretStr(url))), R.INVALID_FIELD)
    assert isinstance(error, FieldRefused)
    assert (error.pointer, error.rule, built.network.requests) == ("/accessToken", "webhook_url", [])
    assert HOOK_TOKEN not in error.message


@pytest.mark.parametrize(("given", "rule"), [(None, "missing"), ("news", "channel_id"), ("../users", "channel_id")])
async def test_a_channel_that_is_not_named_is_refused(given: str | None, rule: str) -> None:
    built = over()
    error = await error_of(built.channel.verify(replace(GIVEN, external_id=given)), effect=S.REJECTED)
    assert isinstance(error, FieldRefused)
    assert (error.pointer, error.rule, built.network.requests) == ("/externalId", rule, [])


async def test_the_url_of_another_webhook_is_refused() -> None:
    built = hooked(ok({"id": HOOK, "channel_id": CHANNEL, "guild_id": GUILD}))
    error = await error_of(built.channel.verify(replace(HOOKED, external_id="1300000000000000099")), R.INVALID_FIELD)
    assert isinstance(error, FieldRefused)
    assert (error.rule, error.actual) == ("credentials_of_external_id", HOOK)


@pytest.mark.parametrize("kind", [1, 2, 4, 13, 15, 16])
async def test_channels_without_messages_are_refused(kind: int) -> None:
    error = await error_of(over(type=kind).channel.verify(GIVEN), R.INVALID_FIELD, S.REJECTED)
    assert isinstance(error, FieldRefused)
    assert (error.rule, error.actual) == ("channel_type", str(kind))


async def test_a_thread_is_an_account_with_the_permissions_of_its_channel() -> None:
    built = over(ALL & ~SEND)  # a thread needs another permission than its channel
    built.network.on("GET", f"/channels/{THREAD}", ok(channel(id=THREAD, type=11, parent_id=CHANNEL)))
    profile = (await built.channel.verify(replace(GIVEN, external_id=THREAD))).profile
    assert (profile.external_id, profile.facts["type"]) == (THREAD, "thread")
    built = over(ALL & ~IN_THREADS)
    built.network.on("GET", f"/channels/{THREAD}", ok(channel(id=THREAD, type=11, parent_id=CHANNEL)))
    error = await error_of(built.channel.verify(replace(GIVEN, external_id=THREAD)), R.MISSING_SCOPE)
    assert error.provider_code == "SEND_MESSAGES_IN_THREADS"


@pytest.mark.parametrize(
    ("permissions", "roles", "granted", "overwrites", "lacks"),
    [
        (ALL & ~HISTORY, (), 0, [], "READ_MESSAGE_HISTORY"),
        (ALL & ~HISTORY, (ROLE,), HISTORY, [], None),
        (ALL & ~HISTORY, (), HISTORY, [], "READ_MESSAGE_HISTORY"),  # a role that the bot has not
        (8, (), 0, [overwrite(GUILD, deny=ALL)], None),  # an administrator
        (ALL, (), 0, [overwrite(GUILD, deny=SEND)], "SEND_MESSAGES"),
        (ALL, (ROLE,), 0, [overwrite(GUILD, deny=SEND), overwrite(ROLE, allow=SEND)], None),
        (ALL, (ROLE,), 0, [overwrite(ROLE, allow=SEND), overwrite(BOT, deny=SEND)], "SEND_MESSAGES"),
        (ALL, (ROLE,), 0, [overwrite(BOT, allow=SEND), overwrite(ROLE, deny=SEND)], None),
        (0, (), 0, [overwrite(GUILD, allow=ALL)], None),
        (ALL, (), 0, [overwrite(GUILD, deny=ATTACH, allow=ATTACH)], None),
        (ALL, (), 0, [{"id": GUILD, "deny": None, "allow": "x"}, "odd"], None),
    ],
)
async def test_permissions_are_computed_as_discord_does(
    permissions: int, roles: Any, granted: int, overwrites: Any, lacks: str | None
) -> None:
    verified = over(permissions, roles, granted, permission_overwrites=overwrites).channel.verify(GIVEN)
    if lacks is None:
        assert (await verified).profile.external_id == CHANNEL
    else:
        error = await error_of(verified, R.MISSING_SCOPE, S.REJECTED, lacks)
        assert lacks in error.message


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (refusal(404, 10015), R.TOKEN_REVOKED),
        (refusal(401, 50027), R.TOKEN_REVOKED),
        (ok({"id": HOOK}), R.UNKNOWN_PROVIDER_ERROR),
        (ok({"id": "1300000000000000099", "channel_id": CHANNEL, "guild_id": GUILD}), R.UNKNOWN_PROVIDER_ERROR),
    ],
)
async def test_a_webhook_that_is_gone_is_refused_without_its_secret(said: httpx.Response, reason: Reason) -> None:
    error = await error_of(hooked(said).channel.verify(HOOKED), reason)
    assert HOOK_TOKEN not in f"{error.message}{error.raw}{error.provider_message}"


@pytest.mark.parametrize(("who", "what"), [(WHO, "bot's token"), (BY_HOOK, "webhook")])
async def test_a_refused_credential_has_no_renewal(who: Any, what: str) -> None:
    with pytest.raises(ChannelError) as refused:
        await bench("discord", SETTINGS).channel.refresh(who)
    assert (refused.value.reason, what in refused.value.message) == (R.TOKEN_REVOKED, True)


def test_what_only_a_webhook_or_only_a_bot_can_do() -> None:
    validate = bench("discord", SETTINGS).channel.validate
    named, parts = (
        SALE.model_copy(update=changes)
        for changes in ({"options": {"username": "Acme"}}, {"parts": ("Two",)})
    )  # fmt: skip
    in_thread = SALE.model_copy(update={"options": {"threadId": THREAD}})
    thread = WHO.model_copy(update={"facts": {**WHO.facts, "type": "thread"}})
    rules = {
        name: [one.rule for one in validate(draft, who)]
        for name, draft, who in (
            ("a bot under another name", named, WHO),
            ("a webhook under another name", named, BY_HOOK),
            ("a bot's parts", parts, WHO),
            ("a webhook's parts", parts, BY_HOOK),
            ("a thread of a channel", in_thread, WHO),
            ("a thread of a thread", in_thread, thread),
        )
    }
    assert rules == {
        "a bot under another name": ["username_of_webhook"],
        "a webhook under another name": [],
        "a bot's parts": [],
        "a webhook's parts": ["parts_need_bot"],
        "a thread of a channel": [],
        "a thread of a thread": ["thread_in_thread"],
    }
