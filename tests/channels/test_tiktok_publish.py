"""One visible call. A sent post is found by its publish_id, and a pull without one is unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.state import Prepared
from munadi.domain.channel import Resend
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, bench, error_of, image, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_tiktok import (
    COMPLETE,
    HOSTS,
    POST_ID,
    PUBLISH_ID,
    SETTINGS,
    STATUS,
    TIKTOK,
    UNFINISHED,
    UPLOAD_PATH,
    UPLOAD_URL,
    WHO,
    creator_state,
    done,
    handle,
    refused,
    said,
    upload_state,
)
from tests.channels.tiktok_network import BYTES, CANCEL, INIT, OPTIONS, PHOTOS, TikTokInMemory, state_of

FILE = TIKTOK.draft
FILE_READY = handle(creator=creator_state(), upload=upload_state())
PULL = publication("Pull", media=(video(),), options={**OPTIONS, "mode": "pull"})
PHOTO = publication("Photos", media=(image(0), image(1)), options=OPTIONS)
PULL_READY = handle(creator=creator_state())
SENT = handle(creator=creator_state(), publish_id=PUBLISH_ID, sent_at=NOW.isoformat())
FILE_SENT = handle(upload=upload_state(), sent_at=NOW.isoformat())
WHOLE, PULLING = said("PROCESSING_UPLOAD", uploaded_bytes=20), said("PROCESSING_DOWNLOAD")


def scripted(*statuses: httpx.Response | Exception, chunk: httpx.Response | Exception | None = None) -> Bench:
    """The network with these answers to status reads and to the last chunk."""
    built = bench("tiktok", SETTINGS)
    built.network.reading_posts = (STATUS,)
    for path in (INIT, PHOTOS):
        built.network.on("POST", path, done({"publish_id": PUBLISH_ID}))
    built.network.on("PUT", UPLOAD_PATH, chunk or httpx.Response(201)).on("POST", STATUS, *(statuses or (COMPLETE,)))
    return built


async def publish(built: Bench, given: PublicationDraft, known: Handle, saved: Saved | None = None) -> Any:
    return await built.publish(given, WHO, saved or Saved(known))


async def refusal(
    built: Bench, given: PublicationDraft, known: Handle, saved: Saved | None = None, **expected: Any
) -> ChannelError:
    return await error_of(publish(built, given, known, saved), **expected)


# The visible call


async def test_the_last_chunk_makes_a_file_public() -> None:
    tiktok = TikTokInMemory()
    await tiktok.until_ready()
    assert await tiktok.publish() == Pending(after=timedelta(seconds=5), note="TikTok is processing the video")
    assert tiktok.uploads == {"v_pub~1": BYTES}
    assert tiktok.bench.network.requests[-1].headers["content-range"] == "bytes 32-43/44"
    assert tiktok.state.sent_at == NOW
    assert (tiktok.saved.kept.ready, tiktok.saved.kept.expires_at) == (True, None)


@pytest.mark.parametrize(("given", "path"), [(PULL, INIT), (PHOTO, PHOTOS)], ids=["pull", "photos"])
async def test_the_init_makes_a_pull_public(given: PublicationDraft, path: str) -> None:
    built, saved = scripted(), Saved(PULL_READY)
    found = await publish(built, given, PULL_READY, saved)
    assert found == Pending(after=timedelta(seconds=5), note="TikTok is fetching the media")
    (request,) = built.network.requests
    assert (request.url.path, request.headers["content-type"]) == (
        f"/tiktok{path}",
        "application/json; charset=UTF-8",
    )
    assert (state_of(saved).publish_id, state_of(saved).sent_at) == (PUBLISH_ID, NOW)
    assert isinstance(await built.check(given, WHO, saved), Published)


@pytest.mark.parametrize("status", [403, 404, 416])
@pytest.mark.parametrize(("read", "expected"), [(COMPLETE, Published), (WHOLE, Pending)], ids=["complete", "whole"])
async def test_a_refused_last_chunk_may_have_arrived_already(status: int, read: httpx.Response, expected: Any) -> None:
    saved = Saved(FILE_READY)
    assert isinstance(await publish(scripted(read, chunk=answer(status)), FILE, FILE_READY, saved), expected)
    assert state_of(saved).sent_at == NOW


@pytest.mark.parametrize("status", [403, 404, 416])
async def test_a_refused_last_chunk_of_an_unfinished_upload_starts_again(status: int) -> None:
    built, saved = scripted(UNFINISHED, chunk=answer(status)), Saved(FILE_READY)
    await refusal(built, FILE, FILE_READY, saved, reason=Reason.MEDIA_PROCESSING_FAILED, effect=Effect.NOT_SENT)
    assert (state_of(saved), saved.kept.ready) == (Prepared(renewals=1), False)
    tired = handle(creator=creator_state(), upload=upload_state(), renewals=3)
    await refusal(built, FILE, tired, effect=Effect.REJECTED)


CANNOT_READ = [answer(503), refused(400, "invalid_publish_id"), said("PROCESSING_UPLOAD"), said("")]
# A refusal of the read says nothing about the post.
REFUSED_READS = [refused(401, code) for code in ("scope_not_authorized", "access_token_invalid", "spam_risk")]


@pytest.mark.parametrize("read", [*CANNOT_READ, *REFUSED_READS], ids=str)
async def test_a_refused_last_chunk_whose_status_cannot_be_read_is_unknown(read: httpx.Response) -> None:
    saved = Saved(FILE_READY)
    built = scripted(read, chunk=answer(404))
    await refusal(built, FILE, FILE_READY, saved, effect=Effect.UNKNOWN, code="HTTP 404")
    assert saved.history == []


async def test_a_refused_last_chunk_of_a_failed_post_is_final() -> None:
    built = scripted(said("FAILED", fail_reason="spam_risk"), chunk=answer(404))
    await refusal(built, FILE, FILE_READY, reason=Reason.SPAM_BLOCKED, effect=Effect.REJECTED)


async def test_an_upload_that_is_incomplete_after_its_last_chunk_is_unknown() -> None:
    await refusal(scripted(chunk=httpx.Response(206)), FILE, FILE_READY, effect=Effect.UNKNOWN)


async def test_an_expired_address_is_not_called() -> None:
    built, saved = scripted(), Saved(FILE_READY)
    built.clock.forward(minutes=55)
    await refusal(built, FILE, FILE_READY, saved, effect=Effect.NOT_SENT)
    assert (built.network.requests, state_of(saved)) == ([], Prepared(renewals=1))


async def test_nothing_is_sent_to_a_saved_address_that_is_no_longer_configured() -> None:
    moved = handle(creator=creator_state(), upload=upload_state(url="https://elsewhere.example/video/"))
    await refusal(built := scripted(), FILE, moved, effect=Effect.NOT_SENT, code="FOREIGN_URL")
    assert built.network.requests == []


@pytest.mark.parametrize(
    ("given", "reason", "effect"),
    [
        (answer(400), Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED),
        (answer(418, UPLOAD_URL), Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN),
        (answer(429), Reason.RATE_LIMITED, Effect.NOT_SENT),
        (answer(500), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        (httpx.ReadError(f"reset by {UPLOAD_URL}"), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
    ],
    ids=str,
)
async def test_an_upload_is_answered_with_a_bare_status_and_its_address_is_never_kept(
    given: httpx.Response | Exception, reason: Reason, effect: Effect
) -> None:
    error = await refusal(scripted(answer(503), chunk=given), FILE, FILE_READY, reason=reason, effect=effect)
    assert "secret-upload-token" not in " ".join(str(value) for value in vars(error).values())


# Posts that were sent before


@pytest.mark.parametrize(("given", "known"), [(PULL, SENT), (FILE, FILE_SENT)], ids=["pull", "file"])
async def test_the_status_of_a_sent_post_is_read_before_anything_is_sent_again(
    given: PublicationDraft, known: Handle
) -> None:
    assert isinstance(await publish(built := scripted(), given, known), Published)
    assert isinstance(await publish(scripted(PULLING), given, known), Pending)
    for read in (answer(503), *REFUSED_READS):
        await refusal(scripted(read), given, known, effect=Effect.UNKNOWN)
    assert built.network.mutations == []


async def test_a_post_that_tiktok_gave_up_is_started_again_only_by_a_retry() -> None:
    given_up, saved = said("FAILED", fail_reason="internal"), Saved(SENT)
    await refusal(scripted(given_up), PULL, SENT, saved, reason=Reason.PROVIDER_OUTAGE, effect=Effect.REJECTED)
    assert state_of(saved) == Prepared()
    retried = PULL.model_copy(update={"due_at": NOW + timedelta(seconds=1)})
    built, saved = scripted(given_up), Saved(SENT)
    await refusal(built, retried, SENT, saved, reason=Reason.MEDIA_PROCESSING_FAILED, effect=Effect.NOT_SENT)
    assert (state_of(saved), built.network.mutations) == (Prepared(), [])


async def test_an_accepted_pull_without_a_publish_id_is_not_sent_again() -> None:
    built, saved = scripted(), Saved(PULL_READY)
    built.network.on("POST", INIT, done({}))
    assert isinstance(await publish(built, PULL, PULL_READY, saved), Pending)
    assert isinstance(await built.check(PULL, WHO, saved.kept), Pending)
    assert isinstance(await built.find(PULL, WHO, saved.kept, NOW), Unknown)
    await refusal(built, PULL, saved.kept, effect=Effect.UNKNOWN)
    retried = PULL.model_copy(update={"due_at": NOW + timedelta(hours=1)})
    await refusal(built, retried, saved.kept, saved, effect=Effect.NOT_SENT)
    assert len(built.network.sent(INIT)) == 1


@pytest.mark.parametrize("given", [FILE, PULL, PHOTO, publication(options={"mode": "x"})], ids=lambda one: one.text)
def test_only_a_file_may_be_sent_again_by_the_same_handle(given: PublicationDraft) -> None:
    assert bench("tiktok").channel.resend(given, "post") is (Resend.SAME_HANDLE if given is FILE else Resend.NEVER)


async def test_discard_cancels_an_unfinished_upload_and_nothing_that_was_sent() -> None:
    built = scripted()
    built.network.on("POST", CANCEL, done())
    await built.channel.discard(WHO, FILE_SENT)
    assert built.network.requests == []
    await built.channel.discard(WHO, FILE_READY)
    assert built.network.requests[0].content == f'{{"publish_id":"{PUBLISH_ID}"}}'.encode()


# Reading the status


async def test_check_reports_a_failed_post_as_final() -> None:
    built = scripted(said("FAILED", fail_reason="spam_risk_text"))
    await error_of(built.check(PULL, WHO, SENT), Reason.CONTENT_POLICY, Effect.REJECTED, "spam_risk_text")


@pytest.mark.parametrize("read", [refused(400, "invalid_publish_id"), *REFUSED_READS], ids=str)
async def test_a_refused_read_proves_nothing_about_the_post(read: httpx.Response) -> None:
    await error_of(scripted(read).check(PULL, WHO, SENT), effect=Effect.UNKNOWN)


@pytest.mark.parametrize(("age", "wait"), [(0, 5), (29, 5), (30, 10), (299, 10), (300, 60), (3600, 60)])
async def test_an_older_post_is_polled_less_often(age: int, wait: int) -> None:
    built = scripted(PULLING)
    built.clock.forward(seconds=age)
    found = await built.check(PULL, WHO, SENT)
    assert found == Pending(after=timedelta(seconds=wait), note="TikTok says PROCESSING_DOWNLOAD")


async def test_check_before_the_last_chunk_is_ready() -> None:
    found = await scripted(UNFINISHED).check(FILE, WHO, FILE_READY)
    assert found == Ready(expires_at=NOW + timedelta(minutes=55))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (COMPLETE, Published),
        (UNFINISHED, Absent),
        (said("FAILED", fail_reason="internal"), Absent),
        *((said(word), Unknown) for word in ("PROCESSING_UPLOAD", "SEND_TO_USER_INBOX", "A_NEW_STATUS")),
        *((odd, Unknown) for odd in (WHOLE, PULLING, done(), httpx.ReadTimeout("slow"))),
        *((refused(*refusal), Unknown) for refusal in ((400, "invalid_publish_id"), (429, "rate_limit_exceeded"))),
    ],
    ids=lambda value: getattr(value, "text", str(value))[:60],
)
async def test_find_by_publish_id(status: Any, expected: Any) -> None:
    assert isinstance(await scripted(status).find(FILE, WHO, FILE_READY, NOW), expected)


@pytest.mark.parametrize("known", [None, PULL_READY], ids=["nothing", "creator"])
async def test_find_without_a_publish_id(known: Handle | None) -> None:
    built = scripted()
    assert isinstance(await built.find(FILE, WHO, known, NOW), Absent)
    assert isinstance(await built.find(PULL, WHO, known, NOW), Unknown)
    assert isinstance(await built.find(PHOTO, WHO, known, NOW), Unknown)
    assert built.network.requests == []


@pytest.mark.parametrize(("given", "kind"), [(FILE, "video"), (PULL, "video"), (PHOTO, "photo")])
async def test_the_address_of_a_post(given: PublicationDraft, kind: str) -> None:
    url = f"{HOSTS['auth']}/@acme/{kind}/{POST_ID}"
    nameless = handle(publish_id=PUBLISH_ID, sent_at=NOW.isoformat())
    for who, known in ((WHO, SENT), (WHO.model_copy(update={"handle": "@acme"}), nameless)):
        found = await scripted().check(given, who, known)
        assert found == Published(post_id=str(POST_ID), url=url, published_at=NOW, warnings=())


@pytest.mark.parametrize("ids", [None, [], "7", [1, 2]], ids=str)
@pytest.mark.parametrize(("level", "words"), [("PUBLIC_TO_EVERYONE", "moderated"), ("SELF_ONLY", "private")])
async def test_a_post_may_be_live_before_its_id_is_known(ids: Any, level: str, words: str) -> None:
    given = PULL.model_copy(update={"options": {**PULL.options, "privacyLevel": level}})
    found = await scripted(said("PUBLISH_COMPLETE", publicaly_available_post_id=ids)).check(given, WHO, SENT)
    assert isinstance(found, Published)
    (warning,) = found.warnings
    assert (found.post_id, found.url, warning.code, words in warning.message) == (None, None, "POST_ID_PENDING", True)


async def test_a_token_that_is_echoed_with_http_200_is_removed() -> None:
    token = WHO.credentials.access_token.get_secret_value()
    built = scripted(ok({"error": {"code": "odd", "message": f"what is {token}"}}))
    error = await error_of(built.check(PULL, WHO, SENT), code="odd")
    assert token not in " ".join(str(value) for value in vars(error).values())
