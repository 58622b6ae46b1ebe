"""Videos at the emulated YouTube: sessions, chunks, processing and comments."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.connected import film, new
from tests.channels.making import error_of
from tests.channels.sandbox import UNIT, Acme, acme_at, draft
from tests.channels.servers import MediaSite, Oracle

CHANNEL = "youtube"
CLIP = film(90, 160, 1)
LONG_CLIP = CLIP + (2 * UNIT - 4).to_bytes(4, "big") + b"free" + bytes(2 * UNIT - 12)  # three chunks


def clip(acme: Acme, content: bytes = CLIP, text: str = "Monsoon sale", **options: Any) -> PublicationDraft:
    given = draft(acme, "clip", text, options=options)
    acme.put(med_0=content)
    return given.model_copy(update={"media": (given.media[0].model_copy(update={"bytes": len(content)}),)})


async def stored(post: dict[str, Any], index: int = 0) -> bytes:
    async with httpx.AsyncClient() as client:
        return (await client.get(post["media"][index]["url"])).content


async def insist(acme: Acme, given: PublicationDraft, saved: Saved) -> None:
    """Prepare as the workflow does, which repeats a failed run."""
    for _ in range(9):
        try:
            await acme.prepare(given, saved)
            return
        except ChannelError as error:
            if error.effect is Effect.REJECTED:
                raise
    raise AssertionError("never ready")


@pytest.mark.parametrize("content", [CLIP, LONG_CLIP], ids=["one chunk", "three chunks"])
async def test_a_video_is_published_unchanged_with_one_visible_call(acme: Acme, content: bytes) -> None:
    await acme.post(clip(acme, content, tags=["sale", "big rain"], title="Sale"))
    (post,) = acme.posts
    assert (post["kind"], post["media"][0]["mimeType"], await stored(post)) == ("short", "video/mp4", content)
    snippet = {"title": "Sale", "description": "Monsoon sale", "tags": ["sale", "big rain"], "categoryId": "22"}
    assert post["raw"]["snippet"] == snippet
    assert [call["effect"] for call in acme.oracle.call("GET", "/calls") if call["visible"]] == [True]


async def test_an_unlisted_video_can_be_watched_and_a_private_one_cannot(acme: Acme) -> None:
    await acme.post(clip(acme, privacyStatus="unlisted"))
    assert (await acme.post(clip(acme, privacyStatus="private"))).post_id
    assert [post["raw"]["status"]["privacyStatus"] for post in acme.posts] == ["unlisted"]


LOST = ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body", "live_but_error", "reset"]


@pytest.mark.parametrize("mode", LOST)
@pytest.mark.parametrize("content", [CLIP, LONG_CLIP], ids=["last chunk", "first chunk"])
async def test_a_lost_chunk_makes_no_second_video(acme: Acme, mode: str, content: bytes) -> None:
    acme.plant("upload_chunk", mode)
    given, saved = clip(acme, content), Saved()
    if not (mode == "accept_then_half_body" and content is LONG_CLIP):  # a 308 has no body to lose, it may succeed
        await error_of(acme.prepare(given, saved))
    await insist(acme, given, saved)
    await acme.finish(given, saved)
    assert len(acme.posts) == 1
    assert [call["effect"] for call in acme.calls("start_upload")] == [True]


async def test_a_lost_answer_at_the_start_leaves_nothing_behind(acme: Acme) -> None:
    acme.plant("start_upload", "accept_then_reset")
    given, saved = clip(acme), Saved()
    assert (await acme.failure(given, saved)).effect is Effect.UNKNOWN
    await acme.post(given, saved)
    assert len(acme.posts) == 1


async def test_a_slot_is_kept_while_processing_continues(oracle: Oracle, site: MediaSite) -> None:
    async with acme_at("youtube", oracle, site, processing_patience=0) as acme:
        acme.set("delays", 60, "processing")
        found = await acme.post(clip(acme))
        assert [warning.code for warning in found.warnings] == ["STILL_PROCESSING"]
        assert acme.posts == []
        oracle.call("POST", "/clock", advanceSeconds=61)
        assert [post["id"] for post in acme.posts] == [found.post_id]


@pytest.mark.parametrize(
    ("switch", "reason"), [("rejectDuplicates", Reason.DUPLICATE_CONTENT), ("keepPrivate", Reason.APP_NOT_APPROVED)]
)
async def test_a_video_that_youtube_does_not_publish_is_reported(acme: Acme, switch: str, reason: Reason) -> None:
    await acme.post(clip(acme))
    acme.set("switches", True, switch)
    await acme.failure(clip(acme), reason=reason, effect=Effect.REJECTED)


async def test_an_upload_continues_after_its_token_expires(acme: Acme) -> None:
    given, saved = clip(acme, LONG_CLIP), Saved()
    await acme.port.prepare(given, acme.account, saved)
    acme.oracle.call("POST", "/clock", advanceSeconds=3600)
    await acme.failure(given, saved, reason=Reason.TOKEN_EXPIRED, effect=Effect.NOT_SENT)
    old = acme.account.credentials.refresh_token
    await acme.refresh()
    assert acme.account.credentials.refresh_token == old
    await acme.post(given, saved)
    assert (len(acme.posts), len(acme.calls("start_upload"))) == (1, 1)


# The first comment


async def commented(acme: Acme) -> tuple[PublicationDraft, Saved]:
    """A video that is published, but not its comment."""
    given, saved = clip(acme).model_copy(update={"first_comment": "Doors open at nine\nCome in 🌧"}), Saved()
    await acme.post(given, saved)
    return given, saved


async def test_a_comment_has_an_address_below_the_video(acme: Acme) -> None:
    given, saved = await commented(acme)
    made = await acme.finish(given, saved, "comment")
    assert made.url == f"{acme.posts[0]['url']}&lc={made.post_id}"
    assert [call["visible"] for call in acme.calls("insert_comment")] == [True]
    assert (await acme.find(given, saved, "comment")).url == made.url
    await acme.finish(given, saved, "comment")
    found = await acme.find(given, saved, "comment")
    assert isinstance(found, Unknown)
    assert "2 comments" in found.note


async def test_another_accounts_comment_is_not_ours(acme: Acme) -> None:
    given, saved = await commented(acme)
    own = acme.account
    acme.account = own.model_copy(update={"external_id": "UCsomebodyelse"})
    await acme.finish(given, saved, "comment")
    assert isinstance(await acme.find(given, saved, "comment"), Unknown)
    acme.account = own
    assert isinstance(await acme.find(given, saved, "comment"), Published)


async def test_without_a_handle_the_video_is_searched_for(acme: Acme) -> None:
    given, _ = await commented(acme)
    await acme.finish(given, Saved(), "comment")
    assert isinstance(await acme.find(given, Saved(), "comment"), Published)
    other = given.model_copy(update={"text": "Never uploaded"})
    assert (await error_of(acme.send(other, Saved(), "comment"))).effect is Effect.NOT_SENT
    assert isinstance(await acme.find(other, Saved(), "comment"), Unknown)


@pytest.mark.parametrize(
    ("word", "reason", "effect"),
    [
        ("commentsDisabled", Reason.FEATURE_NOT_ELIGIBLE, Effect.REJECTED),
        ("commentTextTooLong", Reason.INVALID_FIELD, Effect.REJECTED),
        ("quotaExceeded", Reason.QUOTA_EXCEEDED, Effect.NOT_SENT),
        ("backendError", Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
    ],
)
async def test_a_refused_comment(acme: Acme, word: str, reason: Reason, effect: Effect) -> None:
    given, saved = await commented(acme)
    acme.plant("insert_comment", "error", error={"reason": word})
    await error_of(acme.send(given, saved, "comment"), reason, effect)
    acme.plant("list_comments", "error", error={"reason": "commentsDisabled"})
    assert isinstance(await acme.find(given, saved, "comment"), Unknown)
    assert acme.channel.steps(new("x")) == ()
