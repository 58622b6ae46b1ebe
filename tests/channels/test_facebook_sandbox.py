"""What Facebook's posts look like on the sandbox: covers, links, stories, uploads that break, posts that are alike."""

from __future__ import annotations

import hashlib

import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Unknown
from tests.channels.connected import film, jpeg, new
from tests.channels.making import Saved, error_of, image
from tests.channels.sandbox import Acme, draft

CHANNEL = "facebook"
STORIES = ["photo story", "video story"]
LINK = "https://acme.example/sale"
SEEN = {"text": "text", "photos": "album", "reel": "reel", "video": "video", **dict.fromkeys(STORIES, "story")}


async def test_each_kind_is_shown_as_what_it_is(acme: Acme) -> None:
    for kind, seen in SEEN.items():
        await acme.post(draft(acme, kind, kind))
        assert acme.posts[-1]["kind"] == seen


async def test_photos_keep_their_order_and_alt_texts(acme: Acme) -> None:
    await acme.post(draft(acme, "photos"))
    assert [(media["width"], media["alt"]) for media in acme.posts[0]["media"]] == [(320, "Teal"), (400, "")]


@pytest.mark.parametrize("kind", ["reel", "video"])
@pytest.mark.parametrize("index", [0, 1])
async def test_an_image_beside_a_video_is_its_cover(acme: Acme, kind: str, index: int) -> None:
    given = draft(acme, kind, options={"coverIndex": index})
    acme.put(med_1=jpeg(40, 60, "red"))
    media = [*given.media]
    media.insert(index, image(1))
    given = given.model_copy(update={"media": tuple(media)})
    assert acme.channel.validate(given, None) == []
    await acme.post(given)
    (post,) = acme.posts
    assert post["raw"]["cover"] == hashlib.sha256(acme.media.files["med_1"]).hexdigest()
    assert len(post["media"]) == 1


async def test_a_link_has_its_field_and_is_scraped_again_when_it_was_unreadable(acme: Acme) -> None:
    await acme.post(new("Look", link=LINK))
    (post,) = acme.posts
    assert (post["kind"], post["link"], post["text"]) == ("link", LINK, "Look")
    acme.set("switches", True, "unreadableLinks")
    given, saved = new("Look again", link=LINK), Saved()
    assert (await acme.failure(given, saved)).effect is Effect.NOT_SENT
    await acme.post(given, saved)
    assert len(acme.posts) == 2


async def test_a_reel_that_cannot_be_processed_is_explained_in_facebooks_words(acme: Acme) -> None:
    given = draft(acme, "reel")
    wide = film(320, 180)
    acme.put(med_0=wide)
    given = given.model_copy(update={"media": (given.media[0].model_copy(update={"bytes": len(wide)}),)})
    saved = Saved()
    for effect in (Effect.NOT_SENT, Effect.NOT_SENT, Effect.REJECTED):
        error = await acme.failure(given, saved)
        assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, effect)
    assert "9:16" in str(error.provider_message)


async def test_photos_that_lapsed_at_facebook_alone_are_refused(acme: Acme) -> None:
    given, saved = draft(acme, "photos"), Saved()
    await acme.prepare(given, saved)
    acme.oracle.call("POST", "/clock", advanceSeconds=86_400)  # our clock has not moved: only Facebook knows
    error = await error_of(acme.send(given, saved))
    assert (error.reason, error.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)


@pytest.mark.parametrize("kind", STORIES)
async def test_another_story_is_not_taken_for_ours(acme: Acme, kind: str) -> None:
    """Nor for a proof that ours is not there: the id that a story has its media under is promised nowhere."""
    given, saved = draft(acme, kind), Saved()
    await acme.prepare(given, saved)
    await acme.post(draft(acme, kind))
    assert isinstance(await acme.look(given, saved), Unknown)
    given, saved = draft(acme, next(one for one in STORIES if one != kind)), Saved()
    await acme.prepare(given, saved)
    assert await acme.look(given, saved) == Absent()


async def test_the_same_text_again_is_a_duplicate_that_may_be_ours(acme: Acme) -> None:
    await acme.post(draft(acme, "text"))
    error = await acme.failure(draft(acme, "text"))
    assert (error.reason, error.effect) == (Reason.DUPLICATE_CONTENT, Effect.UNKNOWN)
    assert len(acme.posts) == 1


async def test_a_reel_is_not_published_before_facebook_says_so(acme: Acme) -> None:
    acme.set("delays", 0.4, "publish")
    given, saved = draft(acme, "reel"), Saved()
    await acme.prepare(given, saved)
    assert isinstance(await acme.send(given, saved), Pending)
    assert acme.posts == []
    assert isinstance(await acme.look(given, saved), Unknown)
    assert isinstance(await acme.finish(given, saved), Published)
    assert len(acme.posts) == 1


async def test_a_cut_upload_continues_where_it_ended(acme: Acme) -> None:
    given, saved = draft(acme, "reel"), Saved()
    acme.set("limits", given.media[0].bytes // 2 + 1, "bytesPerUpload")
    assert (await acme.failure(given, saved)).provider_code == "PartialRequestError"
    await acme.post(given, saved)
    (post,) = acme.posts
    assert (post["media"][0]["width"], post["media"][0]["mimeType"]) == (540, "video/mp4")


@pytest.mark.parametrize("mode", ["accept_then_reset", "reset"])
@pytest.mark.parametrize(("kind", "step"), [("reel", "upload_reel"), ("video", "transfer_video")])
async def test_an_upload_survives_a_lost_answer(acme: Acme, kind: str, step: str, mode: str) -> None:
    acme.plant(step, mode)
    given, saved = draft(acme, kind), Saved()
    await acme.failure(given, saved)
    if (kind, mode) == ("video", "accept_then_reset"):
        # The part is there already, so it is refused with the offset to continue from.
        await acme.failure(given, saved)
    await acme.post(given, saved)
    assert len(acme.posts) == 1
