"""All that the channels of Meta's networks can do, once on the sandbox: post, lose, look, discard, connect, renew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from munadi.domain.failure import ChannelError
from munadi.domain.publication import Published
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.connected import jpeg, mp4, new
from tests.channels.making import Saved, image, video
from tests.channels.sandbox import Acme, acme_at, draft
from tests.channels.servers import MediaSite, Oracle
from tests.judges.requests import Recorder

TAGGED = {"collaborators": ["friend"], "locationId": "4711", "isAiGenerated": True}


@dataclass
class Run:
    """What was sent for one account, and its profile on the sandbox."""

    recorder: Recorder
    profile: dict[str, Any]


async def through(acme: Acme, given: PublicationDraft) -> None:
    """Everything that is asked of a channel for one publication: each step, and a look before and after it."""
    channel, account, saved = acme.channel, acme.account, Saved()
    assert channel.validate(given, account) == []
    await acme.prepare(given, saved)
    await channel.check(given, account, saved.handle)
    for name in ("post", *channel.steps(given)):
        await acme.look(given, saved, name)
        await _live(acme, given, saved, name)
        await acme.look(given, saved, name)
        await acme.look(given, Saved(), name)
    assert isinstance(await channel.check(given, account, saved.handle), Published)


async def _live(acme: Acme, given: PublicationDraft, saved: Saved, name: str) -> None:
    for _ in range(100):
        try:
            found: Any = await acme.send(given, saved, name)
        except ChannelError:  # lost, or a reply whose container takes a moment
            found = await acme.look(given, saved, name)
        if isinstance(found, Published):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{name} was never published")


async def facebook(oracle: Oracle, site: MediaSite) -> Run:
    """Every kind, with every option, its cover and its comment; a link that is read again; a feed post that is lost."""
    async with _connected(oracle, site, "facebook") as (run, acme):
        for kind in ("photos", "reel", "video"):
            await _discarded(acme, draft(acme, kind))
        assert [request.method for request, _ in run.recorder.seen].count("DELETE") == 4
        place, comment = {"place": "4711"}, {"first_comment": "First"}
        await through(acme, new("Look", link="https://acme.example/sale", options=place, **comment))
        await through(acme, draft(acme, "photos", "Two", **comment))
        reel = {"title": "A reel", "isAiGenerated": True, "coverIndex": 1, **place}
        await through(acme, _covered(acme, "reel", reel))
        await through(acme, _covered(acme, "video", {"title": "A video", "coverIndex": 1}))
        for kind in ("photo story", "video story"):
            await through(acme, draft(acme, kind))
        acme.plant("feed", "accept_then_reset")
        await through(acme, draft(acme, "text", "Lost"))
        acme.set("switches", True, "unreadableLinks")
        await _read_again(acme, new("Again", link="https://acme.example/again"))
        await acme.channel.refresh(acme.account)
        await acme.channel.refresh(acme.account.model_copy(update={"credentials": _without_person(acme)}))
    return run


async def instagram(oracle: Oracle, site: MediaSite, login: str | None) -> Run:
    """Every kind, with every option and a comment, by one of the two log-ins; a post that is lost; a renewal."""
    async with _connected(oracle, site, "instagram", login) as (run, acme):
        one, options = image(alt="Teal"), {"userTags": [{"username": "friend", "x": 0.5, "y": 0.5}], **TAGGED}
        await through(acme, new("One", media=(one,), options=options, first_comment="First"))
        await through(acme, new("Two", media=(one, video(1)), options={"shareToFeed": True, **TAGGED}))
        await through(acme, new("Reel", media=(video(1),), options={"shareToFeed": False, "thumbOffset": 10}))
        trial = {"coverIndex": 0, "audioName": "Monsoon", "trialGraduation": "MANUAL"}
        await through(acme, new("Covered", media=(image(0), video(1)), options=trial))
        people = [{"username": "friend", "x": 0.5, "y": 0.5, "mediaIndex": 0}, {"username": "friend", "mediaIndex": 1}]
        await through(acme, new("People", media=(one, video(1)), options={"userTags": people}))
        await through(acme, new("", media=(image(),), options={"kind": "story"}))
        acme.plant("media_publish", "accept_then_reset")
        await through(acme, new("Lost", media=(one,), first_comment="Found"))
        await acme.channel.refresh(acme.account)
        if login:
            page = AccountImport(access_token=acme.account.credentials.access_token, login=login)
            await acme.channel.verify(page)
    return run


async def threads(oracle: Oracle, site: MediaSite) -> Run:
    """Every kind, with every option; a chain and a comment; a post that is lost; a throttle; a renewal."""
    async with _connected(oracle, site, "threads") as (run, acme):
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
        acme.plant("threads_publish", "accept_then_reset")
        await through(acme, new("Lost"))
        acme.plant("threads_publish", "error", error={"code": 4})
        await through(acme, new("Throttled"))
        await acme.channel.refresh(acme.account)
    return run


async def _first_post(acme: Acme) -> str:
    """A post of the profile, to be quoted."""
    found = await acme.post(new("Said before"))
    assert found.post_id
    return found.post_id


@asynccontextmanager
async def _connected(
    oracle: Oracle, site: MediaSite, name: str, login: str | None = None
) -> AsyncIterator[tuple[Run, Acme]]:
    recorder = Recorder()
    async with acme_at(name, oracle, site, through_page=login is not None, transport=recorder) as acme:
        acme.put(med_0=jpeg(), med_1=mp4(3))
        yield Run(recorder, dict(acme.made)), acme


def _covered(acme: Acme, kind: str, options: dict[str, Any]) -> PublicationDraft:
    given = draft(acme, kind, "Hello", options=options, first_comment="First")
    acme.put(med_1=jpeg(40, 60, "red"))
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


async def _discarded(acme: Acme, given: PublicationDraft) -> None:
    saved = Saved()
    await acme.prepare(given, saved)
    await acme.channel.discard(acme.account, saved.kept)


def _without_person(acme: Acme) -> Any:
    return acme.account.credentials.model_copy(update={"refresh_token": None})
