"""A network that pulls our media is called only while it can fetch them: what it cannot fetch it refuses for good."""

from __future__ import annotations

import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from tests.channels.making import Bench, Saved, bench, error_of, image, publication, video, visible_step
from tests.channels.scene_tiktok import creator_state
from tests.channels.scenes import SCENES

AWAY = ChannelError(Reason.MEDIA_STORE_UNAVAILABLE, Effect.NOT_SENT, "the media store does not answer")


def without_store(name: str) -> Bench:
    built = bench(name, SCENES[name].settings)
    built.media.away = AWAY
    return built


def check_nothing_sent(built: Bench, error: ChannelError) -> None:
    assert error is AWAY
    assert [request for request in built.network.requests if request.method != "GET"] == []


@pytest.mark.parametrize("media", [(image(),), (video(),), (image(0), video(1))], ids=["image", "video", "several"])
@pytest.mark.parametrize("name", ["instagram", "threads"])
async def test_no_container_is_made(name: str, media: tuple[MediaAsset, ...]) -> None:
    built = without_store(name)
    error = await error_of(built.channel.prepare(publication("Sale", media=media), SCENES[name].account, None, Saved()))
    check_nothing_sent(built, error)


async def test_no_photo_is_handed_to_facebook() -> None:
    built = without_store("facebook")
    draft = publication("Sale", media=(image(), image(1)))
    error = await error_of(built.channel.prepare(draft, SCENES["facebook"].account, None, Saved()))
    check_nothing_sent(built, error)


@pytest.mark.parametrize("media", [(image(),), (video(),)], ids=["photo", "video"])
async def test_no_pull_is_asked_of_tiktok(media: tuple[MediaAsset, ...]) -> None:
    built, scene = without_store("tiktok"), SCENES["tiktok"]
    draft = publication("Sale", media=media, options=dict(scene.draft.options) | {"mode": "pull"})
    assert scene.handle is not None
    known = scene.handle.model_copy(update={"state": {"creator": creator_state()}})
    error = await error_of(built.channel.publish(draft, scene.account, known, Saved(known), visible_step()))
    check_nothing_sent(built, error)
