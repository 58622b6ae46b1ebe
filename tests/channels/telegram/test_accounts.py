"""Which chat an import is of, what its bot may do there, and what is refused before anything is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Effect, FieldRefused, Reason
from munadi.ports import AccountImport
from tests.channels.making import TOKEN, Bench, bench, error_of
from tests.channels.network import ok
from tests.channels.scene_telegram import BOT, CHAT, SETTINGS, WHO, known, refusal

R, S = Reason, Effect
GIVEN = AccountImport(access_token=SecretStr(TOKEN), external_id=CHAT)


def over(chat: Any = None, **member: Any) -> Bench:
    built = bench("telegram", SETTINGS)
    seen = {"id": int(CHAT), "type": "channel", "title": "Acme News", "username": "acme", **(chat or {})}
    built.network.on("GET", "/getChat", ok({"ok": True, "result": seen}))
    known(built.network, **member)
    return built


@pytest.mark.parametrize("target", [CHAT, "@acme"])
async def test_a_chat_is_known_by_its_number(target: str) -> None:
    built = over()
    found = await built.channel.verify(replace(GIVEN, external_id=target))
    profile = found.profile
    assert (profile.external_id, profile.handle, profile.display_name) == (CHAT, "acme", "Acme News")
    assert profile.facts == {"type": "channel", "username": "acme", "lacks": [], "probed": True, "bot": "acme_bot"}
    assert found.credentials.access_token.get_secret_value() == TOKEN
    asked = [(one.url.path.rpartition("/")[2], dict(one.url.params)) for one in built.network.requests]
    member = {"chat_id": CHAT, "user_id": str(BOT)}
    assert asked == [("getMe", {}), ("getChat", {"chat_id": target}), ("getChatMember", member)]


@pytest.mark.parametrize(
    ("given", "rule", "actual"),
    [
        ("acme", "chat_id", "acme"),
        ("https://t.me/acme", "chat_id", "https://t.me/acme"),
        ("@a/../getUpdates", "chat_id", "@a/../getUpdates"),
        ("-1009", "credentials_of_external_id", CHAT),
    ],
)
async def test_a_chat_that_is_not_meant_is_refused(given: str, rule: str, actual: str) -> None:
    error = await error_of(over().channel.verify(replace(GIVEN, external_id=given)), R.INVALID_FIELD, S.REJECTED)
    assert isinstance(error, FieldRefused)
    assert (error.pointer, error.rule, error.actual) == ("/externalId", rule, actual)


async def test_private_chats_are_no_targets() -> None:
    error = await error_of(over({"type": "private"}).channel.verify(GIVEN), R.INVALID_FIELD, S.REJECTED)
    assert isinstance(error, FieldRefused)
    assert (error.rule, error.limit, error.actual) == ("chat_type", "channel, supergroup, group", "private")


@pytest.mark.parametrize(
    ("chat", "member", "reason"),
    [
        ({}, {"status": "left"}, R.TARGET_NOT_ACCESSIBLE),
        ({}, {"status": "kicked"}, R.TARGET_NOT_ACCESSIBLE),
        ({}, {"can_post_messages": False}, R.MISSING_SCOPE),
        ({}, {"can_post_messages": "yes"}, R.MISSING_SCOPE),
        ({}, {"status": "member"}, R.MISSING_SCOPE),
        ({"type": "group", "permissions": {}}, {"status": "odd"}, R.TARGET_NOT_ACCESSIBLE),
    ],
)
async def test_a_chat_where_the_bot_may_not_post_is_refused(
    chat: dict[str, Any], member: dict[str, Any], reason: Reason
) -> None:
    await error_of(over(chat, **member).channel.verify(GIVEN), reason, S.REJECTED)


NOTHING = dict.fromkeys(
    [f"can_send_{what}" for what in ("messages", "photos", "videos", "documents", "other_messages", "polls")], False
)


@pytest.mark.parametrize(
    ("kind", "member", "lacks", "probed"),
    [
        ("supergroup", {"status": "administrator"}, [], True),
        ("supergroup", {"status": "member"}, ["photos", "polls"], False),
        ("supergroup", {"status": "restricted", "can_send_videos": False}, ["videos"], False),
        ("group", {"status": "administrator"}, [], False),
        ("channel", {"can_edit_messages": True}, [], False),
    ],
)
async def test_the_rights_of_a_bot(kind: str, member: dict[str, Any], lacks: list[str], probed: bool) -> None:
    chat = {"type": kind, "permissions": {"can_send_photos": False, "can_send_polls": False, "can_send_videos": True}}
    facts = (await over(chat, **member).channel.verify(GIVEN)).profile.facts
    assert (facts["lacks"], facts["probed"]) == (lacks, probed)


async def test_a_group_that_allows_nothing_is_refused() -> None:
    chat = {"type": "supergroup", "permissions": NOTHING}
    await error_of(over(chat, status="member").channel.verify(GIVEN), R.MISSING_SCOPE, S.REJECTED)


async def test_a_refused_token_has_no_renewal() -> None:
    built = bench("telegram", SETTINGS)
    built.network.on("GET", "/getMe", refusal(401, "Unauthorized"))
    await error_of(built.channel.verify(GIVEN), R.TOKEN_EXPIRED, S.NOT_SENT)
    with pytest.raises(ChannelError) as refused:
        await built.channel.refresh(WHO)
    assert refused.value.reason is R.TOKEN_REVOKED
