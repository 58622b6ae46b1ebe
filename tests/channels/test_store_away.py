"""A network that fetches our media is called only while it can reach them, because it refuses other media finally."""

from __future__ import annotations

import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from tests.channels.calls import Saved
from tests.channels.making import Bench, bench, error_of, image, publication, video
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


KINDS = [(image(),), (video(),), (image(0), video(1))]


@pytest.mark.parametrize(
    ("name", "media"),
    [*((name, media) for name in ("instagram", "threads") for media in KINDS), ("facebook", (image(), image(1)))],
)
async def test_while_the_store_is_away_no_network_that_fetches_media_is_called(
    name: str, media: tuple[MediaAsset, ...]
) -> None:
    built = without_store(name)
    error = await error_of(built.prepare(publication("Sale", media=media), SCENES[name].account))
    check_nothing_sent(built, error)


@pytest.mark.parametrize("media", [(image(),), (video(),)], ids=["photo", "video"])
async def test_while_the_store_is_away_tiktok_is_sent_no_pull(media: tuple[MediaAsset, ...]) -> None:
    built, scene = without_store("tiktok"), SCENES["tiktok"]
    draft = publication("Sale", media=media, options=dict(scene.draft.options) | {"mode": "pull"})
    assert scene.handle is not None
    saved = Saved(scene.handle.model_copy(update={"state": {"creator": creator_state()}}))
    error = await error_of(built.publish(draft, scene.account, saved))
    check_nothing_sent(built, error)
