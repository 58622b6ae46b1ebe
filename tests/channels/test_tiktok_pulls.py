"""Media that TikTok could not fetch: another init is made, and only after the earlier publish_id is FAILED."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.pulls import PULL_WAITS
from munadi.channels.tiktok.state import Prepared
from munadi.domain.failure import Effect, PostDropped, Reason
from munadi.domain.publication import Handle, Ready
from tests.channels.calls import Saved
from tests.channels.making import NOW, error_of, image, publication, video
from tests.channels.network import answer
from tests.channels.scene_tiktok import PUBLISH_ID, STATUS, WHO, creator_state, handle, refused, said
from tests.channels.test_tiktok_publish import refusal, scripted
from tests.channels.tiktok_network import OPTIONS, TikTokInMemory, state_of

SENT: dict[str, Any] = {"creator": creator_state(), "publish_id": "v1", "sent_at": NOW.isoformat()}
NO_PHOTO, NO_VIDEO = (said("FAILED", fail_reason=f"{kind}_pull_failed") for kind in ("photo", "video"))
PHOTO = publication("Photo", media=(image(),), options=OPTIONS)
PULL = publication("Pull", media=(video(),), options={**OPTIONS, "mode": "pull"})


async def sent_before(state: dict[str, Any], *statuses: httpx.Response) -> TikTokInMemory:
    tiktok = TikTokInMemory()
    tiktok.saved.handle = Handle(draft_version=1, state=state, ready=True)
    tiktok.bench.network.on("POST", STATUS, *statuses)
    return tiktok


@pytest.mark.parametrize(
    "status",
    [said("PUBLISH_COMPLETE"), said("PROCESSING_DOWNLOAD"), said(""), said("FAILED", fail_reason="internal")],
    ids=["complete", "pulling", "nothing", "failed"],
)
async def test_a_sent_post_is_not_prepared_again(status: httpx.Response) -> None:
    tiktok = await sent_before(SENT, status)
    assert await tiktok.prepare() == Ready()
    assert (tiktok.state, tiktok.bench.network.mutations) == (Prepared.model_validate(SENT), [])


async def test_a_sent_post_without_a_publish_id_is_not_prepared_again() -> None:
    tiktok = await sent_before({"sent_at": NOW.isoformat()}, NO_PHOTO)
    assert await tiktok.prepare() == Ready()
    assert tiktok.bench.network.requests == []


@pytest.mark.parametrize("status", [answer(503), refused(401, "scope_not_authorized")], ids=["away", "refused"])
async def test_a_sent_post_whose_status_cannot_be_read_is_not_prepared_again(status: httpx.Response) -> None:
    tiktok = await sent_before(SENT, status)
    await error_of(tiktok.prepare(), effect=Effect.UNKNOWN)
    assert (tiktok.state, tiktok.bench.network.mutations) == (Prepared.model_validate(SENT), [])


async def test_what_tiktok_could_not_fetch_is_prepared_again_for_another_init() -> None:
    tiktok = await sent_before({**SENT, "failed_pulls": 2}, NO_PHOTO)
    tiktok.bench.clock.forward(minutes=1)
    assert isinstance(await tiktok.bench.prepare(PHOTO, WHO, tiktok.saved), Ready)
    state = tiktok.state
    assert (state.publish_id, state.sent_at, state.failed_pulls, len(state.photos)) == (None, None, 3, 1)
    assert state.creator is not None  # read again: TikTok wants that before each post
    assert tiktok.saved.kept.ready


async def test_what_tiktok_could_not_fetch_too_often_is_not_prepared_again() -> None:
    tiktok = await sent_before({**SENT, "failed_pulls": len(PULL_WAITS)}, NO_PHOTO)
    assert await tiktok.prepare() == Ready()
    assert tiktok.state.publish_id == "v1"


@pytest.mark.parametrize("failed", range(len(PULL_WAITS) + 1))
async def test_a_failed_pull_is_another_try_until_there_were_too_many(failed: int) -> None:
    known = handle(creator=creator_state(), publish_id=PUBLISH_ID, sent_at=NOW.isoformat(), failed_pulls=failed)
    repeats = failed < len(PULL_WAITS)
    effect = Effect.NOT_SENT if repeats else Effect.REJECTED
    checked = await error_of(
        scripted(NO_VIDEO).check(PULL, WHO, known), Reason.MEDIA_UNREACHABLE, effect, "video_pull_failed"
    )
    assert isinstance(checked, PostDropped)
    # A publish that meets it makes no call either: first the post is prepared again.
    built, saved = scripted(NO_VIDEO), Saved(known)
    await refusal(built, PULL, known, saved, reason=Reason.MEDIA_UNREACHABLE, effect=effect)
    assert (state_of(saved), built.network.mutations) == (Prepared(failed_pulls=failed + 1 if repeats else 0), [])
    retried = PULL.model_copy(update={"due_at": NOW + timedelta(seconds=1)})
    saved = Saved(known)
    await refusal(scripted(NO_VIDEO), retried, known, saved, effect=Effect.NOT_SENT)
    assert state_of(saved) == Prepared()
