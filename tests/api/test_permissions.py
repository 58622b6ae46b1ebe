"""What each permission is for: the table has exactly what the log-ins ask for, and finds what an owner left out."""

from __future__ import annotations

from typing import Any

import pytest

from api.dashboard.permissions import missing_permissions, permissions_of, refused_permissions
from munadi.channels.linkedin.spec import SCOPES as LINKEDIN
from munadi.channels.linkedin.spec import Login
from munadi.channels.permissions import Permission
from munadi.channels.registry import channel_permissions
from munadi.domain.channel import ChannelName
from tests.channels.consent import LOGINS, LoginScene

# Bluesky grants everything or nothing, a bot of Telegram or Discord has rights in a chat or channel instead, and a key
# of Nostr signs whatever it is.
WITHOUT = {ChannelName.BLUESKY, ChannelName.DISCORD, ChannelName.NOSTR, ChannelName.TELEGRAM}


def asked(channel: str, login: str | None = None) -> list[str]:
    return [each.scope for each in permissions_of(channel, login)]


@pytest.mark.parametrize("scene", LOGINS.values(), ids=list(LOGINS))
def test_the_table_has_what_a_login_asks_for(scene: LoginScene) -> None:
    assert set(asked(scene.channel, scene.login)) == set(scene.scopes)


def test_every_network_with_permissions_has_a_table() -> None:
    assert {channel for channel, known in channel_permissions().items() if not known} == WITHOUT
    assert set(asked("linkedin", "member")) == set(LINKEDIN[Login.MEMBER])


def account(channel: str, *scopes: str, login: str | None = None) -> dict[str, Any]:
    return {"channel": channel, "login": login, "scopes": list(scopes)}


def test_a_permission_that_the_owner_left_out_is_missing() -> None:
    (missing,) = missing_permissions(account("threads", "threads_basic", "threads_content_publish"))
    assert missing == permissions_of("threads", None)[2]
    assert missing.scope == "threads_manage_replies"


@pytest.mark.parametrize(
    "given",
    [
        account("threads"),
        account("bluesky", "atproto"),
        account("mastodon", "read", "write"),
        account("youtube", "https://www.googleapis.com/auth/youtube.force-ssl"),
        account("instagram", *asked("instagram", "facebook"), "business_management", login="facebook"),
    ],
    ids=lambda each: each["channel"],
)
def test_nothing_is_missing_where_the_network_did_not_say_or_gave_more(given: dict[str, Any]) -> None:
    assert missing_permissions(given) == ()


def test_a_refused_connection_names_each_permission() -> None:
    failure = {"reason": "MISSING_SCOPE", "providerCode": "pages_manage_posts a_new_one"}
    found = refused_permissions({"channel": "facebook", "failure": failure})
    assert found == (Permission("pages_manage_posts", "publish posts"), Permission("a_new_one", "publish posts"))
    assert refused_permissions({"channel": "facebook", "failure": {"reason": "CONSENT_DENIED"}}) == ()
    assert refused_permissions({"channel": "facebook", "failure": None}) == ()
