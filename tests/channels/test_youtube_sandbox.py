"""YouTube on the sandbox: bytes really travel in sessions, and the oracle counts what can be watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Absent, Published
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.conftest import Oracle
from tests.channels.connected import Connected, mp4, new
from tests.channels.making import Saved, stage, video

UNIT = 262_144
CLIP = mp4(1)
# A valid MP4 of a little over two chunks: players skip what follows the last box.
LONG_CLIP = CLIP + (2 * UNIT - 4).to_bytes(4, "big") + b"free" + bytes(2 * UNIT - 12)
POLL = {"poll_quick": 0.02, "poll_slow": 0.02, "poll_idle": 0.02}


def settings(oracle: Oracle, **changes: Any) -> dict[str, Any]:
    hosts = {role: f"{oracle.url}/youtube/{role}" for role in ("api", "auth", "token")}
    app = {"client_id": "sandbox", "client_secret": "sandbox"}
    return {"hosts": hosts, **app, **POLL, "chunk_bytes": UNIT, "chunks_per_run": 2, **changes}


@pytest.fixture
async def acme(oracle: Oracle) -> AsyncIterator[Connected]:
    for kind in ("processing", "listing"):
        oracle.call("PUT", "/delays", channel="youtube", kind=kind, seconds=0)
    profile = oracle.call("POST", "/profiles", channel="youtube", name="acme")
    async with httpx.AsyncClient() as client:
        connected = Connected("youtube", settings(oracle), client)
        connected.media.files["med_0"] = CLIP
        await connected.connect(
            AccountImport(
                external_id=profile["externalId"],
                access_token=SecretStr(profile["accessToken"]),
                refresh_token=SecretStr(profile["refreshToken"]),
            )
        )
        yield connected


def clip(connected: Connected, content: bytes = CLIP, text: str = "Monsoon sale", **options: Any) -> PublicationDraft:
    connected.media.files["med_0"] = content
    media = (video(bytes=len(content)),)
    return new(text, media=media, options={"madeForKids": False, **options})


def posts(oracle: Oracle, connected: Connected) -> list[dict[str, Any]]:
    return oracle.posts(connected.account.external_id)


def calls(oracle: Oracle, operation: str) -> list[dict[str, Any]]:
    return [call for call in oracle.call("GET", "/calls") if call["operation"] == operation]


async def stored(post: dict[str, Any]) -> bytes:
    async with httpx.AsyncClient() as client:
        return (await client.get(post["media"][0]["url"])).content


async def failure(call: Any) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await call
    return caught.value


async def insist(connected: Connected, given: PublicationDraft, saved: Saved) -> None:
    """Prepare as the driver does: a failed run is followed by another."""
    for _ in range(9):
        try:
            await connected.prepare(given, saved)
            return
        except ChannelError as error:
            if error.sorting is Sorting.REJECTED:
                raise
    raise AssertionError("never ready")


@pytest.mark.parametrize("content", [CLIP, LONG_CLIP], ids=["one chunk", "three chunks"])
async def test_a_video_is_private_until_it_is_published(oracle: Oracle, acme: Connected, content: bytes) -> None:
    given, saved = clip(acme, content, tags=["sale", "big rain"], title="Sale"), Saved()
    await acme.prepare(given, saved)
    assert posts(oracle, acme) == []
    found = await acme.publish(given, saved)
    (post,) = posts(oracle, acme)
    assert (post["id"], post["url"], post["text"], post["kind"]) == (found.post_id, found.url, "Monsoon sale", "short")
    assert post["media"][0]["mimeType"] == "video/mp4"
    assert post["raw"]["snippet"] == {
        "title": "Sale",
        "description": "Monsoon sale",
        "tags": ["sale", "big rain"],
        "categoryId": "22",
    }
    assert [call["effect"] for call in oracle.call("GET", "/calls") if call["visible"]] == [True]
    assert await stored(post) == content


async def test_an_unlisted_video_can_be_watched_and_a_private_one_cannot(oracle: Oracle, acme: Connected) -> None:
    await acme.post(clip(acme, privacyStatus="unlisted"))
    private = await acme.post(clip(acme, privacyStatus="private"))
    assert private.post_id
    assert [post["raw"]["status"]["privacyStatus"] for post in posts(oracle, acme)] == ["unlisted"]


async def test_the_status_stays_as_it_was_uploaded(oracle: Oracle, acme: Connected) -> None:
    options = {"license": "creativeCommon", "embeddable": False, "containsSyntheticMedia": True, "madeForKids": True}
    await acme.post(clip(acme, **options))
    (post,) = posts(oracle, acme)
    assert post["raw"]["status"] == {
        "privacyStatus": "public",
        "license": "creativeCommon",
        "embeddable": False,
        "publicStatsViewable": True,
        "selfDeclaredMadeForKids": True,
        "containsSyntheticMedia": True,
    }


LOST = ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body", "live_but_error"]


@pytest.mark.parametrize("mode", LOST)
async def test_published_but_unanswered_is_found_and_never_doubled(oracle: Oracle, acme: Connected, mode: str) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.plant("youtube", "update_video", mode)
    error = await failure(acme.publish(given, saved))
    assert error.sorting is Sorting.UNKNOWN
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert (await acme.publish(given, saved)).post_id == found.post_id
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


async def test_a_hanging_answer_is_found_too(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.plant("youtube", "update_video", "accept_then_hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await acme.channel.publish(given, acme.account, saved.handle, saved, stage())
    assert isinstance(await acme.find(given, saved), Published)
    assert len(posts(oracle, acme)) == 1


@pytest.mark.parametrize("plan", [{"mode": "reset"}, {"mode": "error", "error": {"reason": "backendError"}}])
async def test_lost_without_effect_the_same_video_goes_out(
    oracle: Oracle, acme: Connected, plan: dict[str, Any]
) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.plant("youtube", "update_video", **plan)
    assert (await failure(acme.publish(given, saved))).sorting is Sorting.UNKNOWN
    assert await acme.find(given, saved) == Absent()
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1
    assert len(calls(oracle, "start_upload")) == 1


@pytest.mark.parametrize("mode", [*LOST, "reset"])
@pytest.mark.parametrize("content", [CLIP, LONG_CLIP], ids=["last chunk", "first chunk"])
async def test_a_lost_chunk_makes_no_second_video(oracle: Oracle, acme: Connected, mode: str, content: bytes) -> None:
    oracle.plant("youtube", "upload_chunk", mode)
    given, saved = clip(acme, content), Saved()
    if mode == "accept_then_half_body" and content is LONG_CLIP:
        await acme.prepare(given, saved)  # a 308 has no body to lose
    else:
        await failure(acme.prepare(given, saved))
        await insist(acme, given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1
    assert [call["effect"] for call in calls(oracle, "start_upload")] == [True]


async def test_a_lost_answer_at_the_start_leaves_nothing_behind(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("youtube", "start_upload", "accept_then_reset")
    given, saved = clip(acme), Saved()
    assert (await failure(acme.prepare(given, saved))).sorting is Sorting.UNKNOWN
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_a_session_that_ended_with_its_answer_lost_is_followed_up(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("youtube", "upload_chunk", "accept_then_reset")
    given, saved = clip(acme), Saved()
    await failure(acme.prepare(given, saved))
    oracle.call("PUT", "/limits", channel="youtube", kind="sessionSeconds", value=0)
    await insist(acme, given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1
    assert len(calls(oracle, "start_upload")) == 1


async def test_short_stores_are_taken_up(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/limits", channel="youtube", kind="storedPerChunk", value=UNIT)
    async with httpx.AsyncClient() as client:
        greedy = Connected("youtube", settings(oracle, chunk_bytes=2 * UNIT), client)
        greedy.account = acme.account
        await greedy.post(clip(greedy, LONG_CLIP))
    (post,) = posts(oracle, acme)
    assert await stored(post) == LONG_CLIP


async def test_processing_is_waited_for(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/delays", channel="youtube", kind="processing", seconds=0.3)
    found = await acme.post(clip(acme))
    assert found.warnings == ()
    assert len(posts(oracle, acme)) == 1


async def test_a_slot_is_kept_while_processing_goes_on(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/delays", channel="youtube", kind="processing", seconds=60)
    async with httpx.AsyncClient() as client:
        eager = Connected("youtube", settings(oracle, processing_patience=0), client)
        eager.account = acme.account
        found = await eager.post(clip(eager))
    assert [warning.code for warning in found.warnings] == ["STILL_PROCESSING"]
    assert posts(oracle, acme) == []
    oracle.call("POST", "/clock", advanceSeconds=61)
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


async def test_what_is_no_video_is_told_after_processing(oracle: Oracle, acme: Connected) -> None:
    error = await failure(acme.prepare(clip(acme, b"words, and no video at all"), Saved()))
    assert (error.reason, error.sorting) == (Reason.MEDIA_PROCESSING_FAILED, Sorting.REJECTED)
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
    assert (error.reason, error.sorting) == (Reason.MEDIA_PROCESSING_FAILED, Sorting.NOT_SENT)
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
    assert (error.reason, error.sorting) == (reason, Sorting.NOT_SENT)
    assert error.retry_after is not None
    oracle.call("PUT", "/limits", channel="youtube", kind=kind, value=9)
    await acme.post(clip(acme))
    assert len(posts(oracle, acme)) == 1


async def test_no_units_left_for_the_update_is_not_sent(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.call("PUT", "/limits", channel="youtube", kind="unitsPerDay", value=3)
    error = await failure(acme.publish(given, saved))
    assert (error.reason, error.sorting) == (Reason.QUOTA_EXCEEDED, Sorting.NOT_SENT)
    assert posts(oracle, acme) == []


async def test_a_project_that_may_not_publish_is_told(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/switches", channel="youtube", kind="keepPrivate", enabled=True)
    error = await failure(acme.post(clip(acme)))
    assert (error.reason, error.sorting) == (Reason.APP_NOT_APPROVED, Sorting.REJECTED)


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
    assert (error.reason, error.sorting) == (Reason.TOKEN_EXPIRED, Sorting.NOT_SENT)
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


async def test_with_no_video_on_record_a_published_one_is_found(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    assert await acme.find(given, saved) == Absent()
    await acme.prepare(given, saved)
    assert await acme.find(given, Saved()) == Absent()
    found = await acme.publish(given, saved)
    seen = await acme.find(given, Saved())
    assert isinstance(seen, Published)
    assert seen.post_id == found.post_id
