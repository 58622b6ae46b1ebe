"""Facebook on the sandbox: media are really uploaded, fetched and judged, tokens end, Pages are restricted."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published
from munadi.ports import AccountImport, Stage
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import jpeg, new
from tests.channels.facebook_page import KINDS, STORIES, Acme, a_page, failure, film, posts
from tests.channels.making import GateThatCounts, Saved, image


@pytest.fixture
async def acme(oracle: Oracle, site: MediaSite) -> AsyncIterator[Acme]:
    async with a_page(oracle, site) as page:
        yield page


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("text", "text"),
        ("photos", "album"),
        ("reel", "reel"),
        ("video", "video"),
        ("photo story", "story"),
        ("video story", "story"),
    ],
)
async def test_each_kind_goes_out_once(oracle: Oracle, acme: Acme, kind: str, seen: str) -> None:
    given, saved = acme.draft(kind), Saved()
    await acme.prepare(given, saved)
    assert posts(oracle, acme) == []
    found = await acme.publish_until_live(given, saved)
    (post,) = posts(oracle, acme)
    text = "" if kind in STORIES else "Hello"
    assert (post["id"], post["url"], post["text"], post["kind"]) == (found.post_id, found.url, text, seen)
    assert found.warnings == ()
    assert found.published_at is not None
    again = await acme.channel.publish(given, acme.account, saved.handle, saved, Stage(GateThatCounts()))
    assert isinstance(again, Published)
    assert len(posts(oracle, acme)) == 1


async def test_photos_keep_their_order_and_alt_texts(oracle: Oracle, acme: Acme) -> None:
    await acme.post(acme.draft("photos"))
    (post,) = posts(oracle, acme)
    assert [(media["width"], media["alt"]) for media in post["media"]] == [(320, "Teal"), (400, "")]


@pytest.mark.parametrize("kind", ["reel", "video"])
@pytest.mark.parametrize("index", [0, 1])
async def test_an_image_beside_a_video_is_its_cover(oracle: Oracle, acme: Acme, kind: str, index: int) -> None:
    given, saved = acme.draft(kind, options={"coverIndex": index}), Saved()
    acme.media.files["med_1"] = jpeg(40, 60, "red")
    media = [*given.media]
    media.insert(index, image(1))
    given = given.model_copy(update={"media": tuple(media)})
    assert acme.channel.validate(given, None) == []
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)
    (post,) = posts(oracle, acme)
    assert post["raw"]["cover"] == hashlib.sha256(acme.media.files["med_1"]).hexdigest()
    assert len(post["media"]) == 1


async def test_a_story_whose_address_cannot_be_read_is_live_all_the_same(oracle: Oracle, acme: Acme) -> None:
    oracle.plant("facebook", "list_stories", "error", error={"code": 2})
    given, saved = acme.draft("photo story"), Saved()
    await acme.prepare(given, saved)
    found = await acme.publish(given, saved)
    assert (found.url, [warning.code for warning in found.warnings]) == (None, ["PERMALINK_PENDING"])
    later = await acme.channel.check(given, acme.account, saved.handle)
    (post,) = posts(oracle, acme)
    assert isinstance(later, Published)
    assert (later.post_id, later.url) == (post["id"], post["url"])


async def test_a_link_has_its_field(oracle: Oracle, acme: Acme) -> None:
    await acme.post(new("Look", link="https://acme.example/sale"))
    (post,) = posts(oracle, acme)
    assert (post["kind"], post["link"], post["text"]) == ("link", "https://acme.example/sale", "Look")


async def test_an_unreadable_link_is_read_again_before_the_second_try(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/switches", channel="facebook", kind="unreadableLinks", enabled=True)
    given, saved = new("Look", link="https://acme.example/sale"), Saved()
    assert (await failure(acme, given, saved)).effect is Effect.NOT_SENT
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_a_reel_that_cannot_be_processed_is_told_in_facebooks_words(acme: Acme) -> None:
    given = acme.draft("reel")
    acme.media.files["med_0"] = film(320, 180)
    given = given.model_copy(update={"media": (given.media[0].model_copy(update={"bytes": len(film(320, 180))}),)})
    saved = Saved()
    for effect in (Effect.NOT_SENT, Effect.NOT_SENT, Effect.REJECTED):
        error = await failure(acme, given, saved)
        assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, effect)
    assert "9:16" in str(error.provider_message)


@pytest.mark.parametrize("content", [None, b"words", jpeg(kind="WEBP")], ids=["missing", "words", "webp"])
async def test_photos_that_the_network_does_not_take(
    oracle: Oracle, acme: Acme, site: MediaSite, content: bytes | None
) -> None:
    site.files.clear()
    if content is not None:
        site.files["/med_0"] = content
    error = await failure(acme, acme.draft("photos"))
    assert (error.reason, error.provider_code) == (Reason.MEDIA_VALIDATION_FAILED, "324")
    assert posts(oracle, acme) == []


async def test_photos_that_lapsed_are_uploaded_again(oracle: Oracle, acme: Acme) -> None:
    given, saved = acme.draft("photos"), Saved()
    await acme.prepare(given, saved)
    oracle.call("POST", "/clock", advanceSeconds=86_400)
    error = await failure(acme, given, saved)  # our clock has not moved: only Facebook knows
    assert (error.reason, error.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_first_comment_stands_under_its_post(oracle: Oracle, acme: Acme, kind: str) -> None:
    given, saved = acme.draft(kind, first_comment="First"), Saved()
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)
    channel: Any = acme.channel
    oracle.plant("facebook", "comments", "accept_then_502")
    with pytest.raises(ChannelError) as caught:
        await channel.publish(given, acme.account, saved.handle, saved, Stage(GateThatCounts(), "comment"))
    assert caught.value.effect is Effect.UNKNOWN
    found = await channel.find(given, acme.account, saved.handle, given.due_at, stage="comment")
    assert isinstance(found, Published)
    assert [post["comments"] for post in posts(oracle, acme)] == [["First"]]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_comment_that_a_proxy_answered_is_not_there(oracle: Oracle, acme: Acme, kind: str) -> None:
    given, saved = acme.draft(kind, first_comment="First"), Saved()
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)
    oracle.plant("facebook", "comments", "error", status=200, body="not json")
    with pytest.raises(ChannelError) as caught:
        await acme.channel.publish(given, acme.account, saved.handle, saved, Stage(GateThatCounts(), "comment"))
    assert (caught.value.effect, caught.value.provider_code) == (Effect.UNKNOWN, "NO_PROOF")
    look = acme.channel.find(given, acme.account, saved.handle, given.due_at, stage="comment")
    assert await look == Absent()


async def test_the_days_reels_are_used_up(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/limits", channel="facebook", kind="reelsPerDay", value=0)
    error = await failure(acme, acme.draft("reel"))
    assert (error.reason, error.effect) == (Reason.RATE_LIMITED, Effect.NOT_SENT)


@pytest.mark.parametrize(
    ("subcode", "reason"),
    [(458, Reason.TOKEN_REVOKED), (460, Reason.TOKEN_REVOKED), (492, Reason.ROLE_OR_2FA_REQUIRED)],
)
async def test_a_withdrawn_grant(oracle: Oracle, acme: Acme, subcode: int, reason: Reason) -> None:
    oracle.call("POST", "/tokens/revoke", channel="facebook", profile=acme.account.external_id, subcode=subcode)
    error = await failure(acme, acme.draft("text"))
    assert error.reason is reason
    assert posts(oracle, acme) == []


async def test_an_expired_page_token_is_replaced_by_its_persons(oracle: Oracle, acme: Acme) -> None:
    oracle.call("POST", "/tokens/expire", channel="facebook", profile=acme.account.external_id)
    error = await failure(acme, acme.draft("text"))
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    fresh = await acme.channel.refresh(acme.account)
    acme.account = acme.account.model_copy(update={"credentials": fresh})
    await acme.post(acme.draft("text"))
    oracle.call("POST", "/tokens/expire", channel="facebook", profile=acme.account.external_id, which="all")
    with pytest.raises(ChannelError) as caught:
        await acme.channel.refresh(acme.account)
    assert caught.value.reason is Reason.TOKEN_REVOKED


@pytest.mark.parametrize(
    ("status", "reason"), [("restricted", Reason.ACCOUNT_RESTRICTED), ("checkpoint", Reason.LOGIN_CHECKPOINT)]
)
async def test_a_restricted_page_is_told_as_such(oracle: Oracle, acme: Acme, status: str, reason: Reason) -> None:
    oracle.call("PATCH", f"/profiles/facebook/{acme.account.external_id}", status=status)
    assert (await failure(acme, acme.draft("text"))).reason is reason


async def test_an_import_tells_page_from_person(oracle: Oracle, acme: Acme) -> None:
    assert acme.account.facts["category"] == "Test page"
    other = oracle.call("POST", "/profiles", channel="facebook", name="other")
    for token, words in ((other["accessToken"], "externalId"), (other["refreshToken"], "/me/accounts")):
        with pytest.raises(ChannelError) as caught:
            await acme.channel.verify(
                AccountImport(external_id=acme.account.external_id, access_token=SecretStr(token))
            )
        assert caught.value.reason is Reason.INVALID_FIELD
        assert words in caught.value.message
    found = await acme.channel.verify(AccountImport(access_token=SecretStr(other["accessToken"])))
    assert "pages_manage_posts" in found.profile.scopes
