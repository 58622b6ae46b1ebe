"""Dead tokens, used-up quotas, restricted accounts, and slow media at every network of the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Unknown
from tests.channels.calls import Saved
from tests.channels.connected import new
from tests.channels.making import error_of
from tests.channels.sandbox import Acme, at, draft

R, S = Reason, Effect
DEFAULT = {"facebook": "text", "instagram": "photo", "threads": "text", "tiktok": "file", "youtube": "clip"}
KIND = {
    "bluesky": "text",
    "discord": "text",
    "google_business": "text",
    "linkedin": "text",
    "mastodon": "text",
    "nostr": "text",
    "pinterest": "photo",
    "telegram": "text",
    "x": "text",
    **DEFAULT,
}


def usual(acme: Acme, **fields: Any) -> Any:
    return draft(acme, KIND[acme.name], **fields)


# Tokens


@at(*KIND)
@pytest.mark.parametrize("step", ["prepare", "publish"])
async def test_a_call_with_an_expired_token_is_not_sent_and_a_new_token_continues(acme: Acme, step: str) -> None:
    # The chunks of a file carry no token.
    given = usual(acme, options={"mode": "pull"}) if (acme.name, step) == ("tiktok", "publish") else usual(acme)
    saved, stale = Saved(), acme.account
    if step == "publish":
        await acme.prepare(given, saved)
    acme.tokens("expire")
    await acme.failure(given, saved, reason=R.TOKEN_EXPIRED, effect=S.NOT_SENT)
    assert acme.posts == []
    if acme.name in (
        "discord",
        "instagram",
        "mastodon",
        "nostr",
        "telegram",
        "threads",
    ):  # a living token renews itself, or needs no renewal
        assert (await error_of(acme.refresh())).reason is R.TOKEN_REVOKED
        return
    await acme.refresh()
    await acme.post(given, saved)
    assert len(acme.posts) == 1
    if acme.name in ("pinterest", "tiktok", "x"):
        acme.account = stale
        assert (await error_of(acme.refresh())).reason is R.TOKEN_REVOKED


@at("instagram", "threads")
async def test_a_refreshed_token_works_and_is_then_too_young_for_another(acme: Acme) -> None:
    old = acme.account.credentials
    await acme.refresh()
    assert acme.account.credentials.access_token != old.access_token
    await acme.post(usual(acme))
    assert await acme.channel.refresh(acme.account) == acme.account.credentials


# Where the end of a grant shows at its renewal.
ENDS = ("discord", "google_business", "linkedin", "mastodon", "nostr", "pinterest", "telegram", "tiktok")
ENDS += ("x", "youtube")
WITHDRAWN = [
    *(("instagram", {"subcode": code}, R.TOKEN_REVOKED) for code in (458, 460)),
    *(("threads", {"subcode": code}, R.TOKEN_REVOKED) for code in (458, 460, 4279019)),
    *(("facebook", {"subcode": code}, R.TOKEN_REVOKED) for code in (458, 460)),
    ("facebook", {"subcode": 492}, R.ROLE_OR_2FA_REQUIRED),
    ("mastodon", {}, R.TOKEN_EXPIRED),
    ("discord", {}, R.TOKEN_EXPIRED),
    ("google_business", {}, R.TOKEN_EXPIRED),
    ("linkedin", {}, R.TOKEN_EXPIRED),
    ("nostr", {}, R.TOKEN_EXPIRED),
    ("pinterest", {}, R.TOKEN_EXPIRED),
    ("telegram", {}, R.TOKEN_EXPIRED),
    ("tiktok", {}, R.TOKEN_EXPIRED),
    ("x", {}, R.TOKEN_EXPIRED),
    ("youtube", {}, R.TOKEN_EXPIRED),
]


@pytest.mark.parametrize(("acme", "how", "reason"), WITHDRAWN, indirect=["acme"])
async def test_a_call_with_a_revoked_grant_is_not_sent(acme: Acme, how: dict[str, int], reason: Reason) -> None:
    given, saved = usual(acme), Saved()
    await acme.prepare(given, saved)
    acme.tokens("revoke", **how)
    if acme.name == "tiktok":
        acme.set("switches", True, "oauthErrorsWith200")
        given, saved = usual(acme), Saved()  # its last chunk carries no token
    error = await acme.failure(given, saved, reason=reason)
    assert error.effect is (S.REJECTED if reason is R.ROLE_OR_2FA_REQUIRED else S.NOT_SENT)
    assert acme.posts == []
    if acme.name in ENDS:
        assert (await error_of(acme.refresh())).reason is R.TOKEN_REVOKED


@at("bluesky")
async def test_a_revoked_app_password_ends_at_the_refresh(acme: Acme) -> None:
    acme.tokens("revoke")
    await acme.post(new("Still there until the token expires"))
    assert (await error_of(acme.refresh())).reason is R.TOKEN_REVOKED


@at("facebook")
async def test_the_page_and_its_person_may_both_have_lost_their_tokens(acme: Acme) -> None:
    acme.tokens("expire", which="all")
    assert (await error_of(acme.refresh())).reason is R.TOKEN_REVOKED


# Accounts and limits


RESTRICTED = [
    *(("bluesky", status, R.ACCOUNT_RESTRICTED) for status in ("takendown", "deactivated", "suspended")),
    *((channel, "restricted", R.ACCOUNT_RESTRICTED) for channel in ("facebook", "instagram", "threads")),
    *((channel, "checkpoint", R.LOGIN_CHECKPOINT) for channel in ("facebook", "instagram", "threads")),
    ("discord", "kicked", R.TARGET_NOT_ACCESSIBLE),
    ("discord", "may_not_post", R.MISSING_SCOPE),
    ("discord", "channel_gone", R.TARGET_NOT_ACCESSIBLE),
    ("discord", "forum", R.INVALID_FIELD),
    ("google_business", "no_posts", R.FEATURE_NOT_ELIGIBLE),
    ("google_business", "unverified", R.ACCOUNT_RESTRICTED),
    ("google_business", "role_lost", R.TARGET_NOT_ACCESSIBLE),
    ("google_business", "suspended", R.TARGET_NOT_ACCESSIBLE),
    ("linkedin", "no_role", R.MISSING_SCOPE),
    ("mastodon", "disabled", R.ACCOUNT_RESTRICTED),
    ("nostr", "banned", R.CONTENT_POLICY),
    ("nostr", "unpaid", R.MISSING_SCOPE),
    ("nostr", "wants_work", R.INVALID_FIELD),
    ("telegram", "kicked", R.TARGET_NOT_ACCESSIBLE),
    ("telegram", "may_not_post", R.MISSING_SCOPE),
    ("tiktok", "private", R.INVALID_FIELD),
    ("tiktok", "banned", R.ACCOUNT_RESTRICTED),
    *(("x", status, R.ACCOUNT_RESTRICTED) for status in ("suspended", "locked")),
    ("youtube", "suspended", R.ACCOUNT_RESTRICTED),
    ("youtube", "no_channel", R.TARGET_NOT_ACCESSIBLE),
]


@pytest.mark.parametrize(("acme", "status", "reason"), RESTRICTED, indirect=["acme"])
async def test_an_account_in_trouble_is_reported_as_such(acme: Acme, status: str, reason: Reason) -> None:
    acme.oracle.call("PATCH", f"/profiles/{acme.name}/{acme.account.external_id}", status=status)
    assert (await acme.failure(usual(acme))).reason is reason
    assert acme.posts == []


LIMITS = [
    ("discord", "text", "messagesPer5Seconds", R.RATE_LIMITED),
    ("facebook", "reel", "reelsPerDay", R.RATE_LIMITED),
    ("google_business", "text", "requestsPerMinute", R.RATE_LIMITED),
    ("google_business", "photo", "writesPerMinute", R.RATE_LIMITED),
    ("instagram", "photo", "postsPerDay", R.DAILY_CAP_REACHED),
    ("linkedin", "text", "callsPerMemberPerDay", R.RATE_LIMITED),
    ("linkedin", "photo", "callsPerAppPerDay", R.RATE_LIMITED),
    ("mastodon", "text", "postsPer3Hours", R.RATE_LIMITED),
    ("mastodon", "photo", "mediaPer30Minutes", R.RATE_LIMITED),
    ("nostr", "text", "notesPerMinute", R.RATE_LIMITED),
    ("pinterest", "photo", "writesPerMinute", R.RATE_LIMITED),
    ("pinterest", "video", "readsPerMinute", R.RATE_LIMITED),
    ("telegram", "text", "messagesPerMinute", R.RATE_LIMITED),
    ("threads", "text", "postsPerDay", R.DAILY_CAP_REACHED),
    ("tiktok", "file", "postsPerDay", R.DAILY_CAP_REACHED),
    ("tiktok", "file", "activeUsersPerDay", R.QUOTA_EXCEEDED),
    ("tiktok", "file", "creatorInfoPerMinute", R.RATE_LIMITED),
    ("tiktok", "file", "initPerMinute", R.RATE_LIMITED),
    ("x", "text", "postsPer15Minutes", R.RATE_LIMITED),
    ("x", "photo", "mediaPer15Minutes", R.RATE_LIMITED),
    ("x", "text", "creditMills", R.QUOTA_EXCEEDED),
    ("youtube", "clip", "uploadsPerDay", R.QUOTA_EXCEEDED),
    ("youtube", "clip", "uploadsPerChannel", R.DAILY_CAP_REACHED),
]


@pytest.mark.parametrize(("acme", "kind", "limit", "reason"), LIMITS, indirect=["acme"])
async def test_a_limit_is_waited_for_and_nothing_is_sent(acme: Acme, kind: str, limit: str, reason: Reason) -> None:
    acme.set("limits", 0, limit)
    error = await acme.failure(draft(acme, kind), reason=reason, effect=S.NOT_SENT)
    assert error.retry_after is not None
    acme.set("limits", 99, limit)
    await acme.post(draft(acme, kind))
    assert len(acme.posts) == 1


@at("bluesky")
async def test_a_rate_limit_of_bluesky_says_how_long(acme: Acme) -> None:
    limited: dict[str, Any] = {"error": {"error": "RateLimitExceeded"}, "status": 429, "headers": {"retry-after": "9"}}
    acme.plant("com.atproto.repo.putRecord", "error", **limited)
    error = await acme.failure(new("Hello"), reason=R.RATE_LIMITED, effect=S.NOT_SENT)
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() == 9


@at("threads")
async def test_the_replies_of_threads_have_a_limit_of_their_own(acme: Acme) -> None:
    given, saved = new("one", first_comment="two"), Saved()
    await acme.post(given, saved)
    acme.set("limits", 0, "repliesPerDay")
    assert (await error_of(acme.send(given, saved, "comment"))).provider_code == "IN_PROGRESS"
    await error_of(acme.send(given, saved, "comment"), R.DAILY_CAP_REACHED, S.NOT_SENT)


@at("youtube")
async def test_without_quota_units_the_update_of_a_video_is_not_sent(acme: Acme) -> None:
    given, saved = usual(acme), Saved()
    await acme.prepare(given, saved)
    acme.set("limits", 3, "unitsPerDay")
    await error_of(acme.send(given, saved), R.QUOTA_EXCEEDED, S.NOT_SENT)
    assert acme.posts == []


# Preparations


SLOW = [("instagram", "photo", "image"), ("threads", "text", "text"), ("facebook", "reel", "reel")]


@pytest.mark.parametrize(
    ("acme", "kind", "delay"),
    [
        *SLOW,
        *((name, "video", "video") for name in ("linkedin", "mastodon", "pinterest", "x")),
        ("youtube", "clip", "processing"),
    ],
    indirect=["acme"],
)
async def test_slow_processing_is_polled(acme: Acme, kind: str, delay: str) -> None:
    acme.set("delays", 0.3, delay)
    given, saved = draft(acme, kind), Saved()
    await acme.port.prepare(given, acme.account, saved)
    if acme.name in ("instagram", "threads"):
        assert isinstance(await acme.find(given, saved), Unknown)
    await acme.post(given, saved)
    assert len(acme.posts) == 1


@at("instagram", "threads", "tiktok")
async def test_an_expired_preparation_is_repeated(acme: Acme) -> None:
    given, saved = usual(acme), Saved()
    await acme.prepare(given, saved)
    acme.oracle.call("POST", "/clock", advanceSeconds=86_400)  # only the network's clock
    if acme.name == "tiktok":
        await acme.refresh()
    for _ in range(4):  # a network may say several times that a container is missing
        assert (await error_of(acme.send(given, saved))).effect is S.NOT_SENT
        if saved.handle is not None and not saved.handle.ready:
            break
    await acme.post(given, saved)
    assert len(acme.posts) == 1


@at("tiktok", "youtube")
async def test_a_discarded_preparation_is_gone_and_a_published_one_is_left_alone(acme: Acme) -> None:
    given, saved = usual(acme), Saved()
    await acme.prepare(given, saved)
    await acme.channel.discard(acme.account, saved.kept)
    error = await error_of(acme.send(given, saved))
    assert acme.posts == []
    if acme.name == "tiktok":
        assert error.provider_code == "publish_cancelled"
        return
    assert (error.reason, error.effect) == (R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)
    await acme.post(given, saved)
    await acme.channel.discard(acme.account, saved.kept)
    assert len(acme.posts) == 1
