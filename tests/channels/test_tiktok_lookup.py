"""A post is looked at by its publish_id; nothing else is a key, and a read that fails says nothing of the post."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.errors import FAILURES
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Ready, Unknown
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, error_of
from tests.channels.network import ok
from tests.channels.scene_tiktok import (
    COMPLETE,
    HOSTS,
    POST_ID,
    UNFINISHED,
    WHO,
    creator_state,
    done,
    handle,
    refused,
    said,
)
from tests.channels.test_tiktok_publish import FILE, FILE_READY, PHOTO, PULL, SENT, scripted

FAIL_REASONS = """
MEDIA_VALIDATION_FAILED: file_format_check_failed duration_check_failed frame_rate_check_failed
MEDIA_VALIDATION_FAILED: picture_size_check_failed video_bitrate_check_failed
MEDIA_UNREACHABLE: video_pull_failed photo_pull_failed
PROVIDER_OUTAGE: internal
INVALID_FIELD: publish_cancelled
TOKEN_REVOKED: auth_removed
DAILY_CAP_REACHED: spam_risk_too_many_posts
ACCOUNT_RESTRICTED: spam_risk_user_banned_from_posting
SPAM_BLOCKED: spam_risk
CONTENT_POLICY: spam_risk_text
FEATURE_NOT_ELIGIBLE: privacy_level_not_authorized
UNKNOWN_PROVIDER_ERROR: something_new
"""
FAILED = [(word, Reason(line.split(":")[0])) for line in FAIL_REASONS.split("\n")[1:-1] for word in line.split()[1:]]


def test_every_fail_reason_has_a_row() -> None:
    assert FAILURES.keys() <= {word for word, _ in FAILED}


@pytest.mark.parametrize(("fail_reason", "reason"), [*FAILED, ("", Reason.UNKNOWN_PROVIDER_ERROR)])
async def test_check_reports_every_fail_reason_as_final(fail_reason: str, reason: Reason) -> None:
    built = scripted(said("FAILED", fail_reason=fail_reason))
    error = await error_of(built.channel.check(PULL, WHO, handle(**SENT)))
    assert (error.reason, error.effect) == (reason, Effect.REJECTED)
    assert error.provider_code == (fail_reason or "FAILED")
    assert fail_reason in (error.provider_message or "")


@pytest.mark.parametrize("code", ["invalid_publish_id", "scope_not_authorized", "access_token_invalid", "spam_risk"])
async def test_a_read_that_is_refused_says_nothing_of_the_post(code: str) -> None:
    built = scripted(refused(400, code))
    error = await error_of(built.channel.check(PULL, WHO, handle(**SENT)))
    assert error.effect is Effect.UNKNOWN


@pytest.mark.parametrize(
    ("age", "wait"), [(0, 5), (29, 5), (30, 10), (299, 10), (300, 60), (3600, 60)], ids=lambda value: str(value)
)
async def test_an_older_post_is_polled_less_often(age: int, wait: int) -> None:
    built = scripted(said("PROCESSING_DOWNLOAD"))
    built.clock.forward(seconds=age)
    found = await built.channel.check(PULL, WHO, handle(**SENT))
    assert found == Pending(after=timedelta(seconds=wait), note="TikTok says PROCESSING_DOWNLOAD")


async def test_check_before_the_last_chunk_is_ready() -> None:
    found = await scripted(UNFINISHED).channel.check(FILE, WHO, FILE_READY)
    assert found == Ready(expires_at=NOW + timedelta(minutes=55))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (COMPLETE, Published),
        (UNFINISHED, Absent),
        (said("FAILED", fail_reason="internal"), Absent),
        (said("PROCESSING_UPLOAD"), Unknown),
        (said("PROCESSING_UPLOAD", uploaded_bytes=20), Unknown),
        (said("PROCESSING_DOWNLOAD"), Unknown),
        (said("SEND_TO_USER_INBOX"), Unknown),
        (said("A_NEW_STATUS"), Unknown),
        (done(), Unknown),
        (refused(400, "invalid_publish_id"), Unknown),
        (refused(429, "rate_limit_exceeded"), Unknown),
        (httpx.ReadTimeout("slow"), Unknown),
    ],
    ids=["complete", "unfinished", "failed", "?", "whole", "pulling", "inbox", "new", "empty", "id", "429", "timeout"],
)
async def test_find_by_publish_id(status: Any, expected: Any) -> None:
    assert isinstance(await scripted(status).channel.find(FILE, WHO, FILE_READY, NOW), expected)


async def test_find_without_a_publish_id() -> None:
    built = scripted()
    for known in (None, handle(creator=creator_state())):
        assert await built.channel.find(FILE, WHO, known, NOW) == Absent()
        assert isinstance(await built.channel.find(PULL, WHO, known, NOW), Unknown)
        assert isinstance(await built.channel.find(PHOTO, WHO, known, NOW), Unknown)
    assert built.network.requests == []


@pytest.mark.parametrize(("given", "kind"), [(FILE, "video"), (PULL, "video"), (PHOTO, "photo")])
async def test_the_address_of_a_post(given: PublicationDraft, kind: str) -> None:
    found = await scripted().channel.check(given, WHO, handle(**SENT))
    assert found == Published(
        post_id=str(POST_ID), url=f"{HOSTS['auth']}/@acme/{kind}/{POST_ID}", published_at=NOW, warnings=()
    )
    nameless = handle(**{**SENT, "creator": None})
    again = await scripted().channel.check(given, WHO.model_copy(update={"handle": "@acme"}), nameless)
    assert again == found


@pytest.mark.parametrize("ids", [None, [], "7", [1, 2]], ids=str)
async def test_a_post_may_be_live_before_its_id_is_known(ids: Any) -> None:
    built = scripted(said("PUBLISH_COMPLETE", publicaly_available_post_id=ids))
    found = await built.channel.check(PULL, WHO, handle(**SENT))
    assert isinstance(found, Published)
    assert (found.post_id, found.url, [one.code for one in found.warnings]) == (None, None, ["POST_ID_PENDING"])
    private = PULL.model_copy(update={"options": {**PULL.options, "privacyLevel": "SELF_ONLY"}})
    found = await built.channel.check(private, WHO, handle(**SENT))
    assert isinstance(found, Published)
    assert "private" in found.warnings[0].message


async def test_a_token_that_is_echoed_with_http_200_is_cut_out() -> None:
    token = WHO.credentials.access_token.get_secret_value()
    built = scripted(ok({"error": {"code": "odd", "message": f"what is {token}"}}))
    error = await error_of(built.channel.check(PULL, WHO, handle(**SENT)))
    kept = " ".join(str(value) for value in vars(error).values())
    assert "odd" in kept
    assert token not in kept
