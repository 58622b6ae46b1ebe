"""Threads on the sandbox: media are really fetched and judged, and the oracle counts what went out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Published, Unknown
from munadi.ports import AccountImport, PublicationDraft, Stage
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected, jpeg, mp4, new
from tests.channels.making import GateThatCounts, Saved, image, video

LINK = "https://example.com/sale"
QUICK = {"poll_text": 0.02, "poll_image": 0.02, "poll_video": 0.02, "poll_slow": 0.1, "settle": 0}


@asynccontextmanager
async def connected_to(oracle: Oracle, site: MediaSite) -> AsyncIterator[Connected]:
    """A profile of its own, at a network that needs no time."""
    for kind in ("text", "image", "video", "parent", "race"):
        oracle.call("PUT", "/delays", channel="threads", kind=kind, seconds=0)
    profile = oracle.call("POST", "/profiles", channel="threads", name="acme")
    hosts = {"graph": f"{oracle.url}/threads/graph", "token": f"{oracle.url}/threads/token"}
    async with httpx.AsyncClient() as client:
        connected = Connected("threads", {"hosts": hosts, **QUICK}, client)
        connected.media.base = site.url
        site.files["/med_0"] = jpeg()
        given = AccountImport(external_id=profile["externalId"], access_token=SecretStr(profile["accessToken"]))
        await connected.connect(given)
        yield connected


@pytest.fixture
async def acme(oracle: Oracle, site: MediaSite) -> AsyncIterator[Connected]:
    async with connected_to(oracle, site) as connected:
        yield connected


def posts(oracle: Oracle, connected: Connected) -> list[dict[str, Any]]:
    return oracle.posts(connected.account.external_id)


async def failure(connected: Connected, given: PublicationDraft) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await connected.post(given)
    return caught.value


async def refused(connected: Connected, given: PublicationDraft, saved: Saved, name: str = "post") -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await step(connected, given, saved, name)
    return caught.value


async def step(connected: Connected, given: PublicationDraft, saved: Saved, name: str) -> Published:
    """One try of one visible step."""
    stage = Stage(GateThatCounts(), name)
    found = await connected.channel.publish(given, connected.account, saved.handle, saved, stage)
    assert isinstance(found, Published)
    return found


async def finish(connected: Connected, given: PublicationDraft, saved: Saved, name: str) -> Published:
    """A later step as the driver takes it: what was not sent is tried again after its wait."""
    for _ in range(4):
        try:
            return await step(connected, given, saved, name)
        except ChannelError as error:
            if error.effect is not Effect.NOT_SENT or error.retry_after is None:
                raise
            await asyncio.sleep(error.retry_after.total_seconds())
    raise AssertionError("a step has four tries")


async def test_what_an_import_learns(acme: Connected) -> None:
    given = AccountImport(access_token=acme.account.credentials.access_token)
    connection = await acme.channel.verify(given)
    assert "threads_manage_replies" in connection.profile.scopes
    assert connection.credentials.expires_at is not None
    quota = {"used": 0, "total": 250, "left": 250}
    assert connection.profile.facts == {"is_verified": False, "quota": quota}


async def test_a_text_with_its_card_and_topic(oracle: Oracle, acme: Connected) -> None:
    options = {"topicTag": "Sale", "replyControl": "mentioned_only"}
    found = await acme.post(new("Hello", link=LINK, options=options))
    (post,) = posts(oracle, acme)
    assert (post["id"], post["url"], post["text"], post["link"]) == (found.post_id, found.url, "Hello", LINK)
    assert post["raw"]["shown"] == {"topic_tag": "Sale", "reply_control": "mentioned_only"}
    assert found.published_at is not None


async def test_a_poll(oracle: Oracle, acme: Connected) -> None:
    await acme.post(new("Tea?", options={"poll": ["चाय", "Coffee"]}))
    (post,) = posts(oracle, acme)
    assert post["raw"]["shown"]["poll_attachment"] == '{"option_a": "चाय", "option_b": "Coffee"}'


async def test_a_quote_shown_in_two_countries(oracle: Oracle, acme: Connected) -> None:
    first = await acme.post(new("Hello"))
    options = {"quotePostId": first.post_id, "countries": ["IN", "DE"], "locationId": "77", "replyApprovals": True}
    await acme.post(new("As I said", media=(image(),), options=options))
    _, quote = posts(oracle, acme)
    assert quote["raw"]["shown"] == {
        "quote_post_id": first.post_id,
        "allowlisted_country_codes": "IN,DE",
        "location_id": "77",
        "enable_reply_approvals": "true",
    }


async def test_a_quote_of_what_is_not_there(oracle: Oracle, acme: Connected) -> None:
    error = await failure(acme, new("As I said", options={"quotePostId": "18000000000000000"}))
    assert error.effect in (Effect.REJECTED, Effect.NOT_SENT)
    assert posts(oracle, acme) == []


async def test_a_gif(oracle: Oracle, acme: Connected) -> None:
    given = new("Tea time", options={"gif": {"id": "xT9IgG50Fb7Mi0prBC"}})
    await acme.post(given)
    (post,) = posts(oracle, acme)
    assert post["raw"]["shown"] == {"gif_attachment": '{"gif_id": "xT9IgG50Fb7Mi0prBC", "provider": "GIPHY"}'}


async def test_a_long_text_with_spoilers_above_it(oracle: Oracle, acme: Connected) -> None:
    attachment = {"text": "चाय " * 2000, "link": LINK, "styles": [{"offset": 0, "length": 3, "styles": ["highlight"]}]}
    spoilers = [{"offset": 0, "length": 3}]
    await acme.post(new("Tea and more", options={"textAttachment": attachment, "textSpoilers": spoilers}))
    (post,) = posts(oracle, acme)
    shown = post["raw"]["shown"]
    assert json.loads(shown["text_attachment"])["plaintext"] == attachment["text"]
    assert json.loads(shown["text_entities"]) == [{"entity_type": "SPOILER", "offset": 0, "length": 3}]


async def test_an_image_with_its_alt_text_and_a_link_in_the_text(oracle: Oracle, acme: Connected) -> None:
    await acme.post(new(f"Hello\n\n{LINK}", media=(image(alt="Teal"),), options={"spoiler": True}))
    (post,) = posts(oracle, acme)
    assert (post["kind"], post["text"], post["raw"]["shown"]) == (
        "image",
        f"Hello\n\n{LINK}",
        {"is_spoiler_media": "true"},
    )
    assert [media["alt"] for media in post["media"]] == ["Teal"]


async def test_a_video(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    site.files["/med_0"] = mp4(1)
    await acme.post(new("A film", media=(video(alt="Waves"),)))
    (post,) = posts(oracle, acme)
    assert (post["kind"], post["media"][0]["mimeType"], post["media"][0]["alt"]) == ("video", "video/mp4", "Waves")


async def test_a_carousel_keeps_its_order(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    site.files |= {"/med_1": mp4(1), "/med_2": jpeg(400, 320, "red")}
    await acme.post(new("Three", media=(image(0), video(1), image(2, alt="Red"))))
    (post,) = posts(oracle, acme)
    assert [media["mimeType"] for media in post["media"]] == ["image/jpeg", "video/mp4", "image/jpeg"]
    assert [media["alt"] for media in post["media"]] == ["", "", "Red"]


async def test_a_carousel_of_twenty(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    site.files |= {f"/med_{index}": jpeg() for index in range(20)}
    await acme.post(new("Many", media=tuple(image(index) for index in range(20))))
    (post,) = posts(oracle, acme)
    assert len(post["media"]) == 20


async def test_a_chain_and_a_first_comment(oracle: Oracle, acme: Connected) -> None:
    given, saved = new("one", media=(image(),), parts=("two", "three"), first_comment="by the way"), Saved()
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    ids = [(await finish(acme, given, saved, name)).post_id for name in acme.channel.stages(given)]
    root, *replies = posts(oracle, acme)
    assert [(reply["id"], reply["text"]) for reply in replies] == list(
        zip(ids, ["two", "three", "by the way"], strict=True)
    )
    assert [reply["raw"]["reply_to"] for reply in replies] == [root["id"], ids[0], root["id"]]
    assert root["comments"] == ["two", "three", "by the way"]


@pytest.mark.parametrize(
    ("content", "asset", "reason", "code"),
    [
        (None, image(), Reason.MEDIA_UNREACHABLE, "1/2207052"),
        (b"words", image(), Reason.MEDIA_UNREACHABLE, "1/2207052"),
        (jpeg(1200, 100), image(), Reason.MEDIA_VALIDATION_FAILED, "36003/2207009"),
        (jpeg(kind="WEBP"), image(), Reason.MEDIA_VALIDATION_FAILED, "36001/2207005"),
        (None, video(), Reason.MEDIA_UNREACHABLE, "FAILED_DOWNLOADING_VIDEO"),
        (mp4(1, "mpeg4"), video(), Reason.MEDIA_PROCESSING_FAILED, "FAILED_PROCESSING_VIDEO"),
    ],
    ids=["missing", "words", "ratio", "webp", "missing video", "codec"],
)
async def test_media_that_the_network_does_not_take(
    oracle: Oracle, acme: Connected, site: MediaSite, content: bytes | None, asset: Any, reason: Reason, code: str
) -> None:
    site.files.clear()
    if content is not None:
        site.files["/med_0"] = content
    error = await failure(acme, new("x", media=(asset,)))
    assert (error.reason, error.provider_code) == (reason, code)
    assert posts(oracle, acme) == []


async def test_an_address_that_cannot_be_read_yet_is_filled_in_later(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("threads", "get_post", "error", error={"code": 100, "subcode": 33})
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    found = await acme.publish(given, saved)
    assert (found.url, [warning.code for warning in found.warnings]) == (None, ["PERMALINK_PENDING"])
    later = await acme.channel.check(given, acme.account, saved.handle)
    assert isinstance(later, Published)
    assert later.url == posts(oracle, acme)[0]["url"]


async def test_a_container_is_waited_for(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/delays", channel="threads", kind="text", seconds=0.3)
    given, saved = new("Hello"), Saved()
    await acme.channel.prepare(given, acme.account, None, saved)
    assert isinstance(await acme.find(given, saved), Unknown)
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_an_expired_container_is_replaced(oracle: Oracle, acme: Connected) -> None:
    given, saved = new("Hello", media=(image(),)), Saved()
    await acme.channel.prepare(given, acme.account, None, saved)
    oracle.call("POST", "/clock", advanceSeconds=86_400)
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_the_days_posts_and_replies_are_used_up(oracle: Oracle, acme: Connected) -> None:
    given, saved = new("one", first_comment="two"), Saved()
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    for kind in ("postsPerDay", "repliesPerDay"):
        oracle.call("PUT", "/limits", channel="threads", kind=kind, value=0)
    assert (await refused(acme, given, saved, "comment")).provider_code == "IN_PROGRESS"
    of_replies = await refused(acme, given, saved, "comment")
    for error in (of_replies, await failure(acme, new("Hello"))):
        assert (error.reason, error.effect) == (Reason.DAILY_CAP_REACHED, Effect.NOT_SENT)
        assert error.retry_after is not None


@pytest.mark.parametrize("subcode", [458, 460, 4279019])
async def test_a_withdrawn_grant_was_not_sent(oracle: Oracle, acme: Connected, subcode: int) -> None:
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    oracle.call("POST", "/tokens/revoke", channel="threads", profile=acme.account.external_id, subcode=subcode)
    error = await refused(acme, given, saved)
    assert (error.reason, error.effect) == (Reason.TOKEN_REVOKED, Effect.NOT_SENT)


async def test_an_expired_token_cannot_be_renewed(oracle: Oracle, acme: Connected) -> None:
    oracle.call("POST", "/tokens/expire", channel="threads", profile=acme.account.external_id)
    error = await failure(acme, new("Hello"))
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    with pytest.raises(ChannelError) as caught:
        await acme.channel.refresh(acme.account)
    assert caught.value.reason is Reason.TOKEN_REVOKED


async def test_a_refreshed_token_works_and_is_then_too_young(oracle: Oracle, acme: Connected) -> None:
    fresh = await acme.channel.refresh(acme.account)
    assert fresh.access_token != acme.account.credentials.access_token
    acme.account = acme.account.model_copy(update={"credentials": fresh})
    await acme.post(new("Hello"))
    assert await acme.channel.refresh(acme.account) == fresh
    assert len(posts(oracle, acme)) == 1


@pytest.mark.parametrize(
    ("status", "reason"), [("restricted", Reason.ACCOUNT_RESTRICTED), ("checkpoint", Reason.LOGIN_CHECKPOINT)]
)
async def test_a_restricted_account_is_told_as_such(
    oracle: Oracle, acme: Connected, status: str, reason: Reason
) -> None:
    oracle.call("PATCH", f"/profiles/threads/{acme.account.external_id}", status=status)
    assert (await failure(acme, new("Hello"))).reason is reason
