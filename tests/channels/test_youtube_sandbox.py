"""Videos at the emulated YouTube: sessions, chunks and comments."""

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
from tests.channels.sandbox import UNIT, Acme, draft

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
