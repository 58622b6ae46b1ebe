"""Instagram through a Page, and first comments, on the sandbox: what the oracle says went out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected, jpeg, new
from tests.channels.making import Saved, image, stage

STAGE = replace(stage(), name="comment")


@pytest.fixture(params=[None, "facebook"], ids=["direct", "page"])
async def acme(request: Any, oracle: Oracle, site: MediaSite) -> AsyncIterator[Connected]:
    """The same account by either log-in; through a Page from its person's token."""
    profile = oracle.call("POST", "/profiles", channel="instagram", name="acme")
    hosts = {"graph": f"{oracle.url}/instagram/graph", "fb_graph": f"{oracle.url}/instagram/fbgraph"}
    async with httpx.AsyncClient() as client:
        connected = Connected("instagram", {"hosts": hosts, "poll_quick": 0.02}, client)
        connected.media.base = site.url
        site.files["/med_0"] = jpeg()
        token = profile["personToken" if request.param else "accessToken"]
        await connected.connect(AccountImport(access_token=SecretStr(token), login=request.param))
        assert connected.account.external_id == profile["externalId"]
        yield connected


def commented(**fields: Any) -> PublicationDraft:
    return new("Hello", media=(image(),), first_comment="Sale: #monsoon", **fields)


def comments(oracle: Oracle, acme: Connected) -> list[list[str]]:
    return [post["comments"] for post in oracle.posts(acme.account.external_id)]


async def finish(acme: Connected, given: PublicationDraft, saved: Saved) -> Published:
    found = await acme.channel.publish(given, acme.account, saved.handle, saved, STAGE)
    assert isinstance(found, Published)
    return found


async def look(acme: Connected, given: PublicationDraft, saved: Saved) -> Any:
    return await acme.channel.find(given, acme.account, saved.handle, given.due_at, "comment")


async def posted(acme: Connected) -> tuple[PublicationDraft, Saved]:
    given, saved = commented(), Saved()
    assert acme.channel.validate(given, acme.account) == []
    await acme.prepare(given, saved)
    assert (await acme.publish(given, saved)).url
    return given, saved


async def test_a_post_and_its_first_comment(oracle: Oracle, acme: Connected) -> None:
    given, saved = await posted(acme)
    assert await look(acme, given, saved) == Absent()
    found = await finish(acme, given, saved)
    assert comments(oracle, acme) == [["Sale: #monsoon"]]
    assert (await look(acme, given, saved)).post_id == found.post_id
    await finish(acme, given, saved)
    assert comments(oracle, acme) == [["Sale: #monsoon"]]


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "accept_then_half_body"])
async def test_a_comment_that_was_not_answered_is_found(oracle: Oracle, acme: Connected, mode: str) -> None:
    oracle.plant("instagram", "comments", mode)
    given, saved = await posted(acme)
    with pytest.raises(ChannelError) as caught:
        await finish(acme, given, saved)
    assert caught.value.effect is Effect.UNKNOWN
    assert isinstance(await look(acme, given, saved), Published)
    assert comments(oracle, acme) == [["Sale: #monsoon"]]


async def test_a_comment_that_was_lost_is_proven_absent(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("instagram", "comments", "reset")
    given, saved = await posted(acme)
    with pytest.raises(ChannelError):
        await finish(acme, given, saved)
    assert await look(acme, given, saved) == Absent()
    await finish(acme, given, saved)
    assert comments(oracle, acme) == [["Sale: #monsoon"]]


async def test_the_comment_of_a_post_that_was_found_by_looking(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("instagram", "media_publish", "accept_then_reset")
    given, saved = commented(), Saved()
    await acme.prepare(given, saved)
    with pytest.raises(ChannelError):
        await acme.publish(given, saved)
    assert isinstance(await acme.find(given, saved), Published)
    await finish(acme, given, saved)
    assert comments(oracle, acme) == [["Sale: #monsoon"]]


async def test_the_quota_is_told_at_connecting(acme: Connected) -> None:
    assert acme.account.facts["quota"] == {"used": 0, "total": 100, "left": 100}


async def test_a_picture_that_is_no_jpeg_goes_out_as_one(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    site.files |= {"/med_0": jpeg(kind="WEBP"), "/med_0-jpeg": jpeg(400, 320)}
    given = new("Hello", media=(image(mime_type="image/webp", has_alpha=False, animated=False),))
    assert acme.channel.validate(given, acme.account) == []
    await acme.post(given)
    (post,) = oracle.posts(acme.account.external_id)
    assert [(media["mimeType"], media["width"]) for media in post["media"]] == [("image/jpeg", 400)]


@pytest.mark.parametrize("acme", ["facebook"], indirect=True, ids=["page"])
async def test_a_page_has_nothing_to_renew_until_it_is_dead(oracle: Oracle, acme: Connected) -> None:
    assert set(acme.account.facts) == {"page_id", "page_name", "quota"}
    assert "instagram_manage_comments" in acme.account.scopes
    assert await acme.channel.refresh(acme.account) == acme.account.credentials
    oracle.call("POST", "/tokens/revoke", channel="instagram", profile=acme.account.external_id, subcode=460)
    with pytest.raises(ChannelError) as caught:
        await acme.channel.refresh(acme.account)
    assert caught.value.reason is Reason.TOKEN_REVOKED
