"""A post is found by its publish_id alone; media go only to TikTok, in chunks of its sizes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.errors import FAILURES
from munadi.channels.tiktok.state import Prepared
from munadi.channels.tiktok.wire import plan_chunks
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Ready, Unknown
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, Saved, bench, error_of, image, publication, video
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
from tests.channels.tiktok_network import INIT, OPTIONS, VIDEO, TikTokInMemory, bodies

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


PHOTO = publication("Photo", media=(image(),), options=OPTIONS)


def state(saved: Saved) -> Prepared:
    return Prepared.model_validate(saved.kept.state)


async def test_an_address_that_is_not_tiktoks_gets_nothing() -> None:
    for url in ("https://evil.example/up?upload_token=t", "http://open-upload.tiktokapis.com/x", f"{HOSTS['api']}x"):
        tiktok, saved = TikTokInMemory(), Saved()
        tiktok.bench.network.on("POST", INIT, done({"publish_id": "v1", "upload_url": url}))
        if url.startswith("https://api.example"):
            await self_contained(tiktok, saved)
            continue
        error = await error_of(tiktok.prepare(VIDEO, saved))
        assert error.provider_code == "FOREIGN_URL"
        assert "upload_token" not in str(error)


async def self_contained(tiktok: TikTokInMemory, saved: Saved) -> None:
    """A configured host is TikTok, whatever the path."""
    tiktok.bench.network.on("PUT", "", httpx.Response(206))
    assert isinstance(await tiktok.prepare(VIDEO, saved), Ready)


@pytest.mark.parametrize("host", ["open-upload.tiktokapis.com", "upload.us.tiktokapis.com", "tiktokapis.com"])
async def test_any_host_of_tiktoks_domain_is_accepted(host: str) -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.bench.network.on("POST", INIT, done({"publish_id": "v1", "upload_url": f"https://{host}/video/?t=1"}))
    tiktok.bench.network.on("PUT", "", httpx.Response(206))
    assert isinstance(await tiktok.until_ready(VIDEO, saved), Ready)
    assert {request.url.host for request in tiktok.bench.network.requests if request.method == "PUT"} == {host}


@pytest.mark.parametrize("data", [{}, {"publish_id": "v1"}, {"upload_url": "https://x"}, None, "text"])
async def test_an_init_without_an_address_is_no_upload(data: Any) -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.bench.network.on("POST", INIT, done(data))
    error = await error_of(tiktok.prepare(VIDEO, saved))
    assert error.reason is Reason.PROVIDER_OUTAGE
    assert state(saved).upload is None


@pytest.mark.parametrize(
    ("size", "plan"),
    [
        (1, (1, 1)),
        (4_999_999, (4_999_999, 1)),
        (10_000_000, (10_000_000, 1)),
        (19_999_999, (19_999_999, 1)),
        (20_000_000, (10_000_000, 2)),
        (50_000_123, (10_000_000, 5)),
        (4_000_000_000, (10_000_000, 400)),
    ],
)
def test_chunks_are_counted_down_and_stay_within_tiktoks_sizes(size: int, plan: tuple[int, int]) -> None:
    assert plan_chunks(size, 10_000_000) == plan
    chunk, count = plan
    last = size - chunk * (count - 1)
    assert last <= 64_000_000
    assert count == 1 or 5_242_880 <= chunk <= last < 2 * chunk


async def test_discard_cancels_an_unfinished_upload_and_nothing_else() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    cancel = "/v2/post/publish/cancel/"
    channel, network = tiktok.bench.channel, tiktok.bench.network.on("POST", cancel, done())
    await tiktok.until_ready(VIDEO, saved)
    await channel.discard(WHO, saved.kept)
    assert bodies(tiktok.bench, cancel) == [{"publish_id": "v_pub~1"}]
    sent = saved.kept.model_copy(update={"state": {**saved.kept.state, "sent_at": NOW.isoformat()}})
    await channel.discard(WHO, sent)
    assert len(network.sent(cancel)) == 1


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        (publication(media=(video(bytes=19_999_999),), options=OPTIONS), 2),
        (publication(media=(video(bytes=20_000_000),), options=OPTIONS), 20),
        (publication(media=(video(bytes=20_000_000),), options={**OPTIONS, "mode": "pull"}), 2),
        (PHOTO, 2),
        (publication(media=(video(),), options={"mode": "nonsense"}), 20),
        (publication(), 20),
    ],
)
def test_lead_leaves_time_to_upload_and_the_address_alive(given: PublicationDraft, minutes: int) -> None:
    assert bench("tiktok").channel.lead(given) == timedelta(minutes=minutes)
