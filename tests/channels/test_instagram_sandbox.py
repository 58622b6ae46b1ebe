"""What Instagram's posts look like on the sandbox: kinds, covers, people, quotas, and the log-in through a Page."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.failure import Effect, Reason
from munadi.ports import AccountImport
from tests.channels.connected import jpeg, mp4, new
from tests.channels.making import error_of, image, video
from tests.channels.sandbox import Acme, at, draft

CHANNEL = "instagram"
BOTH = ("instagram", "instagram page")


@at(*BOTH)
async def test_an_image_that_is_no_jpeg_is_published_as_one(acme: Acme) -> None:
    acme.put(**{"med_0": jpeg(kind="WEBP"), "med_0-jpeg": jpeg(400, 320)})
    webp = image(mime_type="image/webp", has_alpha=False, animated=False, alt="Teal")
    await acme.post(new("Hello", media=(webp,)))
    (post,) = acme.posts
    assert [(media["mimeType"], media["width"], media["alt"]) for media in post["media"]] == [
        ("image/jpeg", 400, "Teal")
    ]


@at(*BOTH)
async def test_the_quota_is_read_when_connecting_and_waited_for(acme: Acme) -> None:
    assert acme.account.facts["quota"] == {"used": 0, "total": 100, "left": 100}
    acme.set("limits", 1, "postsPerDay")
    await acme.post(draft(acme, "photo"))
    error = await acme.failure(draft(acme, "photo", "One more"))
    assert (error.reason, error.effect) == (Reason.DAILY_CAP_REACHED, Effect.NOT_SENT)
    assert (error.retry_after, "1 of 1 posts" in error.message) == (timedelta(hours=1), True)
    given = AccountImport(access_token=acme.account.credentials.access_token, login=acme.account.login)
    assert (await acme.channel.verify(given)).profile.facts["quota"] == {"used": 1, "total": 1, "left": 0}


@at("instagram page")
async def test_a_page_has_nothing_to_renew_until_its_token_is_dead(acme: Acme) -> None:
    assert set(acme.account.facts) == {"page_id", "page_name", "quota"}
    assert "instagram_manage_comments" in acme.account.scopes
    assert await acme.channel.refresh(acme.account) == acme.account.credentials
    acme.tokens("revoke", subcode=460)
    assert (await error_of(acme.channel.refresh(acme.account))).reason is Reason.TOKEN_REVOKED


async def test_a_carousel_keeps_its_order_and_its_people(acme: Acme) -> None:
    assert acme.account.facts["account_type"] == "BUSINESS"
    acme.put(med_0=jpeg(), med_1=mp4(3), med_2=jpeg(400, 320, "red"))
    tags = [{"username": "a", "x": 0.5, "y": 0.5, "mediaIndex": 0}, {"username": "b", "mediaIndex": 1}]
    await acme.post(new("Three", media=(image(0), video(1), image(2, alt="Red")), options={"userTags": tags}))
    (post,) = acme.posts
    assert [media["mimeType"] for media in post["media"]] == ["image/jpeg", "video/mp4", "image/jpeg"]
    assert [media["width"] for media in post["media"]] == [320, 90, 400]
    assert post["raw"]["shown"] == {
        "user_tags of 0": '[{"username": "a", "x": 0.5, "y": 0.5}]',
        "user_tags of 1": '[{"username": "b"}]',
    }


async def test_a_reel_with_its_own_cover(acme: Acme) -> None:
    acme.put(med_0=jpeg(90, 160, "red"), med_1=mp4(3))
    options = {"coverIndex": 0, "audioName": "Monsoon", "trialGraduation": "MANUAL"}
    given = new("A reel", media=(image(0), video(1)), options=options)
    await acme.post(given)
    (post,) = acme.posts
    assert post["raw"]["cover"] == hashlib.sha256(acme.media.files["med_0"]).hexdigest()
    assert [media["mimeType"] for media in post["media"]] == ["video/mp4"]
    assert post["raw"]["shown"] == {"audio_name": "Monsoon", "trial_params": '{"graduation_strategy": "MANUAL"}'}
    del acme.site.files["/med_0"]
    error = await acme.failure(given)
    assert (error.reason, error.provider_code) == (Reason.MEDIA_UNREACHABLE, "9004/2207052")


@pytest.mark.parametrize(("options", "kind"), [({}, "REELS"), ({"kind": "story"}, "STORY")])
async def test_a_video_is_a_reel_or_a_story(acme: Acme, options: dict[str, Any], kind: str) -> None:
    acme.put(med_0=mp4(3))
    found = await acme.post(new("" if options else "A reel", media=(video(),), options=options))
    (post,) = acme.posts
    assert (post["id"], post["raw"]["product_type"]) == (found.post_id, kind)
