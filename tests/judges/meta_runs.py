"""All that the channels of Meta's networks can do, once on the sandbox: post, lose, look, discard, connect, renew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from munadi.domain.failure import ChannelError
from munadi.domain.publication import Published
from munadi.ports import AccountImport, PublicationDraft, Stage
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected, jpeg, mp4, new
from tests.channels.facebook_page import Acme, a_page
from tests.channels.making import GateThatCounts, Saved, image, video
from tests.judges.requests import Recorder

QUICK = {
    "instagram": {"poll_quick": 0.02},
    "threads": {"poll_text": 0.02, "poll_image": 0.02, "poll_video": 0.02, "poll_slow": 0.1, "settle": 0},
}
TAGGED = {"collaborators": ["friend"], "locationId": "4711", "isAiGenerated": True}


@dataclass
class Run:
    """What was sent for one account, and its profile on the sandbox."""

    recorder: Recorder
    profile: dict[str, Any]


async def through(connected: Connected, given: PublicationDraft) -> None:
    """Everything that is asked of a channel for one publication: each step, and a look before and after it."""
    channel, account, saved = connected.channel, connected.account, Saved()
    assert channel.validate(given, account) == []
    await connected.prepare(given, saved)
    await channel.check(given, account, saved.handle)
    for name in ("post", *channel.stages(given)):
        await channel.find(given, account, saved.handle, given.due_at, name)
        await _live(connected, given, saved, name)
        await channel.find(given, account, saved.handle, given.due_at, name)
        await channel.find(given, account, None, given.due_at, name)
    assert isinstance(await channel.check(given, account, saved.handle), Published)


async def _live(connected: Connected, given: PublicationDraft, saved: Saved, name: str) -> None:
    channel, account = connected.channel, connected.account
    for _ in range(100):
        try:
            found: Any = await channel.publish(given, account, saved.handle, saved, Stage(GateThatCounts(), name))
        except ChannelError:  # lost, or a reply whose container takes a moment
            found = await channel.find(given, account, saved.handle, given.due_at, name)
        if isinstance(found, Published):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{name} never went out")


async def facebook(oracle: Oracle, site: MediaSite) -> Run:
    """Every kind, with every option, its cover and its comment; a link that is read again; a feed post that is lost."""
    recorder = Recorder()
    async with a_page(oracle, site, recorder) as acme:
        profile = acme.profile
        for kind in ("photos", "reel", "video"):
            await _discarded(acme, acme.draft(kind))
        assert [request.method for request, _ in recorder.seen].count("DELETE") == 4
        place, comment = {"place": "4711"}, {"first_comment": "First"}
        await through(acme, new("Look", link="https://acme.example/sale", options=place, **comment))
        await through(acme, acme.draft("photos", "Two", **comment))
        reel = {"title": "A reel", "isAiGenerated": True, "coverIndex": 1, **place}
        await through(acme, _covered(acme, "reel", reel))
        await through(acme, _covered(acme, "video", {"title": "A video", "coverIndex": 1}))
        for kind in ("photo story", "video story"):
            await through(acme, acme.draft(kind))
        oracle.plant("facebook", "feed", "accept_then_reset")
        await through(acme, acme.draft("text", "Lost"))
        oracle.call("PUT", "/switches", channel="facebook", kind="unreadableLinks", enabled=True)
        await _read_again(acme, new("Again", link="https://acme.example/again"))
        await acme.channel.refresh(acme.account)
        await acme.channel.refresh(acme.account.model_copy(update={"credentials": _without_person(acme)}))
    return Run(recorder, profile)


async def instagram(oracle: Oracle, site: MediaSite, login: str | None) -> Run:
    """Every kind, with every option and a comment, by one of the two log-ins; a post that is lost; a renewal."""
    token = "personToken" if login else "accessToken"
    async with _connected(oracle, site, "instagram", token, login) as (run, acme):
        one, options = image(alt="Teal"), {"userTags": [{"username": "friend", "x": 0.5, "y": 0.5}], **TAGGED}
        await through(acme, new("One", media=(one,), options=options, first_comment="First"))
        await through(acme, new("Two", media=(one, video(1)), options={"shareToFeed": True, **TAGGED}))
        await through(acme, new("Reel", media=(video(1),), options={"shareToFeed": False, "thumbOffset": 10}))
        trial = {"coverIndex": 0, "audioName": "Monsoon", "trialGraduation": "MANUAL"}
        await through(acme, new("Covered", media=(image(0), video(1)), options=trial))
        people = [{"username": "friend", "x": 0.5, "y": 0.5, "mediaIndex": 0}, {"username": "friend", "mediaIndex": 1}]
        await through(acme, new("People", media=(one, video(1)), options={"userTags": people}))
        await through(acme, new("", media=(image(),), options={"kind": "story"}))
        oracle.plant("instagram", "media_publish", "accept_then_reset")
        await through(acme, new("Lost", media=(one,), first_comment="Found"))
        await acme.channel.refresh(acme.account)
        if login:
            page = AccountImport(access_token=acme.account.credentials.access_token, login=login)
            await acme.channel.verify(page)
    return run


async def threads(oracle: Oracle, site: MediaSite) -> Run:
    """Every kind, with every option; a chain and a comment; a post that is lost; a throttle; a renewal."""
    for kind in ("text", "image", "video", "parent", "race"):
        oracle.call("PUT", "/delays", channel="threads", kind=kind, seconds=0)
    async with _connected(oracle, site, "threads", "accessToken") as (run, acme):
        said = {"topicTag": "Sale", "replyControl": "everyone"}
        await through(acme, new("Look", link="https://acme.example/sale", options=said, first_comment="First"))
        await through(acme, new("Which?", options={"poll": ["A", "B"]}, parts=("Two", "Three")))
        quote = {"quotePostId": await _first_post(acme), "countries": ["IN", "DE"], "replyApprovals": True}
        spoilers = {"spoiler": True, "textSpoilers": [{"offset": 0, "length": 3}], "locationId": "4711"}
        await through(acme, new("One", media=(image(alt="Teal"),), options={**spoilers, **quote}))
        styles = [{"offset": 0, "length": 1, "styles": ["bold"]}]
        long_text = {"text": "More", "link": "https://acme.example/more", "styles": styles}
        await through(acme, new("Long", options={"textAttachment": long_text}))
        await through(acme, new("GIF", options={"gif": {"id": "xT9IgG50Fb7Mi0prBC"}}))
        await through(acme, new("Film", media=(video(1, alt="Teal"),)))
        await through(acme, new("Two", media=(image(0), video(1))))
        oracle.plant("threads", "threads_publish", "accept_then_reset")
        await through(acme, new("Lost"))
        oracle.plant("threads", "threads_publish", "error", error={"code": 4})
        await through(acme, new("Throttled"))
        await acme.channel.refresh(acme.account)
    return run


async def _first_post(acme: Connected) -> str:
    """A post of the profile, to be quoted."""
    found = await acme.post(new("Said before"))
    assert found.post_id
    return found.post_id


@asynccontextmanager
async def _connected(
    oracle: Oracle, site: MediaSite, name: str, token: str, login: str | None = None
) -> AsyncIterator[tuple[Run, Connected]]:
    run = Run(Recorder(), oracle.call("POST", "/profiles", channel=name, name="acme"))
    base = f"{oracle.url}/{name}"
    hosts = {"graph": f"{base}/graph", "fb_graph": f"{base}/fbgraph", "token": f"{base}/token"}
    async with httpx.AsyncClient(transport=run.recorder) as client:
        connected = Connected(name, {"hosts": hosts, **QUICK[name]}, client)
        connected.media.base = site.url
        site.files |= {"/med_0": jpeg(), "/med_1": mp4(3)}
        await connected.connect(AccountImport(access_token=SecretStr(run.profile[token]), login=login))
        yield run, connected


def _covered(acme: Acme, kind: str, options: dict[str, Any]) -> PublicationDraft:
    given = acme.draft(kind, "Hello", options=options, first_comment="First")
    acme.media.files["med_1"] = jpeg(40, 60, "red")
    return given.model_copy(update={"media": (*given.media, image(1))})


async def _read_again(acme: Acme, given: PublicationDraft) -> None:
    saved = Saved()
    await acme.prepare(given, saved)
    try:
        await acme.publish(given, saved)
    except ChannelError:
        await acme.prepare(given, saved)
        await acme.publish(given, saved)
        return
    raise AssertionError("the link could be read at once")


async def _discarded(connected: Connected, given: PublicationDraft) -> None:
    saved = Saved()
    await connected.prepare(given, saved)
    assert saved.handle is not None
    await connected.channel.discard(connected.account, saved.handle)


def _without_person(acme: Acme) -> Any:
    return acme.account.credentials.model_copy(update={"refresh_token": None})
