"""YouTube on the sandbox in trouble: slow processing, bad files, empty quotas, dead tokens."""

from __future__ import annotations

import pytest

from munadi.domain.failure import Effect, Reason
from tests.channels.conftest import Oracle
from tests.channels.connected import Connected
from tests.channels.making import Saved
from tests.channels.youtube_acme import (
    LONG_CLIP,
    calls,
    clip,
    failure,
    judged,
    posts,
)
from tests.channels.youtube_acme import acme as acme  # a fixture


async def test_processing_is_waited_for(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/delays", channel="youtube", kind="processing", seconds=0.3)
    found = await acme.post(clip(acme))
    assert found.warnings == ()
    assert len(posts(oracle, acme)) == 1


async def test_a_slot_is_kept_while_processing_goes_on(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/delays", channel="youtube", kind="processing", seconds=60)
    async with judged(oracle, processing_patience=0) as (eager, _):
        eager.account = acme.account
        found = await eager.post(clip(eager))
    assert [warning.code for warning in found.warnings] == ["STILL_PROCESSING"]
    assert posts(oracle, acme) == []
    oracle.call("POST", "/clock", advanceSeconds=61)
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


async def test_what_is_no_video_is_told_after_processing(oracle: Oracle, acme: Connected) -> None:
    error = await failure(acme.prepare(clip(acme, b"words, and no video at all"), Saved()))
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)
    assert error.provider_code == "invalidFile"


async def test_a_rejected_duplicate_is_told(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/switches", channel="youtube", kind="rejectDuplicates", enabled=True)
    await acme.post(clip(acme))
    assert (await failure(acme.prepare(clip(acme), Saved()))).reason is Reason.DUPLICATE_CONTENT


async def test_a_deleted_preparation_is_made_anew(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    assert saved.handle is not None
    await acme.channel.discard(acme.account, saved.handle)
    error = await failure(acme.publish(given, saved))
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT)
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_what_is_published_is_never_discarded(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert saved.handle is not None
    await acme.channel.discard(acme.account, saved.handle)
    assert len(posts(oracle, acme)) == 1


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("uploadsPerDay", 0, Reason.QUOTA_EXCEEDED),
        ("uploadsPerChannel", 0, Reason.DAILY_CAP_REACHED),
    ],
)
async def test_an_empty_quota_sends_nothing(
    oracle: Oracle, acme: Connected, kind: str, value: int, reason: Reason
) -> None:
    oracle.call("PUT", "/limits", channel="youtube", kind=kind, value=value)
    error = await failure(acme.prepare(clip(acme), Saved()))
    assert (error.reason, error.effect) == (reason, Effect.NOT_SENT)
    assert error.retry_after is not None
    oracle.call("PUT", "/limits", channel="youtube", kind=kind, value=9)
    await acme.post(clip(acme))
    assert len(posts(oracle, acme)) == 1


async def test_no_units_left_for_the_update_is_not_sent(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.call("PUT", "/limits", channel="youtube", kind="unitsPerDay", value=3)
    error = await failure(acme.publish(given, saved))
    assert (error.reason, error.effect) == (Reason.QUOTA_EXCEEDED, Effect.NOT_SENT)
    assert posts(oracle, acme) == []


async def test_a_project_that_may_not_publish_is_told(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/switches", channel="youtube", kind="keepPrivate", enabled=True)
    error = await failure(acme.post(clip(acme)))
    assert (error.reason, error.effect) == (Reason.APP_NOT_APPROVED, Effect.REJECTED)


@pytest.mark.parametrize(
    ("status", "reason"),
    [("suspended", Reason.ACCOUNT_RESTRICTED), ("no_channel", Reason.TARGET_NOT_ACCESSIBLE)],
)
async def test_an_account_in_trouble_is_told_as_such(
    oracle: Oracle, acme: Connected, status: str, reason: Reason
) -> None:
    oracle.call("PATCH", f"/profiles/youtube/{acme.account.external_id}", status=status)
    assert (await failure(acme.post(clip(acme)))).reason is reason


async def test_an_expired_token_was_not_sent_and_a_fresh_one_goes_on(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme, LONG_CLIP), Saved()
    await acme.channel.prepare(given, acme.account, None, saved)
    oracle.call("POST", "/clock", advanceSeconds=3600)
    error = await failure(acme.prepare(given, saved))
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    fresh = await acme.channel.refresh(acme.account)
    assert fresh.refresh_token == acme.account.credentials.refresh_token
    acme.account = acme.account.model_copy(update={"credentials": fresh})
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1
    assert len(calls(oracle, "start_upload")) == 1


async def test_a_withdrawn_consent_is_final(oracle: Oracle, acme: Connected) -> None:
    oracle.call("POST", "/tokens/revoke", channel="youtube", profile=acme.account.external_id)
    assert (await failure(acme.post(clip(acme)))).reason is Reason.TOKEN_EXPIRED
    assert (await failure(acme.channel.refresh(acme.account))).reason is Reason.TOKEN_REVOKED
