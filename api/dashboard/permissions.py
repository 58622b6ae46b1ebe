"""What each permission of a network is for, in words that an account's owner understands.

A log-in asks for all of its permissions, and an owner may leave some out. `tests/api/test_permissions.py` compares the
table with what the log-ins ask for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from munadi.domain.channel import ChannelName

C = ChannelName
GOOGLE = "https://www.googleapis.com/auth/"
READ, PUBLISH = "see the profile and its name", "publish posts"
COMMENT, PAGES = "write first comments", "see which Pages there are"


class Permission(NamedTuple):
    """`scope` is the network's name of it; `purpose` completes "Without it we cannot …"."""

    scope: str
    purpose: str


# By network and log-in; None is the only log-in, or the default one.
PERMISSIONS: dict[tuple[ChannelName, str | None], Mapping[str, str]] = {
    (C.INSTAGRAM, None): {
        "instagram_business_basic": READ,
        "instagram_business_content_publish": PUBLISH,
        "instagram_business_manage_comments": COMMENT,
    },
    (C.INSTAGRAM, "facebook"): {
        "instagram_basic": READ,
        "instagram_content_publish": PUBLISH,
        "pages_show_list": PAGES,
        "pages_read_engagement": "find the Instagram account of a Page",
        "instagram_manage_comments": COMMENT,
    },
    (C.FACEBOOK, None): {
        "pages_show_list": PAGES,
        "pages_read_engagement": "see whether a post arrived",
        "pages_manage_posts": PUBLISH,
        "pages_manage_engagement": COMMENT,
    },
    (C.THREADS, None): {
        "threads_basic": READ,
        "threads_content_publish": PUBLISH,
        "threads_manage_replies": "publish the further parts of a thread, or first comments",
    },
    (C.TIKTOK, None): {"user.info.basic": READ, "video.publish": PUBLISH},
    (C.YOUTUBE, None): {
        f"{GOOGLE}youtube.upload": "upload videos",
        f"{GOOGLE}youtube.readonly": "see the channel, and whether a video arrived",
        f"{GOOGLE}youtube.force-ssl": "make videos public, and write first comments",
    },
    (C.LINKEDIN, None): {
        "openid": READ,
        "profile": READ,
        "w_member_social": "publish posts and comments in the person's name",
    },
    (C.LINKEDIN, "page"): {
        "w_organization_social": "publish posts and comments for a page",
        "r_organization_social": "see whether a post arrived",
        "rw_organization_admin": "see which pages there are",
    },
    (C.X, None): {
        "tweet.read": "see whether a post arrived",
        "users.read": READ,
        "tweet.write": PUBLISH,
        "media.write": "upload pictures and videos",
        "offline.access": "stay connected for more than two hours",
    },
    (C.MASTODON, None): {
        "read:accounts": READ,
        "read:statuses": "see whether a post arrived",
        "write:statuses": PUBLISH,
        "write:media": "upload pictures and videos",
    },
    (C.PINTEREST, None): {
        "user_accounts:read": READ,
        "boards:read": "see the boards",
        "boards:write": "save Pins to boards",
        "pins:read": "see whether a Pin arrived",
        "pins:write": "publish Pins",
    },
}

_WIDER = dict.fromkeys(
    (f"{GOOGLE}youtube.upload", f"{GOOGLE}youtube.readonly"), (f"{GOOGLE}youtube", f"{GOOGLE}youtube.force-ssl")
)


def permissions_of(channel: str, login: str | None) -> Mapping[str, str]:
    """The permissions that a log-in asks for and what they are for; empty where the network has none."""
    name = ChannelName(channel)
    return PERMISSIONS.get((name, login)) or PERMISSIONS.get((name, None), {})


def missing_permissions(account: Mapping[str, Any]) -> tuple[Permission, ...]:
    """What a connected account, from the API's JSON, was not given. Nothing where the network did not say."""
    granted = account["scopes"]
    if not granted:
        return ()
    asked = permissions_of(account["channel"], account["login"])
    return tuple(Permission(scope, asked[scope]) for scope in asked if not _covers(granted, scope))


def refused_permissions(connection: Mapping[str, Any], login: str | None) -> tuple[Permission, ...]:
    """What the owner did not allow, of a connection that failed for it."""
    failure = connection["failure"] or {}
    if failure.get("reason") != "MISSING_SCOPE":
        return ()
    known = permissions_of(connection["channel"], login)
    every = {scope: purpose for asked in PERMISSIONS.values() for scope, purpose in asked.items()} | dict(known)
    return tuple(Permission(each, every.get(each, PUBLISH)) for each in (failure["providerCode"] or "").split())


def _covers(granted: Collection[str], scope: str) -> bool:
    """Mastodon's `write` stands for all scopes that begin with `write:`, and some of Google's for others."""
    wider = (scope.partition(":")[0], *_WIDER.get(scope, ()))
    return scope in granted or any(each in granted for each in wider)
